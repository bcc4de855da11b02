"""Views travel with the affinity that they were found for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rebalance.model import Affinity, results_without, views_of
from rebalance.record.affinity_file import read_affinity, write_affinity
from rebalance.record.tables import VIEW_COLUMNS
from tests.numbered_views import MISFITS, numbered_views

EMPTY = np.array([False, True, False, False, False, True, False])


@pytest.fixture
def affinity() -> Affinity:
    views = numbered_views(np.flatnonzero(~EMPTY) + 1, "D2")
    return Affinity(
        np.eye(7, dtype=np.float32),
        np.arange(1, 8),
        EMPTY,
        facts={"mask_diameter_px": 30.0, **views.as_facts()},
        results={**views.as_results(), "other": np.arange(3)},
        notes=("A note.",),
    )


def test_every_average_has_a_row_and_empty_ones_are_unknown(affinity: Affinity) -> None:
    found = views_of(affinity)
    assert found is not None
    first = numbered_views(np.flatnonzero(~EMPTY) + 1, "D2")
    np.testing.assert_array_equal(found.class_id, np.arange(1, 8))
    for name in ("posterior", "rotation", "shift", "fit", "is_misfit"):
        np.testing.assert_array_equal(getattr(found, name)[~EMPTY], getattr(first, name))
        assert getattr(found, name).dtype == getattr(first, name).dtype
    np.testing.assert_array_equal(found.angle[np.ix_(~EMPTY, ~EMPTY)], first.angle)
    assert np.isnan(found.angle[EMPTY]).all()
    assert np.isnan(found.angle[:, EMPTY]).all()
    assert np.isnan(found.rotation[EMPTY]).all()
    assert np.isnan(found.fit[EMPTY]).all()
    assert not found.posterior[EMPTY].any()
    assert not found.is_misfit[EMPTY].any()
    assert (found.symmetry, found.trusted, found.notes) == ("D2", True, ("A note.",))
    np.testing.assert_array_equal(found.map, first.map)


def test_a_file_keeps_them(affinity: Affinity, tmp_path: Path) -> None:
    write_affinity(affinity, tmp_path / "a.npz")
    found, first = views_of(read_affinity(tmp_path / "a.npz")), views_of(affinity)
    assert found is not None
    assert first is not None
    for name, array in first.as_results().items():
        np.testing.assert_array_equal(getattr(found, name), array)
    assert found.as_facts() == first.as_facts()


def test_fewer_averages_have_fewer_rows(affinity: Affinity) -> None:
    fewer = EMPTY.copy()
    fewer[3] = True
    found = views_of(
        replace(
            affinity,
            is_empty=fewer,
            results=results_without(affinity.results, 5, ~fewer[~EMPTY]),
        )
    )
    first = views_of(affinity)
    assert found is not None
    assert first is not None
    np.testing.assert_array_equal(
        found.angle[np.ix_(~fewer, ~fewer)], first.angle[np.ix_(~fewer, ~fewer)]
    )
    assert np.isnan(found.rotation[3]).all()
    np.testing.assert_array_equal(found.sampled, first.sampled)


def test_an_affinity_without_them_has_none(affinity: Affinity) -> None:
    assert views_of(replace(affinity, results={})) is None
    assert views_of(replace(affinity, facts={})) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("fit", np.zeros(3)),
        ("angle", np.zeros(5)),
        ("posterior", np.zeros((5, 7))),
        ("sampled", np.zeros((60, 2))),
        ("map", np.zeros((8, 8, 7))),
        ("in_agreement", np.zeros(3, dtype=bool)),
    ],
)
def test_arrays_that_do_not_fit_together_are_no_views(
    affinity: Affinity, name: str, other: np.ndarray
) -> None:
    assert views_of(replace(affinity, results={**affinity.results, name: other})) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [("views_agreement", "high"), ("views_trusted", 1), ("views_reason", None)],
)
def test_facts_of_other_kinds_are_no_views(affinity: Affinity, name: str, other: object) -> None:
    assert views_of(replace(affinity, facts={**affinity.facts, name: other})) is None


def test_a_data_frame_has_a_row_for_each_average(affinity: Affinity) -> None:
    found = views_of(affinity)
    assert found is not None
    frame = found.to_dataframe()
    assert set(frame.columns) < set(VIEW_COLUMNS)
    assert frame["class_id"].tolist() == list(range(1, 8))
    assert frame["fit"].isna().tolist() == EMPTY.tolist()
    np.testing.assert_allclose(
        np.linalg.norm(frame[["view_x", "view_y", "view_z"]], axis=1)[~EMPTY], 1
    )
    np.testing.assert_array_equal(frame["misfit"], np.isin(found.class_id, MISFITS) & ~EMPTY)


def test_the_spread_is_the_mean_angle_to_the_best_view(affinity: Affinity) -> None:
    found = views_of(affinity)
    assert found is not None
    row = 2
    angles = [
        min(
            np.rad2deg(np.arccos(min(1.0, abs(found.direction[row] @ turn @ view))))
            for turn in found.operations
        )
        for view in found.sampled
    ]
    assert found.spread[row] == pytest.approx(
        float(np.sum(found.posterior[row] * angles)), abs=1e-6
    )
    assert np.isnan(found.spread[EMPTY]).all()
