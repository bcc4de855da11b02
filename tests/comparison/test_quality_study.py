"""The study that comes with the benchmarks runs as it is written, here in a tiny form."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.quality import methods, run_study, summary
from benchmarks.quality.results import Results, condensed
from rebalance.comparison import compare, read_study
from rebalance.comparison.data_sets import list_data_sets
from rebalance.comparison.method_grid import expand
from rebalance.comparison.study import parse_study
from rebalance.registry import registry

SHARED = Path("../../../shared/data")
TINY = {"n_averages": 16, "box": 24, "snr": [1.0, 0.05]}


def needed() -> None:
    """Skip where a plugin of the study is not installed."""
    content = tomllib.loads(methods.STUDY.read_text(encoding="utf-8"))
    for kind in ("metric", "clustering"):
        there = {plugin.name for plugin in registry().of_kind(kind)}
        names = {one if isinstance(one, str) else one["name"] for one in content[kind]}
        if names - there:
            pytest.skip(f"{', '.join(sorted(names - there))} are not installed")


def tiny(of: str) -> dict[str, Any]:
    """The study with its own methods, on few small averages of one molecule."""
    content = tomllib.loads(methods.STUDY.read_text(encoding="utf-8"))
    data = [one for one in content["data"] if one.get("name", "").startswith(of)]
    for one in data:
        one["simulate"].pop("n_averages", None)
        if "n_views" in one["simulate"]:
            one["simulate"]["n_views"] = 3
        one["n_superclasses"] = [2, one["n_superclasses"][1] if "n_views" in one["simulate"] else 4]
    return content | {
        "data": data[:2],
        "simulate": TINY,
        "particles_per_average": 20,
        "selections": 2,
        "seeds": [200],
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    needed()
    study = parse_study(tiny("phantom"))
    found = compare(study, tmp_path_factory.mktemp("study"), figures=False)
    assert not found.failures
    return condensed(found, list_data_sets(study, Path()))


def test_the_study_gives_a_row_for_every_method_and_number(results: Results) -> None:
    grid = expand(read_study(methods.STUDY))
    labels = {grid.method_label(one) for one in grid.combinations([8])}
    assert set(results.methods) == labels
    # Two kinds of views, two noise levels, two numbers of superclasses.
    assert len(results.rows) == 2 * 2 * 2 * len(labels)
    assert {row.noise for row in results.rows} == {"clean", "noisy"}
    assert {(row.data, row.averages, row.seed) for row in results.rows} == {("phantom", 16, 200)}
    discrete = results.only(views="discrete")
    assert {row.k for row in discrete.rows} == {2, 3}
    assert all(row.is_true_number == (row.k == 3) for row in discrete.rows)
    assert all(np.isfinite(row.kept) for row in results.rows)
    assert len(discrete.of_sets("ari")) == 2
    assert not results.only(views="preferred").of_sets("ari")


def test_its_results_are_summed_up_by_method(results: Results) -> None:
    found = summary.summarise(results)
    assert found.copies == {16: 1}
    assert set(found.methods) == set(results.methods)
    default = methods.default_method()
    clean = found.mean(default, "kept", summary.kind_of("discrete", 16, "clean"))
    assert clean is not None
    assert 0 < clean[0] < 1
    # Of noisy ones nothing is said set by set.
    assert {one.noise for one in found.against_others} <= {"clean"}
    assert all(one.baseline in methods.BASELINES for one in found.against_others)


def test_every_method_that_a_table_names_is_in_the_study() -> None:
    needed()
    grid = expand(read_study(methods.STUDY))
    labels = {grid.method_label(one) for one in grid.combinations([8])}
    assert {*methods.SHOWN, *methods.STRUCTURES_SHOWN, *methods.BASELINES} <= labels
    assert methods.default_method() in labels


def test_the_study_reads_the_real_data_that_are_there(real_data: Path, tmp_path: Path) -> None:
    needed()
    content = tomllib.loads(methods.STUDY.read_text(encoding="utf-8"))
    content["data"] = [one for one in content["data"] if "path" in one]
    for one in content["data"]:
        for key in {"path", "truth"} & one.keys():
            one[key] = str(real_data / Path(one[key]).relative_to(SHARED))
    content |= {"metric": ["rotational-cc"], "clustering": ["hierarchical"], "selections": 1}
    study = parse_study(content)
    found = compare(study, tmp_path / "s", figures=False)
    assert not found.failures
    rows = condensed(found, list_data_sets(study, Path()))
    assert [row.k for row in rows.only(data="relion31_70s").rows] == [5, 6, 8, 10]
    structures = rows.only(data="slicem_ribosomes")
    assert len(structures.of_sets("ari")) == 1
    assert not structures.of_sets("share")


def test_data_whose_files_are_absent_are_left_out(tmp_path: Path) -> None:
    study, absent = run_study.available(read_study(methods.STUDY), tmp_path)
    assert {data.name.partition(",")[0] for data in study.data} == {"phantom"}
    assert "slicem_ribosomes" in absent
    assert len(absent) + len(study.data) == len(read_study(methods.STUDY).data)


def test_the_study_of_strategies_can_be_run() -> None:
    grid = expand(read_study(methods.STUDY.with_name("strategies.toml")))
    assert {one.name for one in grid.strategies} == {"random", "best"}
