"""BLAS on one thread, where a result must not depend on how many there are."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def single_threaded() -> AbstractContextManager[Any]:
    """Within, BLAS and OpenMP use one thread: their sums depend on the number of threads."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)
