"""A 3D refinement of simulated particles: poses with errors, and half maps as those would give.

Half maps are made in Fourier space, voxel by voxel, as a reconstruction by direct inversion makes
them [1]_: W slices pass a voxel, W′ of them of real particles, and there the map is
(W′ F + √W n) / (W + 1 / τ), with n the noise of a particle image. So crowded views leave some
voxels without signal, and junk adds noise alone.

References
----------
.. [1] S. H. W. Scheres, "RELION: implementation of a Bayesian approach to cryo-EM structure
   determination", J. Struct. Biol. 180 (2012) 519, doi:10.1016/j.jsb.2012.09.006, equation 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray
from rebalance.simulate import viewing_directions
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.volume import volume_of

_MOST_SLICES = 4_000
"""Largest number of particles per half that are placed; if there are more, these count for all."""
_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class SimulatedRefinement:
    """What a 3D refinement would say of simulated particles.

    Parameters
    ----------
    euler : float64 (P, 3)
        rot, tilt, psi in degrees (RELION's), as refined: off the truth by errors, and anything for
        particles that show no molecule.
    rotation : float64 (P, 3, 3)
        The same as matrices.
    place : float64 (P, 2)
        (x, y) of the origin in each image, pixels from pixel (L/2, L/2).
    half : int64 (P,)
        1 or 2.
    score : float64 (P,)
        In (0, 1]; higher the better.
    half_maps : tuple of float32 (L, L, L)
        Axes z, y, x.
    symmetry : str
    """

    euler: DoubleArray
    rotation: DoubleArray
    place: DoubleArray
    half: IntArray
    score: DoubleArray
    half_maps: tuple[FloatArray, FloatArray]
    symmetry: str


def simulate_refinement(
    simulated: SimulatedClassification, *, pose_error: float = 2.0
) -> SimulatedRefinement:
    """Refine simulated particles, as far as poses and half maps go.

    Parameters
    ----------
    simulated : SimulatedClassification
    pose_error : float
        Standard deviation of the error of the view and of psi, degrees.

    Raises
    ------
    OptionError
        If the molecule doesn't fit in the box.
    """
    n = len(simulated.particle_class)
    rng = np.random.default_rng([simulated.options.seed, 21])
    shows_it = np.asarray(np.isfinite(simulated.particle_euler).all(axis=1))
    rotation = np.empty((n, 3, 3))
    anywhere = viewing_directions.view_frames(viewing_directions.uniform(n, rng))
    rotation[~shows_it] = anywhere[~shows_it]
    true = _rotation_of(simulated.particle_euler[shows_it])
    rotation[shows_it] = _with_errors(true, pose_error, rng)
    half = 1 + rng.permutation(np.arange(n) % 2)
    density = _in_box(simulated)
    maps = [
        _half_map(simulated, density, rotation, shows_it, np.asarray(half == number), rng)
        for number in (1, 2)
    ]
    return SimulatedRefinement(
        viewing_directions.euler_angles(rotation),
        rotation,
        simulated.particle_place + rng.normal(0, simulated.options.shift_error, (n, 2)),
        half.astype(np.int64),
        np.where(shows_it, simulated.particle_score, 0.6 * simulated.particle_score),
        (maps[0], maps[1]),
        simulated.symmetry,
    )


def _rotation_of(euler: DoubleArray) -> DoubleArray:
    from scipy.spatial.transform import Rotation

    # RELION's A is the transpose of Rz(rot) · Ry(tilt) · Rz(psi) as SciPy turns vectors.
    active = Rotation.from_euler("ZYZ", euler, degrees=True).as_matrix()
    return np.swapaxes(active, -1, -2)


def _with_errors(rotation: DoubleArray, degrees: float, rng: np.random.Generator) -> DoubleArray:
    from scipy.spatial.transform import Rotation

    error = Rotation.from_rotvec(rng.normal(0, np.deg2rad(degrees), (len(rotation), 3)))
    turned: DoubleArray = error.as_matrix() @ rotation
    return turned


def _in_box(simulated: SimulatedClassification) -> FloatArray:
    """The density on a grid of the box and pixel size of the particles, axes z, y, x."""
    molecule, box = simulated.molecule, simulated.class_averages.box
    pixel_size = simulated.optics.pixel_size
    volume = molecule.density
    if isinstance(volume, Blobs):
        volume = volume_of(volume, pixel_size)
    density = volume.density
    if abs(volume.voxel_size / pixel_size - 1) > 1e-3:
        from scipy.ndimage import zoom

        density = zoom(density, volume.voxel_size / pixel_size, order=1)
    side = len(density)
    if side <= box:
        before = box // 2 - side // 2
        return np.pad(density, [(before, box - side - before)] * 3).astype(np.float32)
    cut = side // 2 - box // 2
    inside = density[cut : cut + box, cut : cut + box, cut : cut + box]
    if np.abs(inside).sum() < 0.98 * np.abs(density).sum():
        raise OptionError(
            f"The molecule does not fit in {box} voxels of {pixel_size:g} Å.",
            hint="Use a larger `box`.",
        )
    return np.ascontiguousarray(inside, dtype=np.float32)


def _half_map(
    simulated: SimulatedClassification,
    density: FloatArray,
    rotation: DoubleArray,
    shows_it: BoolArray,
    in_half: BoolArray,
    rng: np.random.Generator,
) -> FloatArray:
    box = len(density)
    transform = np.fft.fftshift(np.fft.fftn(np.fft.ifftshift(density)))
    rows = rng.permutation(np.flatnonzero(in_half))[:_MOST_SLICES]
    each = np.count_nonzero(in_half) / max(len(rows), 1)
    real = shows_it[rows]
    passed = each * slices_through(box, rotation[rows[real]], simulated.operators)
    junk = each * slices_through(box, rotation[rows[~real]], simulated.operators)
    weight = passed + junk
    # Of the power that a slice has within the band, the noise of an image is 1 / SNR.
    power = np.abs(transform) ** 2
    shell = _shells(box)
    inside = shell <= box // 2
    of_slice = _radial_mean(power, shell)
    rings = np.arange(len(of_slice))
    mean_power = float((of_slice * rings).sum() / rings.sum())
    noise = mean_power / simulated.options.snr
    tau = np.maximum(of_slice / noise, 1e-12)[shell]
    grain = (rng.normal(size=power.shape) + 1j * rng.normal(size=power.shape)) * np.sqrt(noise / 2)
    filled = (passed * transform + np.sqrt(weight) * grain) / (weight + 1 / tau)
    filled[~inside] = 0
    found = np.fft.fftshift(np.fft.ifftn(np.fft.ifftshift(filled))).real
    return found.astype(np.float32)


def slices_through(box: int, rotation: DoubleArray, operators: DoubleArray) -> FloatArray:
    """How many central slices pass each voxel of Fourier space.

    Parameters
    ----------
    box : int
    rotation : float64 (n, 3, 3)
        From map to image, acting on (x, y, z).
    operators : float64 (G, 3, 3)
        Of the point group: each slice is laid G times.

    Returns
    -------
    float32 (box, box, box)
        Axes z, y, x, the origin at box // 2. Every point of a slice's grid goes to the nearest
        voxel.
    """
    middle = box // 2
    line = np.arange(box) - middle
    x, y = np.meshgrid(line, line)
    inside = x**2 + y**2 <= middle**2
    points = np.stack([x[inside], y[inside]], axis=1).astype(np.float64)
    count = np.zeros(box**3)
    for operator in operators:
        # A point of the slice is a mixture of the first two rows of A.
        rows = rotation[:, :2] @ operator
        for start in range(0, len(rows), _AT_ONCE):
            at = np.rint(points @ rows[start : start + _AT_ONCE]).astype(np.int64) + middle
            at = at.reshape(-1, 3)
            at = at[((at >= 0) & (at < box)).all(axis=1)]
            place = (at[:, 2] * box + at[:, 1]) * box + at[:, 0]
            count += np.bincount(place, minlength=box**3)
    return count.reshape(box, box, box).astype(np.float32)


def _shells(box: int) -> IntArray:
    line = np.arange(box) - box // 2
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    return np.rint(np.sqrt(x**2 + y**2 + z**2)).astype(np.int64)


def _radial_mean(power: DoubleArray, shell: IntArray) -> DoubleArray:
    total = np.bincount(shell.reshape(-1), power.reshape(-1))
    return np.asarray(total / np.bincount(shell.reshape(-1)), dtype=np.float64)
