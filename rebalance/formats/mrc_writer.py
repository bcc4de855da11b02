"""Writes stacks of images: the same images, the same bytes, whatever the clock says."""

from __future__ import annotations

from pathlib import Path

from rebalance.formats.writing import guarded_writing
from rebalance.model import FloatArray


def write_stack(path: Path, images: FloatArray, pixel_size: float | None) -> None:
    """Write an MRC stack.

    Parameters
    ----------
    path : Path
    images : float32 (n, L, L)
    pixel_size : float, optional
        Å.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    import mrcfile

    with guarded_writing(path.parent), mrcfile.new(path) as out:
        out.set_data(images)
        out.set_image_stack()
        out.voxel_size = pixel_size or 0.0
        # mrcfile writes the time here.
        out.header.label[:] = b""
        out.header.nlabl = 0
