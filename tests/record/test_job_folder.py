"""In the folder of another program's job, files appear whole and only ours are removed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from rebalance.errors import OutputError
from rebalance.record import job_folder
from rebalance.record.job_folder import JobFolder, remove_results, write_whole


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "External" / "job007"
    folder.mkdir(parents=True)
    (folder / "job.star").write_text("RELION's")
    return folder


def write_results(work: Path, *names: str) -> None:
    for name in names:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(name)
    outputs = [{"name": name} for name in names]
    (work / "run.json").write_text(json.dumps({"outputs": outputs}))


def there(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def test_files_are_put_beside_what_is_there_the_record_last(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []
    replace = os.replace

    def noted(source: Path, target: Path) -> None:
        order.append(Path(target).relative_to(place).as_posix())
        replace(source, target)

    monkeypatch.setattr(job_folder.os, "replace", noted)
    with JobFolder(place, overwrite=False, noted=False) as folder:
        write_results(folder.work, "z.star", "figures/a.png")
        assert there(place) == {"job.star"}
        folder.finish()
    assert order == ["figures/a.png", "z.star", "run.json"]
    assert there(place) == {"job.star", *order}
    assert [path.name for path in place.parent.iterdir()] == ["job007"]


def test_what_ends_early_leaves_the_folder_as_it_was(place: Path) -> None:
    def interrupted() -> None:
        with JobFolder(place, overwrite=False, noted=False) as folder:
            write_results(folder.work, "a.star")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert there(place) == {"job.star"}
    assert [path.name for path in place.parent.iterdir()] == ["job007"]


def test_only_what_the_record_names_is_removed(place: Path) -> None:
    write_results(place, "a.star", "figures/a.png", "figures/b.png")
    (place / "figures" / "mine.png").touch()
    remove_results(place)
    assert there(place) == {"job.star", "figures/mine.png"}
    write_results(place, "figures/a.png")
    (place / "figures" / "mine.png").unlink()
    remove_results(place)
    assert sorted(path.name for path in place.iterdir()) == ["job.star"]


def test_a_removal_that_is_interrupted_is_finished(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(place, "a.star", "figures/a.png")
    unlink = Path.unlink

    def interrupted(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        monkeypatch.setattr(Path, "unlink", unlink)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        remove_results(place)
    assert there(place) == {"job.star"}


def test_a_record_that_points_elsewhere_removes_nothing_there(place: Path) -> None:
    outside = place.parent / "outside.star"
    outside.touch()
    outputs = [{"name": "../outside.star"}, {"name": str(outside)}]
    (place / "run.json").write_text(json.dumps({"outputs": outputs}))
    remove_results(place)
    assert outside.is_file()


@pytest.mark.parametrize("content", ["", "[]", '{"outputs": 3}', "[" * 100_000])
def test_a_record_of_another_program_is_let_be(place: Path, content: str) -> None:
    (place / "run.json").write_text(content)
    remove_results(place)
    assert there(place) == {"job.star", "run.json"}


def test_a_file_that_can_not_be_written_is_told_and_leaves_no_part(place: Path) -> None:
    (place / "taken").mkdir()
    with pytest.raises(OutputError, match="can't be written"):
        write_whole(place / "taken", b"content")
    assert write_whole(place / "new", b"content").read_bytes() == b"content"
    assert sorted(path.name for path in place.iterdir()) == ["job.star", "new", "taken"]


def test_a_full_disk_is_said_of_a_file_for_the_other_program(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "list").write_text("before")

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", fill)
    with pytest.raises(OutputError, match="the disk is full") as caught:
        write_whole(place / "list", b"after")
    assert caught.value.hint is not None
    assert there(place) == {"job.star", "list"}
    assert (place / "list").read_text() == "before"


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_a_job_that_is_stopped_while_files_are_put_in_place_leaves_none(
    place: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    """Its record, by which they would be known as ours, is not there yet."""
    replace = os.replace

    def stop(*paths: Path) -> None:
        replace(*paths)
        if paths[1].name == "b.csv":
            raise ending

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(ending):
        _finish(place)
    assert [path.name for path in place.iterdir()] == ["job.star"]


def _finish(place: Path) -> None:
    with JobFolder(place, overwrite=False) as folder:
        write_results(folder.work, "a.csv", "b.csv", "c.csv", "Figures/a.png")
        folder.finish()
