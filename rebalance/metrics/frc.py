"""Metric `frc`: the mean Fourier ring correlation of the aligned pair.

It uses the shared alignment, the maximum of the correlation, and adds no search.
FRC(k) of Saxton & Baumeister 1982 (doi:10.1111/j.1365-2818.1982.tb00405.x), averaged over the
rings from the coarsest to a resolution, clipped to [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rebalance.contracts import ALIGNMENT, Block, Methods, Metric
from rebalance.errors import OptionError
from rebalance.metrics.rotational_cc import PAPER as ALIGNMENT_PAPER
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, DoubleArray, FloatArray
from rebalance.options import Length, option

if TYPE_CHECKING:
    from rebalance.metrics.search_features import SearchFeatures


PAPER = (
    "Saxton WO, Baumeister W (1982) The correlation averaging of a regularly arranged bacterial "
    "cell envelope protein. Journal of Microscopy 127, 127–138. "
    "doi:10.1111/j.1365-2818.1982.tb00405.x"
)


class FrcOptions(SearchOptions):
    """The options of the search, and how far the rings are averaged."""

    max_resolution: Length | None = option(
        None, "Finest resolution averaged; auto: the low-pass.", unit="Å or px"
    )


@dataclass(frozen=True, eq=False)
class FrcFeatures:
    """Polar samples, and how many rings are averaged."""

    search: SearchFeatures
    n_rings: int


class FourierRingCorrelation(Metric):
    """Mean Fourier ring correlation of the aligned pair."""

    options_model = FrcOptions
    requires = (ALIGNMENT,)
    invariances = ("rotation", "shift", "mirror", "scale", "offset")
    devices = ("cpu", "cuda")
    tile_shapes = {"cuda": (512, 512)}

    def prepare(
        self, class_averages: ClassAverages, options: FrcOptions, device: str = "cpu"
    ) -> FrcFeatures:
        """The features of the search, and the last ring of the mean."""
        from rebalance.metrics.search_features import prepare_features

        shared = SearchOptions(
            **{name: getattr(options, name) for name in SearchOptions.model_fields}
        )
        search = prepare_features(
            class_averages.images, resolve_search(class_averages, shared), device
        )
        n_rings = search.grid.n_rings
        if options.max_resolution is not None:
            pixels = options.max_resolution.pixels(class_averages.pixel_size, "max_resolution")
            if pixels <= 0.0:
                raise OptionError(
                    f"max_resolution = {options.max_resolution} is not a resolution.",
                    hint="Give a length above 0.",
                )
            n_rings = int(np.count_nonzero(search.grid.rings <= 1.0 / pixels + 1e-9))
            if n_rings < 2:
                raise OptionError(
                    f"max_resolution = {pixels:g} px leaves {n_rings} ring(s) to average.",
                    hint=f"Give a length shorter than {1 / search.grid.rings[1]:.1f} px.",
                )
        return FrcFeatures(search, n_rings)

    def tile(
        self,
        features: FrcFeatures,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Mean ring correlation of a tile of aligned pairs."""
        curves = self.curves(features, rows, columns, alignment=alignment)
        mean = curves.mean(axis=2, dtype=np.float64).astype(np.float32)
        return Block(np.clip(mean, 0.0, 1.0))

    def curves(
        self, features: FrcFeatures, rows: range, columns: range, *, alignment: Block | None = None
    ) -> FloatArray:
        """Ring correlations, float32 (rows, columns, rings); 0 where row ≥ column."""
        if (
            alignment is None
            or alignment.rotation is None
            or alignment.shift is None
            or alignment.mirror is None
        ):
            raise ValueError("frc needs the shared alignment")
        from rebalance.kernels.frc_cpu import ring_correlations
        from rebalance.metrics.search_features import directions

        search = features.search
        grid = search.grid
        out = np.zeros((len(rows), len(columns), features.n_rings), dtype=np.float32)
        real, imaginary, correlate = search.polar_real, search.polar_imaginary, ring_correlations
        if search.device == "cuda":
            # The samples as they are, so that they are on the GPU once; ``out`` has the rings.
            from rebalance.kernels import frc_cuda

            correlate = frc_cuda.ring_correlations
        else:
            real, imaginary = real[:, :, : features.n_rings], imaginary[:, :, : features.n_rings]
        correlate(
            real,
            imaginary,
            *directions(grid.n_half),
            grid.rings[0],
            grid.spacing,
            -np.deg2rad(alignment.rotation),
            alignment.shift - search.offset(rows, columns, alignment.rotation, alignment.mirror),
            alignment.mirror,
            rows.start,
            rows.stop,
            columns.start,
            columns.stop,
            out,
        )
        return out

    def curve_axis(self, features: FrcFeatures) -> DoubleArray:
        """Spatial frequency of each ring of `curves`, cycles per pixel."""
        return features.search.grid.rings[: features.n_rings]

    def facts(self, features: FrcFeatures) -> Mapping[str, Any]:
        """Mask, band and largest shift as resolved, and the resolution of the mean."""
        grid = features.search.grid
        last = grid.rings[features.n_rings - 1]
        return {**features.search.facts, "max_resolution_px": round(1.0 / float(last), 3)}

    def methods(self, options: FrcOptions) -> Methods:
        """For a methods paragraph."""
        return Methods(
            "their mean Fourier ring correlation {} after in-plane alignment {}",
            (PAPER, ALIGNMENT_PAPER),
        )
