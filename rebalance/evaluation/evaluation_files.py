"""Files of an evaluation: ``evaluation.json``, ``evaluation.csv`` and the figure of the curves."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from rebalance.errors import OutputError
from rebalance.evaluation.balance_curves import common_range
from rebalance.evaluation.scores import Evaluation

JSON, CSV, FIGURES, CURVES = "evaluation.json", "evaluation.csv", "figures", "balance_curves"
COLUMNS = ("score", "value", "sd", "kept_low", "kept_high", "measured_on", "unit", "why_not")
"""Columns of ``evaluation.csv``, one row per score. A score that is not available has no value."""


def write_evaluation(
    evaluation: Evaluation, folder: Path, *, overwrite: bool = False, figures: bool = True
) -> tuple[Path, ...]:
    """Write the files into a folder.

    Parameters
    ----------
    evaluation : Evaluation
    folder : Path
        New, or empty; with ``overwrite`` also one that an evaluation was written to.
    overwrite, figures : bool

    Returns
    -------
    tuple of Path

    Raises
    ------
    OutputError
        If something else is there, or if it can't be written.
    """
    check_folder(folder, overwrite)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Made next to its place first: whatever ends the writing leaves that as it was.
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            names = _write(evaluation, Path(beside), figures=figures)
            for former in (folder / FIGURES).glob(f"{CURVES}.*"):
                former.unlink()
            for name in names:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(beside) / name, folder / name)
    except OSError as error:
        raise OutputError(
            f"The evaluation can't be written: {error.strerror or error}.",
            path=folder,
            hint="Choose another folder.",
        ) from error
    return tuple(folder / name for name in names)


def _write(evaluation: Evaluation, folder: Path, *, figures: bool) -> list[Path]:
    """Names of the files written, relative to the folder; the one that marks it as ours first."""
    from rebalance.record.run_record import write_json

    files = [folder / JSON, folder / CSV]
    write_json(evaluation.to_json(), files[0])
    with files[1].open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        table.writeheader()
        for score in evaluation.scores:
            row = score.to_json()
            table.writerow({name: _cell(row[name]) for name in COLUMNS})
    if figures and evaluation.curves:
        files += _draw(evaluation, folder / FIGURES)
    return [path.relative_to(folder) for path in files]


def check_folder(folder: Path, overwrite: bool) -> None:
    """OutputError if an evaluation may not be written to a folder."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    ours = folder.is_dir() and (folder / JSON).is_file()
    if ours and overwrite:
        return
    raise OutputError(
        "There is an evaluation already." if ours else "There is something else already.",
        path=folder,
        hint="Use `overwrite=True`, or choose another folder."
        if ours
        else "Choose another folder.",
    )


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def _draw(evaluation: Evaluation, folder: Path) -> list[Path]:
    from rebalance.figures import save
    from rebalance.figures.evaluation import balance_curves

    after, share = evaluation["uniformity"], evaluation["share_of_oracle_gain"]
    figure = balance_curves(
        {name: (curve.kept, curve.uniformity) for name, curve in evaluation.curves.items()},
        common=common_range(*evaluation.curves.values()),
        point=(sum(after.kept) / 2, after.value) if after.is_possible and after.kept else None,
        subtitle=f"{evaluation.name}: {evaluation.n_superclasses} superclasses of "
        f"{evaluation.n_averages} class averages"
        + (
            f"  ·  share of the oracle's gain {share.value:.2f} ± {share.sd:.2f}"
            if share.is_possible
            else ""
        )
        + f"  ·  {evaluation.seeds} seeds",
    )
    return save(figure, folder, CURVES, pdf=True)
