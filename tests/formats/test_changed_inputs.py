"""An input that changes during the run ends in one error that names it, never in a signal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import rebalance
from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.cryosparc import CryoSparc
from rebalance.formats.unchanged_file import UnchangedFile
from tests.formats.cs_encodings import BOTH


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def delete(path: Path) -> None:
    path.unlink()


def overwrite(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def replace(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


CHANGES = pytest.mark.parametrize("change", [cut, delete, overwrite, replace])


@CHANGES
@BOTH
@pytest.mark.parametrize(
    "name",
    ["J42_020_particles.cs", "J42_passthrough_particles.cs", "J42_020_class_averages.cs"],
)
def test_a_table_that_changed_is_not_written_from(
    cryosparc_job, write_back, tmp_path, name: str, stream: bool, change: Callable[[Path], None]
) -> None:
    cryosparc_job.whole(stream)
    data = formats.read(cryosparc_job.folder)
    change(cryosparc_job.folder / name)
    with pytest.raises(InputError, match="after the run began to read it") as caught:
        write_back(data, [True, False] * 20, tmp_path / "out")
    assert caught.value.path == cryosparc_job.folder / name


@CHANGES
def test_a_column_that_changed_is_not_read(cryosparc_job, change: Callable[[Path], None]) -> None:
    cryosparc_job.whole()
    data = formats.read(cryosparc_job.folder)
    change(cryosparc_job.folder / "J42_passthrough_particles.cs")
    with pytest.raises(InputError, match="after the run began to read it"):
        data.particles.column("ctf/df1_A")


def test_nothing_is_left_of_a_run_whose_input_is_cut_short(
    cryosparc_job, monkeypatch, tmp_path: Path
) -> None:
    cryosparc_job.whole()
    target = tmp_path / "results" / "out"
    target.parent.mkdir()
    write = CryoSparc.write

    def cut_and_write(self, *args, **options):
        cut(cryosparc_job.folder / "J42_020_particles.cs")
        return write(self, *args, **options)

    monkeypatch.setattr(CryoSparc, "write", cut_and_write)
    with pytest.raises(InputError, match=r"J42_020_particles\.cs: The file has changed"):
        rebalance.run(
            cryosparc_job.folder, superclasses=False, factor="0.3", output=target, figures=False
        )
    assert list(target.parent.iterdir()) == []


def test_a_file_that_ends_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.cs"
    path.write_bytes(b"0123456789")
    watched = UnchangedFile(path)
    with watched.open() as file:
        assert watched.read(file, 6) == b"012345"
        cut(path)
        with pytest.raises(InputError, match="ends earlier"):
            watched.read(file, 4)


def test_a_disk_that_was_mounted_anew_has_changed_no_file(cryosparc_job, write_back, tmp_path):
    """Its files then have other numbers; so has a copy that keeps the time."""
    cryosparc_job.whole()
    data = formats.read(cryosparc_job.folder)
    for path in [*cryosparc_job.folder.rglob("*.cs"), *cryosparc_job.folder.rglob("*.mrc")]:
        shutil.copy2(path, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)
    write_back(data, [True, False] * 20, tmp_path / "out")
    assert data.class_averages is not None
    assert data.class_averages.images.any()


def test_reading_does_not_depend_on_the_order_of_rows(cryosparc_job, tmp_path: Path) -> None:
    from rebalance.formats.cs_file import open_cs

    main, _ = cryosparc_job.particles(n=1000)
    table = open_cs(cryosparc_job.save("particles.cs", main))
    for rows in (cryosparc_job.rng.permutation(1000), np.array([7, 7, 3, 999, 0]), np.arange(0)):
        table.write(tmp_path / "written.cs", rows)
        written = np.load(tmp_path / "written.cs")
        assert written.tobytes() == main[rows].tobytes()
