"""`rebalance diagnose` as a job: poses, half maps, both, and two inputs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rebalance
from rebalance.errors import InputError, OptionError
from rebalance.half_maps.signal import half_map_signal_of_files
from rebalance.pipeline.rerun import rerun
from rebalance.record.reading import reading
from rebalance.simulate import RefinementFiles
from rebalance.simulate.refinement_writer import write_map

from .refinements import refined


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> RefinementFiles:
    return refined(tmp_path_factory.mktemp("refined"))[1]


def test_half_maps_beside_the_particles_are_taken(files: RefinementFiles, tmp_path: Path) -> None:
    result = rebalance.diagnose(files.job, output=tmp_path / "out")
    assert result.first.maps == (files.half_a, files.half_b)
    assert result.first.half_maps is not None
    assert result.first.sampling is not None
    expected = half_map_signal_of_files(files.half_a, files.half_b)
    assert result.summary["half_maps"]["cfar"] == round(expected.cfar, 4)
    read = reading(result.first.sampling.scf_star, expected.cfar)
    assert result.summary["verdict"] == read.verdict
    assert read.verdict in (result.folder / "report.md").read_text()
    names = {path.name for path in result.files}
    assert {"conical_fsc.csv", "directions.csv", "bins.csv", "scf_star.csv"} <= names
    assert {"conical_fsc.png", "relative_signal.png", "viewing_directions.png"} <= names
    curves = json.loads((result.folder / "curves.json").read_text())
    np.testing.assert_allclose(
        np.array(curves["fsc"]["conical"], dtype=float), expected.conical, rtol=1e-5, atol=1e-6
    )
    assert curves["scf_star"]["particles"] == result.first.sampling.thinned_to.tolist()
    assert rerun(result.folder, output=tmp_path / "again").came_out == ()


def test_poses_alone_and_maps_alone(files: RefinementFiles, tmp_path: Path) -> None:
    table = tmp_path / "run_data.star"
    table.write_bytes(files.particles.read_bytes())
    alone = rebalance.diagnose(table, output=tmp_path / "poses", figures=False)
    assert alone.first.half_maps is None
    assert "no half maps" not in alone.summary["verdict"]
    maps = rebalance.diagnose(
        half_maps=(files.half_a, files.half_b), output=tmp_path / "maps", figures=False
    )
    assert maps.first.sampling is None
    assert maps.summary["sampling"] is None
    assert maps.summary["half_maps"]["tfar"] > 0


def test_two_inputs_stand_side_by_side(files: RefinementFiles, tmp_path: Path) -> None:
    balanced = rebalance.balance_orientations(
        files.particles, percentile=40, output=tmp_path / "balanced", figures=False
    )
    result = rebalance.diagnose(
        files.particles,
        compare=balanced.folder / "particles_selected.star",
        output=tmp_path / "out",
    )
    assert result.second is not None
    assert result.second.sampling is not None
    compared = result.summary["compared"]
    assert compared["sampling"]["scf_star"] == balanced.summary["sampling_after"]["scf_star"]
    # As many at random, drawn from the first.
    assert result.summary["scf_star_at_random"] == balanced.summary["scf_star_at_random"]
    assert (result.folder / "compared_bins.csv").is_file()
    assert "compared with" in (result.folder / "report.md").read_text()


def test_a_second_input_has_the_point_group_of_the_first(tmp_path: Path) -> None:
    """What was selected lies in a folder that states no group."""
    _, files = refined(tmp_path / "refined", symmetry="D2")
    balanced = rebalance.balance_orientations(
        files.job, percentile=40, output=tmp_path / "balanced", figures=False
    )
    result = rebalance.diagnose(
        files.job,
        compare=balanced.folder / "particles_selected.star",
        output=tmp_path / "out",
        figures=False,
    )
    assert result.second is not None
    assert result.second.posed is not None
    assert result.second.posed.symmetry == "D2"
    compared = result.summary["compared"]["sampling"]["scf_star"]
    assert compared == balanced.summary["sampling_after"]["scf_star"]


def test_a_mask_is_used(files: RefinementFiles, tmp_path: Path) -> None:
    line = np.arange(32) - 16
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    mask = (np.sqrt(x**2 + y**2 + z**2) < 13).astype(np.float32)
    write_map(tmp_path / "mask.mrc", mask, 8.0)
    result = rebalance.diagnose(
        files.job, mask=tmp_path / "mask.mrc", output=tmp_path / "out", figures=False
    )
    assert tmp_path / "mask.mrc" in result.first.maps
    assert not any("not masked" in note for note in result.summary["notes"])


def test_what_can_not_be_diagnosed_is_said(files: RefinementFiles, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="not two"):
        rebalance.diagnose(files.job, half_maps=(files.half_a,))
    with pytest.raises(InputError, match="this file"):
        rebalance.diagnose(half_maps=(files.half_a, files.half_a), output=tmp_path / "out")
    write_map(tmp_path / "small.mrc", np.ones((16, 16, 16), np.float32), 8.0)
    with pytest.raises(InputError, match="16"):
        rebalance.diagnose(half_maps=(files.half_a, tmp_path / "small.mrc"), output=tmp_path / "o")
    with pytest.raises(InputError, match=r"does not exist"):
        rebalance.diagnose(tmp_path / "nowhere", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_preferred_views_and_junk_are_told_apart(tmp_path: Path) -> None:
    """Junk gets poses from anywhere: SCF* looks even then, and the half maps don't."""
    options = {
        "n_particles": 6_000,
        "n_averages": 40,
        "n_views": 20,
        "snr": 0.02,
        "box": 40,
        "pixel_size": 6.5,
    }
    crowded = {"preferred_share": 1.0, "preferred_width": 10.0, "particle_spread": 3.0}
    found = {}
    for name, more in {
        "even": {"preferred_share": 0.0, "particle_spread": 40.0},
        "crowded": crowded,
        "junk": {**crowded, "junk_share": 0.8, "junk_kinds": "noise"},
    }.items():
        _, files = refined(tmp_path / name, **{**options, **more})
        summary = rebalance.diagnose(
            files.job, output=tmp_path / f"{name}_out", figures=False
        ).summary
        found[name] = (summary["sampling"]["scf_star"], summary["half_maps"]["cfar"])
    assert found["even"][0] > 0.85
    assert found["crowded"][0] < 0.4
    assert found["junk"][0] > 0.6
    assert found["even"][1] > 0.25
    assert found["crowded"][1] < 0.1
    assert found["junk"][1] < 0.1
