"""Files of a 2D classification: each is read, and half of its particles written and read again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import mutations as change
from tests.fuzz.readers.prepared import (
    SETTINGS,
    TEXT,
    Prepared,
    Reader,
    cryosparc_job,
    relion_job,
)


def _read_and_write(path: Path, target: Path, *, is_table: bool = True) -> None:
    """Read a data set, look at its columns, write half of its particles, and read these again.

    If the mutant is not the table of particles, only the class averages are written.
    """
    from rebalance import formats
    from rebalance.errors import ColumnError
    from rebalance.model import Selection, Superclasses
    from rebalance.plugin_validation import overrides
    from rebalance.registry import registry

    dataset = formats.read(path)
    keep = None
    if dataset.particles is not None and is_table:
        for name in dataset.particles.column_names:
            try:
                dataset.particles.column(name)
            except ColumnError:
                continue
        keep = np.arange(len(dataset.particles)) % 2 == 0
    none = np.zeros(0, dtype=np.int64)
    selection = None
    if keep is not None:
        zero = np.zeros(len(keep), dtype=np.int64)
        selection = Selection(keep, (~keep).astype(np.uint8), zero, None, none, none)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    nothing = Superclasses(none, none, none, none, np.zeros(0), none)
    writer = registry().load("format", dataset.format)
    written = writer.write(dataset, selection, nothing, target, copy_templates=False)
    if keep is not None and written:
        again = formats.read(written[0], need_class_averages=False).particles
        assert again is not None, "what was written has no particles"
        assert len(again) == np.count_nonzero(keep), "what was written has another number of rows"
    if keep is not None and overrides(writer, "write_poses"):
        _give_poses(writer, dataset, target / "poses")


def _give_poses(writer: Any, dataset: Any, target: Path) -> None:
    """Give poses to the particles that were aligned, and read these again."""
    from rebalance import formats
    from rebalance.model import ParticlePoses

    alignment = writer.in_plane_alignment(dataset)
    aligned = np.isfinite(alignment.psi) & np.isfinite(alignment.shift).all(axis=1)
    row = np.flatnonzero(aligned)
    turn = np.tile(np.eye(3), (len(row), 1, 1))
    class_id = dataset.particles.class_id[row]
    poses = ParticlePoses(row, class_id, turn, alignment.shift[row], None, len(aligned))
    target.mkdir()
    first = writer.write_poses(dataset, poses, target)[0]
    if len(row) and (class_id > 0).any():
        again = formats.read(first, need_class_averages=False).particles
        assert again is not None, "what has poses has no particles"
        np.testing.assert_array_equal(again.class_id, class_id)


def _of_format(path: Path, job: Path, folder: Path, *, is_table: bool = True) -> Prepared:
    """A file of a job; what is read is the job or the file itself."""
    target = folder / "written"
    return Prepared(
        path, [path.read_bytes()], lambda _: _read_and_write(job, target, is_table=is_table)
    )


def _star(folder: Path) -> Prepared:
    files = relion_job(folder)
    return _of_format(files.data, files.data, folder)


def _model(folder: Path) -> Prepared:
    files = relion_job(folder)
    return _of_format(files.model, files.job, folder, is_table=False)


def _optimiser(folder: Path) -> Prepared:
    files = relion_job(folder)
    return _of_format(files.optimiser, files.optimiser, folder, is_table=False)


def _pipeline(folder: Path) -> Prepared:
    """What went into each job, by which averages are found, and the kinds of nodes."""
    from rebalance.hosts.relion.output_nodes import spelling_of

    files = relion_job(folder)
    split = files.project / "Select" / "job008" / "particles_split1.star"
    split.parent.mkdir(parents=True)
    shutil.copy(files.data, split)
    data = files.data.relative_to(files.project).as_posix()
    edges = (
        "data_pipeline_input_edges\n\nloop_\n_rlnPipeLineEdgeFromNode #1\n"
        f"_rlnPipeLineEdgeProcess #2\n{data} Select/job008/\n"
    )
    kinds = {"Type": "3", "TypeLabel": "ParticleGroupMetadata.star.relion"}
    nodes = [
        f"data_pipeline_nodes\n\nloop_\n_rlnPipeLineNodeName #1\n_rlnPipeLineNode{label} #2\n"
        f"{data} {kind}\n\n{edges}"
        for label, kind in kinds.items()
    ]

    def read(path: Path) -> None:
        spelling_of(path.parent)
        _read_and_write(split, folder / "written")

    path = files.project / "default_pipeline.star"
    return Prepared(path, [node.encode() for node in nodes], read)


def _mrcs(folder: Path) -> Prepared:
    files = relion_job(folder)
    return _of_format(files.classes, files.classes, folder)


def _cs(folder: Path) -> Prepared:
    files = cryosparc_job(folder)
    return _of_format(files.particles, files.particles, folder)


def _cs_averages(folder: Path) -> Prepared:
    files = cryosparc_job(folder)
    return _of_format(files.class_averages, files.job, folder)


def _cs_stream(folder: Path) -> Prepared:
    from cryosparc import dataset

    files = cryosparc_job(folder)
    table = dataset.Dataset.load(str(files.particles))
    table.save(str(files.particles), format=dataset.CSDAT_FORMAT)
    return _of_format(files.particles, files.particles, folder)


def _csg(folder: Path) -> Prepared:
    files = cryosparc_job(folder)
    path = files.job / "particles.csg"
    of_the_table = ("blob", "alignments2D")
    results = {
        slot: {
            "metafile": ">"
            + (files.particles.name if slot in of_the_table else files.passthrough.name),
            "num_items": SETTINGS["n_particles"],
            "type": f"particle.{slot}",
        }
        for slot in ("blob", "alignments2D", "ctf", "location")
    }
    content = {
        "created": "2026-01-01T00:00:00",
        "group": {"description": "All particles", "name": "particles", "type": "particle"},
        "results": results,
        "version": "v4.6.0",
    }
    import yaml

    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return _of_format(path, path, folder)


OF_JOBS = (
    Reader("star", (*TEXT, change.change_columns), _star),
    Reader("model", (*TEXT, change.change_columns), _model),
    Reader("optimiser", (*TEXT, change.change_columns), _optimiser),
    Reader("pipeline", (*TEXT, change.change_columns), _pipeline),
    Reader("mrcs", (change.change_bytes, change.change_mrc, change.change_mrc), _mrcs),
    Reader("cs", (change.change_bytes, change.change_npy, change.change_npy), _cs),
    Reader("cs-averages", (change.change_bytes, change.change_npy), _cs_averages),
    Reader("cs-stream", (change.change_bytes, change.change_stream), _cs_stream),
    Reader("csg", (*TEXT, change.change_yaml, change.change_yaml), _csg),
)
