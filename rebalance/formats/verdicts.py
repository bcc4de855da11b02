"""What other programs, and a person, said of class averages: read from the files that they leave.

- RELION's class ranker (relion_class_ranker): `rank_model.star` has a score of every class, under
  ``rlnClassScore``, and `class_averages.star` those of the chosen ones, under
  ``rlnPredictedClassScore``; 1 is best.
- A Select job of RELION: `backup_selection.star` has ``rlnSelected``, 1 or 0, of every class in
  order; `class_averages.star` names the chosen ones.
- Cinderella (sp_cinderella_predict.py, Wagner & Raunser): `…_index_confidence.txt` has, a line an
  average, its place in the stack from 0 and how surely it is good, 0 to 1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.relion_averages import class_scores, find_averages
from rebalance.formats.relion_job import averages_block
from rebalance.formats.star_file import StarFile
from rebalance.model.verdicts import CINDERELLA, RANKER, SELECT, Verdicts
from rebalance.text_files import read_text

_MOST = 1_000_000
_HINT = (
    "Give RELION's rank_model.star, backup_selection.star or class_averages.star from a Select "
    "job, or Cinderella's *_index_confidence.txt."
)


def read_verdicts(path: Path) -> Verdicts:
    """Read a file of verdicts.

    Raises
    ------
    InputError
        If it is none of the files above, or a value in it is not what it should be.
    """
    return _of_star(path) if path.suffix.lower() == ".star" else _of_cinderella(path)


def _of_star(path: Path) -> Verdicts:
    star = StarFile(path)
    for block in star.blocks:
        if block.loop is not None and "rlnSelected" in block.loop.labels:
            chosen = block.loop.read_integers("rlnSelected")
            if not np.isin(chosen, (0, 1)).all():
                raise InputError("rlnSelected must be 0 or 1 everywhere.", path=path)
            pairs = enumerate(chosen.tolist(), start=1)
            return Verdicts(SELECT, {number: float(one) for number, one in pairs})
    if averages_block(star) is None:
        raise InputError("It has no class averages.", path=path, hint=_HINT)
    source = find_averages(path, None)
    assert source.loop is not None
    if not source.is_whole:
        chosen_ones = dict.fromkeys(source.class_id.tolist(), 1.0)
        return Verdicts(SELECT, chosen_ones, chosen_only=True)
    score, label = class_scores(source.loop)
    if score is None:
        raise InputError(
            "It has no class scores: rlnPredictedClassScore and rlnClassScore are both missing.",
            path=path,
            hint=_HINT,
        )
    by_number = zip(source.class_id.tolist(), score.tolist(), strict=True)
    return Verdicts(
        RANKER,
        {number: value for number, value in by_number if np.isfinite(value)},
        label=label,
    )


def _of_cinderella(path: Path) -> Verdicts:
    text = read_text(path, most_bytes=4_000_000, hint=_HINT)
    score: dict[int, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        try:
            place, value = int(fields[0]), float(fields[1])
            if len(fields) != 2 or not 0 <= place < _MOST or not 0 <= value <= 1:
                raise ValueError
        except (ValueError, IndexError):
            raise InputError(
                f"{line!r:.60} was found, but the index of an average (from 0) and a confidence "
                "(0 to 1) were expected.",
                path=path,
                location=f"line {number}",
                hint=_HINT,
            ) from None
        if place in score:
            raise InputError(f"Average {place} occurs twice.", path=path, location=f"line {number}")
        score[place] = value
    if not score:
        raise InputError("The file has no verdicts.", path=path, hint=_HINT)
    return Verdicts(CINDERELLA, score, by_place=True)
