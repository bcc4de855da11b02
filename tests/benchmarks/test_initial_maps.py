"""Models are made once, whatever stops a run; conditions are paired; the oracle is even."""

from __future__ import annotations

import os
from pathlib import Path

import mrcfile
import numpy as np
import pytest

import benchmarks.initial_maps.__main__ as benchmark
from benchmarks.initial_maps import align_map, jobs, scores
from benchmarks.initial_maps.align_map import MapPose, turned
from benchmarks.initial_maps.jobs import job_of
from benchmarks.initial_maps.particles import ALL, random_at, rarest_first, superclasses_at
from benchmarks.initial_maps.scores import conical_areas, power_ratio, score
from benchmarks.initial_maps.start_map import start_map
from benchmarks.initial_maps.summary import matched_random, summary
from benchmarks.poses import density, fsc, true_views
from rebalance.simulate import phantom, simulate_class_averages
from rebalance.views.uniformity import fourier_directions

SMALL = {
    "n_averages": 12, "n_views": 6, "n_particles": 60, "box": 24, "pixel_size": 11.0,
    "n_empty": 0, "n_noise": 0, "n_junk": 0, "particle_images": True,
}  # fmt: skip
PRETENDED = """#!/bin/sh
while [ "$1" != --o ]; do shift; done
[ -e {folder}/broken ] && exit 1
echo . >> {folder}/calls
cp {folder}/map.mrc "$2_it000_class001.mrc"
cp {folder}/map.mrc "$2_it060_class001.mrc"
"""
"""Stands in for RELION: says how often it was called, and gives always the same map."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "relion_refine"
    program.parent.mkdir()
    program.write_text(PRETENDED.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    with mrcfile.new(tmp_path / "map.mrc") as mrc:
        noise = np.random.default_rng(3).normal(0, 0.1, (24, 24, 24))
        mrc.set_data((density(phantom(), 24, 11.0) + noise).astype(np.float32))
    monkeypatch.setattr(jobs, "SETTINGS", SMALL)
    pose = MapPose(np.eye(3), np.zeros(3), False, 1.0)
    monkeypatch.setattr(align_map, "align", lambda *_, **__: pose)
    return tmp_path


def calls(folder: Path) -> int:
    return (folder / "calls").read_text().count(".") if (folder / "calls").exists() else 0


def test_a_run_that_was_stopped_goes_on(folder: Path) -> None:
    job = job_of(1, folder / "work", is_even=True)
    ((condition, (rows, _)),) = job.models.items()
    job.models["half"] = (rows & (np.arange(len(rows)) % 2 == 0), None)
    first = benchmark.result_of(job, condition, folder / "work", "3.1.3")
    (folder / "broken").touch()
    with pytest.raises(SystemExit, match="relion_refine failed"):
        benchmark.result_of(job, "half", folder / "work", "3.1.3")
    (folder / "broken").unlink()
    again = job_of(1, folder / "work", is_even=True)
    again.models["half"] = job.models["half"]
    assert benchmark.result_of(again, condition, folder / "work", "3.1.3") == first
    assert calls(folder) == 1
    assert benchmark.result_of(again, "half", folder / "work", "3.1.3", only_kept=True) is None
    half = benchmark.result_of(again, "half", folder / "work", "3.1.3")
    assert half is not None
    assert half["particles"] == 30
    assert calls(folder) == 2
    assert not list((folder / "work").glob("tmp*"))


@pytest.mark.parametrize("changed", ["seed", "version", "start"])
def test_what_a_model_is_made_from_makes_another(folder: Path, changed: str) -> None:
    work = folder / "work"
    job = job_of(1, work, is_even=True)
    ((condition, (rows, _)),) = job.models.items()
    benchmark.result_of(job, condition, work, "3.1.3")
    if changed == "seed":
        job = job_of(2, work, is_even=True)
    if changed == "start":
        job.models[condition] = (rows, np.ones((24, 24, 24)))
    benchmark.result_of(job, condition, work, "4.0" if changed == "version" else "3.1.3")
    assert calls(folder) == 2


def test_the_oracle_takes_rare_views_first(rng: np.random.Generator) -> None:
    views = np.concatenate([np.repeat([[0.0, 0.0, 1.0]], 200, axis=0), rng.normal(size=(100, 3))])
    views /= np.linalg.norm(views, axis=1, keepdims=True)
    order = rarest_first(views, rng)
    assert np.array_equal(np.sort(order), np.arange(300))
    bins = fourier_directions(60)
    for number in (50, 100):
        at = np.abs(views[order[:number]] @ bins.T).argmax(axis=1)
        left = np.abs(views[order[number:]] @ bins.T).argmax(axis=1)
        count = np.bincount(at, minlength=60)
        # Nobody in a crowded bin came before somebody of a bin with fewer.
        assert count[np.unique(left)].min() >= count.max() - 1


def test_differences_are_paired_by_seed(rng: np.random.Generator) -> None:
    rows = []
    balanced, random = superclasses_at(0.3), random_at(0.3)
    assert matched_random(balanced) == random
    for seed in range(4):
        of_seed = float(rng.normal())
        for condition, gain in ((ALL, 0.0), (random, -0.5), (balanced, 0.25)):
            same = dict.fromkeys(("resolution", "area", "cfar", "streaks"), of_seed + gain)
            rows.append({"condition": condition, "seed": seed, "particles": 10, **same})
    by_name = {row["condition"]: row for row in summary(rows)}
    assert by_name[ALL]["to_all"] is None
    assert by_name[balanced]["to_all"]["area"] == (0.25, 0.0)
    assert by_name[balanced]["to_random"]["cfar"] == (0.75, 0.0)
    assert by_name[random]["to_random"] is None
    assert by_name[ALL]["area"][1] > 0.1


def test_power_that_is_lost_in_a_direction_is_seen() -> None:
    truth = density(phantom(), 32, 8.0)
    np.testing.assert_allclose(power_ratio(2 * truth, truth, 12), 0, atol=1e-9)
    spectrum = np.fft.fftn(truth)
    axis = np.fft.fftfreq(32)
    along = axis[:, None, None] ** 2 > 0.5 * (
        axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2
    )
    spectrum[along] *= 0.3
    ratio = power_ratio(np.fft.ifftn(spectrum).real, truth, 12)
    up = np.abs(fourier_directions(scores.N_AXES)[:, 2])
    assert ratio[up > 0.95].max() < ratio[up < 0.3].min() - 1


def test_scores_tell_a_better_map_from_a_worse(rng: np.random.Generator) -> None:
    truth = density(phantom(), 32, 8.0)
    noise = rng.normal(0, truth.std(), truth.shape)
    good, bad = (
        score(truth + part * noise, truth, 8.0, 13.0, is_mirrored=part > 1) for part in (0.5, 5.0)
    )
    assert good.area > 0.98
    assert good.cfar > 0.9
    assert good.streaks < 0.1
    assert bad.area < good.area - 0.05
    assert bad.cfar < good.cfar - 0.05
    assert bad.streaks > good.streaks + 0.05
    assert (good.is_mirrored, bad.is_mirrored) == (False, True)


def test_the_cone_along_a_lost_axis_is_the_weakest(rng: np.random.Generator) -> None:
    truth = density(phantom(), 32, 8.0)
    noise = np.fft.fftn(rng.normal(0, 3 * truth.std(), truth.shape))
    axis = np.fft.fftfreq(32)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    along_x = x**2 > 0.7 * (x**2 + y**2 + z**2)
    spoilt = truth + np.fft.ifftn(np.where(along_x, noise, 0)).real
    areas = conical_areas(spoilt, truth, 8.0, np.ones_like(truth), 10)
    assert np.abs(fourier_directions(scores.N_AXES)[areas.argmin(), 0]) > 0.8
    assert areas.min() < 0.9 * areas.max()


def test_a_start_is_as_bright_as_the_particles() -> None:
    simulated = simulate_class_averages(
        {**SMALL, "n_averages": 30, "n_views": 20, "box": 32, "pixel_size": 8.0, "snr": 100.0}
    )
    molecule = density(phantom(), 32, 8.0)
    averages = simulated.class_averages
    views = true_views(simulated)
    fine = density(phantom(), 40, 6.4).astype(np.float32)
    start = start_map(averages, replace_map(views, fine, 0.8))
    assert fsc(start, molecule, 13.0)[1:12].min() > 0.98
    brighter = start_map(averages, replace_map(views, 5 * fine, 0.8))
    np.testing.assert_allclose(brighter, start, rtol=1e-3, atol=1e-3 * start.max())
    centred = turned(start, MapPose(np.eye(3), np.zeros(3), False, 1.0))
    np.testing.assert_allclose(centred, start, atol=1e-6 * start.max())


def replace_map(views, density, voxel_size):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(views, map=density, voxel_size=voxel_size)
