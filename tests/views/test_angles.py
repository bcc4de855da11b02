"""Angles between views that are known by probabilities."""

from __future__ import annotations

import numpy as np

from rebalance.point_groups import operations_of
from rebalance.views.angles import angle_table, expected_angles
from tests import reference


def draw(seed: int, n: int = 5, half: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((half, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    posterior = rng.dirichlet(np.full(2 * half, 0.3), n).astype(np.float32)
    return posterior, np.concatenate([directions, -directions])


def test_angles_are_expected_over_posteriors_less_their_widths() -> None:
    for symmetry in ("C1", "D2", "O"):
        posterior, sampled = draw(1)
        group = operations_of(symmetry)
        found = expected_angles(posterior, sampled, group)
        for i in range(len(posterior)):
            for j in range(i):
                mean, own, other = (
                    reference.expected_angle(posterior[a], posterior[b], sampled, group)
                    for a, b in ((i, j), (i, i), (j, j))
                )
                expected = np.sqrt(max(mean**2 - (own**2 + other**2) / 2, 0))
                np.testing.assert_allclose(found[i, j], expected, atol=1e-3)


def test_equal_posteriors_have_no_angle_between_them_however_wide() -> None:
    posterior, sampled = draw(2)
    twice = np.concatenate([posterior, posterior])
    found = expected_angles(twice, sampled, np.eye(3)[None])
    np.testing.assert_allclose(np.diag(found[:5, 5:]), 0, atol=0.02)
    assert (np.diag(found) == 0).all()


def test_opposite_views_are_one_unless_mirror_images_differ() -> None:
    sampled = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    assert angle_table(sampled, np.eye(3)[None])[0, 1] == 0
    assert angle_table(sampled, np.eye(3)[None], axial=False)[0, 1] == 180
