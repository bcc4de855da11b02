"""A person is told where a program looks for the axes of a point group elsewhere."""

from __future__ import annotations

import pytest

from rebalance.record.views_summary import about_axes


@pytest.mark.parametrize(
    ("symmetry", "program", "says"),
    [
        ("T", "relion", "RELION expects a threefold axis on z"),
        ("T", "cryosparc", "CryoSPARC expects a threefold axis on z"),
        ("I", "relion", "that RELION calls I1, not its I"),
        ("D3", "cryosparc", "CryoSPARC expects one on y"),
    ],
)
def test_axes_that_lie_elsewhere_are_said(symmetry: str, program: str, says: str) -> None:
    (warning,) = about_axes(symmetry, program)
    assert says in warning


@pytest.mark.parametrize(
    ("symmetry", "program"),
    [
        *((group, "relion") for group in ("C1", "C7", "D2", "D3", "O")),
        *((group, "cryosparc") for group in ("C1", "C7", "D2", "D4", "O", "I")),
        ("T", "mine"),
    ],
)
def test_of_axes_that_lie_the_same_nothing_is_said(symmetry: str, program: str) -> None:
    assert about_axes(symmetry, program) == []
