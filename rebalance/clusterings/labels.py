"""A person's own grouping from a file: class number and superclass, a line for each class."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rebalance.errors import InputError
from rebalance.text_files import read_text

_CLASS_NAMES = ("class_id", "class", "class_number", "rlnclassnumber")
_SUPERCLASS_NAMES = ("superclass", "label", "superclass_id", "rlnsuperclass", "group")
_LARGEST = 2**62
"""Larger class numbers may not fit into int64."""
_MOST_BYTES = 4_000_000
_HINT = (
    "Write two columns, class_id and superclass (separated by comma, tab or spaces), with one "
    "class per line; superclass -1 leaves a class out. superclasses.csv from an earlier run also "
    "works."
)


def read_labels(path: Path | str) -> dict[int, str]:
    """Read class number → superclass from a csv, tsv, blank-separated or star file.

    Columns are found by their names (``class_id`` or ``rlnClassNumber``, and ``superclass``),
    else the first two are taken. Empty lines and lines that begin with ``#`` are passed over.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    dict of int to str
        Superclasses as written: numbers or names.

    Raises
    ------
    InputError
        Names the line, what was found and what was expected.
    """
    path = Path(path)
    text = read_text(path, most_bytes=_MOST_BYTES, hint=_HINT)
    rows = _star_rows(text) if _is_star(text) else _plain_rows(text, path)
    first = next(rows, None)
    if first is None:
        raise InputError("There are no labels in this file.", path=path, hint=_HINT)
    class_at, superclass_at = _columns(*first, path)
    labels: dict[int, str] = {}
    line_of: dict[int, int] = {}
    for line, fields in chain([first] if _is_number(first[1], class_at) else [], rows):
        number, label = _entry(fields, class_at, superclass_at, line, path)
        if number in labels:
            raise InputError(
                f"Class {number} is on this line and on line {line_of[number]}.",
                path=path,
                location=f"line {line}",
                hint="Keep one of them.",
            )
        labels[number], line_of[number] = label, line
    if not labels:
        raise InputError("There are no labels in this file.", path=path, hint=_HINT)
    return labels


Row = tuple[int, list[str]]
"""Line number, fields."""


def _entry(
    fields: list[str], class_at: int, superclass_at: int, line: int, path: Path
) -> tuple[int, str]:
    if len(fields) <= max(class_at, superclass_at):
        raise InputError(
            f"At least {max(class_at, superclass_at) + 1} columns were expected, but this line has "
            f"{len(fields)}.",
            path=path,
            location=f"line {line}",
            hint=_HINT,
        )
    try:
        number = int(fields[class_at])
        if abs(number) >= _LARGEST:
            raise ValueError
    except ValueError:
        raise InputError(
            f"{fields[class_at]!r:.60} is not a class number.",
            path=path,
            location=f"line {line}, column {class_at + 1}",
            hint=_HINT,
        ) from None
    label = fields[superclass_at]
    wrong = _what_is_wrong(label)
    if wrong:
        raise InputError(
            f"{wrong}; expected a whole number or a name.",
            path=path,
            location=f"line {line}, column {superclass_at + 1}",
            hint=_HINT,
        )
    return number, label


def _what_is_wrong(label: str) -> str | None:
    """Spreadsheets and data frames write gaps as nothing or nan, and turn whole numbers to 1.0."""
    if not label:
        return "The superclass is empty"
    try:
        float(label)
    except ValueError:
        return None
    # 1E2 may well be somebody's name for a view.
    is_number = "." in label or not any(letter.isdigit() for letter in label)
    return f"The superclass is {label!r:.60}" if is_number else None


def _columns(line: int, first: list[str], path: Path) -> tuple[int, int]:
    names = [field.lstrip("_").lower() for field in first]
    class_at = next((names.index(name) for name in _CLASS_NAMES if name in names), None)
    superclass_at = next((names.index(name) for name in _SUPERCLASS_NAMES if name in names), None)
    if class_at is not None and superclass_at is not None:
        return class_at, superclass_at
    if len(first) < 2:
        raise InputError(
            "There is only one column; class number and superclass were expected.",
            path=path,
            location=f"line {line}",
            hint=_HINT,
        )
    if len(first) > 2:
        raise InputError(
            f"There are {len(first)} columns, but none is called "
            f"{'class_id' if class_at is None else 'superclass'}.",
            path=path,
            location=f"line {line}",
            hint=_HINT,
        )
    if class_at is not None:
        return class_at, 1 - class_at
    if superclass_at is not None:
        return 1 - superclass_at, superclass_at
    return 0, 1


def _is_number(fields: list[str], at: int) -> bool:
    try:
        int(fields[at])
    except (ValueError, IndexError):
        return False
    return True


def _plain_rows(text: str, path: Path) -> Iterator[Row]:
    delimiter: str | None = None
    is_first = True
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if is_first:
            delimiter = next((mark for mark in ",\t;" if mark in line), None)
            is_first = False
        if delimiter is None:
            yield number, line.split()
            continue
        try:
            fields = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise InputError(
                f"{error}.", path=path, location=f"line {number}", hint=_HINT
            ) from None
        yield number, [field.strip() for field in fields]


def _is_star(text: str) -> bool:
    return any(line.strip() == "loop_" for line in text.splitlines())


def _star_rows(text: str) -> Iterator[Row]:
    """Column names, then rows, of the first loop."""
    names: list[str] = []
    in_loop = header_given = False
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split("#")[0].split() if line.lstrip().startswith("_") else line.split()
        if not in_loop:
            in_loop = fields == ["loop_"]
        elif fields and fields[0].startswith("_") and not header_given:
            names.append(fields[0])
        elif fields and fields[0].startswith(("data_", "loop_")):
            return
        elif fields and not fields[0].startswith("#"):
            if not header_given:
                header_given = True
                yield number - len(names), names
            yield number, fields
