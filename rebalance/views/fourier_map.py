"""A low-resolution map, built from and cut into slices of its Fourier transform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, FloatArray

ComplexArray = npt.NDArray[np.complex64]

BOX = 1.25
"""Side of the box of a map over the diameter of the mask: rings are 1 / (box) apart."""

DAMPING = 0.3
"""Of a shell's mean weight, added to each weight: less sure voxels are held back (Wiener)."""

_MASK_RADIUS = 1.05
_MASK_EDGE = 0.12
"""Of the soft sphere, in radii of the mask."""


class FourierMap:
    """The grid of maps that hold so many rings.

    The transform is on a grid padded twice, in which ring j lies at 2 (j + 1) lines.

    Parameters
    ----------
    n_rings : int
        J.
    """

    STEP = 2.0

    def __init__(self, n_rings: int) -> None:
        self.n_rings = n_rings
        self.side = 2 * (n_rings + 2)
        self.padded = 2 * self.side
        x = np.arange(self.side) - self.side // 2
        distance = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2)
        radius = self.side / (2 * BOX)
        edge = (_MASK_RADIUS * radius - distance) / (_MASK_EDGE * radius) + 0.5
        self._mask = np.clip(edge, 0, 1).astype(np.float32)
        # Trilinear interpolation in Fourier space multiplies the map by this.
        sinc = np.sinc(x / self.padded) ** 2
        self._interpolation = (sinc[:, None, None] * sinc[:, None] * sinc).astype(np.float32)
        q = np.fft.fftfreq(self.padded, 1 / self.padded)
        half = np.arange(self.padded // 2 + 1)
        shell = np.sqrt(q[:, None, None] ** 2 + q[:, None] ** 2 + half**2)
        self._shell = np.round(shell).astype(np.int64).ravel()
        self._inside = self._shell <= 2 * n_rings + 1
        # Every voxel with x > 0 stands for two.
        twice = np.full(half.shape, 2.0)
        twice[0] = 1.0
        self._twice = np.broadcast_to(twice, shell.shape).ravel()
        self._in_shell = np.bincount(self._shell, self._twice)

    def from_sums(
        self, total: ComplexArray, weight: FloatArray, damping: float = DAMPING
    ) -> FloatArray:
        """The map of sums that `insert_slices` made, float32 (side, side, side)."""
        from scipy import fft

        flat = weight.ravel()
        mean = np.bincount(self._shell, flat * self._twice) / self._in_shell
        floor = (damping * mean + 1e-9).astype(np.float32)
        spectrum = np.where(self._inside, total.ravel() / (flat + floor[self._shell]), 0)
        padded = fft.irfftn(spectrum.reshape(total.shape), (self.padded,) * 3)
        return self._cropped(padded) / self._interpolation * self._mask

    def sums(self) -> tuple[ComplexArray, FloatArray]:
        """Empty sums for `insert_slices`."""
        shape = (self.padded, self.padded, self.padded // 2 + 1)
        return np.zeros(shape, dtype=np.complex64), np.zeros(shape, dtype=np.float32)

    def spectrum(self, volume: FloatArray) -> ComplexArray:
        """What `sample_slices` reads."""
        from scipy import fft

        padded = np.zeros((self.padded,) * 3, dtype=np.float32)
        half = self.side // 2
        value = volume / self._interpolation
        for z in (0, 1):
            for y in (0, 1):
                for x in (0, 1):
                    # The centre goes to the corner, so that the transform is about it.
                    source = tuple(slice(half, None) if n else slice(None, half) for n in (z, y, x))
                    place = tuple(slice(None, half) if n else slice(-half, None) for n in (z, y, x))
                    padded[place] = value[source]
        spectrum: ComplexArray = fft.rfftn(padded)
        return spectrum

    def regridded(self, volume: FloatArray) -> FloatArray:
        """A map of another number of rings on this grid, by cropping or padding its transform."""
        if len(volume) == self.side:
            return volume
        from scipy import fft

        spectrum = fft.fftshift(fft.fftn(fft.ifftshift(volume)))
        common = min(len(volume), self.side)
        out = np.zeros((self.side,) * 3, dtype=spectrum.dtype)
        take = slice((len(volume) - common) // 2, (len(volume) + common) // 2)
        put = slice((self.side - common) // 2, (self.side + common) // 2)
        out[put, put, put] = spectrum[take, take, take]
        value = fft.fftshift(fft.ifftn(fft.ifftshift(out))).real
        # One scale of grey for all grids.
        return (value * (self.side / len(volume)) ** 3).astype(np.float32)

    def _cropped(self, padded: FloatArray) -> FloatArray:
        half = self.side // 2
        rows = np.r_[-half:0, 0:half]
        return padded[np.ix_(rows, rows, rows)]


def hemisphere(n: int) -> tuple[DoubleArray, DoubleArray]:
    """Directions evenly spread over the upper half of the sphere (Fibonacci), and their frames.

    Returns
    -------
    float64 (n, 3), float64 (n, 3, 3)
        Rows of a frame: two axes of the image plane, and the direction.
    """
    index = np.arange(n) + 0.5
    z = 1 - index / n
    turn = np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - z * z)
    direction = np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)
    first = np.stack([z * np.cos(turn), z * np.sin(turn), -ring], axis=1)
    return direction, np.stack([first, np.cross(direction, first), direction], axis=1)
