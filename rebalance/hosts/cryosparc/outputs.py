"""The outputs of the External job: rows of what was connected, chosen by uid."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.formats.cryosparc_poses import joined
from rebalance.hosts.cryosparc.connection import refusals_told
from rebalance.hosts.cryosparc.external_job import AVERAGES, PARTICLES
from rebalance.model import BoolArray, Dataset, IntArray

if TYPE_CHECKING:
    from cryosparc.controllers.job import ExternalJobController

SELECTED, EXCLUDED = "particles_selected", "particles_excluded"
TEMPLATES = "templates_superclasses"
"""Names of outputs."""

UidArray = npt.NDArray[np.uint64]


def save_particles(
    job: ExternalJobController,
    dataset: Dataset,
    selected: BoolArray,
    slot: str,
    image: Path | bytes | None = None,
) -> dict[str, int]:
    """Save which particles stay, and which go; all their other slots pass through.

    Parameters
    ----------
    job : ExternalJobController
        Running.
    dataset : Dataset
        What was read of its input.
    selected : bool (P,)
        Which of these particles stay.
    slot : str
        The slot that is saved, since CryoSPARC asks for one; its values are those of the input.
    image : Path or bytes, optional
        A PNG for the output of those that stay.

    Returns
    -------
    dict of str to int
        Particles of each output; an output that would be empty is not made.

    Raises
    ------
    HostError
        If CryoSPARC refuses.
    InputError
        If the particles of the files that were read are not those of the input.
    """
    with refusals_told():
        known = job.load_input(PARTICLES, [slot])
    stays = rows_of(
        np.asarray(known["uid"], dtype=np.uint64),
        joined(dataset.particles).read_field("uid").astype(np.uint64),
        selected,
    )
    saved = {}
    for name, title, rows in (
        (SELECTED, "Particles selected", stays),
        (EXCLUDED, "Particles excluded", ~stays),
    ):
        if rows.any():
            shown = image if name == SELECTED else None
            _save(job, "particle", name, title, PARTICLES, known, rows, slot, shown)
            saved[name] = int(np.count_nonzero(rows))
    return saved


def save_templates(
    job: ExternalJobController, medoid: IntArray, image: Path | bytes | None = None
) -> dict[str, int]:
    """Save the class average that stands for each superclass, for picking or for a look.

    Parameters
    ----------
    job : ExternalJobController
        Running.
    medoid : int64 (K,)
        Class number for each superclass.
    image : Path or bytes, optional
        A PNG.

    Returns
    -------
    dict of str to int
    """
    with refusals_told():
        known = job.load_input(AVERAGES, ["blob"])
    rows = np.isin(np.asarray(known["blob/idx"], dtype=np.int64), medoid)
    if not rows.any():
        return {}
    title = "One class average per superclass"
    _save(job, "template", TEMPLATES, title, AVERAGES, known, rows, "blob", image)
    return {TEMPLATES: int(np.count_nonzero(rows))}


def rows_of(known: UidArray, read: UidArray, selected: BoolArray) -> BoolArray:
    """Which rows of a table are those that are selected in another one of the same uids.

    Parameters
    ----------
    known, read : uint64 (P,)
        The uids of the two tables, in any order.
    selected : bool (P,)
        Of the rows of the second.

    Raises
    ------
    InputError
        If they have not the same uids, or have one twice and in another order.
    """
    if np.array_equal(known, read):
        return selected
    order, place = np.argsort(read, kind="stable"), np.argsort(known, kind="stable")
    uids = read[order]
    if not np.array_equal(known[place], uids) or bool((uids[1:] == uids[:-1]).any()):
        raise InputError(
            f"The particle files do not match the job: they have {len(read):,} particles, and "
            f"CryoSPARC has {len(known):,}, with different uids.",
            hint="Was the job run again in the meantime, or is there another project in this "
            "place on this machine?",
        )
    stays = np.zeros(len(known), dtype=np.bool_)
    stays[place] = selected[order]
    return stays


def _save(
    job: ExternalJobController,
    type: Any,
    name: str,
    title: str,
    source: str,
    known: Any,
    rows: BoolArray,
    slot: str,
    image: Path | bytes | None,
) -> None:
    with refusals_told():
        job.add_output(type, name, slots=[slot], passthrough=source, title=title)
        shown = io.BytesIO(image) if isinstance(image, bytes) else image
        job.save_output(name, known.mask(rows).filter_prefixes([slot]), image=shown)
