"""Sizes that are compiled into the kernels, readable without loading a compiler."""

from __future__ import annotations

MAX_HALF = 1024
"""Most angles of the half circle."""
