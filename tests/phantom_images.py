"""Images of known motion that the tests of the core share: projections of the phantom."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from rebalance.model import ClassAverages, Transform
from rebalance.simulate import phantom, project

BOX = 64
PIXEL_SIZE = 5.0
"""Å: the phantom fills about half of the box, so that shifts keep it under the mask."""


def projections(n: int, rng: np.random.Generator, *, box: int = BOX) -> np.ndarray:
    """float32 (n, box, box): the phantom from random directions."""
    rotations = Rotation.random(n, random_state=int(rng.integers(2**31))).as_matrix()
    return project(phantom(), rotations, box, PIXEL_SIZE * BOX / box)


def moved(
    rotation: np.ndarray, motion: Transform, *, box: int = BOX
) -> tuple[np.ndarray, np.ndarray]:
    """A projection, and the same projection moved exactly (nothing is interpolated)."""
    turn = np.eye(3)
    turn[:2, :2] = motion.matrix
    size = PIXEL_SIZE * BOX / box
    still = project(phantom(), rotation[None], box, size)[0]
    shifted = project(
        phantom(), (turn @ rotation)[None], box, size, shifts=np.array([motion.shift])
    )[0]
    return still, shifted


def stack_of(images: np.ndarray, **known: object) -> ClassAverages:
    """Class averages 1 … n of these images."""
    return ClassAverages(
        np.ascontiguousarray(images, dtype=np.float32), np.arange(1, len(images) + 1), **known
    )  # type: ignore[arg-type]
