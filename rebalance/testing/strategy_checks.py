"""The checks of a strategy, in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from rebalance.contracts import Column
from rebalance.model import UNASSIGNED, IntArray
from rebalance.plugin_validation import overrides
from rebalance.seeds import generator
from rebalance.strategies.run_plugin import ask_which_stay
from rebalance.testing.common_checks import COMMON_CHECKS, require_sentences
from rebalance.testing.outcome import NotApplicable, broken, named, require
from rebalance.testing.strategy_subject import SIZES, Crowd, StrategySubject


def contract(subject: StrategySubject) -> None:
    """Its declarations follow rebalance.contracts.Strategy, and complete() returns its options."""
    plugin = subject.plugin
    model = plugin.options_model
    require(
        isinstance(plugin.columns, tuple)
        and all(isinstance(column, str | Column) for column in plugin.columns),
        f"columns = {plugin.columns!r}, expected a tuple of names or Columns.",
    )
    for column in subject.columns.values():
        require(
            column.kind in ("number", "text"),
            f"The column {column.name} is of kind {column.kind!r}, expected 'number' or 'text'.",
        )
    require(
        isinstance(plugin.is_random, bool),
        f"is_random = {plugin.is_random!r}, expected True or False.",
    )
    completed = plugin.complete(subject.crowd().particles, subject.options)
    require(
        isinstance(completed, model),
        f"complete() gave {type(completed).__name__}, expected {model.__name__}.",
    )


def warnings_are_sentences(subject: StrategySubject) -> None:
    """warnings() are full sentences."""
    plugin = subject.plugin
    if not overrides(plugin, "warnings"):
        raise NotApplicable("It has no warnings().")
    options = plugin.complete(subject.crowd().particles, subject.options)
    require_sentences(plugin.warnings(options), "warnings()")


def selection(subject: StrategySubject) -> None:
    """It gives one bool per particle of the table."""
    crowd = subject.crowd()
    kept = subject.select(crowd, 5)
    require(
        isinstance(kept, np.ndarray) and kept.dtype == np.bool_ and kept.shape == (len(crowd),),
        f"It gave {type(kept).__name__} {getattr(kept, 'dtype', '')} {np.shape(kept)}, "
        f"expected bool ({len(crowd)},).",
    )


def caps_respected(subject: StrategySubject) -> None:
    """Exactly min(size, cap) particles of each superclass are kept."""
    # Some numbers of groups may be nobody's.
    for sizes in (SIZES, (0, 9, 0, 6)):
        crowd = subject.crowd(sizes)
        for cap in range(1, max(sizes)):
            kept = _rows(subject.select(crowd, cap))
            for number, size in enumerate(sizes):
                found = int(np.count_nonzero(crowd.superclass[kept] == number))
                require(
                    found == min(size, cap),
                    f"superclass {number} of {size}, cap {cap}: {found} kept, "
                    f"expected {min(size, cap)}.",
                )


def none_that_is_out(subject: StrategySubject) -> None:
    """A particle that is already excluded is never kept."""
    crowd = subject.crowd()
    for cap in (1, 5, len(crowd)):
        kept = _rows(subject.select(crowd, cap))
        wrong = kept[crowd.superclass[kept] == UNASSIGNED]
        require(
            not len(wrong),
            f"particle {wrong[:1].tolist()}, cap {cap}: kept, although already excluded.",
        )


def nested(subject: StrategySubject) -> None:
    """A larger cap keeps all particles that a smaller cap keeps."""
    crowd = subject.crowd()
    smaller = np.zeros(0, dtype=np.int64)
    for cap in range(1, max(SIZES)):
        larger = _rows(subject.select(crowd, cap))
        lost = np.setdiff1d(smaller, larger)
        require(
            not len(lost),
            f"particle {lost[:1].tolist()}: kept with cap {cap - 1}, dropped with cap {cap}.",
        )
        smaller = larger


def same_seed_same_particles(subject: StrategySubject) -> None:
    """The same seed keeps the same particles."""
    crowd = subject.crowd()
    for cap in (2, 6, 15):
        first = _rows(subject.select(crowd, cap, seed=5))
        for _ in range(3):
            again = _rows(subject.select(crowd, cap, seed=5))
            other = np.setxor1d(first, again)
            require(
                not len(other),
                f"particle {other[:1].tolist()}, cap {cap}: kept in only one of two runs.",
            )


def other_seed_other_particles(subject: StrategySubject) -> None:
    """Another seed keeps other particles, or the same with is_random = False."""
    crowd = subject.crowd()
    asked: list[int] = []
    first = _rows(subject.select(crowd, 6, asked=asked))
    others = [_rows(subject.select(crowd, 6, seed=seed)) for seed in range(1, 6)]
    differing = [np.setxor1d(first, other) for other in others]
    if not subject.plugin.is_random:
        at = next((rows[:1].tolist() for rows in differing if len(rows)), None)
        require(
            at is None,
            f"particle {at}: kept by one seed but not by another, although is_random = False.",
        )
        return
    if not asked and not subject.has_default_options:
        raise NotApplicable("It uses no random numbers with these options.")
    require(
        any(len(rows) for rows in differing),
        "Seeds 0 to 5 all keep the same particles: use rng_for, or set is_random = False.",
    )


def idempotent(subject: StrategySubject) -> None:
    """Balancing a balanced set again removes nothing."""
    crowd = subject.crowd(out=0)
    for cap in (3, 12):
        once = crowd.taken(_rows(subject.select(crowd, cap)))
        twice = subject.select(once, cap)
        dropped = np.setdiff1d(np.arange(len(once)), _rows(twice))
        require(
            not len(dropped),
            f"particle {dropped[:1].tolist()}: kept with cap {cap}, but dropped when balanced "
            "again.",
        )


def unchanged_superclass(subject: StrategySubject) -> None:
    """An unchanged superclass keeps the same particles when others change."""
    sizes = (20, 14, 9)
    crowd = subject.crowd(sizes)
    more = subject.crowd((15, 30), out=3, seed=8)
    # Other superclasses grow and change places; of number 1 only the number and the rows change.
    renumbered = np.select(
        [crowd.superclass == 0, crowd.superclass == 1, crowd.superclass == 2], [2, 0, 1], -1
    )
    grown = np.where(more.superclass >= 0, more.superclass + 1, -1)
    before = np.sort(np.random.default_rng(1).integers(0, len(crowd) + 1, len(more)))
    superclass = np.insert(renumbered, before, grown)
    class_id = np.insert(crowd.class_id, before, more.class_id + 100)
    columns = {
        name: np.insert(crowd.columns[name], before, more.columns[name]) for name in crowd.columns
    }
    origin = np.insert(np.arange(len(crowd)), before, -1)
    changed = Crowd(class_id, superclass.astype(np.int64), columns)
    old_number = {0: 1, 1: 2, 2: 0}

    def classes(number: int) -> tuple[int, ...]:
        old = old_number[number]
        own = (2 * old + 1, 2 * old + 2)
        return own if number == 0 else (*own, 100 + number)

    for cap in (4, 11):
        first = _rows(subject.select(crowd, cap))
        first = first[crowd.superclass[first] == 1]
        second = _rows(subject.select(changed, cap, classes=classes))
        second = origin[second[changed.superclass[second] == 0]]
        other = np.setxor1d(first, second)
        require(
            not len(other),
            f"particle {other[:1].tolist()} of a superclass that did not change, cap {cap}: kept "
            "only before the others changed, or only after.",
        )


def places_agree(subject: StrategySubject) -> None:
    """places(), if implemented, gives the particles that select keeps, for any cap."""
    if not overrides(subject.plugin, "places"):
        raise NotApplicable("It has no places().")
    crowd = subject.crowd()
    given = subject.places(crowd)
    if given is None:
        raise NotApplicable("Its places() returns None.")
    place = np.asarray(given)
    require(place.dtype == np.int64, f"places() gave {place.dtype}, expected int64.")
    for cap in (1, 5, 11, max(SIZES)):
        kept = _rows(subject.select(crowd, cap))
        named_by_place = np.flatnonzero((crowd.superclass != UNASSIGNED) & (place < cap))
        other = np.setxor1d(kept, named_by_place)
        require(
            not len(other),
            f"particle {other[:1].tolist()}, cap {cap}: kept only by select, or only by its place.",
        )


def cap_of_nothing(subject: StrategySubject) -> None:
    """A cap of 0 keeps no particle."""
    kept = _rows(subject.select(subject.crowd(), 0))
    require(not len(kept), f"particle {kept[:1].tolist()}: kept with cap 0.")


def empty_table(subject: StrategySubject) -> None:
    """Nothing is selected from a table without particles, or with all of them excluded."""
    for what, crowd in (
        ("without particles", subject.crowd((), out=0)),
        ("of excluded particles only", subject.crowd((), out=5)),
    ):
        kept = subject.select(crowd, 3)
        require(
            np.shape(kept) == (len(crowd),) and not np.any(kept),
            f"A table {what} gave {np.asarray(kept).tolist()}.",
        )


def inputs_unchanged(subject: StrategySubject) -> None:
    """The table and the superclasses are not modified."""
    crowd = subject.crowd()
    particles, superclass = crowd.particles, crowd.superclass.copy()
    options = subject.plugin.complete(particles, subject.options)
    ask_which_stay(
        subject.plugin,
        particles,
        superclass,
        5,
        options,
        lambda number: generator(0, number),
        subject.name,
    )
    for what, now, then in (
        ("superclass", superclass, crowd.superclass),
        ("class_id", particles.class_id, crowd.class_id),
    ):
        if not np.array_equal(now, then):
            at = int(np.flatnonzero(now != then)[0])
            broken(f"particle {at}: its {what} was {then[at]} and is now {now[at]}.")


def _rows(kept: Any) -> IntArray:
    """The rows that are kept, whatever kind of truth they are marked by."""
    return np.flatnonzero(np.asarray(kept)).astype(np.int64)


STRATEGY_CHECKS = named(
    (
        contract,
        *COMMON_CHECKS,
        warnings_are_sentences,
        selection,
        caps_respected,
        none_that_is_out,
        nested,
        same_seed_same_particles,
        other_seed_other_particles,
        idempotent,
        unchanged_superclass,
        places_agree,
        cap_of_nothing,
        empty_table,
        inputs_unchanged,
    )
)
