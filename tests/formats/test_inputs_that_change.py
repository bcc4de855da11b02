"""An input that is cut short, rewritten or removed during a run ends it with one clear error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import rebalance
from rebalance.errors import InputError
from rebalance.progress import Progress
from tests.formats.relion_jobs import CLASSES


class Meddler(Progress):
    """Does something to the inputs when a stage begins."""

    def __init__(self, stage: str, act: Callable[[], object]) -> None:
        super().__init__()
        self.when = stage
        self.act = act

    def stage(self, name: str, title: str = "", unit: str = "") -> None:
        super().stage(name, title, unit)
        if name == self.when:
            self.act()


def run(job, out: Path, stage: str, act: Callable[[], object], **settings: object) -> None:
    rebalance.run(
        job.folder,
        n_superclasses=2,
        output=out,
        figures=False,
        use_cache=False,
        progress=Meddler(stage, act),
        **settings,
    )


def only_inputs_are_left(folder: Path, before: set[Path]) -> bool:
    return {path for path in folder.rglob("*") if path.name != "out"} <= before


@pytest.mark.parametrize("stage", ["affinity", "group", "select"])
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_table_cut_short(relion_job, tmp_path: Path, stage: str, share: float) -> None:
    table = relion_job.iteration("run_it025", CLASSES * 2_000)
    before = set(tmp_path.rglob("*"))
    size = int(table.stat().st_size * share)
    with pytest.raises(InputError, match="became shorter while it was read") as caught:
        run(relion_job, tmp_path / "out", stage, lambda: os.truncate(table, size))
    assert caught.value.path == table
    assert only_inputs_are_left(tmp_path, before)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("act", [Path.unlink, lambda path: os.truncate(path, 1_100)])
def test_a_stack_cut_short_or_removed(relion_job, tmp_path: Path, act) -> None:
    relion_job.iteration("run_it025", CLASSES)
    path = relion_job.folder / "run_it025_classes.mrcs"
    before = set(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        run(relion_job, tmp_path / "out", "group", lambda: act(path), copy_templates=True)
    assert caught.value.path == path
    assert only_inputs_are_left(tmp_path, before)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_removed(relion_job, tmp_path: Path) -> None:
    relion_job.iteration("run_it025", CLASSES)
    with pytest.raises(InputError) as caught:
        run(relion_job, tmp_path / "out", "group", lambda: shutil.rmtree(relion_job.folder))
    assert caught.value.path.parent == relion_job.folder
    assert not (tmp_path / "out").exists()
