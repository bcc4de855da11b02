"""From a data set and the views of its class averages to poses of particles, and to files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from rebalance.contracts import Format
from rebalance.errors import InputError, OutputError, RebalanceError
from rebalance.formats.writing import guarded_writing
from rebalance.model import BoolArray, Dataset, InPlaneAlignment, IntArray, ParticlePoses, Views
from rebalance.plugin_validation import overrides
from rebalance.poses.combine import combine
from rebalance.registry import registry

STEM = "particles_poses"
"""Of the files that are written."""


def particle_poses(
    dataset: Dataset, views: Views, *, even_untrusted: bool = False
) -> ParticlePoses:
    """Rotation and shift of each particle whose average has a view.

    Parameters
    ----------
    dataset : Dataset
        With particles.
    views : Views
        Of its class averages.
    even_untrusted : bool
        Views that are not trusted are refused otherwise: poses from them are commonly as wrong as
        random ones.

    Returns
    -------
    ParticlePoses
        Particles of misfits, and of averages that were not used, are left out and counted.

    Raises
    ------
    InputError
        If there are no particles, or the table does not say how they were aligned.
    RebalanceError
        If the views are not trusted, or the format can't tell how particles were aligned.
    """
    if not (views.trusted or even_untrusted):
        raise RebalanceError(
            f"The views are not reliable. {views.reason}",
            hint="Poses from such views mislead a refinement. To write them anyway, use "
            "`even_untrusted=True`.",
        )
    if dataset.particles is None:
        raise InputError(
            "There are no particles to write poses for.",
            path=dataset.sources[0] if dataset.sources else None,
            hint="Give the particles of the classification.",
        )
    plugin = _plugin(dataset, "in_plane_alignment", "state how particles were aligned")
    alignment = plugin.in_plane_alignment(dataset)
    at, is_there = _average_of(dataset.particles.class_id, views.class_id)
    has_view = is_there & np.isfinite(views.rotation[at]).all(axis=(1, 2))
    fits = has_view & ~views.is_misfit[at]
    is_aligned = np.isfinite(alignment.psi) & np.isfinite(alignment.shift).all(axis=1)
    row = np.flatnonzero(fits & is_aligned).astype(np.int64)
    rotation, shift = combine(
        views.rotation[at[row]],
        views.shift[at[row]],
        InPlaneAlignment(alignment.psi[row], alignment.shift[row]),
    )
    averages = dataset.class_averages
    return ParticlePoses(
        row,
        dataset.particles.class_id[row],
        rotation,
        shift,
        None if averages is None else averages.pixel_size,
        len(dataset.particles),
        n_misfit=int(np.count_nonzero(has_view & ~fits)),
        n_apart=int(np.count_nonzero(~has_view)),
        n_unaligned=int(np.count_nonzero(fits & ~is_aligned)),
    )


def write_poses(
    dataset: Dataset, poses: ParticlePoses, folder: Path | str | os.PathLike[str]
) -> tuple[Path, ...]:
    """Write the particles that have poses, as the program that classified them reads them.

    RELION: ``particles_poses.star``. CryoSPARC: the result group ``particles_poses.csg`` and the
    ``.cs`` files that it names.

    Parameters
    ----------
    dataset : Dataset
    poses : ParticlePoses
        Of its particles.
    folder : path
        Made if it isn't there. No file in it is overwritten.

    Returns
    -------
    tuple of Path
        The files, the one to give to the program first.

    Raises
    ------
    OutputError
        If a file is there already, or can't be written.
    RebalanceError
        If the format writes no poses, or no particle has one.
    """
    if len(poses) == 0:
        raise RebalanceError(
            "No particle has a pose, so nothing is written.",
            hint=poses.left_out or "Are these the views of other class averages?",
        )
    if dataset.particles is None or len(dataset.particles) != poses.n_particles:
        raise ValueError("these are poses of other particles")
    folder = Path(folder)
    with guarded_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(folder.glob(f"{STEM}*"))
        if there:
            raise OutputError(
                "It exists already.", path=there[0], hint="Choose another folder, or remove it."
            )
    return _plugin(dataset, "write_poses", "write poses").write_poses(dataset, poses, folder)


def _plugin(dataset: Dataset, member: str, does: str) -> Format:
    plugin: Format = registry().load("format", dataset.format)
    if not overrides(plugin, member):
        raise RebalanceError(
            f"The format {dataset.format} does not {does}.",
            hint="Poses of particles are written for RELION and CryoSPARC.",
        )
    return plugin


def _average_of(class_id: IntArray, averages: IntArray) -> tuple[IntArray, BoolArray]:
    """Row of the average of each particle, and whether it has one."""
    order = np.argsort(averages, kind="stable")
    found = np.searchsorted(averages, class_id, sorter=order).clip(max=len(order) - 1)
    at = order[found]
    return at, averages[at] == class_id
