"""The numbers of the search fit the shapes of its CUDA kernels; this needs no GPU."""

from __future__ import annotations

from rebalance.kernels.coarse_cuda import ROWS, SEARCH_THREADS
from rebalance.kernels.correlation_cpu import FEW_PEAKS, PEAKS
from rebalance.kernels.lane_fft_cpu import POINTS
from rebalance.kernels.refine_cuda import WARP


def test_a_warp_has_a_lane_for_every_peak_that_is_climbed() -> None:
    # `climb_pairs` starts peak n in lane n of one warp: further ones would begin nowhere.
    assert FEW_PEAKS <= PEAKS <= WARP


def test_there_are_as_many_angles_as_peaks_of_one_hand() -> None:
    assert PEAKS <= POINTS


def test_a_block_of_the_search_has_a_thread_for_every_row() -> None:
    # A thread picks the peaks of a row.
    assert ROWS <= SEARCH_THREADS
