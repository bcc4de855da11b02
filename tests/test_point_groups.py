"""Point groups are groups of rotations, and are known by their names alone."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance.errors import OptionError
from rebalance.point_groups import operations_of, parse_symmetry

ORDERS = {"C1": 1, "C2": 2, "C7": 7, "D2": 4, "D3": 6, "T": 12, "O": 24, "I": 60}


@pytest.mark.parametrize(("name", "order"), ORDERS.items())
def test_the_operators_are_a_group_of_rotations(name: str, order: int) -> None:
    group = operations_of(name)
    assert group.shape == (order, 3, 3)
    np.testing.assert_array_equal(group[0], np.eye(3))
    np.testing.assert_allclose(np.linalg.det(group), 1)
    products = np.einsum("aij,bjk->abik", group, group).reshape(-1, 1, 9)
    apart = np.abs(products - group.reshape(1, -1, 9)).max(axis=2)
    assert apart.min(axis=1).max() < 1e-9


@pytest.mark.parametrize("name", ["C0", "C", "D99", "S4", "I1", "", "CC2"])
def test_what_is_no_point_group_is_named(name: str) -> None:
    with pytest.raises(OptionError, match=f"symmetry = {name}"):
        parse_symmetry(name)
