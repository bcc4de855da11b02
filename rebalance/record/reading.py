"""What SCF* and cFAR say together, in words, and what to do next.

The four cases are those of CryoSPARC's guide to Orientation Diagnostics; the words are ours.
"""

from __future__ import annotations

from typing import NamedTuple

EVEN_SCF_STAR = 0.81
"""8 / π²: views all around one axis, which sample every direction of Fourier space."""

EVEN_CFAR = 0.5

NOT_TO_BE_TRUSTED = (
    "Poses depend on the map. If the map is bad, don't trust the poses or these numbers. Look at "
    "the 2D class averages too."
)

WHAT_THINNING_IS_FOR = (
    "Use the selected particles to find a better map, or to pick rare views again. Refine the "
    "final map with all good particles."
)


class Reading(NamedTuple):
    """A verdict, why, and what to do next; one sentence or two each."""

    verdict: str
    why: str
    todo: str


_MEANINGS = {
    (True, True): Reading(
        "No sign of preferred orientation.",
        "Views cover enough directions, and the half maps agree in all of them.",
        "There is no need to balance. If the map is still poor, look at heterogeneity, masks and "
        "the number of particles.",
    ),
    (False, True): Reading(
        "Inconclusive: views are crowded, but the map has signal in all directions.",
        "The rare views may be enough for this map. Or the point group was not given, so symmetry "
        "copies of the views were not counted.",
        "Check the point group. Try balancing if the map looks stretched, and compare the half "
        "maps before and after.",
    ),
    (True, False): Reading(
        "Junk or other contaminants are likely, not preferred orientation.",
        "Poses cover all directions, but the half maps disagree in some of them. Particles "
        "assigned to these directions may not show the molecule: junk gets poses too.",
        'Clean the particles: go back to the 2D classes (a run with `junk="list"` names averages '
        "that look like junk), or classify in 3D. Don't balance before that.",
    ),
    (False, False): Reading(
        "Preferred orientation, perhaps with junk.",
        "Views are concentrated in a few directions, and the half maps lack signal in others.",
        "Balance the 2D classes (rebalance run) or the orientations (rebalance orientations) and "
        "make a new initial model. Pick again with the rare views as templates. If rare views are "
        "missing, tilt the stage.",
    ),
    (True, None): Reading(
        "Views cover enough directions.",
        "This is based on poses only, where junk counts as much as real particles.",
        "Give the half maps too, to see whether there is signal in all directions.",
    ),
    (False, None): Reading(
        "Views are concentrated in a few directions.",
        "This is based on poses only, where junk counts as much as real particles.",
        "Give the half maps too. If they lack signal in some directions, balance (rebalance "
        "orientations) and make a new initial model.",
    ),
    (None, True): Reading(
        "The half maps have signal in all directions.",
        "This is based on the maps only.",
        "Give the particles too, to see their viewing directions.",
    ),
    (None, False): Reading(
        "The half maps lack signal in some directions.",
        "This is based on the maps only: either rare views are missing, or junk was assigned to "
        "them.",
        "Give the particles too: their poses show which.",
    ),
}


def reading(scf_star: float | None, cfar: float | None) -> Reading:
    """What the two numbers say.

    Parameters
    ----------
    scf_star : float or None
        Of the poses; `EVEN_SCF_STAR` and above is even.
    cfar : float or None
        Of the half maps; `EVEN_CFAR` and above is even.

    Raises
    ------
    ValueError
        If neither is given.
    """
    if scf_star is None and cfar is None:
        raise ValueError("neither SCF* nor cFAR is given")
    # As they are shown: 0.81 is even.
    by_poses = None if scf_star is None else round(scf_star, 2) >= EVEN_SCF_STAR
    by_maps = None if cfar is None else round(cfar, 2) >= EVEN_CFAR
    return _MEANINGS[by_poses, by_maps]
