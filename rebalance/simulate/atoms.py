"""Atomic models: atoms read from PDB and mmCIF files, and the density that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.model import BoolArray, DoubleArray, IntArray
from rebalance.simulate.blobs import Blobs

SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif")

_SIGMA_OF_RESOLUTION = 1 / (np.pi * np.sqrt(2))
_TRACE = ("CA", "P")
_FARTHEST = 1e6
"""Å from the origin; no molecule is so large."""


@dataclass(frozen=True, eq=False)
class Atoms:
    """The atoms of a model.

    Parameters
    ----------
    position : float64 (A, 3)
        Å.
    weight : float64 (A,)
        Atomic number times occupancy.
    chain : int64 (A,)
        Number of the chain that an atom belongs to.
    residue : int64 (A,)
        Number of the residue within its chain, as the file has it.
    trace : bool (A,)
        The one atom of each residue, CA or P, by which chains are compared.
    """

    position: DoubleArray
    weight: DoubleArray
    chain: IntArray
    residue: IntArray
    trace: BoolArray


def read_atoms(path: Path, assembly: str | None = None) -> Atoms:
    """Atoms of the first model of a PDB or mmCIF file, plain or gzipped; no water, no hydrogen.

    Parameters
    ----------
    path : Path
    assembly : str, optional
        Biological assembly to build, as the file names it; the atoms as they are by default.

    Raises
    ------
    InputError
        If the file is no atomic model, has no atoms or none with an occupancy, or a coordinate is
        no number; or if gemmi, which reads it, is not installed.
    OptionError
        If the file has no such assembly.
    """
    try:
        import gemmi
    except ImportError as error:
        raise InputError(
            "Reading an atomic model needs gemmi, which is not installed.",
            path=path,
            hint="Install it with `pip install gemmi`.",
        ) from error
    try:
        structure = gemmi.read_structure(str(path))
    except (RuntimeError, ValueError, IndexError, OSError) as error:
        reason = (str(error).splitlines() or ["gemmi failed"])[0].removesuffix(".")
        raise InputError(
            f"The atomic model can't be read: {reason}.",
            path=path,
            hint="Give a PDB or mmCIF file as in the Protein Data Bank.",
        ) from error
    if assembly is not None:
        _build(structure, assembly, path)
    try:
        rows = list(_atoms_of(structure[0])) if len(structure) else []
    except UnicodeDecodeError as error:
        raise InputError(
            "A name of a chain or atom is not text.",
            path=path,
            hint="Copy the file again, or save it anew with another program.",
        ) from error
    if not rows:
        raise InputError(
            "The file has no atoms (ATOM or HETATM records).",
            path=path,
            hint="Give a PDB or mmCIF file with coordinates.",
        )
    table = np.array([row[:4] for row in rows], dtype=np.float64)
    if not np.isfinite(table).all():
        first = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        raise InputError(
            "A coordinate or occupancy is not a number.", path=path, location=f"atom {first + 1}"
        )
    if np.abs(table).max() > _FARTHEST:
        first = int(np.argmax((np.abs(table) > _FARTHEST).any(axis=1)))
        raise InputError(
            f"A coordinate or occupancy is beyond {_FARTHEST:,.0f}.",
            path=path,
            location=f"atom {first + 1}",
        )
    if not table[:, 3].sum() > 0:
        raise InputError(
            "Every atom has occupancy 0.",
            path=path,
            hint="Check that the columns of the file match the PDB format.",
        )
    _, chain = np.unique([row[4] for row in rows], return_inverse=True)
    return Atoms(
        table[:, :3],
        table[:, 3],
        chain.astype(np.int64),
        np.array([row[5] for row in rows], dtype=np.int64),
        np.array([row[6] for row in rows]),
    )


def density_of(atoms: Atoms, resolution: float, *, turn: DoubleArray | None = None) -> Blobs:
    """A Gaussian for each atom, centered as a whole on the center of mass.

    The transform of each Gaussian falls to 1/e at 1/resolution, as that of ``molmap`` in
    UCSF Chimera (Goddard et al. 2007, doi:10.1016/j.jsb.2006.06.010).

    Parameters
    ----------
    atoms : Atoms
    resolution : float
        Å.
    turn : float64 (3, 3), optional
        Rotation of the molecule about its center of mass.
    """
    middle = atoms.weight @ atoms.position / atoms.weight.sum()
    position = atoms.position - middle
    if turn is not None:
        position = position @ turn.T
    sigma = np.full(len(position), _SIGMA_OF_RESOLUTION * resolution)
    return Blobs(position, sigma, atoms.weight)


def _build(structure: Any, assembly: str, path: Path) -> None:
    import gemmi

    known = [one.name for one in structure.assemblies]
    if assembly not in known:
        raise OptionError(
            f"assembly = {assembly}: {path.name} has "
            + (f"assemblies {', '.join(known)}." if known else "no biological assemblies."),
            hint="Leave assembly out to use the atoms as they are.",
        )
    structure.transform_to_assembly(assembly, gemmi.HowToNameCopiedChain.AddNumber)


def _atoms_of(model: Any) -> Iterator[tuple[float, float, float, float, str, int, bool]]:
    for chain in model:
        for residue in chain:
            if residue.is_water():
                continue
            number = residue.seqid.num or 0
            traced = False
            for atom in residue:
                if atom.element.atomic_number <= 1:
                    continue
                # Alternative places of one atom are one point of the trace.
                trace = not traced and atom.name in _TRACE
                traced |= trace
                x, y, z = atom.pos
                weight = atom.element.atomic_number * atom.occ
                yield x, y, z, weight, chain.name, number, trace
