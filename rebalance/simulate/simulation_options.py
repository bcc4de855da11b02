"""What to simulate, as typed options; and the words for what an average can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from rebalance.errors import OptionError
from rebalance.options import Options, option, parse_options

VIEW, EMPTY, NOISE, JUNK = "view", "empty", "noise", "junk"

MIXED, JUNK_NOISE, EDGE, DOUBLE, ICE = "mixed", "noise", "edge", "double", "ice"
"""Kinds of junk that are asked for by number."""

MERGED, BROKEN, OVERLAP, AGGREGATE = "merged", "broken", "overlap", "aggregate"
SHADE, STREAK, RINGS, HALO = "shade", "streak", "rings", "halo"
BLOB, HOLE, FILM, CONTAMINANT = "blob", "hole", "film", "contaminant"

JUNK_WEIGHTS = {
    MERGED: 2.0, BROKEN: 3.0, OVERLAP: 2.5, AGGREGATE: 2.0, JUNK_NOISE: 3.0, MIXED: 1.0,
    SHADE: 2.5, STREAK: 1.0, RINGS: 0.5, HALO: 1.0, BLOB: 2.5, HOLE: 1.0, FILM: 1.5, EDGE: 0.5,
    ICE: 1.0, CONTAMINANT: 2.0,
}  # fmt: skip
"""Kinds of junk that a share of the averages is drawn from, and how often each comes."""


def _directions(text: Any) -> Any:
    """Directions as a person types them: ``0,0,1/1,0,0``."""
    if not isinstance(text, str):
        return text
    try:
        rows = [tuple(float(x) for x in row.split(",")) for row in text.split("/")]
    except ValueError:
        rows = []
    if not rows or any(len(row) != 3 or not any(row) for row in rows):
        raise ValueError("write directions as x,y,z with / between them: 0,0,1/1,0,0")
    return rows


def _junk_kinds(text: Any) -> Any:
    """Kinds as a person types them: ``film,streak``; each one that there is."""
    kinds = tuple(text.split(",")) if isinstance(text, str) else text
    for kind in kinds or ():
        if kind not in JUNK_WEIGHTS:
            raise ValueError(f"there is no junk {kind!r}: {', '.join(JUNK_WEIGHTS)}")
    return kinds


JunkKinds = Annotated[tuple[str, ...], BeforeValidator(_junk_kinds)]
Directions = Annotated[tuple[tuple[float, float, float], ...], BeforeValidator(_directions)]


class SimulationOptions(Options):
    """What to simulate. Averages of all kinds together are ``n_averages``."""

    realistic: bool = option(
        False,
        "As jobs come: sizes, junk, blur and background as uneven as there; any option that is "
        "given as well keeps its value.",
    )
    source: str | None = option(
        None, "Density map (.mrc, .map) or atomic model (.pdb, .cif); auto: the built-in phantom."
    )
    symmetry: str = option(
        "C1", "Point group: Cn, Dn, T, O or I; an atomic model is turned onto its axes."
    )
    symmetrise: bool = option(
        False, "Average the density over the group instead of refusing one that lacks it."
    )
    resolution: float | None = option(
        None, "Of the density of an atomic model; auto: 2.5 pixels.", unit="Å", gt=0
    )
    assembly: str | None = option(
        None, "Biological assembly of an atomic model to build; auto: the atoms as they are."
    )
    n_averages: int = option(80, "Class averages in all, empties included.", ge=1)
    n_particles: int = option(20_000, "Particles in all.", ge=1)
    n_views: int = option(12, "Distinct views; symmetric and mirror ones counted once.", ge=1)
    seed: int = option(0, "Same seed, same data.", ge=0)
    box: int = option(64, "Side of an image.", unit="pixels", ge=8, le=1024)
    pixel_size: float | None = option(
        None, "Sampling; auto: 4 Å for the phantom, else so that the molecule fits.", unit="Å", gt=0
    )
    continuous: bool = option(
        False,
        "Draw the direction of each average anew instead of near one of the views; its true "
        "superclass is then the nearest view.",
    )
    min_separation: float | None = option(
        None,
        "Least angle between two views, modulo symmetry and mirror; auto: as it comes.",
        unit="degrees",
        gt=0,
        le=90,
    )
    preferred_share: float = option(
        0.75, "Share of the particles in preferred views; the rest is uniform.", ge=0, le=1
    )
    n_preferred: int = option(2, "Preferred views.", ge=0)
    preferred_directions: Directions | None = option(
        None, "Preferred views by direction, x,y,z/x,y,z/…; auto: drawn at random."
    )
    preferred_width: float = option(
        20.0, "Standard deviation of a preferred cap.", unit="degrees", gt=0, le=90
    )
    preferred_ratio: float = option(
        0.5, "Particles of each next preferred view ÷ those of the one before.", gt=0, le=1
    )
    mirror_share: float = option(
        0.35, "Share of the averages that show their view from the opposite side.", ge=0, le=1
    )
    n_mirror_pairs: int = option(
        0, "Pairs of averages that show one view from exactly opposite sides.", ge=0
    )
    class_spread: float = option(
        4.0, "Angle of an average from its view.", unit="degrees", ge=0, le=60
    )
    particle_spread: float = option(
        6.0, "Angle of a particle from its average; blurs the average.", unit="degrees", ge=0, le=60
    )
    n_averaged: int = option(
        20, "Particles, at most, whose views and errors of alignment make up an average.", ge=1
    )
    psi_error: float = option(2.0, "Error of in-plane alignment.", unit="degrees", ge=0)
    shift_error: float = option(0.4, "Error of alignment along x and y.", unit="pixels", ge=0)
    max_rotation: float = option(
        180.0, "Largest in-plane rotation of an average.", unit="degrees", ge=0, le=180
    )
    max_shift: float = option(1.5, "Largest shift of an average along x or y.", unit="pixels", ge=0)
    snr: float = option(0.05, "Signal-to-noise ratio of a particle.", gt=0)
    noise_length: float = option(
        0.0, "Correlation length of the particles' noise; 0: white.", unit="Å", ge=0
    )
    noise_floor: float = option(0.3, "White part of the noise where it is correlated.", ge=0, le=1)
    ctf: bool = option(True, "Apply and correct a contrast transfer function.")
    ctf_left: float = option(
        0.0,
        "How much of the CTF's fall-off towards low frequencies iterated averages keep, from "
        "corrected (0) to none corrected (1).",
        ge=0,
        le=1,
    )
    defocus_min: float = option(8_000.0, "Least defocus.", unit="Å", ge=0)
    defocus_max: float = option(24_000.0, "Largest defocus.", unit="Å", ge=0)
    solvent: float = option(
        0.0,
        "Part of an atomic model's contrast that solvent takes away at low resolution; maps have "
        "lost it.",
        ge=0,
        lt=1,
    )
    b_factor: float = option(150.0, "Envelope exp(−B k²/4) on the signal.", unit="Å²", ge=0)
    averaging: Literal["wiener", "phase-flip", "iterated"] = option(
        "wiener",
        "How particles are averaged: by RELION's Wiener filter; as the plain mean of "
        "phase-flipped images, whose noise falls with the root of their number; or by the filter "
        "that each class comes to by itself over RELION's iterations.",
    )
    n_iterations: int = option(25, "Iterations where averages are iterated.", ge=1, le=200)
    resolution_limit: float | None = option(
        None, "Nothing finer in the averages; auto: two pixels.", unit="Å", gt=0
    )
    size_spread: float = option(
        0.0,
        "Standard deviation of the natural logarithm by which sizes of classes differ more than "
        "their views do.",
        ge=0,
        le=4,
    )
    tiny_share: float = option(
        0.0, "Share of the classes that have one to nine particles.", ge=0, le=0.9
    )
    blur_spread: float = option(
        0.0,
        "Standard deviation of the natural logarithm by which blur differs between averages, "
        "those of one view too.",
        ge=0,
        le=2,
    )
    mask_diameter: float | None = option(
        None, "Soft mask on the averages; auto: just wider than the molecule.", unit="Å", gt=0
    )
    neighbour_share: float = option(
        0.0, "Share of the averages with other particles at their edge.", ge=0, le=1
    )
    most_neighbours: int = option(3, "Other particles that one average has at most.", ge=1, le=3)
    neighbour_distance: float = option(
        0.6, "Of the nearest other particles, in diameters of the molecule.", ge=0.3, le=0.85
    )
    haze_share: float = option(
        0.0,
        "Share of the averages of views with haze: shade, a bright lump at the rim, film.",
        ge=0,
        le=1,
    )
    junk_share: float = option(
        0.0, "Share of the averages with particles that are junk of many kinds.", ge=0, le=0.9
    )
    junk_kinds: JunkKinds | None = option(
        None, "Kinds that this share is drawn from, kind,kind,…; auto: all."
    )
    n_empty: int = option(5, "All-zero averages without particles.", ge=0)
    n_noise: int = option(1, "Averages of noise without particles.", ge=0)
    n_junk: int = option(2, "Averages of particles whose views are mixed.", ge=0)
    n_junk_noise: int = option(0, "Averages of particles that show nothing.", ge=0)
    n_edge: int = option(0, "Averages of the edge of the carbon film.", ge=0)
    n_double: int = option(0, "Averages of two particles side by side.", ge=0)
    n_ice: int = option(0, "Averages of ice contamination.", ge=0)
    particle_images: bool = option(False, "Make the noisy particle images too.")
    refined: bool = option(
        False, "Make a 3D refinement of the particles too: poses, and half maps as they give."
    )
    pose_error: float = option(
        2.0, "Error of a refined particle's pose, about each axis.", unit="degrees", ge=0, le=90
    )

    @property
    def n_shared_junk(self) -> int:
        """Averages of junk that ``junk_share`` asks for, beside those asked for by number."""
        with_particles = max(0, self.n_averages - self.n_empty - self.n_noise)
        return max(0, round(self.junk_share * with_particles) - sum(self.junk.values()))

    @property
    def n_all_junk(self) -> int:
        return sum(self.junk.values()) + self.n_shared_junk

    @property
    def junk(self) -> dict[str, int]:
        """How many averages of each kind of junk."""
        return {
            MIXED: self.n_junk,
            JUNK_NOISE: self.n_junk_noise,
            EDGE: self.n_edge,
            DOUBLE: self.n_double,
            ICE: self.n_ice,
        }


REALISTIC: dict[str, Any] = {
    "n_averages": 100, "n_junk": 0, "junk_share": 0.4,
    "continuous": True, "preferred_width": 12.0, "n_preferred": 3,
    "size_spread": 1.6, "tiny_share": 0.2,
    "blur_spread": 0.6, "n_averaged": 40, "particle_spread": 7.0, "psi_error": 3.0,
    "shift_error": 0.8, "max_shift": 3.0,
    "neighbour_share": 0.2, "most_neighbours": 1, "neighbour_distance": 0.4, "haze_share": 0.3,
    "averaging": "iterated", "ctf_left": 0.5, "solvent": 0.7, "snr": 1.0,
}  # fmt: skip
"""What ``realistic`` sets, where nobody sets it otherwise."""


def parse_simulation(options: SimulationOptions | Mapping[str, Any] | None) -> SimulationOptions:
    """Options as they are, or from a mapping; checked against each other.

    Raises
    ------
    OptionError
        If an option is unknown, out of range or at odds with another.
    """
    if not isinstance(options, SimulationOptions):
        options = parse_options(
            SimulationOptions, options or {}, owner="simulation", prefix="simulate"
        )
    if options.realistic:
        given = options.model_fields_set
        preset = {name: value for name, value in REALISTIC.items() if name not in given}
        options = options.model_copy(update=preset)
    if options.defocus_max < options.defocus_min:
        raise OptionError(
            f"defocus_max = {options.defocus_max:g} Å is less than defocus_min = "
            f"{options.defocus_min:g} Å.",
            hint="Give both.",
        )
    return options
