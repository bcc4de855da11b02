"""Features and tables of the search over a small disc of shifts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from rebalance import blas
from rebalance.engine.threads import current_threads
from rebalance.imaging import small_shifts
from rebalance.imaging.masks import mask_about
from rebalance.imaging.polar import PolarGrid, polar_fourier
from rebalance.imaging.whitening import whiten_rings
from rebalance.kernels import small_disc_cpu
from rebalance.kernels.lane_fft_cpu import LANES, POINTS
from rebalance.kernels.small_disc_cpu import PASS
from rebalance.kernels.tops_cpu import NEAR
from rebalance.metrics.search_features import Centred
from rebalance.metrics.search_options import CHUNK, Search
from rebalance.model import DoubleArray, FloatArray, IntArray

OVERSAMPLING = 1.08
"""Angles of the grid over those that the band needs."""

_LARGEST_TERM = 1e-4
"""Terms of the convolution over orders that are smaller everywhere are left out."""


@dataclass(frozen=True, eq=False)
class DiscFeatures(Centred):
    """What `small_disc_cpu.align_tile` reads, in its order.

    Parameters
    ----------
    orders : float32 (B, M, K, 2, LANES)
    first_ring : int64 (M,)
    kernel : float32 (S, 2 n_max + 1, K, 2)
    shift_table : float32 (S, P)
    turn_table : float32 (NEAR, D)
    at_points : float32 (P, 6, S)
    at_turns : float32 (D, 3, NEAR)
    points : float64 (P, 2)
    turns : float64 (D,)
    source : int64 (A,)
    twiddles : float32 (q, 64, q, 2)
    place : int64 (A,)
    arm, limit, max_shift : float
    mirror : bool
    device : str
    """

    orders: FloatArray
    first_ring: IntArray
    kernel: FloatArray
    shift_table: FloatArray
    turn_table: FloatArray
    at_points: FloatArray
    at_turns: FloatArray
    points: DoubleArray
    turns: DoubleArray
    source: IntArray
    twiddles: FloatArray
    place: IntArray
    arm: float
    limit: float
    max_shift: float
    mirror: bool
    device: str

    @property
    def for_kernel(self) -> tuple[Any, ...]:
        """What `small_disc_cpu.align_tile` takes first."""
        return (
            self.orders,
            self.first_ring,
            self.kernel,
            self.shift_table,
            self.turn_table,
            self.at_points,
            self.at_turns,
            self.points,
            self.turns,
            self.source,
            self.twiddles,
            self.place,
            self.arm,
            self.limit,
            self.max_shift,
            self.mirror,
        )


def is_small(search: Search) -> bool:
    """Whether a few shifts tell the correlation at all others of the disc."""
    grid = search.grid
    return 2 * np.pi * grid.k_high * grid.max_shift <= small_shifts.WIDEST


def prepare_disc(images: FloatArray, search: Search, device: str) -> DiscFeatures:
    """Mask, transform and whiten images, in parallel chunks of them; and make the tables.

    Parameters
    ----------
    images : float32 (N, L, L)
    search : Search
        With a small disc of shifts.
    device : str
    """
    grid = search.grid
    band = 2 * np.pi * grid.radius
    n_orders = min(int(band * grid.k_high) + 2, grid.n_half)
    n_rings = PASS * -(-grid.n_rings // PASS)
    # Beyond the mask's edge an order has no power on the inner rings.
    first = np.searchsorted(band * grid.rings, np.arange(n_orders) - 1.0)
    first_ring = np.minimum(first // PASS * PASS, n_rings - PASS).astype(np.int64)
    shape = (-(-len(images) // LANES), n_orders, n_rings, 2, LANES)
    orders = np.zeros(shape, dtype=np.float32)

    def fill(start: int) -> None:
        part = slice(start, start + CHUNK)
        masked = mask_about(images[part], search.centre[part], grid.radius)
        samples = polar_fourier(masked, grid, origin=search.centre[part])
        whiten_rings(samples, grid.rings, search.whitening, grid.radius)
        own = _orders(samples)[:, :, :n_orders].transpose(2, 1, 0)
        for at in range(0, own.shape[2], LANES):
            few = own[:, :, at : at + LANES]
            block = orders[(start + at) // LANES]
            block[:, : grid.n_rings, 0, : few.shape[2]] = few.real + few.imag
            block[:, : grid.n_rings, 1, : few.shape[2]] = few.real - few.imag

    with ThreadPoolExecutor(current_threads()) as pool:
        list(pool.map(fill, range(0, len(images), CHUNK)))

    n_angles = POINTS * -(-int(2 * OVERSAMPLING * n_orders) // POINTS)
    nodes = small_shifts.shift_nodes(grid.max_shift, grid.k_high)
    points = _padded(small_shifts.shift_table(grid.max_shift, grid.k_high))
    with blas.single_threaded():
        at_points = small_shifts.shift_weights(nodes, points, grid.rings).astype(np.float32)
        turns, at_turns = small_shifts.turn_table(n_angles, NEAR, n_orders, LANES)
    at_turns = at_turns.astype(np.float32)
    return DiscFeatures(
        centre=search.centre,
        facts=search.facts,
        orders=orders,
        first_ring=first_ring,
        kernel=_convolution(nodes, grid, n_rings),
        shift_table=np.ascontiguousarray(at_points[0]),
        turn_table=np.ascontiguousarray(at_turns[0]),
        at_points=np.ascontiguousarray(at_points.transpose(2, 0, 1)),
        at_turns=np.ascontiguousarray(at_turns.transpose(2, 0, 1)),
        points=points,
        turns=turns,
        source=small_disc_cpu.find_orders(n_angles, n_orders),
        twiddles=small_disc_cpu.make_twiddles(n_angles),
        place=small_disc_cpu.places(n_angles),
        arm=0.25 * grid.n_half / (np.pi * grid.k_high),
        limit=0.2 / grid.k_high,
        max_shift=grid.max_shift,
        mirror=search.mirror,
        device=device,
    )


def _padded(points: DoubleArray) -> DoubleArray:
    """To whole vector blocks, by the first point again."""
    missing = -len(points) % LANES
    return np.concatenate((points, np.repeat(points[:1], missing, axis=0)))


def _orders(samples: Any) -> Any:
    """Angular orders of which the inner product is that of the samples on the full circle."""
    from scipy import fft

    full = np.concatenate((samples, samples.conj()), axis=2)
    return fft.fft(full, axis=2, norm="ortho", overwrite_x=True)


def _convolution(nodes: DoubleArray, grid: PolarGrid, n_rings: int) -> FloatArray:
    """c_n of `small_disc_cpu.shift_orders`, float32 (S, 2 n_max + 1, K, 2)."""
    from scipy.special import jv

    length = np.hypot(nodes[:, 0], nodes[:, 1])[:, None, None]
    bearing = np.arctan2(nodes[:, 1], nodes[:, 0])[:, None, None]
    phase = 2 * np.pi * grid.rings * length
    widest = 1
    while np.abs(jv(widest + 1, phase)).max() > _LARGEST_TERM:
        widest += 1
    n = np.arange(-widest, widest + 1)[:, None]
    term = (-1j) ** n * jv(n, phase) * np.exp(-1j * n * bearing)
    out = np.zeros((*term.shape[:2], n_rings, 2), dtype=np.float32)
    out[:, :, : grid.n_rings, 0], out[:, :, : grid.n_rings, 1] = term.real, term.imag
    return out
