"""Files of a 3D refinement: poses, symmetry and half maps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import mutations as change
from tests.fuzz.readers.prepared import (
    ANGLES,
    TEXT,
    Prepared,
    Reader,
)


def _read_refinement(path: Path, target: Path, names_group: bool = False) -> None:
    """Read poses, write half of the particles, and read theirs again.

    A file that names the point group alone is never refused; here it is, if it names none.
    """
    from rebalance import formats
    from rebalance.errors import InputError
    from rebalance.model import Selection, Superclasses
    from rebalance.registry import registry

    dataset = formats.read_refinement(path)
    orientations = formats.read_orientations(dataset)
    assert dataset.particles is not None
    assert len(orientations) == len(dataset.particles)
    assert np.isfinite(orientations.direction[orientations.is_known]).all()
    "\n".join((*dataset.notes, *dataset.warnings, orientations.symmetry)).encode()
    if names_group and not orientations.symmetry:
        raise InputError("No point group is named.", path=path)
    keep, none = np.arange(len(orientations)) % 2 == 0, np.zeros(0, dtype=np.int64)
    zero = np.zeros(len(keep), dtype=np.int64)
    selection = Selection(keep, (~keep).astype(np.uint8), zero, None, none, none)
    nothing = Superclasses(none, none, none, none, np.zeros(0), none)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    writer = registry().load("format", dataset.format)
    written = writer.write(dataset, selection, nothing, target)
    if orientations.is_known[keep].any() and orientations.angles[keep, :2].any():
        again = formats.read_orientations(formats.read_refinement(written[0]))
        np.testing.assert_array_equal(again.angles, orientations.angles[keep])


def _refinement_prepared(path: Path, read: Path, folder: Path, *more: bytes) -> Prepared:
    target = folder / "written"
    return Prepared(
        path,
        [path.read_bytes(), *more],
        lambda _: _read_refinement(read, target, names_group=path != read),
    )


def _refined_star(folder: Path, name: str) -> Prepared:
    """The end of a Refine3D job: its table, or the sampling that lies beside it."""
    job = folder / "Refine3D" / "job009"
    job.mkdir(parents=True)
    rng = np.random.default_rng(3)
    angles, classes = rng.uniform(-90, 90, (40, 3)), rng.integers(1, 4, 40)
    labels = "\n".join(f"_{label}" for label in ("rlnImageName", *ANGLES, "rlnClassNumber"))
    rows = "\n".join(
        f"{n:06d}@one.mrcs {rot:.6f} {tilt:.6f} {psi:.6f} {number}"
        for n, ((rot, tilt, psi), number) in enumerate(zip(angles, classes, strict=True), 1)
    )
    optics = "data_optics\n\nloop_\n_rlnOpticsGroup #1\n_rlnImagePixelSize #2\n1 1.5\n\n"
    data, sampling = job / "run_data.star", job / "run_sampling.star"
    table = f"data_particles\n\nloop_\n{labels}\n{rows}\n"
    data.write_text(optics + table)
    sampling.write_text(
        "data_sampling_general\n\n_rlnIs3DSampling 1\n_rlnSymmetryGroup D7\n\n"
        "data_sampling_directions\n\nloop_\n_rlnAngleRot #1\n_rlnAngleTilt #2\n45.0 85.2\n"
    )
    if name == "data":
        return _refinement_prepared(data, data, folder, table.replace("particles", "").encode())
    return _refinement_prepared(sampling, job, folder)


def _refined_cs(folder: Path, name: str) -> Prepared:
    """Particles of a refinement of one map or of several, or the job.json beside them."""
    rng = np.random.default_rng(3)
    slots: dict[str, list[tuple[Any, ...]]] = {
        "": [("alignments3D/pose", "<f4", (3,))],
        "classes": [
            (f"alignments_class_{n}/{field}", "<f4", *shape)
            for n in (0, 1)
            for field, shape in (("pose", [(3,)]), ("class_posterior", []))
        ],
        "multi": [
            ("alignments3D_multi/pose", "<f4", (2, 3)),
            ("alignments3D_multi/class_posterior", "<f4", (2,)),
            ("alignments3D_multi/class", "<u4", (2,)),
        ],
    }
    path, seeds = folder / "J8_004_particles.cs", []
    for fields in slots.values():
        table = np.zeros(40, dtype=[("uid", "<u8"), ("blob/idx", "<u4"), *fields])
        table["uid"] = rng.integers(2**60, 2**63, 40, dtype=np.uint64)
        for field, _, *shape in fields:
            table[field] = rng.random((40, *(shape[0] if shape else ())))
        with open(path, "wb") as out:
            np.save(out, table)
        seeds.append(path.read_bytes())
    spec = folder / "job.json"
    spec.write_text(json.dumps({"params_spec": {"refine_symmetry": {"value": "D7"}}}))
    if name == "spec":
        return _refinement_prepared(spec, path, folder)
    return _refinement_prepared(path, path, folder, *seeds)


def _half_maps(folder: Path) -> Prepared:
    """A half map of every mode, beside another and a mask of its box."""
    import mrcfile

    from rebalance.half_maps.find import find_half_maps
    from rebalance.half_maps.read import open_half_maps
    from rebalance.half_maps.signal import signal_of_half_maps

    rng = np.random.default_rng(1)
    path = folder / "run_half1_class001_unfil.mrc"
    other, mask = folder / "run_half2_class001_unfil.mrc", folder / "mask.mrc"

    def written(target: Path, dtype: str) -> bytes:
        with mrcfile.new(target, overwrite=True) as out:
            out.set_data(rng.integers(0, 100, (6, 6, 6)).astype(dtype))
            out.set_volume()
            out.voxel_size = 3.0
        return target.read_bytes()

    written(other, "f4")
    written(mask, "f4")
    seeds = [written(path, dtype) for dtype in ("i1", "<f4", ">f4", "f2", "u2")]

    def read(path: Path) -> None:
        assert find_half_maps(path) is not None
        maps = open_half_maps(path, other, mask)
        signal = signal_of_half_maps(maps, n_axes=4)
        "\n".join((*maps.warnings, repr(signal))).encode()

    return Prepared(path, seeds, read)


OF_REFINEMENTS = (
    Reader("half-maps", (change.change_bytes, change.change_mrc, change.change_mrc), _half_maps),
    Reader(
        "refinement-star",
        (*TEXT, change.change_columns),
        lambda folder: _refined_star(folder, "data"),
    ),
    Reader("refinement-sampling", TEXT, lambda folder: _refined_star(folder, "sampling")),
    Reader(
        "refinement-cs",
        (change.change_bytes, change.change_npy, change.change_npy),
        lambda folder: _refined_cs(folder, "particles"),
    ),
    Reader(
        "refinement-job",
        (*TEXT, change.change_json),
        lambda folder: _refined_cs(folder, "spec"),
    ),
)
