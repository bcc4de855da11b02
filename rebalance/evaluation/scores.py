"""The scores of one result: a frozen dataclass, by key, each with what it was measured on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rebalance.evaluation.balance_curves import Curve
from rebalance.model import DoubleArray


class ScoreKind(NamedTuple):
    """What a score is called, its unit, and which way is good (+1 high, −1 low, 0 neither)."""

    title: str
    unit: str = ""
    better: int = 1


SCORES: dict[str, ScoreKind] = {
    "ari": ScoreKind("adjusted Rand index, truth"),
    "ami": ScoreKind("adjusted mutual info, truth"),
    "ari_with_oracle": ScoreKind("adjusted Rand index, oracle"),
    "view_spread": ScoreKind("view spread within superclasses", "°", -1),
    "view_spread_of_oracle": ScoreKind("view spread, oracle", "°", 0),
    "affinity_vs_angle": ScoreKind("affinity against view angle", "", -1),
    "affinity_vs_angle_below_40": ScoreKind("affinity against angle < 40°", "", -1),
    "share_of_oracle_gain": ScoreKind("share of the oracle's gain"),
    "gain": ScoreKind("gain in uniformity over random"),
    "gain_of_oracle": ScoreKind("gain in uniformity, oracle", "", 0),
    "uniformity_before": ScoreKind("uniformity of views before", "", 0),
    "uniformity": ScoreKind("uniformity after balancing"),
    "uniformity_of_random": ScoreKind("uniformity, dropped at random", "", 0),
    "uniformity_of_oracle": ScoreKind("uniformity, oracle", "", 0),
    "entropy_before": ScoreKind("entropy of views before", "", 0),
    "entropy": ScoreKind("entropy after balancing"),
    "entropy_of_random": ScoreKind("entropy, dropped at random", "", 0),
    "scf_star_before": ScoreKind("SCF* before", "", 0),
    "scf_star": ScoreKind("SCF* after balancing"),
    "scf_star_of_random": ScoreKind("SCF*, dropped at random", "", 0),
}
"""All scores, in order."""

BELOW = 40.0
"""Degrees; pairs of more distant views are left out of ``affinity_vs_angle_below_40``."""


@dataclass(frozen=True)
class Score:
    """One score.

    Parameters
    ----------
    key : str
        One of `SCORES`.
    value : float
        NaN where it is not possible.
    sd : float, optional
        Standard deviation over seeds; None for a score without chance in it.
    kept : tuple of int, optional
        Fewest and most particles kept where it was measured.
    n : str
        Averages or pairs it was measured on, for scores without particles.
    why_not : str
        Why there is none.
    """

    key: str
    value: float = float("nan")
    sd: float | None = None
    kept: tuple[int, int] | None = None
    n: str = ""
    why_not: str = ""

    @property
    def is_possible(self) -> bool:
        return not self.why_not and math.isfinite(self.value)

    @property
    def kind(self) -> ScoreKind:
        return SCORES[self.key]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "score": self.key,
            "value": self.value if self.is_possible else None,
            "sd": self.sd,
            "kept_low": None if self.kept is None else self.kept[0],
            "kept_high": None if self.kept is None else self.kept[1],
            "measured_on": self.n,
            "unit": {"°": "degree"}.get(self.kind.unit, self.kind.unit),
            "why_not": self.why_not,
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found.

    Parameters
    ----------
    scores : tuple of Score
        In the order of `SCORES`, impossible ones with their reason.
    name : str
        Of the result.
    n_superclasses, n_averages : int
        In superclasses.
    n_particles : int, optional
    seeds : int
    factor : str
        How the run balances, in words; empty where it doesn't.
    curves : mapping of name to Curve
        ``ours``, ``random``, ``oracle``, where views are known.
    spread : float64 (K,), optional
        Degrees: `spread_within` of each superclass.
    truth : str
        Where the truth was read.
    notes : tuple of str
    """

    scores: tuple[Score, ...]
    name: str
    n_superclasses: int
    n_averages: int
    n_particles: int | None
    seeds: int
    factor: str = ""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    spread: DoubleArray | None = None
    truth: str = ""
    notes: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Score:
        """The score of a key; KeyError if there is no such score."""
        for score in self.scores:
            if score.key == key:
                return score
        raise KeyError(key)

    def value(self, key: str) -> float:
        """Value of a score; NaN where it is not possible."""
        return self[key].value

    def to_json(self) -> dict[str, Any]:
        """JSON values, the content of ``evaluation.json``."""
        return {
            "name": self.name,
            "truth": self.truth,
            "superclasses": self.n_superclasses,
            "averages": self.n_averages,
            "particles": self.n_particles,
            "seeds": self.seeds,
            "balanced_with": self.factor or None,
            "scores": {score.key: score.to_json() for score in self.scores},
            "view_spread_of_superclass_deg": None
            if self.spread is None
            else [None if math.isnan(value) else round(float(value), 4) for value in self.spread],
            "curves": {
                name: {
                    "kept": curve.kept.tolist(),
                    "uniformity_mean": curve.uniformity.mean(axis=0).tolist(),
                    "uniformity_sd": _sd(curve).tolist(),
                    "entropy_mean": curve.entropy.mean(axis=0).tolist(),
                }
                for name, curve in self.curves.items()
            },
            "notes": list(self.notes),
        }


def _sd(curve: Curve) -> DoubleArray:
    many = len(curve.uniformity) > 1
    spread: DoubleArray = curve.uniformity.std(axis=0, ddof=1 if many else 0)
    return spread
