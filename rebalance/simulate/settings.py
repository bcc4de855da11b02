"""What to simulate, as typed options; and the words for what an average can show."""

from __future__ import annotations

from rebalance.options import Options, option

VIEW, EMPTY, NOISE, JUNK = "view", "empty", "noise", "junk"


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
    max_shift: float = option(1.5, "Largest shift of an average along x or y.", unit="pixels", ge=0)
    snr: float = option(0.05, "Signal-to-noise ratio of a particle.", gt=0)
    ctf: bool = option(True, "Apply and correct a contrast transfer function.")
    mask_diameter: float | None = option(
        None, "Soft mask on the averages; auto: just wider than the molecule.", unit="Å", gt=0
    )
    n_empty: int = option(5, "All-zero averages without particles.", ge=0)
    n_noise: int = option(1, "Averages of noise without particles.", ge=0)
    n_junk: int = option(2, "Averages of particles whose views are mixed.", ge=0)
    particle_images: bool = option(False, "Make the noisy particle images too.")
