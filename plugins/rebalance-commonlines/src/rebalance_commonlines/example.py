"""Class averages of two structures in one stack, to try `common-lines` on.

``python -m rebalance_commonlines.example mixture.mrcs`` writes the stack, and next to it
``mixture.csv``, the structure that each class shows: the asymmetric phantom of
`rebalance.simulate`, and a hollow shell, as ribosomes and ferritin lie in one grid.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from rebalance.model import ClassAverages, FloatArray

N_OF_EACH = 15
BOX, PIXEL_SIZE = 48, 5.0
_SEED = 3
_RADIUS = 95.0
"""Of the shell, Å."""


def shell(box: int, pixel_size: float) -> FloatArray:
    """A hollow shell, thicker on one side, float32 (box, box, box)."""
    axis = (np.arange(box) - box // 2) * pixel_size
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    thickness = 10.0 + 6.0 * np.clip(z, 0, None) / np.maximum(radius, 1.0)
    return np.exp(-(((radius - _RADIUS) / thickness) ** 2)).astype(np.float32)


def mixture() -> tuple[ClassAverages, list[str]]:
    """Averages of both structures in turn, and the name of the structure of each."""
    import mrcfile

    from rebalance.simulate import simulate_class_averages

    settings = {
        "n_averages": N_OF_EACH,
        "n_particles": 200 * N_OF_EACH,
        "n_views": N_OF_EACH,
        "box": BOX,
        "pixel_size": PIXEL_SIZE,
        "seed": _SEED,
        "n_empty": 0,
        "n_noise": 0,
        "n_junk": 0,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shell.mrc"
        with mrcfile.new(path) as file:
            file.set_data(shell(BOX, PIXEL_SIZE))
            file.voxel_size = PIXEL_SIZE
        stacks = [
            simulate_class_averages({**settings, **source}).class_averages
            for source in ({}, {"source": str(path)})
        ]
    images = np.stack([one.images for one in stacks], axis=1).reshape(-1, BOX, BOX)
    averages = ClassAverages(images, np.arange(1, len(images) + 1), pixel_size=PIXEL_SIZE)
    return averages, ["phantom", "shell"] * N_OF_EACH


def main(arguments: list[str] | None = None) -> None:
    """Write the stack and the table."""
    import mrcfile

    parser = argparse.ArgumentParser(
        prog="python -m rebalance_commonlines.example",
        description="Write simulated class averages of two structures.",
    )
    parser.add_argument("stack", type=Path, help="the .mrcs file to write")
    stack = parser.parse_args(arguments).stack
    averages, names = mixture()
    with mrcfile.new(stack, overwrite=True) as file:
        file.set_data(averages.images)
        file.set_image_stack()
        file.voxel_size = PIXEL_SIZE
    rows = zip(averages.class_id.tolist(), names, strict=True)
    stack.with_suffix(".csv").write_text(
        "class_id,label\n" + "".join(f"{number},{name}\n" for number, name in rows)
    )


if __name__ == "__main__":
    main()
