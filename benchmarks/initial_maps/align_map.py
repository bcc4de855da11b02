"""Lays a map on another: rotation, shift and hand, all of which an ab initio map leaves open.

Both maps are masked and transformed, and each shell of their transforms is scaled to the same
power. A grid of rotations, with shifts and both hands, is tried at low frequencies; the best are
refined, first at low, then at higher frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform, map_coordinates
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from rebalance.model import DoubleArray

Volume = npt.NDArray[np.float64]
Spectrum = npt.NDArray[np.complex128]

STEP = 10.0
"""Degrees between rotations of the grid."""
COARSE, MIDDLE, FINE = 6, 8, 13
"""Shells that are compared on the grid, and in the two rounds of refinement."""
FARTHEST, SHIFTS = 4.0, 5
"""Voxels along each axis by which the grid moves a map, in so many steps."""
REFINED, REFINED_FINELY = 24, 3
_PAD = 2


@dataclass(frozen=True, eq=False)
class MapPose:
    """How a map lies on another.

    Parameters
    ----------
    rotation : float64 (3, 3)
        Of array indices from the middle voxel.
    shift : float64 (3,)
        Voxels along the axes of the array.
    is_mirrored : bool
        The other map is laid on the mirror image of this one.
    score : float
        Mean correlation over the frequencies up to shell `FINE`, each shell scaled to the same
        power.
    """

    rotation: DoubleArray
    shift: DoubleArray
    is_mirrored: bool
    score: float


def align(found: Volume, truth: Volume, *, radius: float) -> MapPose:
    """The rotation, shift and hand by which a map is most like another.

    Parameters
    ----------
    found, truth : float64 (L, L, L)
        The middle is voxel L//2.
    radius : float
        Of the soft spherical mask on both, voxels.
    """
    mask = soft_sphere(len(truth), radius)
    hands = [_Pair.of(one * mask, truth * mask) for one in (found, mirrored(found))]
    grid = _rotations(STEP)
    starts: list[tuple[float, int, DoubleArray]] = []
    for hand, pair in enumerate(hands):
        starts += [(score, hand, start) for score, start in pair.tried(grid)]
    starts.sort(key=lambda one: -one[0])
    refined = [
        (*hands[hand].refined(start, MIDDLE, 150), hand) for _, hand, start in starts[:REFINED]
    ]
    refined.sort(key=lambda one: -one[0])
    finest = [
        (*hands[hand].refined(start, FINE, 400), hand)
        for _, start, hand in refined[:REFINED_FINELY]
    ]
    score, best, hand = max(finest, key=lambda one: one[0])
    return MapPose(Rotation.from_rotvec(best[:3]).as_matrix(), best[3:], bool(hand), score)


def turned(volume: Volume, pose: MapPose) -> Volume:
    """A map turned, moved and, if need be, mirrored, by cubic splines."""
    middle = np.full(3, len(volume) // 2)
    # Voxel x of the result is R (x + s) of the map, from the middle.
    offset = middle + pose.rotation @ (pose.shift - middle)
    laid: Volume = affine_transform(
        mirrored(volume) if pose.is_mirrored else volume, pose.rotation, offset, order=3
    )
    return laid


def mirrored(volume: Volume) -> Volume:
    """The mirror image through the plane of the first axis; the middle voxel stays."""
    flipped = volume[::-1]
    return np.roll(flipped, 1, axis=0) if len(volume) % 2 == 0 else flipped


def soft_sphere(box: int, radius: float, edge: float = 4.0) -> Volume:
    """1 inside, 0 beyond radius and edge, both in voxels."""
    beyond = np.clip((distance(box) - radius) / edge, 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * beyond))


def distance(box: int) -> Volume:
    """From the middle voxel L//2, in voxels; float64 (L, L, L)."""
    axis = np.arange(box) - box // 2
    return np.asarray(np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2))


@dataclass(frozen=True, eq=False)
class _Pair:
    """Transforms of two maps: of one on a fine grid to be turned, of the other at its voxels.

    Parameters
    ----------
    fine : complex128 (2 L, 2 L, 2 L)
        Each shell scaled to mean power 1.
    at : float64 (K, 3)
        Frequencies on half of the sphere, sorted by shell; 1 is one period in the box.
    wanted : complex128 (K,)
        The other map there, scaled likewise.
    box : int
    """

    fine: Spectrum
    at: DoubleArray
    wanted: Spectrum
    box: int

    @classmethod
    def of(cls, found: Volume, truth: Volume) -> _Pair:
        box = len(truth)
        fine = _even(_transform(np.pad(found, (_PAD - 1) * box // 2)), _PAD)
        axis = np.arange(box) - box // 2
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        shell = np.rint(np.linalg.norm(grid, axis=1)).astype(int)
        half = (grid @ [box**2, box, 1] > 0) & (shell >= 1) & (shell <= FINE)
        order = np.argsort(shell[half], kind="stable")
        wanted = _even(_transform(truth), 1).ravel()[half][order]
        return cls(fine, grid[half][order].astype(np.float64), wanted, box)

    def up_to(self, shell: int) -> int:
        """Number of frequencies up to a shell."""
        return int(np.count_nonzero(np.rint(np.linalg.norm(self.at, axis=1)) <= shell))

    def sampled(self, rotations: DoubleArray, n: int) -> Spectrum:
        """The transform at turned frequencies; complex128 (R, n)."""
        place = _PAD * (self.at[:n] @ rotations.swapaxes(-1, -2)) + _PAD * self.box // 2
        flat = place.reshape(-1, 3).T
        real, imaginary = (
            map_coordinates(part, flat, order=1) for part in (self.fine.real, self.fine.imag)
        )
        return np.asarray(real + 1j * imaginary).reshape(*place.shape[:-1])

    def tried(self, rotations: DoubleArray) -> list[tuple[float, DoubleArray]]:
        """The best rotations of a grid, each with its best shift: score, rotation vector, shift."""
        n = self.up_to(COARSE)
        axis = np.linspace(-FARTHEST, FARTHEST, SHIFTS)
        shift = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        moved = self.wanted[:n, None].conj() * self._phases(shift, n).T
        score, best = [], []
        for some in np.array_split(rotations, max(1, len(rotations) // 500)):
            each = (self.sampled(some, n) @ moved).real / n
            best.append(each.argmax(axis=1))
            score.append(each.max(axis=1))
        scores, bests = np.concatenate(score), np.concatenate(best)
        first = np.argsort(-scores, kind="stable")[:REFINED]
        vector = Rotation.from_matrix(rotations[first]).as_rotvec()
        return [
            (float(scores[row]), np.concatenate([v, shift[bests[row]]]))
            for row, v in zip(first, vector, strict=True)
        ]

    def refined(self, start: DoubleArray, shell: int, steps: int) -> tuple[float, DoubleArray]:
        """Rotation vector and shift uphill of a start, and the correlation there."""
        n = self.up_to(shell)

        def loss(at: DoubleArray) -> float:
            seen = self.sampled(Rotation.from_rotvec(at[:3]).as_matrix()[None], n)[0]
            return -float(
                (seen * self._phases(at[None, 3:], n)[0] * self.wanted[:n].conj()).real.mean()
            )

        spread = np.diag([0.12, 0.12, 0.12, 1.0, 1.0, 1.0])
        found = minimize(
            loss,
            start,
            method="Nelder-Mead",
            options={
                "initial_simplex": np.concatenate([start[None], start + spread]),
                "maxfev": steps,
                "xatol": 1e-3,
                "fatol": 1e-6,
            },
        )
        return -float(found.fun), np.asarray(found.x)

    def _phases(self, shift: DoubleArray, n: int) -> Spectrum:
        return np.asarray(np.exp(2j * np.pi / self.box * (shift @ self.at[:n].T)))


def _transform(volume: Volume) -> Spectrum:
    """Fourier transform about the middle voxel, its origin in the middle."""
    return np.asarray(np.fft.fftshift(np.fft.fftn(np.fft.ifftshift(volume))))


def _even(spectrum: Spectrum, oversampling: int) -> Spectrum:
    """Each shell scaled to a mean power of 1."""
    shell = np.rint(distance(len(spectrum)) / oversampling).astype(int)
    count = np.bincount(shell.ravel())
    power = np.bincount(shell.ravel(), np.abs(spectrum.ravel()) ** 2) / np.maximum(count, 1)
    return np.asarray(spectrum / np.sqrt(np.maximum(power, 1e-30))[shell])


def _rotations(step: float) -> DoubleArray:
    """Rotations about so many degrees apart; float64 (R, 3, 3)."""
    n = round(4 * np.pi / np.deg2rad(step) ** 2)
    number = np.arange(n)
    z = 1 - (2 * number + 1) / n
    azimuth, tilt = number * np.pi * (3 - np.sqrt(5)), np.arccos(z)
    about = np.deg2rad(np.arange(0, 360, step))
    angles = np.stack(
        [
            np.repeat(azimuth, len(about)),
            np.repeat(tilt, len(about)),
            np.tile(about, n),
        ],
        axis=1,
    )
    return np.asarray(Rotation.from_euler("ZYZ", angles).as_matrix())
