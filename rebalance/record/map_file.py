"""A density as an MRC map: the same bytes each time, no date in it."""

from __future__ import annotations

from pathlib import Path

from rebalance.model import FloatArray


def write_map(density: FloatArray, voxel_size: float | None, path: Path) -> None:
    """Write an MRC map of mode 2.

    Parameters
    ----------
    density : float32 (n, n, n)
        z, y, x.
    voxel_size : float or None
        Å; the header says 0 where it is not known.
    path : Path
        Replaced if it is there.
    """
    import mrcfile

    with mrcfile.new(path, overwrite=True) as out:
        out.set_data(density)
        out.set_volume()
        out.voxel_size = voxel_size or 0.0
        # mrcfile writes the time here.
        out.header.label[:] = b""
        out.header.nlabl = 0
