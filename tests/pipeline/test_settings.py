"""Settings that can't be met are refused before the long work; those without effect are said."""

from __future__ import annotations

from pathlib import Path

import pytest

import rebalance
from rebalance.errors import InputError, OptionError
from tests.pipeline.runs import class_column, data_star, no_comparison, quick_run, star_rows


def test_mistakes_are_found_before_the_comparison(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", no_comparison)
    for settings, message in (
        ({"n_superclasses": 99}, "18 usable class averages can't be divided into 99"),
        ({"n_superclasses": None}, "needs the number of superclasses"),
        ({"factor": "1.5"}, "factor must be a number from 0 to 1"),
        ({"factor": "nan"}, "factor must be a number from 0 to 1"),
        ({"max_size": 0}, "maximum superclass size"),
        ({"seed": -1}, "seed"),
        ({"exclude_classes": [99]}, "class 99"),
        ({"strategy": "randm"}, "did you mean 'random'"),
        ({"options": {"strategy": {"magic": 1}}}, "has no option 'magic'"),
        ({"options": {"clustering": {"linkage": "best"}}}, "clustering.linkage = best"),
        ({"labels": Path("none.csv"), "n_superclasses": None}, "does not exist"),
    ):
        with pytest.raises(rebalance.RebalanceError, match=message):
            quick_run(simulated_job, **settings)
    assert list(Path().iterdir()) == []


def test_particles_without_an_average_are_counted_or_an_error(
    simulated_job: Path, tmp_path: Path
) -> None:
    """Averages of a Select job with all particles."""
    stack = next(simulated_job.glob("*_classes.mrcs"))
    chosen = tmp_path / "class_averages.star"
    numbers = (1, 3, 4, 8, 9)
    chosen.write_text(
        "data_\n\nloop_\n_rlnReferenceImage #1\n_rlnClassNumber #2\n"
        + "".join(f"{number:06d}@{stack} {number}\n" for number in numbers)
    )
    table = data_star(simulated_job)
    unmatched = sum(
        int(row.split()[class_column(table)]) not in numbers for row in star_rows(table)
    )
    result = quick_run(table, class_averages=chosen, n_superclasses=2)
    assert unmatched > 0
    assert result.summary["particles"]["excluded_because"] == {"no such average": unmatched}
    said = [*result.summary["warnings"], *result.summary["notes"]]
    # Once, and as a warning.
    (warning,) = [sentence for sentence in said if f"{unmatched:,} " in sentence]
    assert warning in result.summary["warnings"]
    assert warning.startswith(f"{unmatched:,} of 1,200 particles are excluded")
    with pytest.raises(InputError, match=f"{unmatched} particles belong to"):
        quick_run(table, class_averages=chosen, n_superclasses=2, strict=True, output="strict")


def test_a_bare_stack_has_superclasses_and_nothing_to_balance(simulated_job: Path) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    result = quick_run(stack)
    assert result.selection is None
    assert result.summary["particles"] is None
    assert len(result.superclasses) == 5
    with pytest.raises(OptionError, match="no particles to balance"):
        quick_run(stack, factor="0.5", output="x")
    with pytest.raises(OptionError, match="no particles to balance"):
        quick_run(stack, max_size=100, output="x")


def test_settings_without_effect_are_said(simulated_job: Path) -> None:
    result = quick_run(
        simulated_job, superclasses=False, n_superclasses=None, options={"metric": {}}
    )
    assert not result.summary["warnings"]
    result = rebalance.run(
        simulated_job,
        superclasses=False,
        options={"metric": {"mirror": False}},
        figures=False,
        output="x",
    )
    assert result.summary["warnings"] == [
        "The options of the metric are not used: superclassification is off."
    ]


def test_settings_without_effect_on_a_bare_stack_are_said(simulated_job: Path) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    result = quick_run(stack, min_class_particles=5, strict=True, strategy="best")
    assert (
        "--min-class-particles, --strict and --strategy have no effect: there are no particles."
        in result.summary["warnings"]
    )
    said = quick_run(stack, strict=True, output="x").summary["warnings"]
    assert "--strict has no effect: there are no particles." in said
    assert not quick_run(stack, output="y").summary["warnings"]
