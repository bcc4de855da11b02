"""Particles get the poses that they were simulated in, from the true poses of their averages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rebalance
from benchmarks.poses import true_views, variants
from rebalance.errors import InputError, RebalanceError
from rebalance.model import Dataset, DoubleArray, ParticlePoses, Views
from rebalance.poses import particle_poses, write_poses
from rebalance.poses.conventions import rotation_of_angles
from rebalance.registry import registry
from rebalance.simulate import SimulatedClassification, simulate_class_averages
from rebalance.simulate.job import LAYOUTS, write_job

PIXEL_SIZE = 6.4


@pytest.fixture(scope="module")
def exact() -> SimulatedClassification:
    """No error of alignment, and every particle looks from where its average does."""
    return simulate_class_averages(
        {
            "n_averages": 20,
            "n_particles": 400,
            "n_views": 6,
            "box": 24,
            "pixel_size": PIXEL_SIZE,
            "n_junk": 2,
            "n_empty": 2,
            "particle_spread": 0.0,
            "psi_error": 0.0,
            "shift_error": 0.0,
            "seed": 31,
        }
    )


def read(simulated: SimulatedClassification, folder: Path, layout: str) -> tuple[Dataset, Views]:
    dataset = rebalance.read(write_job(simulated, folder, layout).job)
    return dataset, true_views(simulated, first=0 if layout == "cryosparc" else 1)


def turn_between(one: DoubleArray, other: DoubleArray) -> DoubleArray:
    """Degrees, (n,)."""
    trace = np.einsum("qij,qij->q", one, other)
    return np.rad2deg(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def errors(simulated: SimulatedClassification, poses: ParticlePoses) -> tuple[DoubleArray, ...]:
    true = rotation_of_angles(*simulated.particle_euler[poses.row].T)
    moved = poses.shift - simulated.particle_place[poses.row]
    return turn_between(true, poses.rotation), np.hypot(*moved.T)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_poses_are_the_true_ones(
    exact: SimulatedClassification, tmp_path: Path, layout: str
) -> None:
    poses = particle_poses(*read(exact, tmp_path, layout))
    turned, moved = errors(exact, poses)
    assert turned.max() < 0.01
    assert moved.max() < 1e-4
    assert poses.pixel_size == pytest.approx(PIXEL_SIZE)


def test_any_sign_that_is_wrong_is_far_from_the_truth(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    for what, poses in variants(*read(exact, tmp_path, "relion")):
        turned, moved = errors(exact, poses)
        is_right = what == "as they are"
        assert (turned.max() < 0.01 and moved.max() < 1e-3) == is_right, what


def test_errors_are_those_of_spread_and_alignment(tmp_path: Path) -> None:
    simulated = simulate_class_averages(
        {"n_averages": 24, "n_particles": 900, "box": 24, "pixel_size": PIXEL_SIZE, "seed": 4}
    )
    turned, moved = errors(simulated, particle_poses(*read(simulated, tmp_path, "relion")))
    options = simulated.options
    # A spread along two axes and a turn about the third.
    expected = np.sqrt(2 * options.particle_spread**2 / 2 + options.psi_error**2)
    assert np.sqrt((turned**2).mean()) == pytest.approx(expected, rel=0.25)
    assert np.sqrt((moved**2).mean()) == pytest.approx(np.sqrt(2) * options.shift_error, rel=0.1)


def test_particles_of_misfits_and_of_averages_without_view_are_counted_out(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    poses = particle_poses(dataset, views)
    is_junk = exact.kind[exact.particle_class - 1] == "junk"
    assert poses.n_misfit == is_junk.sum() > 0
    assert (poses.n_apart, poses.n_unaligned) == (0, 0)
    np.testing.assert_array_equal(poses.row, np.flatnonzero(~is_junk))
    largest = int(np.bincount(exact.particle_class).argmax())
    rotation = views.rotation.copy()
    rotation[largest - 1] = np.nan
    apart = particle_poses(dataset, replace(views, rotation=rotation))
    assert apart.n_apart == (exact.particle_class == largest).sum()
    assert len(apart) + apart.n_apart + apart.n_misfit == len(exact.particle_class)
    assert not np.isin(largest, apart.class_id)
    assert f"{apart.n_apart:,} particles in averages without a view" in apart.left_out


def test_averages_of_another_order_or_number_are_found_by_their_class(
    exact: SimulatedClassification, tmp_path: Path, rng: np.random.Generator
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    whole = particle_poses(dataset, views)
    order = rng.permutation(len(views))[:-3]
    some = replace(
        views,
        **{
            name: getattr(views, name)[order]
            for name in ("class_id", "rotation", "shift", "is_misfit")
        },
    )
    poses = particle_poses(dataset, some)
    kept = np.isin(whole.class_id, some.class_id)
    assert 0 < kept.sum() < len(whole)
    np.testing.assert_array_equal(poses.row, whole.row[kept])
    np.testing.assert_array_equal(poses.rotation, whole.rotation[kept])
    missing = ~np.isin(exact.particle_class, some.class_id)
    assert poses.n_apart == missing.sum()
    # Particles of a class whose number is above that of every average.
    names = ("class_id", "rotation", "shift", "is_misfit")
    fewer = replace(views, **{name: getattr(views, name)[:-5] for name in names})
    assert exact.particle_class.max() > fewer.class_id.max()
    poses = particle_poses(dataset, fewer)
    assert poses.n_apart == (exact.particle_class > fewer.class_id.max()).sum()


def test_particles_without_a_whole_alignment_are_counted_out(
    exact: SimulatedClassification, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    whole = particle_poses(dataset, views)
    plugin = registry().load("format", "relion")
    alignment = plugin.in_plane_alignment(dataset)
    without_angle, without_shift = whole.row[[3, 8]]
    alignment.psi[without_angle] = np.nan
    alignment.shift[without_shift, 1] = np.nan
    monkeypatch.setattr(type(plugin), "in_plane_alignment", lambda *_: alignment)
    poses = particle_poses(dataset, views)
    assert poses.n_unaligned == 2
    np.testing.assert_array_equal(poses.row, np.delete(whole.row, [3, 8]))


def test_views_that_are_not_trusted_are_refused(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    doubtful = replace(views, trusted=False, reason="Starts disagree.")
    with pytest.raises(RebalanceError, match=r"not reliable\. Starts disagree"):
        particle_poses(dataset, doubtful)
    assert len(particle_poses(dataset, doubtful, even_untrusted=True)) > 0


def test_a_stack_without_particles_is_refused(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    files = write_job(exact, tmp_path, "relion")
    with pytest.raises(InputError, match="no particles"):
        particle_poses(rebalance.read(files.classes), true_views(exact))


def test_a_format_that_knows_no_alignment_is_named(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    with pytest.raises(RebalanceError, match="stack does not state how particles were aligned"):
        particle_poses(replace(dataset, format="stack"), views)
    poses = particle_poses(dataset, views)
    with pytest.raises(RebalanceError, match="stack does not write poses"):
        write_poses(replace(dataset, format="stack"), poses, tmp_path / "out")


def test_nothing_is_written_over_and_nothing_is_not_written(
    exact: SimulatedClassification, tmp_path: Path
) -> None:
    dataset, views = read(exact, tmp_path, "relion")
    poses = particle_poses(dataset, views)
    (first,) = write_poses(dataset, poses, tmp_path / "out")
    before = first.read_bytes()
    with pytest.raises(RebalanceError, match="exists already"):
        write_poses(dataset, poses, tmp_path / "out")
    assert first.read_bytes() == before
    none = particle_poses(dataset, replace(views, is_misfit=np.ones(len(views), dtype=np.bool_)))
    with pytest.raises(RebalanceError, match="No particle has a pose"):
        write_poses(dataset, none, tmp_path / "none")
    assert not (tmp_path / "none").exists()
