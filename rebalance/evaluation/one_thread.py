"""BLAS on one thread while a result is judged."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Sums in BLAS depend on the number of threads, and in small products threads wait."""
    return _blas().limit(limits=1)


@cache
def _blas() -> ThreadpoolController:
    """The libraries of NumPy, which are looked for once: that costs more than most products."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
