"""Particles of a CryoSPARC job: the table with the classes, and what passes through, joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.cryosparc_handle import CryosparcParticles
from rebalance.formats.cryosparc_job import CLASS_FIELD, CryosparcJob, particles_beside
from rebalance.formats.cryosparc_join import count_other_classes, find_companions, uid_warnings
from rebalance.formats.cryosparc_orientations import read_classes_if_any
from rebalance.formats.cryosparc_remarks import (
    group_warnings,
    one_class_warnings,
    pixel_size_warnings,
    relative_path_warnings,
)
from rebalance.formats.cryosparc_slots import (
    choose_givers,
    differences,
    item_warnings,
    tables_of_group,
    untaken_notes,
)
from rebalance.formats.cs_file import CsTable, open_cs
from rebalance.formats.paths import same_file
from rebalance.model import ParticleTable

_WRITTEN = "particles_selected*.cs and .csg (and particles_excluded*)"


def read_particles(
    job: CryosparcJob, passthrough: Sequence[Path] = (), *, needs_class: bool = True
) -> tuple[ParticleTable, list[str], list[str]]:
    """The particles of a job, joined with what passes through.

    Parameters
    ----------
    job : CryosparcJob
    passthrough : sequence of Path
        Those that the person names; those found next to the particles are added.
    needs_class : bool
        False if particles need no class numbers, and nothing is to be said of these.

    Returns
    -------
    particles : ParticleTable
    notes, warnings : list of str

    Raises
    ------
    InputError
        If they have no classes where these are needed, are none, or can't be joined.
    """
    assert job.particles is not None
    main = open_cs(job.particles)
    # A group that was found has no say beside a file that is named.
    asked = {} if job.is_found and passthrough else dict(job.group)
    if len(main) == 0:
        raise InputError(
            "The particle table is empty.", path=job.particles, hint="Give a table with particles."
        )
    tables = _add_once([main], asked.values())
    n_asked = len(tables)
    tables = _add_once(tables, passthrough)
    named = range(n_asked, len(tables))
    found, warnings = find_companions(main, tables[1:])
    tables += found
    # What a person names comes before what was found.
    rest = [at for at in range(len(tables)) if at not in named]
    order = [*named, *rest] if job.is_found else [0, *named, *rest[1:]]
    group, more = tables_of_group(asked, tables)
    warnings += more
    # A group that a person names is whole; one that was found says which of two files is meant.
    grouped = range(n_asked) if asked and not job.is_found else ()
    givers = choose_givers(tables, order, named=named, group=group, grouped=grouped)
    handle = CryosparcParticles(main, tables[1:], givers)
    class_id = handle.read_classes() if needs_class else read_classes_if_any(handle)
    notes = [
        f"{handle.tables[at].path.name} has the same uids and is carried along."
        for at in handle.used
        if handle.tables[at] in found
    ]
    said, warned = differences(handle, asked, needs_class)
    notes += [*said, *(untaken_notes(handle) if asked else ())]
    warnings += [
        *warned,
        *uid_warnings(main),
        *(one_class_warnings(class_id) if needs_class else ()),
        *(pixel_size_warnings(handle) if needs_class else ()),
        *group_warnings(handle.slots),
        *(item_warnings(job.n_items, handle) if asked else ()),
        *(
            text
            for at in handle.used
            for text in relative_path_warnings(handle.tables[at], _WRITTEN)
        ),
    ]
    return ParticleTable(class_id, handle, job.particles), notes, warnings


def other_classification_warnings(particles: ParticleTable, averages: Path) -> list[str]:
    """At most one sentence on particles whose classes are not those of the averages' own job.

    Parameters
    ----------
    particles : ParticleTable
    averages : Path
        Table or stack of class averages, beside which the particles of its job may lie.
    """
    handle, path = particles.handle, particles_beside(averages)
    assert isinstance(handle, CryosparcParticles)
    if path is None or any(same_file(path, one) for one in handle.files):
        return []
    try:
        table = open_cs(path)
        if CLASS_FIELD not in (table.dtype.names or ()):
            return []
        differ, common = count_other_classes(handle.main, particles.class_id, table)
    except InputError:
        # No one asked for that file.
        return []
    if not differ:
        return []
    return [
        f"{path.name}, next to {averages.name}, puts {differ:,} of the {common:,} particles that "
        "it shares with yours into other classes. Are the averages from another classification?"
    ]


def _add_once(tables: Iterable[CsTable], paths: Iterable[Path]) -> list[CsTable]:
    """Tables with those of further files, each file once however it is spelt."""
    added = list(tables)
    for path in paths:
        if not any(same_file(path, table.path) for table in added):
            added.append(open_cs(path))
    return added
