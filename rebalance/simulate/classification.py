"""A 2D classification of known views: class averages, particles, and the truth behind both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import OptionError
from rebalance.model import (
    UNASSIGNED,
    BoolArray,
    ClassAverages,
    DoubleArray,
    FloatArray,
    IntArray,
)
from rebalance.options import Options, option, parse_options
from rebalance.simulate import imaging, views
from rebalance.simulate.phantom import Blobs, phantom
from rebalance.simulate.projection import in_plane, project

VIEW, EMPTY, NOISE, JUNK = "view", "empty", "noise", "junk"

_MEMBERS_AVERAGED = 20
_CAP_WIDTH = 20.0


class SimulationOptions(Options):
    """What to simulate. Averages of all kinds together are ``n_averages``."""

    n_averages: int = option(80, "Class averages in all, empties included.", ge=1)
    n_particles: int = option(20_000, "Particles in all.", ge=1)
    n_views: int = option(12, "Distinct views, mirror images counted once.", ge=1)
    seed: int = option(0, "Same seed, same data.", ge=0)
    box: int = option(64, "Side of an image.", unit="pixels", ge=8, le=1024)
    pixel_size: float = option(4.0, "Sampling.", unit="Å", gt=0)
    preferred_share: float = option(
        0.75, "Share of the particles in preferred views; the rest is uniform.", ge=0, le=1
    )
    n_preferred: int = option(2, "Preferred views.", ge=0)
    mirror_share: float = option(
        0.35, "Share of the averages that show their view from the opposite side.", ge=0, le=1
    )
    continuous: bool = option(
        False,
        "Draw the direction of each average anew instead of near one of the views; its true "
        "superclass is then the nearest view.",
    )
    class_spread: float = option(
        4.0, "Angle of an average from its view.", unit="degrees", ge=0, le=60
    )
    particle_spread: float = option(
        6.0, "Angle of a particle from its average; blurs the average.", unit="degrees", ge=0, le=60
    )
    psi_error: float = option(2.0, "Error of in-plane alignment.", unit="degrees", ge=0)
    shift_error: float = option(0.4, "Error of alignment along x and y.", unit="pixels", ge=0)
    max_shift: float = option(1.5, "Largest shift of an average along x or y.", unit="px", ge=0)
    snr: float = option(0.05, "Signal-to-noise ratio of a particle.", gt=0)
    ctf: bool = option(True, "Apply and correct a contrast transfer function.")
    mask_diameter: float | None = option(
        None, "Soft mask on the averages; auto: just wider than the molecule.", unit="Å", gt=0
    )
    n_empty: int = option(5, "All-zero averages without particles.", ge=0)
    n_noise: int = option(1, "Averages of noise without particles.", ge=0)
    n_junk: int = option(2, "Averages of particles whose views are mixed.", ge=0)
    particle_images: bool = option(False, "Make the noisy particle images too.")


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
    plan = _plan(options, rng)
    particles = _Particles.draw(plan, options, rng)
    return _pictures(molecule, plan, particles, options, rng)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What each of the N averages is to show, in order of class number."""

    kind: npt.NDArray[np.str_]
    view: DoubleArray
    superclass: IntArray
    mirrored: BoolArray
    axes: DoubleArray
    turn: DoubleArray
    shift: DoubleArray
    share: DoubleArray


def _plan(options: SimulationOptions, rng: np.random.Generator) -> _Plan:
    n, aside = options.n_averages, options.n_empty + options.n_noise + options.n_junk
    n_shown = n - aside
    if n_shown < (1 if options.continuous else options.n_views):
        raise OptionError(
            f"n_averages = {n} leaves {n_shown} averages for {options.n_views} views, after "
            f"{options.n_empty} empty, {options.n_noise} noise and {options.n_junk} junk averages.",
            cure="Ask for more averages or fewer views.",
        )
    axes = views.spread_axes(options.n_views, rng)
    preferred = axes[rng.permutation(options.n_views)[: options.n_preferred]]
    weight = views.popularity(axes, preferred, options.preferred_share, _CAP_WIDTH)
    if options.continuous:
        near = _draw_continuous(n_shown, preferred, options.preferred_share, rng)
        share = np.ones(n_shown)
    else:
        # A crowded view is split over more averages, but not in proportion: they are larger too.
        axis, per_axis = _apportion(weight**0.6, n_shown)
        near, share = axes[axis], (weight / per_axis)[axis]
    view = views.around(near, options.class_spread, rng)
    superclass = views.nearest_axis(view, axes)
    view[rng.random(n_shown) < options.mirror_share] *= -1
    mirrored = np.einsum("ij,ij->i", view, axes[superclass]) < 0
    share = share * rng.lognormal(0, 0.4, n_shown)

    place = rng.permutation(n)
    shown, junk = place[:n_shown], place[n_shown : n_shown + options.n_junk]
    kind = np.full(n, EMPTY, dtype="U5")
    kind[shown] = VIEW
    kind[junk] = JUNK
    kind[place[n - options.n_noise :]] = NOISE
    return _Plan(
        kind,
        _scatter(view, shown, n, np.nan),
        _scatter(superclass, shown, n, UNASSIGNED),
        _scatter(mirrored, shown, n, False),
        axes,
        rng.uniform(-180, 180, n),
        rng.uniform(-options.max_shift, options.max_shift, (n, 2)),
        _scatter(share / share.sum(), shown, n, 0.0) + 0.5 / n_shown * (kind == JUNK),
    )


def _draw_continuous(
    n: int, preferred: DoubleArray, share: float, rng: np.random.Generator
) -> DoubleArray:
    direction = views.uniform(n, rng)
    if len(preferred):
        crowded = rng.random(n) < share
        cap = rng.choice(len(preferred), crowded.sum(), p=views.cap_shares(len(preferred)))
        direction[crowded] = views.around(preferred[cap], np.sqrt(2) * _CAP_WIDTH, rng)
    return direction


def _apportion(weight: DoubleArray, n: int) -> tuple[IntArray, IntArray]:
    """Axis of each of n averages, and averages per axis: one at least, the rest by weight."""
    quota = (n - len(weight)) * weight / weight.sum()
    count = 1 + np.floor(quota).astype(np.int64)
    left = n - int(count.sum())
    count[np.argsort(-(quota % 1), kind="stable")[:left]] += 1
    return np.repeat(np.arange(len(weight)), count), count


def _scatter(values: npt.NDArray[Any], place: IntArray, n: int, fill: Any) -> npt.NDArray[Any]:
    full = np.full((n, *values.shape[1:]), fill, dtype=values.dtype)
    full[place] = values
    return full


@dataclass(frozen=True, eq=False)
class _Particles:
    """Class (0-based) and true pose of every particle, in the frame of its class average."""

    class_index: IntArray
    frame: DoubleArray
    psi: DoubleArray
    move: DoubleArray
    defocus: DoubleArray
    score: DoubleArray
    members: list[IntArray]

    @classmethod
    def draw(cls, plan: _Plan, options: SimulationOptions, rng: np.random.Generator) -> _Particles:
        n_particles = options.n_particles
        occupied = np.flatnonzero(plan.share)
        if n_particles < len(occupied):
            raise OptionError(
                f"n_particles = {n_particles} is too few for {len(occupied)} class averages that "
                "have particles.",
                cure="Ask for more particles or fewer averages.",
            )
        share = plan.share[occupied] / plan.share.sum()
        size = 1 + rng.multinomial(n_particles - len(occupied), share)
        class_index = rng.permutation(np.repeat(occupied, size)).astype(np.int64)
        order = np.argsort(class_index, kind="stable")
        members = np.split(order, np.cumsum(np.bincount(class_index, minlength=len(plan.kind))))
        frame = np.empty((n_particles, 3, 3))
        score = rng.beta(8, 1, n_particles)
        for number in occupied:
            who = members[number]
            if plan.kind[number] == JUNK:
                turn = in_plane(rng.uniform(-180, 180, len(who)))
                frame[who] = turn @ views.view_frames(views.uniform(len(who), rng))
                score[who] *= 0.6
                continue
            middle = plan.view[number]
            direction = views.around(
                np.repeat(middle[None], len(who), axis=0), options.particle_spread, rng
            )
            base = in_plane(plan.turn[number]) @ views.view_frames(middle[None])
            frame[who] = views.carried(base[0], direction)
            angle = np.arccos(np.clip(direction @ middle, -1, 1))
            score[who] *= np.exp(-0.25 * (angle / np.deg2rad(max(options.particle_spread, 1))) ** 2)
        return cls(
            class_index,
            frame,
            rng.uniform(-180, 180, n_particles),
            rng.normal(0, 2, (n_particles, 2)),
            rng.uniform(8_000, 24_000, n_particles),
            np.clip(score, 0.01, 1),
            members,
        )


def _pictures(
    molecule: Blobs,
    plan: _Plan,
    particles: _Particles,
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
    coarse = np.exp(-((2.5 * pixel_size * optics.frequency(box)) ** 2))
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
        clear = project(
            molecule, true_rotation, box, pixel_size, shifts=carried_shift + particles.move
        )
        transfer = envelope * optics.transfer(optics.frequency(box), particles.defocus)
        noise = rng.standard_normal(clear.shape)
        stack = (scale * imaging.filtered(clear, transfer) + noise).astype(np.float32)
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
