"""`rebalance views` on the command line, and `rebalance.find_views` in Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
from typer.testing import CliRunner, Result

import rebalance
from rebalance.cache import AffinityCache
from rebalance.cli import app
from rebalance.errors import OptionError
from rebalance.model import ClassAverages, views_of
from rebalance.poses.conventions import rotation_of_angles
from rebalance.record.affinity_file import read_affinity
from tests.numbered_views import MISFITS, UNTRUSTED, NumberedViews, install_numbered_views


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    install_numbered_views(monkeypatch)


def command(*words: object) -> Result:
    return CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    )


def stack_of(job: Path) -> Path:
    return next(job.glob("*_classes.mrcs"))


def write_stack(path: Path, images: np.ndarray, pixel_size: float = 0.0) -> Path:
    with mrcfile.new(path) as mrc:
        mrc.set_data(images.astype(np.float32))
        mrc.set_image_stack()
        mrc.voxel_size = pixel_size
    return path


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "views.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_it_writes_views_and_a_map_and_names_the_next_command(
    simulated_job: Path, tmp_path: Path
) -> None:
    done = command("views", simulated_job, "--symmetry", "D2")
    assert done.exit_code == 0, done.stderr
    folder = tmp_path / f"rebalance_{simulated_job.name}_views_D2"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"views.csv", "initial_model.mrc", "affinity.npz", "summary.json", "run.json"} <= names
    assert {"figures/views.png", "figures/reprojections.png"} <= names
    said = " ".join(done.stdout.split())
    assert "24 class averages" in said
    assert "Point group D2, as given." in said
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["verdict"].startswith("Trusted")
    assert summary["verdict"] in said
    assert "Uniformity of the particles over all directions: 0." in said
    assert max(map(len, done.stdout.partition("Results in")[0].splitlines())) <= 80
    misfits = [row["class_id"] for row in summary["misfits"]]
    assert set(misfits) <= set(MISFITS)
    assert misfits
    typed = done.stdout.splitlines()[-1]
    assert "--view-width 25" in typed
    assert f"--junk-classes {','.join(map(str, sorted(misfits)))}" in typed
    again = command(*typed.split()[1:], "--no-figures", "-o", "grouped", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["superclassification"]["view_width"]["widest_deg"] <= 25


def test_the_table_says_where_each_average_looks_from(simulated_job: Path) -> None:
    assert command("views", simulated_job, "-q", "-o", "out", "--no-figures").exit_code == 0
    views = views_of(read_affinity(Path("out/affinity.npz")))
    averages = rebalance.read(simulated_job).class_averages
    assert views is not None
    assert averages is not None
    assert averages.n_particles is not None
    rows = rows_of(Path("out"))
    assert [int(row["class_id"]) for row in rows] == averages.class_id.tolist()
    assert [int(row["particles"]) for row in rows] == averages.n_particles.tolist()
    for i, row in enumerate(rows):
        if averages.is_empty[i]:
            assert {value for name, value in list(row.items())[2:]} == {""}
            continue
        direction = [float(row[f"view_{axis}"]) for axis in "xyz"]
        np.testing.assert_allclose(direction, views.direction[i], atol=1e-6)
        angles = np.array([float(row[f"{name}_deg"]) for name in ("rot", "tilt", "psi")])
        np.testing.assert_allclose(
            rotation_of_angles(*angles[:, None])[0], views.rotation[i], atol=1e-6
        )
        shift = [float(row[f"shift_{axis}_px"]) for axis in "xy"]
        np.testing.assert_allclose(shift, views.shift[i])
        assert float(row["fit"]) == pytest.approx(views.fit[i], abs=1e-6)
        assert row["misfit"] == str(int(views.class_id[i] in MISFITS))
        assert 0 < float(row["spread_deg"]) < 60


def test_the_map_has_its_voxel_size(simulated_job: Path) -> None:
    averages = rebalance.read(simulated_job).class_averages
    assert averages is not None
    assert averages.pixel_size is not None
    assert command("views", simulated_job, "-q", "-o", "out", "--no-figures").exit_code == 0
    with mrcfile.open("out/initial_model.mrc") as mrc:
        assert mrc.is_volume()
        assert mrc.voxel_size.x == pytest.approx(3.5 * averages.pixel_size)
        assert mrc.header.nlabl == 0
        np.testing.assert_array_equal(mrc.data, rebalance.find_views(averages).map)


def test_a_bare_stack_without_pixel_size(simulated_job: Path, tmp_path: Path) -> None:
    with mrcfile.open(stack_of(simulated_job)) as mrc:
        stack = write_stack(tmp_path / "some.mrcs", mrc.data)
    done = command("views", stack, "--json", "--no-figures", "-o", "out")
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["map"]["voxel_size_A"] is None
    assert summary["particles"] is None
    assert any("--pixel-size" in warning for warning in summary["warnings"])
    assert {row["particles"] for row in rows_of(Path("out"))} == {""}
    with mrcfile.open("out/initial_model.mrc") as mrc:
        assert mrc.voxel_size.x == 0
    told = command("views", stack, "--pixel-size", "2", "--json", "--no-figures", "-o", "told")
    assert json.loads(told.stdout)["map"]["voxel_size_A"] == 7


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_averages(n: int, tmp_path: Path, rng: np.random.Generator) -> None:
    stack = write_stack(tmp_path / "few.mrcs", rng.normal(size=(n, 24, 24)), 3.0)
    done = command("views", stack, "-o", "out")
    assert done.exit_code == 0, done.stderr
    assert len(rows_of(Path("out"))) == n
    (tmp_path / "out" / "figures" / "views.png").stat()


def test_averages_that_are_all_empty_are_refused(tmp_path: Path) -> None:
    stack = write_stack(tmp_path / "empty.mrcs", np.zeros((4, 24, 24)), 3.0)
    done = command("views", stack)
    assert done.exit_code == 2
    assert "None of the 4 class averages can be used" in " ".join(done.stderr.split())
    with pytest.raises(OptionError, match="None of the 4 class averages can be used"):
        rebalance.find_views(stack)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.mrcs"]


def test_views_that_are_not_trusted_lead_nowhere(simulated_job: Path) -> None:
    done = command("views", simulated_job, "--seed", UNTRUSTED, "-o", "out", "--no-figures")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Not trusted" in said
    assert "starts agree to 0.31 only." in said
    assert "Don't use these views or the map." in said
    assert "If the molecule is symmetric, give its point group with --symmetry." in said
    assert "Uniformity" not in said
    assert "fits no view" not in said
    typed = done.stdout.splitlines()[-1]
    assert "-k 10" in typed
    assert "views" not in typed
    assert not list(Path("out").glob("particles*"))
    summary = json.loads(Path("out/summary.json").read_text())
    assert (summary["trusted"], summary["agreement"]) == (False, 0.31)


def test_what_is_found_once_is_kept(simulated_job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("views", simulated_job, "-q", "-o", "first").exit_code == 0
    monkeypatch.setattr(NumberedViews, "prepare", lambda *_: pytest.fail("found anew"))
    assert command("views", simulated_job, "-q", "-o", "second").exit_code == 0
    done = command(
        *("run", simulated_job, "--metric", "views", "-k", "4", "-q", "-o", "run"),
        *("--junk-classes", "3", "--no-figures"),
    )
    assert done.exit_code == 0, done.stderr
    kept = rebalance.find_views(simulated_job, cache=AffinityCache())
    assert kept.trusted
    for name in ("views.csv", "summary.json", "initial_model.mrc", "figures/views.png"):
        assert Path("first", name).read_bytes() == Path("second", name).read_bytes()


def test_it_can_be_repeated_and_replaced(simulated_job: Path) -> None:
    words = (
        *("views", simulated_job, "--symmetry", "c2", "--seed", "3", "-o", "out", "-q"),
        "--no-figures",
    )
    assert command(*words).exit_code == 0
    record = json.loads(Path("out/run.json").read_text())
    assert record["command"] == "views"
    assert record["request"]["options"] == {"metric": {"symmetry": "c2", "seed": 3}}
    again = command("rerun", "out")
    assert again.exit_code == 0, again.stderr
    assert "same bytes in every file" in again.stdout
    refused = command(*words)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert command(*words, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--symmetry", "Q3"], "not a rotational point group"),
        (["--seed", "-1"], "seed"),
        (["--symmetry", "D2", "--set", "metric.symmetry=C2"], "given twice"),
        (["--set", "metric.sigma=3"], "sigma"),
        (["--set", "clustering.linkage=ward"], "clustering options have no effect"),
    ],
)
def test_what_can_not_be_is_said(
    simulated_job: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = command("views", simulated_job, *words)
    assert done.exit_code == 2, done.stdout
    assert said in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


def test_a_table_without_averages_is_refused(simulated_job: Path, tmp_path: Path) -> None:
    table = tmp_path / "alone.star"
    table.write_text("data_\n\nloop_\n_rlnImageName #1\n_rlnClassNumber #2\n1@a.mrcs 1\n")
    done = command("views", table)
    assert done.exit_code == 2
    assert "class averages" in done.stderr


def test_in_python_by_one_name(simulated_job: Path) -> None:
    data = rebalance.read(simulated_job)
    views = rebalance.find_views(data, symmetry="D2")
    assert isinstance(views, rebalance.Views)
    assert (views.symmetry, len(views)) == ("D2", 24)
    affinity = rebalance.affinity(data, "views", options={"symmetry": "D2"})
    for same in (
        rebalance.find_views(affinity),
        rebalance.find_views(simulated_job, symmetry="D2"),
    ):
        np.testing.assert_array_equal(same.angle, views.angle)
    seeded = rebalance.find_views(data, seed=UNTRUSTED)
    assert not seeded.trusted


@pytest.mark.parametrize("given", [3, np.zeros((2, 2)), None])
def test_what_has_no_views_is_said(given: Any, rng: np.random.Generator) -> None:
    with pytest.raises(TypeError, match=r"rebalance\.find_views takes ClassAverages"):
        rebalance.find_views(given)
    averages = ClassAverages(rng.normal(size=(4, 16, 16)).astype(np.float32), np.arange(1, 5))
    with pytest.raises(OptionError, match=r"\(rotational-cc\) contains no views"):
        rebalance.find_views(rebalance.affinity(averages, "rotational-cc"))
