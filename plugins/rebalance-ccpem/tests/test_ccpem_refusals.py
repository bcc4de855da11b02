"""Options that can't be are refused before a job is run, in the words of the form."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pipeliner", reason="ccpem-pipeliner is not installed")

from rebalance_ccpem.class_averages_job import BalanceClassAverages
from rebalance_ccpem.diagnosis_job import DiagnoseOrientations
from rebalance_ccpem.job import RebalanceJob
from rebalance_ccpem.messages import as_labelled, told, without_flags
from rebalance_ccpem.orientations_job import BalanceOrientations

from rebalance.errors import InputError

RUN = {"fn_opt": "Class2D/job003/run_it025_optimiser.star"}
POSED = {"fn_data": "Refine3D/job005/run_data.star"}


def errors(kind: type[RebalanceJob], values: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What is wrong with options, and with which."""
    job = kind()
    for name, value in values.items():
        job.joboptions[name].value = value
    keys = {id(option): name for name, option in job.joboptions.items()}
    return [
        (found.message, [keys[id(option)] for option in found.raised_by])
        for found in job.validate_joboptions()
        if found.type == "error"
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (BalanceClassAverages, RUN),
        (BalanceClassAverages, {"fn_data": "Select/job004/particles.star"}),
        (BalanceClassAverages, {**RUN, "view_width": 20, "factor": 0.5}),
        (BalanceClassAverages, {**RUN, "superclasses": False}),
        # A job may be scheduled before its files are there.
        (BalanceClassAverages, {**RUN, "labels": "not_yet.csv"}),
        (BalanceClassAverages, {**RUN, "n_superclasses": "", "other_args": "-k 8"}),
        (BalanceOrientations, POSED),
        (BalanceOrientations, {**POSED, "symmetry": "I2", "max_size": 100}),
        (DiagnoseOrientations, POSED),
        (DiagnoseOrientations, {"half_maps_1": "a.mrc", "half_maps_2": "b.mrc"}),
    ],
)
def test_what_can_be_done_is_not_refused(kind: type[RebalanceJob], values: dict[str, Any]) -> None:
    assert errors(kind, values) == []


@pytest.mark.parametrize(
    ("kind", "values", "said", "of"),
    [
        (BalanceClassAverages, {}, "Choose an optimiser", ["fn_opt", "fn_data"]),
        (BalanceClassAverages, {**RUN, **POSED}, "leave out one", ["fn_opt", "fn_data"]),
        (
            BalanceClassAverages,
            {"fn_opt": "/data/run_it025_optimiser.star"},
            "not a copy",
            ["fn_opt"],
        ),
        (
            BalanceClassAverages,
            {"fn_opt": "DoppioUploads/x/run_it025_optimiser.star"},
            "not a copy",
            ["fn_opt"],
        ),
        (BalanceClassAverages, {**RUN, "poses": "../run_data.star"}, "not a copy", ["poses"]),
        (BalanceClassAverages, {**RUN, "factor": 1.5}, "greater than 1", ["factor"]),
        (
            BalanceClassAverages,
            {**RUN, "view_width": 0},
            "“Angle between the views of a superclass (degrees)” is 0; it must be above 0",
            ["view_width"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "n_superclasses": "many"},
            "“Number of superclasses” = many is not a number",
            ["n_superclasses"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "n_superclasses": ""},
            "or “Group class averages into superclasses?” = No",
            ["n_superclasses"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "labels": "a.csv", "decisions": "b.json"},
            "Leave out “Your own grouping”",
            ["labels"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "superclasses": False, "labels": "a.csv"},
            "can't be combined",
            ["labels"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "subsets": "3"},
            "Give “Rebalance factor” or “Largest superclass (particles)”",
            ["subsets"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "metric": "veiws"},
            "'veiws' is not possible here",
            ["metric"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "metric_max_shift": "3 feet"},
            "is not a length",
            ["metric_max_shift"],
        ),
        (
            BalanceClassAverages,
            {**RUN, "options": ["metric.max_shfit=3"]},
            "did you mean 'max_shift'",
            ["options"],
        ),
        (BalanceClassAverages, {**RUN, "other_args": "--a 'b"}, "No closing", ["other_args"]),
        (
            BalanceClassAverages,
            {**RUN, "other_args": "--no-cache", "junk_classes": "b"},
            "“Junk classes”: 'b' is not a class number or range",
            ["junk_classes"],
        ),
        (BalanceOrientations, {}, "required", ["fn_data"]),
        (
            BalanceOrientations,
            {**POSED, "percentile": 80, "factor": 0.5},
            "“Percentile” and “Rebalance factor” both limit",
            ["percentile"],
        ),
        (
            BalanceOrientations,
            {**POSED, "symmetry": "Z3"},
            "not a rotational point group",
            ["symmetry"],
        ),
        (BalanceOrientations, {"fn_data": "../run_data.star"}, "not a copy", ["fn_data"]),
        (
            DiagnoseOrientations,
            {},
            "two half maps, or both",
            ["fn_data", "half_maps_1", "half_maps_2"],
        ),
        (
            DiagnoseOrientations,
            {**POSED, "half_maps_1": "a.mrc"},
            "“Half map” has 1 path, not two",
            ["half_maps_1", "half_maps_2"],
        ),
    ],
)
def test_what_can_not_be_done_is_refused_once(
    kind: type[RebalanceJob], values: dict[str, Any], said: str, of: list[str]
) -> None:
    ((message, options),) = errors(kind, values)
    assert said in message
    assert options == of
    assert "`" not in message


LABELS = {"factor": "Rebalance factor", "superclasses": "Group them?", "metric.max_shift": "Shift"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Give `factor`.", "Give “Rebalance factor”."),
        ("Give `factor=0.5`.", "Give “Rebalance factor” = 0.5."),
        ("`superclasses=False`", "“Group them?” = No"),
        ('`factor="0.5", superclasses=True`', "“Rebalance factor” = 0.5 and “Group them?” = Yes"),
        ("`metric.max_shift=40`", "“Shift” = 40"),
        ("`metric.other=40`", "metric.other=40"),
        ("`unknown=4` and `unknown`", "unknown=4 and unknown"),
        ("`factor=N`", "“Rebalance factor” = N"),
        ("`not python(`", "not python("),
    ],
)
def test_settings_are_called_as_in_the_form(text: str, shown: str) -> None:
    assert as_labelled(text, LABELS) == shown


FLAGS = {"-k": "Number", "--mask": "Mask", "--cap-from": "Smallest that decides", "--junk": "Junk"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("also worth a look: -k 20.", "also worth a look: “Number” = 20."),
        ("Give -k 24 or less.", "Give “Number” = 24 or less."),
        ("--mask takes the mask.", "“Mask” takes the mask."),
        (
            "--cap-from 0 lets the smallest decide",
            "“Smallest that decides” = 0 lets the smallest decide",
        ),
        ("(--junk auto)", "(“Junk” = auto)"),
        ("--junk automatically", "“Junk” automatically"),
        ("--other 4 and all-k 4 and -3", "--other 4 and all-k 4 and -3"),
    ],
)
def test_what_is_typed_is_called_as_in_the_form(text: str, shown: str) -> None:
    assert without_flags(text, FLAGS) == shown


def test_an_error_is_told_with_its_file_and_what_to_do() -> None:
    error = InputError("This file does not exist.", path="a.csv", hint="Leave out `factor`.")
    assert told(error, LABELS) == "a.csv: This file does not exist. Leave out “Rebalance factor”."
