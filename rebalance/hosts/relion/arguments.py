"""The words of RELION's command, taken apart: its own arguments, and labels with their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rebalance.errors import InputError, OptionError

INPUTS = {
    "in_movies": "Input movies",
    "in_mics": "Input micrographs",
    "in_coords": "Input coordinates",
    "in_3dref": "Input 3D reference",
    "in_mask": "Input 3D mask",
}
"""Inputs of an External job other than particles, by field. None of them is used."""

FOLDER, PARTICLES, THREADS, CONTROL = "o", "in_parts", "j", "pipeline_control"

_NUMBER = re.compile(r"-\d*\.?\d")


@dataclass(frozen=True)
class Arguments:
    """What RELION gives an External job.

    Parameters
    ----------
    folder : Path
        Of the job, relative to the project.
    particles : Path
    threads : int, optional
    labels : tuple of (str, tuple of str)
        Each label without its dashes, and the words of its value.
    unused : tuple of str
        Sentences on what was given and has no effect.
    """

    folder: Path
    particles: Path
    threads: int | None
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    unused: tuple[str, ...] = ()


def folder_of(words: Sequence[str]) -> Path:
    """The job's folder, before anything else is looked at.

    Raises
    ------
    OptionError
        If there is none.
    """
    given = [value for label, value in _labelled(words) if label == FOLDER]
    if not given or not given[0]:
        raise OptionError(
            "--o, the folder of the job, is missing. Type this command into the field External "
            "executable of RELION's External job, which adds it.",
            hint="On a command line, use rebalance run.",
        )
    return Path(" ".join(given[0]))


def parse(words: Sequence[str]) -> Arguments:
    """Take the words apart.

    Raises
    ------
    InputError
        If there are no particles.
    OptionError
        If a word belongs to no label, or the number of threads is none.
    """
    own: dict[str, str] = {}
    labels, bare = [], []
    for label, value in _labelled(words):
        if label in (FOLDER, PARTICLES, THREADS, CONTROL, *INPUTS):
            own[label] = " ".join(value)
        elif value:
            labels.append((label, value))
        else:
            bare.append(label)
    folder = folder_of(words)
    if not own.get(PARTICLES):
        raise InputError(
            "No particles were given.",
            hint="Choose Input particles of the External job: Class2D/jobNNN/run_it025_data.star, "
            "or Select/jobNNN/particles.star.",
        )
    return Arguments(
        folder, Path(own[PARTICLES]), _threads(own), tuple(labels), tuple(_unused(own, bare))
    )


def _labelled(words: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Labels and the words of their values, in order."""
    found: list[tuple[str, list[str]]] = []
    for word in filter(str.strip, words):
        if word.startswith("-") and not _NUMBER.match(word):
            label, has_value, value = word.lstrip("-").partition("=")
            found.append((label, [value] if has_value and value else []))
        elif found:
            found[-1][1].append(word)
        else:
            raise OptionError(
                f"{word!r} is not understood.",
                hint="The field External executable must be rebalance relion, or rebalance relion "
                "orientations. Give options as parameters: labels with values.",
            )
    return [(label, tuple(value)) for label, value in found]


def _threads(own: Mapping[str, str]) -> int | None:
    text = own.get(THREADS)
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise OptionError(f"The number of threads is {text!r}, but a whole number was expected.")
    return number


def _unused(own: Mapping[str, str], bare: Sequence[str]) -> list[str]:
    said = [f"{INPUTS[name]} is not used: {own[name]}." for name in INPUTS if own.get(name)]
    said += [f"The parameter {label} has no value, and was ignored." for label in bare]
    return said
