"""Every run has a folder and a cache of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.runs import Correlation


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    Correlation.tiles = 0
