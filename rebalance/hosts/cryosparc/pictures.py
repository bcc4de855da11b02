"""What a person sees of the External job: its event log, its tile, and its files."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.errors import HostError
from rebalance.hosts.cryosparc.connection import refusals_told
from rebalance.model import Affinity, OrientationsResult, RunResult, Superclasses
from rebalance.progress import Progress
from rebalance.record.results_folder import (
    BIN_TABLE,
    FIGURES,
    PAGE,
    RUN_RECORD,
    SAMPLING_TABLE,
    SCAN_TABLE,
    SUPERCLASS_TABLE,
    THINNED_TABLE,
)
from rebalance.settings import with_flags

if TYPE_CHECKING:
    from cryosparc.controllers.job import ExternalJobController

FOLDER = "rebalance"
"""Folder for the files, in the job's folder."""

_LARGEST_TABLE = 1_000
"""Up to this many class averages, affinities are written as text."""

_TITLES = {
    "overview": "Overview",
    "class_averages": "Class averages by superclass",
    "affinity": "Affinity of class averages, in stack order and sorted",
    "chain": "Class averages in a row, each aligned to the one before",
    "map": "Map of the class averages",
    "particles_per_superclass": "Particles of each superclass",
    "views": "Views of the class averages",
    "reprojections": "Class averages next to the views they should show",
    "particles_over_views": "Particles by view",
    "superclasses_on_sphere": "Superclasses on the sphere",
    "scan": "Quality by number of superclasses",
    "dendrogram": "Dendrogram",
    "viewing_directions": "Viewing directions",
    "azimuth_elevation": "Azimuth and elevation",
    "bin_sizes": "Particles of each bin",
    "fourier_sampling": "Sampling of Fourier space",
    "scf_star": "SCF* by number of particles",
}
"""Of the pictures that are shown, in this order."""

_TABLES = {
    "particles_per_superclass": SUPERCLASS_TABLE,
    "scan": SCAN_TABLE,
    "viewing_directions": BIN_TABLE,
    "fourier_sampling": SAMPLING_TABLE,
    "scf_star": THINNED_TABLE,
}
"""What pictures are drawn of, as files of the results folder."""

AnyResult = RunResult | OrientationsResult


@dataclass(frozen=True)
class Shown:
    """A picture in the event log, and what is attached to it: a file, or text of a format."""

    figure: Path
    text: str
    data: str | Path | None = None
    format: Any = None


def pictures_of(result: AnyResult) -> Iterator[Shown]:
    """The pictures that the log shows, with the numbers behind them; the page with the first."""
    folder = result.folder
    assert folder is not None
    drawn = [p for p in result.files if p.suffix == ".png" and p.parent.name == FIGURES]
    page: Path | None = folder / PAGE
    for name, title in _TITLES.items():
        pages = [one for one in drawn if re.fullmatch(rf"{name}(_\d+)?", one.stem)]
        for at, figure in enumerate(pages, start=1):
            text = f"{title} ({at} of {len(pages)})" if len(pages) > 1 else title
            if page is not None and page.is_file():
                yield Shown(figure, f"{text}, with the report page", page, "html")
            else:
                yield Shown(figure, text, *_behind(name, result, folder))
            page = None


def _behind(name: str, result: AnyResult, folder: Path) -> tuple[str | Path | None, str | None]:
    """What a picture was drawn of, and its format."""
    table = folder / _TABLES.get(name, "none")
    if table.is_file():
        return table, "csv"
    affinity = result.affinity if isinstance(result, RunResult) else None
    if name == "affinity" and affinity is not None and len(affinity) <= _LARGEST_TABLE:
        assert isinstance(result, RunResult)
        return affinity_table(affinity, result.superclasses), "csv"
    return None, None


def affinity_table(affinity: Affinity, superclasses: Superclasses) -> str:
    """Affinities as text: a row and a column for each class average, in the order of the picture.

    Parameters
    ----------
    affinity : Affinity
    superclasses : Superclasses
        Over the same averages.

    Returns
    -------
    str
        CSV; the first column and the first row are class numbers.
    """
    order = superclasses.order[superclasses.label[superclasses.order] >= 0]
    numbers = superclasses.class_id[order]
    out = io.StringIO()
    out.write(",".join(["class_id", *map(str, numbers.tolist())]) + "\n")
    for number, row in zip(numbers.tolist(), affinity.values[np.ix_(order, order)], strict=True):
        out.write(",".join([str(number), *(f"{value:.4f}" for value in row)]) + "\n")
    return out.getvalue()


def show(
    job: ExternalJobController,
    pictures: Sequence[Shown],
    card: Path | bytes | None,
    result: AnyResult,
    progress: Progress,
) -> None:
    """Log the pictures, set the tile, upload the files; what is refused costs no result.

    Parameters
    ----------
    job : ExternalJobController
        Running, its outputs saved.
    pictures : sequence of Shown
    card : Path or bytes, optional
        A PNG for the job's card.
    result : RunResult or OrientationsResult
        With its folder, whose files are uploaded.
    progress : Progress
    """
    progress.stage("show", "Writing pictures and files to CryoSPARC")
    try:
        for one in pictures:
            with refusals_told():
                _log_plot(job, one)
        if card is not None:
            with refusals_told():
                job.set_tile_image(io.BytesIO(card) if isinstance(card, bytes) else card)
        _upload(job, result)
    except HostError as refused:
        progress.say(
            f"Some results are not shown in CryoSPARC ({refused.problem.rstrip('.')}). Outputs "
            "and results folder are complete."
        )


def _log_plot(job: ExternalJobController, shown: Shown) -> None:
    attached: dict[str, Any] = {}
    if isinstance(shown.data, Path):
        attached = {"raw_data_file": shown.data, "raw_data_format": shown.format}
    elif shown.data is not None:
        attached = {"raw_data": shown.data, "raw_data_format": shown.format}
    job.log_plot(shown.figure, shown.text, **attached)


def _upload(job: ExternalJobController, result: AnyResult) -> None:
    folder = result.folder
    assert folder is not None
    # Particles and templates are outputs of the job.
    kept = [path for path in result.files if path.suffix not in (".cs", ".csg")]
    names = [path.relative_to(folder) for path in [*kept, folder / RUN_RECORD]]
    for parent in sorted({name.parent.as_posix() for name in names}):
        with refusals_told():
            job.mkdir(f"{FOLDER}/{parent}".removesuffix("/."), parents=True, exist_ok=True)
    for name in names:
        with refusals_told():
            job.upload(f"{FOLDER}/{name.as_posix()}", folder / name)


def log_findings(job: ExternalJobController, lines: Sequence[str], warnings: Sequence[str]) -> None:
    """Write sentences into the event log; what can't be logged is let go."""
    with contextlib.suppress(HostError), refusals_told():
        if lines:
            job.log("\n".join(with_flags(line) for line in lines))
        for warning in warnings:
            job.log(with_flags(warning), level="warning")


def findings(result: AnyResult) -> list[str]:
    """What was found, in sentences."""
    if isinstance(result, RunResult):
        from rebalance.record.summary_text import headline, outcome

        return [headline(result.summary), *result.summary["notes"], *outcome(result.summary)]
    from rebalance.record.orientation_summary import balance_lines, particles_line

    return [
        particles_line(result.summary),
        *result.summary["notes"],
        *balance_lines(result.summary),
    ]


def tile(result: AnyResult) -> Path | bytes | None:
    """What shows most in a small space: a PNG, or the file of one."""
    if isinstance(result, OrientationsResult):
        return picture(result, "viewing_directions")
    averages = result.dataset.class_averages
    if averages is None or not len(result.superclasses):
        return picture(result, "particles_per_superclass")
    from rebalance.hosts.cryosparc.tile import tile_of

    return tile_of(averages, result.superclasses)


def picture(result: AnyResult, name: str) -> Path | None:
    """A figure of a result, where it was drawn."""
    return next((path for path in result.files if path.name == f"{name}.png"), None)
