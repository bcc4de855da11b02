"""The page on quality is what the kept results say, and so are its pictures."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from matplotlib.text import Text

from benchmarks.quality import results, science_figures, science_page, summary
from benchmarks.quality.ablation import scores, tables
from benchmarks.quality.ablation.variants import variants_for
from benchmarks.quality.classifications import simulated
from benchmarks.quality.results import Results


def test_tables_are_written_from_the_kept_summaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = science_page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(science_page, "PAGE", tmp_path / "science.md")
    science_page.PAGE.write_text(there, encoding="utf-8")
    science_page.main()
    assert science_page.PAGE.read_text(encoding="utf-8") == there


def test_the_picture_of_shares_has_every_method_that_it_names() -> None:
    figure = science_figures.share_figure(summary.read())
    words = {text.get_text() for text in figure.findobj(Text)}
    assert set(science_figures.SHOWN.values()) <= words


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    row = results.Row(
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
    path = tmp_path / "full" / "kept.csv"
    results.write(Results([row, whole]), path)
    assert repr(results.read(path).rows) == repr((row, whole))


def row(seed: int, k: int, gain: float, of_oracle: float, ari: float = 0.5) -> results.Row:
    share = gain / of_oracle
    return results.Row(
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
    assert science_page.in_cell(summary.mean_of(found, "share")) == "1.67 ± 1.00"
    little = Results([*found.rows, row(3, 8, 0.01, 0.001)])
    assert little.share()[0] == pytest.approx(0.51 / 0.301)
    assert len(little.shares_of_sets()) == 2
    alone = found.only(seed=2)
    assert science_page.in_cell(summary.mean_of(alone, "share")) == "3.00"
    assert science_page.in_cell(summary.mean_of(found.only(seed=5), "share")) == ""


def test_agreement_is_that_at_the_true_number_alone() -> None:
    found = Results([row(1, 8, 0.1, 0.1, 0.2), row(1, 12, 0.1, 0.1, 0.9), row(2, 8, 0.1, 0.1, 0.6)])
    assert found.of_sets("ari") == pytest.approx([0.2, 0.6])
    assert science_page.in_cell(summary.mean_of(found, "ari")) == "0.40 ± 0.28"


def test_a_summary_has_means_by_method_and_kind_of_data(tmp_path: Path) -> None:
    default = summary.default_method()
    job = replace(row(1, 6, 0.3, 0.3), data="job", views="files", averages=None, snr=None)
    ours = [row(1, 8, 0.1, 0.2), replace(row(2, 8, 0.3, 0.2), data="ribosome"), job]
    others = [replace(one, method="identity", gain=0.1) for one in ours]
    found = summary.summarise(Results([*(replace(r, method=default) for r in ours), *others]))
    assert (found.n_results, found.n_sets, found.copies) == (6, 3, {30: 2})
    # Molecules are taken together.
    moderate = summary.kind_of("discrete", 30, "moderate")
    assert found.mean(default, "share", moderate) == pytest.approx((1.0, 0.5))
    assert found.mean("identity", "share", moderate) == pytest.approx((0.5, 0.0))
    assert found.mean(default, "share", "job") == (1.0, None)
    assert found.mean(default, "share", summary.kind_at("job", 6)) == (1.0, None)
    assert found.mean(default, "share", summary.kind_at("job", 8)) is None
    assert found.mean("unheard of", "share", "job") is None
    path = tmp_path / "summary.json"
    summary.write(found, path)
    assert summary.read(path) == found


def test_a_summary_has_the_default_beside_the_best_of_the_others() -> None:
    ours = [replace(row(seed, 8, gain, 0.2), method=summary.default_method())
            for seed, gain in ((1, 0.1), (2, 0.18))]  # fmt: skip
    others = [
        replace(one, method=method, gain=gain)
        for one in ours
        for method, gain in (("identity", 0.12), ("euclidean + average", 0.02), ("mine", 0.2))
    ]
    (found,) = summary.summarise(Results([*ours, *others])).against_others
    assert (found.data, found.noise, found.sets) == ("phantom, discrete, 30", "moderate", 2)
    assert (found.share, found.lowest) == pytest.approx((0.7, 0.5))
    assert (found.reach_target, found.reach_almost) == (0, 1)
    assert (found.baseline, found.other) == ("identity", "mine")
    assert (found.share_of_baseline, found.share_of_other) == pytest.approx((0.6, 1.0))


def test_a_part_measured_anew_leaves_other_results_alone(tmp_path: Path) -> None:
    path = tmp_path / "full" / "kept.json"
    assert scores.kept(path) == []
    old = [{"set": "a", "method": "x", "share": 0.1}, {"set": "a", "method": "y", "share": 0.2}]
    scores.keep(old, path)
    scores.keep([{"set": "a", "method": "x", "share": 0.3}], path)
    found = {(row["set"], row["method"]): row["share"] for row in scores.kept(path)}
    assert found == {("a", "x"): 0.3, ("a", "y"): 0.2}


def test_the_ablation_is_summed_up_by_variant_and_column(tmp_path: Path) -> None:
    def of(name: str, variant: str, gains: list[list[float] | None], rho: float) -> dict:
        views = {"views": "ideal", "noise": "clean"}
        return {"set": name, **views, "method": variant, "gains": gains, "ari": 0.5, "rho": rho}

    rows = [
        of("phantom, ideal", "default", [[0.1, 0.2], None], -0.7),
        of("ribosome, ideal", "default", [[0.3, 0.2]], -0.9),
        of("phantom, ideal", "ward", [[0.2, 0.2]], -0.7),
        of("phantom, ideal", "frc", [[0.0, 0.2]], -0.6),
    ]
    found = tables.summarise(rows)
    assert found["data_sets"] == {"ideal": 2}
    assert found["variants"]["default"]["share"] == {"ideal": 1.0}
    assert found["variants"]["frc"] == {
        "share": {"ideal": 0.0}, "ari": {"ideal": 0.5}, "rho": {"ideal": -0.6}
    }  # fmt: skip
    # It clusters the affinity of the default.
    assert "rho" not in found["variants"]["ward"]
    assert found["ideal_by_molecule"]["ribosome"] == {"share": 1.5, "rho": -0.9}
    tables.write(found, tmp_path / "summary.json")
    assert tables.read(tmp_path / "summary.json") == found


def test_an_ablation_changes_what_its_row_names() -> None:
    """A tiny set, without noise: rows are measured, and what is left out is missed."""
    found = simulated(
        "phantom", "discrete", "clean", 30, 7, Path(),
        changes={"box": 32, "pixel_size": 8.0}, with_clean=True,
    )  # fmt: skip
    names = ["default", "linkage single", "no mirror", "divided by √(rᵢ rⱼ), true r"]
    rows = scores.measure(found, variants_for(found, names), 1)
    assert [row["method"] for row in rows] == names
    score = {row["method"]: row for row in rows}
    assert score["no mirror"]["rho"] > score["default"]["rho"]
    assert score["linkage single"]["rho"] == score["default"]["rho"]
    assert score["divided by √(rᵢ rⱼ), true r"]["rho"] != score["default"]["rho"]
