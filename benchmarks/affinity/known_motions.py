"""The stack that the affinity is measured on: class averages and noisy copies of known motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.paths import DATA
from rebalance.model import ClassAverages, Transform


@dataclass(frozen=True)
class KnownStack:
    """Class averages, of which each copy is a known transform of its source.

    Parameters
    ----------
    averages : ClassAverages
    source : int64 (N,)
        Index of the average that a copy was made from; its own index for an original.
    motion : list of Transform
        x_copy = motion · x_source.
    """

    averages: ClassAverages
    source: np.ndarray
    motion: list[Transform]


def known_stack(n: int, box: int = 128, *, seed: int = 0, noise: float = 0.3) -> KnownStack:
    """Real class averages resampled to a box, and noisy copies of them until there are ``n``.

    Parameters
    ----------
    n : int
    box : int
        Pixels.
    noise : float
        Standard deviation of white noise added to a copy, in those of its image.
    """
    rng = np.random.default_rng(seed)
    originals = _resample(_originals(), box)
    count = min(n, len(originals))
    images = np.empty((n, box, box), dtype=np.float32)
    images[:count] = originals[:count]
    source = np.arange(n) % count
    motion = [Transform()] * count
    for at in range(count, n):
        move = Transform(
            float(rng.uniform(-180, 180)),
            (float(rng.uniform(-6, 6)), float(rng.uniform(-6, 6))),
            bool(rng.integers(2)),
        )
        image = originals[source[at]]
        images[at] = move.apply(image, fill=float(np.median(image)))
        images[at] += rng.normal(0, noise * image.std(), image.shape).astype(np.float32)
        motion.append(move)
    return KnownStack(ClassAverages(images, np.arange(1, n + 1)), source, motion)


def _originals() -> np.ndarray:
    path = DATA / "slicem_ribosomes" / "mixture_2D.mrcs"
    if path.exists():
        import mrcfile

        with mrcfile.open(path, permissive=True) as stack:
            return np.array(stack.data, dtype=np.float32)
    raise SystemExit(f"{path} is not there: set REBALANCE_TEST_DATA to the folder of real data.")


def _resample(images: np.ndarray, box: int) -> np.ndarray:
    """Fourier cropping or padding to another box."""
    from scipy.signal import resample

    return resample(resample(images, box, axis=1), box, axis=2).astype(np.float32)
