"""The particle table: a class number for each particle, and the rows behind it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy.typing as npt

from rebalance.errors import ColumnError
from rebalance.model.arrays import IntArray
from rebalance.model.counting import counted
from rebalance.model.data_frames import data_frame

if TYPE_CHECKING:
    from pandas import DataFrame


class TableHandle(Protocol):
    """Access of a `ParticleTable` to its columns, provided by the format."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `read_column` knows."""
        ...

    def read_column(self, name: str) -> npt.NDArray[Any]:
        """One column, (P,): float64, int64 or str. KeyError if missing."""
        ...


@dataclass(frozen=True, eq=False)
class ParticleTable:
    """The particles: the class of each, and the rows of the table.

    Parameters
    ----------
    class_id : int64 (P,)
        `NO_CLASS` for a particle in no class.
    handle : TableHandle
        From the format that read the table. With it the format writes any subset of rows, byte for
        byte.
    path : Path, optional
        The file that was read.
    """

    class_id: IntArray
    handle: TableHandle
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.class_id)

    def __repr__(self) -> str:
        parts = [counted(len(self), "particle"), counted(len(self.column_names), "column")]
        if self.path is not None:
            parts.append(self.path.name)
        return f"ParticleTable({', '.join(parts)})"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns that `column` knows."""
        return self.handle.column_names

    def column(self, name: str) -> npt.NDArray[Any]:
        """One column by its name in the file, (P,): float64, int64 or str.

        Raises
        ------
        ColumnError
            If it is missing; also a KeyError.
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

    def to_dataframe(self, columns: Iterable[str] | None = None) -> DataFrame:
        """A row for each particle, with the columns of the file as numbers and text.

        Parameters
        ----------
        columns : iterable of str, optional
            Names in the file; by default all `column_names`. Only these are parsed.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ColumnError
            If there is no such column.
        RebalanceError
            If pandas can't be imported.
        """
        names = self.column_names if columns is None else tuple(columns)
        return data_frame({name: self.column(name) for name in names})
