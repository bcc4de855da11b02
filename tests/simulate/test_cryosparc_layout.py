"""What is written as CryoSPARC's reads as CryoSPARC's, by its own library."""

from __future__ import annotations

from pathlib import Path

import mrcfile
import numpy as np
import pytest
from cryosparc.dataset import Dataset

from rebalance.simulate import (
    CryosparcFiles,
    SimulatedClassification,
    write_cryosparc,
    write_cryosparc_selection,
)


@pytest.fixture(scope="module")
def written(
    small: SimulatedClassification, tmp_path_factory: pytest.TempPathFactory
) -> CryosparcFiles:
    return write_cryosparc(small, tmp_path_factory.mktemp("CS-simulated"))


def test_particles_refer_to_their_averages_by_index(
    small: SimulatedClassification, written: CryosparcFiles
) -> None:
    particles = Dataset.load(written.particles)
    averages = Dataset.load(written.class_averages)
    assert len(particles) == 900
    assert len(averages) == 24
    assert set(particles["alignments2D/class"]) <= set(averages["blob/idx"])
    np.testing.assert_array_equal(particles["alignments2D/class"] + 1, small.particle_class)
    for path in set(averages["blob/path"]):
        with mrcfile.open(written.project / path) as stack:
            np.testing.assert_array_equal(
                stack.data[averages["blob/idx"]], small.class_averages.images
            )
    np.testing.assert_allclose(averages["blob/psize_A"], 6.4)
    assert len(np.unique(particles["uid"])) == 900


def test_passthrough_has_the_rest_of_the_same_particles(
    small: SimulatedClassification, written: CryosparcFiles
) -> None:
    particles, rest = Dataset.load(written.particles), Dataset.load(written.passthrough)
    assert set(particles.fields()) & set(rest.fields()) == {"uid"}
    np.testing.assert_array_equal(particles["uid"], rest["uid"])
    np.testing.assert_allclose(
        (rest["ctf/df1_A"] + rest["ctf/df2_A"]) / 2, small.particle_defocus, rtol=1e-6
    )


def test_passthrough_rows_may_be_in_another_order(
    small: SimulatedClassification, tmp_path: Path, rng: np.random.Generator
) -> None:
    order = rng.permutation(900)
    files = write_cryosparc(small, tmp_path, passthrough_order=order)
    particles, rest = Dataset.load(files.particles), Dataset.load(files.passthrough)
    np.testing.assert_array_equal(particles["uid"][order], rest["uid"])
    np.testing.assert_allclose(rest["ctf/df1_A"], small.particle_defocus[order] + 100, rtol=1e-6)


def test_columns_are_those_of_a_real_file(written: CryosparcFiles, real_data: Path) -> None:
    real = np.load(
        real_data / "cryosparc" / "cryosparc_J2_particles_exported.cs", allow_pickle=False
    )
    ours = [np.load(path, allow_pickle=False) for path in (written.particles, written.passthrough)]
    for name in real.dtype.names:
        column = next(table[name] for table in ours if name in table.dtype.names)
        assert column.dtype.kind == real[name].dtype.kind
        assert column.shape[1:] == real[name].shape[1:]
        if column.dtype.kind != "S":
            assert column.dtype == real[name].dtype, name


def test_selected_templates_keep_their_place_in_the_stack(
    small: SimulatedClassification, tmp_path: Path
) -> None:
    files = write_cryosparc(small, tmp_path)
    chosen = [3, 11, 20]
    selection = write_cryosparc_selection(small, files, chosen)
    assert (Dataset.load(selection.class_averages)["blob/idx"] + 1).tolist() == chosen
    particles = Dataset.load(selection.particles)
    assert len(particles) == np.isin(small.particle_class, chosen).sum()
    assert set(particles["alignments2D/class"] + 1) <= set(chosen)
    everything = write_cryosparc_selection(small, files, chosen, all_particles=True)
    assert len(Dataset.load(everything.particles)) == len(Dataset.load(everything.passthrough))
    assert len(Dataset.load(everything.particles)) == 900


def test_writing_twice_gives_the_same_bytes(
    small: SimulatedClassification, written: CryosparcFiles, tmp_path: Path
) -> None:
    again = write_cryosparc(small, tmp_path)
    for one, two in zip(written[2:], again[2:], strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name
