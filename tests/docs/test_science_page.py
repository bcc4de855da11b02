"""The page on quality is what the kept results say, and so are its pictures."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from matplotlib.text import Text

from benchmarks import (
    ablation_page,
    ablation_scores,
    quality_figures,
    quality_page,
    quality_results,
)
from benchmarks.quality.ablation.variants import methods_for
from benchmarks.quality.classifications import simulated
from benchmarks.quality.results import Results


def test_tables_are_written_from_the_kept_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = quality_page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(quality_page, "PAGE", tmp_path / "science.md")
    quality_page.PAGE.write_text(there, encoding="utf-8")
    quality_page.main()
    assert quality_page.PAGE.read_text(encoding="utf-8") == there


def test_the_picture_of_shares_has_every_method_that_it_names() -> None:
    figure = quality_figures.share_figure(quality_results.read())
    words = {text.get_text() for text in figure.findobj(Text)}
    assert set(quality_figures.SHOWN.values()) <= words


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    row = quality_results.Row(
        "phantom",
        "discrete",
        30,
        0.05,
        200,
        "a + b",
        8,
        False,
        0.91,
        0.02,
        0.1,
        0.11,
        0.5,
        nan,
        -0.5,
    )
    whole = replace(row, data="job", views="files", averages=None, snr=None, seed=None)
    path = tmp_path / "kept.csv"
    quality_results.write(Results([row, whole]), path)
    assert repr(quality_results.read(path).rows) == repr((row, whole))


def row(seed: int, k: int, gain: float, of_oracle: float, ari: float = 0.5) -> quality_results.Row:
    share = gain / of_oracle
    return quality_results.Row(
        "phantom", "discrete", 30, 0.25, seed, "m", k, k == 8, share, 0.0, gain, of_oracle, 0.5,
        ari, -0.5,
    )  # fmt: skip


def test_a_share_is_of_all_there_is_to_gain() -> None:
    found = Results([row(1, 8, 0.1, 0.2), row(1, 12, 0.3, 0.2), row(2, 8, 0.3, 0.1)])
    # Means over K first: 0.2 of 0.2, and 0.3 of 0.1.
    share, error = found.share()
    assert share == pytest.approx(0.5 / 0.3)
    # Of two sets: half the difference of the shares without either.
    assert error == pytest.approx(abs(0.3 / 0.1 - 0.2 / 0.2) / 2)
    assert found.shares_of_sets() == pytest.approx([1, 3])
    assert quality_page.mean_of(found, "share") == "1.67 ± 1.00"
    little = Results([*found.rows, row(3, 8, 0.01, 0.001)])
    assert little.share()[0] == pytest.approx(0.51 / 0.301)
    assert len(little.shares_of_sets()) == 2
    alone = found.only(seed=2)
    assert quality_page.mean_of(alone, "share") == "3.00"
    assert quality_page.mean_of(found.only(seed=5), "share") == ""


def test_agreement_is_that_at_the_true_number_alone() -> None:
    found = Results([row(1, 8, 0.1, 0.1, 0.2), row(1, 12, 0.1, 0.1, 0.9), row(2, 8, 0.1, 0.1, 0.6)])
    assert found.of_sets("ari") == pytest.approx([0.2, 0.6])
    assert quality_page.mean_of(found, "ari") == "0.40 ± 0.28"


def test_a_part_measured_anew_leaves_other_results_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    old = [{"set": "a", "method": "x", "share": 0.1}, {"set": "a", "method": "y", "share": 0.2}]
    ablation_scores.keep(path, old)
    ablation_scores.keep(path, [{"set": "a", "method": "x", "share": 0.3}])
    found = {(row["set"], row["method"]): row["share"] for row in ablation_page.kept(path)}
    assert found == {("a", "x"): 0.3, ("a", "y"): 0.2}


def test_an_ablation_changes_what_its_row_names() -> None:
    """A tiny set, without noise: rows are measured, and what is left out is missed."""
    found = simulated(
        "phantom", "discrete", "clean", 30, 7, Path(),
        changes={"box": 32, "pixel_size": 8.0}, with_clean=True,
    )  # fmt: skip
    names = ["default", "linkage single", "no mirror", "divided by √(rᵢ rⱼ), true r"]
    rows = ablation_scores.measure(found, methods_for(found, names), 1)
    assert [row["method"] for row in rows] == names
    score = {row["method"]: row for row in rows}
    assert score["no mirror"]["rho"] > score["default"]["rho"]
    assert score["linkage single"]["rho"] == score["default"]["rho"]
    assert score["divided by √(rᵢ rⱼ), true r"]["rho"] != score["default"]["rho"]
