"""Jobs that RELION wrote, and what RELION and starfile make of what is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance import formats
from rebalance.formats.star_file import StarFile
from tests.formats.relion_jobs import CLASSES


class TestRealJobs:
    """Jobs that RELION wrote."""

    @pytest.mark.parametrize("name", ["", "run_it020_optimiser.star", "run_it020_data.star"])
    def test_70s(self, real_data: Path, name: str) -> None:
        data = formats.read(real_data / "relion31_70s" / name)
        averages = data.class_averages
        assert (len(data.particles), len(averages), averages.box) == (3_000, 30, 64)
        assert (averages.pixel_size, averages.mask_diameter) == (4.3, 250.0)
        assert int(averages.is_empty.sum()) == 15
        assert averages.n_particles.max() == 463
        assert averages.n_particles.sum() == 3_000
        assert np.isinf(averages.resolution[0])
        assert data.job == "relion31_70s"
        assert data.warnings == ()

    def test_70s_table_and_stack(self, real_data: Path, tmp_path: Path) -> None:
        folder = real_data / "relion31_70s"
        whole = formats.read(folder)
        for name in ("run_it020_data.star", "run_it020_classes.mrcs"):
            shutil.copy(folder / name, tmp_path)
        table, stack = tmp_path / "run_it020_data.star", tmp_path / "run_it020_classes.mrcs"
        for data in (formats.read(table, stack), formats.read(table)):
            np.testing.assert_array_equal(data.class_averages.images, whole.class_averages.images)
            assert data.class_averages.n_particles.tolist() == (
                whole.class_averages.n_particles.tolist()
            )
            assert data.class_averages.pixel_size == 4.3

    @pytest.mark.parametrize(
        ("name", "n", "classes"),
        [
            ("relion31_bgal_tables/Class2D_job013", 9_482, 99),
            ("relion31_bgal_tables/Select_job014", 5_367, 8),
            ("relion_old/ap_s_c2d.star", 8_915, 32),
            ("star_variants/relion31.6opticsgroups.star", 139, None),
            ("star_variants/relion5.star", 17, None),
        ],
    )
    def test_tables_without_images(
        self, real_data: Path, write_back, rng, tmp_path: Path, name, n, classes
    ) -> None:
        data = formats.read(real_data / name, need_class_averages=False)
        assert len(data.particles) == n
        assert classes is None or len(np.unique(data.particles.class_id)) == classes
        keep = rng.random(n) < 0.4
        selected, excluded, *_ = write_back(data, keep, tmp_path / "out")
        handle = data.particles.handle
        for path, chosen in ((selected, keep), (excluded, ~keep)):
            again = formats.read(path, need_class_averages=False)
            rows = np.flatnonzero(chosen)
            assert again.particles.class_id.tolist() == data.particles.class_id[chosen].tolist()
            found = [again.particles.handle.row_bytes(row) for row in range(len(rows))]
            assert found == [handle.row_bytes(int(row)) for row in rows]

    def test_bgal_select_maps_by_number_not_by_row(
        self, real_data: Path, write_stack, tmp_path: Path
    ) -> None:
        folder = tmp_path / "Select_job014"
        shutil.copytree(real_data / "relion31_bgal_tables" / "Select_job014", folder)
        stack = write_stack(folder / "run_it025_classes.mrcs", n=100, box=64, pixel_size=3.54)
        data = formats.read(folder)
        assert data.class_averages.class_id.tolist() == [16, 26, 29, 37, 64, 79, 91, 96]
        assert data.class_averages.n_particles.sum() == len(data.particles) == 5_367
        with mrcfile.open(stack) as whole:
            np.testing.assert_array_equal(data.class_averages.images[3], whole.data[36])
        assert data.warnings == ()


class TestOtherPrograms:
    """What is written is read by programs that are not ours."""

    def test_starfile(self, real_data: Path, write_back, rng, tmp_path: Path) -> None:
        starfile = pytest.importorskip("starfile")
        data = formats.read(real_data / "relion31_70s")
        keep = rng.random(3_000) < 0.5
        selected, excluded, templates = write_back(data, keep, tmp_path / "out")
        original = starfile.read(real_data / "relion31_70s" / "run_it020_data.star")
        for path, chosen in ((selected, keep), (excluded, ~keep)):
            found = starfile.read(path)
            assert found["optics"].equals(original["optics"])
            expected = original["particles"][chosen].reset_index(drop=True)
            assert found["particles"].equals(expected)
        table = starfile.read(templates)
        assert table["rlnClassNumber"].tolist() == list(range(1, 31))

    def test_relion_itself(self, relion_job, write_back, tmp_path: Path) -> None:
        if shutil.which("relion_star_handler") is None:
            pytest.skip("RELION is not installed (relion_star_handler)")
        data = formats.read(relion_job.iteration("run_it025", CLASSES))
        keep = np.arange(10) % 3 > 0
        selected, excluded, templates = write_back(data, keep, tmp_path / "out")

        def relion(program: str, *arguments: str) -> str:
            done = subprocess.run(
                [f"relion_star_{program}", *arguments],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        relion("handler", "--combine", "--i", f"{selected} {excluded}", "--o", "both.star")
        rows = StarFile(tmp_path / "both.star").block("particles").loop
        coordinates = rows.read_column("rlnCoordinateX").tolist()
        assert sorted(coordinates) == [100.0 * n for n in range(1, 11)]
        arguments = ("--i", str(selected), "--select", "rlnClassNumber", "--minval", "3")
        relion("handler", *arguments, "--o", "some.star")
        some = StarFile(tmp_path / "some.star").block("particles").loop
        chosen = data.particles.class_id[keep]
        assert some.read_column("rlnClassNumber").tolist() == chosen[chosen >= 3].tolist()
        # relion_star_handler 3.1 can't read RELION's own class_averages.star; this can.
        columns = ("data_", "rlnReferenceImage", "rlnClassNumber")
        printed = relion("printtable", str(templates), *columns).split("\n")
        assert [line.split()[1] for line in printed if line.strip()] == ["1", "2", "3", "4"]
