"""The four readings of SCF* and cFAR, and those by one of them alone."""

from __future__ import annotations

import itertools

import pytest

from rebalance.record.reading import reading


def test_each_case_has_a_reading_of_its_own() -> None:
    values = (None, 0.1, 0.95)
    found = {
        (poses, maps): reading(poses, maps)
        for poses, maps in itertools.product(values, values)
        if (poses, maps) != (None, None)
    }
    assert len({one.verdict for one in found.values()}) == len(found) == 8
    assert all(one.why and one.todo for one in found.values())


@pytest.mark.parametrize(
    ("scf_star", "cfar", "word"),
    [
        (0.81, 0.5, "No sign"),
        (0.809, 0.5, "No sign"),  # Shown as 0.81.
        (0.80, 0.5, "Inconclusive"),
        (0.81, 0.49, "Junk"),
        (0.5, 0.2, "Preferred orientation"),
    ],
)
def test_thresholds_are_those_of_the_guide(scf_star: float, cfar: float, word: str) -> None:
    assert reading(scf_star, cfar).verdict.startswith(word)


def test_junk_is_not_to_be_balanced_away() -> None:
    """High SCF* with low cFAR: balancing would amplify junk."""
    assert "Clean the particles" in reading(0.9, 0.2).todo
    assert "Don't balance" in reading(0.9, 0.2).todo


def test_nothing_can_be_said_of_nothing() -> None:
    with pytest.raises(ValueError, match="neither"):
        reading(None, None)
