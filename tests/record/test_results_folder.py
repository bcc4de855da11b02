"""A results folder appears whole or not at all, and nothing of anyone else's is ever deleted."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalance.errors import OutputError
from rebalance.record.results_folder import ResultsFolder


def make_results(place: Path, text: str = "first") -> None:
    """An earlier run of ours."""
    with ResultsFolder(place, overwrite=True) as folder:
        (folder.work / "figures").mkdir()
        (folder.work / "table.csv").write_text(text)
        (folder.work / "figures" / "a.png").write_text(text)
        record = {"outputs": [{"name": "table.csv"}, {"name": "figures/a.png"}]}
        (folder.work / "run.json").write_text(json.dumps(record))
        folder.finish()


def _end_early(folder: ResultsFolder, ending: type[BaseException]) -> None:
    with folder:
        (folder.work / "table.csv").write_text("half")
        raise ending


def _finish_after(folder: ResultsFolder, prepare: Callable[[], object]) -> None:
    with folder:
        (folder.work / "run.json").write_text("{}")
        prepare()
        folder.finish()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_place_is_empty_until_all_is_there(tmp_path: Path) -> None:
    place = tmp_path / "out"
    with ResultsFolder(place, overwrite=False) as folder:
        (folder.work / "table.csv").write_text("x")
        assert not place.exists()
        folder.finish()
    assert names(place) == ["table.csv"]
    assert names(tmp_path) == ["out"]


def test_missing_parents_are_made_and_taken_back(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "out"
    with ResultsFolder(place, overwrite=False):
        assert place.parent.is_dir()
    assert names(tmp_path) == []
    with ResultsFolder(place, overwrite=False) as folder:
        folder.finish()
    assert place.is_dir()


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_run_that_ends_early_leaves_nothing(tmp_path: Path, ending: type[BaseException]) -> None:
    with pytest.raises(ending):
        _end_early(ResultsFolder(tmp_path / "out", overwrite=False), ending)
    assert names(tmp_path) == []


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt])
def test_an_overwriting_run_that_ends_early_leaves_the_first_results(
    tmp_path: Path, ending: type[BaseException]
) -> None:
    make_results(tmp_path / "out")
    with pytest.raises(ending):
        _end_early(ResultsFolder(tmp_path / "out", overwrite=True), ending)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "table.csv").read_text() == "first"


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_crash_between_the_two_renames_brings_the_first_results_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    make_results(tmp_path / "out")
    rename, calls = os.replace, []

    def crash_at_the_second(*paths: Path) -> None:
        calls.append(paths)
        if len(calls) == 2:
            raise ending
        rename(*paths)

    expected = OutputError if ending is OSError else ending
    with pytest.raises(expected):
        _finish_after(
            ResultsFolder(tmp_path / "out", overwrite=True),
            lambda: monkeypatch.setattr(os, "replace", crash_at_the_second),
        )
    assert len(calls) >= 2
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "table.csv").read_text() == "first"


def test_results_are_replaced_whole_with_overwrite(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    with ResultsFolder(tmp_path / "out", overwrite=True) as folder:
        (folder.work / "new.csv").write_text("second")
        folder.finish()
    assert names(tmp_path / "out") == ["new.csv"]
    assert names(tmp_path) == ["out"]


def test_results_are_refused_without_overwrite(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    with pytest.raises(OutputError, match="--overwrite"):
        ResultsFolder(tmp_path / "out", overwrite=False)


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_that_is_not_ours_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="no results folder of rebalance"):
        ResultsFolder(tmp_path / "out", overwrite=overwrite)
    (tmp_path / "out" / "run.json").write_text('{"by": "another program"}')
    with pytest.raises(OutputError):
        ResultsFolder(tmp_path / "out", overwrite=overwrite)
    assert names(tmp_path / "out") == ["run.json", "thesis.tex"]


def test_a_persons_file_among_results_is_not_deleted(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    (tmp_path / "out" / "figures" / "notes.txt").write_text("class 5 is junk")
    with pytest.raises(OutputError, match=r"also holds figures/notes\.txt"):
        ResultsFolder(tmp_path / "out", overwrite=True)


def test_an_empty_folder_is_a_fine_place(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with ResultsFolder(tmp_path / "out", overwrite=False) as folder:
        (folder.work / "x").write_text("x")
        folder.finish()
    assert names(tmp_path / "out") == ["x"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="a file, not a folder"):
        ResultsFolder(tmp_path / "out", overwrite=True)


def test_results_never_replace_what_is_read(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    for path in (tmp_path / "out" / "table.csv", tmp_path / "out"):
        with pytest.raises(OutputError, match="would replace a file that is read"):
            ResultsFolder(tmp_path / "out", overwrite=True, inputs=[path])
    (tmp_path / "link").symlink_to(tmp_path / "out", target_is_directory=True)
    with pytest.raises(OutputError, match="would replace a file that is read"):
        ResultsFolder(tmp_path / "link", overwrite=True, inputs=[tmp_path / "out" / "table.csv"])


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="disk is full"),
        ResultsFolder(tmp_path / "out", overwrite=False),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_an_error_about_the_results_names_their_place(tmp_path: Path) -> None:
    """By whomever it is raised: nobody knows the folder that the results are built in."""
    for error in (
        lambda work: OSError(errno.EIO, "broken", str(work / "table.csv")),
        lambda work: OutputError("There is no room left.", path=work),
    ):
        with pytest.raises(OutputError) as caught:
            _fail(ResultsFolder(tmp_path / "out", overwrite=False), error)
        assert caught.value.path == tmp_path / "out"
        assert "unfinished" not in str(caught.value)
    assert names(tmp_path) == []


def _fail(folder: ResultsFolder, error: Callable[[Path], Exception]) -> None:
    with folder:
        raise error(folder.work)


def test_an_error_about_another_file_stays_what_it_is(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError),
        ResultsFolder(tmp_path / "out", overwrite=False),
    ):
        (tmp_path / "input.star").read_text()
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_place_is_said_before_the_work(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with (
            pytest.raises(OutputError, match="can't be written"),
            ResultsFolder(tmp_path / "out", overwrite=False),
        ):
            pytest.fail("the work began")
    finally:
        tmp_path.chmod(0o700)


def test_a_place_below_a_file_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(OutputError, match="can't be written"),
        ResultsFolder(tmp_path / "file" / "out", overwrite=False),
    ):
        pytest.fail("the work began")
    assert names(tmp_path) == ["file"]


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
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    _make_old(left[0])
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
        _make_old(its)
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
    for left in tmp_path.glob(".out.unfinished-*"):
        _make_old(left)
    with pytest.raises(RuntimeError):
        _end_early(ResultsFolder(place, overwrite=True), RuntimeError)
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
        _end_early(ResultsFolder(place, overwrite=True), RuntimeError)
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


def test_former_results_are_held_while_they_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_results(tmp_path / "out")
    rename, seen = os.replace, []

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


def _make_old(folder: Path) -> None:
    then = time.time() - 3600
    os.utime(folder, (then, then))


def test_results_have_the_permissions_of_any_new_folder(tmp_path: Path) -> None:
    with ResultsFolder(tmp_path / "out", overwrite=False) as folder:
        folder.finish()
    (tmp_path / "other").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode
    shutil.rmtree(tmp_path / "out")
