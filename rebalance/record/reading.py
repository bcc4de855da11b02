"""What SCF* and cFAR say together, in words, and what to do next.

The four cases are those of CryoSPARC's guide to Orientation Diagnostics; the words are ours.
"""

from __future__ import annotations

from typing import NamedTuple

EVEN_SCF_STAR = 0.81
"""8 / π²: views all around one axis, which leave no direction of Fourier space unsampled."""

EVEN_CFAR = 0.5

NOT_TO_BE_TRUSTED = (
    "Poses come from the map: where the map is bad, poses are too, and so is all that is counted "
    "from them. Look at the 2D class averages beside it."
)

WHAT_THINNING_IS_FOR = (
    "Thinned particles serve to find a better map, or to pick rare views again; refine the final "
    "map with all good particles."
)


class Reading(NamedTuple):
    """A verdict, why, and what to do next; one sentence or two each."""

    verdict: str
    why: str
    todo: str


_MEANINGS = {
    (True, True): Reading(
        "No sign of preferred orientation.",
        "Particles look from enough directions, and the half maps agree in all of them.",
        "Nothing needs balancing. If the map is still poor, look at heterogeneity, masks and the "
        "number of particles.",
    ),
    (False, True): Reading(
        "Inconclusive: views are crowded, but the map has signal in all directions.",
        "The rare views may be enough for this map; or the point group was not given, so that "
        "copies of the views were not counted.",
        "Check the point group. Balancing is worth a try if the map looks stretched; compare the "
        "half maps before and after.",
    ),
    (True, False): Reading(
        "Junk or other contaminants are likely, not preferred orientation.",
        "Poses cover all directions, but in some of them the half maps don't agree: the particles "
        "that are said to look from there may be no views of the molecule. Junk gets poses too.",
        'Clean the particles: go back to the 2D classes (a run with `junk="list"` names averages '
        "that look like junk), or classify in 3D. Don't balance before.",
    ),
    (False, False): Reading(
        "Preferred orientation, perhaps with junk.",
        "Particles crowd a few directions, and the half maps lack signal in others.",
        "Balance the 2D classes (rebalance run) or the orientations (rebalance orientations) and "
        "make a new initial model; pick again with the rare views as templates; tilt the stage if "
        "rare views are missing.",
    ),
    (True, None): Reading(
        "Particles look from enough directions.",
        "By their poses alone; a junk particle counts as much as a real one.",
        "Give the half maps too, to see whether there is signal in all directions.",
    ),
    (False, None): Reading(
        "Particles crowd a few directions.",
        "By their poses alone; a junk particle counts as much as a real one.",
        "Give the half maps too: if they lack signal in some directions, balance "
        "(rebalance orientations) and make a new initial model.",
    ),
    (None, True): Reading(
        "The half maps have signal in all directions.",
        "By the maps alone.",
        "Give the particles too, to see from where they look.",
    ),
    (None, False): Reading(
        "The half maps lack signal in some directions.",
        "By the maps alone: either rare views are missing, or junk was taken for them.",
        "Give the particles too: their poses tell the two apart.",
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
