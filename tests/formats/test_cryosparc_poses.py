"""Poses of CryoSPARC's particles are the alignments3D of a result group, its rows as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.cs_file import open_cs
from rebalance.model import Dataset, ParticlePoses
from rebalance.poses.conventions import rotation_of_vector
from rebalance.registry import registry
from rebalance.simulate.viewing_directions import uniform, view_frames
from tests.formats.cs_encodings import BOTH

SIZE_2D, SIZE_OF_AVERAGES = 1.5, 3.0


def with_alignment(main: np.ndarray, rng: np.random.Generator, size: float | None) -> np.ndarray:
    more = [("alignments2D/pose", "<f4")] + [("alignments2D/psize_A", "<f4")] * (size is not None)
    table = np.zeros(len(main), dtype=[*main.dtype.descr, *more])
    for name in main.dtype.names:
        table[name] = main[name]
    table["alignments2D/pose"] = rng.uniform(0, 2 * np.pi, len(main))
    if size is not None:
        table["alignments2D/psize_A"] = size
    return table


def aligned_job(maker, rng: np.random.Generator, *, size: float | None = SIZE_2D, stream=False):
    main, _ = maker.whole(stream)
    table = with_alignment(main, rng, size)
    path = maker.save("J42_020_particles.cs", table, stream)
    return formats.read(path), table


def poses_of(dataset: Dataset, row: np.ndarray, rng: np.random.Generator) -> ParticlePoses:
    assert dataset.particles is not None
    return ParticlePoses(
        row,
        dataset.particles.class_id[row],
        view_frames(uniform(len(row), rng)),
        rng.normal(0, 2, (len(row), 2)),
        SIZE_OF_AVERAGES,
        len(dataset.particles),
    )


def test_pose_and_shift_become_psi_and_the_place_of_the_average(cryosparc_job, rng) -> None:
    dataset, table = aligned_job(cryosparc_job, rng)
    alignment = registry().load("format", "cryosparc").in_plane_alignment(dataset)
    np.testing.assert_allclose(alignment.psi, np.rad2deg(table["alignments2D/pose"]), rtol=1e-6)
    pixels = -table["alignments2D/shift"] * SIZE_2D / SIZE_OF_AVERAGES
    np.testing.assert_allclose(alignment.shift, pixels, rtol=1e-6)


def test_without_a_pixel_size_of_alignment_that_of_the_images_counts(cryosparc_job, rng) -> None:
    dataset, table = aligned_job(cryosparc_job, rng, size=None)
    alignment = registry().load("format", "cryosparc").in_plane_alignment(dataset)
    np.testing.assert_allclose(alignment.shift, -table["alignments2D/shift"], rtol=1e-6)


@BOTH
def test_the_group_names_alignments3d_beside_rows_as_they_were(
    cryosparc_job, rng, tmp_path: Path, stream: bool
) -> None:
    dataset, table = aligned_job(cryosparc_job, rng, stream=stream)
    row = np.sort(rng.choice(40, 17, replace=False))
    poses = poses_of(dataset, row, rng)
    before = {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()}
    out = tmp_path / "out"
    out.mkdir()
    written = registry().load("format", "cryosparc").write_poses(dataset, poses, out)
    assert {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()} == before
    assert [path.name for path in written] == [
        "particles_poses.csg",
        "particles_poses.cs",
        "particles_poses_passthrough.cs",
    ]
    assert set(written) == set(out.iterdir())
    slot, passed = (open_cs(path) for path in written[1:])
    for one in (slot, passed):
        assert one.values("uid").tolist() == table["uid"][row].tolist()
    source = open_cs(cryosparc_job.folder / "J42_020_particles.cs")
    assert type(slot) is type(source)
    for name in source.dtype.names:
        assert slot.values(name).tolist() == source.values(name)[row].tolist()
    found = rotation_of_vector(slot.values("alignments3D/pose").astype(np.float64))
    np.testing.assert_allclose(found, poses.rotation, atol=1e-6)
    np.testing.assert_allclose(slot.values("alignments3D/psize_A"), SIZE_2D)
    angstrom = slot.values("alignments3D/shift") * SIZE_2D
    np.testing.assert_allclose(angstrom, -poses.shift * SIZE_OF_AVERAGES, rtol=1e-5)
    assert set(slot.values("alignments3D/alpha")) == {1.0}
    assert abs(int((2 * slot.values("alignments3D/split").astype(int) - 1).sum())) <= 1
    results = yaml.safe_load(written[0].read_text())["results"]
    assert results["alignments3D"] == {
        "metafile": ">particles_poses.cs",
        "num_items": 17,
        "type": "particle.alignments3D",
    }
    assert {"blob", "ctf", "alignments2D", "location"} < set(results)


def test_the_group_is_read_by_rebalance_and_the_tables_by_cryosparc_tools(
    cryosparc_job, rng, tmp_path: Path
) -> None:
    dataset, _ = aligned_job(cryosparc_job, rng)
    poses = poses_of(dataset, np.arange(3, 40, 2), rng)
    out = tmp_path / "out"
    out.mkdir()
    group, *tables = registry().load("format", "cryosparc").write_poses(dataset, poses, out)
    again = formats.read(group, need_class_averages=False).particles
    assert again is not None
    np.testing.assert_array_equal(again.class_id, poses.class_id)
    tools = pytest.importorskip("cryosparc.dataset")
    joined = tools.Dataset.innerjoin(*(tools.Dataset.load(path) for path in tables))
    assert len(joined) == len(poses)
    assert {"blob/path", "alignments3D/pose", "ctf/df1_A"} <= set(joined.fields())


@BOTH
def test_older_poses_give_way(cryosparc_job, rng, tmp_path: Path, stream: bool) -> None:
    """What has been given poses once, or refined, is given poses again."""
    dataset, _ = aligned_job(cryosparc_job, rng, stream=stream)
    plugin = registry().load("format", "cryosparc")
    for number in range(2):
        poses = poses_of(dataset, np.arange(len(dataset.particles)), rng)  # type: ignore[arg-type]
        out = tmp_path / f"{number}"
        out.mkdir()
        _, table, _ = plugin.write_poses(dataset, poses, out)
        found = open_cs(table)
        names = found.dtype.names
        assert len(set(names)) == len(names)
        rotation = rotation_of_vector(found.values("alignments3D/pose").astype(np.float64))
        np.testing.assert_allclose(rotation, poses.rotation, atol=1e-6)
        averages = cryosparc_job.folder / "J42_020_class_averages.cs"
        dataset = formats.read(table, averages)


def test_the_slot_is_that_of_a_real_file_in_three_dimensions(real_data: Path, cryosparc_job, rng):
    """alignments2D of a real file has the same fields, but for the shape of the pose."""
    real = np.load(real_data / "cryosparc" / "cryosparc_J2_particles_exported.cs")
    dataset, _ = aligned_job(cryosparc_job, rng)
    out = cryosparc_job.folder.parent / "out"
    out.mkdir()
    poses = poses_of(dataset, np.arange(5), rng)
    written = registry().load("format", "cryosparc").write_poses(dataset, poses, out)
    ours = open_cs(written[1]).dtype
    for name in real.dtype.names:
        slot, _, field = name.partition("/")
        if slot == "alignments2D":
            found = ours[f"alignments3D/{field}"]
            assert found.base == real.dtype[name].base
            assert found.shape == ((3,) if field == "pose" else real.dtype[name].shape)


def test_particles_that_were_never_aligned_are_refused(cryosparc_job) -> None:
    cryosparc_job.whole()
    dataset = formats.read(cryosparc_job.folder / "J42_020_particles.cs")
    with pytest.raises(InputError, match="no alignments2D/pose"):
        registry().load("format", "cryosparc").in_plane_alignment(dataset)
