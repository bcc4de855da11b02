"""Strategies that are wrong in one way each, by the check that has to find it."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Column, Strategy
from tests.testing.wrong_options import RightOptions, option_faults


class Right:
    """Permutes each superclass and keeps the first."""

    options_model = RightOptions

    def select(
        self, particles: Any, superclass: Any, cap: int, options: Any, rng_for: Any
    ) -> np.ndarray:
        kept = np.zeros(len(superclass), dtype=np.bool_)
        for number in range(int(superclass.max(initial=-1)) + 1):
            rows = np.flatnonzero(superclass == number)
            kept[self.order(rows, number, cap, rng_for)[: self.size(len(rows), cap)]] = True
        return kept

    def order(self, rows: Any, number: int, cap: int, rng_for: Any) -> Any:
        return rng_for(number).permutation(rows)

    def size(self, size: int, cap: int) -> int:
        return cap


class ReadsAColumn(Right):
    """Not wrong, but of a table with a column of its own."""

    def select(self, particles: Any, *given: Any) -> np.ndarray:
        particles.column("myScore")
        return super().select(particles, *given)


class CompletesToNothing(Right):
    def complete(self, particles: Any, options: Any) -> None:
        return None


class WarnsInOneWord(Right):
    def warnings(self, options: Any) -> tuple[str]:
        return ("ice",)


class GivesNumbers(Right):
    def select(self, *given: Any) -> np.ndarray:
        return super().select(*given).astype(np.int8)


class OneLessOfACrowd(Right):
    def size(self, size: int, cap: int) -> int:
        return max(cap - 1, 0) if size > cap + 20 else cap


class DropsTheSurplusOnly(Right):
    """And so keeps what was out."""

    def select(
        self, particles: Any, superclass: Any, cap: int, options: Any, rng_for: Any
    ) -> np.ndarray:
        return super().select(particles, superclass, cap, options, rng_for) | (superclass < 0)


class AnotherPermutationForEachCap(Right):
    def order(self, rows: Any, number: int, cap: int, rng_for: Any) -> Any:
        rng = rng_for(number)
        rng.random(cap)
        return rng.permutation(rows)


class Unseeded(Right):
    def order(self, rows: Any, number: int, cap: int, rng_for: Any) -> Any:
        return np.random.default_rng().permutation(rows)


class AsksInVain(Right):
    def order(self, rows: Any, number: int, cap: int, rng_for: Any) -> Any:
        return np.sort(super().order(rows, number, cap, rng_for))


class SaysItIsNotRandom(Right):
    is_random = False


class NeverAsks(Right):
    """Wrong as `AsksInVain` is: it is random by what it states."""

    def order(self, rows: Any, number: int, cap: int, rng_for: Any) -> Any:
        return rows


class RightByOrder(NeverAsks):
    is_random = False


class RightByPlaces(Strategy):
    """Written as places alone, by two columns of its own; from the base class."""

    options_model = RightOptions
    columns = (Column("myName", "text"), "myScore")
    is_random = False

    def places(self, particles: Any, group: Any, options: Any, rng_for: Any) -> Any:
        name, score = particles.column("myName"), particles.column("myScore")
        assert name.dtype.kind == "U"
        place = np.full(len(group), -1, dtype=np.int64)
        for number in np.unique(group[group >= 0]):
            rows = np.flatnonzero(group == number)
            place[rows[np.lexsort((score[rows], name[rows]))]] = np.arange(len(rows))
        return place


class ScoresForPlaces(RightByPlaces):
    def places(self, *given: Any) -> Any:
        return super().places(*given) / 7


class PlacesOfThoseThatMayStay(RightByPlaces):
    def places(self, particles: Any, group: Any, *given: Any) -> Any:
        return super().places(particles, group, *given)[group >= 0]


class SaysNotWhatItReads(RightByPlaces):
    """Not wrong, if it is told from outside."""

    columns = ()


class ShapeOfPlaces:
    """The shape alone, of a strategy that has nothing but places."""

    is_random = False
    columns = (Column("myName", "text"), "myScore")

    def places(self, *given: Any) -> Any:
        return RightByPlaces().places(*given)


class DropsAllWhereNothingIsToBeDropped(Right):
    def select(
        self, particles: Any, superclass: Any, cap: int, options: Any, rng_for: Any
    ) -> np.ndarray:
        kept = super().select(particles, superclass, cap, options, rng_for)
        is_crowded = np.bincount(superclass + 1)[1:].max(initial=0) > cap
        return kept if is_crowded else np.zeros_like(kept)


class OneStreamForAll(Right):
    """Of random numbers: what a superclass gets depends on those before it."""

    def select(
        self, particles: Any, superclass: Any, cap: int, options: Any, rng_for: Any
    ) -> np.ndarray:
        stream = None

        def one_stream(number: int) -> Any:
            nonlocal stream
            stream = rng_for(number) if stream is None else stream
            return stream

        return super().select(particles, superclass, cap, options, one_stream)


class PlacesInOrderOfRow(Right):
    def places(self, particles: Any, superclass: Any, options: Any, rng_for: Any) -> np.ndarray:
        place = np.full(len(superclass), -1)
        for number in range(int(superclass.max(initial=-1)) + 1):
            rows = np.flatnonzero(superclass == number)
            place[rows] = np.arange(len(rows))
        return place


class KeepsOneAnyway(Right):
    def size(self, size: int, cap: int) -> int:
        return max(cap, 1)


class NeedsAParticle(Right):
    def select(self, particles: Any, superclass: Any, *given: Any) -> np.ndarray:
        superclass.max()
        return super().select(particles, superclass, *given)


class WritesToTheTable(Right):
    def select(self, particles: Any, superclass: Any, *given: Any) -> np.ndarray:
        kept = super().select(particles, superclass, *given)
        superclass[~kept] = -1
        return kept


_CHANCE = "what is drawn without a seed is another draw for every cap and every table"
_OUT = "the particles that are out are kept here too"

WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "contract": (CompletesToNothing(), {}),
    **{name: (plugin, {}) for name, plugin in option_faults(Right).items()},
    "warnings-are-sentences": (WarnsInOneWord(), {}),
    "selection": (GivesNumbers(), {}),
    "caps-respected": (OneLessOfACrowd(), {}),
    "none-that-is-out": (DropsTheSurplusOnly(), {"cap-of-nothing": _OUT, "empty-table": _OUT}),
    "nested": (AnotherPermutationForEachCap(), {}),
    "same-seed-same-particles": (Unseeded(), {"nested": _CHANCE, "unchanged-superclass": _CHANCE}),
    "other-seed-other-particles": (AsksInVain(), {}),
    "idempotent": (DropsAllWhereNothingIsToBeDropped(), {}),
    "unchanged-superclass": (OneStreamForAll(), {}),
    "places-agree": (PlacesInOrderOfRow(), {}),
    "cap-of-nothing": (KeepsOneAnyway(), {}),
    "empty-table": (NeedsAParticle(), {}),
    "inputs-unchanged": (WritesToTheTable(), {}),
}
"""By check: a strategy that fails it, and which other checks must see the same fault, and why."""

RIGHT = (Right(), RightByOrder(), RightByPlaces(), ShapeOfPlaces())
