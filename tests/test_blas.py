"""Inside the block every library is on one thread, whenever it was loaded; outside as before."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from rebalance.blas import single_threaded


def threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info()]


def test_one_thread_inside_and_as_many_as_before_outside() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2):
        before = threads()
        assert 2 in before
        with single_threaded():
            assert set(threads()) == {1}
        assert threads() == before


def test_a_library_that_is_loaded_later_is_limited_too() -> None:
    # In a process of its own, where OpenMP is not loaded yet.
    code = (
        "import numpy, os\n"
        "os.environ['OMP_NUM_THREADS'] = '2'\n"
        "from threadpoolctl import threadpool_info\n"
        "from rebalance.blas import single_threaded\n"
        "with single_threaded(): pass\n"
        "few = len(threadpool_info())\n"
        "import sklearn.cluster\n"
        "assert len(threadpool_info()) > few\n"
        "with single_threaded():\n"
        "    print({library['num_threads'] for library in threadpool_info()})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{1}"
