"""`rebalance compare` shows ranks, and its exit code says whether everything was done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.cli.comparison_view import next_step
from rebalance.comparison import Comparison
from rebalance.comparison.ranking import RankedMethod, Ranking
from rebalance.comparison.study import Study

STUDY = """
n_superclasses = [3, NUMBER]
seeds = 2
selections = 2
scores = ["share_of_oracle_gain", "ari", "view_spread"]
clustering = ["hierarchical", "spectral"]

[[data]]
name = "tiny"
simulate = { n_averages = 14, n_particles = 300, n_views = 3, box = 24, n_empty = 1 }
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.toml").write_text(STUDY.replace("NUMBER", "4"))
    (tmp_path / "bad.toml").write_text(STUDY.replace("NUMBER", "99"))


def typed(*words: object) -> Result:
    environment = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["compare", *map(str, words)], env=environment)


def test_ranks_are_shown_in_80_columns_and_kept_cells_are_counted() -> None:
    done = typed("good.toml", "--no-figures")
    assert done.exit_code == 0, done.output
    assert "8 cells: 8 new" in done.stdout
    assert "Share of the oracle's gain: 2 data sets" in done.stdout
    # A command is on one line, to be copied.
    lines = [line for line in done.stdout.splitlines() if not line.startswith("  rebalance ")]
    assert max(map(len, lines)) <= 80
    assert "Next: " in done.stdout
    assert typed("good.toml", "--quiet").stdout == ""
    assert "8 cells: 0 new, 8 from before" in typed("good.toml").stdout
    assert Path("good/figures/view_spread.png").is_file()


def ranked(*methods: tuple[str, float, float]) -> Comparison:
    """A comparison in which methods have these intervals of their mean rank."""
    named = [
        RankedMethod(name, 0.5, 0.4, 0.6, (low + high) / 2, low, high, np.array([0.5]))
        for name, low, high in methods
    ]
    rows = [
        {
            "method": f"hierarchical linkage={linkage}",
            "metric": "rotational-cc",
            "metric_options": "{}",
            "clustering": "hierarchical",
            "clustering_options": json.dumps({"linkage": linkage, "size_weight": 0.1}),
            "strategy": "random",
            "strategy_options": '{"quota": "none"}',
        }
        for linkage in ("average", "ward")
    ]
    ranking = Ranking(tuple(named), ("one", "two"), 0, (), np.nan)
    study = Study.model_validate({"n_superclasses": [3], "data": [{"path": "x"}]})
    return Comparison(study, tuple(rows), {"ari": ranking}, (), 1, 1, 0, Path("out"))


def test_what_comes_next_depends_on_whether_the_first_is_told_apart() -> None:
    ward, average = "hierarchical linkage=ward", "hierarchical linkage=average"
    words, command = next_step(ranked((ward, 1, 1.2), (average, 1.8, 2)), Path("my study.toml"))
    assert "is clearly better" in words
    # Options at their defaults are not repeated.
    assert command == (
        "rebalance run INPUT -k NUMBER_OF_SUPERCLASSES --metric rotational-cc "
        "--set clustering.linkage=ward"
    )
    words, command = next_step(ranked((ward, 1, 1.9), (average, 1.8, 2)), Path("my study.toml"))
    assert f"could still be tied with {average}" in words
    assert command == "rebalance compare 'my study.toml'"
    # Of one data set there is no interval.
    words, _ = next_step(ranked((ward, np.nan, np.nan), (average, np.nan, np.nan)), Path("s"))
    assert "could still be tied" in words
    assert next_step(ranked((ward, 1, 1)), Path("s")) == ("", "")


def test_json_is_the_summary() -> None:
    content = json.loads(typed("good.toml", "--json", "-o", "there", "--no-figures").stdout)
    assert content["cells"] == 8
    assert content["folder"] == "there"
    assert {row["method"] for row in content["ranks"]} == {"hierarchical", "spectral"}
    assert content["failed"] == []


def test_what_failed_is_named_the_rest_is_done_and_the_exit_code_is_2() -> None:
    done = typed("bad.toml", "--no-figures")
    assert done.exit_code == 2
    assert "8 cells: 4 new, 4 failed" in done.stdout
    assert "Failed: tiny, hierarchical (2 cells)" in done.stderr
    assert "99 superclasses" in done.stderr
    assert typed("bad.toml", "-q").stdout == ""


def test_a_study_that_is_wrong_is_refused_by_its_key() -> None:
    Path("wrong.toml").write_text("n_superclass = 3\n[[data]]\npath = 'x'\n")
    done = typed("wrong.toml")
    assert done.exit_code == 2
    assert "key n_superclass" in done.stderr
    assert "This key does not exist." in done.stderr
    assert not Path("wrong").exists()
