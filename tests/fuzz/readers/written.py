"""Files that a person or a run writes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz import mutations as change
from tests.fuzz.readers.prepared import (
    TEXT,
    Prepared,
    Reader,
    dataset_of_a_job,
    relion_job,
    simulated,
)


@cache
def _affinity() -> Any:
    import rebalance

    return rebalance.affinity(simulated().class_averages, "rotational-cc", cache=None)


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
    averages = simulated().class_averages

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

    job = relion_job(folder).job
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

    dataset, path = dataset_of_a_job(folder), folder / "decisions.json"
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
    from rebalance.clusterings import from_labels
    from rebalance.clusterings.labels import read_labels
    from rebalance.model import Classes

    averages, path = simulated().class_averages, folder / "labels.csv"
    classes = Classes.of(averages.class_id, averages.n_particles)
    rows = [(number, at % 2) for at, number in enumerate(averages.class_id.tolist())]
    seeds = [
        "\n".join(["class_id,superclass", *(f"{a},{b}" for a, b in rows)]),
        "\n".join(f"{a} view{b}" for a, b in rows),
        "data_\n\nloop_\n_rlnClassNumber #1\n_rlnSuperclass #2\n"
        + "\n".join(f"{a} {b}" for a, b in rows),
    ]

    def read(path: Path) -> None:
        superclasses = from_labels(classes, read_labels(path), _affinity())
        "\n".join(superclasses.notes).encode()

    return Prepared(path, [seed.encode() for seed in seeds], read)


def _verdicts(folder: Path) -> Prepared:
    """Cinderella's file."""
    from rebalance.curation.evidence import of_verdicts
    from rebalance.formats.verdicts import read_verdicts

    averages, path = dataset_of_a_job(folder).class_averages, folder / "run_index_confidence.txt"
    lines = [f"{place} {(place * 7 % 10) / 10:.3f}" for place in range(len(averages))]
    seeds = ["\n".join(lines), "\n".join([*lines[::-1], ""])]

    def read(path: Path) -> None:
        of_verdicts(read_verdicts(path), averages, path)

    return Prepared(path, [seed.encode() for seed in seeds], read)


def _verdicts_of_relion(folder: Path) -> Prepared:
    """A Select job's choice, and the class ranker's scores."""
    from rebalance.curation.evidence import of_verdicts
    from rebalance.formats.verdicts import read_verdicts

    averages, path = dataset_of_a_job(folder).class_averages, folder / "verdicts.star"
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


WRITTEN = (
    Reader("affinity", (change.change_bytes, change.change_npz, change.change_npz), _npz),
    Reader("run-record", (*TEXT, change.change_json, change.change_json), _run_record),
    Reader("decisions", (*TEXT, change.change_json, change.change_json), _decisions),
    Reader("verdicts", TEXT, _verdicts),
    Reader("verdicts-relion", (*TEXT, change.change_columns), _verdicts_of_relion),
    Reader("labels", (*TEXT, change.change_columns), _labels),
    Reader("study", (*TEXT, change.change_toml, change.change_toml), _study),
)
