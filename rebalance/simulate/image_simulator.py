"""The images of a simulation: class averages and particles, from what was planned for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rebalance.model import DoubleArray, FloatArray, IntArray, Transform
from rebalance.simulate import image_formation, viewing_directions
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.junk_images import NO_PARTICLES, JunkImages, neighbours
from rebalance.simulate.particle_poses import PlannedParticles
from rebalance.simulate.poses import PlannedAverages
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.simulation_options import JUNK, MERGED, NOISE, VIEW, SimulationOptions
from rebalance.simulate.volume import Volume

_IMAGES_AT_ONCE = 256
_DEFOCI = 64
_FIRST_RESOLUTION, _FAINT = 25.0, 1e-6
"""Å, of the averages that iterations begin with; and the power of what they leave out."""
_HALO = 1.4
"""A signal must change over more than this many molecules to be kept."""
_BIAS, _BIAS_REACH = 0.6, 0.25
"""Noise aligned to an average, ÷ noise, at radius 0; and its fall-off, in diameters."""
_LEAST = 1.3
"""Signal and bias ÷ noise at the best radius; below 1 everything would die out."""


@dataclass(frozen=True, eq=False)
class ImageSimulator:
    """Makes the images of one simulation.

    Parameters
    ----------
    molecule : Blobs or Volume
    plan : PlannedAverages
    particles : PlannedParticles
    options : SimulationOptions
    optics : image_formation.Optics
    diameter : float
        Å; of the mask.
    scale : float
        Brings projections to the wanted signal variance inside the mask, where noise has 1.
    """

    molecule: Blobs | Volume
    plan: PlannedAverages
    particles: PlannedParticles
    options: SimulationOptions
    optics: image_formation.Optics
    diameter: float
    scale: float

    @classmethod
    def of(
        cls,
        molecule: Blobs | Volume,
        plan: PlannedAverages,
        particles: PlannedParticles,
        options: SimulationOptions,
        optics: image_formation.Optics,
    ) -> ImageSimulator:
        """With the mask just wider than the molecule, unless another was asked for."""
        widest = options.box * optics.pixel_size
        diameter = options.mask_diameter or min(
            10.0 * np.ceil(1.05 * molecule.diameter / 10), widest
        )
        rotations = viewing_directions.view_frames(
            viewing_directions.spread_axes(16, np.random.default_rng(0))
        )
        clear = project(molecule, rotations, options.box, optics.pixel_size)
        inside = image_formation.soft_disc(options.box, diameter / optics.pixel_size, 1.0) > 0.5
        envelope = optics.envelope(optics.frequency(options.box))
        variance = image_formation.filtered(clear, envelope)[:, inside].var(axis=1).mean()
        scale = float(np.sqrt(options.snr / variance))
        return cls(molecule, plan, particles, options, optics, float(diameter), scale)

    @property
    def _frequency(self) -> DoubleArray:
        return self.optics.frequency(self.options.box)

    def _noise_power(self, frequency: DoubleArray) -> DoubleArray:
        options = self.options
        return image_formation.noise_power(
            frequency, self._frequency, options.noise_length, options.noise_floor
        )

    def averages(self, rng: np.random.Generator) -> tuple[FloatArray, DoubleArray, IntArray]:
        """Class averages (N, L, L), their spectral SNR (N, L//2 + 1) and particle counts (N,)."""
        options, plan, optics = self.options, self.plan, self.optics
        n, box = options.n_averages, options.box
        count = np.bincount(self.particles.class_index, minlength=n)
        signal = self._signals(count, rng)
        radial = np.arange(box // 2 + 1) / (box * optics.pixel_size)
        sample = rng.choice(self.particles.defocus, min(64, options.n_particles), replace=False)
        transfer = optics.transfer(radial, sample)
        noise = self._noise_power(radial)
        power = image_formation.radial_power(signal[plan.kind == VIEW])
        mask = image_formation.soft_disc(box, self.diameter / optics.pixel_size)
        left = self._ctf_left()
        if options.averaging == "iterated":
            signal = image_formation.filtered(signal, left)
        envelope = optics.envelope(self._frequency)
        # RELION masks particles first; what doesn't end within the image would ring at its borders.
        inside = mask if options.averaging == "iterated" else np.ones_like(mask)
        for number, (particles, field) in self.extras().items():
            for picture, kept in ((particles, envelope * left), (field, envelope)):
                if picture.any():
                    picture = (inside * picture)[None]
                    signal[number] += image_formation.filtered(picture, kept)[0]
        coarse = np.exp(-((5 * optics.pixel_size * self._frequency) ** 2))
        images = np.zeros((n, box, box), dtype=np.float32)
        ssnr = np.zeros((n, box // 2 + 1))
        limit = image_formation.low_pass(self._frequency, options.resolution_limit)
        for row in range(n):
            if size := int(count[row]):
                if options.averaging == "iterated":
                    average, ssnr[row] = self._iterated_average(row, signal[row], noise, power, rng)
                    images[row] = mask * image_formation.filtered(average[None], limit)[0]
                    continue
                if options.averaging == "wiener":
                    squared = (transfer**2).mean(axis=0) / noise
                    average = image_formation.wiener_average(signal[row], size, squared, power, rng)
                else:
                    flipped = np.abs(transfer).mean(axis=0)
                    average = image_formation.phase_flipped_average(
                        signal[row], size, flipped, noise, rng
                    )
                    squared = flipped**2 / noise
                ssnr[row] = image_formation.spectral_snr(size, squared, power)
                if options.resolution_limit is not None:
                    average = image_formation.filtered(average[None], limit)[0]
                images[row] = mask * average
            elif plan.kind[row] == NOISE:
                grain = image_formation.filtered(rng.standard_normal((1, box, box)), coarse)[0]
                images[row] = mask * grain / grain.std()
        return images, ssnr, count.astype(np.int64)

    def _iterated_average(
        self,
        row: int,
        signal: DoubleArray,
        noise: DoubleArray,
        usual_power: DoubleArray,
        rng: np.random.Generator,
    ) -> tuple[DoubleArray, DoubleArray]:
        """The average of a class by the filter of its own iterations, and its SSNR."""
        options, optics = self.options, self.optics
        who = self.particles.members[row]
        radial = np.arange(len(noise)) / (options.box * optics.pixel_size)
        transfer = optics.transfer(radial, self.particles.defocus[who[:_DEFOCI]])
        # Zeros of one or two transfer functions are not known so exactly.
        all_of_them = np.linspace(options.defocus_min, options.defocus_max, _DEFOCI)
        usual = (optics.transfer(radial, all_of_them) ** 2).mean(axis=0)
        squared = 0.6 * (transfer**2).mean(axis=0) + 0.4 * usual
        weight = len(who) * squared / noise
        own = np.random.default_rng([options.seed, 12, row])
        # Noise that is aligned to the average adds up; at coarse radii, and more in some classes.
        reach = own.uniform(0.2, 1.0) * _BIAS_REACH * self.diameter
        fall = np.exp(-((radial * reach) ** 2))
        bias = own.lognormal(np.log(_BIAS), 0.5) * fall
        power = image_formation.radial_power(signal[None])
        # An average of noise alone is what its noise was aligned to: something always stays.
        stays = (weight * power + bias)[1 : max(2, len(radial) // 2)]
        best = int(stays.argmax())
        bias += max(0.0, _LEAST - float(stays[best])) * fall / fall[1 + best]
        # Iterations begin with averages of the class itself, at a low resolution.
        first = np.maximum(usual_power, power + (1 + bias) / np.maximum(weight, 1e-12))
        first *= image_formation.low_pass(radial, _FIRST_RESOLUTION)
        gain, ssnr = image_formation.iterated_filter(
            weight, power, first + _FAINT, bias, options.n_iterations
        )
        return image_formation.iterated_average(signal, weight, gain, bias, rng), ssnr

    def _signals(self, count: IntArray, rng: np.random.Generator) -> DoubleArray:
        """Noise-free averages over particles' views, in units of the noise; (N, L, L)."""
        options, plan = self.options, self.plan
        box, pixel_size = options.box, self.optics.pixel_size
        envelope = self.optics.envelope(self._frequency)
        signal = np.zeros((options.n_averages, box, box))
        for number in np.flatnonzero(count):
            who = self.particles.members[number][: options.n_averaged]
            blur = plan.blur[number]
            error = in_plane(rng.normal(0, blur * options.psi_error, len(who)))
            moved = plan.shift[number] + rng.normal(0, blur * options.shift_error, (len(who), 2))
            if plan.junk_kind[number] == MERGED:
                shown = np.isfinite(self.particles.frame[who, 0, 0])
                who, error, moved = who[shown], error[shown], moved[shown]
            if not len(who) or not np.isfinite(self.particles.frame[who[0]]).all():
                continue
            frames = error @ self.particles.frame[who]
            clear = project(self.molecule, frames, box, pixel_size, shifts=moved)
            signal[number] = image_formation.filtered(clear.mean(axis=0)[None], envelope)[0]
        signal *= self.scale
        return signal

    def _ctf_left(self) -> DoubleArray:
        """What averages of particles keep of the signal, at most 1; float64 (L, L//2 + 1)."""
        options = self.options
        if options.averaging != "iterated":
            return np.ones_like(self._frequency)
        # Normalized particles have no mean; what goes with it leaves a dark halo.
        halo = 1 - np.exp(-((_HALO * self.molecule.diameter * self._frequency) ** 2))
        defocus = np.linspace(options.defocus_min, options.defocus_max, 64)
        size = np.sqrt((self.optics.transfer(self._frequency, defocus) ** 2).mean(axis=0))
        return np.asarray(halo * (size / size.max()) ** options.ctf_left)

    def extras(self) -> dict[int, tuple[DoubleArray, DoubleArray]]:
        """What an average shows beside its molecule or instead of it, in units of the noise.

        Returns
        -------
        dict
            By row: what is made of particles, and what is not; float64 (L, L) each.
        """
        plan, box, pixel_size = self.plan, self.options.box, self.optics.pixel_size
        rng = np.random.default_rng([self.options.seed, 5])
        contrast = float(np.sqrt(self.options.snr)) / self.scale
        junk = JunkImages(self.molecule, box, pixel_size, contrast, self.options.seed)
        pictures = {}
        beside = (plan.n_neighbours > 0) | plan.hazy
        for number in np.flatnonzero((plan.kind == JUNK) | beside).tolist():
            field = np.zeros((box, box))
            if plan.kind[number] == JUNK:
                kind = str(plan.junk_kind[number])
                picture = junk.picture(kind, rng)
                if kind in NO_PARTICLES:
                    picture, field = field, picture
            else:
                around = int(plan.n_neighbours[number])
                nearest = self.options.neighbour_distance
                picture = neighbours(around, self.molecule, box, pixel_size, nearest, rng)
                if plan.hazy[number]:
                    field = junk.haze(number)
            pictures[number] = self.scale * picture, self.scale * field
        return pictures

    def particle_images(
        self, rotation: DoubleArray, place: DoubleArray, rng: np.random.Generator
    ) -> FloatArray:
        """Noisy particles, white on noise of variance 1; float32 (P, L, L).

        Parameters
        ----------
        rotation : float64 (P, 3, 3)
            NaN for particles that show no molecule.
        place : float64 (P, 2)
            (x, y) of the origin, in pixels from the middle.
        rng : numpy.random.Generator
        """
        options, particles = self.options, self.particles
        n, box = options.n_particles, options.box
        envelope = self.optics.envelope(self._frequency)
        extras = self.extras()
        coloured = options.noise_length > 0
        stack = np.empty((n, box, box), dtype=np.float32)
        for start in range(0, n, _IMAGES_AT_ONCE):
            part = slice(start, start + _IMAGES_AT_ONCE)
            shown = np.isfinite(rotation[part, 0, 0])
            clear = np.zeros((len(shown), box, box), dtype=np.float32)
            clear[shown] = project(
                self.molecule,
                rotation[part][shown],
                box,
                self.optics.pixel_size,
                shifts=place[part][shown],
            )
            for row, number in enumerate(particles.class_index[part].tolist()):
                if number in extras:
                    motion = Transform(
                        float(particles.psi[start + row]), tuple(particles.move[start + row])
                    )
                    of_particles, of_field = extras[number]
                    picture = (of_particles + of_field).astype(np.float32)
                    clear[row] += motion.apply(picture) / self.scale
            transfer = self.optics.transfer(self._frequency, particles.defocus[part])
            noise = rng.standard_normal(clear.shape)
            if coloured:
                noise = image_formation.filtered(noise, np.sqrt(self._noise_power(self._frequency)))
            stack[part] = self.scale * image_formation.filtered(clear, envelope * transfer) + noise
        return stack
