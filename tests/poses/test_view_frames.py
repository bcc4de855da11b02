"""The benchmark finds frame, hand and centre again, and adds nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.poses import views_of
from benchmarks.view_frames import MIRROR, onto_truth, turn_between
from rebalance.poses.conventions import in_plane
from rebalance.simulate.viewing_directions import around, carried, uniform, view_frames


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_another_frame_hand_and_centre_are_found_again(
    is_mirrored: bool, rng: np.random.Generator
) -> None:
    n = 40
    true = in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))
    truth = views_of(np.arange(1, n + 1), true, rng.normal(size=(n, 2)))
    frame, centre = view_frames(uniform(1, rng))[0], rng.normal(size=3)
    hand = MIRROR if is_mirrored else np.eye(3)
    wrong = np.arange(n) < 8
    found = np.where(wrong[:, None, None], true[::-1], true)
    # The other way round than it is undone: turned, then mirrored.
    found = hand @ (found @ frame) @ hand
    found[-1] = np.nan
    shift = truth.shift + true[:, :2] @ centre
    views = replace(truth, rotation=found, shift=shift)
    back = onto_truth(views, truth)
    assert back.is_mirrored == is_mirrored
    assert np.isnan(back.error[-1])
    right = ~wrong
    right[-1] = False
    np.testing.assert_allclose(back.views.rotation[right], true[right], atol=1e-6)
    np.testing.assert_allclose(back.views.shift[right], truth.shift[right], atol=1e-6)
    assert back.error[right].max() < 1e-3


def test_the_error_of_each_average_stays(rng: np.random.Generator) -> None:
    n = 60
    true = in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))
    near = around(true[:, 2], 7.0, rng)
    found = np.concatenate([carried(one, view[None]) for one, view in zip(true, near, strict=True)])
    truth = views_of(np.arange(n), true, np.zeros((n, 2)))
    back = onto_truth(replace(truth, rotation=found @ view_frames(uniform(1, rng))), truth)
    expected = turn_between(found, true)
    assert np.sqrt(np.mean(back.error**2)) == pytest.approx(np.sqrt(np.mean(expected**2)), rel=0.1)
