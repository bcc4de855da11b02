"""The climb on a GPU: sums against plain sums, steps against those of the CPU."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from numba import cuda, float32

from rebalance.kernels import upload_cuda
from rebalance.kernels.ascent_cpu import ascent_step as ascent_step_cpu
from rebalance.kernels.ascent_cpu import edge_step as edge_step_cpu
from rebalance.kernels.ascent_cuda import ascent_step, edge_step
from rebalance.kernels.compile_cuda import kernel
from rebalance.kernels.refine_cpu import SUMS
from rebalance.kernels.refine_cuda import PARTS, WARP, evaluate
from tests.cuda.level import needs_cuda

pytestmark = needs_cuda
K, H = 3, 64
K_FIRST, K_STEP = 0.02, 0.05


def random_samples(rng: np.random.Generator, n: int) -> np.ndarray:
    """complex64 (n, 3, K, H); the derivatives need not be true for sums of products."""
    shape = (n, 3, K, H)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)


def parts_of(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.ascontiguousarray(samples.real), np.ascontiguousarray(samples.imag)


@kernel
def evaluate_all(polar, a, b, mirror, step, k_first, k_step, shift, out):
    parts = cuda.shared.array(PARTS, float32)
    sums = cuda.shared.array(SUMS, float32)
    case = cuda.blockIdx.x
    lane = cuda.threadIdx.x
    evaluate(
        polar, a, b, mirror[case], step[case], K, H, k_first, k_step, shift[case, 0],
        shift[case, 1], lane, parts, sums,
    )  # fmt: skip
    if lane < SUMS:
        out[case, lane] = sums[lane]


def plain_sums(
    a: np.ndarray, b: np.ndarray, mirror: bool, step: int, shift: np.ndarray
) -> np.ndarray:
    """C, C_θ, C_θθ, C_x, C_y, C_θx, C_θy, C_xx, C_xy, C_yy by their definition, full circle."""
    a, b = (np.concatenate((part, part.conj()), axis=2).astype(complex) for part in (a, b))
    if mirror:
        b = b[:, :, (H - np.arange(2 * H)) % (2 * H)] * np.array([1, -1, 1])[:, None, None]
    b = np.roll(b, step, axis=2)
    angle = np.pi * np.arange(2 * H) / H
    k = (K_FIRST + K_STEP * np.arange(K))[:, None]
    kx, ky = k * np.cos(angle), k * np.sin(angle)
    z = a[0].conj() * np.exp(-2j * np.pi * (kx * shift[0] + ky * shift[1]))
    per_x, per_y = -2j * np.pi * kx, -2j * np.pi * ky
    terms = [
        b[0], -b[1], b[2], per_x * b[0], per_y * b[0], -per_x * b[1], -per_y * b[1],
        per_x**2 * b[0], per_x * per_y * b[0], per_y**2 * b[0],
    ]  # fmt: skip
    return np.array([np.sum(z * term).real for term in terms])


def test_sums_are_those_of_their_definition(rng: np.random.Generator) -> None:
    samples = random_samples(rng, 3)
    few = random_samples(rng, 3)
    polar = upload_cuda.samples_on_gpu(parts_of(few), parts_of(samples))
    size = 6 * K * H
    step = np.array([0, 1, H - 1, H, H + 5, 2 * H - 1, 3, 90])
    mirror = np.array([False, True, True, True, False, True, False, True])
    shift = rng.uniform(-4, 4, (len(step), 2)).astype(np.float32)
    out = cuda.device_array((len(step), SUMS), np.float32)
    # The second level lies behind the first.
    a, b = 3 * size + size, 3 * size + 2 * size
    evaluate_all[len(step), WARP](
        polar, a, b, cuda.to_device(mirror), cuda.to_device(step), np.float32(K_FIRST),
        np.float32(K_STEP), cuda.to_device(shift), out,
    )  # fmt: skip
    for case, found in enumerate(out.copy_to_host()):
        expected = plain_sums(
            samples[1], samples[2], mirror[case], int(step[case]), shift[case].astype(float)
        )
        np.testing.assert_allclose(found, expected, atol=2e-4, rtol=2e-5)


@kernel
def take_steps(derivatives, arm, limit, at, max_shift, free, edge, newton):
    case = cuda.blockIdx.x
    t, x, y, plain = ascent_step(derivatives[case], arm, limit)
    free[case, 0] = t
    free[case, 1] = x
    free[case, 2] = y
    newton[case, 0] = plain
    x += at[case, 0]
    y += at[case, 1]
    t, x, y, plain = edge_step(
        derivatives[case], arm, limit, at[case, 0], at[case, 1], x, y, max_shift
    )
    edge[case, 0] = t
    edge[case, 1] = x
    edge[case, 2] = y
    newton[case, 1] = plain


def test_steps_are_those_of_the_cpu(rng: np.random.Generator) -> None:
    n = 40
    derivatives = rng.normal(size=(n, SUMS)).astype(np.float32)
    # Half of them near a peak: small slopes, curved downwards.
    derivatives[::2, [1, 3, 4]] *= 0.02
    derivatives[::2, [2, 7, 9]] = -3 - derivatives[::2, [2, 7, 9]] ** 2
    arm, limit, max_shift = np.float32(1.7), np.float32(0.3), np.float32(2.0)
    at = rng.normal(size=(n, 2)).astype(np.float32)
    free, edge = (cuda.device_array((n, 3), np.float32) for _ in range(2))
    newton = cuda.device_array((n, 2), np.bool_)
    take_steps[n, 1](
        cuda.to_device(derivatives), arm, limit, cuda.to_device(at), max_shift, free, edge, newton
    )
    found = [free.copy_to_host(), edge.copy_to_host()]
    plain = newton.copy_to_host()
    assert 0 < plain[:, 0].sum() < n
    for case in range(n):
        step = np.empty(3)
        own = derivatives[case].astype(float)
        assert ascent_step_cpu(own, float(arm), float(limit), step) == plain[case, 0]
        np.testing.assert_allclose(found[0][case], step, atol=1e-5, rtol=1e-4)
        x, y = at[case].astype(float)
        flag = edge_step_cpu(own, float(arm), float(limit), x, y, float(max_shift), step)
        assert flag == plain[case, 1]
        np.testing.assert_allclose(found[1][case], step, atol=1e-5, rtol=1e-4)


def test_features_are_brought_to_the_card_once_and_leave_with_the_array(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, imaginary = parts_of(random_samples(rng, 3))
    first = upload_cuda.samples_on_gpu((real, imaginary))
    assert upload_cuda.samples_on_gpu((real, imaginary)) is first
    # By image, ring, block of 32 angles, component, angle.
    place = first.copy_to_host().reshape(3, K, H // WARP, 6, WARP)
    for derivative in range(3):
        for part, of in enumerate((real, imaginary)):
            expected = of[:, derivative].reshape(3, K, H // WARP, WARP)
            np.testing.assert_array_equal(place[:, :, :, 2 * derivative + part], expected)
    monkeypatch.setattr(upload_cuda, "STAGED_BYTES", 1)
    other = real.copy()
    again = upload_cuda.samples_on_gpu((other, imaginary))
    np.testing.assert_array_equal(again.copy_to_host(), first.copy_to_host())
    held = len(upload_cuda._on_gpu)
    del real, other
    gc.collect()
    assert len(upload_cuda._on_gpu) == held - 2
