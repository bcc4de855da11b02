"""Other programs on a sample of pairs of the same stack: plain SciPy, and ASPIRE where it is."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import fft, ndimage

from benchmarks.affinity.accuracy import random_pairs
from benchmarks.affinity.known_motions import known_stack
from benchmarks.affinity.settings import FAR_PLAIN
from benchmarks.affinity.speed import search_of
from benchmarks.results_table import Row, row
from rebalance.engine.threads import default_threads
from rebalance.imaging.masks import mask_about
from rebalance.metrics.search_options import Search


def rotate_and_correlate(
    images: np.ndarray, search: Search, pairs: list[tuple[int, int]], *, n_angles: int = 180
) -> tuple[np.ndarray, float]:
    """Best correlation by turning one image with a spline and correlating by FFT.

    The straightforward version: ``n_angles`` rotations of each hand, every whole-pixel shift in
    the disc.

    Returns
    -------
    values : float64 (pairs,)
    seconds : float
        Per pair.
    """
    box = images.shape[1]
    grid = search.grid
    axis = fft.fftfreq(box)
    band = np.hypot(axis[:, None], fft.rfftfreq(box)[None, :])
    band = (band >= grid.k_low) & (band <= grid.k_high)
    offset = np.fft.fftfreq(box, 1 / box)
    disc = np.hypot(offset[:, None], offset[None, :]) <= grid.max_shift
    masked = mask_about(images, search.centre, grid.radius)
    masked = np.stack(
        [ndimage.shift(im, -c[::-1], order=3) for im, c in zip(masked, search.centre, strict=True)]
    )

    def filtered(image: np.ndarray) -> np.ndarray:
        spectrum = fft.rfft2(image) * band
        return spectrum / np.linalg.norm(fft.irfft2(spectrum, (box, box)))

    began = time.perf_counter()
    values = []
    for i, j in pairs:
        fixed = filtered(masked[i])
        best = -1.0
        for moving in (masked[j], masked[j][:, ::-1]):
            for angle in np.arange(n_angles) * (360.0 / n_angles):
                turned = filtered(ndimage.rotate(moving, angle, reshape=False, order=1))
                surface = fft.irfft2(fixed * turned.conj(), (box, box))
                best = max(best, float(surface[disc].max()))
        values.append(best)
    return np.array(values), (time.perf_counter() - began) / len(pairs)


def aspire(
    python: Path, images: np.ndarray, search: Search, rows: int, threads: int
) -> tuple[np.ndarray, float]:
    """ASPIRE's brute-force translations and fast rotations, in a process of its own interpreter.

    Parameters
    ----------
    python : Path
        An interpreter with ASPIRE installed.
    images : float32 (N, L, L)
    rows : int
        The last so many images are compared with all.
    threads : int

    Returns
    -------
    values : float64 (rows, N)
        Correlation of best fit.
    seconds : float
        Of processor time, per pair.
    """
    masked = mask_about(images, search.centre, search.grid.radius)
    masked = np.stack(
        [ndimage.shift(im, -c[::-1], order=3) for im, c in zip(masked, search.centre, strict=True)]
    ).astype(np.float32)
    masked /= np.linalg.norm(masked, axis=(1, 2), keepdims=True)
    script = Path(__file__).with_name("aspire_bft.py")
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "images.npy"), Path(folder, "found.npz")
        np.save(given, masked)
        subprocess.run(
            [python, script, given, found, str(rows), str(search.grid.max_shift)],
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            cwd=folder,
            check=True,
            capture_output=True,
        )
        with np.load(found) as result:
            return result["values"], float(result["seconds"]) / (rows * len(images))


def plain_peer(n_pairs: int, per_pair: float) -> Row:
    """SciPy's rotation and FFT correlation on a stack of the same pictures, shifts to ±10 px."""
    averages = known_stack(100).averages
    found = search_of(averages, FAR_PLAIN)
    _, seconds = rotate_and_correlate(averages.images, found, random_pairs(100, n_pairs))
    return row(
        f"plain NumPy/SciPy, 180 rotations, mirrored or not, whole-pixel shifts, a pair: "
        f"{FAR_PLAIN}",
        f"{seconds * 1e3:.0f} ms",
        ratio=seconds / per_pair,
    )


def aspire_peer(python: Path | None, per_pair: float) -> Row:
    """ASPIRE's brute-force alignment of two noisy copies to such a stack, shifts to ±10 px."""
    what = (
        "ASPIRE `BFTAverager2D`, 360 angles, mirrored or not, whole-pixel shifts, a pair: "
        f"{FAR_PLAIN}"
    )
    if python is None:
        return row(what, "not installed: name an interpreter that has ASPIRE by --aspire-python")
    stack = known_stack(102)
    search = search_of(stack.averages, FAR_PLAIN)
    values, seconds = aspire(python, stack.averages.images, search, 2, default_threads())
    values[[0, 1], [100, 101]] = -np.inf
    right = int(np.sum(stack.source[values.argmax(axis=1)] == stack.source[100:]))
    return row(
        what,
        f"{seconds * 1e3:.0f} ms of processor time ({right} of 2 copies nearest to their source)",
        ratio=seconds / (per_pair * default_threads()),
    )
