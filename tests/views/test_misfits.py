"""Averages that show something else are named, and rare views are not."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.views import gate
from rebalance.views.fit import FEWEST, find_misfits


def fits(rng: np.random.Generator, n: int, at: float, spread: float) -> np.ndarray:
    return np.tanh(rng.normal(at, spread, n))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.2, 0.45, 0.6])
def test_two_kinds_far_apart_are_told_apart(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    n_junk = round(100 * share)
    fit = np.concatenate([fits(rng, 100 - n_junk, 1.5, 0.1), fits(rng, n_junk, 0.5, 0.12)])
    expected = np.arange(100) >= 100 - n_junk
    np.testing.assert_array_equal(find_misfits(fit, np.zeros(100, dtype=bool)), expected)


@pytest.mark.parametrize("seed", range(20))
def test_averages_of_one_kind_are_none_of_them_misfits(seed: int) -> None:
    """Nor where those of few particles make a tail below."""
    rng = np.random.default_rng(seed)
    z = rng.normal(1.4, 0.1, 90) - rng.exponential(0.06, 90)
    assert not find_misfits(np.tanh(z), np.zeros(90, dtype=bool)).any()


def test_what_was_left_out_does_not_move_the_cut() -> None:
    """It fits worse for having been left out; others don't follow it."""
    rng = np.random.default_rng(3)
    fit = np.concatenate([fits(rng, 60, 1.4, 0.1), fits(rng, 20, 0.6, 0.1)])
    left_out = np.arange(80) >= 60
    np.testing.assert_array_equal(find_misfits(fit, left_out), left_out)
    # One that fits after all comes back.
    fit[-1] = np.tanh(1.4)
    assert not find_misfits(fit, left_out)[-1]


def test_few_averages_are_never_judged() -> None:
    fit = np.array([0.9] * (FEWEST - 2) + [0.1])
    assert not find_misfits(fit, np.zeros(len(fit), dtype=bool)).any()


def test_agreement_is_spearmans_of_the_pairs() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(4)
    angles = []
    for _ in range(3):
        one = rng.uniform(0, 90, (12, 12))
        angles.append((one + one.T) / 2)
    found = gate.agreement(angles)
    pairs = np.triu_indices(12, 1)
    for a in range(3):
        for b in range(3):
            expected = spearmanr(angles[a][pairs], angles[b][pairs])[0]
            assert found[a, b] == pytest.approx(expected, abs=1e-6)


def test_the_largest_group_of_runs_that_agree_is_taken() -> None:
    agreement = np.eye(4, dtype=np.float32)
    assert gate.largest_group(agreement) == [0]
    for a, b in ((1, 2), (2, 3), (1, 3)):
        agreement[a, b] = agreement[b, a] = 0.95
    assert gate.largest_group(agreement) == [1, 2, 3]
    agreement[2, 3] = agreement[3, 2] = 0.2
    assert gate.largest_group(agreement) == [1, 2]


def test_the_gate_says_why_it_is_shut() -> None:
    assert gate.why_not(0.95, 40, 0.1) == ""
    assert "agree only to 0.40" in gate.why_not(0.4, 40, 0.1)
    assert "too few" in gate.why_not(0.95, gate.FEWEST - 1, 0.1)
    assert "70%" in gate.why_not(0.95, 40, 0.7)
