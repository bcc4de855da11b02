"""What to simulate, as typed options; and the words for what an average can show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from rebalance.errors import OptionError
from rebalance.options import Options, option, parse_options

VIEW, EMPTY, NOISE, JUNK = "view", "empty", "noise", "junk"

MIXED, JUNK_NOISE, EDGE, DOUBLE, ICE = "mixed", "noise", "edge", "double", "ice"
"""Kinds of junk given by number."""

MERGED, BROKEN, OVERLAP, AGGREGATE = "merged", "broken", "overlap", "aggregate"
SHADE, STREAK, RINGS, HALO = "shade", "streak", "rings", "halo"
BLOB, HOLE, FILM, CONTAMINANT = "blob", "hole", "film", "contaminant"

JUNK_WEIGHTS = {
    MERGED: 2.0, BROKEN: 3.0, OVERLAP: 2.5, AGGREGATE: 2.0, JUNK_NOISE: 3.0, MIXED: 1.0,
    SHADE: 2.5, STREAK: 1.0, RINGS: 0.5, HALO: 1.0, BLOB: 2.5, HOLE: 1.0, FILM: 1.5, EDGE: 0.5,
    ICE: 1.0, CONTAMINANT: 2.0,
}  # fmt: skip
"""Kinds of junk for junk_share, and how often each occurs."""


def _path_text(path: Any) -> Any:
    """A path as the text that records hold."""
    return os.fspath(path) if isinstance(path, os.PathLike) else path


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


PathText = Annotated[str | None, BeforeValidator(_path_text)]
JunkKinds = Annotated[tuple[str, ...], BeforeValidator(_junk_kinds)]
Directions = Annotated[tuple[tuple[float, float, float], ...], BeforeValidator(_directions)]


class SimulationOptions(Options):
    """What to simulate. Averages of all kinds together are ``n_averages``."""

    realistic: bool = option(
        False,
        "Realistic data: uneven sizes, junk, blur and background. Options given in addition keep "
        "their values.",
    )
    source: PathText = option(
        None, "Density map (.mrc, .map) or atomic model (.pdb, .cif); auto: the built-in phantom."
    )
    symmetry: str = option(
        "C1", "Point group: Cn, Dn, T, O or I; an atomic model is turned onto its axes."
    )
    symmetrise: bool = option(
        False, "Average the density over the group, instead of refusing one that is not symmetric."
    )
    resolution: float | None = option(
        None, "Resolution of the density of an atomic model; auto: 2.5 pixels.", unit="Å", gt=0
    )
    assembly: str | None = option(
        None, "Biological assembly of an atomic model to build; auto: the atoms as they are."
    )
    n_averages: int = option(80, "Number of class averages, including empty ones.", ge=1)
    n_particles: int = option(20_000, "Number of particles.", ge=1)
    n_views: int = option(
        12, "Number of distinct views; symmetric and mirrored ones counted once.", ge=1
    )
    seed: int = option(0, "Same seed, same data.", ge=0)
    box: int = option(64, "Box size.", unit="pixels", ge=8, le=1024)
    pixel_size: float | None = option(
        None,
        "Pixel size; auto: 4 Å for the phantom, else enough for the molecule to fit.",
        unit="Å",
        gt=0,
    )
    continuous: bool = option(
        False,
        "Draw a new direction for each average instead of one near a view; its true superclass is "
        "then the nearest view.",
    )
    min_separation: float | None = option(
        None,
        "Smallest angle between two views, counting symmetric and mirrored ones as the same; "
        "auto: no limit.",
        unit="degrees",
        gt=0,
        le=90,
    )
    preferred_share: float = option(
        0.75, "Fraction of the particles in preferred views; the rest is uniform.", ge=0, le=1
    )
    n_preferred: int = option(2, "Number of preferred views.", ge=0)
    preferred_directions: Directions | None = option(
        None, "Directions of the preferred views, x,y,z/x,y,z/…; auto: random."
    )
    preferred_width: float = option(
        20.0, "Width (standard deviation) of a preferred view.", unit="degrees", gt=0, le=90
    )
    preferred_ratio: float = option(
        0.5, "Ratio of particles between each preferred view and the one before.", gt=0, le=1
    )
    mirror_share: float = option(
        0.35, "Fraction of the averages that show their view from the opposite side.", ge=0, le=1
    )
    n_mirror_pairs: int = option(
        0, "Number of pairs of averages that show one view from exactly opposite sides.", ge=0
    )
    class_spread: float = option(
        4.0, "Angle of an average from its view.", unit="degrees", ge=0, le=60
    )
    particle_spread: float = option(
        6.0, "Angle of a particle from its average; blurs the average.", unit="degrees", ge=0, le=60
    )
    n_averaged: int = option(
        20,
        "Largest number of particles whose views and alignment errors are simulated in an average.",
        ge=1,
    )
    psi_error: float = option(2.0, "Error of in-plane alignment.", unit="degrees", ge=0)
    shift_error: float = option(0.4, "Error of the alignment along x and y.", unit="pixels", ge=0)
    max_rotation: float = option(
        180.0, "Largest in-plane rotation of an average.", unit="degrees", ge=0, le=180
    )
    max_shift: float = option(1.5, "Largest shift of an average along x or y.", unit="pixels", ge=0)
    snr: float = option(0.05, "Signal-to-noise ratio of a particle.", gt=0)
    noise_length: float = option(
        0.0, "Correlation length of the particle noise; 0: white.", unit="Å", ge=0
    )
    noise_floor: float = option(
        0.3, "Fraction of white noise, if the noise is correlated.", ge=0, le=1
    )
    ctf: bool = option(True, "Apply and correct a contrast transfer function.")
    ctf_left: float = option(
        0.0,
        "How much of the CTF's fall-off towards low frequencies remains in iterated averages, "
        "from corrected (0) to uncorrected (1).",
        ge=0,
        le=1,
    )
    defocus_min: float = option(8_000.0, "Smallest defocus.", unit="Å", ge=0)
    defocus_max: float = option(24_000.0, "Largest defocus.", unit="Å", ge=0)
    solvent: float = option(
        0.0,
        "Fraction of an atomic model's contrast that solvent removes at low resolution; not "
        "applied to maps.",
        ge=0,
        lt=1,
    )
    b_factor: float = option(150.0, "Envelope exp(−B k²/4) on the signal.", unit="Å²", ge=0)
    averaging: Literal["wiener", "phase-flip", "iterated"] = option(
        "wiener",
        "How particles are averaged: wiener (RELION's filter), phase-flip (mean of phase-flipped "
        "images) or iterated (the filter that each class gets over RELION's iterations).",
    )
    n_iterations: int = option(25, "Number of iterations, if averages are iterated.", ge=1, le=200)
    resolution_limit: float | None = option(
        None, "Finest detail in the averages; auto: two pixels.", unit="Å", gt=0
    )
    size_spread: float = option(
        0.0,
        "Additional spread of class sizes: standard deviation of the natural logarithm.",
        ge=0,
        le=4,
    )
    tiny_share: float = option(
        0.0, "Fraction of the classes that have one to nine particles.", ge=0, le=0.9
    )
    blur_spread: float = option(
        0.0,
        "Spread of the blur of averages, also within a view: standard deviation of the natural "
        "logarithm.",
        ge=0,
        le=2,
    )
    mask_diameter: float | None = option(
        None, "Soft mask on the averages; auto: just wider than the molecule.", unit="Å", gt=0
    )
    neighbour_share: float = option(
        0.0, "Fraction of the averages with neighboring particles at their edge.", ge=0, le=1
    )
    most_neighbours: int = option(
        3, "Largest number of neighboring particles in an average.", ge=1, le=3
    )
    neighbour_distance: float = option(
        0.6,
        "Distance of the nearest neighboring particles, in diameters of the molecule.",
        ge=0.3,
        le=0.85,
    )
    haze_share: float = option(
        0.0,
        "Fraction of the averages of views with haze: shade, a bright lump at the rim, film.",
        ge=0,
        le=1,
    )
    junk_share: float = option(
        0.0, "Fraction of the averages with particles that are junk of various kinds.", ge=0, le=0.9
    )
    junk_kinds: JunkKinds | None = option(
        None, "Kinds of junk for junk_share, kind,kind,…; auto: all."
    )
    n_empty: int = option(5, "Number of all-zero averages without particles.", ge=0)
    n_noise: int = option(1, "Number of averages of noise without particles.", ge=0)
    n_junk: int = option(2, "Number of averages of particles with mixed views.", ge=0)
    n_junk_noise: int = option(0, "Number of averages of particles that show nothing.", ge=0)
    n_edge: int = option(0, "Number of averages of the edge of the carbon film.", ge=0)
    n_double: int = option(0, "Number of averages of two particles side by side.", ge=0)
    n_ice: int = option(0, "Number of averages of ice contamination.", ge=0)
    particle_images: bool = option(False, "Also make the noisy particle images.")
    refined: bool = option(
        False,
        "Also make a 3D refinement of the particles: poses, and the half maps that they give.",
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
"""What ``realistic`` sets, unless set otherwise."""


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
