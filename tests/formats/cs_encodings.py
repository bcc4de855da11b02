"""Tests of both encodings of a .cs file."""

from __future__ import annotations

import pytest

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["numpy", "stream"])
