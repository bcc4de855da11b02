"""The toolkit for authors names all it has, says what it is for, and loads nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys

from rebalance import toolkit


def test_the_table_of_the_toolkit_names_what_it_has() -> None:
    table = (toolkit.__doc__ or "").split("====\n")[1:]
    named = re.findall(r"`(\w+)`", "".join(table))
    assert sorted(named) == sorted(toolkit.__all__)
    for name in toolkit.__all__:
        assert getattr(toolkit, name).__doc__


def test_the_toolkit_loads_nothing_heavy() -> None:
    code = (
        "import sys, rebalance.toolkit\n"
        "heavy = {'numba', 'scipy', 'sklearn', 'matplotlib', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
