"""A 2D classification of known views: class averages, particles, and the truth behind both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import BoolArray, ClassAverages, DoubleArray, FloatArray, IntArray
from rebalance.point_groups import operations_of
from rebalance.simulate import image_formation, viewing_directions
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.image_simulator import ImageSimulator
from rebalance.simulate.molecule import MODEL, PHANTOM, Molecule, load_molecule
from rebalance.simulate.particle_poses import PlannedParticles
from rebalance.simulate.poses import plan_averages
from rebalance.simulate.projection import in_plane
from rebalance.simulate.simulation_options import SimulationOptions, parse_simulation


@dataclass(frozen=True, eq=False)
class SimulatedClassification:
    """Class averages and particles with the truth next to them.

    Parameters
    ----------
    class_averages : ClassAverages
        N averages with class numbers 1 … N, particle counts and resolutions.
    kind : str (N,)
        ``view``, ``empty``, ``noise`` (no particles) or ``junk`` (particles without a view).
    junk_kind : str (N,)
        ``mixed`` (views mixed), ``noise``, ``edge``, ``double`` or ``ice``; or a kind that
        ``junk_share`` draws, see `rebalance.simulate.simulation_options`. Empty for views.
    view : float64 (N, 3)
        True direction of view, a unit vector; NaN unless the kind is ``view``.
    superclass : int64 (N,)
        Number of the true view, −1 unless the kind is ``view``. An average, its mirror image and
        their equals under the point group have the same.
    mirrored : bool (N,)
        The view is seen from the opposite side.
    mirror_of : int64 (N,)
        Class number of the average that shows exactly the opposite side; 0 for none.
    n_neighbours : int64 (N,)
        Other particles in the box.
    hazy : bool (N,)
        The view has haze next to it.
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
        True direction of view; NaN, as the angles, where no single molecule is shown.
    particle_place : float64 (P, 2)
        True (x, y) of the particle's origin in its image, pixels from pixel (L/2, L/2).
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
        With the pixel size that was chosen, if none was given.
    molecule : Molecule
        What was projected, with its point group.
    particle_images : float32 (P, L, L), optional
        White particles on noise of standard deviation 1.
    """

    class_averages: ClassAverages
    kind: npt.NDArray[np.str_]
    junk_kind: npt.NDArray[np.str_]
    view: DoubleArray
    superclass: IntArray
    mirrored: BoolArray
    mirror_of: IntArray
    n_neighbours: IntArray
    hazy: BoolArray
    axes: DoubleArray
    popularity: DoubleArray
    in_plane: DoubleArray
    shift: DoubleArray
    ssnr: DoubleArray
    particle_class: IntArray
    particle_euler: DoubleArray
    particle_view: DoubleArray
    particle_place: DoubleArray
    particle_psi: DoubleArray
    particle_shift: DoubleArray
    particle_score: DoubleArray
    particle_defocus: DoubleArray
    micrograph: IntArray
    optics: image_formation.Optics
    options: SimulationOptions
    molecule: Molecule
    particle_images: FloatArray | None = None

    @property
    def symmetry(self) -> str:
        """Point group of the molecule."""
        return self.molecule.symmetry

    @property
    def operators(self) -> DoubleArray:
        """float64 (G, 3, 3): views v and g·v show the same picture; the identity first."""
        return self.molecule.operators

    @property
    def particle_superclass(self) -> IntArray:
        """int64 (P,): true superclass of each particle's class; −1 in junk."""
        return self.superclass[self.particle_class - 1]


def simulate_class_averages(
    options: SimulationOptions | Mapping[str, Any] | None = None,
    *,
    molecule: Molecule | Blobs | None = None,
) -> SimulatedClassification:
    """Simulate a finished 2D classification: arrays, without any file.

    Parameters
    ----------
    options : SimulationOptions or mapping, optional
        A mapping is validated.
    molecule : Molecule or Blobs, optional
        What `load_molecule` gave, to simulate from it again without loading; or blobs of one's
        own, without symmetry. By default what the options name.

    Raises
    ------
    InputError
        If the source is neither a map nor an atomic model.
    OptionError
        If an option is out of range or at odds with another, or leaves no average or particle for
        a view, or if the molecule doesn't fit in the box or lacks the symmetry.
    """
    options = parse_simulation(options)
    if molecule is None:
        molecule = load_molecule(options)
    elif isinstance(molecule, Blobs):
        molecule = Molecule(
            molecule, options.pixel_size or 4.0, "C1", operations_of("C1"), kind=PHANTOM
        )
    pixel_size = options.pixel_size or molecule.pixel_size
    options = options.model_copy(update={"pixel_size": pixel_size, "symmetry": molecule.symmetry})
    rng = np.random.default_rng(options.seed)
    plan = plan_averages(options, molecule.operators, rng)
    particles = PlannedParticles.draw(plan, options, rng)
    solvent = options.solvent if molecule.kind == MODEL else 0.0
    optics = image_formation.Optics(
        pixel_size, b_factor=options.b_factor, ctf=options.ctf, solvent=solvent
    )
    simulator = ImageSimulator.of(molecule.density, plan, particles, options, optics)
    n, n_particles = options.n_averages, options.n_particles
    images, ssnr, count = simulator.averages(rng)
    motion = in_plane(particles.psi)
    carried_shift = np.einsum("pij,pj->pi", motion[:, :2, :2], plan.shift[particles.class_index])
    place = carried_shift + particles.move
    rotation = motion @ particles.frame
    stack = simulator.particle_images(rotation, place, rng) if options.particle_images else None
    return SimulatedClassification(
        class_averages=ClassAverages(
            images,
            np.arange(1, n + 1),
            pixel_size,
            count,
            np.array([image_formation.resolution(row, options.box, pixel_size) for row in ssnr]),
            simulator.diameter,
        ),
        kind=plan.kind,
        junk_kind=plan.junk_kind,
        view=plan.view,
        superclass=plan.superclass,
        mirrored=plan.mirrored,
        mirror_of=plan.mirror_of,
        n_neighbours=plan.n_neighbours,
        hazy=plan.hazy,
        axes=plan.axes,
        popularity=plan.popularity,
        in_plane=plan.turn,
        shift=plan.shift,
        ssnr=ssnr,
        particle_class=particles.class_index + 1,
        particle_euler=viewing_directions.euler_angles(rotation),
        particle_view=rotation[:, 2],
        particle_place=place,
        particle_psi=_wrapped(particles.psi + rng.normal(0, options.psi_error, n_particles)),
        particle_shift=particles.move + rng.normal(0, options.shift_error, (n_particles, 2)),
        particle_score=particles.score,
        particle_defocus=particles.defocus,
        micrograph=np.arange(n_particles) * max(1, n_particles // 200) // n_particles,
        optics=optics,
        options=options,
        molecule=molecule,
        particle_images=stack,
    )


def _wrapped(degrees: DoubleArray) -> DoubleArray:
    return (degrees + 180) % 360 - 180
