"""Poses of CryoSPARC's 3D jobs are read from wherever they are, and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.cs_file import open_cs
from rebalance.model import NO_CLASS
from rebalance.poses.conventions import angles_of_rotation, rotation_of_vector
from tests.formats.cs_encodings import BOTH

Table = npt.NDArray[Any]
N = 40


def with_fields(table: Table, **fields: npt.NDArray[Any]) -> Table:
    """The table with further fields; ``alignments3D__pose`` is alignments3D/pose."""
    more = [
        (name.replace("__", "/"), column.dtype.str, column.shape[1:])
        for name, column in fields.items()
    ]
    wide = np.zeros(len(table), dtype=[*table.dtype.descr, *more])
    for name in table.dtype.names or ():
        wide[name] = table[name]
    for name, column in fields.items():
        wide[name.replace("__", "/")] = column
    return wide


def without(table: Table, slot: str) -> Table:
    names = [name for name in table.dtype.names or () if not name.startswith(f"{slot}/")]
    narrow = np.zeros(len(table), dtype=[(name, table.dtype[name]) for name in names])
    for name in names:
        narrow[name] = table[name]
    return narrow


def vectors(rng: np.random.Generator, *shape: int) -> npt.NDArray[np.float32]:
    return rng.normal(0, 1, (N, *shape, 3)).astype(np.float32)


def expected(vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return angles_of_rotation(rotation_of_vector(vector.astype(np.float64)))


def read(path: Path, **how: Any):
    dataset = formats.read_refinement(path, **how)
    assert dataset.class_averages is None
    return dataset, formats.read_orientations(dataset)


def refined(maker: Any, rng: np.random.Generator, *, stream: bool = False):
    """A refinement without alignments2D, its poses, and the passthrough beside it."""
    main, more = maker.particles()
    pose = vectors(rng)
    pose[0] = 0
    table = with_fields(without(main, "alignments2D"), alignments3D__pose=pose)
    path = maker.save("J42_005_particles.cs", table, stream)
    maker.save("J42_passthrough_particles.cs", more, stream)
    return path, table, pose


@BOTH
@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_refinement_needs_no_classes(
    cryosparc_job, rng, stream: bool, whole_folder: bool
) -> None:
    path, _, pose = refined(cryosparc_job, rng, stream=stream)
    dataset, orientations = read(path.parent if whole_folder else path)
    np.testing.assert_allclose(orientations.angles, expected(pose), atol=1e-4)
    assert orientations.columns == ("alignments3D/pose",)
    assert (orientations.convention, orientations.symmetry) == ("cryosparc", "")
    assert (dataset.particles.class_id == NO_CLASS).all()
    assert dataset.warnings == ()
    assert [one.name for one in dataset.sources] == [path.name, "J42_passthrough_particles.cs"]


def test_classes_of_2d_that_are_there_stay_and_nothing_is_said_of_them(cryosparc_job, rng) -> None:
    main, _ = cryosparc_job.particles(n_classes=1)
    sizes = rng.uniform(1, 2, N).astype(np.float32)
    table = with_fields(main, alignments3D__pose=vectors(rng), alignments2D__psize_A=sizes)
    table = with_fields(table, ctf__df1_A=sizes)
    dataset, _ = read(cryosparc_job.save("J42_005_particles.cs", table))
    assert dataset.particles.class_id.tolist() == main["alignments2D/class"].tolist()
    assert dataset.warnings == ()


@pytest.mark.parametrize("named", [False, True])
def test_poses_of_a_passthrough_are_joined_by_uid(cryosparc_job, rng, named: bool) -> None:
    main, more = cryosparc_job.particles()
    pose = vectors(rng)
    order = np.argsort(rng.random(N))
    more = np.sort(more, order="uid")[np.argsort(np.argsort(main["uid"]))]
    more = with_fields(more, alignments3D__pose=pose)[order]
    path = cryosparc_job.save("J42_005_particles.cs", main)
    name = "poses.cs" if named else "J42_passthrough_particles.cs"
    other = cryosparc_job.save(name, more)
    _, orientations = read(path, **({"passthrough": [other]} if named else {}))
    np.testing.assert_allclose(orientations.angles, expected(pose), atol=1e-4)


def test_poses_of_the_job_come_before_those_that_passed_through(cryosparc_job, rng) -> None:
    path, _, pose = refined(cryosparc_job, rng)
    beside = cryosparc_job.folder / "J42_passthrough_particles.cs"
    more = open_cs(beside)
    table = np.zeros(N, dtype=more.dtype)
    for name in more.dtype.names:
        table[name] = more.values(name)
    cryosparc_job.save(beside.name, with_fields(table, alignments3D__pose=vectors(rng)))
    dataset, orientations = read(path)
    np.testing.assert_allclose(orientations.angles, expected(pose), atol=1e-4)
    (warning,) = dataset.warnings
    assert "both have alignments3D" in warning


@BOTH
def test_of_classes_with_slots_of_their_own_that_of_highest_posterior_counts(
    cryosparc_job, rng, stream: bool
) -> None:
    main, _ = cryosparc_job.particles()
    numbers, fields, poses = [0, 2, 11], {}, []
    posterior = rng.dirichlet([1, 1, 1], N).astype(np.float32)
    posterior[3] = np.nan
    posterior[4, 0] = np.nan
    for column, number in enumerate(numbers):
        poses.append(vectors(rng))
        fields[f"alignments_class_{number}__pose"] = poses[-1]
        fields[f"alignments_class_{number}__class_posterior"] = posterior[:, column]
    table = with_fields(without(main, "alignments2D"), **fields)
    path = cryosparc_job.save("J42_final_particles.cs", table, stream)
    dataset, orientations = read(path)
    best = np.where(np.isnan(posterior), -1, posterior).argmax(axis=1)
    angles = np.array([expected(poses[column])[row] for row, column in enumerate(best)])
    class_id = np.array(numbers)[best]
    angles[3], class_id[3] = np.nan, NO_CLASS
    np.testing.assert_allclose(orientations.angles, angles, atol=1e-4)
    assert dataset.particles.class_id.tolist() == class_id.tolist()
    assert orientations.columns == tuple(f"alignments_class_{n}/pose" for n in numbers)


@BOTH
@pytest.mark.parametrize("numbered", [False, True])
def test_of_classes_in_one_slot_that_of_highest_posterior_counts(
    cryosparc_job, rng, stream: bool, numbered: bool
) -> None:
    main, _ = cryosparc_job.particles()
    pose, posterior = vectors(rng, 4), rng.dirichlet([1] * 4, N).astype(np.float32)
    fields = {"alignments3D_multi__pose": pose, "alignments3D_multi__class_posterior": posterior}
    if numbered:
        fields["alignments3D_multi__class"] = np.tile(np.array([3, 2, 1, 0], np.uint32), (N, 1))
    path = cryosparc_job.save(
        "J42_00012_particles.cs", with_fields(without(main, "alignments2D"), **fields), stream
    )
    dataset, orientations = read(path)
    best = posterior.argmax(axis=1)
    np.testing.assert_allclose(orientations.angles, expected(pose[np.arange(N), best]), atol=1e-4)
    assert dataset.particles.class_id.tolist() == (3 - best if numbered else best).tolist()


@BOTH
def test_selected_and_excluded_groups_are_read_by_cryosparc_tools(
    cryosparc_job, rng, tmp_path: Path, write_back, stream: bool
) -> None:
    cryosparc = pytest.importorskip("cryosparc.dataset")
    path, table, pose = refined(cryosparc_job, rng, stream=stream)
    dataset, _ = read(path)
    keep = rng.random(N) < 0.6
    written = write_back(dataset, keep, tmp_path / "out")
    assert sorted(one.name for one in written) == [
        f"particles_{part}{end}"
        for part in ("excluded", "selected")
        for end in (".cs", ".csg", "_passthrough.cs")
    ]
    for part, kept in (("selected", keep), ("excluded", ~keep)):
        folder = tmp_path / "out"
        main = cryosparc.Dataset.load(folder / f"particles_{part}.cs")
        more = cryosparc.Dataset.load(folder / f"particles_{part}_passthrough.cs")
        for name in table.dtype.names:
            column = table[name][kept]
            if column.dtype.kind == "S":
                column = column.astype(np.str_)
            np.testing.assert_array_equal(main[name], column)
        assert main["alignments3D/pose"].tobytes() == pose[kept].tobytes()
        np.testing.assert_array_equal(more["uid"], main["uid"])
        np.testing.assert_array_equal(more["ctf/df1_A"], main["blob/idx"] + 10_000)
        group = yaml.safe_load((folder / f"particles_{part}.csg").read_text())
        assert set(group["results"]) == {"blob", "alignments3D", "ctf", "location"}
        assert group["results"]["alignments3D"]["type"] == "particle.alignments3D"
        again, orientations = read(folder / f"particles_{part}.csg")
        np.testing.assert_allclose(orientations.angles, expected(pose[kept]), atol=1e-4)
        assert len(again.particles) == kept.sum()


def test_particles_without_a_number_have_no_pose(cryosparc_job, rng) -> None:
    main, _ = cryosparc_job.particles()
    pose = vectors(rng)
    pose[5, 1], pose[6, 0] = np.nan, np.inf
    table = with_fields(main, alignments3D__pose=pose)
    path = cryosparc_job.save("J42_005_particles.cs", table)
    _, orientations = read(path)
    assert np.flatnonzero(~orientations.is_known).tolist() == [5, 6]
    table["alignments3D/pose"] = np.nan
    with pytest.raises(InputError, match="None of the 40 particles has a pose"):
        read(cryosparc_job.save("J42_006_particles.cs", table))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"alignments3D__pose": np.zeros((N, 2), "f4")}, "float32 × 2 in each row, but a rotation"),
        ({"alignments3D__pose": np.zeros(N, "f4")}, "alignments3D/pose is float32 in each row"),
        ({"alignments3D__pose": np.zeros((N, 3), "i4")}, "alignments3D/pose is int32 × 3"),
        ({"alignments3D__pose": np.zeros((N, 3), "S4")}, "alignments3D/pose is text × 3"),
        (
            {
                "alignments3D_multi__pose": np.zeros((N, 4, 3), "f4"),
                "alignments3D_multi__class_posterior": np.zeros((N, 3), "f4"),
            },
            "float32 × 4 × 3 in each row, but decimal numbers × 3 × 3 was",
        ),
        (
            {
                "alignments3D_multi__pose": np.zeros((N, 4, 3), "f4"),
                "alignments3D_multi__class_posterior": np.zeros(N, "f4"),
            },
            "class_posterior is float32 in each row, but one number per class",
        ),
        (
            {
                "alignments_class_0__pose": np.zeros((N, 3), "f4"),
                "alignments_class_1__pose": np.zeros((N, 3), "f4"),
            },
            "no alignments_class_0/class_posterior",
        ),
        ({"alignments3D_multi__pose": np.zeros((N, 4, 3), "f4")}, "no alignments3D_multi/class_p"),
        ({"alignments2D__pose": np.zeros(N, "f4")}, "fields are of blob, alignments2D"),
    ],
)
def test_what_is_no_pose_is_refused(cryosparc_job, fields: dict[str, Any], says: str) -> None:
    main, _ = cryosparc_job.particles()
    path = cryosparc_job.save("J42_005_particles.cs", with_fields(main, **fields))
    with pytest.raises(InputError, match=says) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_folder_without_poses_says_what_to_give(cryosparc_job) -> None:
    cryosparc_job.whole()
    with pytest.raises(InputError, match="with alignments3D/pose") as caught:
        formats.read_refinement(cryosparc_job.folder)
    assert "folder of a 3D refinement" in str(caught.value)


def test_the_table_of_all_classes_is_taken_from_a_folder(cryosparc_job, rng) -> None:
    main, _ = cryosparc_job.particles()
    tables = {}
    for name in ("J42_00012_particles", "J42_class_00_00012_particles", "J42_00009_particles"):
        tables[name] = vectors(rng)
        cryosparc_job.save(f"{name}.cs", with_fields(main, alignments3D__pose=tables[name]))
    _, orientations = read(cryosparc_job.folder)
    np.testing.assert_allclose(
        orientations.angles, expected(tables["J42_00012_particles"]), atol=1e-4
    )


@pytest.mark.parametrize(
    ("content", "symmetry", "n_warnings"),
    [
        ({"params_spec": {"refine_symmetry": {"value": "d7"}}}, "D7", 0),
        ({"params_spec": {"refine_symmetry": {"value": "I2"}}}, "I2", 0),
        ({"params_spec": {"refine_symmetry": {"value": "X9"}}}, "", 1),
        ({"params_spec": {"refine_symmetry": "C2"}}, "", 0),
        ({"params_spec": []}, "", 0),
        ("no JSON", "", 0),
    ],
)
def test_the_point_group_is_that_of_the_job_or_not_known(
    cryosparc_job, rng, content: Any, symmetry: str, n_warnings: int
) -> None:
    path, _, _ = refined(cryosparc_job, rng)
    text = content if isinstance(content, str) else json.dumps(content)
    (path.parent / "job.json").write_text(text)
    dataset, orientations = read(path)
    assert orientations.symmetry == symmetry
    assert len(dataset.warnings) == n_warnings


def test_superclasses_are_not_made_of_a_refinement(cryosparc_job, rng) -> None:
    path, _, _ = refined(cryosparc_job, rng)
    for one in (path, path.parent):
        with pytest.raises(InputError, match="alignments2D/class") as caught:
            formats.read(one)
        assert f"`rebalance diagnose {one}`" in str(caught.value)


def test_inspect_shows_a_refinement_and_what_takes_it(cryosparc_job, rng) -> None:
    path, _, _ = refined(cryosparc_job, rng)
    for one in (path, path.parent):
        found = formats.inspect(one)
        rows = dict(found.rows)
        assert (rows["poses"], rows["point group"]) == (
            f"of {N} particles (alignments3D/pose)",
            "unknown",
        )
        assert found.command == f"rebalance diagnose {one}"
        assert not found.is_refused


def test_classes_that_pass_through_a_refinement_lack_averages(cryosparc_job, rng) -> None:
    main, _ = cryosparc_job.particles()
    path = cryosparc_job.save(
        "J42_005_particles.cs", with_fields(main, alignments3D__pose=vectors(rng))
    )
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(path)
    assert f"`rebalance diagnose {path}`" in str(caught.value)
