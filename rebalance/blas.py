"""BLAS on one thread: its sums depend on how many there are, and in small products threads wait."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def single_threaded() -> AbstractContextManager[Any]:
    """Limit BLAS and OpenMP to one thread inside a ``with`` block; numba's threads are others."""
    return _libraries(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _libraries(n_modules: int) -> ThreadpoolController:
    """The libraries that are loaded, looked for anew only after an import, which may load one.

    Looking for them costs more than most of the products that are limited.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
