"""The name of an affinity: a digest of everything that decides its values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from rebalance.model import ClassAverages

KEY_VERSION = 1
"""Raised when the same input would give another affinity, so that old ones are not found."""


def affinity_key(
    averages: ClassAverages, metric: str, version: str, options: dict[str, Any], device: str
) -> str:
    """SHA-256 of the images, what is known of them, and how they are compared."""
    settings = {
        "key": KEY_VERSION,
        "metric": metric,
        "version": version,
        "options": options,
        "device": device,
        "pixel_size": averages.pixel_size,
        "mask_diameter": averages.mask_diameter,
        "shape": averages.images.shape,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(averages.class_id).tobytes())
    digest.update(averages.is_empty.tobytes())
    if averages.resolution is not None:
        digest.update(averages.resolution.tobytes())
    if averages.n_particles is not None:
        digest.update(averages.n_particles.tobytes())
    digest.update(np.ascontiguousarray(averages.images).data)
    return digest.hexdigest()
