"""A chain of averages: each laid on its neighbour, as motions say and as images show."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.arrangement.chain import ROOT, along, carried_on, on_the_most_alike
from rebalance.model import Alignment, Transform


def random_motion(rng: np.random.Generator) -> Transform:
    x, y = rng.uniform(-3, 3, 2)
    return Transform(rng.uniform(-180, 180), (float(x), float(y)), bool(rng.integers(2)))


def random_alignment(n: int, rng: np.random.Generator) -> Alignment:
    pairs = n * (n - 1) // 2
    return Alignment(
        rng.uniform(-180, 180, pairs).astype(np.float32),
        rng.uniform(-3, 3, (pairs, 2)).astype(np.float32),
        rng.integers(0, 2, pairs).astype(bool),
        n,
    )


def spots(box: int, rng: np.random.Generator) -> np.ndarray:
    """A picture without symmetry, well inside of its box."""
    line = np.arange(box) - box // 2
    y, x = np.meshgrid(line, line, indexing="ij")
    return sum(
        weight * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 12)
        for (cx, cy), weight in zip(rng.uniform(-9, 9, (5, 2)), rng.uniform(0.4, 1, 5), strict=True)
    ).astype(np.float32)


def as_matrix(motion: Transform) -> np.ndarray:
    whole = np.eye(3)
    whole[:2, :2], whole[:2, 2] = motion.matrix, motion.shift
    return whole


def test_motions_in_a_row_are_those_of_the_pairs_one_after_another(
    rng: np.random.Generator,
) -> None:
    alignment, rows = random_alignment(9, rng), rng.permutation(9)
    product = np.eye(3)
    found = carried_on(alignment, rows, along(9), carried=1)
    for place, motion in enumerate(found):
        if place:
            pair = alignment.pair(int(rows[place - 1]), int(rows[place]))
            product = product @ as_matrix(pair)
        np.testing.assert_allclose(as_matrix(motion), product, atol=1e-9)


def test_every_picture_in_a_row_looks_like_the_first(rng: np.random.Generator) -> None:
    picture = spots(64, rng)
    motions = [random_motion(rng) for _ in range(7)]
    images = [motion.apply(picture) for motion in motions]
    steps = [motions[j].inverse().then(motions[i]) for i in range(7) for j in range(i + 1, 7)]
    alignment = Alignment(
        np.array([step.rotation for step in steps], np.float32),
        np.array([step.shift for step in steps], np.float32),
        np.array([step.mirror for step in steps]),
        7,
    )
    rows = rng.permutation(7)
    for motion, row in zip(carried_on(alignment, rows, along(7), carried=1), rows, strict=True):
        laid = motion.apply(images[row])
        assert np.corrcoef(laid.ravel(), images[rows[0]].ravel())[0, 1] > 0.99


def test_of_shifts_less_is_carried_and_of_turns_all(rng: np.random.Generator) -> None:
    n = 200
    alignment = random_alignment(n, rng)
    whole = carried_on(alignment, np.arange(n), along(n), carried=1)
    held = carried_on(alignment, np.arange(n), along(n))
    for one, other in zip(whole, held, strict=True):
        assert one.mirror == other.mirror
        assert abs((one.rotation - other.rotation + 180) % 360 - 180) < 1e-9
        # No pair is further than 3√2 pixels: 3√2 · (¾ + (¾)² + …).
        assert np.hypot(*other.shift) < 3 * np.sqrt(2) * 3
    assert max(np.hypot(*motion.shift) for motion in whole) > 3 * np.sqrt(2) * 3


def test_what_hangs_on_what_may_come_in_any_order(rng: np.random.Generator) -> None:
    alignment = random_alignment(5, rng)
    onto = np.array([3, 0, ROOT, 2, ROOT])
    found = carried_on(alignment, np.arange(5), onto, carried=1)
    assert found[2] == found[4] == Transform()
    chain = as_matrix(alignment.pair(2, 3)) @ as_matrix(alignment.pair(3, 0))
    np.testing.assert_allclose(as_matrix(found[0]), chain, atol=1e-9)
    np.testing.assert_allclose(
        as_matrix(found[1]), chain @ as_matrix(alignment.pair(0, 1)), atol=1e-9
    )


def test_the_tree_of_the_most_alike_has_the_highest_affinities(rng: np.random.Generator) -> None:
    values = rng.uniform(0, 1, (30, 30)).astype(np.float32)
    values = np.maximum(values, values.T)
    np.fill_diagonal(values, 1)
    onto = on_the_most_alike(values)
    assert np.count_nonzero(onto == ROOT) == 1
    assert onto[values.sum(axis=1).argmax()] == ROOT
    # Prim's algorithm, from the first average.
    inside, total = {0}, 0.0
    while len(inside) < 30:
        best = max(
            ((i, j) for i in inside for j in range(30) if j not in inside),
            key=lambda ij: values[ij],
        )
        total += values[best]
        inside.add(best[1])
    hung = np.flatnonzero(onto != ROOT)
    assert values[hung, onto[hung]].sum() == pytest.approx(total, rel=1e-5)
    assert on_the_most_alike(values[:0, :0]).tolist() == []
    assert on_the_most_alike(values[:1, :1]).tolist() == [ROOT]
