"""How right the affinity is: against the polished float64 reference, and against known motions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import rebalance
from benchmarks.affinity.known_motions import KnownStack
from benchmarks.results_table import Row, row
from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search, SearchOptions, resolve_search
from rebalance.model import Affinity, ClassAverages, Transform
from tests import reference


def errors(
    averages: ClassAverages, affinity: Affinity, search: Search, pairs: list[tuple[int, int]]
) -> np.ndarray:
    """float64 (pairs,): affinity minus that of the reference."""
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    n_angles = band.n_angles(search.grid.max_shift)
    used = sorted({index for pair in pairs for index in pair})
    masked = mask_about(averages.images[used], search.centre[used], search.grid.radius)
    polar = {
        index: reference.polar_transform(
            image, band, n_angles, search.centre[index], search.whitening
        )
        for index, image in zip(used, masked, strict=True)
    }
    right = [
        reference.best_alignment(
            polar[i], polar[j], band, search.grid.max_shift, mirror=search.mirror
        )[0]
        for i, j in pairs
    ]
    ours = np.array([affinity.values[i, j] for i, j in pairs])
    return ours - np.clip(right, 0, 1)


def random_pairs(n: int, count: int, seed: int = 0) -> list[tuple[int, int]]:
    """Distinct pairs i < j."""
    i, j = np.triu_indices(n, 1)
    chosen = np.random.default_rng(seed).permutation(len(i))[:count]
    return [(int(i[at]), int(j[at])) for at in chosen]


@dataclass(frozen=True)
class Miss:
    """A copy whose motion from its source is not the one that it was made by.

    Parameters
    ----------
    copy : int
        Index of the copy.
    off : float
        Distance of the shifts, pixels.
    found, reference, at_true : float
        Correlation by our search, by the reference's, and of the reference at the true motion.
    apart : float
        Distance of our shift from the reference's, pixels.
    """

    copy: int
    off: float
    found: float
    reference: float
    at_true: float
    apart: float

    @property
    def is_shared(self) -> bool:
        """Whether the reference prefers the same motion to the true one."""
        return self.apart <= 0.1 and self.at_true < self.reference


def misses(stack: KnownStack, affinity: Affinity, search: Search) -> list[Miss]:
    """Every copy whose shift is more than half a pixel off, beside what the reference finds."""
    assert affinity.alignment is not None
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    n_angles = band.n_angles(search.grid.max_shift)
    found = []
    for copy, source in enumerate(stack.source):
        ours = affinity.alignment.pair(int(copy), int(source))
        off = float(np.hypot(*np.subtract(ours.shift, stack.motion[copy].shift)))
        if copy == source or off <= 0.5:
            continue
        pair = [copy, int(source)]
        masked = mask_about(stack.averages.images[pair], search.centre[pair], search.grid.radius)
        a, b = (
            reference.polar_transform(image, band, n_angles, centre, search.whitening)
            for image, centre in zip(masked, search.centre[pair], strict=True)
        )
        value, best = reference.best_alignment(
            a, b, band, search.grid.max_shift, mirror=search.mirror
        )
        between = best.shift + _between_centres(best, *search.centre[pair])
        true = stack.motion[copy]
        shift = true.shift - _between_centres(true, *search.centre[pair])
        of_hand = reference.PairCorrelation(a, reference.mirrored(b) if true.mirror else b, band)
        at_true, _ = of_hand(-np.deg2rad(true.rotation), *shift)
        found.append(
            Miss(
                copy=int(copy),
                off=off,
                found=float(affinity.values[copy, source]),
                reference=value,
                at_true=at_true,
                apart=float(np.hypot(*np.subtract(ours.shift, between))),
            )
        )
    return found


def _between_centres(motion: Transform, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What centring adds to a shift: c_i − R(θ) Fᵐ c_j."""
    angle = np.deg2rad(motion.rotation)
    x, y = (-other[0] if motion.mirror else other[0]), other[1]
    turned = (np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x)
    return np.asarray(own - np.array(turned))


def recovered(stack: KnownStack, affinity: Affinity) -> dict[str, float]:
    """Share of the copies whose motion from their source is found, and whose source is nearest.

    A copy's nearest average is right if it is its source or another copy of the same source.
    """
    assert affinity.alignment is not None
    copies = [at for at, source in enumerate(stack.source) if source != at]
    shift, rotation, hand, nearest = [], [], [], []
    off_diagonal = affinity.values - 2 * np.eye(len(affinity), dtype=np.float32)
    for copy in copies:
        source = int(stack.source[copy])
        found = affinity.alignment.pair(copy, source)
        true = stack.motion[copy]
        shift.append(np.hypot(*np.subtract(found.shift, true.shift)) <= 0.5)
        turn = (found.rotation - true.rotation + 180) % 360 - 180
        rotation.append(abs(turn) <= 1.0)
        hand.append(found.mirror == true.mirror)
        nearest.append(stack.source[int(np.argmax(off_diagonal[copy]))] == source)
    return {
        "shift within 0.5 px": float(np.mean(shift)),
        "rotation within 1°": float(np.mean(rotation)),
        "hand": float(np.mean(hand)),
        "nearest average is of its own source": float(np.mean(nearest)),
    }


def of_known_motions(stack: KnownStack, affinity: Affinity, search: Search) -> list[Row]:
    """The motions that are found, and whether the reference would have found the others."""
    copies = int(np.count_nonzero(stack.source != np.arange(len(stack.source))))
    rows = []
    for what, share in recovered(stack, affinity).items():
        rows.append(
            row(
                f"known motions of {copies} copies: {what}",
                f"{share:.1%}",
                ratio=share,
                target="≥ 0.99",
                met=share >= 0.99,
            )
        )
    missed = misses(stack, affinity, search)
    if missed:
        shared = sum(miss.is_shared for miss in missed)
        nearest = min(miss.reference - miss.at_true for miss in missed)
        rows.append(
            row(
                "… missed shifts for which the reference prefers the same motion to the true one",
                f"{shared} of {len(missed)}",
                ceiling=f"its correlation there is at least {nearest:.4f} higher",
            )
        )
    return rows


def against_reference(stack_name: str, averages: ClassAverages, count: int) -> list[Row]:
    """Plain correlation and that of the default options against the reference, random pairs."""
    used = averages.subset(~averages.is_empty)
    rows = []
    for what, options in (
        ("plain correlation", SearchOptions(whitening=0.0)),
        ("default options", SearchOptions()),
    ):
        affinity = rebalance.affinity(used, "rotational-cc", options=options)
        found = resolve_search(used, options)
        pairs = random_pairs(len(used), count)
        error = np.abs(errors(used, affinity, found, pairs))
        worst, median = float(error.max()), float(np.median(error))
        rows.append(
            row(
                f"affinity − reference, {stack_name}, {len(error)} pairs, {what}",
                f"largest {worst:.4f}, median {median:.4f}",
                target="≤ 0.005, ≤ 0.001",
                met=worst <= 0.005 and median <= 0.001,
            )
        )
    return rows
