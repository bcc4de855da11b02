"""One step of expectation–maximization: compare images with slices of a map, and update it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from rebalance.kernels.poses_cpu import best_poses, insert_slices, sample_slices, soft_poses
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray
from rebalance.views.fourier_map import DAMPING, FourierMap, hemisphere

ComplexArray = npt.NDArray[np.complex64]

TILE = 16
"""Images that are compared at a time: memory is a tile's poses, whatever N."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Mapper(Protocol):
    """`map`, or that of a pool of threads."""

    def __call__(
        self, function: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterable[Result]:
        """The function of every item, in order."""
        ...


@dataclass(frozen=True, eq=False)
class Expectation:
    """Probabilities of poses of the images.

    Parameters
    ----------
    slices : complex64 (D, J, H)
        Sum over images of weight × probability × turned image, for each direction.
    weights : float32 (D,)
        Sum of weight × probability.
    posterior : float32 (N, 2 D)
    best : float32 (N,)
        Highest correlation.
    best_pose : int64 (N,)
        (hand · D + direction) · A + turn.
    """

    slices: ComplexArray
    weights: FloatArray
    posterior: FloatArray
    best: FloatArray
    best_pose: IntArray


class PoseSearch:
    """Images on J rings against D directions, two hands and A turns.

    Parameters
    ----------
    samples : complex64 (N, J', H)
        Of `PolarImages`.
    n_directions, n_rings : int
        D, J ≤ J'.
    operations : float64 (G, 3, 3)
        Of the point group, in the frame of the map.
    mapper : callable
        How tiles of images are handed out.
    within : callable, optional
        Says which of the directions are searched.
    """

    def __init__(
        self,
        samples: ComplexArray,
        n_directions: int,
        n_rings: int,
        operations: DoubleArray | None = None,
        mapper: Mapper = map,
        within: Callable[[DoubleArray], BoolArray] | None = None,
    ) -> None:
        self.grid = FourierMap(n_rings)
        self.directions, self.frames = hemisphere(n_directions)
        if within is not None:
            inside = within(self.directions)
            self.directions, self.frames = self.directions[inside], self.frames[inside]
        self.operations = np.eye(3)[None] if operations is None else operations
        self.mapper = mapper
        self.n_rings, self.n_half = n_rings, samples.shape[2]
        self.n_turns = 2 * self.n_half
        angle = np.arange(self.n_turns) * (2 * np.pi / self.n_turns)
        self._cosine, self._sine = np.cos(angle[: self.n_half]), np.sin(angle[: self.n_half])
        self._ring = np.sqrt(np.arange(1, n_rings + 1)).astype(np.float32)
        own = samples[:, :n_rings]
        orders: npt.NDArray[Any] = _angular(own)
        norm = np.sqrt(_power(orders))
        self.samples = own / norm[:, None, None]
        # For each order: real parts of the images, then imaginary parts.
        orders = (orders / norm[:, None, None]).transpose(2, 0, 1)
        self._orders = np.stack([orders.real, orders.imag], axis=1).astype(np.float32)
        order = np.arange(self.n_half + 1)
        twice = np.where((order == 0) | (order == self.n_half), 1.0, 2.0)
        c, s = np.cos(angle[:, None] * order), np.sin(angle[:, None] * order)
        paired = (self.n_turns, 2 * len(order))
        self._even = np.stack([twice * c, -twice * s], 2).reshape(paired).astype(np.float32)
        self._odd = np.stack([twice * s, twice * c], 2).reshape(paired).astype(np.float32)
        self._forward = np.stack([c.T, s.T], 1).reshape(-1, self.n_turns).astype(np.float32)

    def slices(self, volume: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Unit-norm slices of a map: real and imaginary parts, float32 (M, J, D)."""
        out = np.empty((len(self.frames), self.n_rings, self.n_half), dtype=np.complex64)
        spectrum = self.grid.spectrum(volume)
        sample_slices(spectrum, self.frames, self._cosine, self._sine, self.grid.STEP, out)
        out *= self._ring[:, None]
        orders = _angular(out)
        orders /= np.sqrt(_power(orders))[:, None, None] + 1e-20
        orders = orders.transpose(2, 1, 0)
        return np.ascontiguousarray(orders.real), np.ascontiguousarray(orders.imag)

    def expect(
        self,
        volume: FloatArray,
        n_effective: float,
        weight: FloatArray,
        rows: IntArray | None = None,
    ) -> Expectation:
        """Poses of images (rows of them) against a map."""
        real, imaginary = self.slices(volume)
        rows = np.arange(len(self.samples)) if rows is None else rows
        n, n_directions = len(rows), len(self.directions)
        posterior = np.empty((n, 2 * n_directions), dtype=np.float32)
        best = np.empty(n, dtype=np.float32)
        best_pose = np.empty(n, dtype=np.int64)
        n_orders = self.n_half + 1

        def tile(part: range) -> tuple[FloatArray, FloatArray]:
            which, own = rows[part.start : part.stop], slice(part.start, part.stop)
            images, even, odd = self._correlate(which, real, imaginary)
            t = len(which)
            sharpness = np.empty(t, dtype=np.float32)
            soft_poses(
                even, odd, n_effective, weight[which],
                posterior[own], best[own], best_pose[own], sharpness,
            )  # fmt: skip
            back = (n_orders, 2, t, n_directions)
            u = (self._forward @ even.reshape(self.n_turns, -1)).reshape(back)
            v = (self._forward @ odd.reshape(self.n_turns, -1)).reshape(back)
            left = np.concatenate([u[:, 0], -u[:, 1]], 1).transpose(0, 2, 1)
            right = np.concatenate([v[:, 1], v[:, 0]], 1).transpose(0, 2, 1)
            return left @ images, right @ images

        sum_real = np.zeros((n_orders, n_directions, self.n_rings), dtype=np.float32)
        sum_imaginary = np.zeros_like(sum_real)
        for one, other in self.mapper(tile, _tiles(n)):
            sum_real += one
            sum_imaginary += other
        weights = weight[rows] @ (posterior[:, :n_directions] + posterior[:, n_directions:])
        slices = self._samples_of(sum_real + 1j * sum_imaginary)
        return Expectation(slices, weights, posterior, best, best_pose)

    def best(self, volume: FloatArray) -> tuple[FloatArray, IntArray]:
        """Highest correlation of every image and its pose, as in `Expectation`."""
        real, imaginary = self.slices(volume)
        n = len(self.samples)
        value, pose = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.int64)

        def tile(part: range) -> None:
            own = slice(part.start, part.stop)
            _, even, odd = self._correlate(np.arange(part.start, part.stop), real, imaginary)
            best_poses(even, odd, value[own], pose[own])

        list(self.mapper(tile, _tiles(n)))
        return value, pose

    def rotations(self, pose: IntArray) -> DoubleArray:
        """Poses as rotations: rows are the image's x and y axes and the direction; (n, 3, 3)."""
        which, turn = np.divmod(pose, self.n_turns)
        mirrored, direction = np.divmod(which, len(self.directions))
        frame = self.frames[direction].copy()
        # A mirror image is what is seen from the other side.
        frame[mirrored == 1, 1:] *= -1
        angle = turn * (2 * np.pi / self.n_turns) + np.pi * mirrored
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        x = c * frame[:, 0] - s * frame[:, 1]
        y = s * frame[:, 0] + c * frame[:, 1]
        return np.stack([x, y, frame[:, 2]], axis=1)

    def _correlate(
        self, which: IntArray, real: FloatArray, imaginary: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Angular orders of images, and their correlations with all poses (`soft_poses`)."""
        n_orders, t, n_directions = self.n_half + 1, len(which), len(self.directions)
        shape = (2 * n_orders, t * n_directions)
        images = self._orders[:, :, which].reshape(n_orders, 2 * t, self.n_rings)
        even = self._even @ np.matmul(images, real).reshape(shape)
        odd = self._odd @ np.matmul(images, imaginary).reshape(shape)
        poses = (self.n_turns, t, n_directions)
        return images, even.reshape(poses), odd.reshape(poses)

    def maximise(self, found: Expectation, damping: float = DAMPING) -> FloatArray:
        """The map of the slices that were found."""
        return self.volume(found.slices, found.weights, damping)

    def volume(
        self, slices: ComplexArray, weights: FloatArray, damping: float = DAMPING
    ) -> FloatArray:
        total, weight = self.grid.sums()
        own = weights[:, None] * (self._ring**2)
        insert_slices(
            slices * self._ring[:, None], own.astype(np.float32), self.frames, self.operations,
            self._cosine, self._sine, self.grid.STEP, total, weight,
        )  # fmt: skip
        return self.grid.from_sums(total, weight, damping)

    def turned(self, image: int, turn: int) -> ComplexArray:
        """Samples of an image turned by so many steps, complex64 (J, H)."""
        own = self.samples[image]
        full = np.concatenate([own, own.conj()], axis=1)
        return full[:, (np.arange(self.n_half) + turn) % self.n_turns]

    def _samples_of(self, orders: npt.NDArray[Any]) -> ComplexArray:
        """From angular orders (M, D, J) to the angles of the half circle, complex64 (D, J, H)."""
        from scipy import fft

        n = self.n_turns
        full = np.zeros((*orders.shape[1:], n), dtype=np.complex64)
        full[..., : self.n_half + 1] = orders.transpose(1, 2, 0)
        m = np.arange(1, self.n_half)
        full[..., n - m] = (1 - 2 * (m % 2)) * full[..., m].conj()
        samples = fft.ifft(full, axis=2)[..., : self.n_half] * np.float32(n)
        return np.ascontiguousarray(samples.astype(np.complex64))


def _tiles(n: int) -> list[range]:
    return [range(start, min(start + TILE, n)) for start in range(0, n, TILE)]


def _angular(samples: ComplexArray) -> ComplexArray:
    """Angular orders 0 … H of samples on a half circle, complex64 (…, H + 1)."""
    from scipy import fft

    n_half = samples.shape[-1]
    full = np.concatenate([samples, samples.conj()], axis=-1)
    orders: ComplexArray = fft.fft(full, axis=-1)[..., : n_half + 1] / np.float32(2 * n_half)
    return orders.astype(np.complex64)


def _power(orders: ComplexArray) -> FloatArray:
    """Sum over rings of the mean of |samples|² over angles."""
    power = orders.real**2 + orders.imag**2
    total = 2 * power.sum(axis=(1, 2)) - power[..., 0].sum(axis=1) - power[..., -1].sum(axis=1)
    return np.maximum(total, np.float32(1e-30))
