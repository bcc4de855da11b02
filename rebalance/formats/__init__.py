"""Files of other programs: which format a path is, what is in it, and how it is written back.

One plugin a format (`relion`, `cryosparc`, `stack`), each in the module of its name and by way of
the registry. ``*_job`` finds the files that belong together, ``*_averages`` the class averages
among them, ``*_file`` reads and writes one kind of file. Nothing here ever writes to an input.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rebalance.contracts import Inspection
    from rebalance.model import Dataset

__all__ = ["inspect", "read"]

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
        Job folder (its last iteration is taken), optimiser, particle table, or stack.
    class_averages : path, optional
        Stack, or table that names the images, when it is not found beside the particles.
    format : str, optional
        Name of a format plugin; by default the one that recognises the file.
    passthrough : sequence of paths
        Further CryoSPARC files with columns of the same particles.
    project : path, optional
        Folder that the paths inside the files are relative to.
    pixel_size : float, optional
        Å; overrides the files.
    need_class_averages : bool
        False if the particle table is enough. Averages that lie beside it are read then only if
        they are whole and name every class of the table.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a file is missing, of no known format, or broken.
    """
    from rebalance.contracts import ReadRequest
    from rebalance.formats.paths import require_exists

    path = Path(path)
    averages = None if class_averages is None else Path(class_averages)
    for one in (path, averages, *map(Path, passthrough)):
        if one is not None:
            require_exists(one)
    if project is not None:
        require_exists(Path(project), "project folder")
    name, plugin = _plugin(path, format)
    dataset: Dataset = plugin.read(
        ReadRequest(
            path,
            averages,
            tuple(map(Path, passthrough)),
            None if project is None else Path(project),
            pixel_size,
            need_class_averages,
        )
    )
    # By this name it is found again to write the results.
    return dataset if dataset.format == name else replace(dataset, format=name)


def _plugin(path: Path, name: str | None) -> tuple[str, Any]:
    from rebalance.errors import InputError
    from rebalance.registry import registry

    if name is not None:
        return name, registry().load("format", name)
    if not os.access(path, os.R_OK):
        raise InputError("You may not read it.", path=path, hint="Check the permissions.")
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
        raise InputError(
            f"The {'folder' if path.is_dir() else 'file'} is of no known format "
            f"({', '.join(known for known, _ in plugins)}).",
            path=path,
            hint="Give a job folder, a *_optimiser.star, a particle table (.star, .cs), or an MRC "
            "stack.",
        )
    return plugins[scores.index(max(scores))]


def inspect(path: _PathLike) -> Inspection:
    """What a path is, and what ``run`` would do with it.

    Parameters
    ----------
    path : path

    Returns
    -------
    Inspection
        Rows of label and value; what stands in the way is among the warnings.

    Raises
    ------
    InputError
        If the path does not exist or is of no known format.
    """
    from rebalance.formats.inspection import inspect_path
    from rebalance.formats.paths import require_exists

    path = Path(path)
    require_exists(path)
    return inspect_path(path, *_plugin(path, None))
