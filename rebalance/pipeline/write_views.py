"""Writes the views of class averages into a folder: table, map, pictures, poses of particles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rebalance.errors import OutputError, RebalanceError
from rebalance.model import Affinity, ClassAverages, Dataset, ViewBalance, Views
from rebalance.pipeline.prepare import Prepared
from rebalance.record.affinity_file import IMAGES, images_digest, write_affinity
from rebalance.record.map_file import write_map
from rebalance.record.results_folder import AFFINITY_FILE, FIGURES, MAP, VIEW_TABLE
from rebalance.record.tables import write_view_table
from rebalance.record.views_summary import about_axes


def write_views(
    prepared: Prepared, affinity: Affinity, views: Views, balance: ViewBalance, folder: Path
) -> tuple[list[Path], list[str]]:
    """Write what was found into a folder that is there and empty.

    Parameters
    ----------
    prepared : Prepared
        With class averages.
    affinity : Affinity
        That carries the views.
    views : Views
    balance : ViewBalance
        Of the particles, or of the averages where there are none.
    folder : Path

    Returns
    -------
    files : list of Path
    warnings : list of str
        What could not be written, and why.

    Raises
    ------
    OutputError, OSError
        If a file can't be written.
    """
    progress, dataset = prepared.progress, prepared.dataset
    averages = dataset.class_averages
    assert averages is not None
    progress.stage("write", "Writing views and map")
    files, warnings = [folder / VIEW_TABLE, folder / AFFINITY_FILE], []
    write_view_table(views, averages.n_particles, files[0])
    facts = {**affinity.facts, IMAGES: images_digest(averages)}
    write_affinity(replace(affinity, facts=facts), files[1])
    if views.map.any():
        files.append(folder / MAP)
        write_map(views.map, _in_angstrom(views.voxel_size, averages), files[-1])
        if averages.pixel_size is None:
            warnings.append(
                f"The pixel size is unknown, so {MAP} has none. Give it as `pixel_size`."
            )
    progress.stage("poses", "Writing poses of particles")
    poses, why_not = _write_poses(dataset, views, folder)
    files += poses
    warnings += why_not
    if poses:
        warnings += about_axes(views.symmetry, dataset.format)
    if prepared.settings.figures:
        progress.stage("figures", "Drawing figures")
        files += _draw(dataset, views, balance, folder / FIGURES, prepared.settings.pdf)
    return files, warnings


def _in_angstrom(voxel_size: float, averages: ClassAverages) -> float | None:
    return None if averages.pixel_size is None else voxel_size * averages.pixel_size


def _write_poses(dataset: Dataset, views: Views, folder: Path) -> tuple[list[Path], list[str]]:
    """Files of poses, and why there are none: only those of trusted views are worth a start."""
    if dataset.particles is None or not views.trusted:
        return [], []
    from rebalance.poses import particle_poses, write_poses

    try:
        return list(write_poses(dataset, particle_poses(dataset, views), folder)), []
    except RebalanceError as error:
        if isinstance(error, OutputError):
            raise
        return [], [f"Poses of particles were not written: {error.problem}"]


def _draw(
    dataset: Dataset, views: Views, balance: ViewBalance, folder: Path, pdf: bool
) -> list[Path]:
    from rebalance import figures
    from rebalance.pipeline.view_pictures import reprojections_of

    averages = dataset.class_averages
    assert averages is not None
    drawn = figures.draw_views(
        dataset,
        views,
        reprojections=reprojections_of(averages, views),
        view_balance=None if averages.n_particles is None else balance,
    )
    return [path for paths in figures.save_each(drawn, folder, pdf=pdf) for path in paths]
