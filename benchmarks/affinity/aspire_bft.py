"""ASPIRE's `BFTAverager2D` on a stack; run by an interpreter that has ASPIRE, not by ours.

    python aspire_bft.py images.npy found.npz ROWS MAX_SHIFT

Aligns every image to each of the last ROWS images: 360 angles, whole-pixel shifts, both hands.
Writes the best dot product of every such pair, and the seconds of processor time that it took.
"""

import sys
import time

import numpy as np
from aspire.basis import FFBBasis2D
from aspire.classification import BFTAverager2D
from aspire.source import ArrayImageSource


def main(images_file: str, found_file: str, rows: str, max_shift: str) -> None:
    """See the top of this file."""
    images = np.load(images_file)
    n, box = images.shape[:2]
    # The pixel size plays no part in the alignment, but ASPIRE asks for one.
    source = ArrayImageSource(images, pixel_size=1.0)
    # A batch of shifts takes N × angles × radii complex numbers for each: few at a time.
    averager = BFTAverager2D(
        FFBBasis2D(box, dtype=images.dtype), source, radius=int(float(max_shift)), batch_size=8
    )
    others = np.arange(n)
    reflections = np.concatenate(([False], np.zeros(n, bool), np.ones(n, bool)))[None]
    values = np.empty((int(rows), n))
    began = time.process_time()
    for row in range(int(rows)):
        image = n - int(rows) + row
        classes = np.concatenate(([image], others, others))[None]
        _, _, products = averager.align(classes, reflections)
        values[row] = products[0, 1:].reshape(2, n).max(axis=0)
    np.savez(found_file, values=values, seconds=time.process_time() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
