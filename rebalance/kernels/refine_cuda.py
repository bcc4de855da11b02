"""The climb of `refine_cpu` on a GPU: one warp climbs the peaks of one pair.

A lane takes every 32nd angle of the half circle; the rings of an angle follow each other in its
registers, and the ten sums of all lanes meet in shared memory. The equations are those of
`refine_cpu`; steps and sums are in float32 throughout.
"""

from __future__ import annotations

import math

import numpy as np
from numba import cuda, uint64

from rebalance.kernels.ascent_cuda import ascent_step, edge_step
from rebalance.kernels.compile_cuda import device, kernel
from rebalance.kernels.refine_cpu import CLOSE, COMPONENTS, HOPELESS, SUMS
from rebalance.kernels.turn_cuda import turn

WARP = 32
"""Threads of a block; the half circle is a multiple of it."""

PITCH = WARP + 1
"""Floats from one row of partial sums to the next, without bank conflicts either way."""

PARTS = SUMS * PITCH
"""Length of the shared memory for partial sums."""

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_PI = np.float32(np.pi)
_CLOSE = np.float32(CLOSE)
_HOPELESS = np.float32(HOPELESS)
_SLOPE = np.float32(2.0)
_SHIFT_SLOPE = np.float32(2.0 * 2.0 * np.pi)
_SHIFT_BEND = np.float32(2.0 * 4.0 * np.pi**2)

# Unsigned offsets spare the check for negative ones; as constants they are part of the load.
_IM = np.uint64(WARP)
_RE_1 = np.uint64(2 * WARP)
_IM_1 = np.uint64(3 * WARP)
_RE_2 = np.uint64(4 * WARP)
_IM_2 = np.uint64(5 * WARP)


@kernel
def lay_out(real, imaginary, first, polar):
    """Put samples where a warp reads them: the six components of 32 angles side by side.

    Parameters
    ----------
    real, imaginary : float32 (images, 3, K, H)
        Samples and their first two derivatives along the angle.
    first : int
        Place of the first sample of the first image.
    polar : float32
        By image, ring, angle // 32, component and angle % 32, flat; written.
    """
    image = cuda.blockIdx.x
    n_rings = real.shape[2]
    half = real.shape[3]
    for item in range(cuda.threadIdx.x, n_rings * half, cuda.blockDim.x):
        ring = item // half
        angle = item % half
        at = place_of(first + (image * n_rings + ring) * COMPONENTS * half, angle)
        for derivative in range(COMPONENTS // 2):
            polar[at] = real[image, derivative, ring, angle]
            polar[at + _IM] = imaginary[image, derivative, ring, angle]
            at += _RE_1


@device
def place_of(ring, angle):
    """Place of the first component of a sample, given that of its ring."""
    return uint64(ring + angle // WARP * WARP * COMPONENTS + angle % WARP)


@device
def partner(p, step, half, mirror):
    """The angle φ of the first image at which sample p of the turned second one lies.

    Parameters
    ----------
    p : int
        0 ≤ p < H.
    step : int
        Rotation in samples, 0 ≤ step < 2H.
    half : int
        H.
    mirror : bool
        Whether the second image is flipped in x: B̂(k, π − φ).

    Returns
    -------
    q : int
        0 ≤ q < H.
    conjugate : float32
        −1 where the sample is that of φ + π, the conjugate; else 1.
    """
    q = half + step - p if mirror else step + p
    if q >= 2 * half:
        q -= 2 * half
    if q >= half:
        return q - half, -_ONE
    return q, _ONE


@device
def evaluate(
    polar, a, b, mirror, step, n_rings, half, k_first, k_step, tx, ty, lane, parts, sums,
):  # fmt: skip
    """C and its derivatives at rotation ``step`` · 2π / 2H and shift (tx, ty).

    Parameters
    ----------
    polar : float32
        From `lay_out`.
    a, b : int
        Places of the first samples of the two images.
    mirror : bool
    step : int
        Rotation in samples, 0 ≤ step < 2H.
    n_rings, half : int
        K and H.
    k_first, k_step : float32
    tx, ty : float32
        Pixels.
    lane : int
    parts : float32 (PARTS,), shared
    sums : float32 (SUMS,), shared
        As ``out`` of `refine_cpu.evaluate`; written, ready to be read.
    """
    angle_unit = _HALF / np.float32(half)
    ring_pitch = uint64(COMPONENTS * half)
    # A derivative along the angle changes its sign in the mirror image.
    along_theta = _SLOPE if mirror else -_SLOPE
    c = _ZERO
    c_t = _ZERO
    c_tt = _ZERO
    c_x = _ZERO
    c_y = _ZERO
    c_tx = _ZERO
    c_ty = _ZERO
    c_xx = _ZERO
    c_xy = _ZERO
    c_yy = _ZERO
    p = lane
    while p < half:
        q, conjugate = partner(p, step, half, mirror)
        at_a = place_of(a, q)
        at_b = place_of(b, p)
        x, y = turn(np.float32(q) * angle_unit)
        along = x * tx + y * ty
        pr, pi = turn(-k_first * along)
        step_r, step_i = turn(-k_step * along)
        value = _ZERO
        curved = _ZERO
        tilted = _ZERO
        slope = _ZERO
        slope_tilted = _ZERO
        bend = _ZERO
        k = k_first
        ring = 0
        while ring < n_rings:
            ar = polar[at_a]
            ai = polar[at_a + _IM]
            br = polar[at_b]
            bi = polar[at_b + _IM]
            dr = polar[at_b + _RE_1]
            di = polar[at_b + _IM_1]
            er = polar[at_b + _RE_2]
            ei = polar[at_b + _IM_2]
            # z = conj(Â) e^{−2πi k·t}, conjugated itself where B̂ should be.
            zr = ar * pr + ai * pi
            zi = conjugate * (ar * pi - ai * pr)
            product = zr * br - zi * bi
            value += product
            curved += k * k * product
            tilted += k * (zr * bi + zi * br)
            slope += zr * dr - zi * di
            slope_tilted += k * (zr * di + zi * dr)
            bend += zr * er - zi * ei
            turned = pr * step_r - pi * step_i
            pi = pr * step_i + pi * step_r
            pr = turned
            k += k_step
            at_a += ring_pitch
            at_b += ring_pitch
            ring += 1
        tilted *= conjugate
        slope_tilted *= conjugate
        c += value
        c_t += slope
        c_tt += bend
        c_x += x * tilted
        c_y += y * tilted
        c_tx += x * slope_tilted
        c_ty += y * slope_tilted
        c_xx += x * x * curved
        c_xy += x * y * curved
        c_yy += y * y * curved
        p += WARP
    # The half circle stands for the full one, hence twice. B̂(φ − θ) brings one minus sign for each
    # derivative along θ, a shift −2πi k u.
    parts[lane] = _TWO * c
    parts[PITCH + lane] = along_theta * c_t
    parts[2 * PITCH + lane] = _TWO * c_tt
    parts[3 * PITCH + lane] = _SHIFT_SLOPE * c_x
    parts[4 * PITCH + lane] = _SHIFT_SLOPE * c_y
    parts[5 * PITCH + lane] = along_theta * _HALF * _SHIFT_SLOPE * c_tx
    parts[6 * PITCH + lane] = along_theta * _HALF * _SHIFT_SLOPE * c_ty
    parts[7 * PITCH + lane] = -_SHIFT_BEND * c_xx
    parts[8 * PITCH + lane] = -_SHIFT_BEND * c_xy
    parts[9 * PITCH + lane] = -_SHIFT_BEND * c_yy
    cuda.syncthreads()
    if lane < SUMS:
        total = _ZERO
        for part in range(WARP):
            total += parts[lane * PITCH + part]
        sums[lane] = total
    cuda.syncthreads()


@device
def climb(
    polar, a, b, mirror, n_rings, half, k_first, k_step, max_shift, max_steps, beat, theta, x, y,
    lane, parts, sums,
):  # fmt: skip
    """Climb from a point to the peak near it; all lanes together.

    Parameters
    ----------
    max_shift : float32
        Radius of the disc of shifts in pixels; a step that would leave it goes along its edge.
    max_steps : int
        Evaluations at most.
    beat : float32
        Correlation that the peak must reach to be of use; a climb that will not is given up.
    theta, x, y : float32
        Where to start; radians, pixels.

    Returns
    -------
    value : float32
        C at the end, from the quadratic of the last evaluation.
    theta, x, y : float32
        Where it ends.
    """
    spacing = _PI / np.float32(half)
    k_high = k_first + np.float32(n_rings) * k_step
    arm = np.float32(0.25) * np.float32(half) / (_PI * k_high)
    limit = np.float32(0.2) / k_high
    close = _CLOSE / k_high
    value = -_TWO
    for _ in range(max_steps):
        nearest = int(math.floor(theta / spacing + _HALF))  # noqa: RUF046 - float on a GPU
        step = nearest
        while step < 0:
            step += 2 * half
        while step >= 2 * half:
            step -= 2 * half
        evaluate(polar, a, b, mirror, step, n_rings, half, k_first, k_step, x, y, lane, parts, sums)
        dt, dx, dy, newton = ascent_step(sums, arm, limit)
        to_x = x + dx
        to_y = y + dy
        if math.sqrt(to_x * to_x + to_y * to_y) > max_shift:
            dt, dx, dy, newton = edge_step(sums, arm, limit, x, y, to_x, to_y, max_shift)
        value = (
            sums[0]
            + sums[1] * dt + sums[3] * dx + sums[4] * dy
            + _HALF * (sums[2] * dt * dt + sums[7] * dx * dx + sums[9] * dy * dy)
            + sums[5] * dt * dx + sums[6] * dt * dy + sums[8] * dx * dy
        )  # fmt: skip
        # The next evaluation writes the sums that a slower lane may still be reading.
        cuda.syncthreads()
        theta = np.float32(nearest) * spacing + dt
        x += dx
        y += dy
        if value + _HOPELESS < beat:
            break
        if newton and dx * dx + dy * dy < close * close and abs(dt) < np.float32(0.6) * spacing:
            break
    return value, theta, x, y
