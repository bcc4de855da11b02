"""Tables of the dataclasses as pandas data frames; pandas is imported by the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.errors import RebalanceError

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(columns: Mapping[str, Any]) -> DataFrame:
    """A data frame of columns of one length."""
    return _pandas().DataFrame(dict(columns))


def whole_numbers(values: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> Any:
    """A column of whole numbers that is blank where they are not known."""
    return _pandas().arrays.IntegerArray(np.array(values, dtype=np.int64), ~known)


def categories(codes: npt.NDArray[Any], names: Sequence[str]) -> Any:
    """A column of names by their codes."""
    return _pandas().Categorical.from_codes(codes, categories=list(names))


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise RebalanceError(
            "A data frame needs pandas, which can't be imported.",
            hint="Install it with: pip install pandas",
        ) from error
    return pandas
