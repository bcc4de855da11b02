"""Settings of the commands on orientations: what contradicts, what is kept, what is typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from rebalance.errors import OptionError
from rebalance.settings import DiagnoseSettings, OrientationSettings, with_flags
from rebalance.settings.as_command import as_command, command_line


def test_percentile_counts_where_nothing_else_is_given() -> None:
    assert OrientationSettings("a").cut_at == "80"
    assert OrientationSettings("a", percentile=50).cut_at == "50"
    assert OrientationSettings("a", factor=0.5).cut_at is None
    assert OrientationSettings("a", max_size=10).cut_at is None


@pytest.mark.parametrize(
    "given",
    [
        {"percentile": 80, "factor": 0.5},
        {"percentile": 80, "max_size": 5},
        {"factor": "0.1", "max_size": 5},
    ],
)
def test_only_one_rule_may_say_how_many_stay(given: dict[str, object]) -> None:
    with pytest.raises(OptionError, match="both limit how many"):
        OrientationSettings("a", **given)


def test_only_options_of_the_strategy_are_taken() -> None:
    with pytest.raises(OptionError, match="metric options have no effect"):
        OrientationSettings("a", options=["metric.max_shift=4"])


def test_folder_says_how_bins_are_cut() -> None:
    assert OrientationSettings("a").folder_name("job021") == "rebalance_job021_orientations_p80"
    assert OrientationSettings("a", max_size=7).folder_name("j") == "rebalance_j_orientations_max7"
    assert OrientationSettings("a", factor="0.5").folder_name("j").endswith("_f0.5")


def test_there_must_be_something_to_diagnose() -> None:
    with pytest.raises(OptionError, match="nothing to diagnose"):
        DiagnoseSettings()
    assert DiagnoseSettings(half_maps=("a.mrc", "b.mrc")).half_maps == (
        Path("a.mrc"),
        Path("b.mrc"),
    )


@pytest.mark.parametrize("maps", [("a.mrc",), ("a", "b", "c"), "a.mrc"])
def test_half_maps_are_two(maps: object) -> None:
    with pytest.raises(OptionError, match="not two"):
        DiagnoseSettings("a", half_maps=maps)


@pytest.mark.parametrize(
    "settings",
    [
        OrientationSettings(
            "a b.star", percentile="33.5", symmetry="D7", antipodal=True, n_bins=48, seed=3
        ),
        OrientationSettings("a", strategy="best", options=["strategy.column=x"], max_size=9),
        DiagnoseSettings("a", half_maps=("x", "y"), mask="m", compare="b", pixel_size=1.5),
        DiagnoseSettings(half_maps=("x", "y"), figures=False),
    ],
)
def test_settings_survive_a_record(settings: OrientationSettings | DiagnoseSettings) -> None:
    again = type(settings).from_json(settings.to_json())
    assert again.to_json() == settings.to_json()


def test_command_is_what_a_person_types() -> None:
    settings = DiagnoseSettings("run 1.star", half_maps=("x", "y"), symmetry="D7")
    assert shlex.split(command_line(settings)) == [
        *("rebalance", "diagnose", "run 1.star"),
        *("--half-maps", "x", "y", "--symmetry", "D7"),
    ]
    assert as_command(OrientationSettings("a", antipodal=True, percentile=50)) == [
        *("rebalance", "orientations", "a", "--antipodal", "-p", "50"),
    ]


def test_messages_name_what_is_typed() -> None:
    assert with_flags("Give `half_maps`, `n_bins` or `percentile=50`.") == (
        "Give --half-maps, --bins or -p 50."
    )
