"""The page on quality is what the kept results say, and so are its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.text import Text

from benchmarks import quality, quality_figures, quality_page
from benchmarks.ablation_methods import methods_for
from benchmarks.quality_methods import METHODS
from benchmarks.quality_sets import simulated


def test_tables_are_written_from_the_kept_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = quality_page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(quality_page, "PAGE", tmp_path / "science.md")
    quality_page.PAGE.write_text(there, encoding="utf-8")
    quality_page.main()
    assert quality_page.PAGE.read_text(encoding="utf-8") == there


def test_the_picture_of_shares_has_every_method_that_it_names() -> None:
    figure = quality_figures.share_figure(quality_page.kept(quality_page.RESULTS))
    words = {text.get_text() for text in figure.findobj(Text)}
    assert set(quality_figures.SHOWN.values()) <= words
    assert set(quality_figures.SHOWN) | set(quality_figures.CURVES) <= {m.name for m in METHODS}


def test_a_part_measured_anew_leaves_other_results_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    old = [{"set": "a", "method": "x", "share": 0.1}, {"set": "a", "method": "y", "share": 0.2}]
    quality.keep(path, old)
    quality.keep(path, [{"set": "a", "method": "x", "share": 0.3}])
    found = {(row["set"], row["method"]): row["share"] for row in quality_page.kept(path)}  # type: ignore[index]
    assert found == {("a", "x"): 0.3, ("a", "y"): 0.2}


def test_an_ablation_changes_what_its_row_names() -> None:
    """A tiny set, without noise: rows are measured, and what is left out is missed."""
    found = simulated(
        "phantom", "discrete", "clean", 30, 7, Path(),
        changes={"box": 32, "pixel_size": 8.0}, with_clean=True,
    )  # fmt: skip
    names = ["default", "no mirror", "linkage single", "divided by √(rᵢ rⱼ), true r"]
    rows = quality.measure(found, methods_for(found, names), 1)
    assert [row["method"] for row in rows] == names
    score = {row["method"]: row for row in rows}
    assert score["no mirror"]["rho"] > score["default"]["rho"]
    assert score["linkage single"]["rho"] == score["default"]["rho"]
    assert score["divided by √(rᵢ rⱼ), true r"]["rho"] != score["default"]["rho"]
