"""The name of an affinity: a digest of everything that decides its values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from rebalance.model import ClassAverages

KEY_VERSION = 1
"""Raised when the same input would give a different affinity, so that old ones are not found."""


def affinity_key(
    averages: ClassAverages,
    metric: str,
    version: str,
    options: dict[str, Any],
    device: str,
    reads: tuple[str, ...] = (),
) -> str:
    """SHA-256 of the images, what else the metric reads of them, and how they are compared.

    Parameters
    ----------
    averages : ClassAverages
    metric, version : str
    options : dict
        After defaults, JSON values.
    device : str
    reads : tuple of str
        ``"n_particles"``, ``"resolution"``: what the metric reads of the averages beside images,
        pixel size and mask diameter.
    """
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
    for name in sorted(reads):
        column = getattr(averages, name)
        digest.update(name.encode() if column is None else np.ascontiguousarray(column).tobytes())
    digest.update(np.ascontiguousarray(averages.images).data)
    return digest.hexdigest()
