"""CryoSPARC tables are written back row by row, in the encoding in which they came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from rebalance import formats
from rebalance.formats.cs_file import open_cs, read_column
from tests.formats.cs_encodings import BOTH


def cryosparc_rows(path: Path):
    dataset = pytest.importorskip("cryosparc.dataset")
    return dataset.Dataset.load(path)


@BOTH
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_rows_are_written_back_in_the_same_encoding_and_dtype(
    cryosparc_job, write_back, rng, tmp_path: Path, stream: bool, share: float
) -> None:
    cryosparc_job.whole(stream)
    source = cryosparc_job.folder / "J42_020_particles.cs"
    data = formats.read(source)
    keep = rng.random(40) < share
    before = {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()}
    written = write_back(data, keep, tmp_path / "out")
    assert {path.name for path in written} == {
        "particles_selected.cs",
        "particles_selected.csg",
        "particles_selected_passthrough.cs",
        "particles_excluded.cs",
        "particles_excluded.csg",
        "particles_excluded_passthrough.cs",
        "templates.cs",
        "templates.csg",
    }
    original, found = open_cs(source), {}
    for name, chosen in (("selected", keep), ("excluded", ~keep)):
        table = open_cs(tmp_path / "out" / f"particles_{name}.cs")
        assert type(table) is type(original)
        assert table.dtype == original.dtype
        for field in original.dtype.names:
            expected = original.values(field)[chosen]
            assert table.values(field).tobytes() == expected.tobytes()
        passed = open_cs(tmp_path / "out" / f"particles_{name}_passthrough.cs")
        assert passed.values("uid").tolist() == table.values("uid").tolist()
        shifted = read_column(passed, "ctf/df1_A") - 10_000
        assert shifted.tolist() == read_column(table, "blob/idx").tolist()
        found[name] = table
    assert {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()} == before


def test_everything_selected_is_the_same_file(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    source = cryosparc_job.folder / "J42_020_particles.cs"
    write_back(formats.read(source), [True] * 40, tmp_path / "out")
    assert (tmp_path / "out" / "particles_selected.cs").read_bytes() == source.read_bytes()
    averages = cryosparc_job.folder / "J42_020_class_averages.cs"
    assert (tmp_path / "out" / "templates.cs").read_bytes() == averages.read_bytes()


@BOTH
def test_cryosparc_tools_read_what_is_written(
    cryosparc_job, write_back, rng, tmp_path: Path, stream: bool
) -> None:
    cryosparc_job.whole(stream)
    keep = rng.random(40) < 0.5
    write_back(formats.read(cryosparc_job.folder), keep, tmp_path / "out")
    original = cryosparc_rows(cryosparc_job.folder / "J42_020_particles.cs")
    for name, chosen in (("selected", keep), ("excluded", ~keep)):
        found = cryosparc_rows(tmp_path / "out" / f"particles_{name}.cs")
        assert found.descr() == original.descr()
        for field in original:
            assert np.array_equal(found[field], original[field][chosen])
    found = cryosparc_rows(tmp_path / "out" / "templates.cs")
    assert found["blob/idx"].tolist() == [0, 1, 2, 3, 4]


def test_a_result_group_names_every_slot_and_can_be_read_again(
    cryosparc_job, write_back, tmp_path: Path
) -> None:
    main, _ = cryosparc_job.whole()
    keep = np.arange(40) % 2 == 0
    out = tmp_path / "cs_project" / "out"
    write_back(formats.read(cryosparc_job.folder), keep, out)
    group = yaml.safe_load((out / "particles_selected.csg").read_text())
    assert group["group"]["type"] == "particle"
    assert group["group"]["name"] == "particles_selected"
    assert group["results"] == {
        slot: {"metafile": f">{file}", "num_items": 20, "type": f"particle.{slot}"}
        for slot, file in {
            "blob": "particles_selected.cs",
            "alignments2D": "particles_selected.cs",
            "ctf": "particles_selected_passthrough.cs",
            "location": "particles_selected_passthrough.cs",
        }.items()
    }
    assert {"created", "version"} <= set(group)
    again = formats.read(out / "particles_selected.csg", out / "templates.csg")
    assert again.particles.class_id.tolist() == main["alignments2D/class"][keep].tolist()
    assert "ctf/df1_A" in again.particles.column_names
    assert len(again.class_averages) == 5


def test_the_same_input_gives_the_same_bytes(cryosparc_job, write_back, tmp_path: Path) -> None:
    cryosparc_job.whole()
    stack = cryosparc_job.folder / "J42_020_class_averages.mrc"
    data = formats.read(cryosparc_job.folder / "J42_020_particles.cs", stack)
    for name in ("a", "b"):
        write_back(data, [True] * 40, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


class TestRealParticles:
    """Particles that CryoSPARC exported."""

    NAME = "cryosparc/cryosparc_J2_particles_exported.cs"

    def test_columns(self, real_data: Path) -> None:
        data = formats.read(real_data / self.NAME, need_class_averages=False)
        classes = [4, 1, 1, 0, 1, 3, 1, 1, 1, 4, 1, 4, 0, 0, 0, 3, 4, 2, 0, 0, 2, 3]
        assert data.particles.class_id.tolist() == classes
        assert data.job == "J2"
        assert data.particles.column("alignments2D/error").dtype == np.float64
        assert data.particles.column("ctf/type").tolist() == ["imported"] * 22

    @BOTH
    def test_rows_come_back(
        self, real_data: Path, write_back, rng, tmp_path: Path, stream: bool
    ) -> None:
        path = real_data / self.NAME
        if stream:
            path = tmp_path / "particles.cs"
            dataset = pytest.importorskip("cryosparc.dataset")
            cryosparc_rows(real_data / self.NAME).save(path, format=dataset.CSDAT_FORMAT)
        keep = rng.random(22) < 0.5
        data = formats.read(path, need_class_averages=False)
        write_back(data, keep, tmp_path / "out")
        original = cryosparc_rows(real_data / self.NAME)
        for name, chosen in (("selected", keep), ("excluded", ~keep)):
            found = cryosparc_rows(tmp_path / "out" / f"particles_{name}.cs")
            assert found.fields() == original.fields()
            for field in original:
                assert np.array_equal(found[field], original[field][chosen])
