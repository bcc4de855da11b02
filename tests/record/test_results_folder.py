"""A results folder appears whole or not at all, and nothing of anyone else's is ever deleted."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalance.errors import OutputError
from rebalance.record.results_folder import ResultsFolder
from tests.record.folders import end_early, make_results, names


def _finish_after(folder: ResultsFolder, prepare: Callable[[], object]) -> None:
    with folder:
        (folder.work / "run.json").write_text("{}")
        prepare()
        folder.finish()


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
        end_early(ResultsFolder(tmp_path / "out", overwrite=False), ending)
    assert names(tmp_path) == []


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt])
def test_an_overwriting_run_that_ends_early_leaves_the_first_results(
    tmp_path: Path, ending: type[BaseException]
) -> None:
    make_results(tmp_path / "out")
    with pytest.raises(ending):
        end_early(ResultsFolder(tmp_path / "out", overwrite=True), ending)
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


def test_of_runs_that_may_overwrite_the_last_to_end_has_the_place(tmp_path: Path) -> None:
    """Also where there was nothing when they began."""
    place = tmp_path / "out"
    with (
        ResultsFolder(place, overwrite=True) as first,
        ResultsFolder(place, overwrite=True) as second,
    ):
        for folder, text in ((second, "second"), (first, "first")):
            (folder.work / "table.csv").write_text(text)
            (folder.work / "run.json").write_text('{"outputs": [{"name": "table.csv"}]}')
            folder.finish()
    assert (place / "table.csv").read_text() == "first"
    assert names(tmp_path) == ["out"]


def test_results_that_another_run_put_there_meanwhile_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="has the results of an earlier run"):
        _finish_after(
            ResultsFolder(tmp_path / "out", overwrite=False),
            lambda: make_results(tmp_path / "out", "of the other"),
        )
    assert (tmp_path / "out" / "table.csv").read_text() == "of the other"
    assert names(tmp_path) == ["out"]


_ENDING = """
import sys, time
from pathlib import Path
from rebalance.record.results_folder import ResultsFolder

for turn in range(15):
    with ResultsFolder(Path(sys.argv[1]), overwrite=True) as folder:
        for name in ("a.csv", "b.csv"):
            (folder.work / name).write_text(sys.argv[2])
        record = '{"outputs": [{"name": "a.csv"}, {"name": "b.csv"}]}'
        (folder.work / "run.json").write_text(record)
        folder.finish()
"""


def test_runs_that_end_at_once_never_meet_half_way(tmp_path: Path) -> None:
    """None finds the place empty, gone or mixed while another replaces what is there."""
    place = tmp_path / "out"
    words = [sys.executable, "-c", _ENDING, str(place)]
    runs = [subprocess.Popen([*words, str(n)], stderr=subprocess.PIPE, text=True) for n in range(3)]
    errors = [run.communicate(timeout=120)[1] for run in runs]
    assert errors == ["", "", ""]
    assert names(tmp_path) == ["out"]
    assert (place / "a.csv").read_text() == (place / "b.csv").read_text()


def test_results_are_refused_without_overwrite(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    with pytest.raises(OutputError, match="overwrite=True"):
        ResultsFolder(tmp_path / "out", overwrite=False)


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_that_is_not_ours_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="has no results of rebalance"):
        ResultsFolder(tmp_path / "out", overwrite=overwrite)
    (tmp_path / "out" / "run.json").write_text('{"by": "another program"}')
    with pytest.raises(OutputError):
        ResultsFolder(tmp_path / "out", overwrite=overwrite)
    assert names(tmp_path / "out") == ["run.json", "thesis.tex"]


def test_a_persons_file_among_results_is_not_deleted(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    (tmp_path / "out" / "figures" / "notes.txt").write_text("class 5 is junk")
    with pytest.raises(OutputError, match=r"also has figures/notes\.txt, which"):
        ResultsFolder(tmp_path / "out", overwrite=True)
    for name in "abcd":
        (tmp_path / "out" / name).touch()
    with pytest.raises(OutputError, match=r"also has a, b, c and 2 more, which"):
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
        with pytest.raises(OutputError, match="would overwrite an input file"):
            ResultsFolder(tmp_path / "out", overwrite=True, inputs=[path])
    (tmp_path / "link").symlink_to(tmp_path / "out", target_is_directory=True)
    with pytest.raises(OutputError, match="would overwrite an input file"):
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
        lambda work: OutputError("No space is left.", path=work),
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


@pytest.mark.parametrize(
    ("raised", "seen", "says"),
    [
        (OSError(errno.EROFS, "Read-only"), OutputError, "can't be written there: Read-only"),
        (KeyboardInterrupt(), KeyboardInterrupt, "^$"),
    ],
)
def test_a_run_that_can_not_begin_leaves_no_parents(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    seen: type[BaseException],
    says: str,
) -> None:
    def refuse(**_: object) -> str:
        raise raised

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with (
        pytest.raises(seen, match=says),
        ResultsFolder(tmp_path / "a" / "b" / "out", overwrite=False),
    ):
        pytest.fail("the work began")
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


def test_results_have_the_permissions_of_any_new_folder(tmp_path: Path) -> None:
    with ResultsFolder(tmp_path / "out", overwrite=False) as folder:
        folder.finish()
    (tmp_path / "other").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode
    shutil.rmtree(tmp_path / "out")
