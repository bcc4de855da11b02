"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

DATA = Path(
    os.environ.get("REBALANCE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")
)


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
