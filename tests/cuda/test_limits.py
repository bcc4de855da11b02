"""The numbers of the search fit the shapes of its CUDA kernels; this needs no GPU."""

from __future__ import annotations

from rebalance.imaging.small_shifts import CIRCLES
from rebalance.kernels import small_disc_cuda
from rebalance.kernels.coarse_cuda import ROWS, SEARCH_THREADS
from rebalance.kernels.correlation_cpu import FEW_PEAKS, PEAKS
from rebalance.kernels.lane_fft_cpu import LANES, POINTS
from rebalance.kernels.limits import MAX_HALF
from rebalance.kernels.refine_cuda import WARP
from rebalance.kernels.small_disc_cuda import MAX_ANGLES, MAX_SHIFTS
from rebalance.metrics.disc_features import OVERSAMPLING


def test_a_warp_has_a_lane_for_every_peak_that_is_climbed() -> None:
    # `climb_pairs` starts peak n in lane n of one warp: further ones would begin nowhere.
    assert FEW_PEAKS <= PEAKS <= WARP


def test_there_are_as_many_angles_as_peaks_of_one_hand() -> None:
    assert PEAKS <= POINTS


def test_a_block_of_the_search_has_a_thread_for_every_row() -> None:
    # A thread picks the peaks of a row.
    assert ROWS <= SEARCH_THREADS


def test_a_small_disc_of_every_kind_fits_a_block() -> None:
    assert max(sum(count for count, _ in circles) for _, circles in CIRCLES) <= MAX_SHIFTS
    assert POINTS * -(-int(2 * OVERSAMPLING * (MAX_HALF + 1)) // POINTS) <= MAX_ANGLES
    assert LANES <= small_disc_cuda.WARP
