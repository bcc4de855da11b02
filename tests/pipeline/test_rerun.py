"""A recorded run is repeated, and whatever differs is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import InputError, OptionError
from rebalance.pipeline.rerun import rerun


@pytest.fixture
def job(simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that may be changed."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(simulated_job.parents[1], tmp_path / "project")
    return tmp_path / "project" / simulated_job.parent.name / simulated_job.name


@pytest.fixture
def first(job: Path) -> Path:
    result = rebalance.run(
        job, n_superclasses=5, factor="0.5", figures=False, output="first", use_cache=False
    )
    assert result.folder is not None
    return result.folder


def change_record(folder: Path, **changed: Any) -> None:
    record = json.loads((folder / "run.json").read_text())
    record["request"] |= changed
    (folder / "run.json").write_text(json.dumps(record))


@pytest.mark.usefixtures("views_found_anew")
def test_a_run_repeats_to_the_same_bytes(first: Path) -> None:
    again = rerun(first / "run.json")
    assert again.went_in == ()
    assert again.came_out == ()
    assert again.result.folder == first.with_name("first_rerun")


def test_a_results_folder_stands_for_its_record(first: Path) -> None:
    assert rerun(first, output=Path("again")).came_out == ()
    assert Path("again/run.json").is_file()


def test_nothing_is_taken_from_the_cache(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebalance.cache.AffinityCache.load", lambda *_: pytest.fail("cached"))
    assert rerun(first).came_out == ()


def test_other_particles_are_said(first: Path) -> None:
    change_record(first, seed=1)
    again = rerun(first)
    assert again.went_in == ()
    assert "The selected particles differ (particles_selected.star)." in again.came_out


def test_other_superclasses_are_counted(first: Path) -> None:
    change_record(first, n_superclasses=4)
    moved = [line for line in rerun(first).came_out if "in another superclass" in line]
    assert len(moved) == 1
    assert "of 24 class averages are in another superclass" in moved[0]


def test_the_largest_affinity_difference_is_said(job: Path, first: Path) -> None:
    change_record(first, options={"metric": {"low_pass": "20A"}, "strategy": {}, "clustering": {}})
    again = rerun(first)
    (said,) = (line for line in again.came_out if line.startswith("The affinity differs by"))
    with np.load(first / "affinity.npz") as one, np.load("first_rerun/affinity.npz") as two:
        largest = np.abs(one["values"] - two["values"]).max()
    assert said == f"The affinity differs by up to {largest:.2g}."


def test_a_first_file_that_was_changed_is_not_compared(first: Path) -> None:
    change_record(first, options={"metric": {"low_pass": "20A"}, "strategy": {}, "clustering": {}})
    (first / "affinity.npz").write_text("edited")
    assert any("is gone" in line for line in rerun(first).came_out)


def test_changed_and_missing_inputs_are_named(job: Path, first: Path) -> None:
    table = next(job.glob("*_data.star"))
    text = table.read_text().rstrip("\n").split("\n")
    table.write_text("\n".join(text[:-1]) + "\n")
    again = rerun(first)
    assert any(str(table) in line and "changed" in line for line in again.went_in)
    assert again.came_out
    table.unlink()
    with pytest.raises(InputError, match="no longer exists") as caught:
        rerun(first, output=Path("third"))
    assert caught.value.path == table


def test_another_version_is_said(first: Path) -> None:
    record = json.loads((first / "run.json").read_text())
    record["plugins"]["metric"]["version"] = "0.0.9"
    record["machine"]["packages"]["numpy"] = "1.0"
    (first / "run.json").write_text(json.dumps(record))
    went_in = rerun(first).went_in
    assert any("metric views: was rebalance-em 0.0.9" in line for line in went_in)
    assert any(line.startswith("numpy: was 1.0") for line in went_in)


def test_a_plugin_of_no_package_can_not_be_repeated(first: Path) -> None:
    record = json.loads((first / "run.json").read_text())
    record["plugins"]["metric"] = {"name": "Mine", "package": None, "version": None}
    (first / "run.json").write_text(json.dumps(record))
    with pytest.raises(OptionError, match="'Mine'"):
        rerun(first)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"record_version": 99}', "not json"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match=r"not a (valid )?run record"):
        rerun(tmp_path / "run.json")


def test_a_record_of_a_later_version_is_refused(first: Path) -> None:
    record = json.loads((first / "run.json").read_text())
    (first / "run.json").write_text(json.dumps(record | {"record_version": 2}))
    with pytest.raises(InputError, match="version 2 of the run record"):
        rerun(first)


@pytest.mark.parametrize(
    ("changed", "location"),
    [
        ({"inputs": 7}, "inputs"),
        ({"inputs": [{"path": "x"}]}, "inputs.0.sha256"),
        ({"inputs": [{"path": 3, "sha256": ""}]}, "inputs.0.path"),
        ({"outputs": [7]}, "outputs.0"),
        ({"outputs": [{"name": [], "sha256": ""}]}, "outputs.0.name"),
        ({"plugins": 3}, "plugins"),
        ({"plugins": {"metric": []}}, "plugins.metric"),
        ({"plugins": {"metric": {"name": "frc"}}}, "plugins.metric.package"),
        ({"request": []}, "request"),
        ({"machine": []}, "machine"),
        ({"machine": {"packages": 1}}, "machine.packages"),
        ({"rebalance": None}, "rebalance"),
        ({"command": ["scan"]}, "command"),
    ],
)
def test_a_record_changed_by_hand_is_refused_by_its_part(
    changed: dict, location: str, tmp_path: Path
) -> None:
    record = {"record_version": 1, "rebalance": "0.1.0", "request": {}, "plugins": {}}
    whole = record | {"inputs": [], "outputs": []} | changed
    (tmp_path / "run.json").write_text(json.dumps(whole))
    with pytest.raises(InputError) as caught:
        rerun(tmp_path)
    assert caught.value.location == location
    assert caught.value.path == tmp_path / "run.json"
