"""Slow, obviously right versions of every kernel, in float64 and plain NumPy/SciPy.

The correlation is that of the design: A and B masked by a soft disc of radius R, then

    C(θ, t) = Re Σ_k k dk Σ_φ dφ conj(Â(k, φ)) B̂(k, φ − θ) e^{−2πi k·t}  /  (‖A‖ ‖B‖)

over a band of frequencies, where B̂ is that of B or of its mirror image, so that the motion is
x_A = R(θ) · F^mirror · x_B + t. Transforms are sums over pixels, rings are sampled twice as finely
as the kernels sample them, every shift of a half-pixel grid and every angle of a grid finer than
1° is tried, and the five best peaks are polished.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from rebalance.imaging.polar import PolarGrid
from rebalance.model import Transform


@dataclass(frozen=True)
class Band:
    """The polar points of the reference."""

    radius: float
    k_low: float
    k_high: float

    @property
    def rings(self) -> np.ndarray:
        n = 2 * max(4, int(np.ceil(2 * self.radius * (self.k_high - self.k_low))))
        return self.k_low + (np.arange(n) + 0.5) * (self.k_high - self.k_low) / n

    def n_angles(self, max_shift: float) -> int:
        band = 2 * np.pi * self.k_high * (self.radius + max_shift)
        return max(384, 2 * int(np.ceil(1.1 * band)))


def polar_transform(
    image: np.ndarray,
    band: Band,
    n_angles: int,
    origin: np.ndarray | tuple = (0.0, 0.0),
    whitening: float = 0.0,
) -> np.ndarray:
    """complex128 (K, n_angles): exact transform at polar points, weighted, of unit norm.

    The origin is (x, y) from pixel (L/2, L/2). Each ring is divided by the mean square of the
    samples about it, Gaussian of standard deviation 1 / 2R in k, to the power whitening / 2.
    """
    box = image.shape[0]
    axis = np.arange(box) - box // 2
    angles = 2 * np.pi * np.arange(n_angles) / n_angles
    samples = np.empty((len(band.rings), n_angles), dtype=np.complex128)
    for r, k in enumerate(band.rings):
        along_y = np.exp(-2j * np.pi * k * np.sin(angles)[:, None] * (axis - origin[1])[None, :])
        along_x = np.exp(-2j * np.pi * k * np.cos(angles)[:, None] * (axis - origin[0])[None, :])
        samples[r] = np.einsum("ay,yx,ax->a", along_y, image.astype(float), along_x, optimize=True)
    if whitening:
        ring_power = (np.abs(samples) ** 2).mean(axis=1)
        density = np.empty_like(ring_power)
        for r, k in enumerate(band.rings):
            area = band.rings * np.exp(-0.5 * ((band.rings - k) * 2 * band.radius) ** 2)
            density[r] = np.sum(area * ring_power) / np.sum(area)
        samples *= (np.maximum(density, 1e-6 * density.max()) ** (-whitening / 2))[:, None]
    samples *= np.sqrt(band.rings)[:, None]
    norm = np.linalg.norm(samples)
    return samples / norm if norm > 0 else samples


def mirrored(samples: np.ndarray) -> np.ndarray:
    """Samples of the image flipped in x: φ → π − φ."""
    n = samples.shape[1]
    return samples[:, (n // 2 - np.arange(n)) % n]


class PairCorrelation:
    """C(θ, t) of one pair and hand, for any θ and t, with its gradient."""

    def __init__(self, a: np.ndarray, b: np.ndarray, band: Band | PolarGrid) -> None:
        n = a.shape[1]
        self.n = n
        self.a = a
        self.order = np.fft.fftfreq(n, 1 / n)
        self.b_orders = np.fft.fft(b, axis=1)
        angles = 2 * np.pi * np.arange(n) / n
        self.kx = band.rings[:, None] * np.cos(angles)[None, :]
        self.ky = band.rings[:, None] * np.sin(angles)[None, :]

    def __call__(self, theta: float, tx: float, ty: float) -> tuple[float, np.ndarray]:
        turn = np.exp(-1j * self.order * theta)
        b = np.fft.ifft(self.b_orders * turn, axis=1)
        b_slope = np.fft.ifft(self.b_orders * turn * (-1j * self.order), axis=1)
        shifted = np.conj(self.a) * np.exp(-2j * np.pi * (self.kx * tx + self.ky * ty))
        product = shifted * b
        gradient = np.array(
            [
                np.sum(shifted * b_slope).real,
                2 * np.pi * np.sum(self.kx * product.imag),
                2 * np.pi * np.sum(self.ky * product.imag),
            ]
        )
        return float(np.sum(product).real), gradient


def best_alignment(
    a: np.ndarray,
    b: np.ndarray,
    band: Band,
    max_shift: float,
    *,
    mirror: bool = True,
    n_peaks: int = 5,
) -> tuple[float, Transform]:
    """The maximum of C over θ, t in a disc, and hand, for two polar transforms."""
    n = a.shape[1]
    steps = np.arange(-np.floor(2 * max_shift), np.floor(2 * max_shift) + 1) / 2
    grid = np.array([(x, y) for y in steps for x in steps if x * x + y * y <= max_shift**2])
    angles = 2 * np.pi * np.arange(n) / n
    a_orders = np.fft.fft(a, axis=1)
    best, best_transform = -np.inf, Transform()
    candidates = []
    for hand in (False, True) if mirror else (False,):
        b_hand = mirrored(b) if hand else b
        b_orders = np.fft.fft(b_hand, axis=1)
        surface = np.empty((len(grid), n))
        for s, (x, y) in enumerate(grid):
            k_dot_t = band.rings[:, None] * (np.cos(angles) * x + np.sin(angles) * y)[None, :]
            a_moved = np.fft.fft(a * np.exp(2j * np.pi * k_dot_t), axis=1) if x or y else a_orders
            surface[s] = np.fft.fft(np.sum(np.conj(a_moved) * b_orders, axis=0)).real / n
        candidates.append((hand, b_hand, surface))
    for _ in range(n_peaks):
        hand, b_hand, surface = max(candidates, key=lambda item: item[2].max())
        at, g = np.unravel_index(np.argmax(surface), surface.shape)
        correlation = PairCorrelation(a, b_hand, band)
        value, point = _polish(correlation, angles[g], grid[at], max_shift)
        if value > best:
            best = value
            best_transform = Transform(
                float((np.rad2deg(-point[0]) + 180) % 360 - 180), (point[1], point[2]), hand
            )
        near_shift = np.hypot(*(grid - grid[at]).T) < 1.6
        near_angle = np.abs((angles - angles[g] + np.pi) % (2 * np.pi) - np.pi) < np.deg2rad(8)
        surface[np.ix_(near_shift, near_angle)] = -np.inf
    return best, best_transform


def _polish(
    correlation: PairCorrelation, theta: float, shift: np.ndarray, max_shift: float
) -> tuple[float, np.ndarray]:
    """Climb to the peak; the disc of shifts is kept by t = T_max · u / max(1, |u|)."""

    def inside(point: np.ndarray) -> np.ndarray:
        length = np.hypot(point[1], point[2])
        scale = 1.0 if length <= max_shift else max_shift / length
        return np.array([point[0], point[1] * scale, point[2] * scale])

    def cost(point: np.ndarray) -> tuple[float, np.ndarray]:
        at = inside(point)
        value, gradient = correlation(*at)
        if not np.array_equal(at, point):
            length = np.hypot(point[1], point[2])
            along = point[1:] / length
            gradient[1:] = (gradient[1:] - along * (along @ gradient[1:])) * max_shift / length
        return -value, -gradient

    start = np.array([theta, shift[0], shift[1]])
    found = minimize(cost, start, jac=True, method="BFGS", options={"gtol": 1e-7})
    return -float(found.fun), inside(found.x)


def affinity(
    masked: np.ndarray, band: Band, max_shift: float, *, mirror: bool = True
) -> tuple[np.ndarray, dict[tuple[int, int], Transform]]:
    """The whole matrix of `best_alignment`, clipped to [0, 1]."""
    n = len(masked)
    polar = [polar_transform(image, band, band.n_angles(max_shift)) for image in masked]
    values = np.eye(n)
    transforms = {}
    for i in range(n):
        for j in range(i + 1, n):
            value, transforms[i, j] = best_alignment(
                polar[i], polar[j], band, max_shift, mirror=mirror
            )
            values[i, j] = values[j, i] = np.clip(value, 0, 1)
    return values, transforms


def full_circle(samples: np.ndarray) -> np.ndarray:
    """Samples on the whole circle, complex128 (…, 2 H), of those on its first half."""
    samples = samples.astype(np.complex128)
    return np.concatenate([samples, samples.conj()], axis=-1)


def posed(samples: np.ndarray, turn: int, mirrored: bool) -> np.ndarray:
    """What an image (J, H) shows in the frame of a slice when it has this pose on it, (J, 2 H)."""
    circle = full_circle(samples)
    n = circle.shape[1]
    angle = np.arange(n)
    return circle[:, (turn - angle + n // 2) % n if mirrored else (angle + turn) % n]


def pose_correlations(samples: np.ndarray, slices: np.ndarray) -> np.ndarray:
    """Correlation of an image (J, H) with slices (D, J, H) in every pose, (2, D, 2 H)."""
    n_angles = 2 * samples.shape[1]
    found = np.empty((2, len(slices), n_angles))
    for d, one in enumerate(slices):
        other = full_circle(one)
        for mirrored in (False, True):
            for turn in range(n_angles):
                own = posed(samples, turn, mirrored)
                norm = np.sqrt((np.abs(own) ** 2).sum() * (np.abs(other) ** 2).sum())
                found[int(mirrored), d, turn] = (own * other.conj()).sum().real / norm
    return found


def pose_probabilities(correlations: np.ndarray, n_effective: float) -> np.ndarray:
    """exp(β · correlation), normalised, with β such that exp(entropy) is ``n_effective``."""
    from scipy.optimize import brentq

    def probabilities(log_beta: float) -> np.ndarray:
        p = np.exp(np.exp(log_beta) * (correlations - correlations.max()))
        return p / p.sum()

    def surplus(log_beta: float) -> float:
        p = probabilities(log_beta).ravel()
        p = p[p > 0]
        return float(-(p * np.log(p)).sum() - np.log(n_effective))

    return probabilities(brentq(surplus, 0.0, 12.0))


def slice_of_map(volume: np.ndarray, rotation: np.ndarray, n_rings: int, n_half: int) -> np.ndarray:
    """Central slice of a map about its voxel n/2 by a plain sum over voxels, (J, H).

    Ring j is at (j + 1) / n cycles per voxel; rows of the rotation are the x and y axes of the
    image and the direction of view.
    """
    side = len(volume)
    axis = np.arange(side) - side // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    found = np.empty((n_rings, n_half), dtype=np.complex128)
    for j in range(n_rings):
        for h in range(n_half):
            phi = np.pi * h / n_half
            k = (np.cos(phi) * rotation[0] + np.sin(phi) * rotation[1]) * (j + 1) / side
            found[j, h] = (volume * np.exp(-2j * np.pi * (k[0] * x + k[1] * y + k[2] * z))).sum()
    return found


def expected_angle(
    first: np.ndarray, second: np.ndarray, sampled: np.ndarray, operations: np.ndarray
) -> float:
    """Mean angle in degrees between two draws, modulo a group and modulo the opposite view."""
    total = 0.0
    for p, u in zip(first, sampled, strict=True):
        for q, v in zip(second, sampled, strict=True):
            cosine = max(abs(float(u @ operation @ v)) for operation in operations)
            total += float(p) * float(q) * np.degrees(np.arccos(min(cosine, 1.0)))
    return total
