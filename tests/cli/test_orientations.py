"""`rebalance orientations` and `rebalance diagnose` on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.simulate import RefinementFiles
from rebalance.simulate.refinement_writer import write_map
from tests.pipeline.refinements import refined


@pytest.fixture(scope="module")
def refinement(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RefinementFiles]:
    return refined(tmp_path_factory.mktemp("refined"))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))


def command(*words: object) -> Result:
    return CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    )


def said(done: Result) -> str:
    return re.sub(r"\s+", " ", done.output)


def test_orientations_say_what_was_kept_and_what_to_do_next(
    refinement: tuple[Path, RefinementFiles],
) -> None:
    _, files = refinement
    done = command("orientations", files.job, "--bins", 24, "--no-figures")
    assert done.exit_code == 0, done.output
    text = said(done)
    folder = Path("rebalance_job005_orientations_p80")
    summary = json.loads((folder / "summary.json").read_text())
    assert f"Selected {summary['particles']['selected']:,} of 1,500 particles" in text
    assert f"percentile 80 of the {summary['bins']['occupied']} occupied bins" in text.lower()
    assert "if as many are dropped at random" in text
    assert f"{folder}/particles_selected.star" in text
    assert max(map(len, done.output.splitlines())) <= 80 + len(str(folder))


def test_diagnosis_says_verdict_reason_and_next_step(
    refinement: tuple[Path, RefinementFiles],
) -> None:
    _, files = refinement
    done = command("diagnose", files.job, "--no-figures")
    assert done.exit_code == 0, done.output
    summary = json.loads(Path("rebalance_job005_diagnosis/summary.json").read_text())
    text = said(done)
    for part in (summary["verdict"], summary["why"], summary["next"]):
        assert part in text
    assert f"SCF* {summary['sampling']['scf_star']:.2f} for 1,500 particles" in text
    assert f"cFAR {summary['half_maps']['cfar']:.2f}" in text
    # The one that is suggested works.
    if "rebalance orientations" in done.output:
        words = next(
            line.split() for line in done.output.splitlines() if "rebalance orientations " in line
        )
        assert command(*words[1:], "--no-figures").exit_code == 0


def test_json_is_the_summary_and_nothing_else(refinement: tuple[Path, RefinementFiles]) -> None:
    _, files = refinement
    for name, more in (("diagnose", ()), ("orientations", ("-p", "60"))):
        done = command(name, files.job, "--json", "--no-figures", "-q", *more)
        content = json.loads(done.stdout)
        assert content["command"] == name
        assert (Path(content["folder"]) / "run.json").is_file()
        assert "report.html" in content["files"]


def test_a_second_input_and_quiet(refinement: tuple[Path, RefinementFiles]) -> None:
    _, files = refinement
    assert command("orientations", files.job, "-o", "less", "-q", "--no-figures").output == ""
    done = command(
        "diagnose", files.particles, "--compare", "less/particles_selected.star", "--no-figures"
    )
    assert done.exit_code == 0, done.output
    assert "drawn at random from the first input have SCF*" in said(done)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("orientations", "JOB", "--symmetry", "Q3"), "not a rotational point group"),
        (("orientations", "JOB", "-p", "80", "-f", "0.5"), "both limit how many"),
        (("orientations", "JOB", "-p", "0"), "percentile"),
        (("orientations", "JOB", "-p", "101"), "percentile"),
        (("orientations", "JOB", "--bins", "0"), "at least 1"),
        (("orientations", "CLASSIFICATION"), "2D"),
        (("orientations", "nowhere"), "does not exist"),
        (("diagnose",), "nothing to diagnose"),
        (("diagnose", "--half-maps", "HALF", "HALF"), "this file"),
        (("diagnose", "--half-maps", "HALF", "small.mrc"), "16"),
        (("diagnose", "--half-maps", "HALF", "nowhere.mrc"), "nowhere.mrc"),
        (("diagnose", "JOB", "--mask", "small.mrc"), "16"),
        (("diagnose", "JOB", "--only-classes", "7"), "of these 3D classes"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    words: tuple[str, ...],
    message: str,
    refinement: tuple[Path, RefinementFiles],
    tmp_path: Path,
) -> None:
    job, files = refinement
    write_map(
        tmp_path / "small.mrc", np.random.default_rng(0).normal(size=(16,) * 3).astype("f"), 8
    )
    known = {"JOB": files.job, "CLASSIFICATION": job, "HALF": files.half_a}
    done = command(*(known.get(word, word) for word in words))
    assert done.exit_code == 2, done.output
    assert message.lower() in said(done).lower()
    assert not any(path.name.startswith("rebalance_") for path in tmp_path.iterdir())
