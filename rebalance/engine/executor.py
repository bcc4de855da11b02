"""Who computes the tiles: the one interface of executors, and the one that a person asks for."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from typing import Any, Protocol, runtime_checkable

from rebalance.contracts import Block
from rebalance.engine.local_executor import LocalExecutor
from rebalance.engine.schedule import Tile
from rebalance.engine.tile_work import TileWork
from rebalance.errors import OptionError

EXECUTORS = ("local", "dask")


@runtime_checkable
class Executor(Protocol):
    """Computes tiles, each once, and hands them back as they are done.

    Attributes
    ----------
    is_here : bool
        Whether tiles are computed in this process, so that its GPU may be used.
    """

    is_here: bool

    def run(
        self, work: TileWork, tiles: Sequence[Tile]
    ) -> Generator[tuple[Tile, Block], None, None]:
        """Every tile with its block, in any order, few of them ahead of being asked for.

        The generator may be closed before its end.
        """
        ...


def find_executor(asked: Any, scheduler: str | None = None) -> Executor:
    """The executor by its name, of a Dask client or cluster, or as it is.

    Parameters
    ----------
    asked : {"local", "dask"}, Executor, distributed.Client or Cluster
    scheduler : str, optional
        Address of a Dask scheduler, or its scheduler file.

    Raises
    ------
    OptionError
        If there is no such executor, or a scheduler is given to one that has none.
    ExecutorError
        If Dask is asked for and not installed.
    """
    if scheduler is not None and asked != "dask":
        raise OptionError(
            f"`scheduler={scheduler!r}` has no effect with the executor {asked!r}.",
            hint='Add `executor="dask"`, or leave it out.',
            setting="scheduler",
        )
    if asked == "local":
        return LocalExecutor()
    if asked == "dask" or _is_of_dask(asked):
        from rebalance.engine.dask_executor import DaskExecutor

        return DaskExecutor(scheduler if asked == "dask" else asked)
    if isinstance(asked, Executor):
        return asked
    raise OptionError(
        f"executor = {asked!r}, expected one of {', '.join(EXECUTORS)}, or in Python a Dask "
        "client.",
        setting="executor",
    )


def check_place(executor: Executor, device: str) -> None:
    """Refuse this machine's GPU to an executor that is elsewhere.

    Raises
    ------
    OptionError
    """
    if device == "cuda" and not executor.is_here:
        raise OptionError(
            '`device="cuda"` uses the GPU of this machine, but the workers compute on their '
            "processors.",
            hint='Leave out `device="cuda"` or `executor`.',
            setting="device",
        )


def _is_of_dask(asked: Any) -> bool:
    # Whoever has a client has imported this already.
    distributed = sys.modules.get("distributed")
    return distributed is not None and isinstance(
        asked, distributed.Client | distributed.deploy.Cluster
    )
