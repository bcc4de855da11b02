"""The particle table: a class number for each particle, and the rows behind it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from rebalance.errors import ColumnError
from rebalance.model.arrays import IntArray


class TableHandle(Protocol):
    """What a format keeps behind a `ParticleTable`: columns on demand, rows as they were."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `read_column` knows."""
        ...

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One column, (P,); numbers as float64 or int64, text as str. KeyError if not there."""
        ...


@dataclass(frozen=True, eq=False)
class ParticleTable:
    """The particles: which class average each belongs to, and the rows behind them.

    Parameters
    ----------
    class_id : int64 (P,)
    handle : TableHandle
        Belongs to the format that read the table; by it the format writes any subset of rows
        back with every byte of a row unchanged.
    path : Path, optional
        The file that was read.
    """

    class_id: IntArray
    handle: TableHandle
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.class_id)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `column` knows."""
        return self.handle.column_names

    def column(self, name: str) -> npt.NDArray[Any]:
        """One column by its name in the file, (P,): float64, int64 or text (str).

        Raises
        ------
        ColumnError
            If there is none; it is a KeyError too.
        """
        try:
            return self.handle.read_column(name)
        except KeyError:
            if name in self.column_names:
                raise
        near = difflib.get_close_matches(name, self.column_names, n=1)
        raise ColumnError(
            f"The particle table has no column {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else "."),
            path=self.path,
            hint=f"Columns: {', '.join(self.column_names) or 'none'}.",
        )
