"""What a selection has to be, said once more in plain Python: nothing of the product is used here.

The sentences are those of CryoSPARC's guide on its job Rebalance 2D Classes
(guide.cryosparc.com, particle curation), in other words:

1. Particles are dropped from each superclass until the smallest is at least the rebalance factor
   times the largest. The smallest loses none.
2. A factor of 0 drops none.
3. A factor of 1 makes all superclasses as large as the smallest.
4. A maximum superclass size may be given instead of the factor: it is the cap.
5. Superclassification may be off. Then each 2D class is balanced by itself.

and those of this project (docs/method.md, section 4):

6. No particle is dropped that the factor lets stay.
7. A superclass without particles does not decide: else it would empty all others.
8. A superclass of less than a tenth of an even share does not decide, unless fewer than two would
   be left that do; then all decide. ``cap_from`` is another size. 0 is the guide's rule, which also
   holds with ``--junk off`` and with superclassification off.
9. An average that is set aside is capped as if it were a superclass, and doesn't decide.
10. `best` keeps the best scores; equal ones stay in the order of rows, particles without a score
    come last.
11. Half sets, and with `quota=proportional` classes, have their share of what stays, by the method
    of Webster and Sainte-Laguë. With `quota=equal` each class has as many, as far as it reaches.

Where these leave something open, the program decides, and the oracle says so or takes any answer:

- A factor of 0 and a maximum size, both given: nothing is dropped (2 before 4).
- Another factor and a maximum size: the maximum size holds (4 before 1).
- No superclass has a particle, and averages are set aside: the smallest of those decides.
- Two halves or classes with the same claim to the last place: any of them may have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


def largest_allowed(
    sizes: Iterable[int],
    aside: Iterable[int] = (),
    *,
    factor: str | None = None,
    max_size: int | None = None,
    cap_from: int | str = 0,
) -> int | None:
    """Particles that a group may keep; None where nothing is dropped.

    Parameters
    ----------
    sizes, aside : iterable of int
        Particles of each superclass, and of each average that is set aside.
    factor : str, optional
        A decimal number.
    max_size : int, optional
    cap_from : int or "auto"
    """
    if factor is not None and Fraction(factor) == 0:
        return None
    if max_size is not None:
        return max_size
    if factor is None:
        return None
    superclasses = [size for size in sizes if size > 0]
    others = [size for size in aside if size > 0]
    deciding = who_decide(superclasses, cap_from) if superclasses else others
    if not deciding:
        return None
    smallest = min(deciding)
    allowed = smallest
    # One particle more in the largest, as long as the smallest is still f times as large.
    while allowed < max(superclasses + others) and smallest >= Fraction(factor) * (allowed + 1):
        allowed += 1
    return allowed


def who_decide(sizes: list[int], cap_from: int | str) -> list[int]:
    """Sizes of the superclasses that decide; none of ``sizes`` is 0."""
    large = []
    for size in sizes:
        if cap_from == "auto":
            is_large = size >= Fraction(sum(sizes), len(sizes)) / 10
        else:
            is_large = size >= int(cap_from)
        if is_large:
            large.append(size)
    return large if len(large) >= 2 else sizes


@dataclass(frozen=True)
class Particle:
    """One row of a table."""

    row: int
    number: int
    """Of its class."""
    score: float | None = None
    """The higher, the better; None: it has none."""
    half: int | None = None


def groups_of(
    particles: list[Particle], superclass: dict[int, int], aside: Iterable[int] = ()
) -> dict[tuple[str, int], list[Particle]]:
    """The particles that may stay, by superclass or by average set aside.

    Parameters
    ----------
    particles : list of Particle
    superclass : dict of class number to superclass
    aside : iterable of int
        Class numbers.
    """
    groups: dict[tuple[str, int], list[Particle]] = {}
    for particle in particles:
        if particle.number in superclass:
            groups.setdefault(("superclass", superclass[particle.number]), []).append(particle)
        elif particle.number in aside:
            groups.setdefault(("aside", particle.number), []).append(particle)
    return groups


def what_is_wrong(
    group: list[Particle],
    kept: set[int],
    allowed: int | None,
    *,
    quota: str = "none",
    is_best: bool = False,
) -> str:
    """What contradicts the sentences in one group; empty if nothing does.

    Parameters
    ----------
    group : list of Particle
    kept : set of int
        Rows that stay, of the whole table.
    allowed : int or None
        From `largest_allowed`.
    quota : {"none", "proportional", "equal"}
    is_best : bool
        By score; otherwise by chance.
    """
    stay = [particle for particle in group if particle.row in kept]
    wanted = len(group) if allowed is None else min(len(group), allowed)
    if len(stay) != wanted:
        return f"{len(stay)} of {len(group)} stay, not {wanted}"
    if wanted == len(group):
        return ""
    halves = by(group, "half")
    counts = [len(own) for own in halves.values()]
    seated = [sum(one.row in kept for one in own) for own in halves.values()]
    if not is_in_proportion(counts, seated):
        return f"halves of {counts} keep {seated}"
    for of_half in halves.values():
        classes = by(of_half, "number") if quota != "none" else {0: of_half}
        counts = [len(own) for own in classes.values()]
        seated = [sum(one.row in kept for one in own) for own in classes.values()]
        is_right = is_in_proportion if quota == "proportional" else are_as_many
        if not is_right(counts, seated):
            return f"classes of {counts} keep {seated} by the quota {quota}"
        for own, n in zip(classes.values(), seated, strict=True):
            best = {particle.row for particle in sorted(own, key=rank)[:n]}
            if is_best and best != {particle.row for particle in own if particle.row in kept}:
                return f"not the {n} best of {len(own)}"
    return ""


def by(particles: list[Particle], name: str) -> dict[int, list[Particle]]:
    """The particles by what they have of this name."""
    found: dict[int, list[Particle]] = {}
    for particle in particles:
        found.setdefault(getattr(particle, name), []).append(particle)
    return found


def rank(particle: Particle) -> tuple[bool, float, int]:
    """Sorts the best first."""
    return (particle.score is None, -(particle.score or 0.0), particle.row)


def is_in_proportion(counts: list[int], seated: list[int]) -> bool:
    """Whether this is an apportionment by Webster and Sainte-Laguë.

    Nobody has a place to which another has more claim: votes ÷ (2 · places + 1) for the next place,
    and for the last that was given.
    """
    for votes, places in zip(counts, seated, strict=True):
        for others_votes, others_places in zip(counts, seated, strict=True):
            if not 0 <= places <= votes:
                return False
            if places > 0:
                claim = Fraction(votes, 2 * places - 1)
                if claim < Fraction(others_votes, 2 * others_places + 1):
                    return False
    return True


def are_as_many(counts: list[int], seated: list[int]) -> bool:
    """Whether each has as many, as far as it reaches: none two more than one that has any left."""
    for places in seated:
        for others_count, others_places in zip(counts, seated, strict=True):
            if others_places < others_count and places > others_places + 1:
                return False
    return True
