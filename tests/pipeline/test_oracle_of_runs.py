"""Whole runs against the guide's sentences (`tests.oracle`): files in, files out, read plainly."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import rebalance
from rebalance.cli import app
from rebalance.simulate import simulate
from tests import oracle
from tests.pipeline.runs import Correlation

N_AVERAGES, N_PARTICLES, BOX = 14, 400, 16
NO_AVERAGE = 40
"""Number of a class that has particles and no average."""


@dataclass(frozen=True)
class Job:
    """A job on disk, and what is in its table."""

    path: Path
    table: Path
    averages: Path
    rows: list[bytes]
    particles: list[oracle.Particle]
    first_class: int
    read_rows: Callable[[Path], list[bytes]]
    suffix: str

    @property
    def classes(self) -> range:
        return range(self.first_class, self.first_class + N_AVERAGES)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project of each layout; read only."""
    options = {"n_averages": N_AVERAGES, "n_particles": N_PARTICLES, "n_views": 4, "box": BOX}
    folder = tmp_path_factory.mktemp("projects")
    return {
        layout: simulate(folder / layout, options, layout=layout).project
        for layout in ("relion", "cryosparc")
    }


def a_job(
    simulated: dict[str, Path], layout: str, folder: Path, seed: int, *, all_have_one: bool = False
) -> Job:
    """A copy of the project, its particles dealt anew to classes of very uneven sizes."""
    project = shutil.copytree(simulated[layout], folder / f"{layout}_{seed}")
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.full(N_AVERAGES, 0.4))
    # Some classes get nobody, and some particles a class without an average.
    of_class = rng.choice(N_AVERAGES, N_PARTICLES, p=chance)
    if not all_have_one:
        of_class[rng.random(N_PARTICLES) < 0.05] = NO_AVERAGE
    score = rng.integers(0, 20, N_PARTICLES) / 16
    half = rng.choice([1, 2], N_PARTICLES, p=(0.4, 0.6))
    make = _relion if layout == "relion" else _cryosparc
    return make(project, of_class, score, half)


def _relion(project: Path, of_class: Any, score: Any, half: Any) -> Job:
    (path,) = project.rglob("*_data.star")
    lines = path.read_text().splitlines()
    labels = [line.split()[0] for line in lines if line.startswith("_rln")]
    labels = labels[labels.index("_rlnCoordinateX") :]
    start = max(at for at, line in enumerate(lines) if line.startswith("_rln")) + 1
    for row, at in enumerate(range(start, start + N_PARTICLES)):
        fields = lines[at].split()
        fields[labels.index("_rlnClassNumber")] = str(of_class[row] + 1)
        fields[labels.index("_rlnMaxValueProbDistribution")] = str(score[row])
        lines[at] = "\t".join([*fields, str(half[row])])
    lines.insert(start, f"_rlnRandomSubset #{len(labels) + 1}")
    path.write_text("\n".join(lines) + "\n")
    particles = [
        oracle.Particle(row, int(of_class[row]) + 1, float(score[row]), int(half[row]))
        for row in range(N_PARTICLES)
    ]
    averages = next(path.parent.glob("*_model.star"))
    return Job(path.parent, path, averages, star_rows(path), particles, 1, star_rows, "star")


def _cryosparc(project: Path, of_class: Any, score: Any, half: Any) -> Job:
    (path,) = project.rglob("J*_020_particles.cs")
    table = np.load(path)
    wider = np.zeros(len(table), dtype=[*table.dtype.descr, ("alignments3D/split", "<u4")])
    for name in table.dtype.names:
        wider[name] = table[name]
    wider["alignments2D/class"] = of_class
    wider["alignments2D/error"] = score
    wider["alignments3D/split"] = half - 1
    with path.open("wb") as file:
        np.save(file, wider)
    particles = [
        # The lower the error, the better.
        oracle.Particle(row, int(of_class[row]), -float(score[row]), int(half[row]))
        for row in range(N_PARTICLES)
    ]
    averages = next(path.parent.glob("*_class_averages.cs"))
    return Job(path.parent, path, averages, cs_rows(path), particles, 0, cs_rows, "cs")


def star_rows(path: Path) -> list[bytes]:
    """Lines of the last loop."""
    lines = path.read_bytes().split(b"\n")
    start = max(at for at, line in enumerate(lines) if line.startswith(b"_rln")) + 1
    return [line for line in lines[start:] if line.strip()]


def cs_rows(path: Path) -> list[bytes]:
    """Rows of the table."""
    return [row.tobytes() for row in np.load(path)]


def empty_averages(job: Job) -> set[int]:
    """Numbers of the averages that are constant, from the pixels alone."""
    (stack,) = (path for path in job.path.iterdir() if path.suffix in (".mrc", ".mrcs"))
    pixels = np.fromfile(stack, dtype="<f4", offset=1024).reshape(-1, BOX, BOX)
    return {
        number
        for number, image in zip(job.classes, pixels[-N_AVERAGES:], strict=True)
        if image.min() == image.max()
    }


def check(job: Job, folder: Path, superclass: dict[int, int], aside: set[int], **rule: Any) -> None:
    """That what was written is the input in two, and what the sentences say."""
    quota, strategy = rule.pop("quota"), rule.pop("strategy")
    selected = job.read_rows(folder / f"particles_selected.{job.suffix}")
    excluded = job.read_rows(folder / f"particles_excluded.{job.suffix}")
    assert len(set(job.rows)) == len(job.rows)
    chosen = set(selected)
    assert selected == [row for row in job.rows if row in chosen]
    assert excluded == [row for row in job.rows if row not in chosen]
    kept = {at for at, row in enumerate(job.rows) if row in chosen}
    groups = oracle.groups_of(job.particles, superclass, aside)
    allowed = oracle.largest_allowed(
        [len(group) for (kind, _), group in groups.items() if kind == "superclass"],
        [len(group) for (kind, _), group in groups.items() if kind == "aside"],
        **rule,
    )
    for name, group in groups.items():
        wrong = oracle.what_is_wrong(group, kept, allowed, quota=quota, is_best=strategy == "best")
        assert not wrong, (name, wrong)
    assert kept <= {particle.row for group in groups.values() for particle in group}
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["particles"]["selected"] == len(kept)
    after = {
        row["superclass"]: row["particles_after"]
        for row in summary["superclasses"]
        if row["particles_before"]
    }
    members = {row["superclass"]: set(row["class_ids"]) for row in summary["superclasses"]}
    for number, particles_after in after.items():
        own = [p for p in job.particles if p.number in members[number]]
        assert particles_after == sum(p.row in kept for p in own)


RULES: list[dict[str, Any]] = [
    {"strategy": "best", "quota": "none", "factor": "0"},
    {"strategy": "best", "quota": "none", "factor": "1"},
    {"strategy": "best", "quota": "proportional", "factor": "0.35"},
    {"strategy": "random", "quota": "equal", "factor": "0.6", "cap_from": 0},
    {"strategy": "random", "quota": "none", "max_size": 12},
    {"strategy": "best", "quota": "equal", "factor": "0.9", "max_size": 17},
]


def in_words(rule: dict[str, Any]) -> list[str]:
    """As they are typed."""
    flags = {"factor": "--factor", "max_size": "--max-size", "cap_from": "--cap-from"}
    words = ["--strategy", rule["strategy"], "--set", f"strategy.quota={rule['quota']}"]
    for name, flag in flags.items():
        if name in rule:
            words += [flag, str(rule[name])]
    return words


@pytest.mark.parametrize("layout", ["relion", "cryosparc"])
@pytest.mark.parametrize(("seed", "rule"), list(enumerate(RULES)))
def test_a_run_with_a_persons_own_superclasses_is_what_the_guide_says(
    simulated: dict[str, Path], tmp_path: Path, layout: str, seed: int, rule: dict[str, Any]
) -> None:
    job = a_job(simulated, layout, tmp_path, seed)
    rng = np.random.default_rng(100 + seed)
    labels = dict(zip(job.classes, rng.choice([0, 1, 2, 3, -1, -2], N_AVERAGES), strict=True))
    labels[job.first_class + int(rng.integers(N_AVERAGES))] = 0
    Path("labels.csv").write_text(
        "class_id,superclass\n" + "".join(f"{n},{label}\n" for n, label in labels.items())
    )
    given = {name: value for name, value in rule.items() if name != "quota"}
    # Named, since averages of only some of the classes are not taken unasked.
    run = rebalance.run(
        job.table,
        job.averages,
        labels="labels.csv",
        metric=Correlation(),
        junk="off",
        figures=False,
        options={"strategy": {"quota": rule["quota"]}},
        output="run",
        **given,
    )
    assert run.folder is not None
    words = ["--labels", "labels.csv", "--junk", "off", "--metric", "rotational-cc"]
    words += ["--no-figures", "-o", "typed", *in_words(rule)]
    typed = CliRunner().invoke(app, ["run", str(job.table), str(job.averages), *words])
    assert typed.exit_code == 0, typed.output
    empty = empty_averages(job)
    assert empty
    superclass = {n: int(k) for n, k in labels.items() if k >= 0 and n not in empty}
    aside = {n for n, k in labels.items() if k == -2 and n not in empty}
    for folder in (run.folder, Path("typed")):
        # Who doesn't look for junk has the guide's rule: the smallest decides.
        check(job, folder, superclass, aside, **({"cap_from": 0} | rule))


@pytest.mark.parametrize("layout", ["relion", "cryosparc"])
@pytest.mark.parametrize(("junk", "seed"), [("off", 7), ("aside", 8), ("aside", 9)])
def test_a_run_that_groups_itself_balances_what_it_grouped_as_the_guide_says(
    simulated: dict[str, Path], tmp_path: Path, layout: str, junk: Any, seed: int
) -> None:
    job = a_job(simulated, layout, tmp_path, seed)
    cap_from = "auto" if junk == "aside" else 0
    rule = {"strategy": "best", "quota": "none", "factor": "0.5", "cap_from": cap_from}
    run = rebalance.run(
        job.path,
        n_superclasses=2,
        metric=Correlation(),
        junk=junk,
        figures=False,
        strategy="best",
        factor="0.5",
    )
    assert run.folder is not None
    with (run.folder / "superclasses.csv").open(newline="") as file:
        label = {int(row["class_id"]): int(row["superclass"]) for row in csv.DictReader(file)}
    superclass = {n: k for n, k in label.items() if k >= 0}
    aside = {n for n, k in label.items() if k == -2}
    assert junk == "aside" or not aside
    check(job, run.folder, superclass, aside, **rule)


@pytest.mark.parametrize("layout", ["relion", "cryosparc"])
@pytest.mark.parametrize("all_have_one", [True, False])
def test_with_superclassification_off_a_run_balances_the_classes_themselves(
    simulated: dict[str, Path], tmp_path: Path, layout: str, all_have_one: bool
) -> None:
    job = a_job(simulated, layout, tmp_path, 21, all_have_one=all_have_one)
    words = ["--no-superclasses", "--no-figures", "-f", "0.4", "-o", "typed"]
    done = CliRunner().invoke(app, ["run", str(job.path), *words, "--strategy", "best"])
    assert done.exit_code == 0, done.output
    # The guide leaves open what becomes of empty averages. Here none is needed: those that are not
    # of all classes are not looked at, and then each class of the table is balanced.
    out = empty_averages(job) if all_have_one else set()
    each = {one.number: one.number for one in job.particles if one.number not in out}
    rule = {"strategy": "best", "quota": "none", "factor": "0.4", "cap_from": 0}
    check(job, Path("typed"), each, set(), **rule)
