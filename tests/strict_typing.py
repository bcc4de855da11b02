"""What `mypy --strict` says of an author's files, which see the types of this package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def require_strict_types(files: Iterable[Path], *, path: Iterable[Path] = ()) -> None:
    """Fail with what mypy complains of; skip where there is no mypy.

    Parameters
    ----------
    files : iterable of Path
        What is checked. Of this package the types are used, and nothing is said.
    path : iterable of Path
        Folders in which further modules of the author are found.
    """
    if find_spec("mypy") is None:
        pytest.skip("types are checked by mypy, not installed here")
    places = os.pathsep.join(str(place) for place in (*path, ROOT))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"),
            *("--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'strict'}"),
            *map(str, files),
        ],
        env={**os.environ, "MYPYPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
