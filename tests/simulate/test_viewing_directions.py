"""Directions of view are spread, crowded and perturbed as asked."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.simulate.viewing_directions import (
    around,
    carried,
    popularity,
    spread_axes,
    uniform,
    view_frames,
)


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.rad2deg(np.arccos(np.clip((a * b).sum(axis=-1), -1, 1)))


@pytest.mark.parametrize("n", [1, 2, 6, 12, 40])
def test_axes_keep_well_apart(n: int, rng: np.random.Generator) -> None:
    axes = spread_axes(n, rng)
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1)
    cosine = np.abs(axes @ axes.T) - np.eye(n)
    # n caps of radius r, and their opposites, can't cover more than the sphere: n (1 - cos r) = 1.
    bound = 2 * np.arccos(1 - 1 / n) if n > 1 else np.pi
    assert np.arccos(cosine.max()) > 0.65 * min(bound, np.pi / 2)


@pytest.mark.parametrize("degrees", [0.0, 2.0, 8.0])
def test_directions_around_a_view_have_the_spread_asked_for(
    degrees: float, rng: np.random.Generator
) -> None:
    middle = np.repeat(uniform(1, rng), 4000, axis=0)
    drawn = around(middle, degrees, rng)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1)
    spread = np.sqrt((angles(middle, drawn) ** 2).mean())
    assert spread == pytest.approx(degrees, rel=0.05, abs=1e-5)
    np.testing.assert_allclose(drawn.mean(axis=0), middle[0], atol=0.02)


def test_popularity_puts_the_share_in_the_preferred_views(rng: np.random.Generator) -> None:
    axes = spread_axes(12, rng)
    weight = popularity(axes, axes[[3, 8]], share=0.9, width=5.0)
    assert weight.sum() == pytest.approx(1)
    assert weight[3] == pytest.approx(0.1 / 12 + 0.6, abs=1e-3)
    assert weight[8] == pytest.approx(0.1 / 12 + 0.3, abs=1e-3)
    np.testing.assert_allclose(popularity(axes, axes[:0], 0.9, 5.0), 1 / 12)


def test_frames_are_rotations_even_at_the_poles(rng: np.random.Generator) -> None:
    views = np.vstack([uniform(20, rng), [[0, 0, 1], [0, 0, -1], [1, 0, 0]]])
    frames = view_frames(views)
    np.testing.assert_allclose(
        frames @ frames.transpose(0, 2, 1), np.tile(np.eye(3), (23, 1, 1)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(frames), 1)
    np.testing.assert_allclose(frames[:, 2], views)


def test_a_carried_frame_makes_the_smallest_turn(rng: np.random.Generator) -> None:
    frame = view_frames(uniform(1, rng))[0]
    views = around(np.repeat(frame[None, 2], 30, axis=0), 10.0, rng)
    frames = carried(frame, views)
    np.testing.assert_allclose(frames[:, 2], views, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(frames), 1)
    turn = frame @ frames.transpose(0, 2, 1)
    by = np.rad2deg(np.arccos((np.trace(turn, axis1=1, axis2=2) - 1) / 2))
    np.testing.assert_allclose(by, angles(np.repeat(frame[None, 2], 30, axis=0), views), atol=1e-6)
