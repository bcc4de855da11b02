"""`summary.json` is what its schema says, whatever a run was asked."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rebalance
from rebalance.cli import app

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads(
    (resources.files("rebalance.record") / "summary.schema.json").read_text(encoding="utf-8")
)

RUNS: dict[str, dict[str, Any]] = {
    "plain": {"n_superclasses": 4},
    "balanced": {"n_superclasses": 4, "factor": "0.5", "subsets": 2},
    "a maximum": {"n_superclasses": 4, "max_size": 40, "junk": "off"},
    "off": {"superclasses": False, "factor": 1},
    "scanned": {"n_superclasses": "auto"},
    "another metric": {"n_superclasses": 3, "metric": "rotational-cc", "clustering": "spectral"},
    "left out": {"n_superclasses": 3, "min_class_particles": 30, "junk_classes": (3,)},
}


def check(summary: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(summary)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS)
def test_a_run_writes_what_the_schema_says(
    simulated_job: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    result = rebalance.run(simulated_job, output=tmp_path / "out", figures=False, **settings)
    check(json.loads((tmp_path / "out" / "summary.json").read_text()))
    check(result.summary)


def test_a_bare_stack_has_no_particles(simulated_job: Path, tmp_path: Path) -> None:
    (stack,) = simulated_job.glob("*.mrcs")
    rebalance.run(stack, n_superclasses=3, output=tmp_path / "out", figures=False)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["particles"] is None
    check(summary)


def test_what_is_printed_is_what_the_schema_says(simulated_job: Path, tmp_path: Path) -> None:
    words = ["run", simulated_job, "-k", "4", "--no-figures", "--json", "-o", tmp_path / "out"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.stderr
    check(json.loads(done.stdout))


def test_a_key_that_the_schema_does_not_know_is_noticed(
    simulated_job: Path, tmp_path: Path
) -> None:
    result = rebalance.run(simulated_job, n_superclasses=4, output=tmp_path / "out", figures=False)
    with pytest.raises(jsonschema.ValidationError):
        check({**result.summary, "new": 1})
    with pytest.raises(jsonschema.ValidationError):
        check({key: value for key, value in result.summary.items() if key != "balance"})
