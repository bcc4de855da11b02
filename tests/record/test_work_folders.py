"""Work folders of killed runs are found wherever they lie, and those of living ones left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rebalance.cli import app
from rebalance.record.results_folder import ResultsFolder
from rebalance.record.work_folders import find_leftovers, remove_leftovers
from tests.record.folders import make_results, names

_KILLED = """
import os, signal, sys
from pathlib import Path
from rebalance.record.results_folder import ResultsFolder

with ResultsFolder(Path(os.fsdecode(os.fsencode(sys.argv[1]))), overwrite=True) as folder:
    (folder.work / "half").write_text("half")
    if sys.argv[2] == "between":
        os.replace(folder.place, folder.place)
        replace = os.replace
        def kill_at_the_second(*paths):
            if paths[0] == folder.work:
                os.kill(os.getpid(), signal.SIGKILL)
            replace(*paths)
        os.replace = kill_at_the_second
        folder.finish()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kill(place: Path, when: str = "half-way") -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, place, when], check=False)
    assert done.returncode < 0


@pytest.mark.parametrize("name", ["out", "two\nlines", os.fsdecode(b"caf\xe9")])
def test_what_a_killed_run_left_is_named_and_deleted(tmp_path: Path, name: str) -> None:
    place = tmp_path / "far" / name
    kill(place)
    (left,) = find_leftovers()
    assert left.place == place
    assert not left.is_former
    assert left.size == 4
    shown = CliRunner().invoke(app, ["cache"])
    assert ".unfinished-" in shown.stdout
    assert "rebalance cache --clear" in shown.stdout
    printed = json.loads(CliRunner().invoke(app, ["cache", "--json", "--clear"]).stdout)
    assert printed["deleted_bytes"] == 4
    assert printed["left_by_killed_runs"] == []
    assert names(tmp_path / "far") == []
    assert find_leftovers() == []


def test_a_run_that_is_going_on_is_none(tmp_path: Path, cache: Path) -> None:
    with ResultsFolder(tmp_path / "out", overwrite=False) as folder:
        assert len(list((cache / "started").iterdir())) == 1
        assert find_leftovers() == []
        assert remove_leftovers() == 0
        assert folder.work.is_dir()
        folder.finish()
    assert list((cache / "started").iterdir()) == []


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_ends_early_leaves_no_note(
    tmp_path: Path, cache: Path, ending: type[BaseException]
) -> None:
    make_results(tmp_path / "out")
    with pytest.raises(ending), ResultsFolder(tmp_path / "out", overwrite=True):
        raise ending
    # At once, and not only when the next run looks for notes without a folder.
    assert list((cache / "started").iterdir()) == []
    make_results(tmp_path / "out", "second")
    assert list((cache / "started").iterdir()) == []


def test_former_results_are_named_and_never_deleted(tmp_path: Path) -> None:
    place = tmp_path / "out"
    make_results(place)
    kill(place, "between")
    assert not place.exists()
    (former,) = (left for left in find_leftovers() if left.is_former)
    assert "to restore them" in CliRunner().invoke(app, ["cache", "--clear"]).stdout
    assert (former.path / "table.csv").read_text() == "first"
    make_results(place, "second")
    assert find_leftovers() == []
    assert names(tmp_path) == ["cache", "out"]


def test_nothing_but_a_work_folder_is_taken_for_one(tmp_path: Path, cache: Path) -> None:
    with ResultsFolder(tmp_path / "out", overwrite=False):
        pass
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter").write_text("years")
    link = tmp_path / ".out.unfinished-1"
    link.symlink_to(thesis, target_is_directory=True)
    for at, path in enumerate((thesis, link, tmp_path / "gone")):
        (cache / "started" / str(at)).write_bytes(os.fsencode(path))
    (cache / "started" / "nul").write_bytes(b"\0")
    assert remove_leftovers() == 0
    assert (thesis / "chapter").read_text() == "years"


def test_a_cache_that_can_not_be_written_stops_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "file"))
    make_results(tmp_path / "out")
    assert (tmp_path / "out" / "table.csv").is_file()
    assert find_leftovers() == []
