"""What was compared once is not compared again, and never taken for something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rebalance.cache import AffinityCache
from rebalance.errors import InputError
from tests.pipeline.runs import Correlation, quick_run


def test_another_k_and_f_ask_the_metric_for_nothing(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    asked = Correlation.tiles
    assert asked > 0
    second = quick_run(simulated_job, n_superclasses=3, factor="0.7")
    assert Correlation.tiles == asked
    assert first.folder is not None
    assert second.folder is not None
    assert (first.folder / "affinity.npz").read_bytes() == (
        second.folder / "affinity.npz"
    ).read_bytes()
    sources = [
        json.loads((result.folder / "run.json").read_text())["affinity"]["source"]
        for result in (first, second)
        if result.folder
    ]
    assert sources == ["computed", "cache"]


def test_a_metric_without_a_version_is_not_kept(simulated_job: Path) -> None:
    class Unversioned(Correlation):
        version = ""

    quick_run(simulated_job, metric=Unversioned())
    assert AffinityCache().entries() == []


def test_a_damaged_cache_is_said_and_computed_again(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    (entry,) = AffinityCache().entries()
    entry.path.write_bytes(entry.path.read_bytes()[:-50])
    asked = Correlation.tiles
    second = quick_run(simulated_job, output="second")
    assert Correlation.tiles > asked
    assert any(str(entry.path) in warning for warning in second.summary["warnings"])
    assert first.affinity is not None
    assert second.affinity is not None
    np.testing.assert_array_equal(first.affinity.values, second.affinity.values)


def test_an_affinity_is_read_back(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    assert first.folder is not None
    asked = Correlation.tiles
    again = quick_run(
        simulated_job, affinity_file=first.folder / "affinity.npz", output="again", use_cache=False
    )
    assert Correlation.tiles == asked
    np.testing.assert_array_equal(first.superclasses.label, again.superclasses.label)


def test_an_affinity_of_other_averages_is_refused(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    assert first.folder is not None
    with np.load(first.folder / "affinity.npz") as arrays:
        changed = dict(arrays)
    changed["class_id"] = changed["class_id"] + 1
    np.savez("other.npz", **changed)
    with pytest.raises(InputError, match=r"numbers 2 to 25; the data set has 24, numbers 1 to 24"):
        quick_run(simulated_job, affinity_file="other.npz", output="x")
    changed["class_id"] = changed["class_id"] - 1
    stack = next(simulated_job.glob("*_classes.mrcs"))
    other = Path("other.mrcs")
    other.write_bytes(stack.read_bytes()[:-4] + b"\0\0\x80\x3f")
    with pytest.raises(InputError, match="the same numbers, but their images differ"):
        quick_run(other, affinity_file=first.folder / "affinity.npz", output="x")
    changed["is_empty"] = np.ones(24, dtype=bool)
    np.savez("other.npz", **changed)
    with pytest.raises(InputError, match="is missing in it"):
        quick_run(simulated_job, affinity_file="other.npz", output="x")
