"""Which of several tables of the same particles gives each slot, and what of that is to be said.

A slot is a group of fields that CryoSPARC connects as one: ``blob``, ``ctf``, ``alignments2D``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from rebalance.formats.cryosparc_handle import CryosparcParticles
from rebalance.formats.cryosparc_job import CLASS_FIELD, CLASS_SLOT, is_pose_slot
from rebalance.formats.cryosparc_join import rows_that_differ
from rebalance.formats.cs_file import CsTable, slots
from rebalance.formats.paths import same_file


def tables_of_group(
    files: Mapping[str, Path], tables: Sequence[CsTable]
) -> tuple[dict[str, int], list[str]]:
    """The table of each slot of a result group, and warnings of those that their file lacks.

    These are taken from the first table that has them.
    """
    group, warnings = {}, []
    for slot, file in files.items():
        at = next(at for at, table in enumerate(tables) if same_file(file, table.path))
        others = [at for at, table in enumerate(tables) if slot in slots(table)]
        if slot not in slots(tables[at]) and others and slot != CLASS_SLOT:
            at = others[0]
            warnings.append(
                f"According to the result group, {slot} is in {file.name}, but it isn't. Using "
                f"that of {tables[at].path.name}."
            )
        group[slot] = at
    return group, warnings


def choose_givers(
    tables: Sequence[CsTable],
    order: Sequence[int],
    *,
    named: Collection[int],
    group: Mapping[str, int],
    grouped: Collection[int],
) -> dict[str, list[int]]:
    """Which tables give each slot, in which order.

    Parameters
    ----------
    tables : sequence of CsTable
    order : sequence of int
        Which table is asked first. But classes come from one that a person names.
    named : collection of int
        The tables that a person names.
    group : mapping of str to int
        The table that gives a slot by a result group.
    grouped : collection of int
        The tables of the group, which give nothing else.
    """
    givers: dict[str, list[int]] = {slot: [at] for slot, at in group.items()}
    for at in order:
        if at not in grouped:
            for slot in slots(tables[at]):
                if slot not in group:
                    givers.setdefault(slot, []).append(at)
    has_class = {at for at in order if CLASS_FIELD in (tables[at].dtype.names or ())}
    givers.get(CLASS_SLOT, []).sort(key=lambda at: (at not in has_class, at not in named))
    return givers


def differences(
    handle: CryosparcParticles, group: Mapping[str, Path], needs_class: bool = True
) -> tuple[list[str], list[str]]:
    """Notes and warnings of slots that several files have, unless a group says whose counts.

    The slot that matters is warned of: that of the classes, or if these are not needed, of the
    poses.
    """
    notes: list[str] = []
    warnings: list[str] = []
    for slot, at in handle.slots.items():
        if slot in group:
            continue
        table = handle.tables[at]
        for number, other in enumerate(handle.tables):
            if number == at or slot not in slots(other):
                continue
            differ = rows_that_differ(table, handle.rows[at], other, handle.rows[number], slot)
            if differ.any():
                text = (
                    f"{table.path.name} and {other.path.name} both have {slot}, but differ for "
                    f"{differ.sum():,} of the {len(handle):,} particles. Using that of "
                    f"{table.path.name}."
                )
                matters = slot == CLASS_SLOT if needs_class else is_pose_slot(slot)
                (warnings if matters else notes).append(text)
    return notes, warnings


def item_warnings(n_items: Mapping[str, int], handle: CryosparcParticles) -> list[str]:
    """At most one sentence on a group that counts other rows than its files have."""
    for slot, n in n_items.items():
        table = handle.tables[handle.slots[slot]]
        if n != len(table):
            return [
                f"The result group counts {n:,} particles in {slot}, but {table.path.name} has "
                f"{len(table):,}. Was the file replaced by one from another job?"
            ]
    return []


def untaken_notes(handle: CryosparcParticles) -> list[str]:
    """A sentence for each file of a group that has more than the group takes from any file."""
    found = []
    for at in handle.used:
        left = [slot for slot in slots(handle.tables[at]) if slot not in handle.slots]
        if left:
            found.append(
                f"The result group does not use {', '.join(left)} from "
                f"{handle.tables[at].path.name}; the written group does not have it either."
            )
    return found
