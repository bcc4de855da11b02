"""The report of balanced orientations, and the sections that a diagnosis shares with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import rebalance
from rebalance.model import FourierSampling, OrientationsResult
from rebalance.record.orientation_summary import balance_lines, particles_line
from rebalance.record.reading import EVEN_SCF_STAR, NOT_TO_BE_TRUSTED, WHAT_THINNING_IS_FOR
from rebalance.report.document import Bullets, Document, Rows, Section, Shown, Words
from rebalance.settings import OrientationSettings
from rebalance.settings.as_command import repeatable_command

CAPTIONS = {
    "viewing_directions": "Particles per bin of viewing directions, on an equal-area projection "
    "of the sphere (logarithmic colors).",
    "azimuth_elevation": "The same directions as CryoSPARC and RELION show them. The poles are "
    "stretched along the upper and lower edges.",
    "bin_sizes": "Particles per bin, largest first.",
    "fourier_sampling": "Number of slices through each direction of Fourier space, relative to "
    "the mean.",
    "scf_star": "SCF* against the number of particles drawn at random. With gaps, SCF* rises just "
    "by dropping particles, so only the distance from this curve is a gain.",
    "conical_fsc": "Conical Fourier shell correlation of the half maps, over all directions.",
    "directional_resolution": "Resolution in each direction of Fourier space.",
    "relative_signal": "Signal by viewing direction, relative to the strongest.",
}

SAMPLING_PAPERS = (
    "Baldwin, P. R. & Lyumkis, D. (2020) Non-uniformity of projection distributions attenuates "
    "resolution in cryo-EM. Prog. Biophys. Mol. Biol. 150, 160–183. "
    "doi:10.1016/j.pbiomolbio.2019.09.002",
    "Baldwin, P. R. & Lyumkis, D. (2021) Tools for visualizing and analyzing Fourier space "
    "sampling in cryo-EM. Prog. Biophys. Mol. Biol. 160, 53–65. "
    "doi:10.1016/j.pbiomolbio.2020.06.003",
)


def orientation_document(settings: OrientationSettings, result: OrientationsResult) -> Document:
    """The report of a result, with its summary.

    Parameters
    ----------
    settings : OrientationSettings
    result : OrientationsResult
    """
    summary = result.summary
    first, *others = balance_lines(summary)
    return Document(
        f"{result.dataset.job}: orientations",
        f"{particles_line(summary)}. {_kept(summary)}",
        (
            Section(
                "Result",
                (
                    Words(f"{_kept(summary)}", "strong"),
                    *(Words(line) for line in (first, *others)),
                    Words(WHAT_THINNING_IS_FOR),
                    Bullets((NOT_TO_BE_TRUSTED,), is_warning=True),
                    Bullets(summary["warnings"], is_warning=True),
                ),
            ),
            Section("Viewing directions", pictures("viewing_directions", "azimuth_elevation")),
            Section("Bin sizes", pictures("bin_sizes")),
            Section(
                "Sampling of Fourier space",
                (
                    sampling_table(("before", result.before), ("after", result.after)),
                    Words(about_scf_star(summary["scf_star_at_random"])),
                    *pictures("fourier_sampling", "scf_star"),
                ),
            ),
            Section("Notes", (Bullets(summary["notes"]),)),
            Section("Methods, to paste into a paper", _methods(summary)),
            Section("Command", (Words(repeatable_command(settings, result.selection.options)),)),
            Section("Files", (Bullets(file_names(result.files, result.folder)),)),
        ),
    )


def _kept(summary: Any) -> str:
    counts = summary["particles"]
    share = counts["selected"] / counts["read"] if counts["read"] else 0.0
    return f"{counts['selected']:,} of {counts['read']:,} particles kept ({share:.0%})."


def pictures(*names: str) -> tuple[Shown, ...]:
    """Pictures with their captions."""
    return tuple(Shown(name, CAPTIONS[name]) for name in names)


def sampling_table(*samplings: tuple[str, FourierSampling]) -> Rows:
    """SCF*, gaps and U side by side."""
    return Rows(
        ("", "particles", "SCF*", "directions unsampled", "uniformity U"),
        [
            (
                name,
                f"{sampling.n_particles:,}",
                f"{sampling.scf_star:.3f}",
                f"{sampling.unsampled:.1%}",
                f"{sampling.uniformity:.3f}",
            )
            for name, sampling in samplings
        ],
    )


def about_scf_star(random: Any) -> str:
    """How to read the number."""
    text = (
        f"SCF* is 1 for uniform views, {EVEN_SCF_STAR} for views all around one axis, and near 0 "
        "for a single view. With gaps it depends on the number of particles, so compare it only "
        "with the same number of particles drawn at random"
    )
    if random is None:
        return f"{text}."
    found = f"{random['mean']:.3f} ± {random['sd']:.3f}"
    return f"{text} (here {found} for {random['particles']:,} particles)."


def _methods(summary: Any) -> tuple[Words | Bullets, ...]:
    balance, bins = summary["balance"], summary["bins"]
    group = summary["symmetry"]
    modulo = "" if group == "C1" else f" under the point group {group}"
    text = (
        f"Viewing directions of {summary['particles_used']:,} particles were sorted into "
        f"{bins['number']:,} bins of equal area ({bins['scheme']}){modulo}"
        f"{', with opposite directions combined' if bins['antipodal'] else ''}. "
    )
    if balance["cap"] is None:
        text += "No bin was capped."
    else:
        by = {
            "percentile": f"percentile {balance['percentile']} of the occupied bins",
            "factor": f"rebalance factor {balance['factor']}",
            "max_size": "given maximum",
        }
        why = next(words for name, words in by.items() if balance[name] is not None)
        text += (
            f"At most {balance['cap']:,} particles per bin were kept ({why}), chosen by the "
            f"strategy {balance['strategy']} (seed {summary['seed']})."
        )
    text += f" SCF* was calculated as in [1, 2], with rebalance {rebalance.__version__}."
    return Words(text), Bullets(SAMPLING_PAPERS)


def file_names(files: Iterable[Path], folder: Path) -> list[str]:
    """Files as a person finds them in the folder."""
    return [path.relative_to(folder).as_posix() for path in files]
