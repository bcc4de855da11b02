"""What the page computes is what the command computes: superclasses, caps, particles kept."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.strategies.caps import decide_cap

from .conftest import Opened, groups_of, kept_of, page_of, run_words


@pytest.mark.parametrize("clustering", ["hierarchical", "spectral"])
def test_every_number_on_the_slider_shows_what_the_command_makes(
    clustering: str, opened: Any, results: Any
) -> None:
    result = results(clustering, n_superclasses=4, clustering=clustering)
    shown: Opened = opened(page_of(result))
    used = int(np.count_nonzero(result.superclasses.label >= 0))
    assert shown.told["groupings"]["numbers"] == list(range(1, used + 1))
    counts = result.dataset.class_averages.n_particles
    for number in range(1, used + 1):
        shown.set_number(number)
        expected = rebalance.cluster(
            result.affinity, number, clustering=clustering, n_particles=counts
        )
        assert shown.groups() == [sorted(members.tolist()) for members in expected]
        assert shown.text("#k-value") == str(number)


def test_particles_kept_are_those_of_the_command_for_any_factor_and_maximum(
    main_page: Opened, rng: np.random.Generator
) -> None:
    sizes = [sum(row) for row in _sizes(main_page)]
    factors = ["", "0", "0.0", "-0", "1", "1.0", "0.07", ".3", "3e-1", "1e-40", "0.333333333333"]
    factors += [f"{rng.random():.{digits}f}" for digits in (1, 2, 5) for _ in range(10)]
    for factor in factors:
        for maximum in ("", "1", str(rng.integers(1, 400)), "100000"):
            main_page.set("f", factor)
            main_page.set("max", maximum)
            cap = decide_cap(min(sizes), factor or None, int(maximum) if maximum else None)
            expected = [size if cap.size is None else min(size, cap.size) for size in sizes]
            assert main_page.kept() == expected, (factor, maximum)
            said = main_page.text("#balance-said")
            assert ("ignored" in said) == any("ignored" in words for words in cap.warnings)
            assert ("overrides" in said) == any("overrides" in words for words in cap.warnings)
            assert ("below the smallest" in said) == any("below" in words for words in cap.warnings)


@pytest.mark.parametrize(
    ("field", "text"),
    [("f", "1.5"), ("f", "-0.1"), ("f", "half"), ("f", "1e3"), ("f", "nan"), ("f", "0x1"),
     ("max", "0"), ("max", "-3"), ("max", "2.5"), ("max", "many")],
)  # fmt: skip
def test_what_the_command_refuses_the_page_refuses(
    main_page: Opened, field: str, text: str
) -> None:
    with pytest.raises(OptionError):
        decide_cap(10, text if field == "f" else None, text if field == "max" else None)
    main_page.set(field, text)
    assert main_page.page.get_attribute(f"#{field}", "aria-invalid") == "true"
    assert main_page.page.locator("#copy-command").is_disabled()
    assert main_page.page.locator("#save").is_disabled()
    main_page.set(field, "")
    assert main_page.page.get_attribute(f"#{field}", "aria-invalid") == "false"


def test_the_command_makes_what_is_on_screen(main_page: Opened, tmp_path: Path) -> None:
    main_page.set_number(8)
    main_page.set("f-slider", "0.35")
    assert main_page.page.input_value("#f") == "0.35"
    summary = run_words(shlex.split(main_page.text("#command")), tmp_path)
    assert groups_of(summary) == main_page.groups()
    assert kept_of(summary) == main_page.kept()
    assert summary["particles"]["selected"] == int(main_page.text("#kept").replace(",", ""))


def test_the_command_of_an_untouched_page_makes_the_run_again(
    simulated_job: Path, opened: Any, results: Any, tmp_path: Path
) -> None:
    settings = {
        "n_superclasses": 6,
        "max_size": 90,
        "seed": 5,
        "strategy": "best",
        "clustering": "spectral",
        "exclude_classes": [3],
        "junk_classes": [4],
        "min_class_particles": 6,
        "options": {"clustering": {"power": "1.5"}, "metric": {"max_shift": "5px"}},
    }
    first = results("with many settings", **settings)
    shown: Opened = opened(page_of(first))
    words = shlex.split(shown.text("#command"))
    again = run_words([*words, "-o", "again"], tmp_path)
    assert {name: again[name] for name in first.summary} == first.summary
    one, two = (folder / "particles_selected.star" for folder in (first.folder, tmp_path / "again"))
    assert one.read_bytes() == two.read_bytes()


def _sizes(shown: Opened) -> list[list[int]]:
    of = dict(
        zip(shown.told["averages"]["class_id"], shown.told["averages"]["particles"], strict=True)
    )
    return [[of[number] for number in group] for group in shown.groups()]
