"""For the tests of every package here."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the user's affinity cache."""
    os.environ["REBALANCE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
