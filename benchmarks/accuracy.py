"""How right the affinity is: against the polished float64 reference, and against known motions."""

from __future__ import annotations

import numpy as np

from benchmarks.stack import KnownStack
from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search
from rebalance.model import Affinity, ClassAverages
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
        index: reference.polar_transform(image, band, n_angles, origin=search.centre[index])
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
