"""Fixtures that every room's tests share."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Compiled kernels outlast a session of tests, unlike the other things in a cache.
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled")
)

import numpy as np
import pytest
from hypothesis import settings

from rebalance.model import ClassAverages, Views
from tests.environment import environment

__all__ = ["environment"]

# How long an example takes is the machine's affair.
settings.register_profile("rebalance", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "rebalance")

DATA = Path(os.environ.get("REBALANCE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real classifications; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip("the real data sets are not on this machine (set REBALANCE_TEST_DATA)")
    return DATA


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_817)


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the user's affinity cache."""
    os.environ["REBALANCE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def _find_views() -> Iterator[Callable[..., Views]]:
    """What finds views; of the same averages once, since many tests run the same small jobs.

    Tests that ask whether the same are found again take `views_found_anew`.
    """
    import rebalance.views.estimate as room

    find = room.estimate
    found: dict[bytes, Views] = {}

    def estimate(averages: ClassAverages, *given: Any, threads: int = 1, **asked: Any) -> Views:
        content = averages.images, averages.class_id, averages.n_particles, given, asked
        key = hashlib.sha256(pickle.dumps(content)).digest()
        if key not in found:
            found[key] = find(averages, *given, threads=threads, **asked)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "estimate", estimate)
        yield find


@pytest.fixture
def views_found_anew(_find_views: Callable[..., Views], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was found before is taken."""
    monkeypatch.setattr("rebalance.views.estimate.estimate", _find_views)


@pytest.fixture(scope="session")
def simulated_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RELION Class2D job of 24 averages (18 with particles) and 1,200 particles; read only."""
    from rebalance.simulate import simulate_class_averages, write_relion

    settings = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}
    return write_relion(simulate_class_averages(settings), tmp_path_factory.mktemp("project")).job
