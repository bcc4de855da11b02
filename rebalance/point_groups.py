"""Point groups: what their names are, and the rotations of each, as three conventions lay them.

- ``standard``: the highest axis of Cn and Dn is z, a twofold axis of Dn is x; the twofold axes of T
  and I and the fourfold axes of O are x, y and z (`scipy.spatial.transform.Rotation`; Heymann 2005,
  doi:10.1016/j.jsb.2005.06.001, but for I, of which there are two with twofold axes there).
- ``relion``: the same, but T has a threefold axis on z, and there are four I. I1 is the standard
  one; I2, which is also called I, is turned by 90° about z; I3 and I4 have a fivefold axis on z.
  Held to ``relion_refine --print_symmetry_ops`` of RELION 3.1 in the tests.
- ``cryosparc``: T as RELION's, and a twofold axis of Dn on y, as its makers say
  (https://discuss.cryosparc.com/t/tetrahedral-symmetry-orientation/12482); that I1 and I2 are
  RELION's is how Scipion's plugin hands them over (scipion-em-cryosparc2, constants). That O has
  fourfold axes on x, y and z, and that I is I1, is assumed.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import DoubleArray

LARGEST_ORDER = 60
"""Order of the axis of Cn and Dn."""

_NAME = re.compile(r"([CD])([1-9]\d?)|T|O|I")
_ICOSAHEDRAL = {"standard": (), "relion": ("I1", "I2", "I3", "I4"), "cryosparc": ("I1", "I2")}
"""The other groups, by convention."""

_TILT = np.arctan2(2, 1 + np.sqrt(5))
"""Between a twofold axis and the nearest fivefold one, radians."""


def parse_symmetry(name: str, convention: str = "standard") -> str:
    """The name of a point group as it is written here: ``C1``, ``D2``, ``T``, ``O``, ``I``.

    Parameters
    ----------
    name : str
    convention : {"standard", "relion", "cryosparc"}
        RELION has ``I1`` to ``I4`` too, CryoSPARC ``I1`` and ``I2``.

    Raises
    ------
    OptionError
        If there is no such group of rotations, or the order of its axis is above 60.
    """
    written, more = name.strip().upper(), _ICOSAHEDRAL[convention]
    found = _NAME.fullmatch(written)
    if written in more:
        return written
    if found is None or (found[2] and int(found[2]) > LARGEST_ORDER):
        raise OptionError(
            f"symmetry = {name}: this is not a rotational point group.",
            hint=f"Use C1 … C{LARGEST_ORDER}, D1 … D{LARGEST_ORDER}, T, O"
            + (f", I, {', '.join(more[:-1])} or {more[-1]}." if more else " or I."),
            setting="symmetry",
        )
    return found[0]


def operations_of(symmetry: str, convention: str = "standard") -> DoubleArray:
    """The rotations of a point group.

    Parameters
    ----------
    symmetry : str
    convention : {"standard", "relion", "cryosparc"}
        Who lays its axes.

    Returns
    -------
    float64 (G, 3, 3)
        The identity first. Not to be written to.

    Raises
    ------
    OptionError
        If there is no such group.
    """
    return _operations(parse_symmetry(symmetry, convention), convention)


def turn_from_standard(symmetry: str, convention: str) -> DoubleArray:
    """The rotation F that takes a map in standard orientation to that of a convention.

    With g of `operations_of` in standard orientation, F · g · Fᵀ is a rotation of the group in that
    of the convention, and what is at r comes to F · r.

    Parameters
    ----------
    symmetry : str
    convention : {"standard", "relion", "cryosparc"}

    Returns
    -------
    float64 (3, 3)

    Raises
    ------
    OptionError
        If there is no such group.
    """
    name = parse_symmetry(symmetry, convention)
    if name == "T" and convention != "standard":
        rows = np.array([[-1.0, 1.0, 0.0], [-1.0, -1.0, 2.0], [1.0, 1.0, 1.0]])
        threefold: DoubleArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return threefold
    if name == "I2" or (name == "I" and convention == "relion"):
        return _QUARTER
    if name in ("I3", "I4"):
        return _about_y(-_TILT if name == "I3" else _TILT) @ _QUARTER
    return _QUARTER if name[0] == "D" and convention == "cryosparc" else np.eye(3)


_QUARTER: DoubleArray = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""By 90° about z."""


def _about_y(angle: float) -> DoubleArray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])


@lru_cache(maxsize=32)
def _operations(name: str, convention: str) -> DoubleArray:
    from scipy.spatial.transform import Rotation

    matrices = Rotation.create_group("I" if name[0] == "I" else name).as_matrix()
    first = np.argmax(np.trace(matrices, axis1=1, axis2=2))
    group = np.concatenate([matrices[first : first + 1], np.delete(matrices, first, axis=0)])
    turn = turn_from_standard(name, convention)
    if not np.array_equal(turn, np.eye(3)):
        group = turn @ group @ turn.T
    group[0] = np.eye(3)
    group.setflags(write=False)
    return group
