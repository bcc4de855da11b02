"""``rebalance inspect``: a dataset in a few lines, and what ``run`` would do with it."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rebalance.contracts import Inspection, ReadRequest
from rebalance.errors import InputError
from rebalance.model import ClassAverages, Dataset, Orientations, ParticleTable
from rebalance.model.class_numbers import count_classes
from rebalance.plugin_validation import overrides

_SHOWN_FILES = 8

_NUMBER = "-k auto"
"""Number of superclasses: a scan suggests it, and the report page lets a person choose."""


def inspect_path(path: Path, name: str, plugin: Any) -> Inspection:
    """Describe a path that a format plugin recognises.

    Parameters
    ----------
    path : Path
    name : str
        Of the format.
    plugin : Format
        Its ``describe`` gives the first rows.
    """
    rows: list[tuple[str, str]] = []
    warnings: list[str] = []
    try:
        rows += plugin.describe(path)
        found = _read(path, plugin)
        if isinstance(found, _Refinement):
            return _of_refinement(path, name, rows, found)
        dataset, problem = found
    except InputError as error:
        return _refused(name, rows, [str(error)])
    rows.append(("job", dataset.job))
    if dataset.particles is not None:
        rows += _particle_rows(dataset.particles)
    if dataset.class_averages is not None:
        rows += _average_rows(dataset.class_averages)
    rows += _file_rows(dataset)
    if problem is not None:
        warnings.append(problem)
    if dataset.class_averages is not None and dataset.class_averages.is_empty.all():
        warnings.append("No class average has both an image and particles.")
        return _refused(name, rows, [*dataset.warnings, *warnings])
    does, flags = _what_run_does(dataset)
    rows.append(("run", f"would {does}"))
    command = f"rebalance run {shlex.quote(str(path))} {flags}"
    return Inspection(name, tuple(rows), (*dataset.warnings, *warnings), command)


def _refused(name: str, rows: list[tuple[str, str]], warnings: list[str]) -> Inspection:
    rows.append(("run", "would stop with"))
    return Inspection(name, tuple(rows), tuple(warnings), is_refused=True)


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _file_rows(dataset: Dataset) -> list[tuple[str, str]]:
    shown = [_from_here(source) for source in dataset.sources[:_SHOWN_FILES]]
    if len(dataset.sources) > _SHOWN_FILES:
        shown.append(f"and {len(dataset.sources) - _SHOWN_FILES} more")
    return [("files", "\n".join(shown)), *(("note", note) for note in dataset.notes)]


class _Refinement(NamedTuple):
    """Particles that have poses."""

    dataset: Dataset
    orientations: Orientations


def _of_refinement(
    path: Path, name: str, rows: list[tuple[str, str]], found: _Refinement
) -> Inspection:
    dataset, orientations = found
    particles, known = dataset.particles, int(np.count_nonzero(orientations.is_known))
    assert particles is not None
    counts = count_classes(particles.class_id)
    typed = shlex.quote(str(path))
    rows += [
        ("job", dataset.job),
        ("particles", f"{len(particles):,}"),
        ("poses", f"of {known:,} particles ({', '.join(orientations.columns)})"),
        ("point group", orientations.symmetry or "unknown"),
        *([("classes", f"{len(counts)}")] if len(counts) > 1 else []),
        *_file_rows(dataset),
        ("run", "not possible: this is a 3D refinement, and run takes 2D classifications"),
        ("to balance views", f"rebalance orientations {typed}"),
    ]
    return Inspection(name, tuple(rows), dataset.warnings, f"rebalance diagnose {typed}")


def _read(path: Path, plugin: Any) -> tuple[Dataset, str | None] | _Refinement:
    try:
        return plugin.read(ReadRequest(path)), None
    except InputError as error:
        with_averages = error
    if overrides(plugin, "orientations"):
        with contextlib.suppress(InputError):
            request = ReadRequest(path, need_class_averages=False, needs_class=False)
            dataset = plugin.read(request)
            return _Refinement(dataset, plugin.orientations(dataset))
    dataset = plugin.read(ReadRequest(path, need_class_averages=False))
    return dataset, str(with_averages)


def _particle_rows(particles: ParticleTable) -> list[tuple[str, str]]:
    counts = count_classes(particles.class_id)
    without = len(particles) - sum(counts.values())
    return [
        ("particles", f"{len(particles):,}" + (f" ({without:,} in no class)" if without else "")),
        (
            "classes with particles",
            f"{len(counts)} (numbers {min(counts)} to {max(counts)}; "
            f"{min(counts.values()):,} to {max(counts.values()):,} particles)"
            if counts
            else "none",
        ),
    ]


def _average_rows(averages: ClassAverages) -> list[tuple[str, str]]:
    size = averages.pixel_size
    alone = np.count_nonzero(averages.has_image & averages.lacks_particles)
    rows = [
        (
            "class averages",
            f"{len(averages)} (numbers {averages.class_id.min()} to {averages.class_id.max()})",
        ),
        ("empty averages", str(np.count_nonzero(~averages.has_image))),
        *([("without particles", str(alone))] if alone else []),
        ("box", f"{averages.box} px" + (f" ({averages.box * size:.4g} Å)" if size else "")),
        ("pixel size", f"{size:g} Å" if size else "unknown (give `pixel_size`)"),
    ]
    if averages.mask_diameter:
        rows.append(("mask diameter", f"{averages.mask_diameter:g} Å"))
    return rows


def _what_run_does(dataset: Dataset) -> tuple[str, str]:
    """In words, and the flags for it."""
    averages, particles = dataset.class_averages, dataset.particles
    if averages is None:
        return "balance the 2D classes", "--no-superclasses -f 0.5"
    usable = int((~averages.is_empty).sum())
    does = f"group {usable} averages into superclasses"
    if particles is None:
        return f"{does}, without particles", _NUMBER
    return f"{does} and balance {len(particles):,} particles", _NUMBER
