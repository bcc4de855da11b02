"""Checkpoints: a killed run goes on where it was; what is torn or foreign is never used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

import rebalance
from rebalance.cache import AffinityCache
from rebalance.contracts import Block
from rebalance.engine import checkpoint
from rebalance.engine.checkpoint import Checkpoint, Checkpoints, remove_abandoned, remove_needless
from rebalance.engine.schedule import Tile, tiles
from tests.engine.metrics import Counted, N, digest, noise

KEY = "5a" * 32
SCHEDULE = tiles(N)
DONE = 4


@pytest.fixture(autouse=True)
def _begun_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "BEGUN_AFTER_SECONDS", 0.0)


def block_of(tile: Tile, *, aligned: bool = True) -> Block:
    rng = np.random.default_rng(tile.rows.start * N + tile.columns.start)
    shape = (len(tile.rows), len(tile.columns))
    values = rng.random(shape, dtype=np.float32)
    if not aligned:
        return Block(values)
    return Block(
        values,
        rng.normal(size=shape).astype(np.float32),
        rng.normal(size=(*shape, 2)).astype(np.float32),
        rng.random(shape) < 0.5,
    )


@contextmanager
def interrupted(checkpoints: Checkpoints, key: str) -> Iterator[Checkpoint]:
    """A run that is stopped at the end of the block, before the affinity is complete."""
    with suppress(KeyboardInterrupt), checkpoints.open(key) as left:
        yield left
        raise KeyboardInterrupt


def leave_behind(folder: Path, key: str = KEY, *, aligned: bool = True) -> Path:
    """The checkpoint of a run that died after `DONE` tiles."""
    with interrupted(Checkpoints(folder), key) as left:
        for tile in SCHEDULE[:DONE]:
            left.add(tile, block_of(tile, aligned=aligned))
    return left.path


def taken_up(folder: Path, key: str = KEY) -> tuple[list[tuple[Tile, Block]], list[str]]:
    """The tiles, and what was said: on the screen, or among the results."""
    said: list[str] = []
    checkpoints = Checkpoints(folder, say=said.append)
    with interrupted(checkpoints, key) as left:
        found = list(left.finished(SCHEDULE))
    return found, [*checkpoints.problems, *said]


_KILLED = """
import sys
from pathlib import Path
import rebalance
from rebalance.engine import checkpoint
from tests.engine.metrics import Counted, noise

checkpoint.BEGUN_AFTER_SECONDS = 0.0
rebalance.affinity(
    noise(),
    Counted(stop_after=int(sys.argv[2])),
    threads=2,
    # Said after the tile is kept.
    progress=lambda done, total: print(done, flush=True),
    checkpoints=checkpoint.Checkpoints(Path(sys.argv[1])),
)
"""


def test_a_killed_run_goes_on_and_repeats_only_the_tiles_in_flight(tmp_path: Path) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path), str(DONE)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert killed.stdout is not None
    counts = [int(killed.stdout.readline()) for _ in range(DONE + 1)]
    # Two more tiles hang in flight by now, or soon will.
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    assert killed.returncode == -signal.SIGKILL
    assert counts[0] == 0

    said: list[str] = []
    calls: list[tuple[int, int]] = []
    checkpoints = Checkpoints(tmp_path, say=said.append)
    counted = Counted()
    found = rebalance.affinity(
        noise(), counted, progress=lambda *c: calls.append(c), checkpoints=checkpoints
    )
    assert len(counted.tiles) == len(SCHEDULE) - DONE
    assert calls[0] == (counts[-1], N * (N - 1) // 2)
    assert calls[-1][0] == calls[-1][1]
    assert len(said) == 1
    assert f"{counts[-1]:,} of {N * (N - 1) // 2:,} pairs" in said[0]
    assert checkpoints.problems == []
    assert digest(found) == digest(rebalance.affinity(noise(), "rotational-cc"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("aligned", [True, False])
def test_what_was_kept_is_what_comes_back(tmp_path: Path, aligned: bool) -> None:
    leave_behind(tmp_path, aligned=aligned)
    found, problems = taken_up(tmp_path)
    assert problems == []
    assert [tile for tile, _ in found] == SCHEDULE[:DONE]
    for tile, block in found:
        kept = block_of(tile, aligned=aligned)
        for name in ("values", "rotation", "shift", "mirror"):
            was, now = getattr(kept, name), getattr(block, name)
            assert (was is None) == (now is None)
            if was is not None:
                assert was.dtype == now.dtype
                np.testing.assert_array_equal(was, now)


def test_a_tail_torn_anywhere_is_dropped_and_written_anew(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path = leave_behind(tmp_path)
    whole = path.read_bytes()
    record = (len(whole) - checkpoint._HEADER.size) // DONE
    for cut in (1, 15, 16, record - 41, record - 1, *rng.integers(1, record, 5).tolist()):
        path.write_bytes(whole[:-cut])
        said: list[str] = []
        checkpoints = Checkpoints(tmp_path, say=said.append)
        with interrupted(checkpoints, KEY) as left:
            found = [tile for tile, _ in left.finished(SCHEDULE)]
            assert found == SCHEDULE[: DONE - 1]
            left.add(SCHEDULE[DONE - 1], block_of(SCHEDULE[DONE - 1]))
        # Nothing among the results tells of a kill.
        assert checkpoints.problems == []
        (problem,) = said
        assert f"{DONE - 1} finished tiles are used" in problem
        assert str(path) in problem
        assert path.read_bytes() == whole


def test_one_wrong_bit_anywhere_is_noticed(tmp_path: Path, rng: np.random.Generator) -> None:
    path = leave_behind(tmp_path)
    whole = path.read_bytes()
    start = checkpoint._HEADER.size
    record = (len(whole) - start) // DONE
    for at in (0, start - 1, start, start + 32, *rng.integers(0, len(whole), 20).tolist()):
        wrong = bytearray(whole)
        wrong[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(wrong))
        found, problems = taken_up(tmp_path)
        good = max(at - start, 0) // record if at >= start else 0
        assert [tile for tile, _ in found] == SCHEDULE[:good]
        assert len(problems) == 1
        # What is not used is not left there for a later tile to stand before.
        again, problems = taken_up(tmp_path)
        assert len(again) == good
        assert problems == []


def test_a_checkpoint_of_another_affinity_under_this_name_is_not_used(tmp_path: Path) -> None:
    path = leave_behind(tmp_path)
    other = path.with_name(path.name.replace("5a", "5b"))
    os.replace(path, other)
    found, (problem,) = taken_up(tmp_path, "5b" * 32)
    assert found == []
    assert "for another affinity" in problem
    # Nor is a record of it, under the right header.
    leave_behind(tmp_path)
    header = checkpoint._HEADER.size
    other.write_bytes(
        checkpoint._HEADER.pack(checkpoint._MAGIC, bytes.fromhex("5b" * 32))
        + path.read_bytes()[header:]
    )
    found, problems = taken_up(tmp_path, "5b" * 32)
    assert found == []
    assert len(problems) == 1


def test_tiles_of_another_schedule_are_not_used(tmp_path: Path) -> None:
    leave_behind(tmp_path)
    said: list[str] = []
    with Checkpoints(tmp_path, say=said.append).open(KEY) as left:
        assert list(left.finished(tiles(N, (64, 64)))) == []
    assert len(said) == 1


def test_other_images_or_options_take_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebalance.affinity(
            noise(), Counted(), threads=1, progress=stop, checkpoints=Checkpoints(tmp_path)
        )
    (left,) = tmp_path.iterdir()
    others = noise()
    others.images[3, 4, 5] += 1e-3
    for averages, options in ((others, {}), (noise(), {"mirror": False})):
        counted = Counted()
        rebalance.affinity(averages, counted, options=options, checkpoints=Checkpoints(tmp_path))
        assert len(counted.tiles) == len(SCHEDULE)
        assert list(tmp_path.iterdir()) == [left]
    counted = Counted()
    rebalance.affinity(noise(), counted, checkpoints=Checkpoints(tmp_path))
    assert len(counted.tiles) == len(SCHEDULE) - 1


def test_a_metric_without_a_version_leaves_no_checkpoint(tmp_path: Path) -> None:
    class Unversioned(Counted):
        version = ""

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebalance.affinity(
            noise(), Unversioned(), threads=1, progress=stop, checkpoints=Checkpoints(tmp_path)
        )
    assert list(tmp_path.iterdir()) == []


def test_short_work_never_touches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "BEGUN_AFTER_SECONDS", 3600.0)
    folder = tmp_path / "unfinished"
    with interrupted(Checkpoints(folder), KEY) as left:
        for tile in SCHEDULE:
            left.add(tile, block_of(tile))
    assert not folder.exists()


def test_tiles_from_before_the_file_was_begun_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "BEGUN_AFTER_SECONDS", 3600.0)
    with interrupted(Checkpoints(tmp_path), KEY) as left:
        for tile in SCHEDULE[:3]:
            left.add(tile, block_of(tile))
        monkeypatch.setattr(checkpoint, "BEGUN_AFTER_SECONDS", 0.0)
        left.add(SCHEDULE[3], block_of(SCHEDULE[3]))
    found, _ = taken_up(tmp_path)
    assert [tile for tile, _ in found] == SCHEDULE[:4]


def test_a_second_process_leaves_the_checkpoint_of_the_first_alone(tmp_path: Path) -> None:
    said: list[str] = []
    first, second = Checkpoints(tmp_path), Checkpoints(tmp_path, say=said.append)
    with interrupted(first, KEY) as own:
        for tile in SCHEDULE[:DONE]:
            own.add(tile, block_of(tile))
        with second.open(KEY) as other:
            assert list(other.finished(SCHEDULE)) == []
            other.add(SCHEDULE[5], block_of(SCHEDULE[5]))
        assert own.path.exists()
        assert remove_abandoned(tmp_path) == (0, 0)
    assert ["Another process" in sentence for sentence in said] == [True]
    assert second.problems == []
    found, problems = taken_up(tmp_path)
    assert [tile for tile, _ in found] == SCHEDULE[:DONE]
    assert problems == []


def test_a_folder_that_cannot_be_written_is_said_and_got_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    checkpoints = Checkpoints(tmp_path / "file")
    counted = Counted()
    rebalance.affinity(noise(), counted, checkpoints=checkpoints)
    assert len(counted.tiles) == len(SCHEDULE)
    assert ["can't write to" in problem for problem in checkpoints.problems] == [True]


def test_a_folder_that_can_not_be_looked_into_stops_no_run(tmp_path: Path) -> None:
    """As that of another person; root is refused nothing but a name that is too long."""
    folder = tmp_path / ("n" * 300)
    checkpoints = Checkpoints(folder)
    counted = Counted()
    rebalance.affinity(noise(), counted, checkpoints=checkpoints)
    assert len(counted.tiles) == len(SCHEDULE)
    assert ["can't write to" in problem for problem in checkpoints.problems] == [True]
    remove_needless(folder, KEY)


def test_a_checkpoint_that_may_not_be_deleted_stops_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of another person in a folder where each deletes only their own."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    counted = Counted()
    monkeypatch.setattr(Path, "unlink", refuse)
    rebalance.affinity(noise(), counted, checkpoints=Checkpoints(tmp_path))
    assert len(counted.tiles) == len(SCHEDULE)


def test_work_larger_than_the_limit_gets_no_checkpoint(tmp_path: Path) -> None:
    pairs = sum(len(tile.rows) * len(tile.columns) for tile in SCHEDULE)
    for limit, expected in ((0, 0), (17 * pairs, 0), (20 * pairs, 1)):
        checkpoints = Checkpoints(tmp_path, limit=limit)
        with interrupted(checkpoints, KEY) as left:
            assert list(left.finished(SCHEDULE)) == []
            for tile in SCHEDULE:
                left.add(tile, block_of(tile))
        written = [path.stat().st_size for path in tmp_path.iterdir()]
        assert len(written) == expected
        assert sum(written) <= limit


def test_only_what_no_run_will_take_up_is_cleaned_away(tmp_path: Path) -> None:
    old, fresh = leave_behind(tmp_path, "00" * 32), leave_behind(tmp_path, "11" * 32)
    long_ago = time.time() - checkpoint.ABANDONED_AFTER_SECONDS - 10
    os.utime(old, (long_ago, long_ago))
    (tmp_path / "mine.tiles").write_text("a person's own")
    leave_behind(tmp_path)
    assert not old.exists()
    assert fresh.exists()
    assert (tmp_path / "mine.tiles").exists()


def test_emptying_the_cache_spares_a_checkpoint_in_use(tmp_path: Path) -> None:
    cache = AffinityCache(tmp_path, limit=10**8)
    abandoned = leave_behind(cache.unfinished, "00" * 32)
    size = abandoned.stat().st_size
    with interrupted(Checkpoints(cache.unfinished), KEY) as left:
        left.add(SCHEDULE[0], block_of(SCHEDULE[0]))
        assert {entry.path for entry in cache.checkpoints()} == {abandoned, left.path}
        assert sum(entry.size for entry in cache.checkpoints()) > size
        assert cache.clear() == (0, size)
        assert [entry.path for entry in cache.checkpoints()] == [left.path]
        left.add(SCHEDULE[1], block_of(SCHEDULE[1]))
    assert not abandoned.exists()
    found, _ = taken_up(cache.unfinished)
    assert [tile for tile, _ in found] == SCHEDULE[:2]


def test_a_checkpoint_beside_the_whole_affinity_is_deleted(tmp_path: Path) -> None:
    """As a kill leaves it that comes after the affinity was kept."""
    cache = AffinityCache(tmp_path, limit=10**9)
    rebalance.affinity(noise(20), Counted(), cache=cache)
    (entry,) = cache.entries()
    left = leave_behind(cache.unfinished, entry.path.stem)
    other = leave_behind(cache.unfinished)
    with interrupted(Checkpoints(cache.unfinished), entry.path.stem) as taken:
        list(taken.finished(SCHEDULE))
        assert cache.load(entry.path.stem) is not None
        assert left.exists(), "another process has it"
    assert cache.load(entry.path.stem) is not None
    assert not left.exists()
    assert other.exists()
