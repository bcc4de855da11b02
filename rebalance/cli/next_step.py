"""The next thing worth doing after a run, as a command where there is one."""

from __future__ import annotations

import shlex
from fractions import Fraction
from typing import Any

from rebalance.settings.as_command import as_command
from rebalance.model import IntArray, RunResult
from rebalance.settings import RunSettings
from rebalance.strategies.caps import cap_for_factor

_FACTORS = ("0.8", "0.5", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01")
_WORTH_KEEPING = 0.5
"""Share of the particles that a suggested factor keeps at least."""


def next_step(request: RunSettings, result: RunResult, folder: str) -> tuple[str, str]:
    """What to do next, and the command or file for it.

    Parameters
    ----------
    request : RunSettings
    result : RunResult
    folder : str
        The results folder as a person types it.

    Returns
    -------
    tuple of str
        Words, and something to type or to open; both may be empty.
    """
    selection = result.selection
    if selection is None:
        return "look at the superclasses, and try another number of them.", ""
    if selection.cap is None:
        factor, kept = _suggest(selection.before[selection.before > 0])
        if factor:
            changed: dict[str, Any] = {"factor": factor, "max_size": None}
            if request.output is not None:
                changed["overwrite"] = True
            candidates = int(selection.before.sum())
            return (
                f"balance. -f {factor} would keep {kept:,} of {candidates:,} particles:",
                shlex.join(as_command(request, **changed)),
            )
    selected = [path.name for path in result.files if path.stem == "particles_selected"]
    for name in selected:
        if name.endswith(".csg"):
            return "in CryoSPARC, Import Result Group:", f"{folder}/{name}"
    for name in selected:
        return "these are the particles for the 3D steps:", f"{folder}/{name}"
    return "", ""


def _suggest(size: IntArray) -> tuple[str, int]:
    """The most even factor that keeps enough of the particles, and how many; or nothing."""
    for factor in _FACTORS if len(size) > 1 else ():
        cap = cap_for_factor(int(size.min()), Fraction(factor))
        kept = int(size.clip(max=cap).sum())
        if _WORTH_KEEPING * size.sum() <= kept < size.sum():
            return factor, kept
    return "", 0
