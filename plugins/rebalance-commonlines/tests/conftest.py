"""The class averages that SLICEM comes with, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def slicem_ribosomes() -> Path:
    """Folder of averages, published scores and clusters; skips where it is absent."""
    root = Path(__file__).parents[3]
    data = Path(os.environ.get("REBALANCE_TEST_DATA", root.parent / "shared" / "data"))
    folder = data / "slicem_ribosomes"
    if not folder.is_dir():
        pytest.skip("the SLICEM data set is not on this machine (set REBALANCE_TEST_DATA)")
    return folder
