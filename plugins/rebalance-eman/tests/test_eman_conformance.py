"""The formats keep the promises of every format."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rebalance_eman", reason="rebalance-eman is not installed")

from rebalance_eman.eman import Eman
from rebalance_eman.imagic import Imagic
from stacks import some_images, write_eman, write_imagic

from rebalance.testing import Case, parametrize_with_checks

# Examples have to be there when the tests are collected.
_SCRATCH = tempfile.TemporaryDirectory(prefix="rebalance-eman-")
atexit.register(_SCRATCH.cleanup)


def place(name: str) -> Path:
    """A path in a folder of its own: what lies beside an example is damaged with it."""
    folder = Path(_SCRATCH.name) / name.partition(".")[0]
    folder.mkdir()
    return folder / name


EMAN = [
    write_eman(place("classes_00.hdf"), some_images(), ptcl_repr=[40, 31, 20, 9, 0]),
    write_eman(place("classes_01.hdf"), some_images()[:, None], apix=None, numbers=[0, 2, 3, 5, 9]),
]
IMAGIC = [
    write_imagic(place("little"), some_images())[0],
    write_imagic(place("big"), some_images(seed=1), order=">")[1],
    write_imagic(place("short"), np.rint(90 * some_images()), kind="INTG")[0],
]


@parametrize_with_checks([Case(Eman(), examples=EMAN), Case(Imagic(), examples=IMAGIC)])
def test_formats_keep_their_promises(check: Callable[[], None]) -> None:
    check()
