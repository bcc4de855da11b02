"""Every setting has a label with a value; none is listed twice in the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rebalance.errors import OptionError
from rebalance.hosts.relion.labels import BY_RELION, Model, labels_of, settings_from, with_labels
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.fields import SHORTHANDS
from rebalance.settings.setting import settings_of

MODELS = (RunSettings, OrientationSettings)


def made(*pairs: tuple[str, str], model: Model = RunSettings) -> Any:
    given = [(label, tuple(value.split())) for label, value in pairs]
    return settings_from(model, given, path=Path("x.star"))


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_a_label(model: Model) -> None:
    labelled = {label.name for label in labels_of(model).values() if not label.of_metric}
    assert labelled == settings_of(model).keys() - BY_RELION.keys()


@pytest.mark.parametrize("model", MODELS)
def test_every_flag_of_the_command_line_is_a_label(model: Model) -> None:
    labels = labels_of(model)
    for name, setting in settings_of(model).items():
        if name in BY_RELION:
            continue
        for word in (word for flag in setting.flags for word in flag.split("/")):
            assert labels[word.lstrip("-")].name == name


@pytest.mark.parametrize("model", MODELS)
def test_every_switch_has_a_value_form(model: Model) -> None:
    for name, setting in settings_of(model).items():
        if setting.is_switch and name not in BY_RELION:
            label = name.replace("_", "-")
            assert getattr(made((label, "yes"), model=model), name) is True
            assert getattr(made((label, "No"), model=model), name) is False


@pytest.mark.parametrize(
    ("label", "value", "superclasses"),
    [
        ("no-superclasses", "yes", False),
        ("no-superclasses", "no", True),
        ("superclasses", "no", False),
        ("superclasses", "true", True),
    ],
)
def test_an_opposite_is_turned_round(label: str, value: str, superclasses: bool) -> None:
    assert made((label, value)).superclasses is superclasses


def test_values_become_what_the_command_line_makes_of_them() -> None:
    settings = made(
        ("k", "8"),
        ("Factor", "0.5"),
        ("max_size", "400"),
        ("exclude-classes", "3, 5 7-9"),
        ("pixel-size", "1.25"),
        ("verdicts", "my verdicts.star"),
        ("also", "averages,tables"),
        ("seed", "-3"),
        ("passthrough", "a.cs b.cs"),
    )
    assert settings == RunSettings(
        "x.star",
        n_superclasses=8,
        factor="0.5",
        max_size=400,
        exclude_classes=(3, 5, 7, 8, 9),
        pixel_size=1.25,
        verdicts="my verdicts.star",
        also=("averages", "tables"),
        seed=-3,
        passthrough=("a.cs", "b.cs"),
    )


def test_options_of_plugins_may_come_in_several_pairs() -> None:
    settings = made(
        ("set", "metric.low_pass=20"), ("set", "strategy.column=rlnX"), ("max-shift", "10px")
    )
    assert settings.options == {
        "metric": {"low_pass": "20", "max_shift": "10px"},
        "strategy": {"column": "rlnX"},
    }


@pytest.mark.parametrize("one", SHORTHANDS, ids=lambda one: one.name)
def test_options_of_the_metric_have_labels(one: Any) -> None:
    value = "no" if one.name == "mirror" else "20"
    settings = made((one.name.replace("_", "-"), value))
    assert settings.options == {"metric": {one.name: False if one.name == "mirror" else "20"}}


def test_an_unknown_label_is_refused_with_what_may_be_meant_and_what_there_is() -> None:
    with pytest.raises(
        OptionError, match=r"There is no label factr\. Did you mean factor\?"
    ) as caught:
        made(("factr", "0.5"))
    listed = caught.value.hint or ""
    assert {"factor,", "n-superclasses,", "junk,", "low-pass,"} <= set(listed.split())


def test_orientations_have_labels_of_their_own() -> None:
    settings = made(("p", "50"), ("bins", "48"), ("antipodal", "yes"), model=OrientationSettings)
    assert (settings.percentile, settings.n_bins, settings.antipodal) == ("50", 48, True)
    with pytest.raises(OptionError, match="no label n-superclasses"):
        made(("n-superclasses", "8"), model=OrientationSettings)


@pytest.mark.parametrize("label", ["output", "o", "overwrite", "threads", "path"])
def test_what_relion_gives_itself_is_no_label(label: str) -> None:
    with pytest.raises(OptionError, match=f"There is no label {label}: "):
        made((label, "yes"))


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("max-size", "many", "a whole number was expected"),
        ("pixel-size", "big", "a number was expected"),
        ("strict", "perhaps", "yes or no was expected"),
        ("junk", "maybe", "Choose aside"),
    ],
)
def test_a_value_that_can_not_be_is_an_error(label: str, value: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        made((label, value))


def test_a_label_that_is_there_twice_is_refused() -> None:
    with pytest.raises(OptionError, match="factor is used twice"):
        made(("f", "0.5"), ("factor", "0.2"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("With --cap-from 0 it decides. -f 0.5 keeps more.", "With label cap-from = 0 it decides."),
        ("Leave out -k, or give --junk auto.", "Leave out label k, or give label junk = auto."),
        ("-f 0.5 keeps more.", "Label factor = 0.5 keeps more."),
        ("Balance with --no-superclasses.", "Balance with label superclasses = no."),
        ("Add --set metric.max_shift=40.", "Add label set = metric.max_shift=40."),
        ("Type --range 3-5 or relion-5 -x.", "Type --range 3-5 or relion-5 -x."),
        ("/data/-f/particles.star: It is empty.", "/data/-f/particles.star: It is empty."),
    ],
)
def test_messages_name_labels_where_there_are_no_flags(text: str, said: str) -> None:
    assert with_labels(text, RunSettings).startswith(said)
