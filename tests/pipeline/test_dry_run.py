"""A plan writes and compares nothing, and says what the run would."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rebalance.cache import AffinityCache
from rebalance.pipeline.dry_run import plan
from rebalance.settings import RunSettings
from tests.pipeline.runs import Correlation, data_star


def test_a_plan_compares_nothing_where_there_are_no_averages(
    simulated_job: Path, tmp_path: Path
) -> None:
    table = shutil.copy(data_star(simulated_job), tmp_path / "particles.star")
    labels = tmp_path / "labels.csv"
    numbers = range(1, 31)
    labels.write_text("class_id,superclass\n" + "".join(f"{n},{n % 3}\n" for n in numbers))
    planned = plan(RunSettings(table, labels=labels, use_cache=False))
    assert planned.dataset.class_averages is None
    assert (planned.affinity_source, planned.n_pairs) == ("", 0)
    assert planned.superclasses is not None
    assert len(planned.superclasses) == 3


def test_a_plan_writes_nothing_and_says_the_same(simulated_job: Path) -> None:
    settings = RunSettings(
        simulated_job,
        metric=Correlation(),
        n_superclasses=5,
        factor="0.5",
        figures=False,
    )
    planned = plan(settings)
    assert planned.affinity_source == "computed"
    assert planned.n_pairs == 18 * 17 // 2
    assert planned.superclasses is None
    assert Correlation.tiles == 0
    assert AffinityCache().entries() == []
    assert list(Path().iterdir()) == []

    from rebalance.pipeline.run_job import execute

    result = execute(settings)
    assert planned.folder == result.folder
    again = plan(RunSettings(simulated_job, **_settings(settings), output="elsewhere"))
    assert again.affinity_source == "cache"
    assert again.superclasses is not None
    assert again.selection is not None
    assert result.selection is not None
    np.testing.assert_array_equal(again.superclasses.label, result.superclasses.label)
    np.testing.assert_array_equal(again.selection.selected, result.selection.selected)
    assert not Path("elsewhere").exists()


def _settings(settings: RunSettings) -> dict[str, Any]:
    return {
        name: getattr(settings, name) for name in ("metric", "n_superclasses", "factor", "figures")
    }


def test_a_plan_compares_nothing_by_a_metric_whose_results_are_never_kept(
    simulated_job: Path,
) -> None:
    class WithoutVersion(Correlation):
        version = ""

        def prepare(self, *_: Any) -> Any:
            pytest.fail("class averages were compared")

    planned = plan(RunSettings(simulated_job, metric=WithoutVersion(), n_superclasses=5))
    assert planned.affinity_source == "computed"
    assert planned.superclasses is None
