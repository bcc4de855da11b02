"""`rebalance evaluate` shows and writes scores, and refuses what it can't score."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import rebalance
from rebalance.cli import app
from rebalance.cli.evaluation_view import SHARE
from rebalance.evaluation import Evaluation, Score
from rebalance.evaluation.scores import SCORES
from rebalance.simulate import simulate_class_averages, write_relion

SETTINGS = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return write_relion(
        simulate_class_averages(SETTINGS), tmp_path_factory.mktemp("project")
    ).project


@pytest.fixture(scope="module")
def results(project: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "results"
    job = project / "Class2D" / "job003"
    rebalance.run(job, n_superclasses=6, factor=0.5, figures=False, output=folder)
    return folder


def typed(*words: object, columns: int = 80) -> Result:
    environment = {"COLUMNS": str(columns), "TERM": "dumb", "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["evaluate", *map(str, words)], env=environment)


def test_the_screen_is_80_columns_wide_and_hides_nothing(results: Path) -> None:
    done = typed(results, "--seeds", 3)
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Truth")]
    assert max(map(len, lines)) <= 80
    assert "…" not in done.stdout
    assert "share of the oracle's gain" in done.stdout
    # What that means is said in one line.
    assert "0 = no better than dropping particles at random" in " ".join(done.stdout.split())
    assert "Balance, f = 0.5" in done.stdout


def test_it_says_how_to_keep_the_scores_until_they_are_kept(results: Path, tmp_path: Path) -> None:
    assert "Next: add -o FOLDER to save the scores" in typed(results, "--seeds", 2).stdout
    assert "Next" not in typed(results, "--seeds", 2, "-o", tmp_path / "kept").stdout
    assert typed(results, "--seeds", 2, "--quiet").stdout == ""


def test_a_share_clearly_above_one_is_explained(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for share, is_explained in ((0.9, False), (1.04, False), (1.06, True), (4.0, True)):
        scores = tuple(
            Score(key, share, kept=(10, 100)) if key == SHARE else Score(key, why_not="made up")
            for key in SCORES
        )
        made_up = Evaluation(scores, "made up", 3, 15, 100, 20)
        monkeypatch.setattr("rebalance.evaluation.evaluate", lambda *_, found=made_up, **__: found)
        said = " ".join(typed(results).stdout.split())
        assert ("The oracle groups by the angle between views" in said) == is_explained


def test_json_holds_what_the_screen_shows(results: Path) -> None:
    content = json.loads(typed(results, "--seeds", 3, "--json").stdout)
    share = content["scores"]["share_of_oracle_gain"]
    shown = typed(results, "--seeds", 3).stdout
    assert f"{share['value']:.3f}" in shown
    assert f"{share['kept_low']:,}–{share['kept_high']:,}" in shown
    assert content["balanced_with"] == "f = 0.5"


def test_a_factor_of_ones_own_takes_the_place_of_the_runs(results: Path) -> None:
    first = json.loads(typed(results, "--seeds", 2, "--json").stdout)["scores"]["uniformity"]
    other = json.loads(typed(results, "--seeds", 2, "-f", "1", "--json").stdout)
    assert other["balanced_with"] == "f = 1"
    assert other["scores"]["uniformity"]["kept_high"] < first["kept_high"]
    capped = json.loads(typed(results, "--seeds", 2, "--max-size", "30", "--json").stdout)
    assert "30 particles" in capped["balanced_with"]


def test_files_are_written_where_they_are_asked_for(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored"
    assert typed(results, "--seeds", 2, "-o", out, "-q").output == ""
    assert sorted(path.name for path in out.iterdir()) == [
        "evaluation.csv",
        "evaluation.json",
        "figures",
    ]
    refused = typed(results, "--seeds", 2, "-o", out)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert typed(results, "--seeds", 2, "-o", out, "--overwrite", "-q").exit_code == 0


def test_what_is_written_again_has_no_figure_of_before(results: Path, tmp_path: Path) -> None:
    out, groups = tmp_path / "scored", tmp_path / "groups.csv"
    assert typed(results, "--seeds", 2, "-o", out, "-q").exit_code == 0
    numbers = (results / "superclasses.csv").read_text().splitlines()[1:]
    classes = [line.split(",")[0] for line in numbers]
    groups.write_text("class_id,label\n" + "".join(f"{n},{int(n) % 3}\n" for n in classes))
    again = ("--truth", groups, "-o", out, "--overwrite", "-q")
    assert typed(results, *again).exit_code == 0
    assert not list((out / "figures").iterdir())
    assert "ari" in (out / "evaluation.csv").read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_disk_that_is_full_leaves_an_evaluation_as_it_was(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "scored"
    assert typed(results, "--seeds", 2, "-o", out, "-q").exit_code == 0
    before = (out / "evaluation.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rebalance.figures.save", full)
    done = typed(results, "--seeds", 3, "-o", out, "--overwrite", "-q")
    assert done.exit_code == 2
    assert "No space left" in done.stderr
    assert (out / "evaluation.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["scored"]


def test_each_class_by_itself_needs_a_number_for_the_oracle(project: Path, tmp_path: Path) -> None:
    job = project / "Class2D" / "job003"
    alone = rebalance.run(job, superclasses=False, figures=False, output=tmp_path / "alone")
    assert alone.folder is not None
    without = json.loads(typed(alone.folder, "--seeds", 2, "--json").stdout)["scores"]
    assert "smaller number" in without["share_of_oracle_gain"]["why_not"]
    words = ("--oracle-superclasses", 6, "--seeds", 2, "--json")
    scores = json.loads(typed(alone.folder, *words).stdout)["scores"]
    assert scores["share_of_oracle_gain"]["value"] is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "does not exist|can't be read"),
        (["{results}", "--truth", "nowhere.csv"], "does not exist"),
        (["{results}", "--symmetry", "X9"], "not a rotational point group"),
        (["{results}", "--seeds", "0"], "seeds = 0"),
        (["{results}", "-f", "2"], "0 to 1"),
        (["{results}", "-f", "half"], "0 to 1"),
        (["{results}", "--max-size", "0"], "at least 1"),
        (["{results}", "--truth", "{other}"], "none of the classes"),
        (["{results}", "--oracle-superclasses", "0"], "oracle can't make"),
        (["{project}"], "no superclasses.csv"),
    ],
)
def test_what_can_not_be_scored_is_refused(
    project: Path, results: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("class_id,view_x,view_y,view_z\n901,1,0,0\n902,0,1,0\n")
    known = {"project": project, "results": results, "other": other}
    done = typed(*(word.format(**known) for word in words))
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    import re

    assert re.search(message, " ".join(done.stderr.split())), done.stderr
