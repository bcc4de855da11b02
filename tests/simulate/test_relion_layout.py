"""What is written as RELION's reads as RELION's, by readers that are not ours."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import starfile

from rebalance.simulate import (
    RelionFiles,
    SimulatedClassification,
    write_relion,
    write_relion_selection,
)


@pytest.fixture(scope="module")
def written(
    small: SimulatedClassification, tmp_path_factory: pytest.TempPathFactory
) -> RelionFiles:
    return write_relion(small, tmp_path_factory.mktemp("project"))


def test_tables_have_the_particles_and_optics(
    small: SimulatedClassification, written: RelionFiles
) -> None:
    tables = starfile.read(written.data)
    assert list(tables) == ["optics", "particles"]
    particles = tables["particles"]
    np.testing.assert_array_equal(particles["rlnClassNumber"], small.particle_class)
    assert particles["rlnImageName"].is_unique
    assert set(particles["rlnOpticsGroup"]) == set(tables["optics"]["rlnOpticsGroup"]) == {1}
    assert tables["optics"]["rlnImagePixelSize"].item() == small.class_averages.pixel_size
    assert tables["optics"]["rlnImageSize"].item() == small.class_averages.box
    assert particles["rlnMaxValueProbDistribution"].between(0, 1).all()


def test_model_stack_and_particles_agree(
    small: SimulatedClassification, written: RelionFiles
) -> None:
    model = starfile.read(written.model)
    assert model["model_general"]["rlnNrClasses"] == 24
    classes = model["model_classes"]
    counts = np.bincount(small.particle_class - 1, minlength=24)
    np.testing.assert_allclose(classes["rlnClassDistribution"], counts / 900, atol=1e-6)
    with mrcfile.open(written.classes) as stack:
        np.testing.assert_array_equal(stack.data, small.class_averages.images)
        assert stack.is_image_stack()
        assert stack.voxel_size.x == pytest.approx(6.4)
    for row, name in enumerate(classes["rlnReferenceImage"], start=1):
        index, _, path = name.partition("@")
        assert int(index) == row
        assert (written.project / path).samefile(written.classes)
    assert {f"model_class_{k}" for k in range(1, 25)} < set(model)
    n_groups = model["model_general"]["rlnNrGroups"]
    assert len(model["model_groups"]) == n_groups
    assert model["model_groups"]["rlnGroupNrParticles"].sum() == 900


def test_optimiser_leads_to_the_other_files(written: RelionFiles) -> None:
    optimiser = starfile.read(written.optimiser)
    for label, path in (
        ("rlnModelStarFile", written.model),
        ("rlnExperimentalDataStarFile", written.data),
        ("rlnOrientSamplingStarFile", written.sampling),
    ):
        assert (written.project / optimiser[label]).samefile(path)
    assert float(optimiser["rlnParticleDiameter"]) > 0
    assert starfile.read(written.sampling)["rlnIs3DSampling"] == 0
    pipeline = starfile.read(written.project / "default_pipeline.star")
    assert "Class2D/job003/" in set(pipeline["pipeline_processes"]["rlnPipeLineProcessName"])


def test_truth_is_beside_the_files(small: SimulatedClassification, written: RelionFiles) -> None:
    with written.truth_classes.open() as file:
        classes = list(csv.DictReader(file))
    assert [int(row["superclass"]) for row in classes] == small.superclass.tolist()
    assert [row["kind"] for row in classes] == small.kind.tolist()
    with written.truth_particles.open() as file:
        particles = list(csv.DictReader(file))
    table = starfile.read(written.data)["particles"]
    assert [row["name"] for row in particles] == table["rlnImageName"].tolist()
    view = np.array([[float(row[f"view_{axis}"]) for axis in "xyz"] for row in particles])
    np.testing.assert_allclose(view, small.particle_view, atol=1e-6)
    tilt = np.array([float(row["tilt_deg"]) for row in particles])
    np.testing.assert_allclose(np.cos(np.deg2rad(tilt)), view[:, 2], atol=1e-5)


def test_writing_twice_gives_the_same_bytes(
    small: SimulatedClassification, written: RelionFiles, tmp_path: Path
) -> None:
    again = write_relion(small, tmp_path)
    for one, two in zip(written[2:], again[2:], strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_one_table_of_relion_3_0(small: SimulatedClassification, tmp_path: Path) -> None:
    files = write_relion(small, tmp_path, version="3.0")
    assert "# version" not in files.data.read_text()[:100]
    table = starfile.read(files.data)
    assert len(table) == 900
    assert "rlnOpticsGroup" not in table
    pixel_size = 1e4 * table["rlnDetectorPixelSize"] / table["rlnMagnification"]
    np.testing.assert_allclose(pixel_size, 6.4, rtol=1e-6)
    np.testing.assert_allclose(table["rlnOriginX"], -small.particle_shift[:, 0], atol=2e-5)


def test_optics_groups_are_dealt_over_micrographs(
    small: SimulatedClassification, tmp_path: Path
) -> None:
    tables = starfile.read(write_relion(small, tmp_path, version="5.0", n_optics_groups=3).data)
    assert len(tables["optics"]) == 3
    groups = tables["particles"].groupby("rlnMicrographName")["rlnOpticsGroup"].nunique()
    assert (groups == 1).all()
    assert set(tables["particles"]["rlnOpticsGroup"]) == {1, 2, 3}


def test_a_selection_keeps_the_class_numbers(
    small: SimulatedClassification, tmp_path: Path
) -> None:
    files = write_relion(small, tmp_path)
    chosen = [2, 7, 19]
    selection = write_relion_selection(small, files, chosen)
    averages = starfile.read(selection.class_averages)
    assert averages["rlnClassNumber"].tolist() == chosen
    named = averages["rlnReferenceImage"].str.partition("@")
    assert named[0].astype(int).tolist() == chosen
    particles = starfile.read(selection.particles)["particles"]
    kept = small.particle_class[np.isin(small.particle_class, chosen)]
    np.testing.assert_array_equal(particles["rlnClassNumber"], kept)


@pytest.mark.skipif(shutil.which("relion_star_handler") is None, reason="RELION is not installed")
def test_relion_counts_the_particles(written: RelionFiles, tmp_path: Path) -> None:
    out = tmp_path / "out.star"
    subprocess.run(
        ["relion_star_handler", "--i", written.data, "--o", out],
        cwd=written.project,
        check=True,
        capture_output=True,
    )
    assert len(starfile.read(out)["particles"]) == 900
