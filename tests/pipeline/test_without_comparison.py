"""Runs that need no affinity compare nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.model import ClusteringResult
from rebalance.options import NoOptions
from rebalance.pipeline.dry_run import plan
from rebalance.settings import RunSettings
from tests.pipeline.runs import class_column, data_star, no_comparison, quick_run, star_rows


class Alternating:
    """A clustering of no package that looks at no affinity."""

    options_model: ClassVar = NoOptions
    finds_number: ClassVar[bool] = False
    needs_affinity: ClassVar[bool] = False

    def cluster(self, averages: Any, n_superclasses: int, *_: Any) -> ClusteringResult:
        return ClusteringResult(label=np.arange(len(averages)) % n_superclasses)


class Singles(Alternating):
    """The same, and it says that it is superclassification off."""

    finds_number: ClassVar[bool] = True
    each_by_itself: ClassVar[bool] = True


def test_a_table_alone_is_balanced_without_any_comparison(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", no_comparison)
    table = tmp_path / "particles.star"
    table.write_bytes(data_star(simulated_job).read_bytes())
    result = rebalance.run(table, superclasses=False, factor="0.5", figures=False)
    assert result.folder is not None
    assert result.affinity is None
    assert not (result.folder / "affinity.npz").exists()
    assert result.summary["superclassification"]["by"] == "off"
    counts = Counter(row.split()[class_column(table)] for row in star_rows(table))
    kept = Counter(
        row.split()[class_column(table)]
        for row in star_rows(result.folder / "particles_selected.star")
    )
    cap = min(counts.values()) * 2
    assert kept == {number: min(count, cap) for number, count in counts.items()}


def test_a_clustering_that_needs_no_affinity_groups_without_comparison(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", no_comparison)
    settings: dict[str, Any] = {"clustering": Alternating(), "n_superclasses": 2, "factor": "1"}
    for place, more in (("a", {}), ("b", {"path": data_star(simulated_job)})):
        path = more.get("path", simulated_job)
        result = rebalance.run(path, output=place, **settings)
        assert result.affinity is None
        assert len(result.superclasses) == 2
        assert result.summary["superclassification"]["by"] == "clustering"
        assert result.selection is not None
        assert len(set(result.selection.after.tolist())) == 1
    with pytest.raises(OptionError, match="can't be divided into 99 superclasses"):
        rebalance.run(simulated_job, clustering=Alternating(), n_superclasses=99)
    with pytest.raises(OptionError, match="needs the number of superclasses"):
        rebalance.run(simulated_job, clustering=Alternating())
    planned = plan(RunSettings(simulated_job, output="c", use_cache=False, **settings))
    assert (planned.affinity_source, planned.n_pairs) == ("", 0)
    np.testing.assert_array_equal(planned.superclasses.label, result.superclasses.label)
    said = plan(
        RunSettings(simulated_job, output="c", options={"metric": {"mirror": False}}, **settings)
    ).warnings
    assert said[0] == (
        "The options of the metric are not used: the clustering Alternating needs no affinity."
    )


def test_a_clustering_may_say_that_it_is_superclassification_off(simulated_job: Path) -> None:
    off = quick_run(simulated_job, superclasses=False, n_superclasses=None, output="off")
    singles = quick_run(simulated_job, clustering=Singles(), n_superclasses=None, output="one")
    np.testing.assert_array_equal(off.superclasses.label, singles.superclasses.label)
    assert singles.summary["superclassification"]["by"] == "off"
    with pytest.raises(OptionError, match="K = 7"):
        quick_run(simulated_job, clustering=Singles(), n_superclasses=7, output="two")
