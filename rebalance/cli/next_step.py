"""The next thing worth doing after a run, as a command where there is one."""

from __future__ import annotations

import shlex
from dataclasses import fields
from fractions import Fraction
from typing import Any

from rebalance.model import IntArray, RunResult
from rebalance.request import RunRequest
from rebalance.strategies.caps import cap_for_factor

_FACTORS = ("0.8", "0.5", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01")
_WORTH_KEEPING = 0.5
"""Share of the particles that a suggested factor keeps at least."""

_FLAGS = {
    "n_superclasses": "-k",
    "factor": "-f",
    "output": "-o",
    "affinity_file": "--affinity",
}
_SWITCHES = {
    "superclasses": (None, "--no-superclasses"),
    "figures": (None, "--no-figures"),
    "use_cache": (None, "--no-cache"),
    "overwrite": ("--overwrite", None),
    "strict": ("--strict", None),
    "copy_templates": ("--copy-templates", None),
}


def next_step(request: RunRequest, result: RunResult, folder: str) -> tuple[str, str]:
    """What to do next, and the command or file for it.

    Parameters
    ----------
    request : RunRequest
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


def as_command(request: RunRequest, **changed: Any) -> list[str]:
    """The words that make a request, defaults left out.

    Parameters
    ----------
    request : RunRequest
    **changed
        Fields to be something else.
    """
    words = ["rebalance", "run", str(request.path)]
    if request.class_averages is not None:
        words.append(str(request.class_averages))
    for item in fields(request):
        name, value = item.name, changed.get(item.name, getattr(request, item.name))
        if name in ("path", "class_averages", "options") or value == item.default:
            continue
        if name in _SWITCHES:
            switch = _SWITCHES[name][0 if value else 1]
            words += [switch] if switch else []
        elif name == "passthrough":
            words += [word for path in value for word in ("--passthrough", str(path))]
        else:
            flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
            words += [flag, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    for kind, options in request.options.items():
        for name, value in options.items():
            words += ["--set", f"{kind}.{name}={value}"]
    return words
