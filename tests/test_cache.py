"""The affinity cache: kept, found, bounded, shared, and never trusted when damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rebalance.cache import AffinityCache, cache_folder, size_limit
from rebalance.errors import OptionError, OutputError
from rebalance.model import Affinity


def make_affinity(key: str, n: int = 20) -> Affinity:
    return Affinity(
        values=np.eye(n, dtype=np.float32),
        class_id=np.arange(1, n + 1),
        is_empty=np.zeros(n, dtype=bool),
        metric="stand-in",
        key=key,
    )


KEYS = [format(number, "064x") for number in range(10)]


@pytest.fixture
def cache(tmp_path: Path) -> AffinityCache:
    return AffinityCache(tmp_path / "cache", limit=10**8)


def test_what_is_stored_is_found_again(cache: AffinityCache) -> None:
    assert cache.load(KEYS[0]) is None
    cache.store(make_affinity(KEYS[0]))
    found = cache.load(KEYS[0])
    assert found is not None
    assert found.key == KEYS[0]
    assert KEYS[0] in cache
    assert cache.load(KEYS[1]) is None
    assert cache.problems == []


def test_a_torn_entry_is_reported_and_not_used(cache: AffinityCache) -> None:
    cache.store(make_affinity(KEYS[0]))
    path = cache.path_of(KEYS[0])
    path.write_bytes(path.read_bytes()[:-100])
    assert cache.load(KEYS[0]) is None
    assert len(cache.problems) == 1
    assert str(path) in cache.problems[0]
    cache.store(make_affinity(KEYS[0]))
    assert cache.load(KEYS[0]) is not None


def test_an_entry_of_another_key_is_not_used(cache: AffinityCache) -> None:
    cache.store(make_affinity(KEYS[0]))
    os.rename(cache.path_of(KEYS[0]), cache.path_of(KEYS[1]))
    assert cache.load(KEYS[1]) is None
    assert "another stack or metric" in cache.problems[0]


def test_the_least_recently_used_goes_first(cache: AffinityCache) -> None:
    cache.store(make_affinity(KEYS[0]))
    size = cache.entries()[0].size
    small = AffinityCache(cache.folder, limit=3 * size + size // 2)
    for age, key in enumerate(KEYS[1:3]):
        small.store(make_affinity(key))
        os.utime(small.path_of(key), (2_000 + age, 2_000 + age))
    os.utime(small.path_of(KEYS[0]), (1_000, 1_000))
    # Being used makes the oldest entry the newest.
    assert small.load(KEYS[0]) is not None
    small.store(make_affinity(KEYS[3]))
    assert {entry.path.stem for entry in small.entries()} == {KEYS[0], KEYS[2], KEYS[3]}


def test_an_affinity_larger_than_the_limit_displaces_nothing(cache: AffinityCache) -> None:
    cache.store(make_affinity(KEYS[0]))
    size = cache.entries()[0].size
    small = AffinityCache(cache.folder, limit=2 * size)
    small.store(make_affinity(KEYS[1], n=200))
    assert [entry.path.stem for entry in small.entries()] == [KEYS[0]]
    assert "exceeds the size of the cache" in small.problems[0]


def test_a_failed_write_leaves_no_part_and_is_no_error(
    cache: AffinityCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(make_affinity(KEYS[0]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rebalance.record.affinity_file.write_affinity", full)
    cache.store(make_affinity(KEYS[1]))
    assert sorted(path.name for path in cache.folder.iterdir()) == sorted(
        ["CACHEDIR.TAG", f"{KEYS[0]}.npz"]
    )
    assert "can't write to" in cache.problems[0]
    assert "No space left" in cache.problems[0]
    assert "access" not in cache.problems[0]


def test_a_folder_that_can_not_be_made_is_said_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = AffinityCache(tmp_path / "file" / "cache", limit=10**6)
    cache.store(make_affinity(KEYS[0]))
    assert "REBALANCE_CACHE_DIR" in cache.problems[0]
    assert cache.entries() == []


def test_clearing_deletes_affinities_and_nothing_else(cache: AffinityCache) -> None:
    for key in KEYS[:3]:
        cache.store(make_affinity(key))
    (cache.folder / "mine.npz").write_text("a person's own")
    total = sum(entry.size for entry in cache.entries())
    assert cache.clear() == (3, total)
    assert cache.entries() == []
    assert (cache.folder / "mine.npz").exists()


def test_a_file_that_can_not_be_deleted_is_an_error(
    cache: AffinityCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(make_affinity(KEYS[0]))

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OutputError, match="can't be emptied: Read-only file system") as caught:
        cache.clear()
    assert caught.value.path == cache.path_of(KEYS[0])


def test_keys_can_not_lead_out_of_the_folder(cache: AffinityCache) -> None:
    for key in ("", "../../etc/passwd", "A" * 64, "0" * 63):
        with pytest.raises(ValueError, match="SHA-256"):
            cache.load(key)
    with pytest.raises(ValueError, match="SHA-256"):
        cache.store(replace(make_affinity(KEYS[0]), key="../x"))


def test_the_folder_is_the_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("REBALANCE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in cache_folder().parents


@pytest.mark.parametrize(
    ("text", "size"),
    [("500MB", 500_000_000), ("2G", 2 * 10**9), ("1.5k", 1500), ("1KiB", 1024), ("0", 0)],
)
def test_sizes_are_read_as_people_write_them(
    monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_SIZE", text)
    assert size_limit() == size


def test_a_size_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_SIZE", "lots")
    with pytest.raises(OptionError, match="REBALANCE_CACHE_SIZE is 'lots'"):
        size_limit()


_WRITER = """
import sys
import numpy as np
from pathlib import Path
from rebalance.cache import AffinityCache
from rebalance.model import Affinity

folder, key, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
cache = AffinityCache(folder, limit=limit)
for n in range(40):
    value = np.full((60, 60), 0.5, dtype=np.float32)
    np.fill_diagonal(value, 1)
    cache.store(Affinity(value, np.arange(60), np.zeros(60, bool), key=key))
    found = cache.load(key)
    assert found is None or (found.values == value).all()
assert not cache.problems, cache.problems
"""


def test_processes_share_the_folder_without_seeing_parts(tmp_path: Path) -> None:
    """Two write the same entry over and over, a third is made to push it out."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), key, limit],
            stderr=subprocess.PIPE,
            text=True,
        )
        for key, limit in ((KEYS[0], "100000000"), (KEYS[0], "100000000"), (KEYS[1], "20000"))
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=300)
        assert writer.returncode == 0, errors
