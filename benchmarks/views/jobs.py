"""What is measured of one set, by the name of its row."""

from __future__ import annotations

from typing import Any

from benchmarks.paths import DATA
from benchmarks.views.measure import measure, trust
from benchmarks.views.sets import ROWS, SYMMETRY, Row, coloured_noise, make, phase_randomised

_GATE = Row("gate", "preferred", "moderate", 80)


def one(row: str, molecule: str, seed: int) -> dict[str, Any]:
    """What is measured of one set."""
    if row == "phase-randomised":
        return trust(phase_randomised(make(_GATE, molecule, seed).averages, seed))
    if row == "coloured noise":
        return trust(coloured_noise(make(_GATE, molecule, seed).averages, seed))
    if row == "real":
        return _real(molecule)
    found = next(one for one in ROWS if one.name == row)
    known = make(found, molecule, seed)
    return measure(known, SYMMETRY.get(molecule, "C1"), shares=found.scores_share)


def _real(name: str) -> dict[str, Any]:
    from benchmarks.quality.classifications import relion
    from rebalance import formats

    if name == "slicem_ribosomes":
        averages = formats.read(DATA / name / "mixture_2D.mrcs").class_averages
        assert averages is not None
        return trust(averages.subset(~averages.is_empty))
    known = relion(DATA / name)
    return measure(known, "C1", shares=name == "relion31_70s")
