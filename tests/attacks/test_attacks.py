"""A few tries of each attack, and that a broken promise is noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import judge
from tests.attacks.bench import RECORD, Bench, Ending
from tests.attacks.campaign import ATTACKS
from tests.attacks.findings import keep
from tests.attacks.judge import Try
from tests.attacks.nursery import ROOT
from tests.attacks.scenarios import PROJECT, SCENARIOS
from tests.pipeline.runs import content

SEED = 1
RUN, JOB = SCENARIOS["run-relion"], SCENARIOS["external-run"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("attacks")) as made:
        yield made


# Tries of the scenarios that are quick; each takes a reference run.
@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("kill", number) for number in (0, 1, 3, 4)),
        *(("stop", number) for number in (0, 1)),
        *(("full-disk", number) for number in (0, 2)),
        *(("read-only", number) for number in (0, 2)),
        *(("inputs", number) for number in (0, 2)),
        *(("together", number) for number in (0,)),
    ],
)
def test_a_promise_holds_under_attack(bench: Bench, name: str, number: int) -> None:
    """The whole campaign: ``python -m tests.attacks``."""
    attack = ATTACKS[name]
    reason = attack.why_not()
    if reason:
        pytest.skip(reason)
    tried = attack.attempt(bench, SEED, number)
    assert tried.is_hit, tried.what
    assert not tried.problems, f"{tried.scenario.name}, {tried.what}: {tried.problems}"


def test_a_run_that_is_forked_ends_as_one_that_is_typed(bench: Bench) -> None:
    bench.fill(RUN)
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.child", *RUN.command()],
        cwd=bench.arena,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert judge.find(bench, RUN) == (judge.WHOLE, [])


def test_results_that_are_not_whole_are_noticed(bench: Bench) -> None:
    bench.fill(RUN, former=0)
    place = bench.place(RUN)
    assert judge.find(bench, RUN) == (judge.WHOLE, [])
    table = place / "superclasses.csv"
    table.write_bytes(table.read_bytes()[:-1])
    assert judge.find(bench, RUN)[0] == judge.PARTIAL
    table.unlink()
    assert judge.find(bench, RUN)[0] == judge.PARTIAL
    (place / RECORD).unlink()
    assert judge.find(bench, RUN)[1]


def test_a_record_of_other_inputs_is_noticed(bench: Bench) -> None:
    bench.fill(RUN, former=0)
    record = bench.place(RUN) / RECORD
    record.write_text(record.read_text().replace('"sha256": "', '"sha256": "0'))
    found, wrong = judge.find(bench, RUN)
    assert found == judge.WHOLE
    assert any("other inputs" in one for one in wrong)
    assert any("another digest" in one for one in wrong)


def test_a_job_folder_with_less_than_success_promises_is_noticed(bench: Bench) -> None:
    bench.fill(JOB, former=0)
    assert judge.find(bench, JOB) == (judge.WHOLE, [])
    (bench.place(JOB) / "particles_selected.star").unlink()
    assert judge.find(bench, JOB)[1] == ["RELION is told of success, and not all is there"]
    (bench.place(JOB) / "run.out").write_text("")
    assert "RELION's run.out has changed" in judge.find(bench, JOB)[1]


def test_a_touched_input_and_a_stray_folder_are_noticed(bench: Bench) -> None:
    bench.fill(RUN)
    before = bench.inputs(RUN)
    assert judge.inputs_changed(bench, RUN, before) == []
    assert judge.left_behind(bench, RUN) == []
    path = next((bench.arena / PROJECT).rglob("*_data.star"))
    os.utime(path, (0, 0))
    name = path.relative_to(bench.arena / PROJECT).as_posix()
    assert judge.inputs_changed(bench, RUN, before) == [f"the input {name} was touched"]
    assert judge.inputs_changed(bench, RUN, before, but=name) == []
    (bench.place(RUN).parent / ".out.unfinished-1").mkdir()
    assert judge.left_behind(bench, RUN) == ["left behind: disk/.out.unfinished-1"]


@pytest.mark.parametrize(
    ("code", "err", "is_fine"),
    [
        (2, "Error: out\nThe disk is full.\n", True),
        (2, "", False),
        (2, "Error: a\nError: b\n", False),
        (2, "Error: out\nTraceback (most recent call last)\n", False),
        (1, "Error: out\n", False),
        (0, "Exception ignored in: <_io.TextIOWrapper>\n", False),
        (0, "", True),
        (-6, "", False),
    ],
)
def test_an_error_that_is_badly_said_is_noticed(code: int, err: str, is_fine: bool) -> None:
    assert (judge.badly_said(RUN, Ending(code, "", err, "", 0.0)) == []) == is_fine


def test_a_finding_says_how_to_do_it_again(bench: Bench, tmp_path: Path) -> None:
    bench.fill(RUN)
    tried = Try(RUN, "SIGKILL at call 3", found=judge.PARTIAL, problems=["it was not whole"])
    kept = keep(bench, tmp_path, "kill", SEED, 5, tried)
    assert "--attack kill --seed 1 --first 5 --tries 1" in (kept / "finding.json").read_text()
    assert content(kept / "arena" / PROJECT) == content(bench.arena / PROJECT)
