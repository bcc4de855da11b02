"""The report of a diagnosis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import rebalance
from rebalance.model import Diagnosis, DiagnosisResult
from rebalance.record.orientation_summary import particles_line
from rebalance.record.reading import (
    EVEN_CFAR,
    EVEN_SCF_STAR,
    NOT_TO_BE_TRUSTED,
    WHAT_THINNING_IS_FOR,
    reading,
)
from rebalance.report.document import Block, Bullets, Document, Rows, Section, Words
from rebalance.report.orientation_report import (
    SAMPLING_PAPERS,
    about_scf_star,
    file_names,
    pictures,
    sampling_table,
)
from rebalance.settings import DiagnoseSettings
from rebalance.settings.as_command import repeatable_command

CONICAL_PAPERS = (
    "Tan, Y. Z. et al. (2017) Addressing preferred specimen orientation in single-particle cryo-EM "
    "through tilting. Nat. Methods 14, 793–796. doi:10.1038/nmeth.4347",
)


def diagnosis_document(settings: DiagnoseSettings, result: DiagnosisResult) -> Document:
    """The report of a diagnosis, with its summary.

    Parameters
    ----------
    settings : DiagnoseSettings
    result : DiagnosisResult
    """
    summary, first, second = result.summary, result.first, result.second
    both = [one for one in (first, second) if one is not None]
    facts = particles_line(summary)
    if second is not None:
        facts += f"; compared with {particles_line(summary['compared'])}"
    sections = [
        Section("Result", tuple(_reading(result))),
        Section("The four possible results", (_four(first),)),
    ]
    samplings = [(one.name, one.sampling) for one in both if one.sampling is not None]
    if samplings:
        sections += [
            Section("Viewing directions", pictures("viewing_directions", "azimuth_elevation")),
            Section(
                "Sampling of Fourier space",
                (
                    sampling_table(*samplings),
                    Words(about_scf_star(summary.get("scf_star_at_random"))),
                    *pictures("fourier_sampling", "scf_star"),
                ),
            ),
        ]
    if any(one.half_maps is not None for one in both):
        sections.append(
            Section(
                "Signal of the half maps",
                (
                    _half_map_table(both),
                    *pictures("conical_fsc", "directional_resolution", "relative_signal"),
                ),
            )
        )
    sections += [
        Section("Notes", (Bullets(summary["notes"]),)),
        Section("Methods, to paste into a paper", tuple(_methods(result))),
        Section("Command", (Words(repeatable_command(settings)),)),
        Section("Files", (Bullets(file_names(result.files, result.folder)),)),
    ]
    return Document(f"{first.name}: diagnosis of orientations", f"{facts}.", sections)


def _reading(result: DiagnosisResult) -> Iterator[Block]:
    summary = result.summary
    for one, about in ((result.first, summary), (result.second, summary["compared"])):
        if one is None:
            continue
        if result.second is not None:
            yield Words(one.name, "muted")
        yield Words(about["verdict"], "strong")
        yield Words(f"{numbers_line(about)} {about['why']}")
        yield Words(f"What to do: {about['next']}")
    if result.first.posed is not None:
        yield Bullets((NOT_TO_BE_TRUSTED,), is_warning=True)
        yield Words(WHAT_THINNING_IS_FOR)
    yield Bullets(summary["warnings"], is_warning=True)


def numbers_line(about: Mapping[str, Any]) -> str:
    """``SCF* 0.43 for 52,000 particles (even: 0.81 or more). cFAR 0.21 (even: 0.5 or more).``"""
    parts = []
    if about["sampling"] is not None:
        sampling = about["sampling"]
        parts.append(
            f"SCF* {sampling['scf_star']:.2f} for {sampling['particles']:,} particles "
            f"(even: {EVEN_SCF_STAR} or more)."
        )
    if about["half_maps"] is not None:
        parts.append(f"cFAR {about['half_maps']['cfar']:.2f} (even: {EVEN_CFAR} or more).")
    return " ".join(parts)


def _four(one: Diagnosis) -> Rows:
    scf_star = None if one.sampling is None else one.sampling.scf_star
    cfar = None if one.half_maps is None else one.half_maps.cfar
    here = reading(scf_star, cfar)
    rows = []
    for even_poses in (True, False):
        for even_maps in (True, False):
            found = reading(float(even_poses), float(even_maps))
            mark = " ← here" if found == here else ""
            rows.append(
                (
                    f"{found.verdict}{mark}",
                    f"{'≥' if even_poses else '<'} {EVEN_SCF_STAR}",
                    f"{'≥' if even_maps else '<'} {EVEN_CFAR}",
                )
            )
    return Rows(("", "SCF*", "cFAR"), rows)


def _half_map_table(both: list[Diagnosis]) -> Rows:
    rows = []
    for one in both:
        signal = one.half_maps
        if signal is None:
            continue
        worst = float(signal.resolution.max())
        rows.append(
            (
                one.name,
                f"{signal.cfar:.2f}",
                f"{signal.tfar:.2f}",
                f"{float(signal.resolution.min()):.2f} Å",
                f"{worst:.2f} Å" if math.isfinite(worst) else "none",
            )
        )
    return Rows(("", "cFAR", "tFAR", "best resolution", "worst resolution"), rows)


def _methods(result: DiagnosisResult) -> Iterator[Block]:
    first, text = result.first, ""
    papers: list[str] = []
    if first.sampling is not None and first.posed is not None:
        text += (
            f"Sampling of Fourier space by {first.sampling.n_particles:,} particles (point group "
            f"{first.posed.symmetry}) was measured by SCF* [1, 2]. "
        )
        papers += SAMPLING_PAPERS
    if first.half_maps is not None:
        signal = first.half_maps
        cited = ", ".join(str(len(papers) + at + 1) for at in range(len(CONICAL_PAPERS)))
        text += (
            f"The directional signal of the half maps was measured by conical Fourier shell "
            f"correlations [{cited}] about {len(signal.axes)} axes (half-angle "
            f"{signal.cone:g}°), and by the ratio cFAR of the smallest to the largest area under "
            f"them, each shell weighted by its radius squared, up to the first at or below "
            f"{signal.threshold:g}. "
        )
        papers += CONICAL_PAPERS
    yield Words(f"{text}These steps were done with rebalance {rebalance.__version__}.")
    yield Bullets(papers)
