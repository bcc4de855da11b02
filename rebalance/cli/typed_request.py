"""The request that typed words make, the same for every command that takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rebalance.cli.words import parse_classes, parse_number, parse_settings
from rebalance.settings import RunSettings


def typed_request(
    path: Path,
    *,
    n_superclasses: str | None,
    settings: list[str] | None,
    mask_diameter: str | None,
    low_pass: str | None,
    high_pass: str | None,
    max_shift: str | None,
    mirror: bool | None,
    passthrough: list[Path] | None,
    exclude_classes: str | None,
    only_classes: str | None,
    junk_classes: str | None = None,
    **fields: Any,
) -> RunSettings:
    """The request of words as they were typed.

    Parameters
    ----------
    path : Path
    n_superclasses : str, optional
        A whole number, or ``auto``.
    settings : list of str, optional
        Values of ``--set``.
    mask_diameter, low_pass, high_pass, max_shift, mirror : optional
        Options of the metric that have flags of their own.
    passthrough : list of Path, optional
    exclude_classes, only_classes, junk_classes : str, optional
        Class numbers: ``3,5,7-9``. An empty word, of a shell variable that is not set, is refused:
        it must not stand for every class.
    **fields
        All else of `RunSettings`, by its own name.

    Raises
    ------
    OptionError
        If a word is not understood, or two contradict each other.
    """
    options = {
        "mask_diameter": mask_diameter,
        "low_pass": low_pass,
        "high_pass": high_pass,
        "max_shift": max_shift,
        "mirror": mirror,
    }
    return RunSettings(
        path=path,
        n_superclasses=parse_number(n_superclasses),
        options=parse_settings(settings or (), options),
        passthrough=tuple(passthrough or ()),
        exclude_classes=_classes(exclude_classes, "--exclude-classes") or (),
        only_classes=_classes(only_classes, "--only-classes"),
        junk_classes=_classes(junk_classes, "--junk-classes") or (),
        **fields,
    )


def _classes(text: str | None, option: str) -> tuple[int, ...] | None:
    return None if text is None else parse_classes(text, option)
