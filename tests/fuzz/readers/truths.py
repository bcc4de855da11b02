"""Files with the true views, for `rebalance evaluate`."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import mutations as change
from tests.fuzz.readers.prepared import (
    ANGLES,
    TEXT,
    Prepared,
    Reader,
    dataset_of_a_job,
)


def _truth(folder: Path, name: str) -> Prepared:
    from rebalance.evaluation import match_truth, read_truth

    particles = dataset_of_a_job(folder).particles
    path = folder / "project" / name

    def read(path: Path) -> None:
        match_truth(read_truth(path), particles)

    seeds = [path.read_bytes()]
    if name.endswith("classes.csv"):
        seeds += [b"class_id label\n1 a\n2 b\n3 a\n", b"class_index_0based\tgroup\n0\ta\n1\tb\n"]
    return Prepared(path, seeds, read)


def _refined_views(folder: Path) -> Prepared:
    from rebalance.evaluation import match_truth, read_truth

    particles = dataset_of_a_job(folder).particles
    path = folder / "refined.star"
    rows = "\n".join(
        f"{i % 180}.5 {i % 90}.25 {i % 360}.0 {name}"
        for i, name in enumerate(particles.column("rlnImageName"))
    )
    labels = "\n".join(f"_{name}" for name in (*ANGLES, "rlnImageName"))
    text = f"data_particles\n\nloop_\n{labels}\n{rows}\n"
    return Prepared(path, [text.encode()], lambda path: match_truth(read_truth(path), particles))


TRUTHS = (
    Reader(
        "truth-facts",
        (*TEXT, change.change_json, change.change_json),
        lambda folder: _truth(folder, "truth.json"),
    ),
    Reader(
        "truth-classes",
        (*TEXT, change.change_columns),
        lambda folder: _truth(folder, "truth_classes.csv"),
    ),
    Reader(
        "truth-particles",
        (*TEXT, change.change_columns),
        lambda folder: _truth(folder, "truth_particles.csv"),
    ),
    Reader("refined-views", (*TEXT, change.change_columns), _refined_views),
)
