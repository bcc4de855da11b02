"""A 2D classification of known views: class averages, particles, and the truth behind both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import BoolArray, ClassAverages, DoubleArray, FloatArray, IntArray
from rebalance.options import parse_options
from rebalance.simulate import imaging, views
from rebalance.simulate.phantom import Blobs, phantom
from rebalance.simulate.plan import Particles, Plan, plan_averages
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.settings import NOISE, VIEW, SimulationOptions

_MEMBERS_AVERAGED = 20
_IMAGES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class SimulatedClassification:
    """Class averages and particles with the truth beside them.

    Parameters
    ----------
    class_averages : ClassAverages
        N averages with class numbers 1 … N, particle counts and resolutions.
    kind : str (N,)
        ``view``, ``empty``, ``noise`` (no particles) or ``junk`` (views mixed).
    view : float64 (N, 3)
        True direction of view, a unit vector; NaN unless the kind is ``view``.
    superclass : int64 (N,)
        Number of the true view, −1 unless the kind is ``view``. An average and its mirror image
        have the same.
    mirrored : bool (N,)
        The view is seen from the opposite side.
    axes : float64 (V, 3)
        Directions of the distinct views.
    popularity : float64 (V,)
        Share of the particles, junk aside, that each view was to have; sums to 1.
    in_plane : float64 (N,), shift : float64 (N, 2)
        Degrees and (x, y) pixels by which the picture of the view is turned and moved.
    ssnr : float64 (N, L//2 + 1)
        Spectral signal-to-noise ratio of each average.
    particle_class : int64 (P,)
        Class number of each particle.
    particle_euler : float64 (P, 3)
        True rot, tilt, psi in degrees (RELION's convention).
    particle_view : float64 (P, 3)
        True direction of view.
    particle_psi : float64 (P,), particle_shift : float64 (P, 2)
        Degrees and (x, y) pixels of the motion that lays the class average onto the particle, as
        the classification estimated it.
    particle_score : float64 (P,)
        In (0, 1]; higher the nearer the particle's view is to its average's.
    particle_defocus : float64 (P,)
        Å.
    micrograph : int64 (P,)
        0, 1, …
    optics : Optics
    options : SimulationOptions
    particle_images : float32 (P, L, L), optional
        White particles on noise of standard deviation 1.
    """

    class_averages: ClassAverages
    kind: npt.NDArray[np.str_]
    view: DoubleArray
    superclass: IntArray
    mirrored: BoolArray
    axes: DoubleArray
    popularity: DoubleArray
    in_plane: DoubleArray
    shift: DoubleArray
    ssnr: DoubleArray
    particle_class: IntArray
    particle_euler: DoubleArray
    particle_view: DoubleArray
    particle_psi: DoubleArray
    particle_shift: DoubleArray
    particle_score: DoubleArray
    particle_defocus: DoubleArray
    micrograph: IntArray
    optics: imaging.Optics
    options: SimulationOptions
    particle_images: FloatArray | None = None

    @property
    def particle_superclass(self) -> IntArray:
        """int64 (P,): true superclass of each particle's class; −1 in junk."""
        return self.superclass[self.particle_class - 1]


def simulate_class_averages(
    options: SimulationOptions | Mapping[str, Any] | None = None, *, blobs: Blobs | None = None
) -> SimulatedClassification:
    """Simulate a finished 2D classification.

    Parameters
    ----------
    options : SimulationOptions or mapping, optional
        A mapping is validated.
    blobs : Blobs, optional
        The molecule; `phantom` by default.

    Raises
    ------
    OptionError
        If an option is out of range, or leaves no average or particle for a view.
    """
    if not isinstance(options, SimulationOptions):
        options = parse_options(
            SimulationOptions, options or {}, owner="simulation", prefix="simulate"
        )
    molecule = phantom() if blobs is None else blobs
    rng = np.random.default_rng(options.seed)
    plan = plan_averages(options, rng)
    particles = Particles.draw(plan, options, rng)
    return _pictures(molecule, plan, particles, options, rng)


def _pictures(
    molecule: Blobs,
    plan: Plan,
    particles: Particles,
    options: SimulationOptions,
    rng: np.random.Generator,
) -> SimulatedClassification:
    n, box, pixel_size = options.n_averages, options.box, options.pixel_size
    optics = imaging.Optics(pixel_size, ctf=options.ctf)
    diameter = options.mask_diameter or min(
        10.0 * math.ceil(1.05 * molecule.diameter / 10), box * pixel_size
    )
    envelope = optics.envelope(optics.frequency(box))
    count = np.bincount(particles.class_index, minlength=n)

    signal = np.zeros((n, box, box))
    for number in np.flatnonzero(count):
        who = particles.members[number][:_MEMBERS_AVERAGED]
        error = in_plane(rng.normal(0, options.psi_error, len(who)))
        moved = plan.shift[number] + rng.normal(0, options.shift_error, (len(who), 2))
        clear = project(molecule, error @ particles.frame[who], box, pixel_size, shifts=moved)
        signal[number] = imaging.filtered(clear.mean(axis=0)[None], envelope)[0]
    scale = _scale(molecule, options, envelope, diameter)
    signal *= scale

    radial = np.arange(box // 2 + 1) / (box * pixel_size)
    sample = rng.choice(particles.defocus, min(64, options.n_particles), replace=False)
    ctf_squared = (optics.transfer(radial, sample) ** 2).mean(axis=0)
    power = imaging.radial_power(signal[plan.kind == VIEW])
    mask = imaging.soft_disc(box, diameter / pixel_size)
    coarse = np.exp(-((5 * pixel_size * optics.frequency(box)) ** 2))
    images = np.zeros((n, box, box), dtype=np.float32)
    ssnr = np.zeros((n, box // 2 + 1))
    for row in range(n):
        if size := int(count[row]):
            average = imaging.wiener_average(signal[row], size, ctf_squared, power, rng)
            ssnr[row] = imaging.spectral_snr(size, ctf_squared, power)
            images[row] = mask * average
        elif plan.kind[row] == NOISE:
            grain = imaging.filtered(rng.standard_normal((1, box, box)), coarse)[0]
            images[row] = mask * grain / grain.std()

    motion = in_plane(particles.psi)
    carried_shift = np.einsum("pij,pj->pi", motion[:, :2, :2], plan.shift[particles.class_index])
    true_rotation = motion @ particles.frame
    stack = None
    if options.particle_images:
        stack = np.empty((options.n_particles, box, box), dtype=np.float32)
        for start in range(0, options.n_particles, _IMAGES_AT_ONCE):
            part = slice(start, start + _IMAGES_AT_ONCE)
            moved = carried_shift[part] + particles.move[part]
            clear = project(molecule, true_rotation[part], box, pixel_size, shifts=moved)
            transfer = optics.transfer(optics.frequency(box), particles.defocus[part])
            noise = rng.standard_normal(clear.shape)
            stack[part] = scale * imaging.filtered(clear, envelope * transfer) + noise
    return SimulatedClassification(
        class_averages=ClassAverages(
            images,
            np.arange(1, n + 1),
            pixel_size,
            count.astype(np.int64),
            np.array([imaging.resolution(row, box, pixel_size) for row in ssnr]),
            diameter,
        ),
        kind=plan.kind,
        view=plan.view,
        superclass=plan.superclass,
        mirrored=plan.mirrored,
        axes=plan.axes,
        popularity=plan.popularity,
        in_plane=plan.turn,
        shift=plan.shift,
        ssnr=ssnr,
        particle_class=particles.class_index + 1,
        particle_euler=views.euler_angles(true_rotation),
        particle_view=true_rotation[:, 2],
        particle_psi=_wrapped(
            particles.psi + rng.normal(0, options.psi_error, options.n_particles)
        ),
        particle_shift=particles.move
        + rng.normal(0, options.shift_error, (options.n_particles, 2)),
        particle_score=particles.score,
        particle_defocus=particles.defocus,
        micrograph=np.arange(options.n_particles)
        * max(1, options.n_particles // 200)
        // options.n_particles,
        optics=optics,
        options=options,
        particle_images=stack,
    )


def _scale(
    molecule: Blobs, options: SimulationOptions, envelope: DoubleArray, diameter: float
) -> float:
    """Brings projections to the wanted signal variance inside the mask, where noise has 1."""
    rotations = views.view_frames(views.spread_axes(16, np.random.default_rng(0)))
    clear = project(molecule, rotations, options.box, options.pixel_size)
    inside = imaging.soft_disc(options.box, diameter / options.pixel_size, 1.0) > 0.5
    variance = imaging.filtered(clear, envelope)[:, inside].var(axis=1).mean()
    return float(np.sqrt(options.snr / variance))


def _wrapped(degrees: DoubleArray) -> DoubleArray:
    return (degrees + 180) % 360 - 180
