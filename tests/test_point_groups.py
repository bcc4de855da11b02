"""Point groups are groups of rotations, and are known by their names alone."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from rebalance.errors import OptionError
from rebalance.model import DoubleArray
from rebalance.point_groups import operations_of, parse_symmetry, turn_from_standard

ORDERS = {"C1": 1, "C2": 2, "C7": 7, "D2": 4, "D3": 6, "T": 12, "O": 24, "I": 60}


CONVENTIONS = {"standard": (), "relion": ("I1", "I2", "I3", "I4"), "cryosparc": ("I1", "I2")}


@pytest.mark.parametrize(
    ("name", "convention", "order"),
    [
        (name, convention, ORDERS.get(name, 60))
        for convention, more in CONVENTIONS.items()
        for name in (*ORDERS, *more)
    ],
)
def test_the_operators_are_a_group_of_rotations(name: str, convention: str, order: int) -> None:
    group = operations_of(name, convention)
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


def test_icosahedral_orientations_are_those_of_a_convention_alone() -> None:
    assert parse_symmetry("i3", "relion") == "I3"
    with pytest.raises(OptionError, match="I3") as caught:
        parse_symmetry("I3", "cryosparc")
    assert "I, I1 or I2" in str(caught.value)
    with pytest.raises(OptionError, match="O or I\\."):
        operations_of("I1")


@pytest.mark.skipif(shutil.which("relion_refine") is None, reason="RELION is not installed")
@pytest.mark.parametrize(
    "name", ["C1", "C5", "D2", "D3", "D7", "T", "O", "I", "I1", "I2", "I3", "I4"]
)
def test_the_rotations_are_those_that_relion_prints(name: str) -> None:
    _same_group(operations_of(name, "relion"), _of_relion(name), atol=2e-5)


def test_cryosparc_has_a_twofold_axis_of_odd_dn_on_y_and_a_threefold_one_of_t_on_z() -> None:
    half_turn_about_y, third_about_z = np.diag([-1.0, 1.0, -1.0]), operations_of("C3")[1]
    for name in ("D1", "D3", "D7"):
        assert _holds(operations_of(name, "cryosparc"), half_turn_about_y)
        assert not _holds(operations_of(name, "relion"), half_turn_about_y)
    _same_group(operations_of("D4", "cryosparc"), operations_of("D4", "relion"), atol=1e-9)
    assert _holds(operations_of("T", "cryosparc"), third_about_z)
    assert not _holds(operations_of("T"), third_about_z)


@pytest.mark.parametrize("convention", ["relion", "cryosparc"])
@pytest.mark.parametrize("name", ["C3", "D3", "T", "O", "I"])
def test_the_turn_takes_the_standard_group_to_that_of_a_convention(
    name: str, convention: str
) -> None:
    turn = turn_from_standard(name, convention)
    assert np.linalg.det(turn) == pytest.approx(1)
    _same_group(turn @ operations_of(name) @ turn.T, operations_of(name, convention), atol=1e-9)


def _of_relion(name: str) -> DoubleArray:
    done = subprocess.run(
        ["relion_refine", "--sym", name, "--print_symmetry_ops"],
        capture_output=True,
        text=True,
        check=True,
    )
    matrices = [part.splitlines()[1:4] for part in done.stdout.split("R(")[1:]]
    return np.array([[row.split() for row in rows] for rows in matrices], dtype=np.float64)


def _same_group(group: DoubleArray, other: DoubleArray, *, atol: float) -> None:
    assert len(group) == len(other)
    apart = np.abs(group[:, None] - other[None]).max(axis=(2, 3))
    assert apart.min(axis=1).max() < atol
    assert apart.min(axis=0).max() < atol


def _holds(group: DoubleArray, rotation: DoubleArray) -> bool:
    return bool(np.abs(group - rotation).max(axis=(1, 2)).min() < 1e-9)
