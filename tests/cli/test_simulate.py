"""`rebalance simulate` writes a data set that the other commands can be tried on."""

from __future__ import annotations

import json
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from rebalance import formats
from rebalance.cli import app
from rebalance.simulate import phantom, volume_of

FEW = ["--averages", "12", "--particles", "200", "--views", "3", "--set", "box=24"]


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, words)])


@pytest.mark.parametrize("layout", ["relion", "relion-3.0", "relion-5", "cryosparc"])
def test_every_layout_can_be_read_back(layout: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    done = typed(out, *FEW, "--layout", layout, "--json")
    assert done.exit_code == 0, done.output
    files = json.loads(done.stdout)
    assert all(Path(files[name]).exists() for name in files if name != "options")
    dataset = formats.read(files["job"])
    assert dataset.particles is not None
    assert dataset.class_averages is not None
    assert len(dataset.particles) == 200
    assert len(dataset.class_averages) == 12
    assert dataset.class_averages.pixel_size == pytest.approx(4.0)


def test_one_seed_gives_one_data_set(tmp_path: Path) -> None:
    stacks = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert typed(tmp_path / name, *FEW, "--seed", seed, "--quiet").output == ""
        averages = formats.read(tmp_path / name / "Class2D" / "job003").class_averages
        assert averages is not None
        stacks.append(averages.images)
    np.testing.assert_array_equal(stacks[0], stacks[1])
    assert not np.array_equal(stacks[0], stacks[2])


def test_it_names_the_truth_and_the_next_command(tmp_path: Path) -> None:
    done = typed(tmp_path / "out", *FEW)
    assert "truth_classes.csv" in done.stdout
    assert f"rebalance run {tmp_path / 'out' / 'Class2D' / 'job003'} -k 3 -f 0.8" in done.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--set", "snr=-1"], "snr = -1"),
        (["--set", "snr"], "OPTION=VALUE"),
        (["--set", "views=3"], "no option 'views'"),
        (["--set", "n_views=3", "--views", "3"], "given twice"),
        (["--layout", "eman"], "relion, relion-3.0, relion-5, cryosparc"),
        (["--averages", "5"], "Use --averages 20 or more"),
        (["--views", "some"], "discrete or continuous"),
        (["--views", "discrete", "--views", "continuous"], "contradicts the other --views"),
        (["--symmetry", "K5"], "not a rotational point group"),
        (["--from", "absent.pdb"], "does not exist"),
        (["--symmetry", "D2", "--box", "32"], "Use box ="),
    ],
)
def test_a_mistake_is_named_and_nothing_is_left_behind(
    words: list[str], problem: str, tmp_path: Path
) -> None:
    done = typed(tmp_path / "out", *words)
    assert done.exit_code == 2
    assert problem in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_map_is_simulated_from_and_named(tmp_path: Path) -> None:
    with mrcfile.new(tmp_path / "molecule.mrc") as mrc:
        mrc.set_data(volume_of(phantom(), 6.0).density)
        mrc.set_volume()
        mrc.voxel_size = 6.0
    words = [*FEW, "--from", tmp_path / "molecule.mrc", "--views", "continuous", "--snr", "0.2"]
    done = typed(tmp_path / "out", *words)
    assert done.exit_code == 0, done.output
    assert "molecule.mrc" in done.stdout
    assert "continuous" in done.stdout
    truth = json.loads((tmp_path / "out" / "truth.json").read_text())
    assert truth["source"]["kind"] == "map"
    assert truth["views"] == "continuous"
    assert truth["options"]["snr"] == 0.2
    assert str(tmp_path) not in (tmp_path / "out" / "truth.json").read_text()


def test_the_screen_shows_each_view_and_what_is_none(tmp_path: Path) -> None:
    words = ["--symmetry", "C2", "--pixel-size", "11", "--averages", "14", "--set", "n_ice=2"]
    done = typed(tmp_path / "out", *FEW[2:], *words)
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "C2 (2 rotations)" in said
    assert "4 junk (2 ice, 2 mixed)" in said
    assert "5 all-zero without particles" in said
    table = done.stdout[done.stdout.index("view ") :].splitlines()[1:4]
    assert sorted(int(line.split()[0]) for line in table) == [0, 1, 2]
    assert max(len(line) for line in done.stdout.splitlines()) <= 80 + len(str(tmp_path)) * 2


def test_a_file_in_the_way_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "This file exists already" in typed(tmp_path / "out", *FEW).output


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = typed(tmp_path, *FEW)
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_unwritable_place_is_mended_by_another_name_not_by_a_flag_it_lacks(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    done = typed(tmp_path / "file" / "out", *FEW)
    assert done.exit_code == 2
    assert "Choose another folder." in done.stderr
    assert "-o" not in done.stderr.replace(str(tmp_path), "")


def test_every_option_is_listed() -> None:
    done = typed("--list-options")
    assert done.exit_code == 0
    assert "preferred_share" in done.stdout
    assert "mirror_share" in done.stdout
