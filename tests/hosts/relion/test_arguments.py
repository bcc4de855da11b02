"""The words that RELION writes are taken apart as it means them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalance.errors import InputError, OptionError, RebalanceError
from rebalance.hosts.relion.arguments import folder_of, parse
from rebalance.hosts.relion.labels import Model, settings_from
from rebalance.settings import OrientationSettings, RunSettings

ALWAYS = ("--o", "External/job007/", "--in_parts", "Class2D/job003/run_it025_data.star")


@given(
    words=st.lists(st.text() | st.sampled_from(["--", "-", "--=", "--k", *ALWAYS])),
    model=st.sampled_from([RunSettings, OrientationSettings]),
)
def test_any_words_are_understood_or_refused(words: list[str], model: Model) -> None:
    with contextlib.suppress(RebalanceError):
        parsed = parse(words)
        settings_from(model, parsed.labels, path=parsed.particles)


def test_what_relion_always_gives() -> None:
    found = parse([*ALWAYS, "--j", "8", "--pipeline_control", "External/job007/"])
    assert found.folder == Path("External/job007")
    assert found.particles == Path("Class2D/job003/run_it025_data.star")
    assert found.threads == 8
    assert found.labels == ()
    assert found.unused == ()


def test_labels_keep_the_words_of_their_values() -> None:
    found = parse([*ALWAYS, "--k", "8", "--exclude-classes", "3,", "5", "--set", "a=1", "b=2"])
    assert found.labels == (
        ("k", ("8",)),
        ("exclude-classes", ("3,", "5")),
        ("set", ("a=1", "b=2")),
    )


def test_a_label_without_a_value_is_left_out_and_said() -> None:
    found = parse([*ALWAYS, "--strict", "--k", "4", "--factor", "", "--j", "1"])
    assert found.labels == (("k", ("4",)),)
    assert found.unused == tuple(
        f"The parameter {label} has no value, and was ignored." for label in ("strict", "factor")
    )


@pytest.mark.parametrize("name", ["in_movies", "in_mics", "in_coords", "in_3dref", "in_mask"])
def test_inputs_that_are_of_no_use_are_named(name: str) -> None:
    found = parse([*ALWAYS, f"--{name}", "Refine3D/job009/run_class001.mrc"])
    assert len(found.unused) == 1
    assert found.unused[0].endswith("is not used: Refine3D/job009/run_class001.mrc.")


def test_a_label_typed_with_its_dashes_and_negative_numbers() -> None:
    found = parse([*ALWAYS, "----k", "8", "-f", "0.5", "--seed", "-3", "--low-pass=20"])
    assert found.labels == (
        ("k", ("8",)),
        ("f", ("0.5",)),
        ("seed", ("-3",)),
        ("low-pass", ("20",)),
    )


def test_no_particles_is_an_error_that_says_which_field() -> None:
    with pytest.raises(InputError) as caught:
        parse(["--o", "External/job007/", "--in_parts", "", "--j", "1"])
    assert "Input particles" in (caught.value.hint or "")


@pytest.mark.parametrize("words", [[], ["--in_parts", "x.star"], ["--o", ""]])
def test_without_a_folder_it_is_no_external_job(words: list[str]) -> None:
    with pytest.raises(OptionError, match="field External executable"):
        folder_of(words)


@pytest.mark.parametrize("threads", ["0", "-2", "many"])
def test_the_number_of_threads_is_a_number(threads: str) -> None:
    with pytest.raises(OptionError, match="number of threads"):
        parse([*ALWAYS, "--j", threads])


def test_a_word_of_no_label_is_refused() -> None:
    with pytest.raises(OptionError, match="'diagnose' is not understood"):
        parse(["diagnose", *ALWAYS])
