"""`rebalance orientations` as a job: what is kept, lossless, the same again, and said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance import formats
from rebalance.errors import InputError, OptionError
from rebalance.model import NO_ORIENTATION, NOT_SELECTED
from rebalance.orientations.bins import bin_of
from rebalance.orientations.sampling import SlicePasses
from rebalance.pipeline.rerun import rerun

from .refinements import refined

LAYOUTS = ("relion", "relion-3.0", "cryosparc")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {
        layout: refined(tmp_path_factory.mktemp(layout), layout)[1].particles for layout in LAYOUTS
    }


def balance(path: Path, folder: Path, **settings: Any) -> rebalance.model.OrientationsResult:
    return rebalance.balance_orientations(
        path, output=folder, **{"figures": False, "n_bins": 24, **settings}
    )


def rows(path: Path) -> list[bytes]:
    """Rows of a star file's last table, as they are."""
    lines = path.read_bytes().split(b"\n")
    last = max(at for at, line in enumerate(lines) if line.startswith(b"_rln"))
    return [line for line in lines[last + 1 :] if line.strip()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_bin_keeps_more_than_the_cap_and_nothing_is_lost(
    layout: str, jobs: dict[str, Path], tmp_path: Path
) -> None:
    result = balance(jobs[layout], tmp_path / "out")
    selection = result.selection
    assert selection.cap is not None
    np.testing.assert_array_equal(selection.after, np.minimum(selection.before, selection.cap))
    kept = np.bincount(result.bin[selection.selected], minlength=len(result.bins))
    np.testing.assert_array_equal(kept, selection.after)
    occupied = np.sort(selection.before[selection.before > 0])
    assert selection.cap == occupied[int(np.ceil(0.8 * len(occupied))) - 1]
    ending = "cs" if layout == "cryosparc" else "star"
    parts = [
        formats.read_refinement(result.folder / f"particles_{name}.{ending}")
        for name in ("selected", "excluded")
    ]
    name = "uid" if layout == "cryosparc" else "rlnImageName"
    columns = [part.particles.column(name) for part in parts]  # type: ignore[union-attr]
    whole = result.dataset.particles.column(name)  # type: ignore[union-attr]
    np.testing.assert_array_equal(columns[0], whole[selection.selected])
    np.testing.assert_array_equal(columns[1], whole[~selection.selected])


def test_rows_are_those_of_the_input_byte_for_byte(jobs: dict[str, Path], tmp_path: Path) -> None:
    result = balance(jobs["relion"], tmp_path / "out")
    whole = rows(jobs["relion"])
    mine = {
        name: rows(result.folder / f"particles_{name}.star") for name in ("selected", "excluded")
    }
    assert sorted(mine["selected"] + mine["excluded"]) == sorted(whole)
    kept = result.selection.selected
    assert mine["selected"] == [row for row, stays in zip(whole, kept, strict=True) if stays]


@pytest.mark.parametrize("percentile", ["80", "33.3", "100"])
def test_a_second_run_changes_nothing(
    percentile: str, jobs: dict[str, Path], tmp_path: Path
) -> None:
    first = balance(jobs["relion"], tmp_path / "first", percentile=percentile)
    again = balance(
        first.folder / "particles_selected.star", tmp_path / "again", percentile=percentile
    )
    assert again.selection.selected.all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_halves_keep_their_ratio_in_each_bin(
    layout: str, jobs: dict[str, Path], tmp_path: Path
) -> None:
    result = balance(jobs[layout], tmp_path / "out", max_size=9)
    column = "alignments3D/split" if layout == "cryosparc" else "rlnRandomSubset"
    half = result.dataset.particles.column(column)  # type: ignore[union-attr]
    first = half == half.min()
    for number in range(len(result.bins)):
        inside, kept = result.bin == number, result.selection.selected & (result.bin == number)
        if inside.any():
            share = np.count_nonzero(inside & first) / np.count_nonzero(inside)
            assert abs(np.count_nonzero(kept & first) - share * np.count_nonzero(kept)) < 1
    assert any("half sets" in note for note in result.summary["notes"])


def test_summary_says_what_direct_calculation_gives(jobs: dict[str, Path], tmp_path: Path) -> None:
    result = balance(jobs["relion"], tmp_path / "out", percentile=50)
    direction = result.posed.orientations.direction
    passes = SlicePasses(direction, result.posed.operations)
    kept = result.selection.selected
    assert result.summary["sampling"]["scf_star"] == round(passes.score(), 4)
    assert result.summary["sampling_after"]["scf_star"] == round(passes.score(kept), 4)
    random = result.summary["scf_star_at_random"]
    assert random["particles"] == kept.sum()
    draws = []
    for seed in range(8):
        drawn = np.zeros(len(kept), dtype=bool)
        drawn[np.random.default_rng(seed).permutation(len(kept))[: kept.sum()]] = True
        draws.append(passes.score(drawn))
    assert abs(random["mean"] - np.mean(draws)) < 0.03
    np.testing.assert_array_equal(bin_of(result.bins, direction), result.bin)
    assert json.loads((result.folder / "summary.json").read_text()) == json.loads(
        json.dumps(result.summary)
    )


def test_same_bytes_whatever_the_threads_and_again(jobs: dict[str, Path], tmp_path: Path) -> None:
    one = balance(jobs["relion"], tmp_path / "one", threads=1)
    two = balance(jobs["relion"], tmp_path / "two", threads=2)
    for path in one.files:
        assert path.read_bytes() == (two.folder / path.relative_to(one.folder)).read_bytes()
    repeated = rerun(one.folder, output=tmp_path / "again")
    assert repeated.came_out == ()


def test_symmetry_is_that_of_the_job_unless_another_is_asked_for(tmp_path: Path) -> None:
    _, files = refined(tmp_path, symmetry="D2")
    assert balance(files.job, tmp_path / "a").posed.symmetry == "D2"
    result = balance(files.particles, tmp_path / "b", symmetry="C1")
    assert result.posed.symmetry == "C1"
    assert any("the job was run with D2" in note for note in result.summary["notes"])
    with pytest.raises(OptionError, match="not a rotational point group"):
        balance(files.job, tmp_path / "c", symmetry="Q7")
    assert not (tmp_path / "c").exists()


def test_particles_without_a_pose_and_of_other_classes_are_told_apart(
    jobs: dict[str, Path], tmp_path: Path
) -> None:
    text = jobs["relion"].read_text().split("\n")
    labels = [line.split()[0][1:] for line in text if line.startswith("_rln")]
    labels = labels[labels.index("rlnCoordinateX") :]
    tilt, number = labels.index("rlnAngleTilt"), labels.index("rlnClassNumber")
    first = max(at for at, line in enumerate(text) if line.startswith("_rln")) + 1
    for at, (column, word) in enumerate([(tilt, "nan"), (tilt, "nan"), (number, "2")]):
        words = text[first + at].split()
        words[column] = word
        text[first + at] = " ".join(words)
    table = tmp_path / "mixed.star"
    table.write_text("\n".join(text))
    result = balance(table, tmp_path / "out", only_classes=[1])
    assert result.selection.count(NO_ORIENTATION) == 2
    assert result.selection.count(NOT_SELECTED) == 1
    assert not result.selection.selected[:3].any()
    assert (result.bin[:3] == -1).all()


def test_a_classification_in_2d_has_no_poses(tmp_path: Path) -> None:
    job, _ = refined(tmp_path)
    with pytest.raises(InputError, match=r"same|2D"):
        balance(job, tmp_path / "out")


def test_best_goes_by_the_error_in_3d(jobs: dict[str, Path], tmp_path: Path) -> None:
    result = balance(jobs["cryosparc"], tmp_path / "out", strategy="best", max_size=5)
    assert result.selection.options["column"] == "alignments3D/error"
    error = result.dataset.particles.column("alignments3D/error")  # type: ignore[union-attr]
    kept = result.selection.selected
    assert error[kept].mean() < error[~kept].mean()


def test_opposite_directions_are_one_where_asked(jobs: dict[str, Path], tmp_path: Path) -> None:
    result = balance(jobs["relion"], tmp_path / "out", antipodal=True)
    direction = result.posed.direction
    np.testing.assert_array_equal(bin_of(result.bins, -direction), result.bin)


def test_pictures_and_report_are_there(jobs: dict[str, Path], tmp_path: Path) -> None:
    result = balance(jobs["relion"], tmp_path / "out", figures=True)
    names = {path.stem for path in result.files if path.suffix == ".png"}
    assert names == {
        *("viewing_directions", "azimuth_elevation", "bin_sizes", "fourier_sampling", "scf_star"),
    }
    page = (result.folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") == len(names)
    assert "the better map" not in page
    assert "job005" in page
