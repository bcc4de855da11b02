"""A job asks for every setting of its command, or says why not; what is filled in is passed on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pipeliner", reason="ccpem-pipeliner is not installed")

from pipeliner.job_options import (
    BooleanJobOption,
    FloatJobOption,
    InputNodeJobOption,
    IntJobOption,
    MultiInputNodeJobOption,
    MultiStringJobOption,
    StringJobOption,
)
from rebalance_ccpem import form as forms
from rebalance_ccpem.class_averages_job import BalanceClassAverages
from rebalance_ccpem.diagnosis_job import DiagnoseOrientations
from rebalance_ccpem.form import Choice, Form, keys
from rebalance_ccpem.job import RebalanceJob
from rebalance_ccpem.orientations_job import BalanceOrientations

from rebalance.toolkit import ListedSetting, settings_of_command

JOBS = (BalanceClassAverages, BalanceOrientations, DiagnoseOrientations)

each_job = pytest.mark.parametrize("kind", JOBS, ids=lambda kind: kind.FORM.command)

INPUT = {"run": "fn_opt", "orientations": "fn_data", "diagnose": "fn_data"}

MADE = {
    "switch": BooleanJobOption,
    "integer": IntJobOption,
    "number": FloatJobOption,
    "number or word": StringJobOption,
    "choice": Choice,
    "plugin": Choice,
    "text": StringJobOption,
    "path": InputNodeJobOption,
    "paths": MultiInputNodeJobOption,
    "two paths": InputNodeJobOption,
    "numbers": StringJobOption,
    "words": StringJobOption,
    "options": MultiStringJobOption,
}

EXAMPLES: dict[str, Any] = {
    "integer": 7,
    "number": 0.25,
    "number or word": "5",
    "text": "4",
    "path": "Some/job004/file.star",
    "numbers": "3,5-6",
    "words": "averages,classes",
    "options": ["strategy.quota=equal", "strategy.column=x"],
}


def filled(kind: type[RebalanceJob], **values: Any) -> RebalanceJob:
    """A job with its input, and some options filled in."""
    job = kind()
    job.output_dir = "Rebalance/job007/"
    job.joboptions["nr_threads"].value = 2
    for name, value in {INPUT[kind.FORM.command]: "Job/job003/run.star", **values}.items():
        job.joboptions[name].value = value
    return job


def words(job: RebalanceJob) -> list[str]:
    """The command of a job, without what every one has."""
    version, command = job.get_commands()
    assert version.cmd == ["rebalance", "--version"]
    said = list(command.cmd)
    assert said[-3:] == ["--output", "Rebalance/job007/results", "--overwrite"]
    at = said.index("--threads")
    assert said[:3] == ["rebalance", job.FORM.command, "Job/job003/run.star"]
    return said[3:at] + said[at + 2 : -3]


def other_than_default(one: ListedSetting) -> Any:
    if one.kind == "switch":
        return not one.default
    if one.kind in ("choice", "plugin"):
        return next(word for word in one.choices if word != one.default)
    return EXAMPLES[one.kind]


@each_job
def test_every_setting_is_asked_for_or_left_out_with_a_reason(kind: type[RebalanceJob]) -> None:
    listed = {one.name for one in settings_of_command(kind.FORM.command)}
    labelled, left_out = set(kind.FORM.labels), set(kind.FORM.left_out)
    assert labelled | left_out == listed, "a setting that the form knows nothing of, or the reverse"
    assert not labelled & left_out
    assert set(kind.FORM.main) <= labelled
    assert set(kind.FORM.nodes) | set(kind.FORM.idle_if) | set(kind.FORM.defaults) <= labelled
    assert all(kind.FORM.left_out.values())


@each_job
def test_no_two_options_have_one_label(kind: type[RebalanceJob]) -> None:
    # Files of kind run.job know options by their labels.
    labels = [option.label for option in kind().joboptions.values()]
    assert len(set(labels)) == len(labels)
    assert not any("==" in label for label in labels)


@each_job
def test_options_are_of_the_kind_of_their_settings(kind: type[RebalanceJob]) -> None:
    job = kind()
    for one in kind.FORM.asked:
        for name in keys(one):
            assert type(job.joboptions[name]) is MADE[one.kind], name
            assert job.joboptions[name].help_text.strip()
            assert "`" not in job.joboptions[name].help_text
        if one.kind in ("integer", "number"):
            assert (job.joboptions[name].hard_min, job.joboptions[name].hard_max) == one.bounds


@each_job
def test_files_are_asked_for_by_type_of_node(kind: type[RebalanceJob]) -> None:
    files = {one.name for one in kind.FORM.asked if "path" in one.kind}
    assert files == set(kind.FORM.nodes)


@each_job
def test_nothing_filled_in_is_the_command_as_it_is(kind: type[RebalanceJob]) -> None:
    usual = ["-k", "auto"] if kind.FORM.command == "run" else []
    assert words(filled(kind)) == usual


def settings_with_an_option() -> list[Any]:
    return [
        pytest.param(kind, one, id=f"{kind.FORM.command}-{one.name}")
        for kind in JOBS
        for one in kind.FORM.asked
    ]


ALONE = {
    "view_width": ["--view-width", "0.25"],
    "labels": ["--labels", EXAMPLES["path"]],
    "decisions": ["--decisions", EXAMPLES["path"]],
    "superclasses": ["--no-superclasses"],
}
"""Settings that take the place of a number of superclasses."""


@pytest.mark.parametrize(("kind", "one"), settings_with_an_option())
def test_what_is_filled_in_is_passed_on(kind: type[RebalanceJob], one: ListedSetting) -> None:
    if one.kind == "two paths":
        first, second = keys(one)
        job = filled(kind, **{first: "a.mrc", second: "b.mrc"})
        assert words(job) == [one.flag, "a.mrc", "b.mrc"]
        return
    (name,) = keys(one)
    value = other_than_default(one)
    said = words(filled(kind, **{name: value}))
    if one.name in ALONE:
        assert said == ALONE[one.name]
        return
    said = [word for word in said if word not in ("-k", "auto")]
    if one.kind == "switch":
        assert said == [one.flag]
    elif one.name.startswith("metric."):
        assert said == ["--set", f"{one.name}={value}"]
    elif one.kind == "options":
        assert said == [word for option in value for word in (one.flag, option)]
    elif one.kind == "numbers":
        assert said == [one.flag, "3,5,6"]
    elif one.name == "n_superclasses":
        assert said == ["5"]
    else:
        assert said == [one.flag, str(value)]


def test_menus_may_stay_empty_where_settings_may() -> None:
    templates = filled(BalanceClassAverages).joboptions["picking_templates"]
    assert isinstance(templates, Choice)
    assert templates.choices == ["none", "medoid", "mean"]
    assert templates.value == "none"


def test_a_menu_keeps_a_choice_that_is_not_installed_here_and_refuses_it() -> None:
    job = filled(BalanceClassAverages, clustering="of-another-machine")
    assert job.joboptions["clustering"].value == "of-another-machine"
    (problem,) = job.joboptions["clustering"].validate()
    assert problem.type == "error"
    assert "hierarchical" in problem.message


@pytest.mark.parametrize(
    "values",
    [
        {"view_width": 20.0},
        {"labels": "groups.csv"},
        {"decisions": "decisions.json"},
        {"superclasses": False},
    ],
)
def test_the_number_of_superclasses_is_idle_beside_what_takes_its_place(
    values: dict[str, Any],
) -> None:
    job = filled(BalanceClassAverages, **values)
    assert job.check_joboption_is_now_deactivated("n_superclasses")
    assert "-k" not in words(job)


def test_what_compares_averages_is_idle_where_none_are_compared() -> None:
    job = filled(BalanceClassAverages, superclasses=False, metric="frc", metric_low_pass="10")
    assert words(job) == ["--no-superclasses"]
    assert job.check_joboption_is_now_deactivated("metric_low_pass")
    assert job.check_joboption_is_now_deactivated("clustering")


def test_class_averages_go_with_particles() -> None:
    job = filled(BalanceClassAverages, fn_opt="", fn_averages="averages.star")
    job.joboptions["fn_data"].value = "Job/job003/run.star"
    assert words(job)[0] == "averages.star"
    job.joboptions["superclasses"].value = False
    assert "averages.star" not in words(job)


def test_additional_arguments_come_last_but_for_the_folder() -> None:
    job = filled(BalanceOrientations, other_args="--antipodal -o elsewhere 'a b'")
    assert words(job) == ["--antipodal", "-o", "elsewhere", "a b"]


@each_job
def test_a_job_comes_back_from_its_file(
    kind: type[RebalanceJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = {
        name: other_than_default(one)
        for one in kind.FORM.asked
        if one.kind not in ("two paths", "plugin")
        for name in keys(one)
    }
    job = filled(kind, **values)
    job.write_jobstar(f"{tmp_path}/")
    again = kind()
    again.read(str(tmp_path / "job.star"))
    said = {name: option.value for name, option in again.joboptions.items()}
    assert said == {name: option.value for name, option in job.joboptions.items()}
    assert {name: said[name] for name in values} == values


def test_a_setting_that_the_form_knows_nothing_of_is_asked_for_under_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = ListedSetting("brand_new", "--brand-new", "What it does.", "Output", "integer", 3)
    monkeypatch.setattr(forms, "settings_of_command", lambda command: (new,))
    options = Form("run", labels={}, main=(), left_out={}).options()
    assert set(options) == {"brand_new"}
    assert options["brand_new"].label == "Brand new"
    assert options["brand_new"].value == 3
    assert options["brand_new"].jobop_group == "Output"
    assert options["brand_new"].help_text == "What it does. Command line: --brand-new."
