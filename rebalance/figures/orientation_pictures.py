"""Every picture of orientations: of particles that were balanced by them, and of a diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import half_maps, orientations, style
from rebalance.model import Diagnosis, DiagnosisResult, IntArray, OrientationsResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.styled
def draw_orientations(result: OrientationsResult) -> dict[str, Figure]:
    """Every picture of balanced orientations.

    Parameters
    ----------
    result : OrientationsResult

    Returns
    -------
    dict of Figure
        ``viewing_directions``, ``azimuth_elevation``, ``bin_sizes``, ``fourier_sampling``,
        ``scf_star``.
    """
    job, selection, before = result.dataset.job, result.selection, result.before
    kept = int(np.count_nonzero(selection.selected))
    is_balanced = selection.cap is not None
    return {
        "viewing_directions": orientations.viewing_directions(
            selection.before, selection.after if is_balanced else None, result.bins, job=job
        ),
        "azimuth_elevation": orientations.azimuth_elevation(
            result.posed.direction, selection.selected if is_balanced else None, job=job
        ),
        "bin_sizes": orientations.bin_sizes(
            selection.before, selection.after, selection.cap, job=job
        ),
        "fourier_sampling": orientations.fourier_sampling_map(
            before, result.after if is_balanced else None, job=job
        ),
        "scf_star": orientations.scf_star_curve(
            before,
            (kept, result.after.scf_star) if is_balanced else None,
            before.at_random(kept),
            job=job,
        ),
    }


@style.styled
def draw_diagnosis(result: DiagnosisResult) -> dict[str, Figure]:
    """Every picture of a diagnosis.

    Parameters
    ----------
    result : DiagnosisResult

    Returns
    -------
    dict of Figure
        ``viewing_directions``, ``azimuth_elevation``, ``fourier_sampling``, ``scf_star`` where
        there are poses; ``conical_fsc``, ``directional_resolution``, ``relative_signal`` where
        there are half maps; those of a second input beside those of the first.
    """
    first, second = result.first, result.second
    figures: dict[str, Figure] = {}
    if first.sampling is not None:
        figures |= _of_poses(first, second)
    signal = first.half_maps
    other = None if second is None else second.half_maps
    if signal is not None:
        figures |= {
            "conical_fsc": half_maps.conical_curves(signal, job=first.name, compared=other),
            "directional_resolution": half_maps.directional_resolution(
                signal, job=first.name, compared=other
            ),
            "relative_signal": half_maps.relative_signal(signal, job=first.name, compared=other),
        }
    return figures


def _of_poses(first: Diagnosis, second: Diagnosis | None) -> dict[str, Figure]:
    job, sampling = first.name, first.sampling
    assert first.posed is not None
    assert first.bins is not None
    assert sampling is not None
    other = None if second is None else second.sampling
    names = None if second is None else (first.name, second.name)
    direction = first.posed.direction
    other_direction = None
    if second is not None and second.posed is not None:
        other_direction = second.posed.direction
    n_other = None if other is None else other.n_particles
    return {
        "viewing_directions": orientations.viewing_directions(
            _counts(first),
            None if second is None else _counts(second),
            first.bins,
            job=job,
            names=names,
        ),
        "azimuth_elevation": orientations.azimuth_elevation(
            direction, None, job=job, compared=other_direction, names=names
        ),
        "fourier_sampling": orientations.fourier_sampling_map(
            sampling, other, job=job, names=names
        ),
        "scf_star": orientations.scf_star_curve(
            sampling,
            None if other is None else (other.n_particles, other.scf_star),
            None if n_other is None else sampling.at_random(n_other),
            job=job,
        ),
    }


def _counts(one: Diagnosis) -> IntArray | None:
    if one.bins is None or one.bin is None:
        return None
    return np.bincount(one.bin[one.bin >= 0], minlength=len(one.bins)).astype(np.int64)
