"""The promises of `frc`: ring correlations of the aligned pair, on the shared alignment."""

from __future__ import annotations

import numpy as np
import pytest

import rebalance
from rebalance.contracts import Block
from rebalance.errors import OptionError
from rebalance.imaging.masks import mask_about
from rebalance.metrics.frc import FourierRingCorrelation, FrcOptions
from rebalance.model import Transform
from tests import phantom_images, reference


def test_curves_are_those_of_plain_sums(rng: np.random.Generator) -> None:
    averages = phantom_images.stack_of(phantom_images.projections(3, rng))
    metric = FourierRingCorrelation()
    features = metric.prepare(averages, FrcOptions(center=False))
    grid = features.search.grid
    rotation = rng.uniform(-180, 180, (3, 3)).astype(np.float32)
    shift = rng.uniform(-3, 3, (3, 3, 2)).astype(np.float32)
    mirror = rng.random((3, 3)) < 0.5
    given = Block(np.zeros((3, 3), np.float32), rotation, shift, mirror)
    curves = metric.curves(features, range(3), range(3), alignment=given)

    n = grid.n_angles
    angles = 2 * np.pi * np.arange(n) / n
    masked = mask_about(averages.images, np.zeros((3, 2)), grid.radius)
    axis = np.arange(phantom_images.BOX) - phantom_images.BOX // 2
    waves = [
        [np.exp(-2j * np.pi * k * trig(angles)[:, None] * axis) for trig in (np.sin, np.cos)]
        for k in grid.rings
    ]
    polar = np.array(
        [
            [np.einsum("ay,yx,ax->a", y, image, x, optimize=True) for y, x in waves]
            for image in masked
        ]
    )
    order = np.fft.fftfreq(n, 1 / n)
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        b = reference.mirrored(polar[j]) if mirror[i, j] else polar[j]
        theta = -np.deg2rad(rotation[i, j])
        b = np.fft.ifft(np.fft.fft(b, axis=1) * np.exp(-1j * order * theta), axis=1)
        along = np.cos(angles) * shift[i, j, 0] + np.sin(angles) * shift[i, j, 1]
        b = b * np.exp(-2j * np.pi * grid.rings[:, None] * along)
        a = polar[i]
        expected = (a.conj() * b).sum(axis=1).real / np.sqrt(
            (np.abs(a) ** 2).sum(axis=1) * (np.abs(b) ** 2).sum(axis=1)
        )
        np.testing.assert_allclose(curves[i, j], expected, atol=0.01)


def test_moved_copy_correlates_on_every_ring(rng: np.random.Generator) -> None:
    from scipy.spatial.transform import Rotation

    frame = Rotation.random(random_state=4).as_matrix()
    pair = np.stack(phantom_images.moved(frame, Transform(33.0, (1.5, -2.0), True)))
    assert rebalance.affinity(phantom_images.stack_of(pair), "frc").values[0, 1] > 0.97


def test_noise_lowers_it_more_than_the_correlation(rng: np.random.Generator) -> None:
    image = phantom_images.projections(1, rng)[0]
    noise = rng.normal(0, 0.5 * image.std(), (2, *image.shape))
    averages = phantom_images.stack_of(image + noise)
    frc, cc = (rebalance.affinity(averages, name).values[0, 1] for name in ("frc", "rotational-cc"))
    assert frc < cc


def test_alignment_is_the_shared_one(rng: np.random.Generator) -> None:
    averages = phantom_images.stack_of(phantom_images.projections(4, rng))
    frc, cc = (rebalance.affinity(averages, name).alignment for name in ("frc", "rotational-cc"))
    assert frc is not None
    assert cc is not None
    np.testing.assert_array_equal(frc.rotation, cc.rotation)
    np.testing.assert_array_equal(frc.shift, cc.shift)


def test_coarser_resolution_averages_fewer_rings(rng: np.random.Generator) -> None:
    averages = phantom_images.stack_of(phantom_images.projections(3, rng))
    fine, coarse = (
        rebalance.affinity(averages, "frc", options={"max_resolution": length})
        for length in ("3px", "10px")
    )
    assert coarse.facts["max_resolution_px"] >= 10
    assert (coarse.values[0, 1:] > fine.values[0, 1:]).all()
    with pytest.raises(OptionError, match="max_resolution"):
        rebalance.affinity(averages, "frc", options={"max_resolution": "60px"})
