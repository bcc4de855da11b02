"""Tables hold what the signal holds, and nothing that JSON can't."""

from __future__ import annotations

import json

import numpy as np

from rebalance.half_maps import tables
from rebalance.half_maps.signal import half_map_signal
from tests.half_maps.made_up import with_noise


def test_rows_are_the_curves_and_directions(rng: np.random.Generator) -> None:
    noise = with_noise(rng.normal(size=(16, 16, 16)), 1.0, rng)
    signal = half_map_signal(*noise, voxel_size=2.0, n_axes=9, cone=10.0)
    assert np.isnan(signal.conical).any()
    assert not np.isfinite(signal.resolution).all()
    curves = json.loads(json.dumps(tables.curve_rows(signal), allow_nan=False))
    names = tables.curve_columns(signal)
    assert len(curves) == 8
    assert {len(row) for row in curves} == {len(names)} == {7 + 9}
    by_name = {name: [row[at] for row in curves] for at, name in enumerate(names)}
    assert by_name["shell"] == list(range(1, 9))
    np.testing.assert_allclose(by_name["frequency"], np.arange(1, 9) / 32)
    np.testing.assert_allclose(np.array(by_name["conical_4"], float), signal.conical[4])
    at = 6
    np.testing.assert_allclose(by_name["conical_max"][at], np.nanmax(signal.conical[:, at]))
    np.testing.assert_allclose(by_name["conical_sd"][at], np.nanstd(signal.conical[:, at]))
    directions = json.loads(json.dumps(tables.direction_rows(signal), allow_nan=False))
    assert {len(row) for row in directions} == {len(tables.DIRECTION_COLUMNS)}
    by_name = dict(zip(tables.DIRECTION_COLUMNS, zip(*directions, strict=True), strict=True))
    np.testing.assert_allclose(np.stack([by_name[c] for c in "xyz"], axis=1), signal.axes)
    resolution = np.array(by_name["resolution"], float)
    np.testing.assert_allclose(
        np.where(np.isnan(resolution), np.inf, resolution), signal.resolution
    )
    np.testing.assert_allclose(by_name["relative_signal"], signal.relative_signal)
