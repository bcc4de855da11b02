"""Point groups: what their names are, and the rotations of each."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from rebalance.errors import OptionError
from rebalance.model import DoubleArray

LARGEST_ORDER = 60
"""Of the axis of Cn and Dn."""

_NAME = re.compile(r"([CD])([1-9]\d?)|T|O|I")


def parse_symmetry(name: str) -> str:
    """The name of a point group as it is written here: ``C1``, ``D2``, ``T``, ``O``, ``I``.

    Raises
    ------
    OptionError
        If there is no such group of rotations, or the order of its axis is above 60.
    """
    found = _NAME.fullmatch(name.strip().upper())
    if found is None or (found[2] and int(found[2]) > LARGEST_ORDER):
        raise OptionError(
            f"symmetry = {name}: there is no such point group of rotations.",
            hint=f"Write C1 … C{LARGEST_ORDER}, D1 … D{LARGEST_ORDER}, T, O or I.",
        )
    return found[0]


def operations_of(symmetry: str) -> DoubleArray:
    """The rotations of a point group in its standard orientation.

    The axis of highest order of Cn and Dn is z, and a twofold axis of Dn is x; the twofold axes of
    T and I and the fourfold axes of O are x, y and z (`scipy.spatial.transform.Rotation`).

    Parameters
    ----------
    symmetry : str

    Returns
    -------
    float64 (G, 3, 3)
        The identity first. Not to be written to.

    Raises
    ------
    OptionError
        If there is no such group.
    """
    return _operations(parse_symmetry(symmetry))


@lru_cache(maxsize=16)
def _operations(name: str) -> DoubleArray:
    from scipy.spatial.transform import Rotation

    matrices = Rotation.create_group(name).as_matrix()
    first = np.argmax(np.trace(matrices, axis1=1, axis2=2))
    group = np.concatenate([matrices[first : first + 1], np.delete(matrices, first, axis=0)])
    group[0] = np.eye(3)
    group.setflags(write=False)
    return group
