"""Metric `rotational-cc`: the best normalized correlation over rotation, shift and mirror.

Affinity = max over T of ⟨A, T B⟩ / (‖A‖ ‖B‖), clipped to [0, 1], for class averages masked by a
soft disc and compared in a band of frequencies. In polar Fourier coordinates (Rangan 2020,
arXiv:1905.12317, eq. 5) a rotation shifts the angle and a shift is a phase:

    C(θ, t) = Σ_k k dk Σ_φ dφ conj(Â(k, φ)) B̂(k, φ − θ) e^{−2πi k·t}

With small shifts, the default, the search is exhaustive at full resolution. Otherwise it is
exhaustive at low resolution, and the best peaks are refined at full resolution by Newton steps. See
docs/method.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.contracts import Block, Methods, Metric
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, FloatArray

if TYPE_CHECKING:
    from rebalance.metrics.disc_features import DiscFeatures
    from rebalance.metrics.search_features import SearchFeatures

PAPER = (
    "Rangan A, Spivak M, Andén J, Barnett A (2020) Factorization of the translation kernel for "
    "fast rigid image alignment. Inverse Problems 36, 024001. arXiv:1905.12317"
)


class RotationalCC(Metric):
    """Best normalized correlation over rotation, shift and mirror."""

    options_model = SearchOptions
    invariances = ("rotation", "shift", "mirror", "scale", "offset")
    devices = ("cpu", "cuda")
    tile_shapes = {"cpu": (256, 32), "cuda": (2048, 512)}

    def prepare(
        self, class_averages: ClassAverages, options: SearchOptions, device: str = "cpu"
    ) -> SearchFeatures | DiscFeatures:
        """Polar features of every average; where shifts are small, those of the search for them."""
        # The kernels, and numba with them, load on use: a cached affinity needs neither.
        from rebalance.metrics.disc_features import is_small, prepare_disc
        from rebalance.metrics.search_features import prepare_features

        search = resolve_search(class_averages, options)
        if is_small(search):
            return prepare_disc(class_averages.images, search, device)
        return prepare_features(class_averages.images, search, device)

    def tile(
        self,
        features: SearchFeatures | DiscFeatures,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Correlation and alignment of a tile of pairs."""
        shape = (len(rows), len(columns))
        value = np.zeros(shape, dtype=np.float32)
        theta = np.zeros(shape, dtype=np.float32)
        shift = np.zeros((*shape, 2), dtype=np.float32)
        hand = np.zeros(shape, dtype=np.bool_)
        _align(features)(
            rows.start,
            rows.stop,
            columns.start,
            columns.stop,
            value,
            theta,
            shift,
            hand,
        )
        # Kernels count angles from +x towards +y, which is down: clockwise as displayed.
        rotation = ((180.0 - np.rad2deg(theta)) % 360.0 - 180.0).astype(np.float32)
        shift += features.offset(rows, columns, rotation, hand)
        return Block(np.clip(value, 0.0, 1.0), rotation, shift, hand)

    def facts(self, features: SearchFeatures | DiscFeatures) -> Mapping[str, Any]:
        """Mask, band and largest shift as resolved."""
        return features.facts

    def methods(self, options: SearchOptions) -> Methods:
        """For a methods paragraph."""
        motions = "rotation, shift and mirror image" if options.mirror else "rotation and shift"
        return Methods(
            f"the maximum of their normalized cross-correlation over in-plane {motions}, computed "
            "in polar Fourier coordinates {}",
            (PAPER,),
        )


def _align(features: SearchFeatures | DiscFeatures) -> Callable[..., None]:
    """The kernel of the search, given all but a tile."""
    from rebalance.metrics.disc_features import DiscFeatures

    kernel: ModuleType
    if isinstance(features, DiscFeatures):
        if features.device == "cuda":
            from rebalance.kernels import small_disc_cuda as kernel
        else:
            from rebalance.kernels import small_disc_cpu as kernel
    elif features.device == "cuda":
        from rebalance.kernels import correlation_cuda as kernel
    else:
        from rebalance.kernels import correlation_cpu as kernel
    return partial(kernel.align_tile, *features.for_kernel)
