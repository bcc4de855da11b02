"""Metric `common-lines`: the best pair of one-dimensional projections of two class averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import field_validator

from rebalance.contracts import Block, Methods, Metric
from rebalance.model import BoolArray, ClassAverages, FloatArray
from rebalance.options import Options, option
from rebalance_commonlines.objects import main_object

PAPER = (
    "Verbeke E.J. et al. (2020) Separating distinct structures of multiple macromolecular "
    "assemblies from cryo-EM projections. J. Struct. Biol. 209, 107416. "
    "doi:10.1016/j.jsb.2019.107416"
)


class CommonLinesOptions(Options):
    """Options of `CommonLines`."""

    angle_step: int = option(
        5,
        "Angle between the projections of an average; must divide 180.",
        unit="degrees",
        ge=1,
        le=30,
    )
    object: Literal["heaviest", "centre", "all"] = option(
        "heaviest",
        "Connected region to project: the one with the most density, the central one, or all.",
    )
    compare: Literal["profiles", "spectra"] = option(
        "profiles", "Compare the projections with shifts, or their amplitude spectra."
    )
    shift: Literal["inside", "any"] = option(
        "inside",
        "With compare=profiles: keep the shorter one within the longer one, or allow any shift.",
    )
    normalise: Literal["none", "mass"] = option(
        "none", "Use densities as they are, or divided by their sum to ignore their scale."
    )

    @field_validator("angle_step")
    @classmethod
    def _divides_180(cls, step: int) -> int:
        if 180 % step:
            raise ValueError(f"{step} does not divide 180")
        return step


@dataclass(frozen=True, eq=False)
class Sinograms:
    """Projections of N averages along A directions of the half circle.

    Parameters
    ----------
    lines : float32 (N, A, D)
    begin, length : int32 (N, A)
        What is left of each line without the zeros at its ends.
    spectra : float32 (N, A, F)
        Amplitudes, scaled so that distances of spectra and of lines are on one scale; without the
        constant term where spectra are compared.
    options : CommonLinesOptions
    """

    lines: FloatArray
    begin: npt.NDArray[np.int32]
    length: npt.NDArray[np.int32]
    spectra: FloatArray
    options: CommonLinesOptions


class CommonLines(Metric):
    r"""Distance of the most alike one-dimensional projections of two class averages.

    Two projections of one structure, whatever their views, have a line of their Fourier transforms
    in common (the common line of Crowther, DeRosier and Klug [2]_), so that one pair of their
    one-dimensional projections is the same. This metric finds the best pair, as SLICEM does [1]_,
    and so says how well two averages fit **one structure**, where `rotational-cc` says how alike
    two views are. Distances of different structures in one data set group by structure.

    1. Background and neighbors are removed: positive density of the heaviest connected region.
    2. It is projected along directions ``angle_step`` apart, all around; zeros at the ends of
       the projections are trimmed.
    3. d_ij = min over pairs of projections p of i and q of j, and over shifts s by whole pixels, of
       ‖p − q(· − s)‖₂. With ``compare=spectra``, as SLICEM does since 2021, the distance of the
       amplitude spectra without their constant term, which no shift changes.

    The search over the pairs is exhaustive in its result: by Parseval's theorem and the triangle
    inequality ‖ |P| − |Q| ‖ ≤ ‖p − q(· − s)‖, so pairs whose spectra differ more than the best
    distance found need not be looked at.

    Not the same as in SLICEM: the median beyond the inscribed circle is taken for the background
    (SLICEM takes 0, to which RELION normalizes); density below a hundredth of the largest is none;
    the heaviest region is taken (``object=centre`` is SLICEM's); projections are made by a linear
    interpolation of its own. On the class averages that SLICEM comes with, the scores correlate
    with the published ones as the benchmark of this package prints.

    Densities count as they are, so averages must be on one scale, as RELION writes them; for
    others use ``normalise=mass``. A turn by less than the angle step, or a motion by a part of a
    pixel, changes a distance a little, so rotation is not among the invariances.

    References
    ----------
    .. [1] E. J. Verbeke, Y. Zhou, A. P. Horton, A. L. Mallam, D. W. Taylor and E. M. Marcotte,
       "Separating distinct structures of multiple macromolecular assemblies from cryo-EM
       projections", J. Struct. Biol. 209 (2020) 107416, section 2, doi:10.1016/j.jsb.2019.107416.
    .. [2] R. A. Crowther, D. J. DeRosier and A. Klug, "The reconstruction of a three-dimensional
       structure from projections and its application to electron microscopy", Proc. R. Soc. Lond.
       A 317 (1970) 319, doi:10.1098/rspa.1970.0119.
    """

    options_model = CommonLinesOptions
    returns = "distance"
    # The longest projection of all decides at which points each is sampled.
    depends_on = "all"
    invariances = ("shift", "mirror", "offset")

    def methods(self, options: CommonLinesOptions) -> Methods:
        """For a methods paragraph."""
        return Methods(
            "the Euclidean distance of their most alike one-dimensional projections "
            f"(common lines, every {options.angle_step}°) {{}}",
            (PAPER,),
        )

    def prepare(
        self, class_averages: ClassAverages, options: CommonLinesOptions, device: str
    ) -> Sinograms:
        """Sinograms of every average, and their amplitude spectra."""
        from rebalance_commonlines.kernels import project_lines

        objects = [main_object(image, options.object) for image in class_averages.images]
        if options.normalise == "mass":
            objects = [density / (density.sum() or 1.0) for density in objects]
        size = max((int(np.ceil(np.hypot(*density.shape))) + 2 for density in objects), default=1)
        angles = np.deg2rad(np.arange(0, 180, options.angle_step))
        lines = np.zeros((len(objects), len(angles), size), dtype=np.float32)
        for density, own in zip(objects, lines, strict=True):
            project_lines(density, np.cos(angles), np.sin(angles), own)
        begin, length = _trimmed(lines > 0)
        return Sinograms(lines, begin, length, _spectra(lines, options.compare), options)

    def tile(
        self,
        features: Sinograms,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Distances of a tile of pairs."""
        from rebalance_commonlines.kernels import tile_of_profiles, tile_of_spectra

        out = np.zeros((len(rows), len(columns)), dtype=np.float32)
        if features.options.compare == "spectra":
            tile_of_spectra(features.spectra, rows.start, columns.start, out)
        else:
            tile_of_profiles(
                features.lines,
                features.begin,
                features.length,
                features.spectra,
                features.options.shift == "any",
                rows.start,
                columns.start,
                out,
            )
        return Block(out)

    def facts(self, features: Sinograms) -> Mapping[str, Any]:
        """How many projections there are, and how long."""
        return {
            "angle_step_degrees": features.options.angle_step,
            "longest_projection_px": int(features.length.max(initial=0)),
        }


def _trimmed(there: BoolArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """First place and number of places up to the last one that is True; one place if none is."""
    size = there.shape[2]
    any_there = there.any(axis=2)
    begin = np.where(any_there, there.argmax(axis=2), 0)
    end = np.where(any_there, size - there[:, :, ::-1].argmax(axis=2), 1)
    return begin.astype(np.int32), (end - begin).astype(np.int32)


def _spectra(lines: FloatArray, compare: str) -> FloatArray:
    # Twice as long: no shift wraps around. Frequencies but 0 and the last count twice (Parseval).
    size = 2 * lines.shape[2]
    amplitude = np.abs(np.fft.rfft(lines, size, axis=2)) * np.sqrt(2.0 / size)
    amplitude[:, :, 0] /= np.sqrt(2.0)
    amplitude[:, :, -1] /= np.sqrt(2.0)
    if compare == "spectra":
        amplitude = amplitude[:, :, 1:]
    return np.ascontiguousarray(amplitude, dtype=np.float32)
