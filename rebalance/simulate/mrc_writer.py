"""MRC stacks of the simulations: the same images, the same bytes, whatever the clock says."""

from __future__ import annotations

from pathlib import Path

from rebalance.model import FloatArray


def write_stack(path: Path, images: FloatArray, pixel_size: float) -> None:
    """Write images (n, L, L) as an MRC image stack; `pixel_size` in Å."""
    import mrcfile

    with mrcfile.new(path) as mrc:
        mrc.set_data(images)
        mrc.set_image_stack()
        mrc.voxel_size = pixel_size
        # mrcfile's own label has the time of day in it.
        mrc.header.label[:] = b""
        mrc.header.label[0] = b"Simulated by rebalance"
        mrc.header.nlabl = 1
