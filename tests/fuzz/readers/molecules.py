"""Molecules that the simulator projects: density maps and atomic models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fuzz import mutations as change
from tests.fuzz.readers.prepared import TEXT, Prepared, Reader


def _load(path: Path) -> None:
    from rebalance.simulate.molecule import load_molecule

    molecule = load_molecule({"source": str(path), "box": 16})
    assert np.isfinite(molecule.diameter)
    assert np.isfinite(molecule.pixel_size)


def _map(folder: Path) -> Prepared:
    import mrcfile

    path, axis = folder / "map.mrc", np.arange(12) - 6
    ball = np.exp(-(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2) / 8)
    seeds = []
    for dtype in ("<f4", ">f4", "i2"):
        with mrcfile.new(path, overwrite=True) as out:
            out.set_data((100 * ball).astype(dtype))
            out.set_volume()
            out.voxel_size = 3.0
        seeds.append(path.read_bytes())
    return Prepared(path, seeds, _load)


def _model(folder: Path, suffix: str) -> Prepared:
    """Two chains of some residues, with an assembly."""
    import gemmi

    rng = np.random.default_rng(5)
    lines = [
        f"ATOM  {n:5d}  CA  ALA {'AB'[n % 2]}{n // 2 + 1:4d}    "
        + "".join(f"{one:8.3f}" for one in rng.uniform(-20, 20, 3))
        + "  1.00 20.00           C  "
        for n in range(1, 21)
    ]
    path = folder / f"model{suffix}"
    structure = gemmi.read_pdb_string("\n".join([*lines, "END", ""]))
    structure.setup_entities()
    if suffix == ".cif":
        structure.make_mmcif_document().write_file(str(path))
    else:
        structure.write_pdb(str(path))
    return Prepared(path, [path.read_bytes()], _load)


MOLECULES = (
    Reader("density-map", (change.change_bytes, change.change_mrc, change.change_mrc), _map),
    Reader("atomic-model-pdb", TEXT, lambda folder: _model(folder, ".pdb")),
    Reader("atomic-model-cif", TEXT, lambda folder: _model(folder, ".cif")),
)
