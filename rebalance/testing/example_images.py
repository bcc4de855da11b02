"""Small class averages of known motion: pictures of round blobs, drawn at exact places.

A moved object is drawn anew, not interpolated, so that an invariance can be asked for closely. All
that is seen of an object, moved or not, stays well within a mask as wide as the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance.model import ClassAverages, DoubleArray, FloatArray, Transform

BOX = 72
PIXEL_SIZE = 4.0
"""Å."""

N_OBJECTS = 6
TWINS = (1, 4)
"""Two averages of `some_images` that show the same, pixel for pixel."""

_BLOBS = 14


@dataclass(frozen=True, eq=False)
class Blobs:
    """Round Gaussian blobs in a plane.

    Parameters
    ----------
    place : float64 (n, 2)
        (x, y) from the middle pixel (L/2, L/2), in pixels of a box of `BOX`.
    width : float64 (n,)
        Standard deviations, pixels of that box.
    height : float64 (n,)
    """

    place: DoubleArray
    width: DoubleArray
    height: DoubleArray

    def doubled(self) -> Blobs:
        """With itself turned by 180°: the middle of what is seen is the middle of the image."""
        return Blobs(
            np.concatenate((self.place, -self.place)),
            np.tile(self.width, 2),
            np.tile(self.height, 2),
        )

    def picture(self, motion: Transform | None = None, box: int = BOX) -> FloatArray:
        """The blobs as an image, float32 (box, box), after a motion (shift in its pixels)."""
        motion = Transform() if motion is None else motion
        scale = box / BOX
        place = scale * self.place @ motion.matrix.T + np.asarray(motion.shift)
        axis = np.arange(box) - box // 2
        image = np.zeros((box, box))
        for (x, y), width, height in zip(place, scale * self.width, self.height, strict=True):
            along_x = np.exp(-((axis - x) ** 2) / (2 * width**2))
            along_y = np.exp(-((axis - y) ** 2) / (2 * width**2))
            image += height * along_y[:, None] * along_x[None, :]
        return image.astype(np.float32)


def some_objects(n: int = N_OBJECTS, seed: int = 5) -> list[Blobs]:
    """Objects without symmetry, unlike one another, about the same in size."""
    rng = np.random.default_rng(seed)
    objects = []
    for _ in range(n):
        radius = 15.0 * np.sqrt(rng.random(_BLOBS))
        angle = rng.uniform(0, 2 * np.pi, _BLOBS)
        place = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1)
        height = rng.uniform(0.4, 1.0, _BLOBS)
        width = rng.uniform(1.1, 2.4, _BLOBS)
        mass = height * width**2
        place -= (mass[:, None] * place).sum(axis=0) / mass.sum()
        objects.append(Blobs(place, width, height))
    return objects


def pictures(objects: list[Blobs], box: int = BOX) -> FloatArray:
    """Images of objects as they are, float32 (n, box, box)."""
    return np.stack([one.picture(box=box) for one in objects])


def some_images(box: int = BOX) -> FloatArray:
    """`N_OBJECTS` images; those at `TWINS` are the same."""
    objects = some_objects()
    objects[TWINS[1]] = objects[TWINS[0]]
    return pictures(objects, box)


def averages_of(images: FloatArray, **known: Any) -> ClassAverages:
    """Class averages 1 … N of images, with all that a metric may read of them.

    Parameters
    ----------
    images : float32 (N, L, L)
        Copied, so that a metric that writes to them spoils no other check.
    **known
        Attributes of `ClassAverages` that are to be otherwise.
    """
    n = len(images)
    facts: dict[str, Any] = {
        "class_id": np.arange(1, n + 1),
        "pixel_size": PIXEL_SIZE,
        "n_particles": 100 + 7 * np.arange(n),
        "resolution": np.full(n, 12.0),
    }
    return ClassAverages(np.array(images, dtype=np.float32, order="C"), **{**facts, **known})
