"""The executor of one machine: a pool of threads, each in compiled code without the lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar

from rebalance.contracts import Block
from rebalance.engine.schedule import Tile
from rebalance.errors import OptionError

TILES_IN_FLIGHT = 3
"""Tiles per thread that are handed out at a time; bounds the memory of unread results."""


def default_threads() -> int:
    """``NUMBA_NUM_THREADS``, else the processors that this process may use."""
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_THREADS: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def use_threads(threads: int | None) -> Iterator[int]:
    """Within, `current_threads` is this many, or the default where it is None.

    Raises
    ------
    OptionError
        If ``threads`` is less than 1.
    """
    count = default_threads() if threads is None else threads
    if count < 1:
        raise OptionError(f"threads = {count}, expected at least 1.")
    token = _THREADS.set(count)
    try:
        yield count
    finally:
        _THREADS.reset(token)


def current_threads() -> int:
    """Threads that the work in progress may use; for metrics that prepare in parallel."""
    return _THREADS.get() or default_threads()


def run_local(
    work: Callable[[Tile], Block], tiles: Sequence[Tile]
) -> Generator[tuple[Tile, Block], None, None]:
    """Compute tiles on `current_threads` and hand them back as they are done, in any order."""
    threads = current_threads()
    if threads == 1:
        for tile in tiles:
            yield tile, work(tile)
        return
    waiting = iter(tiles)
    flying: dict[Future[Block], Tile] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="rebalance") as pool:
        try:
            while True:
                while len(flying) < threads * TILES_IN_FLIGHT:
                    following = next(waiting, None)
                    if following is None:
                        break
                    flying[pool.submit(work, following)] = following
                if not flying:
                    return
                done, _ = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    yield flying.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
