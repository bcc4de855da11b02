"""Whatever a run runs out of, it says so once, leaves nothing, and inputs are as they were."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import rebalance
from rebalance import clusterings
from rebalance.errors import InputError, OutputError
from rebalance.pipeline import orientations_job, prepare
from rebalance.pipeline.rerun import rerun
from tests.pipeline.refinements import refined
from tests.pipeline.runs import Correlation, content, data_star, quick_run

NOT_UTF8 = os.fsdecode(b"caf\xe9")


@pytest.fixture
def job(simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that may be changed, in a folder of its own."""
    shutil.copytree(simulated_job.parents[1], tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "project" / simulated_job.parent.name / simulated_job.name


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def nothing_was_left(folder: Path, before: set[str]) -> bool:
    return {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("n_bytes", [0, 500, 2_000, 8_000, 30_000, 60_000, 120_000, 200_000])
def test_a_limit_on_file_sizes_is_said(job: Path, tmp_path: Path, n_bytes: int) -> None:
    """By tables, the affinity, PNG, PDF, the page or the record, whichever is the first."""
    inputs, before = content(job), {"project"}
    run: dict[str, Any] = {"figures": True, "pdf": True, "use_cache": False}
    run["output"] = tmp_path / "out"
    with largest_file(n_bytes), pytest.raises(OutputError, match=r"limit|too large") as caught:
        quick_run(job, **run)
    assert caught.value.path == tmp_path / "out"
    assert nothing_was_left(tmp_path, before)
    assert content(job) == inputs


@pytest.mark.parametrize("ending", [".pdf", ".png", "affinity.npz", "run.json", "report.html"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_fills_while_a_file_is_written_is_said(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, code: int
) -> None:
    """Also where what was begun fails in another way when it is closed."""

    def fill(path: Path) -> None:
        if str(path).endswith(ending):
            raise OSError(code, os.strerror(code), *([str(path)] if code == errno.EIO else []))

    for name in ("write_bytes", "write_text"):
        original: Callable[..., int] = getattr(Path, name)

        def write(
            self: Path, *args: Any, original: Callable[..., int] = original, **how: Any
        ) -> int:
            fill(self)
            return original(self, *args, **how)

        monkeypatch.setattr(Path, name, write)

    def write_affinity(affinity: Any, path: Path) -> None:
        try:
            fill(path)
        except OSError as error:
            if code == errno.EIO:
                raise
            raise ValueError("Can't close the ZIP file") from error

    if ending == "affinity.npz":
        monkeypatch.setattr("rebalance.pipeline.write_results.write_affinity", write_affinity)
    with pytest.raises(OutputError, match="could not be written") as caught:
        quick_run(job, figures=True, pdf=True, output=tmp_path / "out", use_cache=False)
    assert caught.value.path == tmp_path / "out"
    assert nothing_was_left(tmp_path, {"project"})


def test_a_cache_on_a_full_disk_stops_no_run(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Affinities are then computed again; the checkpoint, too, only saves time."""
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "cache"))

    def fail(*_: Any, **__: Any) -> None:
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            raise ValueError("Can't close the ZIP file") from None

    monkeypatch.setattr("rebalance.record.affinity_file.write_affinity", fail)
    result = rebalance.run(job, n_superclasses=4, figures=False, output=tmp_path / "out")
    assert any("can't be saved for the next run" in text for text in result.summary["warnings"])
    assert not list((tmp_path / "cache").glob("*.npz*"))


@pytest.mark.parametrize("what", ["table", "stack"])
def test_an_input_that_is_deleted_during_the_run_is_named(
    job: Path, tmp_path: Path, what: str
) -> None:
    gone = data_star(job) if what == "table" else next(job.glob("*_classes.mrcs"))

    class Deleting(Correlation):
        def prepare(self, *args: Any) -> Any:
            gone.unlink()
            return super().prepare(*args)

    with pytest.raises(InputError, match=r"no longer exists|can.t be read again") as caught:
        quick_run(job, metric=Deleting(), output=tmp_path / "out", use_cache=False)
    assert caught.value.path == gone
    assert nothing_was_left(tmp_path, {"project"})


@pytest.mark.parametrize("glob", ["*_data.star", "*_classes.mrcs", "*_model.star"])
@pytest.mark.parametrize("how", ["shorter", "replaced"])
@pytest.mark.parametrize("before", [(prepare, "find_classes"), (clusterings, "cluster_classes")])
def test_an_input_that_changes_after_it_was_read_is_named(
    job: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    glob: str,
    how: str,
    before: tuple[Any, str],
) -> None:
    """The record would have the digest of a file that was never read."""
    (changed,) = job.glob(glob)

    def change(*given: Any, **asked: Any) -> Any:
        other = changed.with_suffix(".new")
        other.write_bytes(changed.read_bytes()[:-1] + (b"" if how == "shorter" else b"\n"))
        os.replace(other, changed)
        return step(*given, **asked)

    step = getattr(*before)
    monkeypatch.setattr(*before, change)
    with pytest.raises(
        InputError, match=r"after the run began|while it was read|after it was first read"
    ) as found:
        quick_run(job, output=tmp_path / "out", use_cache=False)
    assert found.value.path == changed
    assert nothing_was_left(tmp_path, {"project"})


def test_an_input_that_changed_between_two_runs_is_read_as_it_is(job: Path, tmp_path: Path) -> None:
    quick_run(job, output=tmp_path / "out", use_cache=False)
    model = next(job.glob("*_model.star"))
    model.write_bytes(model.read_bytes() + b"\n")
    quick_run(job, output=tmp_path / "again", use_cache=False)


@pytest.mark.parametrize("how", ["shorter", "deleted"])
def test_an_input_of_orientations_that_changes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (job, files), pipeline = refined(tmp_path / "project"), orientations_job
    changed = files.particles.with_name("run_sampling.star")
    summarise = pipeline.summarise_orientations

    def change(*given: Any, **asked: Any) -> Any:
        if how == "deleted":
            changed.unlink()
        else:
            changed.write_bytes(changed.read_bytes()[:-1])
        return summarise(*given, **asked)

    monkeypatch.setattr(pipeline, "summarise_orientations", change)
    with pytest.raises(InputError, match="after the run began to read it") as caught:
        rebalance.balance_orientations(files.job, figures=False, output=tmp_path / "out")
    assert caught.value.path == changed
    assert nothing_was_left(tmp_path, {"project"})
    assert job.is_dir()


@pytest.mark.parametrize("where", ["project", "job", "output", "current folder"])
def test_names_that_are_not_utf8_are_only_names(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    output = tmp_path / (NOT_UTF8 if where == "output" else "out")
    if where == "project":
        (tmp_path / "project").rename(tmp_path / NOT_UTF8)
        job = tmp_path / NOT_UTF8 / job.relative_to(tmp_path / "project")
    elif where == "job":
        job = job.rename(job.with_name(NOT_UTF8))
    elif where == "current folder":
        (tmp_path / NOT_UTF8).mkdir()
        monkeypatch.chdir(tmp_path / NOT_UTF8)
        output = Path("out")
    run: dict[str, Any] = {"n_superclasses": 4, "factor": "0.5", "use_cache": False}
    result = rebalance.run(job, output=output, **run)
    assert result.folder is not None
    again = rerun(result.folder, output=tmp_path / "again")
    assert again.came_out == ()
    assert (result.folder / "report.html").is_file()


@pytest.mark.parametrize("command", ["run", "inspect", "scan"])
def test_a_current_folder_that_is_gone_is_said(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()
    script = "import os, sys; os.rmdir(os.getcwd()); from rebalance.cli import main; main()"
    words = ["job", *(["-k", "3"] if command == "run" else [])]
    done = subprocess.run(
        [sys.executable, "-c", script, command, *words],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(rebalance.__file__).parents[1])},
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
