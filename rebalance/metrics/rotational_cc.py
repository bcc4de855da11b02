"""Metric `rotational-cc`: the best normalised correlation over rotation, shift and mirror.

Affinity = max over T of ⟨A, T B⟩ / (‖A‖ ‖B‖), clipped to [0, 1], for class averages masked by a
soft disc and compared in a band of frequencies. In polar Fourier coordinates (Rangan 2020,
arXiv:1905.12317, eq. 5) a rotation shifts the angle and a shift is a phase:

    C(θ, t) = Σ_k k dk Σ_φ dφ conj(Â(k, φ)) B̂(k, φ − θ) e^{−2πi k·t}

The search is exhaustive at low resolution and climbs the best peaks at full resolution by Newton
steps; see docs/method.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.contracts import Block, Methods, Metric
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, FloatArray

if TYPE_CHECKING:
    from rebalance.metrics.search_features import SearchFeatures

PAPER = (
    "Rangan A, Spivak M, Andén J, Barnett A (2020) Factorization of the translation kernel for "
    "fast rigid image alignment. Inverse Problems 36, 024001. arXiv:1905.12317"
)

DETAIL_TOLERANCE = 0.5
"""A peak is passed over if this part of the most that its details could add (Cauchy–Schwarz) would
not make it the best."""


class RotationalCC(Metric):
    """Best normalised correlation over rotation, shift and mirror."""

    options_model = SearchOptions
    invariances = ("rotation", "shift", "mirror", "scale", "offset")
    devices = ("cpu", "cuda")
    tile_shapes = {"cpu": (256, 32), "cuda": (2048, 512)}

    def prepare(
        self, class_averages: ClassAverages, options: SearchOptions, device: str = "cpu"
    ) -> SearchFeatures:
        """Polar features of every average."""
        # The kernels, and numba with them, load on use: a cached affinity needs neither.
        from rebalance.metrics.search_features import prepare_features

        search = resolve_search(class_averages, options)
        return prepare_features(class_averages.images, search, device)

    def tile(
        self,
        features: SearchFeatures,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Correlation and alignment of a tile of pairs."""
        from rebalance.metrics.search_features import LOW_ANGLES, directions

        shape = (len(rows), len(columns))
        value = np.zeros(shape, dtype=np.float32)
        theta = np.zeros(shape, dtype=np.float32)
        shift = np.zeros((*shape, 2), dtype=np.float32)
        hand = np.zeros(shape, dtype=np.bool_)
        grid = features.grid
        _aligner(features.device)(
            features.polar_real,
            features.polar_imaginary,
            features.low_real,
            features.low_imaginary,
            features.coarse,
            features.detail,
            features.shifts,
            features.n_shifts,
            *directions(grid.n_half),
            *directions(LOW_ANGLES),
            grid.rings[0],
            grid.spacing,
            grid.max_shift,
            features.mirror,
            rows.start,
            rows.stop,
            columns.start,
            columns.stop,
            DETAIL_TOLERANCE,
            value,
            theta,
            shift,
            hand,
        )
        # Kernels count angles from +x towards +y, which is down: clockwise as displayed.
        rotation = ((180.0 - np.rad2deg(theta)) % 360.0 - 180.0).astype(np.float32)
        shift += features.offset(rows, columns, rotation, hand)
        return Block(np.clip(value, 0.0, 1.0), rotation, shift, hand)

    def facts(self, features: SearchFeatures) -> Mapping[str, Any]:
        """Mask, band and largest shift as resolved."""
        return features.facts

    def methods(self, options: SearchOptions) -> Methods:
        """For a methods paragraph."""
        motions = "rotation, shift and mirror image" if options.mirror else "rotation and shift"
        return Methods(
            f"the maximum of their normalised cross-correlation over in-plane {motions}, computed "
            "in polar Fourier coordinates {}",
            (PAPER,),
        )


def _aligner(device: str) -> Callable[..., None]:
    if device == "cuda":
        from rebalance.kernels import correlation_cuda

        return correlation_cuda.align_tile
    from rebalance.kernels import correlation_cpu

    align: Callable[..., None] = correlation_cpu.align_tile
    return align
