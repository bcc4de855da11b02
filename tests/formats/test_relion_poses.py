"""Poses are set in a copy of a RELION table in which all else is as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import starfile

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.relion_poses import ORIGIN_ANGSTROM, ORIGIN_PIXELS, PSI, ROT, TILT
from rebalance.model import Dataset, ParticlePoses
from rebalance.poses.conventions import rotation_of_angles
from rebalance.registry import registry
from rebalance.simulate import simulate_class_averages, write_relion
from tests.formats.relion_jobs import CLASSES

PIXEL_SIZE = 6.4
SET = (ROT, TILT, PSI)


@pytest.fixture
def job(tmp_path: Path) -> Callable[[str], Path]:
    """The particle table of a simulated job, 60 particles."""

    def make(version: str) -> Path:
        options = {"n_averages": 6, "n_particles": 60, "n_views": 3, "box": 16, "n_empty": 0}
        options |= {"n_junk": 0, "n_noise": 0, "pixel_size": PIXEL_SIZE, "seed": 2}
        simulated = simulate_class_averages(options)
        return write_relion(simulated, tmp_path / "project", version=version).data  # type: ignore[arg-type]

    return make


def poses_of(dataset: Dataset, row: Sequence[int], rng: np.random.Generator) -> ParticlePoses:
    assert dataset.particles is not None
    n = len(row)
    angles = rng.uniform(-170, 170, n), rng.uniform(1, 179, n), rng.uniform(-170, 170, n)
    return ParticlePoses(
        np.array(row, dtype=np.int64),
        dataset.particles.class_id[row],
        rotation_of_angles(*angles),
        rng.normal(0, 3, (n, 2)),
        PIXEL_SIZE,
        len(dataset.particles),
    )


def written(dataset: Dataset, poses: ParticlePoses, folder: Path) -> Path:
    folder.mkdir()
    (path,) = registry().load("format", "relion").write_poses(dataset, poses, folder)
    return path


def table(path: Path) -> dict:
    blocks = starfile.read(path, always_dict=True)
    return blocks.get("particles", blocks.get(""))


@pytest.mark.parametrize("version", ["3.0", "3.1", "5.0"])
def test_angles_and_origins_are_the_poses_and_all_else_is_as_it_was(
    job, rng: np.random.Generator, tmp_path: Path, version: str
) -> None:
    data = job(version)
    dataset = formats.read(data)
    row = np.sort(rng.choice(60, 23, replace=False)).tolist()
    poses = poses_of(dataset, row, rng)
    before = data.read_bytes()
    path = written(dataset, poses, tmp_path / "out")
    assert data.read_bytes() == before
    old, new = table(data), table(path)
    origin, unit = (ORIGIN_PIXELS, 1.0) if version == "3.0" else (ORIGIN_ANGSTROM, PIXEL_SIZE)
    assert list(new) == list(old)
    for name in old:
        if name not in (*SET, *origin):
            assert new[name].tolist() == old[name].iloc[row].tolist(), name
    back = rotation_of_angles(*(new[name].to_numpy() for name in SET))
    np.testing.assert_allclose(back, poses.rotation, atol=1e-7)
    for axis, name in enumerate(origin):
        np.testing.assert_allclose(new[name], -poses.shift[:, axis] * unit, atol=1e-6)
    if version != "3.0":
        text = path.read_text()
        head = text[: text.index("data_particles")]
        assert head == before.decode()[: len(head)]


def test_what_was_written_is_read_as_aligned_so(
    job, rng: np.random.Generator, tmp_path: Path
) -> None:
    """psi and origins of the poses come back, by the same convention as those of Class2D."""
    data = job("3.1")
    dataset = formats.read(data)
    poses = poses_of(dataset, range(60), rng)
    path = written(dataset, poses, tmp_path / "out")
    again = formats.read(path, data.with_name(data.name.replace("_data", "_model")))
    alignment = registry().load("format", "relion").in_plane_alignment(again)
    np.testing.assert_allclose(alignment.shift, poses.shift, atol=1e-6)


ROWS = """
data_particles

loop_
_rlnImageName #1
_rlnRandomSubset #2
_rlnClassNumber #3
_rlnOriginX #4
_rlnAnglePsi #5
_rlnOriginY #6
"first one@a.mrcs"  1  1   0.5\t12.0   -1.25   # by hand
000002@a.mrcs       2  2   0.5\t12.0   -1.25
# a comment
000003@a.mrcs       '1'  1  '0.5' 12.0 "-1.25"
000004@a.mrcs 2 1 1000000.5 1000000.5 1000000.5

data_more

_rlnSomething 5
"""

EXPECTED = """
data_particles

loop_
_rlnImageName #1
_rlnClassNumber #2
_rlnOriginX #3
_rlnAnglePsi #4
_rlnOriginY #5
_rlnAngleRot #6 
_rlnAngleTilt #7 
"first one@a.mrcs"  1 -1.000000\t30.000000 -2.000000 10.000000 20.000000   # by hand
# a comment
000003@a.mrcs  1 -3.000000 30.000000 -4.000000 10.000000 20.000000
000004@a.mrcs 1 -5.000000 30.000000 -6.000000 10.000000 20.000000

data_more

_rlnSomething 5
"""  # noqa: W291


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_odd_tables_keep_their_oddities(tmp_path: Path, end: str) -> None:
    """Missing columns come last, half sets go, quotes, tabs and comments stay."""
    source = tmp_path / "particles.star"
    source.write_bytes(ROWS.replace("\n", end).encode())
    dataset = formats.read(source, need_class_averages=False)
    poses = ParticlePoses(
        np.array([0, 2, 3]),
        np.array([1, 1, 1]),
        rotation_of_angles(*np.array([[10.0, 20.0, 30.0]] * 3).T),
        np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        None,
        4,
    )
    path = written(dataset, poses, tmp_path / "out")
    found = [line.split() for line in path.read_bytes().decode().split(end)]
    assert found == [line.split() for line in EXPECTED.split("\n")]
    assert path.read_bytes().count(b"\t") == 1
    assert path.read_bytes().count(b"\r") == (EXPECTED.count("\n") if end == "\r\n" else 0)


def test_a_table_cut_into_many_pieces_is_the_same(
    job, rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = job("3.1")
    poses = poses_of(formats.read(data), range(0, 60, 2), rng)
    whole = written(formats.read(data), poses, tmp_path / "whole")
    monkeypatch.setattr("rebalance.formats.star_text.PIECE", 700)
    pieces = written(formats.read(data), poses, tmp_path / "pieces")
    assert pieces.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("gone", [PSI, ORIGIN_ANGSTROM[1]])
def test_a_column_that_is_missing_is_named(job, tmp_path: Path, gone: str) -> None:
    data = job("3.1")
    blocks = starfile.read(data)
    blocks["particles"] = blocks["particles"].drop(columns=gone)
    starfile.write(blocks, data, overwrite=True)
    with pytest.raises(InputError, match=gone):
        registry().load("format", "relion").in_plane_alignment(formats.read(data))


def test_an_angle_that_is_no_number_is_named(job) -> None:
    data = job("3.1")
    blocks = starfile.read(data)
    blocks["particles"][PSI] = blocks["particles"][PSI].astype(object)
    blocks["particles"].loc[7, PSI] = "north"
    starfile.write(blocks, data, overwrite=True)
    with pytest.raises(InputError, match=f"{PSI} does not contain numbers"):
        registry().load("format", "relion").in_plane_alignment(formats.read(data))


def test_origins_in_angstrom_need_the_pixel_size(relion_job) -> None:
    data = relion_job.iteration("run_it025", CLASSES)
    blocks = starfile.read(data)
    for name in (PSI, *ORIGIN_ANGSTROM):
        blocks["particles"][name] = 1.5
    starfile.write(blocks, data, overwrite=True)
    plugin = registry().load("format", "relion")
    alignment = plugin.in_plane_alignment(formats.read(data))
    np.testing.assert_allclose(alignment.shift, -0.5)
    with pytest.raises(InputError, match="pixel size is unknown"):
        plugin.in_plane_alignment(Dataset("relion", formats.read(data).particles))
