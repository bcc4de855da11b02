"""Poses of RELION's 3D jobs are read from any of their files, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError, RebalanceError
from rebalance.model import NO_CLASS, DoubleArray
from tests.formats.refinement_jobs import ANGLES, RefinementMaker, angles_of, star_table

N = 30


@pytest.fixture
def angles(rng: np.random.Generator) -> DoubleArray:
    return angles_of(N, rng)


def read(path: Path):
    dataset = formats.read_refinement(path)
    assert dataset.class_averages is None
    return dataset, formats.read_orientations(dataset)


def refine3d(project: Path, angles: DoubleArray, *, ended: bool = True) -> RefinementMaker:
    maker = RefinementMaker(project, "Refine3D/job010")
    for iteration in (0, 1, 12):
        table = np.round(angles / (1 + 12 - iteration), 6)
        maker.write(
            f"run_it{iteration:03d}",
            table,
            [1] * N,
            symmetry="D7",
            iteration=iteration,
            halves=True,
        )
    if ended:
        maker.write("run", angles[::-1], [1] * N, symmetry="D7")
    return maker


def test_the_end_of_a_refinement_comes_before_its_iterations(tmp_path: Path, angles) -> None:
    maker = refine3d(tmp_path, angles)
    dataset, orientations = read(maker.folder)
    np.testing.assert_array_equal(orientations.angles, angles[::-1])
    assert orientations.columns == ANGLES
    assert (orientations.convention, orientations.symmetry) == ("relion", "D7")
    assert dataset.job == "job010"
    assert [path.name for path in dataset.sources] == ["run_data.star", "run_sampling.star"]
    assert (dataset.notes, dataset.warnings) == ((), ())


def test_without_its_end_the_last_iteration_is_taken(tmp_path: Path, angles) -> None:
    maker = refine3d(tmp_path, angles, ended=False)
    dataset, orientations = read(maker.folder)
    np.testing.assert_array_equal(orientations.angles, angles)
    assert "Using run_it012_data.star, the last of 3 iterations in the folder." in dataset.notes
    assert "This is iteration 12 of a refinement that has not finished." in dataset.notes
    assert dataset.warnings == ()


def test_of_continued_refinements_the_last_is_taken(tmp_path: Path, angles) -> None:
    maker = refine3d(tmp_path, angles)
    maker.write("run_ct12", angles / 2, [1] * N)
    _, orientations = read(maker.folder)
    np.testing.assert_allclose(orientations.angles, angles / 2, atol=1e-6)
    maker.write("other_ct12", angles / 2, [1] * N)
    with pytest.raises(InputError, match="several refinements: other_ct12_data"):
        formats.read_refinement(maker.folder)


@pytest.mark.parametrize(
    "name", ["run_it012_data.star", "run_it012_optimiser.star", "run_it012_half1_model.star"]
)
def test_a_file_of_an_iteration_is_that_iteration(tmp_path: Path, angles, name: str) -> None:
    dataset, orientations = read(refine3d(tmp_path, angles).folder / name)
    np.testing.assert_array_equal(orientations.angles, angles)
    assert orientations.symmetry == "D7"
    assert dataset.sources[0].name == "run_it012_data.star"


@pytest.mark.parametrize("job", ["Class3D/job011", "InitialModel/job012"])
def test_classes_of_3d_stay_with_the_particles(tmp_path: Path, angles, job: str) -> None:
    maker = RefinementMaker(tmp_path, job)
    classes = [1 + n % 3 for n in range(N)]
    classes[4] = 0
    maker.write("run_it024", angles / 2, classes, iteration=24, total=300)
    maker.write("run_it300", angles, classes, symmetry="I3", iteration=300)
    for path in (maker.folder, maker.folder / "run_it300_optimiser.star"):
        dataset, orientations = read(path)
        np.testing.assert_array_equal(orientations.angles, angles)
        assert orientations.symmetry == "I3"
        classes[4] = NO_CLASS
        assert dataset.particles.class_id.tolist() == classes
        assert dataset.warnings == ()


@pytest.mark.parametrize("block", ["particles", "", "images"])
@pytest.mark.parametrize("classes", [None, [1] * N, [0] * N])
def test_any_table_with_angles_is_read(tmp_path: Path, angles, block: str, classes) -> None:
    path = tmp_path / "kept.star"
    path.write_text(star_table(angles, classes, block=block))
    dataset, orientations = read(path)
    np.testing.assert_array_equal(orientations.angles, angles)
    assert orientations.symmetry == ""
    assert set(dataset.particles.class_id.tolist()) == {1 if classes == [1] * N else NO_CLASS}
    assert dataset.warnings == ()


def test_a_table_of_angles_alone_is_read(tmp_path: Path, angles) -> None:
    path = tmp_path / "angles.star"
    rows = "\n".join(" ".join(map(str, row)) for row in angles)
    labels = "\n".join(f"_{name}" for name in ANGLES)
    path.write_text(f"data_\n\nloop_\n{labels}\n{rows}\n")
    np.testing.assert_array_equal(read(path)[1].angles, angles)


@pytest.mark.parametrize("block", ["particles", ""])
def test_selected_and_excluded_rows_are_those_of_the_input(
    tmp_path: Path, angles, block: str, rng: np.random.Generator, write_back
) -> None:
    path = tmp_path / "run_data.star"
    path.write_text(star_table(angles, block=block))
    dataset, _ = read(path)
    keep = rng.random(N) < 0.6
    selected, excluded = write_back(dataset, keep, tmp_path / "out")
    lines = path.read_text().splitlines(keepends=True)
    rows = [line for line in lines if "@Extract" in line]
    for file, kept in ((selected, keep), (excluded, ~keep)):
        written = iter(kept)
        expected = [line for line in lines if "@Extract" not in line or next(written)]
        assert file.read_text() == "".join(expected)
        np.testing.assert_array_equal(read(file)[1].angles, angles[kept])
    assert len(rows) == N


@pytest.mark.parametrize("word", ["nan", "None", "inf", "<NA>"])
def test_a_particle_without_a_number_has_no_pose(tmp_path: Path, angles, word: str) -> None:
    table = angles.astype(object)
    table[3, 1] = word
    path = tmp_path / "run_data.star"
    path.write_text(star_table(table))
    _, orientations = read(path)
    assert np.flatnonzero(~orientations.is_known).tolist() == [3]
    assert np.isnan(orientations.direction[3]).all()
    np.testing.assert_array_equal(np.delete(orientations.angles, 3, 0), np.delete(angles, 3, 0))


def test_text_for_an_angle_names_its_line(tmp_path: Path, angles) -> None:
    table = angles.astype(object)
    table[7, 2] = "left"
    path = tmp_path / "run_data.star"
    path.write_text(star_table(table))
    line = 1 + next(n for n, row in enumerate(path.read_text().splitlines()) if "left" in row)
    dataset = formats.read_refinement(path)
    with pytest.raises(InputError, match="rlnAnglePsi is left, but a number") as caught:
        formats.read_orientations(dataset)
    assert f"line {line}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            lambda angles: star_table(angles).replace("rlnAngleTilt", "rlnOther"),
            "rlnAngleTilt is missing",
        ),
        (lambda angles: star_table(angles * [0, 0, 1]), "as after 2D classification"),
        (lambda angles: star_table(np.full((N, 3), "nan")), f"None of the {N} particles"),
        (lambda angles: star_table(angles, more="rlnTomoName"), "tomography particles"),
        (lambda angles: star_table(angles, more="rlnTomoSubtomogramRot"), "tomography particles"),
    ],
)
def test_tables_without_poses_are_refused(tmp_path: Path, angles, text, says: str) -> None:
    path = tmp_path / "run_data.star"
    path.write_text(text(angles))
    dataset = formats.read_refinement(path)
    with pytest.raises(InputError, match=says) as caught:
        formats.read_orientations(dataset)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_2d_classification_has_no_poses_and_a_model_alone_no_particles(
    relion_job, tmp_path: Path, angles
) -> None:
    data = relion_job.iteration("run_it025", [1, 2, 3, 2])
    with pytest.raises(InputError, match="no poses: rlnAngleRot and rlnAngleTilt") as caught:
        formats.read_orientations(formats.read_refinement(data))
    assert "run_data.star of a Refine3D job" in str(caught.value)
    maker = refine3d(tmp_path / "other", angles)
    (maker.folder / "run_data.star").unlink()
    with pytest.raises(InputError, match=r"no \*_data.star next to"):
        formats.read_refinement(maker.folder / "run_model.star")
    with pytest.raises(InputError, match="neither particles nor class averages") as caught:
        formats.read_refinement(maker.folder / "run_sampling.star")
    assert "run_data.star" in str(caught.value)


@pytest.mark.parametrize(("said", "is_known"), [(None, True), ("Oh", False), ("c4", True)])
def test_the_point_group_is_named_by_the_sampling_or_by_nobody(
    tmp_path: Path, angles, said: str | None, is_known: bool
) -> None:
    maker = RefinementMaker(tmp_path, "Refine3D/job010")
    maker.write("run", angles, [1] * N, symmetry=said)
    dataset, orientations = read(maker.folder)
    assert orientations.symmetry == ("C4" if said == "c4" else "")
    assert len(dataset.warnings) == (not is_known)
    assert is_known or "states the point group 'Oh'" in dataset.warnings[0]


def test_a_linked_table_finds_the_sampling_of_its_job(tmp_path: Path, angles) -> None:
    maker = refine3d(tmp_path, angles)
    link = tmp_path / "best.star"
    link.symlink_to(maker.folder / "run_data.star")
    assert read(link)[1].symmetry == "D7"


@pytest.mark.parametrize("name", ["", "run_it012_data.star", "run_it012_half1_model.star"])
def test_superclasses_are_not_made_of_maps(tmp_path: Path, angles, name: str) -> None:
    path = refine3d(tmp_path, angles).folder / name
    with pytest.raises(InputError, match="3D refinement or classification") as caught:
        formats.read(path)
    assert f"`rebalance diagnose {path}`" in str(caught.value)
    assert f"`rebalance orientations {path}`" in str(caught.value)
    dataset = formats.read(path, need_class_averages=False)
    assert dataset.class_averages is None
    assert any("rebalance diagnose" in note for note in dataset.notes)


def test_a_refined_table_alone_says_who_takes_it(tmp_path: Path, angles) -> None:
    path = tmp_path / "refined.star"
    path.write_text(star_table(angles, [1] * N))
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(path)
    assert f"`rebalance diagnose {path}`" in str(caught.value)
    (warning,) = formats.read(path, need_class_averages=False).warnings
    assert "`rebalance diagnose`" in warning


def test_inspect_shows_a_refinement_and_what_takes_it(tmp_path: Path, angles) -> None:
    maker = refine3d(tmp_path, angles)
    for path in (maker.folder, maker.folder / "run_data.star"):
        found = formats.inspect(path)
        rows = dict(found.rows)
        assert (rows["poses"], rows["point group"]) == (
            f"of {N} particles ({', '.join(ANGLES)})",
            "D7",
        )
        assert "3D refinement" in rows["run"]
        assert rows["to balance views"] == f"rebalance orientations {path}"
        assert found.command == f"rebalance diagnose {path}"
        assert not found.is_refused
        assert found.warnings == ()


def test_a_format_that_reads_no_poses_says_so(tmp_path: Path, write_stack) -> None:
    stack = write_stack(tmp_path / "averages.mrcs")
    with pytest.raises(InputError, match="no particles"):
        formats.read_refinement(stack)
    with pytest.raises(RebalanceError, match="stack can't read poses"):
        formats.read_orientations(formats.read(stack))
