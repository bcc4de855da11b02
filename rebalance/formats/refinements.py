"""What is said where particles of a 3D refinement are given for a 2D classification."""

from __future__ import annotations

import shlex
from pathlib import Path


def instead_of_averages(path: Path, hint: str) -> str:
    """What to do where particles of a refinement are given and no class averages are found."""
    return f"The particles have 3D poses. {commands_for(path)} {hint}"


def commands_for(path: Path) -> str:
    """The commands that take a 3D refinement, in a sentence."""
    typed = shlex.quote(str(path))
    return (
        f"Use `rebalance diagnose {typed}` to see the viewing directions of the particles, and "
        f"`rebalance orientations {typed}` to balance them."
    )
