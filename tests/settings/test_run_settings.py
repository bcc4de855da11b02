"""Settings keep what was asked, refuse contradictions, and survive the record."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalance.clusterings.hierarchical import Hierarchical
from rebalance.errors import OptionError
from rebalance.pipeline.check_settings import check_settings
from rebalance.settings import RunSettings


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"n_superclasses": 8, "factor": "0.8"}, "rebalance_job013_k8_f0.8"),
        ({"n_superclasses": 8, "factor": "0.80"}, "rebalance_job013_k8_f0.8"),
        ({"n_superclasses": 8}, "rebalance_job013_k8_f0"),
        ({"n_superclasses": 8, "max_size": 500}, "rebalance_job013_k8_max500"),
        ({"superclasses": False, "factor": "0.5"}, "rebalance_job013_classes_f0.5"),
        ({"clustering": "identity", "factor": "1"}, "rebalance_job013_classes_f1"),
        ({"labels": Path("my groups.csv")}, "rebalance_job013_my_groups_f0"),
        ({"clustering": "finds-k"}, "rebalance_job013_finds-k_f0"),
    ],
)
def test_the_folder_is_named_after_what_was_done(settings: dict[str, object], name: str) -> None:
    assert RunSettings(Path("x"), **settings).folder_name("job013") == name  # type: ignore[arg-type]


@given(st.text(max_size=300))
def test_no_job_name_leads_out_of_the_folder(job: str) -> None:
    name = RunSettings(Path("x"), n_superclasses=3).folder_name(job)
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(name) < 200


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"path": "job"}, Path("job")),
        ({"output": "out"}, Path("out")),
        ({"factor": 0.1}, "0.1"),
        ({"factor": Decimal("0.30")}, "0.30"),
        ({"n_superclasses": "8"}, 8),
        ({"n_superclasses": np.int64(8)}, 8),
        ({"n_superclasses": "auto"}, "auto"),
        ({"exclude_classes": "3,5,7-9"}, (3, 5, 7, 8, 9)),
        ({"exclude_classes": [np.int64(3), 5]}, (3, 5)),
        ({"exclude_classes": 7}, (7,)),
        ({"exclude_classes": None}, ()),
        ({"only_classes": range(3)}, (0, 1, 2)),
        ({"only_classes": None}, None),
        ({"passthrough": "p.cs"}, (Path("p.cs"),)),
        ({"passthrough": ["p.cs", Path("q.cs")]}, (Path("p.cs"), Path("q.cs"))),
        ({"options": ["metric.max-shift=4px"]}, {"metric": {"max_shift": "4px"}}),
        ({"options": {"metric": {"mirror": False}}}, {"metric": {"mirror": False}}),
        ({"options": None}, {}),
    ],
)
def test_a_setting_keeps_one_form_of_all_that_may_be_given(
    given: dict[str, Any], kept: object
) -> None:
    (name,) = given
    settings = RunSettings(**{"path": "x"} | given)
    assert getattr(settings, name) == kept
    assert type(getattr(settings, name)) is type(kept) or isinstance(kept, Path)
    assert replace(settings) == settings


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"labels": 3}, "labels"),
        ({"n_superclasses": "many"}, "n_superclasses"),
        ({"n_superclasses": 3.5}, "n_superclasses"),
        ({"exclude_classes": "a-b"}, "exclude_classes"),
        ({"exclude_classes": ["a"]}, "exclude_classes"),
        ({"exclude_classes": 7.5}, "exclude_classes"),
        ({"passthrough": 3}, "passthrough"),
        ({"also": 5}, "also"),
        ({"options": [5]}, "options"),
        ({"only_classes": ""}, "only_classes"),
        ({"threads": 0}, "threads"),
        ({"threads": 1.5}, "threads"),
        ({"min_class_particles": "3"}, "min_class_particles"),
        ({"superclasses": "no"}, "superclasses"),
        ({"pixel_size": "small"}, "pixel_size"),
        ({"pixel_size": 10**400}, "pixel_size"),
        ({"view_width": -(10**400)}, "view_width"),
        ({"junk": "perhaps"}, "junk"),
        ({"options": ["max_shift=3"]}, "options"),
        ({"options": ["metric.max_shift=3", "metric.max-shift=4"]}, "metric.max_shift"),
        ({"labels": "l", "n_superclasses": 3}, "n_superclasses"),
        ({"decisions": "d", "junk": "auto"}, "junk"),
    ],
)
def test_an_error_carries_the_name_of_the_setting(given: dict[str, Any], name: str) -> None:
    with pytest.raises(OptionError) as caught:
        RunSettings("x", **given)
    assert caught.value.setting == name
    assert "--" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"factor": 3}, "factor"),
        ({"max_size": 0}, "max_size"),
        ({"seed": -1}, "seed"),
        ({"scheduler": "tcp://here"}, "scheduler"),
        ({"executor": "dask", "device": "cuda"}, "device"),
        ({"executor": "cloud"}, "executor"),
        ({"options": ["metric.sigma=3"]}, "metric.sigma"),
    ],
)
def test_so_does_an_error_that_is_found_before_the_work(given: dict[str, Any], name: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_settings(RunSettings("x", **{"n_superclasses": 3} | given))
    assert caught.value.setting == name


def test_settings_do_not_change() -> None:
    settings = RunSettings("x", seed=3)
    with pytest.raises(FrozenInstanceError):
        settings.seed = 4  # type: ignore[misc]
    assert (settings.seed, RunSettings.seed) == (3, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": Path("l"), "superclasses": False}, "can't be combined"),
        ({"labels": Path("l"), "n_superclasses": 3}, "number of superclasses follows"),
        ({"superclasses": False, "affinity_file": Path("a")}, "superclassification is off"),
        ({"options": {"format": {}}}, "no options for 'format'"),
        ({"threads": 0}, "`threads` is 0"),
        ({"pixel_size": 0.0}, "pixel size"),
        ({"pixel_size": float("nan")}, "pixel size"),
        ({"device": "gpu"}, "no device 'gpu'"),
        ({"scale": "log"}, "no color scale 'log'"),
    ],
)
def test_contradictions_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        RunSettings(Path("x"), **settings)  # type: ignore[arg-type]


def test_settings_survive_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = RunSettings(
        tmp_path / "job",
        "stack.mrcs",
        n_superclasses=8,
        factor=0.1,
        options={"metric": {"max_shift": "10px"}},
        passthrough=["p.cs"],
        exclude_classes=[1, 5],
        only_classes=[1, 2, 3],
        output="out",
        pixel_size=1.5,
    )
    assert settings.factor == "0.1"
    again = RunSettings.from_json(json.loads(json.dumps(settings.to_json())))
    assert again.class_averages == tmp_path / "stack.mrcs"
    assert again.to_json() == settings.to_json()
    assert (again.factor, again.exclude_classes, again.only_classes) == ("0.1", (1, 5), (1, 2, 3))


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("pixel_size", "1.5", 1.5),
        ("pixel_size", np.float32(1.5), 1.5),
        ("view_width", "20", 20.0),
        ("passthrough", None, ()),
        ("passthrough", "p.cs", (Path("p.cs"),)),
    ],
)
def test_a_setting_is_kept_as_what_it_means(name: str, given: Any, kept: Any) -> None:
    found = getattr(RunSettings("job", **{name: given}), name)
    assert (found, type(found)) == (kept, type(kept))


def test_a_record_of_another_version_is_named() -> None:
    with pytest.raises(OptionError, match="unknown fields: magic"):
        RunSettings.from_json({"path": "x", "magic": 1})
    with pytest.raises(OptionError, match="no path"):
        RunSettings.from_json({"seed": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threads", "4"),
        ("threads", 4.5),
        ("path", 5),
        ("path", None),
        ("passthrough", 5),
        ("passthrough", [5]),
        ("only_classes", ["1"]),
        ("superclasses", "no"),
        ("options", {"metric": 3}),
        ("options", []),
        ("metric", 3),
        ("executor", None),
        ("factor", [0.5]),
        ("seed", None),
    ],
)
def test_a_field_of_the_wrong_type_in_a_record_is_named(field: str, value: object) -> None:
    content = RunSettings(Path("x"), n_superclasses=3).to_json() | {field: value}
    with pytest.raises(OptionError) as caught:
        RunSettings.from_json(content)
    assert field in str(caught.value)
    assert "recorded request" in caught.value.problem


def test_an_unknown_setting_is_an_error_in_python_too() -> None:
    with pytest.raises(TypeError, match="n_superclases"):
        RunSettings("x", n_superclases=3)


def test_a_number_is_not_left_open_to_a_clustering_that_finds_it_itself() -> None:
    class FindsItself(Hierarchical):
        finds_number = True

    with pytest.raises(OptionError, match="FindsItself finds the number of superclasses by itself"):
        RunSettings(Path("x"), n_superclasses="auto", clustering=FindsItself())
