"""Metric `simple-hybrid`: signal statistics, correlation and resolution, weighted as in SIMPLE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.contracts import ALIGNMENT, Block, Methods, Metric
from rebalance.errors import OptionError
from rebalance.model import ClassAverages, DoubleArray, FloatArray
from rebalance.options import Length, option
from rebalance.toolkit import PolarGrid, estimate_radius, mask_about, polar_fourier, soft_disc
from rebalance_blend.shared_options import SharedOptions, check_lengths
from rebalance_blend.signal_statistics import SignalStatistics, signal_statistics

PAPER = (
    "Caesar J. et al. (2020) SIMPLE 3.0. Stream single-particle cryo-EM analysis in real time. "
    "J. Struct. Biol. X 4, 100040. doi:10.1016/j.yjsbx.2020.100040"
)

_FINEST = 0.45
"""Cycles per pixel; images are interpolated near 0.5."""

_FINER_ANGLES = 3.0
"""Oversampling of angles relative to the sampling theorem; they are interpolated linearly."""

_COARSEST_ANGSTROM, _FINEST_ANGSTROM = 20.0, 6.0
"""SIMPLE's band of the spectra."""

_COARSEST_LENGTH, _FINEST_LENGTH = 10.0, 1.0 / _FINEST
"""Pixels: the band if there is no pixel size, or SIMPLE's band does not fit."""

_LEAST_CORRELATION = 0.05
"""Correlations below this count as equally far, since their logarithm is unbounded."""

_SEARCH = "rotational-cc"


class SimpleHybridOptions(SharedOptions):
    """Weights of the parts, and what each looks at."""

    signal_weight: float = option(0.5, "Weight of the signal statistics.", ge=0, le=1)
    correlation_weight: float = option(0.2, "Weight of the correlation.", ge=0, le=1)
    resolution_weight: float = option(0.3, "Weight of the resolution.", ge=0, le=1)
    histogram_share: float = option(
        0.5,
        "Fraction of the histograms in the signal statistics; the rest are spectra.",
        ge=0,
        le=1,
    )
    bins: int = option(128, "Number of bins of the histograms.", ge=8, le=1024)
    spectrum_from: Length | None = option(
        None, "Coarsest ring of the spectra; auto: 20 Å, or 10 px.", unit="Å or px"
    )
    spectrum_to: Length | None = option(
        None, "Finest ring of the spectra; auto: 6 Å, but at least 2.2 px.", unit="Å or px"
    )
    frc_threshold: float = option(
        0.5, "Resolution is where the ring correlation falls below this.", gt=0, lt=1
    )


@dataclass(frozen=True, eq=False)
class HybridFeatures:
    """Signal statistics and polar Fourier samples of N averages."""

    statistics: SignalStatistics
    largest: DoubleArray
    polar: npt.NDArray[np.complex64]
    frequency: DoubleArray
    box: int
    options: SimpleHybridOptions
    facts: dict[str, Any]


class SimpleHybrid(Metric):
    r"""The distance by which SIMPLE's ``cluster_cavgs`` groups class averages.

    .. math:: d = 0.5\, d_\mathrm{sig} + 0.2\, d_\mathrm{cc} + 0.3\, d_\mathrm{res}

    - d_sig = ½ d_hist + ½ d_pow. d_hist is the mean of the total variation, the symmetrised
      Kullback-Leibler divergence and the Hellinger distance of the histograms (128 bins over the
      range of all averages) under the mask; d_pow the Euclidean distance of the root power
      spectra between 20 and 6 Å. Each distance is divided by its largest over all pairs.
    - d_cc = −ln C, C the best correlation over rotation, shift and mirror.
    - d_res = 1 / k − 1 / k_max, k where the ring correlation of the aligned pair falls below
      0.5, in cycles per box, 1 where it does at once; k_max the last ring of all.

    **The same as in SIMPLE** [1]_ [2]_: the parts, what each is made of, weights, bins, band,
    threshold. **Not the same**: (1) SIMPLE first filters each average by the Fourier ring
    correlation of its half-sets, and leaves junk out; class averages alone don't have half-sets.
    (2) Alignment is that of `rotational-cc`, exhaustive, about the object's center; SIMPLE's is a
    search of its own within a band. (3) d_cc and d_res have the scale above; SIMPLE divides the
    correlations by their largest, and 1 / k, from which it takes nothing, by its largest, which is
    1 if any pair fails at once; its k is the last ring above 0.5, not interpolated. A correlation
    below 0.05 counts as 0.05. (4) Without a pixel size, or where it leaves no room, the band is
    10 to 2.2 pixels. (5) The distance becomes an affinity exp(−d / median); SIMPLE divides it by
    its largest, and clusters it by affinity propagation or k-medoids, which rebalance-graph has.

    The largest distances are found in `prepare`, which for this part grows with N². Histograms and
    spectra are of pixels under a mask about the center of the box, and the last ring hangs by a
    threshold: a turn or a shift changes a distance a little; they are not among the invariances.

    References
    ----------
    .. [1] SIMPLE, module ``simple_strategy2D_utils``, subroutines ``calc_cluster_cavgs_dmat``,
       ``calc_cavg_sigstats_components`` and ``calc_cc_and_res_dmats``,
       https://github.com/hael/SIMPLE (read in 2026).
    .. [2] J. Caesar et al., "SIMPLE 3.0. Stream single-particle cryo-EM analysis in real time",
       J. Struct. Biol. X 4 (2020) 100040, doi:10.1016/j.yjsbx.2020.100040.
    .. [3] W. O. Saxton and W. Baumeister, "The correlation averaging of a regularly arranged
       bacterial cell envelope protein", J. Microsc. 127 (1982) 127 (ring correlation),
       doi:10.1111/j.1365-2818.1982.tb00405.x.
    """

    options_model = SimpleHybridOptions
    returns = "distance"
    depends_on = "all"
    requires = (f"{ALIGNMENT}:{_SEARCH}", _SEARCH)
    invariances = ("mirror", "scale", "offset")

    def methods(self, options: SimpleHybridOptions) -> Methods:
        """For a methods paragraph."""
        return Methods(
            f"a weighted sum (after SIMPLE {{}}) of signal statistics ({options.signal_weight:g}), "
            f"correlation ({options.correlation_weight:g}) and resolution "
            f"({options.resolution_weight:g}) after in-plane alignment",
            (PAPER,),
        )

    def prepare(
        self, class_averages: ClassAverages, options: SimpleHybridOptions, device: str
    ) -> HybridFeatures:
        """Histograms, spectra and polar samples of every average.

        Raises
        ------
        OptionError
            If all weights are 0, or a length does not fit the images.
        """
        check_lengths(options, class_averages.pixel_size)
        if options.signal_weight + options.correlation_weight + options.resolution_weight <= 0:
            raise OptionError(
                "All weights of simple-hybrid are 0.",
                hint="Set metric.signal_weight, metric.correlation_weight or "
                "metric.resolution_weight to a value above 0.",
            )
        from rebalance_blend.kernels import largest_distances

        box, images = class_averages.box, class_averages.images
        radius = _radius(class_averages, options)
        rings = _rings(class_averages, options)
        statistics = signal_statistics(images, soft_disc(box, radius), options.bins, rings)
        largest = largest_distances(statistics.histograms, statistics.spectra)
        grid = PolarGrid(radius, 0.5 / box, _FINEST, _FINER_ANGLES * radius)
        masked = mask_about(images, np.zeros((len(images), 2)), radius)
        return HybridFeatures(
            statistics,
            np.where(largest > 0, largest, 1.0),
            polar_fourier(masked, grid),
            grid.rings,
            box,
            options,
            {
                "hybrid_mask_diameter_px": round(2 * radius, 3),
                "spectrum_from_px": round(box / rings.start, 3),
                "spectrum_to_px": round(box / (rings.stop - 1), 3),
                "frc_threshold": options.frc_threshold,
            },
        )

    def tile(
        self,
        features: HybridFeatures,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Hybrid distance of a tile of aligned pairs."""
        if (
            alignment is None
            or alignment.rotation is None
            or alignment.shift is None
            or alignment.mirror is None
            or others is None
        ):
            raise ValueError(f"simple-hybrid needs alignment and correlation of {_SEARCH}")
        from rebalance_blend.kernels import limit_tile, signal_tile

        options, shape = features.options, (len(rows), len(columns))
        signal = np.zeros(shape, dtype=np.float32)
        signal_tile(
            features.statistics.histograms,
            features.statistics.spectra,
            features.largest,
            options.histogram_share,
            rows.start,
            columns.start,
            signal,
        )
        limit = np.zeros(shape, dtype=np.float32)
        limit_tile(
            features.polar,
            features.frequency,
            np.ascontiguousarray(alignment.rotation),
            np.ascontiguousarray(alignment.shift),
            np.ascontiguousarray(alignment.mirror),
            options.frc_threshold,
            rows.start,
            columns.start,
            limit,
        )
        correlation = np.clip(others[_SEARCH].astype(np.float64), _LEAST_CORRELATION, 1.0)
        distance = (
            options.signal_weight * signal.astype(np.float64)
            - options.correlation_weight * np.log(correlation)
            + options.resolution_weight * _resolution_distance(limit, features)
        )
        return Block(np.maximum(distance, 0.0).astype(np.float32))

    def facts(self, features: HybridFeatures) -> Mapping[str, Any]:
        """Mask and band as resolved."""
        return features.facts


def _resolution_distance(limit: FloatArray, features: HybridFeatures) -> DoubleArray:
    """1 / k, less that of the last ring, which is as good as it can be."""
    ring = np.maximum(limit.astype(np.float64) * features.box, 1.0)
    return np.maximum(1.0 / ring - 1.0 / (features.frequency[-1] * features.box), 0.0)


def _radius(averages: ClassAverages, options: SimpleHybridOptions) -> float:
    largest = averages.box / 2.0
    if options.mask_diameter is None:
        return estimate_radius(averages.images, averages.is_empty)
    radius = options.mask_diameter.pixels(averages.pixel_size, "mask_diameter") / 2.0
    return float(np.clip(radius, 4.0, largest))


def _rings(averages: ClassAverages, options: SimpleHybridOptions) -> range:
    """Rings of the spectra in cycles per box."""
    box, size = averages.box, averages.pixel_size
    finest, coarsest = _FINEST_LENGTH, _COARSEST_LENGTH
    if size is not None and _COARSEST_ANGSTROM / size > 1.5 * _FINEST_LENGTH:
        finest = max(_FINEST_ANGSTROM / size, _FINEST_LENGTH)
        coarsest = _COARSEST_ANGSTROM / size
    if options.spectrum_from is not None:
        coarsest = options.spectrum_from.pixels(size, "spectrum_from")
    if options.spectrum_to is not None:
        finest = options.spectrum_to.pixels(size, "spectrum_to")
    first, last = max(2, round(box / max(coarsest, 1e-6))), round(box / max(finest, 1e-6))
    rings = range(first, min(last, int(_FINEST * box)) + 1)
    if len(rings) < 2:
        raise OptionError(
            f"The spectra would be compared from {coarsest:.3g} to {finest:.3g} px, which is only "
            f"{len(rings)} ring(s) of images of {box} px.",
            hint="Give metric.spectrum_from a longer length, or metric.spectrum_to a shorter one.",
        )
    return rings
