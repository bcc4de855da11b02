"""How many threads the work in progress may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rebalance.errors import OptionError


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
