"""A run whose number of superclasses is left to an angle between views."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import rebalance
from rebalance.cli import app
from rebalance.contracts import Advice
from rebalance.model import views_of
from rebalance.pipeline.rerun import rerun
from rebalance.record.affinity_file import read_affinity
from rebalance.scanning.view_width import mean_angles
from tests.numbered_views import UNTRUSTED, NumberedViews, install_numbered_views

IMAGES = ("--metric", "rotational-cc")


@pytest.fixture(autouse=True)
def _views_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    install_numbered_views(monkeypatch)


def command(*words: object) -> Result:
    return CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    )


def test_a_run_finds_the_number_and_says_how(simulated_job: Path, tmp_path: Path) -> None:
    done = command("run", simulated_job, "--metric", "views", "--view-width", "40", "--json")
    assert done.exit_code == 0, done.stderr
    folder = tmp_path / f"rebalance_{simulated_job.name}_w40_f0"
    summary = json.loads(done.stdout)
    found = summary["superclassification"]
    assert found["view_width"]["asked_deg"] == 40
    assert 0 < found["view_width"]["widest_deg"] <= 40
    said = f"{found['number']} superclasses are the fewest that keep views within 40°"
    assert any(note.startswith(said) for note in summary["notes"])
    report = (folder / "report.md").read_text()
    assert said in report
    assert ", the smallest number for which views in a superclass differ by at most 40°" in report
    assert json.loads((folder / "run.json").read_text())["request"]["view_width"] == 40

    label = rebalance.run(
        simulated_job, metric="views", n_superclasses=found["number"], figures=False, output="k"
    ).superclasses.label
    views = views_of(read_affinity(folder / "affinity.npz"))
    assert views is not None
    assert mean_angles(label, views.angle).max() <= 40

    again = command("rerun", folder)
    assert again.exit_code == 0, again.stderr
    assert "same bytes in every file" in again.stdout


def test_the_next_command_keeps_the_angle(simulated_job: Path) -> None:
    done = command(
        *("run", simulated_job, "--metric", "views", "--symmetry", "d2"),
        *("--view-width", "17.5", "--no-figures", "-o", "out"),
    )
    assert done.exit_code == 0, done.stderr
    (typed,) = [line for line in done.stdout.splitlines() if line.startswith("  rebalance run")]
    assert "--view-width 17.5 -f 0." in typed
    assert "--set metric.symmetry=d2" in typed
    (said,) = [line for line in done.stdout.splitlines() if "are the fewest" in line]
    assert "within 17.5°" in said


def test_a_dry_run_says_what_it_would_do(simulated_job: Path) -> None:
    words = ("run", simulated_job, "--metric", "views", "--view-width", "40")
    done = command(*words, "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "with hierarchical, into as few as keep views within 40°" in done.stdout
    command(*words, "-q", "--no-figures", "-o", "out")
    again = command(*words, "--dry-run")
    assert "superclasses are the fewest that keep views within 40°" in again.stdout


def test_the_angle_is_kept_when_junk_is_marked(simulated_job: Path) -> None:
    settings: Any = {"metric": "views", "view_width": 30, "figures": False}
    whole = rebalance.run(simulated_job, **settings, output="whole")
    fewer = rebalance.run(simulated_job, **settings, output="fewer", junk_classes="2,5")
    assert whole.affinity is not None
    assert fewer.affinity is not None
    assert fewer.affinity.key == whole.affinity.key
    views = views_of(whole.affinity)
    assert views is not None
    for result in (whole, fewer):
        assert mean_angles(result.superclasses.label, views.angle).max() <= 30


def test_an_affinity_from_a_file_knows_its_angles(simulated_job: Path) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    rebalance.run(stack, metric="views", n_superclasses=3, figures=False, output="first")
    # Of the table, six averages have no particles; the stack alone did not say so.
    result = rebalance.run(
        simulated_job,
        affinity_file="first/affinity.npz",
        view_width=30,
        figures=False,
        output="second",
    )
    assert result.affinity is not None
    views = views_of(result.affinity)
    assert views is not None
    used = result.superclasses.label >= 0
    assert 0 < used.sum() < len(used)
    assert mean_angles(result.superclasses.label, views.angle).max() <= 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--view-width", "25", *IMAGES], "which the metric rotational-cc does not give"),
        (["--view-width", "25", *IMAGES], "Use --metric views, or give a number, e.g. -k 10"),
        (["--view-width", "0", "--metric", "views"], "--view-width is 0; it must be above 0"),
        (["--view-width", "25", "-k", "3"], "Leave out one of them"),
        (["--view-width", "25", "-k", "auto"], "Leave out one of them"),
        (["--view-width", "25", "--labels", "l.csv"], "Leave out --view-width, or"),
        (["--view-width", "25", "--no-superclasses"], "is its own superclass"),
        (
            ["--view-width", "25", "--metric", "views", "--symmetry", "Q3"],
            "not a rotational point group",
        ),
        (["-k", "3", "--symmetry", "D2", *IMAGES], "symmetry"),
    ],
)
def test_what_can_not_be_is_said_before_averages_are_compared(
    simulated_job: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = command("run", simulated_job, *words)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


def test_views_that_are_not_trusted_give_no_number(simulated_job: Path, tmp_path: Path) -> None:
    done = command(
        *("run", simulated_job, "--metric", "views", "--view-width", "25"),
        *("--set", f"metric.seed={UNTRUSTED}"),
    )
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "not trusted" in said
    assert "Give a number of superclasses instead, e.g. -k 10" in said
    assert not list(tmp_path.iterdir())


def test_a_clustering_that_was_advised_is_said_again(simulated_job: Path) -> None:
    result = rebalance.run(
        simulated_job, metric="views", n_superclasses=4, figures=False, output="advised"
    )
    assert result.folder is not None
    (note,) = [
        note for note in result.summary["notes"] if "the default for the metric views" in note
    ]
    again = rerun(result.folder)
    assert again.came_out == ()
    assert note in again.result.summary["notes"]


def test_without_trusted_views_the_clustering_is_the_usual_one(simulated_job: Path) -> None:
    result = rebalance.run(
        simulated_job,
        metric="views",
        options={"metric": {"seed": UNTRUSTED}},
        n_superclasses=4,
        figures=False,
        output="usual",
    )
    assert result.folder is not None
    assert result.affinity is not None
    named = rebalance.cluster(result.affinity, 4, clustering="hierarchical")
    assert result.superclasses.options == named.options
    assert not [note for note in result.summary["notes"] if "recommended" in note]
    assert rerun(result.folder).came_out == ()


def test_what_is_no_longer_advised_is_repeated_all_the_same(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = rebalance.run(
        simulated_job, metric="views", n_superclasses=4, figures=False, output="advised"
    )
    assert result.folder is not None
    monkeypatch.setattr(NumberedViews, "advice", lambda *_: Advice("spectral"))
    again = rerun(result.folder).result
    assert again.superclasses.clustering == "hierarchical"
    assert again.superclasses.label.tolist() == result.superclasses.label.tolist()


@pytest.mark.parametrize("command_name", ["run", "scan"])
def test_views_that_are_not_trusted_are_a_warning(simulated_job: Path, command_name: str) -> None:
    words = ["--set", f"metric.seed={UNTRUSTED}", "--metric", "views", "--json", "-o", "out"]
    words += ["-k", "4", "--no-figures"] if command_name == "run" else []
    done = command(command_name, simulated_job, *words)
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    (warning,) = [one for one in content["warnings"] if "agree to 0.31 only" in one]
    assert not [note for note in content["notes"] if "agree to 0.31 only" in note]
    if command_name == "run":
        assert warning in Path("out/report.md").read_text()
