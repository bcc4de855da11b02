"""What a person may give to a step in Python, and what is said of anything else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import formats
from rebalance.errors import OptionError
from rebalance.model import Affinity, ClassAverages, Classes, Dataset, Superclasses

_TOLERANCE = 1e-5


def averages_of(given: ClassAverages | Dataset | Path | str, function: str) -> ClassAverages:
    """The class averages to compare: as they are, of a data set, or read from a path.

    Parameters
    ----------
    given : ClassAverages, Dataset, Path or str
    function : str
        For whom, in an error.

    Raises
    ------
    OptionError
        If the data set has none.
    TypeError
        If it is something else.
    """
    if isinstance(given, str | Path):
        given = formats.read(given)
    if isinstance(given, Dataset):
        if given.class_averages is None:
            raise OptionError(
                f"The data set {given.job} has no class averages to compare.",
                hint="Read the stack of class averages too: rebalance.read(path, stack).",
            )
        return given.class_averages
    if not isinstance(given, ClassAverages):
        raise TypeError(
            f"{function} takes ClassAverages, a Dataset that has them, or a path; not "
            f"{type(given).__name__}."
        )
    return given


def as_affinity(given: Any, function: str) -> Affinity:
    """An affinity as it is, or one of classes 1 … N from a matrix of numbers.

    Parameters
    ----------
    given : Affinity or float (N, N)
    function : str
        For whom, in an error.

    Raises
    ------
    TypeError
        If it is neither.
    OptionError
        If the matrix is not square, not symmetric, not within [0, 1], or has no unit diagonal.
    """
    if isinstance(given, Affinity):
        return given
    if isinstance(given, ClassAverages | Dataset):
        raise TypeError(
            f"{function} takes the affinity of class averages, not {type(given).__name__}; "
            "compute it with rebalance.affinity."
        )
    matrix = np.asarray(given) if isinstance(given, np.ndarray | list | tuple) else None
    if matrix is None or matrix.dtype.kind not in "fiub":
        raise TypeError(
            f"{function} takes an Affinity, or an (N, N) array of numbers, not "
            f"{type(given).__name__}."
        )
    return Affinity(
        values=_checked(matrix, function),
        class_id=np.arange(1, len(matrix) + 1, dtype=np.int64),
        is_empty=np.zeros(len(matrix), dtype=np.bool_),
    )


def _checked(matrix: npt.NDArray[Any], function: str) -> npt.NDArray[np.float32]:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        found = f"its shape is {matrix.shape}"
    elif not ((matrix >= -_TOLERANCE) & (matrix <= 1 + _TOLERANCE)).all():
        found = f"its values are from {matrix.min():g} to {matrix.max():g}"
    elif not np.allclose(matrix, matrix.T, rtol=0, atol=_TOLERANCE):
        found = "it is not symmetric"
    elif not np.allclose(np.diagonal(matrix), 1, rtol=0, atol=_TOLERANCE):
        found = "its diagonal is not 1"
    else:
        values = np.clip(matrix, 0, 1).astype(np.float32)
        np.fill_diagonal(values, 1)
        return values
    raise OptionError(
        f"{function} takes a matrix of affinities: square, symmetric, within [0, 1], and 1 on the "
        f"diagonal. But {found}.",
        hint="To convert distances, use 1 - distance / distance.max().",
    )


def refuse_swapped(number: Any, function: str) -> None:
    """TypeError if what is given as a number of superclasses is what they are made of."""
    if isinstance(number, Affinity | np.ndarray | ClassAverages | Dataset | Superclasses):
        raise TypeError(
            f"{function} takes the affinity first, then the number of superclasses; the second "
            f"argument is {type(number).__name__}."
        )


def classes_of(
    affinity: Affinity,
    n_particles: npt.ArrayLike | None,
    left_out: Iterable[int],
    set_aside: Iterable[int] = (),
) -> Classes:
    """The classes of an affinity; their particles are those that it carries, if none are given."""
    return Classes.of(
        affinity.class_id,
        affinity.n_particles if n_particles is None else n_particles,
        is_empty=affinity.is_empty,
        left_out=left_out,
        set_aside=set_aside,
    )
