"""What a killed run left is cleared, put back or left alone, never lost."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rebalance.errors import OutputError
from rebalance.record import results_folder, work_folders
from rebalance.record.results_folder import ResultsFolder
from rebalance.record.work_folders import lock_folder
from tests.record.folders import end_early, make_results, names

_KILLED = """
import os, signal, sys
from pathlib import Path
from rebalance.record.results_folder import ResultsFolder

with ResultsFolder(Path(sys.argv[1]), overwrite=False) as folder:
    (folder.work / "half").write_text("half")
    if sys.argv[2] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    place = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(place), "kill"], check=False)
    assert killed.returncode < 0
    assert len(list(tmp_path.iterdir())) == 1
    with ResultsFolder(place, overwrite=False) as folder:
        folder.finish()
    assert names(tmp_path) == ["out"]


def test_a_run_that_is_still_going_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(place), "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        (its,) = tmp_path.iterdir()
        with ResultsFolder(place, overwrite=False) as folder:
            folder.finish()
        assert (its / "half").exists()
    finally:
        running.communicate("")
    assert names(tmp_path) == ["out"]


_KILLED_AT_A_RENAME = """
import os, shutil, signal, sys
from pathlib import Path
from rebalance.record.results_folder import ResultsFolder

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

rename, calls = os.replace, []

def replace(*paths):
    calls.append(paths)
    killed() if len(calls) == 2 and sys.argv[2] == "between" else rename(*paths)

with ResultsFolder(Path(sys.argv[1]), overwrite=True) as folder:
    (folder.work / "table.csv").write_text("second")
    (folder.work / "run.json").write_text('{"outputs": [{"name": "table.csv"}]}')
    os.replace = replace
    if sys.argv[2] == "after":
        shutil.rmtree = killed
    folder.finish()
"""


def _kill_at_a_rename(place: Path, when: str) -> Path:
    """The former results that the killed run leaves."""
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_AT_A_RENAME, str(place), when], check=False
    )
    assert killed.returncode < 0
    (former,) = place.parent.glob(f".{place.name}.former-*")
    assert (former / "table.csv").read_text() == "first"
    return former


def test_results_that_a_kill_between_the_renames_hid_are_put_back(tmp_path: Path) -> None:
    place = tmp_path / "out"
    make_results(place)
    _kill_at_a_rename(place, "between")
    assert not place.exists()
    with (
        pytest.raises(OutputError, match="results of an earlier run"),
        ResultsFolder(place, overwrite=False),
    ):
        pytest.fail("the results that were put back were to be replaced")
    assert (place / "table.csv").read_text() == "first"
    assert not list(tmp_path.glob(".out.former-*"))


def test_the_command_of_a_killed_run_works_again(tmp_path: Path) -> None:
    place = tmp_path / "out"
    make_results(place)
    _kill_at_a_rename(place, "between")
    with pytest.raises(RuntimeError):
        end_early(ResultsFolder(place, overwrite=True), RuntimeError)
    assert (place / "table.csv").read_text() == "first"
    make_results(place, "third")
    assert names(tmp_path) == ["out"]
    assert (place / "table.csv").read_text() == "third"


def test_former_results_beside_finished_ones_are_cleared(tmp_path: Path) -> None:
    place = tmp_path / "out"
    make_results(place)
    _kill_at_a_rename(place, "after")
    assert (place / "table.csv").read_text() == "second"
    with pytest.raises(RuntimeError):
        end_early(ResultsFolder(place, overwrite=True), RuntimeError)
    assert names(tmp_path) == ["out"]
    assert (place / "table.csv").read_text() == "second"


def test_former_results_are_left_alone_where_it_is_not_sure_whose_they_are(tmp_path: Path) -> None:
    """Held by a living run, with a person's file in them, or beside a folder of no results."""
    place, former = tmp_path / "out", tmp_path / ".out.former-1"
    make_results(former)
    lock = os.open(former, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with ResultsFolder(place, overwrite=True):
        assert not place.exists()
    os.close(lock)
    place.mkdir()
    with ResultsFolder(place, overwrite=True):
        assert (former / "table.csv").exists()
    place.rmdir()
    make_results(tmp_path / "other", "second")
    (tmp_path / "other").rename(place)
    (former / "notes.txt").write_text("class 5 is junk")
    with ResultsFolder(place, overwrite=True):
        assert (former / "notes.txt").exists()
    (former / "notes.txt").unlink()
    with ResultsFolder(place, overwrite=True):
        assert not former.exists()


def _stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_stopped_while_it_waits_for_another_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_folders.time, "sleep", _stop)
    with work_folders.alone_in(tmp_path):
        before = len(os.listdir("/dev/fd"))
        with pytest.raises(KeyboardInterrupt), work_folders.alone_in(tmp_path):
            pass
        assert len(os.listdir("/dev/fd")) == before


def test_a_run_that_is_stopped_while_it_clears_leaves_what_is_left_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same process, as in a notebook."""
    left = tmp_path / ".out.unfinished-a1b2"
    left.mkdir()
    with monkeypatch.context() as stopped:
        stopped.setattr(shutil, "rmtree", _stop)
        with pytest.raises(KeyboardInterrupt), ResultsFolder(tmp_path / "out", overwrite=False):
            pass
    make_results(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_former_results_are_held_while_they_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_results(tmp_path / "out")
    rename, seen = os.replace, []
    # It waits in vain for the run that it is part of.
    monkeypatch.setattr(work_folders, "PATIENCE_SECONDS", 0.0)

    def look(*paths: Path) -> None:
        if len(seen) == 1:
            with ResultsFolder(tmp_path / "out", overwrite=False):
                seen.append((tmp_path / "out").exists())
        else:
            seen.append(True)
        rename(*paths)

    monkeypatch.setattr(os, "replace", look)
    make_results(tmp_path / "out", "second")
    assert seen == [True, False]
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "table.csv").read_text() == "second"


def test_a_folder_that_another_run_clears_before_it_is_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two, it looks like one of a killed run."""
    make, made = tempfile.mkdtemp, []

    def make_and_lose(*given: Any, **how: Any) -> str:
        made.append(make(*given, **how))
        if len(made) == 1:
            # The other has the lock, and is about to delete it.
            others.append(lock_folder(Path(made[0])))
        elif len(made) == 2:
            os.rmdir(made[1])
        return made[-1]

    others: list[int] = []
    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose)
    with ResultsFolder(tmp_path / "out", overwrite=False) as folder:
        assert folder.work == Path(made[2])
        assert lock_folder(folder.work) == -1
        os.rmdir(made[0])
        os.close(others[0])
        (folder.work / "table.csv").write_text("whole")
        folder.finish()
    assert names(tmp_path) == ["out"]


def test_the_note_of_a_killed_run_goes_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))
    place = tmp_path / "out"
    subprocess.run([sys.executable, "-c", _KILLED, str(place), "kill"], check=False)
    assert len(names(tmp_path / "cache" / "started")) == 1
    with ResultsFolder(place, overwrite=False) as folder:
        folder.finish()
    assert names(tmp_path / "cache" / "started") == []


def test_a_note_of_results_in_place_goes_with_a_run_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A kill between the renaming and the end of the note.
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))
    place = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(results_folder, "forget", lambda folder: None)
        make_results(place)
    notes = tmp_path / "cache" / "started"
    out_of_reach = notes / "other"
    out_of_reach.write_bytes(os.fsencode(tmp_path / "not_mounted" / ".out.unfinished-1"))
    assert len(names(notes)) == 2
    with pytest.raises(OutputError):
        ResultsFolder(place, overwrite=False)
    assert names(notes) == ["other"]
