"""The readers that are fuzzed: their seeds, their mutations, and what is done with a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import mutations as change
from tests.fuzz.mutations import Mutation


@dataclass(frozen=True)
class Prepared:
    """A reader with its seeds.

    Parameters
    ----------
    path : Path
        Where each mutant is written, with all that belongs to it beside it.
    seeds : sequence of bytes
        Files that are read without an error.
    read : callable
        Reads the path, and does with it what a run does.
    """

    path: Path
    seeds: Sequence[bytes]
    read: Callable[[Path], object]


@dataclass(frozen=True)
class Reader:
    """A reader that is fuzzed.

    Parameters
    ----------
    name : str
    mutations : sequence of callables
    prepare : callable
        Makes `Prepared` in an empty folder.
    """

    name: str
    mutations: Sequence[Mutation]
    prepare: Callable[[Path], Prepared]


SETTINGS = {"n_averages": 6, "n_empty": 1, "n_particles": 40, "n_views": 2, "box": 16, "seed": 1}
_TEXT = (change.change_bytes, change.change_tokens, change.change_lines)


@cache
def _simulated() -> Any:
    from rebalance.simulate import simulate_class_averages

    return simulate_class_averages(SETTINGS)


def _relion(folder: Path) -> Any:
    from rebalance.simulate import write_relion

    return write_relion(_simulated(), folder / "project")


def _cryosparc(folder: Path) -> Any:
    from rebalance.simulate import write_cryosparc

    return write_cryosparc(_simulated(), folder / "project")


def _read_and_write(path: Path, target: Path, **how: Any) -> None:
    """Read a data set, look at its columns, write half of its particles, and read these again."""
    from rebalance import formats
    from rebalance.errors import ColumnError
    from rebalance.model import Selection, Superclasses
    from rebalance.plugin_validation import overrides
    from rebalance.registry import registry

    dataset = formats.read(path, **how)
    keep = None
    if dataset.particles is not None:
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


def _of_format(path: Path, job: Path, folder: Path, *more: bytes, **how: Any) -> Prepared:
    """A file of a job; what is read is the job or the file itself."""
    target = folder / "written"
    return Prepared(path, [path.read_bytes(), *more], lambda _: _read_and_write(job, target, **how))


def _star(folder: Path) -> Prepared:
    files = _relion(folder)
    return _of_format(files.data, files.data, folder)


def _model(folder: Path) -> Prepared:
    files = _relion(folder)
    return _of_format(files.model, files.job, folder)


def _optimiser(folder: Path) -> Prepared:
    files = _relion(folder)
    return _of_format(files.optimiser, files.optimiser, folder)


def _pipeline(folder: Path) -> Prepared:
    """What went into each job, by which averages are found, and the kinds of nodes."""
    from rebalance.hosts.relion.output_nodes import spelling_of

    files = _relion(folder)
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
    files = _relion(folder)
    return _of_format(files.classes, files.classes, folder)


def _cs(folder: Path) -> Prepared:
    files = _cryosparc(folder)
    return _of_format(files.particles, files.particles, folder)


def _cs_averages(folder: Path) -> Prepared:
    files = _cryosparc(folder)
    return _of_format(files.class_averages, files.job, folder)


def _cs_stream(folder: Path) -> Prepared:
    from cryosparc import dataset

    files = _cryosparc(folder)
    table = dataset.Dataset.load(str(files.particles))
    table.save(str(files.particles), format=dataset.CSDAT_FORMAT)
    return _of_format(files.particles, files.particles, folder)


def _csg(folder: Path) -> Prepared:
    files = _cryosparc(folder)
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


_ANGLES = ("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")


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
    labels = "\n".join(f"_{label}" for label in ("rlnImageName", *_ANGLES, "rlnClassNumber"))
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


@cache
def _affinity() -> Any:
    import rebalance

    return rebalance.affinity(_simulated().class_averages, "rotational-cc", cache=None)


def _dataset(folder: Path) -> Any:
    from rebalance import formats

    return formats.read(_relion(folder).job)


def _npz(folder: Path) -> Prepared:
    from rebalance.pipeline.given_affinity import fit_affinity
    from rebalance.record.affinity_file import read_affinity, write_affinity
    from rebalance.record.run_record import as_json
    from rebalance.record.summary import about_the_metric

    path = folder / "affinity.npz"
    seeds = []
    for affinity in (_affinity(), replace(_affinity(), notes=("A note.",), alignment=None)):
        write_affinity(affinity, path)
        seeds.append(path.read_bytes())
    averages = _simulated().class_averages

    def read(path: Path) -> None:
        affinity = read_affinity(path)
        as_json({"facts": affinity.facts, "options": affinity.options}).encode()
        "\n".join(about_the_metric(affinity)).encode()
        repr(affinity)
        fit_affinity(affinity, averages, path)

    return Prepared(path, seeds, read)


def _run_record(folder: Path) -> Prepared:
    import rebalance
    from rebalance.pipeline import rerun as module
    from rebalance.pipeline.dry_run import plan
    from rebalance.record.run_record import read_record

    job = _relion(folder).job
    result = rebalance.run(
        job, n_superclasses=2, factor="0.5", output=folder / "first", figures=False
    )
    assert result.folder is not None
    path = result.folder / "run.json"
    first = json.loads(path.read_text())

    def read(path: Path) -> None:
        # All but the run itself: what is asked, and what is compared with it.
        record = read_record(path)
        settings, _ = module.recorded_settings(record, path)
        plan(replace(settings, output=folder / "again", overwrite=False))
        list(module.changed_surroundings(record, first))
        list(module.changed_results(record, first, path.parent, path.parent))

    return Prepared(path, [path.read_bytes()], read)


def _decisions(folder: Path) -> Prepared:
    from rebalance.pipeline.dry_run import plan
    from rebalance.settings import RunSettings

    dataset, path = _dataset(folder), folder / "decisions.json"
    numbers = dataset.class_averages.class_id.tolist()
    content = {
        "decisions_version": 1,
        "rebalance": "0.1.0",
        "job": dataset.job,
        "class_numbers": numbers,
        "superclasses": [numbers[:2], numbers[2:4]],
        "junk": numbers[4:],
        "factor": "0.5",
        "max_size": None,
        "seed": 0,
        "moved": numbers[:1],
        "grouped_by": {"by": "clustering", "clustering": "average", "n_superclasses": 2},
    }
    path.write_text(json.dumps(content))
    settings = RunSettings(
        path=folder / "project" / "Class2D" / "job003",
        decisions=path,
        output=folder / "out",
        affinity_file=_written_affinity(folder),
    )

    def read(path: Path) -> None:
        done = plan(settings)
        "\n".join((*done.notes, *done.warnings)).encode()

    return Prepared(path, [path.read_bytes()], read)


def _written_affinity(folder: Path) -> Path:
    from rebalance import affinity, formats
    from rebalance.record.affinity_file import write_affinity

    path = folder / "given.npz"
    averages = formats.read(next(folder.glob("project/Class2D/*"))).class_averages
    write_affinity(affinity(averages, cache=None), path)
    return path


def _labels(folder: Path) -> Prepared:
    from rebalance.pipeline.dry_run import plan
    from rebalance.settings import RunSettings

    dataset, path = _dataset(folder), folder / "labels.csv"
    rows = [(number, at % 2) for at, number in enumerate(dataset.class_averages.class_id.tolist())]
    seeds = [
        "\n".join(["class_id,superclass", *(f"{a},{b}" for a, b in rows)]),
        "\n".join(f"{a} view{b}" for a, b in rows),
        "data_\n\nloop_\n_rlnClassNumber #1\n_rlnSuperclass #2\n"
        + "\n".join(f"{a} {b}" for a, b in rows),
    ]
    settings = RunSettings(
        path=folder / "project" / "Class2D" / "job003",
        labels=path,
        output=folder / "out",
        affinity_file=_written_affinity(folder),
    )
    return Prepared(path, [seed.encode() for seed in seeds], lambda _: plan(settings))


def _verdicts(folder: Path) -> Prepared:
    """Cinderella's file."""
    from rebalance.curation.evidence import of_verdicts
    from rebalance.formats.verdicts import read_verdicts

    averages, path = _dataset(folder).class_averages, folder / "run_index_confidence.txt"
    lines = [f"{place} {(place * 7 % 10) / 10:.3f}" for place in range(len(averages))]
    seeds = ["\n".join(lines), "\n".join([*lines[::-1], ""])]

    def read(path: Path) -> None:
        of_verdicts(read_verdicts(path), averages, path)

    return Prepared(path, [seed.encode() for seed in seeds], read)


def _verdicts_of_relion(folder: Path) -> Prepared:
    """A Select job's choice, and the class ranker's scores."""
    from rebalance.curation.evidence import of_verdicts
    from rebalance.formats.verdicts import read_verdicts

    averages, path = _dataset(folder).class_averages, folder / "verdicts.star"
    numbers = averages.class_id.tolist()
    rows = "\n".join(f"{n:06d}@run_classes.mrcs {n / 10}" for n in numbers)
    labels = "_rlnReferenceImage #1\n_rlnClassScore #2"
    seeds = [
        "data_\n\nloop_\n_rlnSelected #1\n" + "\n".join(str(n % 2) for n in numbers) + "\n",
        f"data_model_classes\n\nloop_\n{labels}\n{rows}\n",
        f"data_\n\nloop_\n{labels}\n{rows}\n",
    ]

    def read(path: Path) -> None:
        of_verdicts(read_verdicts(path), averages, path)

    return Prepared(path, [seed.encode() for seed in seeds], read)


def _study(folder: Path) -> Prepared:
    from rebalance.comparison.data_sets import list_data_sets
    from rebalance.comparison.method_grid import expand
    from rebalance.comparison.study import read_study

    text = """
n_superclasses = [2, "truth"]
clustering = ["hierarchical", {name = "spectral", label = "s"}]
strategy = ["random"]
seeds = 2
selections = 5
factor = 0.5
scores = ["ari"]
particles_per_average = 50

[[data]]
name = "made up"
simulate = {n_averages = [20, 30], n_views = 5, box = 32}
seeds = [1, 2]

[[data]]
path = "project"
truth = "truth.csv"
symmetry = "C2"
n_superclasses = 3

[[metric]]
name = "rotational-cc"
options = {low_pass = ["20A", "30A"]}
clustering = "hierarchical"
"""
    path = folder / "study.toml"

    def read(path: Path) -> None:
        study = read_study(path)
        expand(study)
        list_data_sets(study, folder)

    return Prepared(path, [text.encode()], read)


def _truth(folder: Path, name: str) -> Prepared:
    from rebalance.evaluation import match_truth, read_truth

    particles = _dataset(folder).particles
    path = folder / "project" / name

    def read(path: Path) -> None:
        match_truth(read_truth(path), particles)

    seeds = [path.read_bytes()]
    if name.endswith("classes.csv"):
        seeds += [b"class_id label\n1 a\n2 b\n3 a\n", b"class_index_0based\tgroup\n0\ta\n1\tb\n"]
    return Prepared(path, seeds, read)


def _refined_views(folder: Path) -> Prepared:
    from rebalance.evaluation import match_truth, read_truth

    particles = _dataset(folder).particles
    path = folder / "refined.star"
    rows = "\n".join(
        f"{i % 180}.5 {i % 90}.25 {i % 360}.0 {name}"
        for i, name in enumerate(particles.column("rlnImageName"))
    )
    labels = "\n".join(f"_{name}" for name in (*_ANGLES, "rlnImageName"))
    text = f"data_particles\n\nloop_\n{labels}\n{rows}\n"
    return Prepared(path, [text.encode()], lambda path: match_truth(read_truth(path), particles))


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


READERS = {
    reader.name: reader
    for reader in (
        Reader("star", (*_TEXT, change.change_columns), _star),
        Reader("model", (*_TEXT, change.change_columns), _model),
        Reader("optimiser", (*_TEXT, change.change_columns), _optimiser),
        Reader("pipeline", (*_TEXT, change.change_columns), _pipeline),
        Reader("mrcs", (change.change_bytes, change.change_mrc, change.change_mrc), _mrcs),
        Reader(
            "half-maps", (change.change_bytes, change.change_mrc, change.change_mrc), _half_maps
        ),
        Reader("cs", (change.change_bytes, change.change_npy, change.change_npy), _cs),
        Reader("cs-averages", (change.change_bytes, change.change_npy), _cs_averages),
        Reader("cs-stream", (change.change_bytes, change.change_stream), _cs_stream),
        Reader("csg", (*_TEXT, change.change_yaml, change.change_yaml), _csg),
        Reader("affinity", (change.change_bytes, change.change_npz, change.change_npz), _npz),
        Reader("run-record", (*_TEXT, change.change_json, change.change_json), _run_record),
        Reader("decisions", (*_TEXT, change.change_json, change.change_json), _decisions),
        Reader("verdicts", _TEXT, _verdicts),
        Reader("verdicts-relion", (*_TEXT, change.change_columns), _verdicts_of_relion),
        Reader("labels", (*_TEXT, change.change_columns), _labels),
        Reader("study", (*_TEXT, change.change_toml, change.change_toml), _study),
        Reader(
            "truth-facts",
            (*_TEXT, change.change_json, change.change_json),
            lambda folder: _truth(folder, "truth.json"),
        ),
        Reader(
            "truth-classes",
            (*_TEXT, change.change_columns),
            lambda folder: _truth(folder, "truth_classes.csv"),
        ),
        Reader(
            "truth-particles",
            (*_TEXT, change.change_columns),
            lambda folder: _truth(folder, "truth_particles.csv"),
        ),
        Reader(
            "refinement-star",
            (*_TEXT, change.change_columns),
            lambda folder: _refined_star(folder, "data"),
        ),
        Reader("refinement-sampling", _TEXT, lambda folder: _refined_star(folder, "sampling")),
        Reader(
            "refinement-cs",
            (change.change_bytes, change.change_npy, change.change_npy),
            lambda folder: _refined_cs(folder, "particles"),
        ),
        Reader(
            "refinement-job",
            (*_TEXT, change.change_json),
            lambda folder: _refined_cs(folder, "spec"),
        ),
        Reader("refined-views", (*_TEXT, change.change_columns), _refined_views),
    )
}
"""By name; a new reader is one entry more."""
