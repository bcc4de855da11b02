"""Where climbs begin on a GPU; the rest of the kernel is held to the CPU by tests/cuda."""

from __future__ import annotations

import numpy as np
from numba import cuda

from rebalance.kernels.compile_cuda import kernel
from rebalance.kernels.correlation_cuda import start_of
from rebalance.kernels.lane_fft_cpu import POINTS
from rebalance.model import Transform
from tests.cuda.level import needs_cuda

pytestmark = needs_cuda


@kernel
def start_all(places, shifts, peaks):
    case = cuda.blockIdx.x
    start_of(places[case], shifts, peaks[case])


def test_a_climb_begins_at_the_motion_of_its_peak(rng: np.random.Generator) -> None:
    shifts = rng.uniform(-5, 5, (2, 9)).astype(np.float32)
    shift, angle, hand = (rng.integers(0, top, 12) for top in (9, POINTS, 2))
    places = ((shift * POINTS + angle) * 2 + hand).astype(np.int32)
    peaks = cuda.to_device(np.zeros((12, 4), np.float32))
    start_all[12, 1](cuda.to_device(places), cuda.to_device(shifts), peaks)
    for case, (_, theta, x, y) in enumerate(peaks.copy_to_host()):
        # The image is shifted, flipped, then turned; kernels count angles clockwise as displayed.
        motion = Transform(shift=tuple(shifts[:, shift[case]])).then(
            Transform(float(-360.0 * angle[case] / POINTS), mirror=bool(hand[case]))
        )
        np.testing.assert_allclose((x, y), motion.shift, atol=1e-5)
        assert abs((np.rad2deg(theta) + motion.rotation + 180) % 360 - 180) < 1e-4
