"""A decisions file is checked field by field, and a run with it does what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.curation.decisions import about_decisions, read_decisions, with_decisions
from rebalance.errors import InputError, OptionError
from rebalance.model import SET_ASIDE
from rebalance.pipeline.rerun import rerun
from rebalance.record.affinity_file import images_digest
from rebalance.settings import RunSettings

CONTENT: dict[str, Any] = {
    "decisions_version": 1,
    "rebalance": "0.1.0",
    "job": "job013",
    "class_numbers": [1, 2, 3, 4, 5, 6],
    "superclasses": [[1, 4], [2, 6]],
    "junk": [3],
    "factor": "0.5",
    "seed": 7,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(content: Any, name: str = "decisions.json") -> Path:
    path = Path(name)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_labels_say_where_every_class_is() -> None:
    decided = read_decisions(written(CONTENT))
    assert decided.labels == {1: "0", 2: "1", 3: "-1", 4: "0", 5: "-1", 6: "1"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("", "not JSON"),
        ('{"decisions_version": 1, "superc', "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        (CONTENT | {"max_size": 10**30}, "max_size: .*less than or equal to"),
        (CONTENT | {"class_numbers": [*range(1, 7), 2**63]}, "class_numbers.6: .*less than"),
        (CONTENT | {"superclasses": [[1, -(2**63) - 1]]}, "superclasses.0.1: .*greater than"),
        (CONTENT | {"decisions_version": "x" * 1000}, "version 'xxx"),
        ([1, 2], "not a (valid )?decisions file"),
        ({"superclasses": [[1]]}, "not a (valid )?decisions file"),
        (CONTENT | {"decisions_version": 2, "rebalance": "9.1"}, "written by rebalance 9.1"),
        (CONTENT | {"decisions_version": "1"}, "version '1'"),
        (CONTENT | {"superclasses": []}, "superclasses: .*at least 1"),
        (CONTENT | {"superclasses": [[1, 2], []]}, "a superclass has no class numbers"),
        (CONTENT | {"superclasses": [[1, 2], [2]]}, "class 2 is in more than one place"),
        (CONTENT | {"superclasses": [[1, 2], [2, 1]]}, "classes 1 and 2 are in more than one"),
        (CONTENT | {"superclasses": [[1, 3]]}, "class 3 is in more than one place"),
        (CONTENT | {"superclasses": [[1, 99]]}, "class 99 is not among class_numbers"),
        (CONTENT | {"superclasses": [[1, "2"]]}, "superclasses.0.1: .*integer.*, not '2'"),
        (CONTENT | {"superclasses": [[1, 2.0]]}, "superclasses.0.1"),
        (CONTENT | {"factor": "1.5"}, "factor is '1.5': .*from 0 to 1"),
        (CONTENT | {"factor": 0.5}, "factor: .*string, not 0.5"),
        (CONTENT | {"max_size": 0}, "max_size: .*, not 0"),
        (CONTENT | {"seed": -1}, "seed: .*, not -1"),
        (CONTENT | {"labels": {}}, "labels: Extra inputs"),
        (
            {k: v for k, v in CONTENT.items() if k != "class_numbers"},
            r"class_numbers: Field required\.\n",
        ),
    ],
)
def test_what_is_wrong_in_a_decisions_file_is_named(changed: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_decisions(written(changed))
    assert caught.value.path == Path("decisions.json")
    assert caught.value.hint


def test_a_decisions_file_that_is_not_there_is_said() -> None:
    with pytest.raises(InputError, match="This file does not exist"):
        read_decisions(Path("nowhere.json"))


def test_what_is_typed_goes_before_the_file() -> None:
    path = written(CONTENT)
    decided = read_decisions(path)
    plain = with_decisions(RunSettings(Path("x"), decisions=path), decided)
    assert (plain.factor, plain.max_size, plain.seed) == ("0.5", None, 7)
    assert plain.junk_classes == (3,)
    typed = with_decisions(
        RunSettings(Path("x"), decisions=path, max_size=90, seed=8, junk_classes=(1,)), decided
    )
    assert (typed.factor, typed.max_size, typed.seed) == (None, 90, 8)
    assert typed.junk_classes == (1, 3)


@pytest.mark.parametrize(
    "settings", [{"n_superclasses": 3}, {"labels": Path("l")}, {"superclasses": False}]
)
def test_superclasses_are_said_once(settings: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="`decisions` contains"):
        RunSettings(Path("x"), decisions=Path("d"), **settings)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "(class 3 junk)"),
        ({"grouped_by": {"clustering": "spectral"}}, "(spectral; class 3 junk)"),
        ({"grouped_by": {"clustering": "spectral", "n_superclasses": 1}},
         "(spectral, 1 superclass; class 3 junk)"),
        ({"grouped_by": {"by": "labels"}, "junk": []},
         "(labels from a person; nothing changed by hand)"),
        ({"grouped_by": {"by": "decisions"}}, "(earlier decisions; class 3 junk)"),
        ({"grouped_by": {"by": "off"}, "moved": [4], "set_aside": [5]},
         "(each class its own superclass; class 4 moved by hand, class 5 set aside, class 3 junk)"),
    ],
)  # fmt: skip
def test_a_run_says_what_it_took_from_decisions(changed: dict[str, Any], says: str) -> None:
    decided = read_decisions(written(CONTENT | changed))
    settings = with_decisions(RunSettings(Path("x"), decisions=Path("d")), decided)
    assert about_decisions(settings, decided, "d.json") == [f"Superclasses are from d.json {says}."]


@pytest.mark.parametrize(
    ("saved", "typed", "says"),
    [
        ({}, {"max_size": 90}, "The balance saved in d.json (f = 0.5) is not used"),
        ({"factor": None}, {"factor": "0.2"}, "The balance saved in d.json (f = 0) is not used"),
        ({"max_size": 1200, "factor": None}, {"factor": "0.2"},
         "The balance saved in d.json (at most 1,200) is not used"),
        ({}, {"seed": 8}, "The seed 7 saved in d.json is not used, because 8 was given."),
    ],
)  # fmt: skip
def test_a_run_says_what_of_decisions_it_did_not_take(
    saved: dict[str, Any], typed: dict[str, Any], says: str
) -> None:
    decided = read_decisions(written(CONTENT | saved))
    settings = with_decisions(RunSettings(Path("x"), decisions=Path("d"), **typed), decided)
    _, *others = about_decisions(settings, decided, "d.json")
    assert len(others) == 1
    assert others[0].startswith(says)


def quick_run(job: Path, output: str, **settings: Any) -> rebalance.RunResult:
    return rebalance.run(job, output=output, figures=False, **settings)


def decided_from(result: rebalance.RunResult, **changed: Any) -> dict[str, Any]:
    """What the page would save of a result nobody changed anything of."""
    superclasses = result.superclasses
    averages = result.dataset.class_averages
    assert averages is not None
    return CONTENT | {
        "class_numbers": superclasses.class_id.tolist(),
        "averages_sha256": images_digest(averages),
        "superclasses": [members.tolist() for members in superclasses],
        "set_aside": superclasses.class_id[superclasses.label == SET_ASIDE].tolist(),
        "junk": [],
        "grouped_by": {"by": "clustering", "clustering": "hierarchical", "n_superclasses": 5},
        **changed,
    }


def test_a_run_with_decisions_makes_their_superclasses_and_counts(simulated_job: Path) -> None:
    first = quick_run(simulated_job, "first", n_superclasses=5, factor="0.4", seed=7)
    same = quick_run(
        simulated_job, "same", decisions=written(decided_from(first, factor="0.4", seed=7))
    )
    np.testing.assert_array_equal(same.superclasses.label, first.superclasses.label)
    assert same.selection is not None
    assert first.selection is not None
    np.testing.assert_array_equal(same.selection.selected, first.selection.selected)
    assert same.summary["superclassification"]["by"] == "decisions"
    assert any("decisions.json (hierarchical, 5 super" in note for note in same.summary["notes"])

    # Move one average, call another junk.
    groups = decided_from(first)["superclasses"]
    moved, junk = groups[0].pop(), groups[0].pop()
    groups[-1].append(moved)
    content = decided_from(first, superclasses=groups, junk=[junk], moved=[moved], factor="0.25")
    changed = quick_run(simulated_job, "changed", decisions=written(content))
    found = {tuple(sorted(row["class_ids"])) for row in changed.summary["superclasses"]}
    assert found == {tuple(sorted(members)) for members in groups}
    assert changed.summary["class_averages"]["junk"] == [junk]
    assert changed.summary["particles"]["excluded_because"]["junk"] > 0
    assert changed.summary["balance"]["factor"] == "0.25"
    assert any(f"class {moved} moved by hand" in note for note in changed.summary["notes"])
    decided = changed.summary["superclassification"]["decided"]
    assert (decided["moved"], decided["junk"]) == ([moved], [junk])
    assert decided["grouped_by"]["n_superclasses"] == 5


@pytest.mark.parametrize("digest", [None, "that of the images"])
def test_the_images_are_compared_where_the_file_says_which_they_were(
    simulated_job: Path, digest: str | None
) -> None:
    first = quick_run(simulated_job, "first", n_superclasses=5)
    content = decided_from(first)
    if digest is None:
        content["averages_sha256"] = None
    same = quick_run(simulated_job, "same", decisions=written(content))
    np.testing.assert_array_equal(same.superclasses.label, first.superclasses.label)


def test_a_run_with_decisions_can_be_repeated(simulated_job: Path) -> None:
    first = quick_run(simulated_job, "first", n_superclasses=5)
    path = written(decided_from(first, factor="0.5", seed=3))
    result = quick_run(simulated_job, "decided", decisions=path)
    assert result.folder is not None
    record = json.loads((result.folder / "run.json").read_text())
    assert str(path.absolute()) in [entry["path"] for entry in record["inputs"]]
    assert rerun(result.folder).came_out == ()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"averages_sha256": "0" * 64}, "images differ"),
        ({"class_numbers": [*range(1, 30)], "superclasses": [[1, 2], [29]]}, "names class 29"),
        ({"class_numbers": [1, 2], "superclasses": [[1], [2]]}, "does not mention classes"),
    ],
)
def test_decisions_of_other_data_are_refused(
    simulated_job: Path, changed: dict[str, Any], message: str
) -> None:
    content = decided_from(quick_run(simulated_job, "first", n_superclasses=5))
    with pytest.raises(InputError, match=message) as caught:
        quick_run(simulated_job, "other", decisions=written(content | {"set_aside": []} | changed))
    assert "saved for job013" in str(caught.value)
    assert not Path("other").exists()
