"""What a run found and did, in a few sentences made from its summary: for screen and notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rebalance.model.counting import counted

if TYPE_CHECKING:
    from rebalance.strategies.subsets import Subsets


def headline(summary: Mapping[str, Any]) -> str:
    """``job013: 9,482 particles, 100 class averages (1 empty)``."""
    averages, particles = summary["class_averages"], summary["particles"]
    read = None if particles is None else particles["read"]
    return what_was_read(summary["job"], read, averages, is_images=averages["images"])


def what_was_read(
    job: str, n_particles: int | None, averages: Mapping[str, Any], *, is_images: bool = True
) -> str:
    """``job013: 9,482 particles, 100 class averages (1 empty)``.

    Parameters
    ----------
    job : str
    n_particles : int or None
    averages : mapping
        ``read``, and the class numbers that are ``empty``, ``without_particles``, …
    is_images : bool
        False if only the numbers of the classes are known.
    """
    parts = [] if n_particles is None else [counted(n_particles, "particle")]
    nouns = ("class average", None) if is_images else ("class", "classes")
    words = counted(averages["read"], *nouns)
    asides = [
        f"{len(averages[name]):,} {name.replace('_', ' ')}"
        for name in ("empty", "without_particles", "left_out", "junk", "set_aside")
        if averages.get(name)
    ]
    parts.append(words + (f" ({', '.join(asides)})" if asides else ""))
    return f"{job}: {', '.join(parts)}"


def outcome(summary: Mapping[str, Any]) -> list[str]:
    """What was set aside, and what balancing did, in a sentence or two."""
    particles, balance = summary["particles"], summary["balance"]
    lines = set_aside(summary)
    if particles is None:
        return lines
    before, after = balance["before"], balance["after"]
    n_small = sum(not row["decides_cap"] for row in summary["superclasses"])
    which = "Smallest ÷ largest superclass"
    which += f" (not counting {n_small:,} too small)" if n_small else ""
    if balance["cap"] is not None:
        by_factor = balance["factor"] is not None and balance["max_size"] is None
        how = f" with f = {balance['factor']}" if by_factor else ""
        lines.append(f"Balanced{how}: each superclass keeps at most {balance['cap']:,} particles.")
        lines.append(f"{which}: {_ratio(before)} before, {_ratio(after)} after.")
    else:
        lines.append(f"Not balanced. {which}: {_ratio(before)}.")
    reasons = ", ".join(
        f"{count:,} {'to balance' if reason == 'balanced' else reason}"
        for reason, count in particles["excluded_because"].items()
    )
    share = particles["selected"] / particles["read"] if particles["read"] else 0.0
    lines.append(
        f"Selected {particles['selected']:,} of {particles['read']:,} particles ({share:.0%})"
        + (f"; excluded: {reasons}." if reasons else ".")
    )
    return lines + on_the_sphere(summary)


def about_subsets(subsets: Subsets) -> list[str]:
    """How many subsets there are, and whether they use every particle."""
    visits = subsets.visits[subsets.place >= 0]
    n = counted(len(subsets), "balanced subset")
    never = int((visits == 0).sum())
    if never:
        used = f'{never:,} of {len(visits):,} particles are in none (`subsets="auto"` uses all)'
    else:
        least, most = int(visits.min()), int(visits.max())
        some = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        used = f"every particle is in {some} of them"
    return [f"{n}, with at most {subsets.cap:,} particles per superclass: {used}."]


def on_the_sphere(summary: Mapping[str, Any]) -> list[str]:
    """What poses of the particles say of superclasses and balancing; nothing without poses."""
    found = summary.get("orientations")
    if found is None:
        return []
    mixed = [str(row["superclass"]) for row in found["superclasses"] if row["mixed"]]
    line = (
        f"From the poses in {found['source']} ({found['symmetry']}): SCF* {found['scf_star']:.2f}"
    )
    if found["scf_star_after"] is not None:
        line += f" before, {found['scf_star_after']:.2f} after balancing"
        line += f"; {found['scf_star_at_random']:.2f} if as many are dropped at random"
    lines = [f"{line}."]
    if mixed:
        which = f"Superclass {mixed[0]} has" if len(mixed) == 1 else "Superclasses "
        which += "" if len(mixed) == 1 else f"{', '.join(mixed)} have"
        lines.append(f"{which} no common direction: mixed views or junk.")
    return lines


def set_aside(summary: Mapping[str, Any]) -> list[str]:
    """``Set aside: 47 averages, 1,400 particles (…)``, and what became of them; nothing of none."""
    found = summary.get("set_aside")
    if not found or not found["averages"]:
        return []
    words = counted(found["averages"], "average")
    before, after = found["particles_before"], found["particles_after"]
    if before is not None:
        words += f", {counted(before, 'particle')}"
    because = ", ".join(f"{count:,} {why}" for why, count in found["because"].items())
    words = f"Set aside: {words}" + (f" ({because})" if because else "")
    balance = summary["balance"]
    if balance is None or balance["cap"] is None:
        return [f"{words}; nothing was dropped."]
    each = "Each has" if found["averages"] > 1 else "It has"
    stay = "all" if after == before else f"{after:,}"
    return [f"{words}. {each} the same cap as a superclass; {stay} of these particles are kept."]


def _ratio(evenness: Mapping[str, Any]) -> str:
    ratio = evenness["smallest_to_largest"]
    return "none" if ratio is None else f"{ratio:.3f}"
