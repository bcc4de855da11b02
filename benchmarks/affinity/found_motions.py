"""Whether the motions of copies are found, and what the reference says of those that are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.affinity.known_motions import KnownStack
from benchmarks.results_table import Row, row
from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search
from rebalance.model import Affinity, Transform
from tests import reference


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
        "mirror": float(np.mean(hand)),
        "nearest average has the same source": float(np.mean(nearest)),
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
                "… missed shifts where the reference also prefers the motion found",
                f"{shared} of {len(missed)}",
                ceiling=f"its correlation there is at least {nearest:.4f} higher",
            )
        )
    return rows
