"""Which files make up a CryoSPARC classification or refinement, found from any one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from rebalance.errors import InputError
from rebalance.formats.cryosparc_paths import is_set_aside, job_of
from rebalance.formats.cs_file import CsTable, open_cs, slots
from rebalance.formats.csg_file import read_group
from rebalance.formats.mrc_file import SUFFIXES
from rebalance.formats.paths import folders_of, is_file, same_file
from rebalance.formats.refinements import commands_for

CLASS_SLOT = "alignments2D"
CLASS_FIELD = f"{CLASS_SLOT}/class"
POSE_FIELD = re.compile(r"(alignments3D|alignments3D_multi|alignments_class_\d+)/pose")
"""Where 3D refinements and classifications store poses."""

_ITERATION = re.compile(r"_(\d{2,})_")
_GIVE_AVERAGES = "Give *_class_averages.cs, templates_selected.cs, or the .mrc stack."


@dataclass(frozen=True)
class CryosparcJob:
    """The files of one classification or refinement.

    Parameters
    ----------
    particles : Path, optional
    averages : Path, optional
    group : mapping of str to Path
        The file of each slot, by a result group.
    n_items : mapping of str to int
        The rows of each slot, by a result group.
    is_found : bool
        Whether the particles, or their group, were found in a folder rather than named.
    notes : tuple of str
    """

    particles: Path | None
    averages: Path | None = None
    group: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    n_items: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    is_found: bool = False
    notes: tuple[str, ...] = ()


def find_job(path: Path, project: Path | None = None, *, needs_class: bool = True) -> CryosparcJob:
    """The files of the classification that a folder, ``.cs`` or ``.csg`` belongs to.

    Parameters
    ----------
    path : Path
    project : Path, optional
        The project folder, where a person names it.
    needs_class : bool
        False if a refinement is meant, whose particles have poses.

    Raises
    ------
    InputError
        If it belongs to none.
    """
    if path.is_dir():
        return _from_folder(path, needs_class)
    if path.suffix == ".csg":
        return _from_group(path, project, needs_class)
    if not needs_class:
        return CryosparcJob(path)
    if is_averages(open_cs(path)):
        return CryosparcJob(None, path)
    return CryosparcJob(path, averages_beside(path))


def _from_group(path: Path, project: Path | None, needs_class: bool) -> CryosparcJob:
    group = read_group(path, project)
    files = list(dict.fromkeys(group.files.values()))
    notes = tuple(group.notes)
    if not needs_class:
        posed = (file for slot, file in group.files.items() if is_pose_slot(slot))
        main = next(posed, files[0])
        return CryosparcJob(main, None, group.files, group.n_items, notes=notes)
    if CLASS_SLOT not in group.files and len(files) == 1 and is_averages(open_cs(files[0])):
        return CryosparcJob(None, files[0], notes=notes)
    main = group.files.get(CLASS_SLOT, files[0])
    return CryosparcJob(main, averages_beside(main), group.files, group.n_items, notes=notes)


def is_averages(table: CsTable) -> bool:
    """True for a table of class averages: it names images, and they have no class of their own."""
    names = set(table.dtype.names or ())
    if any(name.startswith(("alignments2D/", "location/", "ctf/")) for name in names):
        return False
    by_name = re.search(r"class_averages|templates", table.path.name) is not None
    return "blob/idx" in names and ("blob/res_A" in names or by_name)


def is_pose_slot(slot: str) -> bool:
    """Whether a slot is one that holds poses."""
    return POSE_FIELD.fullmatch(f"{slot}/pose") is not None


def is_passthrough(path: Path) -> bool:
    """Whether a file is named as what passes through a job."""
    return "passthrough" in path.name


def _from_folder(folder: Path, needs_class: bool) -> CryosparcJob:
    is_asked = _has_class if needs_class else _has_pose
    tables = list(_tables_in(folder))
    taken = [table for table in tables if not is_set_aside(table.path.name)]
    main = [table for table in taken if not is_passthrough(table.path)]
    asked = [table for table in main if is_asked(table)]
    passed = [table for table in taken if is_passthrough(table.path) and is_asked(table)]
    if not asked and passed:
        # As after a 3D job: the classes of the particles pass through.
        asked = [table for table in main if _is_particles(table)] or passed
    if asked:
        last = _last_iteration(table.path for table in asked)
        if last is None:
            raise InputError(
                "The folder has several particle tables: "
                f"{', '.join(table.path.name for table in asked)}.",
                path=folder,
                hint="Give the one that you want.",
            )
        group, n_items, notes = _group_of(last, needs_class)
        averages = averages_beside(last) if needs_class else None
        return CryosparcJob(last, averages, group, n_items, True, notes)
    averages = averages_in(folder) if needs_class else None
    if averages is not None:
        return CryosparcJob(None, averages)
    aside = [t.path.name for t in tables if is_set_aside(t.path.name) and is_asked(t)]
    if aside:
        hint = f"If you want these, give {aside[0]} itself."
    elif not needs_class:
        hint = "Give the folder of a 3D refinement, or its particles .cs."
    else:
        hint = "Give the folder of a 2D Classification or Select 2D job, or its particles .cs."
        if any(map(_has_pose, taken)):
            hint = f"{commands_for(folder)} {hint}"
    raise InputError(
        "The folder has no CryoSPARC particles with "
        + (CLASS_FIELD if needs_class else "alignments3D/pose")
        + (f", except for {', '.join(aside)}." if aside else "."),
        path=folder,
        hint=hint,
    )


def _group_of(
    particles: Path, needs_class: bool
) -> tuple[dict[str, Path], dict[str, int], tuple[str, ...]]:
    """What the result group in the folder says of the particles: files, rows, and who says so."""
    groups = []
    for path in sorted(particles.parent.glob("*.csg")):
        try:
            group = read_group(path)
        except InputError:
            # It is not asked for; that a file of it is missing shows in what the others lack.
            continue
        files = [
            file
            for slot, file in group.files.items()
            if (slot == CLASS_SLOT if needs_class else is_pose_slot(slot))
        ]
        if any(same_file(file, particles) for file in files):
            groups.append((path, group))
    if not groups:
        return {}, {}, ()
    path, group = groups[0]
    if any(other.files != group.files for _, other in groups[1:]):
        names = ", ".join(path.name for path, _ in groups)
        return (
            {},
            {},
            ((f"{names} disagree about the files of {particles.name}. None of them was used."),),
        )
    return group.files, group.n_items, tuple(group.notes)


def _tables_in(folder: Path) -> Iterator[CsTable]:
    """Tables that can be opened; of what is broken in a folder nothing is asked."""
    for path in sorted(folder.glob("*.cs")):
        try:
            yield open_cs(path)
        except InputError:
            continue


def _has_class(table: CsTable) -> bool:
    return CLASS_FIELD in (table.dtype.names or ())


def _has_pose(table: CsTable) -> bool:
    return any(map(POSE_FIELD.fullmatch, table.dtype.names or ()))


def _is_particles(table: CsTable) -> bool:
    """Whether these may be particles whose classes are in another file."""
    has = {"blob", "location", "alignments3D"}.intersection(slots(table))
    return bool(has) and "uid" in (table.dtype.names or ()) and not is_averages(table)


def iteration_of(path: Path) -> int:
    """The iteration that a file is of by its name, or −1."""
    found = _ITERATION.findall(path.name)
    return int(found[-1]) if found else -1


def _last_iteration(paths: Iterable[Path]) -> Path | None:
    """The one of the highest iteration; None if that is not one alone."""
    by_iteration: dict[int, list[Path]] = {}
    for path in paths:
        by_iteration.setdefault(iteration_of(path), []).append(path)
    last = by_iteration[max(by_iteration)] if by_iteration else []
    return last[0] if len(last) == 1 else None


def averages_beside(particles: Path) -> Path | None:
    """The table of class averages that belongs to a particle table by its name, or None.

    It is next to the table or the file that the table is a link to; for an exported group, in
    the folder of the exported class averages beside its own.
    """
    for folder in folders_of(particles):
        for twin in _twins(particles.name):
            if is_file(folder / twin):
                return folder / twin
        found = _averages_in(folder, job_of(particles.name))
        if len(found) == 1:
            return found[0]
    for folder in folders_of(particles):
        for twin in _twins(folder.name):
            if (folder.parent / twin).is_dir():
                found = _averages_in(folder.parent / twin)
                if len(found) == 1:
                    return found[0]
    return None


def _twins(name: str) -> list[str]:
    """How class averages are named where particles are named so."""
    twins = (
        name.replace("particles_selected", "templates_selected"),
        name.replace("particles", "class_averages"),
        name.replace("particles", "templates"),
    )
    return [twin for twin in dict.fromkeys(twins) if twin != name]


def particles_beside(averages: Path) -> Path | None:
    """The particles of the classification that class averages are of, by their name, or None."""
    name = averages.with_suffix(".cs").name
    for folder in folders_of(averages):
        for old, new in (
            ("class_averages", "particles"),
            ("templates_selected", "particles_selected"),
            ("templates", "particles"),
        ):
            twin = name.replace(old, new)
            if twin != name and is_file(folder / twin):
                return folder / twin
    return None


def averages_in(folder: Path) -> Path | None:
    """The class averages that a folder holds: a table, or else the only stack of that name.

    Raises
    ------
    InputError
        If there are several.
    """
    found = _averages_in(folder) or [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and re.search(r"class_averages|templates", path.name)
    ]
    if len(found) > 1:
        raise InputError(
            "The folder has class averages in several files: "
            f"{', '.join(path.name for path in found)}.",
            path=folder,
            hint="Give the one that you want as `class_averages`.",
        )
    return found[0] if found else None


def _averages_in(folder: Path, job: str | None = None) -> list[Path]:
    """Tables of class averages of the last iteration, of this job if there are some of it."""
    named = {*folder.glob("*class_averages*.cs"), *folder.glob("*templates*.cs")}
    paths = [path for path in sorted(named) if not is_set_aside(path.name)]
    paths = [path for path in paths if job and job_of(path.name) == job] or paths
    # Iterations of two jobs say nothing of which is meant.
    last = None if len({job_of(path.name) for path in paths}) > 1 else _last_iteration(paths)
    return [last] if last else paths


def find_averages_of(path: Path, project: Path | None) -> Path:
    """The table or stack of class averages that a folder or result group gives.

    Raises
    ------
    InputError
        If it gives none, or several.
    """
    found = None
    if path.is_dir():
        particles = [
            table.path
            for table in _tables_in(path)
            if _has_class(table) and not is_set_aside(table.path.name)
        ]
        last = _last_iteration(particles)
        found = averages_beside(last) if last else None
        found = found or averages_in(path)
    else:
        found = find_job(path, project).averages
    if found is None:
        raise InputError("There are no class averages there.", path=path, hint=_GIVE_AVERAGES)
    return found
