"""Class averages against the slices of a map: trilinear slices, their insertion, soft poses.

Slices are central planes of a map's Fourier transform, sampled on rings and on the angles of a half
circle; the rest is conjugate. The transform is kept on the half x ≥ 0 of its grid.
"""

from __future__ import annotations

import numpy as np

from rebalance.kernels.compile import inlined, jit

BINS = 512
SPAN = 0.6
"""Correlations are counted in so many bins, from the best one to so much below it."""

NEGLIGIBLE = 6.0
"""Poses less likely than the best by e to this power are passed over."""

_HALVINGS = 14
_LARGEST_LOG = 12.0


@inlined
def _at(spectrum, x, y, z):
    """A spectrum between its grid points, trilinearly."""
    side = spectrum.shape[0]
    sign = np.float32(1.0)
    if x < 0:
        x, y, z = -x, -y, -z
        sign = np.float32(-1.0)
    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    fx, fy, fz = np.float32(x - ix), np.float32(y - iy), np.float32(z - iz)
    gx = np.float32(1.0) - fx
    real = np.float32(0.0)
    imaginary = np.float32(0.0)
    for c in range(2):
        wz = fz if c else np.float32(1.0) - fz
        k = iz + c
        k = k + side if k < 0 else k
        for b in range(2):
            w = wz * (fy if b else np.float32(1.0) - fy)
            i = iy + b
            i = i + side if i < 0 else i
            near = spectrum[k, i, ix]
            far = spectrum[k, i, ix + 1]
            real += w * (gx * near.real + fx * far.real)
            imaginary += w * (gx * near.imag + fx * far.imag)
    return np.complex64(complex(real, sign * imaginary))


@jit
def sample_slices(spectrum, frames, cosine, sine, step, out):
    """Interpolate a spectrum trilinearly on central planes.

    Parameters
    ----------
    spectrum : complex64 (P, P, P // 2 + 1)
        Transform about the origin, as ``rfftn`` gives it: axes z, y, x.
    frames : float64 (D, 3, 3)
        Rows: the x and y axes of each plane, and its normal.
    cosine, sine : float64 (H,)
        Of the angles of the half circle.
    step : float
        Spacing of the rings in grid lines; ring j lies at (j + 1) · step.
    out : complex64 (D, J, H)
    """
    for d in range(frames.shape[0]):
        for h in range(len(cosine)):
            ux = cosine[h] * frames[d, 0, 0] + sine[h] * frames[d, 1, 0]
            uy = cosine[h] * frames[d, 0, 1] + sine[h] * frames[d, 1, 1]
            uz = cosine[h] * frames[d, 0, 2] + sine[h] * frames[d, 1, 2]
            for j in range(out.shape[1]):
                q = step * (j + 1)
                out[d, j, h] = _at(spectrum, q * ux, q * uy, q * uz)


@jit
def insert_slices(values, weights, frames, operations, cosine, sine, step, total, weight):
    """Add central planes, and their copies under a point group, to a spectrum: adjoint to sampling.

    Parameters
    ----------
    values : complex64 (D, J, H)
        Sums of weighted images.
    weights : float32 (D, J)
        Sums of their weights; planes without any are passed over.
    frames : float64 (D, 3, 3)
    operations : float64 (G, 3, 3)
    cosine, sine : float64 (H,)
    step : float
    total : complex64 (P, P, P // 2 + 1)
        Added to.
    weight : float32 (P, P, P // 2 + 1)
        Added to.
    """
    side = total.shape[0]
    for d in range(frames.shape[0]):
        if weights[d, 0] <= 0:
            continue
        for g in range(operations.shape[0]):
            e = operations[g] @ frames[d, 0]
            f = operations[g] @ frames[d, 1]
            for h in range(len(cosine)):
                ux = cosine[h] * e[0] + sine[h] * f[0]
                uy = cosine[h] * e[1] + sine[h] * f[1]
                uz = cosine[h] * e[2] + sine[h] * f[2]
                sign = np.float32(1.0)
                if ux < 0:
                    ux, uy, uz = -ux, -uy, -uz
                    sign = np.float32(-1.0)
                for j in range(values.shape[1]):
                    q = step * (j + 1)
                    x, y, z = q * ux, q * uy, q * uz
                    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
                    fx, fy, fz = np.float32(x - ix), np.float32(y - iy), np.float32(z - iz)
                    gx = np.float32(1.0) - fx
                    value = np.complex64(complex(values[d, j, h].real, sign * values[d, j, h].imag))
                    own = weights[d, j]
                    for c in range(2):
                        wz = fz if c else np.float32(1.0) - fz
                        k = iz + c
                        k = k + side if k < 0 else k
                        for b in range(2):
                            w = wz * (fy if b else np.float32(1.0) - fy)
                            i = iy + b
                            i = i + side if i < 0 else i
                            total[k, i, ix] += w * gx * value
                            total[k, i, ix + 1] += w * fx * value
                            weight[k, i, ix] += w * gx * own
                            weight[k, i, ix + 1] += w * fx * own
    _fold(total, weight)


@jit
def _fold(total, weight):
    """Give the plane x = 0 what the half x < 0 lays on it: the conjugate of its opposite."""
    side = total.shape[0]
    for k in range(side):
        for i in range(side):
            k2, i2 = (side - k) % side, (side - i) % side
            if (k2, i2) < (k, i):
                continue
            a, b = total[k, i, 0], total[k2, i2, 0]
            total[k, i, 0] = a + np.conj(b)
            total[k2, i2, 0] = b + np.conj(a)
            own, other = weight[k, i, 0], weight[k2, i2, 0]
            weight[k, i, 0] = own + other
            weight[k2, i2, 0] = own + other


@jit
def best_poses(even, odd, best, best_pose):
    """The highest correlation of each image, and where it is; arguments as for `soft_poses`."""
    n_turns, n_images, n_directions = even.shape
    for t in range(n_images):
        top = np.float32(-2.0)
        at = 0
        for a in range(n_turns):
            for d in range(n_directions):
                value = even[a, t, d] + abs(odd[a, t, d])
                if value > top:
                    top = value
                    at = (d if odd[a, t, d] >= 0 else n_directions + d) * n_turns + a
        best[t] = top
        best_pose[t] = at


@jit
def soft_poses(even, odd, n_effective, weight, by_direction, best, best_pose, sharpness):
    """Turn correlations with all poses into probabilities of a given perplexity.

    The two hands of a pose correlate by even + odd and even − odd. Their probabilities are
    p ∝ exp(β · correlation), with β such that exp(entropy) is ``n_effective`` (by bisection, from
    a histogram of the correlations).

    Parameters
    ----------
    even, odd : float32 (A, T, D)
        Over in-plane turns, images and directions. Overwritten by sum and difference of the
        probabilities of the two hands, times the weight of the image.
    n_effective : float
    weight : float32 (T,)
    by_direction : float32 (T, 2 D)
        Probability of each direction, those of the second hand behind; written.
    best : float32 (T,)
        Highest correlation; written.
    best_pose : int64 (T,)
        Its number, (hand · D + direction) · A + turn; written.
    sharpness : float32 (T,)
        β; written.
    """
    n_turns, n_images, n_directions = even.shape
    counts = np.zeros(BINS, dtype=np.float32)
    scale, span = np.float32(BINS / SPAN), np.float32(SPAN * (1 - 1e-6))
    wanted = np.log(n_effective)
    best_poses(even, odd, best, best_pose)
    for t in range(n_images):
        top = best[t]
        counts[:] = 0
        for a in range(n_turns):
            for d in range(n_directions):
                e, o = top - even[a, t, d], abs(odd[a, t, d])
                if e - o < span:
                    counts[int((e - o) * scale)] += 1
                    if e + o < span:
                        counts[int((e + o) * scale)] += 1
        low, high = 0.0, _LARGEST_LOG
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            ratio = np.exp(-np.exp(middle) / scale)
            power = np.sqrt(ratio)
            z = 0.0
            moment = 0.0
            for b in range(BINS):
                part = counts[b] * power
                z += part
                moment += part * (b + 0.5)
                power *= ratio
                if power < 1e-30:
                    break
            entropy = np.log(z) + np.exp(middle) / scale * moment / z if z > 0 else 0.0
            if entropy > wanted:
                low = middle
            else:
                high = middle
        beta = np.float32(np.exp(0.5 * (low + high)))
        sharpness[t] = beta
        cut = np.float32(NEGLIGIBLE) / beta
        for d in range(2 * n_directions):
            by_direction[t, d] = 0
        for a in range(n_turns):
            for d in range(n_directions):
                e, o = top - even[a, t, d], odd[a, t, d]
                if e - abs(o) >= cut:
                    even[a, t, d] = 0
                    odd[a, t, d] = 0
                    continue
                p = np.float32(0.0)
                q = np.float32(0.0)
                if e - o < cut:
                    p = np.exp(-beta * (e - o))
                    by_direction[t, d] += p
                if e + o < cut:
                    q = np.exp(-beta * (e + o))
                    by_direction[t, n_directions + d] += q
                even[a, t, d] = p + q
                odd[a, t, d] = p - q
        z32 = np.float32(0.0)
        for d in range(2 * n_directions):
            z32 += by_direction[t, d]
        for d in range(2 * n_directions):
            by_direction[t, d] /= z32
        own = weight[t] / z32
        for a in range(n_turns):
            for d in range(n_directions):
                even[a, t, d] *= own
                odd[a, t, d] *= own


@jit
def correlate_turned(spectrum, points, weights, rotations, out):
    """How a map correlates with turned copies of itself, at points of its Fourier transform.

    Parameters
    ----------
    spectrum : complex64 (P, P, P // 2 + 1)
    points : float64 (n, 3)
        (x, y, z) in grid lines.
    weights : float64 (n,)
    rotations : float64 (R, 3, 3)
    out : float64 (R,)
        Re Σ w f* g / √(Σ w |f|² Σ w |g|²), f at the points and g at the turned ones; written.
    """
    own = np.empty(len(points), dtype=np.complex64)
    power = 0.0
    for n in range(len(points)):
        own[n] = _at(spectrum, points[n, 0], points[n, 1], points[n, 2])
        power += weights[n] * (own[n].real ** 2 + own[n].imag ** 2)
    for r in range(len(rotations)):
        turn = rotations[r]
        common = 0.0
        other = 0.0
        for n in range(len(points)):
            x = turn[0, 0] * points[n, 0] + turn[0, 1] * points[n, 1] + turn[0, 2] * points[n, 2]
            y = turn[1, 0] * points[n, 0] + turn[1, 1] * points[n, 1] + turn[1, 2] * points[n, 2]
            z = turn[2, 0] * points[n, 0] + turn[2, 1] * points[n, 1] + turn[2, 2] * points[n, 2]
            value = _at(spectrum, x, y, z)
            common += weights[n] * (own[n].real * value.real + own[n].imag * value.imag)
            other += weights[n] * (value.real**2 + value.imag**2)
        out[r] = common / np.sqrt(power * other + 1e-30)
