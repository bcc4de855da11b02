"""The molecule shows a picture of its own from every side, and fits in its box."""

from __future__ import annotations

import numpy as np

from rebalance.simulate import in_plane, phantom, project
from rebalance.simulate.viewing_directions import spread_axes, view_frames


def test_phantom_is_centred_and_fits_the_demo_box() -> None:
    blobs = phantom()
    centre = (blobs.mass[:, None] * blobs.centre).sum(axis=0) / blobs.mass.sum()
    np.testing.assert_allclose(centre, 0, atol=1e-9)
    assert 150 < blobs.diameter < 64 * 4.0


def test_no_two_of_twelve_views_look_alike_whatever_their_rotation_and_handedness() -> None:
    box, pixel_size = 32, 8.0
    frames = view_frames(spread_axes(12, np.random.default_rng(1)))
    turns = in_plane(np.arange(0, 360, 5.0))

    def normalised(images: np.ndarray) -> np.ndarray:
        flat = images.reshape(len(images), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    still = normalised(project(phantom(), frames, box, pixel_size))
    for number, frame in enumerate(frames):
        for mirror in (np.eye(3), np.diag([-1.0, 1.0, -1.0])):
            turned = normalised(project(phantom(), turns @ (mirror @ frame), box, pixel_size))
            best = (still @ turned.T).max(axis=1)
            assert np.delete(best, number).max() < 0.93
