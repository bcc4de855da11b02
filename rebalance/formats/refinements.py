"""What is said where particles of a 3D refinement are given for a 2D classification."""

from __future__ import annotations

import shlex
from pathlib import Path


def commands_for(path: Path) -> str:
    """The commands that take a 3D refinement, in a sentence."""
    typed = shlex.quote(str(path))
    return (
        f"`rebalance diagnose {typed}` says from where its particles look, and `rebalance "
        f"orientations {typed}` balances them by that."
    )
