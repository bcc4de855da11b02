"""Files of other programs: recognizing, reading and writing them.

One plugin a format (`relion`, `cryosparc`, `stack`), each in the module of its name and by way of
the registry. ``*_job`` finds the files that belong together, ``*_averages`` the class averages
among them, ``*_file`` reads and writes one kind of file. Nothing here ever writes to an input.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rebalance.contracts import Inspection, ReadRequest
    from rebalance.model import Dataset, Orientations

__all__ = ["inspect", "read", "read_orientations", "read_refinement"]

_PathLike = str | os.PathLike[str]


def read(
    path: _PathLike,
    class_averages: _PathLike | None = None,
    *,
    format: str | None = None,
    passthrough: Sequence[_PathLike] = (),
    project: _PathLike | None = None,
    pixel_size: float | None = None,
    need_class_averages: bool = True,
) -> Dataset:
    """Read a 2D classification.

    Parameters
    ----------
    path : path
        Job folder (its last iteration is used), optimiser, particle table, or stack.
    class_averages : path, optional
        Stack, or table that refers to the images, if not found next to the particles.
    format : str, optional
        Name of a format plugin; by default the one that recognizes the file.
    passthrough : sequence of paths
        More CryoSPARC files with columns of the same particles.
    project : path, optional
        Folder that the paths inside the files are relative to.
    pixel_size : float, optional
        Å; overrides the files.
    need_class_averages : bool
        False if the particle table is enough. Averages next to it are then only read if they are
        complete and include every class of the table.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a file is missing, of unknown format, or broken.
    OptionError
        If the pixel size is not a positive number.
    """
    from rebalance.contracts import ReadRequest
    from rebalance.formats.pixel_size import as_pixel_size

    return _read(
        ReadRequest(
            Path(path),
            None if class_averages is None else Path(class_averages),
            tuple(map(Path, passthrough)),
            None if project is None else Path(project),
            None if pixel_size is None else as_pixel_size(pixel_size),
            need_class_averages,
        ),
        format,
    )


def read_refinement(
    path: _PathLike,
    *,
    format: str | None = None,
    passthrough: Sequence[_PathLike] = (),
    project: _PathLike | None = None,
) -> Dataset:
    """Read the particles of a 3D refinement, 3D classification or initial model.

    `read_orientations` gives their poses.

    Parameters
    ----------
    path : path
        Job folder (the final result, or else the last iteration, is used), optimiser, or particle
        table.
    format : str, optional
        Name of a format plugin; by default the one that recognizes the file.
    passthrough : sequence of paths
        More CryoSPARC files with columns of the same particles.
    project : path, optional
        Folder that the paths inside the files are relative to.

    Returns
    -------
    Dataset
        Particles, and no class averages. A particle without a class number has `NO_CLASS`.

    Raises
    ------
    InputError
        If a file is missing, of unknown format, broken, or without particles.
    """
    from rebalance.contracts import ReadRequest
    from rebalance.errors import InputError

    request = ReadRequest(
        Path(path),
        passthrough=tuple(map(Path, passthrough)),
        project=None if project is None else Path(project),
        need_class_averages=False,
        needs_class=False,
    )
    dataset = _read(request, format)
    if dataset.particles is None:
        raise InputError(
            "There are no particles in it.", path=request.path, hint="Give the particles."
        )
    # A format that does not know what was asked may have read them.
    return dataset if dataset.class_averages is None else replace(dataset, class_averages=None)


def read_orientations(dataset: Dataset) -> Orientations:
    """Read the poses of particles from a 3D refinement.

    Parameters
    ----------
    dataset : Dataset
        From `read_refinement`.

    Returns
    -------
    Orientations
        A row for each particle, without a pose if the table has none.

    Raises
    ------
    InputError
        If the table has no valid poses.
    RebalanceError
        If the format can't read poses.
    """
    from rebalance.errors import RebalanceError
    from rebalance.plugin_validation import overrides
    from rebalance.registry import registry

    plugin = registry().load("format", dataset.format)
    if dataset.particles is None or not overrides(plugin, "orientations"):
        raise RebalanceError(
            f"The format {dataset.format} can't read poses of a 3D refinement.",
            hint="Give particles from a refinement in RELION or CryoSPARC.",
        )
    orientations: Orientations = plugin.orientations(dataset)
    return orientations


def _read(request: ReadRequest, format: str | None) -> Dataset:
    from rebalance.formats.paths import require_exists

    for one in (request.path, request.class_averages, *request.passthrough):
        if one is not None:
            require_exists(one)
    if request.project is not None:
        require_exists(request.project, "project folder")
    name, plugin = _plugin(request.path, format)
    dataset: Dataset = plugin.read(request)
    # By this name it is found again to write the results.
    return dataset if dataset.format == name else replace(dataset, format=name)


def _plugin(path: Path, name: str | None) -> tuple[str, Any]:
    from rebalance.errors import InputError
    from rebalance.registry import registry

    if name is not None:
        return name, registry().load("format", name)
    if not os.access(path, os.R_OK):
        raise InputError(
            "You don't have permission to read it.", path=path, hint="Check the permissions."
        )
    plugins: list[tuple[str, Any]] = []
    scores: list[float] = []
    for one in registry().of_kind("format"):
        # A broken format of a third party must not stop the others; `format` names it.
        try:
            plugin = one.load()
            score = float(plugin.sniff(path))
        except Exception as error:
            registry().problems.append(f"The format {one.name!r} of {one.package} failed: {error}")
            continue
        plugins.append((one.name, plugin))
        scores.append(score)
    if not scores or max(scores) <= 0:
        from rebalance.formats.paths import results_folder_said

        if results := results_folder_said(path):
            raise InputError(results[0], path=path, hint=results[1])
        if jobs := _jobs_inside(path, [plugin for _, plugin in plugins]):
            there = "is one job" if len(jobs) == 1 else f"are {len(jobs)} jobs"
            raise InputError(
                f"This is not a job folder, but there {there} in it.",
                path=path,
                hint=f"Give {' or '.join(map(str, jobs[-3:]))}.",
            )
        raise InputError(
            f"The format of this {'folder' if path.is_dir() else 'file'} is unknown (known: "
            f"{', '.join((known for known, _ in plugins))}).",
            path=path,
            hint="Give a job folder, a *_optimiser.star, a particle table (.star, .cs), or an MRC "
            "stack.",
        )
    return plugins[scores.index(max(scores))]


def _jobs_inside(path: Path, plugins: Sequence[Any]) -> list[Path]:
    """Folders in a folder that some format knows: a person stopped one level too high."""
    if not path.is_dir():
        return []
    found = []
    for inside in sorted(path.iterdir()):
        # A link that goes round, or a folder of somebody else: it is not what is looked for.
        with suppress(Exception):
            if inside.is_dir() and any(plugin.sniff(inside) > 0 for plugin in plugins):
                found.append(inside)
    return found


def inspect(path: _PathLike) -> Inspection:
    """What a path is, and what ``run`` would do with it.

    Parameters
    ----------
    path : path

    Returns
    -------
    Inspection
        Rows of label and value. Reasons against a run are among the warnings.

    Raises
    ------
    InputError
        If the path does not exist or has an unknown format.
    """
    from rebalance.formats.inspection import inspect_path
    from rebalance.formats.paths import require_exists

    path = Path(path)
    require_exists(path)
    return inspect_path(path, *_plugin(path, None))
