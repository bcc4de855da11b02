"""Reads a ground truth: the simulator's files, a person's own table, or a 3D refinement."""

from __future__ import annotations

import csv
import math
import os
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.evaluation.ground_truth import Truth
from rebalance.evaluation.refinement_views import is_refinement, read_refined_views
from rebalance.model import DoubleArray, IntArray
from rebalance.orientations.view_angles import Symmetry, symmetry_operations
from rebalance.text_files import read_json, text_lines

TRUTH, CLASSES, PARTICLES, VIEWS = (
    "truth.json",
    "truth_classes.csv",
    "truth_particles.csv",
    "true_views.csv",
)
"""Files that are searched for in a folder."""

_CLASS = ("class_id", "class", "class_number", "rlnclassnumber")
_ZERO_BASED = ("class_index_0based", "class_index", "index_0based")
_NAME = ("name", "image_name", "uid", "rlnimagename")
_VIEW = ("view_x", "view_y", "view_z")
_GROUP = ("group", "label", "superclass", "cluster", "structure")
_HINT = (
    "Give a folder that rebalance simulate wrote; a table with a header (class_id and label; or "
    "class_id or image_name, with view_x, view_y, view_z); or particles of a 3D refinement."
)
_LEVELS = 4
_LARGEST = 2**62
"""Larger class numbers may not fit into int64."""
_LONGEST = 1e100
_MOST_SHOWN = 200
_MOST_OPERATIONS, _MOST_COSINE = 1_000, 1.01


def read_truth(path: Path | str, *, symmetry: str | None = None) -> Truth:
    """Read a truth.

    Parameters
    ----------
    path : Path or str
        Folder or ``truth.json`` of `rebalance simulate`; or a table (comma, tab or blanks) with a
        header: ``class_id`` and ``label``; ``class_id`` and ``view_x, view_y, view_z``;
        ``image_name`` or ``uid`` and views, and perhaps ``class_id``; or the particles of a 3D
        refinement: its folder, a star or .cs file.
    symmetry : str, optional
        Point group, instead of the one that the files state.

    Raises
    ------
    InputError
        Names the file, the line, what was found and what was expected.
    """
    path = Path(path)
    if not os.path.exists(path):
        raise InputError("This file or folder does not exist.", path=path, hint=_HINT)
    if path.is_file() and is_refinement(path):
        return _refined(path, symmetry)
    if path.is_file() and path.name != TRUTH:
        facts = _facts(path.with_name(TRUTH)) if path.name in (CLASSES, PARTICLES) else {}
        return _truth(facts, _table(path), path, symmetry)
    folder = path if path.is_dir() else path.parent
    facts = _facts(folder / TRUTH)
    tables: dict[str, Any] = {}
    for name in (facts.get("classes", CLASSES), facts.get("particles", PARTICLES), VIEWS):
        table = folder / Path(name).name
        if os.path.isfile(table):
            tables |= _table(table)
    if not tables and path.is_dir() and is_refinement(path):
        return _refined(path, symmetry)
    if not tables:
        raise InputError(f"It has no {CLASSES}, {PARTICLES} or {VIEWS}.", path=folder, hint=_HINT)
    return _truth(facts, tables, folder, symmetry)


def _refined(path: Path, symmetry: str | None) -> Truth:
    fields, group = read_refined_views(path, symmetry)
    return Truth(**fields, symmetry=group, source=str(path))


def find_truth(*near: Path | None) -> Path:
    """The folder with a truth at or above one of some places.

    Raises
    ------
    InputError
        If there is none.
    """
    for place in near:
        if place is None:
            continue
        place = place.absolute()
        for folder in (place, *place.parents)[: _LEVELS + 1]:
            if any((folder / name).is_file() for name in (TRUTH, CLASSES, PARTICLES, VIEWS)):
                return folder
    raise InputError(
        f"No truth was found near the classification ({TRUTH}, {CLASSES}, {VIEWS}).",
        path=next((place for place in near if place is not None), None),
        hint="Give it as `truth`. " + _HINT,
    )


def _truth(
    facts: Mapping[str, Any], tables: Mapping[str, Any], path: Path, symmetry: str | None
) -> Truth:
    if symmetry is None:
        group = _stated(facts, path)
    else:
        group, _ = symmetry, symmetry_operations(symmetry)
    try:
        return Truth(
            **tables,
            symmetry=group,
            groups_are_views=facts.get("views", "discrete") != "continuous",
            source=str(path),
        )
    except ValueError as error:
        raise InputError(
            f"It has neither labels nor views ({error}).", path=path, hint=_HINT
        ) from error


def _stated(facts: Mapping[str, Any], path: Path) -> Symmetry:
    """The point group, or its rotations, that the files of a simulation state; C1 for none."""
    stated = facts.get("symmetry_operators")
    found = facts.get("symmetry", "C1") if stated is None else stated
    try:
        operations = symmetry_operations(found)
        if isinstance(found, str):
            return found
        # Matrices that do not turn would give angles between views without a meaning.
        if len(operations) > _MOST_OPERATIONS or not np.abs(operations).max() < _MOST_COSINE:
            raise ValueError
        if not np.allclose(operations @ operations.transpose(0, 2, 1), np.eye(3), atol=1e-3):
            raise ValueError
        return operations
    except (OptionError, ValueError, TypeError, OverflowError):
        raise InputError(
            f"Its symmetry is {found!r:.60}, but a point group or its rotations were expected.",
            path=path if path.is_file() else path / TRUTH,
            hint="Give the point group with `symmetry`.",
        ) from None


def _facts(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        return {}
    facts = read_json(path, "truth of rebalance simulate")
    version = facts.get("version", 1)
    if version != 1:
        raise InputError(
            f"It has version {version!r:.60} of the truth; this program reads 1.",
            path=path,
            location="version",
        )
    for name in ("classes", "particles", "views"):
        if not isinstance(facts.get(name, ""), str):
            raise InputError(
                f"Text was expected, not {facts[name]!r:.60}.", path=path, location=name
            )
    return facts


def _table(path: Path) -> dict[str, Any]:
    """The fields of `Truth` that a table gives; in arrays, since there may be millions of rows."""
    rows = _rows(path)
    header = next(rows)[1]
    names = [name.strip().lower().lstrip("_") for name in header]
    class_at = _find(names, _CLASS)
    offset = 0
    if class_at is None:
        class_at = _find(names, _ZERO_BASED)
        offset = 0 if class_at is None else 1
    name_at = _find(names, _NAME)
    view_at = [names.index(axis) for axis in _VIEW if axis in names]
    if len(view_at) not in (0, 3) or (class_at is None and name_at is None):
        raise InputError(
            f"Its columns are {_shown(header)}.", path=path, location="line 1", hint=_HINT
        )
    if name_at is not None and not view_at:
        raise InputError(f"It has particles, but no {', '.join(_VIEW)}.", path=path, hint=_HINT)
    group_at = None if name_at is not None else _group_column(names, class_at, view_at)
    lines, class_id, view = array("q"), array("q"), array("d")
    text: list[str] = []
    text_at = name_at if name_at is not None else group_at
    for line, fields in rows:
        lines.append(line)
        if class_at is not None:
            class_id.append(offset + _number(fields[class_at], line, header[class_at], path))
        for column in view_at:
            view.append(_coordinate(fields[column], line, header[column], path))
        if text_at is not None:
            text.append(fields[text_at])
    if not lines:
        raise InputError("It has no rows.", path=path, hint=_HINT)
    views = np.frombuffer(view, dtype=np.float64).reshape(-1, 3) if view_at else None
    numbers = None if class_at is None else np.frombuffer(class_id, dtype=np.int64)
    if name_at is not None:
        # Objects: in an array of text each would have the length of the longest.
        named = np.array(text, dtype=object)
        return {"particle_view": views, "particle_name": named, "particle_class": numbers}
    assert numbers is not None
    once, first = np.unique(numbers, return_index=True)
    if len(once) < len(numbers):
        if views is not None:
            return {"particle_view": views, "particle_class": numbers}
        again = int(np.setdiff1d(np.arange(len(numbers)), first)[0])
        raise InputError(
            f"Class {numbers[again]} occurs twice.",
            path=path,
            location=f"line {lines[again]}",
            hint="Keep one line per class.",
        )
    return _of_classes(numbers, views, text)


def _group_column(names: list[str], class_at: int | None, view_at: list[int]) -> int | None:
    found = _find(names, _GROUP)
    if found is None and not view_at:
        # Two columns of any name: the other one is the label.
        return next((at for at in range(len(names)) if at != class_at), None)
    return found


def _of_classes(class_id: IntArray, view: DoubleArray | None, groups: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if groups:
        found["group"] = {
            int(number): group
            for number, group in zip(class_id, groups, strict=True)
            if group not in ("", "-1")
        }
    if view is not None:
        known = np.isfinite(view).all(axis=1)
        found["class_view"] = {
            int(number): one for number, one in zip(class_id[known], view[known], strict=True)
        }
    return found


def _find(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of the header, then of the rows, as many fields each."""
    mark: str | None = None
    n_columns = 0
    for number, line in text_lines(path, hint=_HINT):
        if not line.strip():
            continue
        if mark is None and not n_columns:
            # A comment may stand first, and knows the mark as well.
            mark = next((mark for mark in (",", "\t", ";") if mark in line), None)
            n_columns = -1
        if line.lstrip().startswith("#"):
            continue
        fields = _fields(line, mark, number, path)
        if n_columns < 0:
            n_columns = len(fields)
        if len(fields) != n_columns:
            raise InputError(
                f"There are {len(fields)} fields, but {n_columns} in the header.",
                path=path,
                location=f"line {number}",
            )
        yield number, fields
    if n_columns <= 0:
        raise InputError("It has no rows.", path=path, hint=_HINT)


def _fields(line: str, mark: str | None, number: int, path: Path) -> list[str]:
    if mark is None:
        return line.split()
    try:
        return [
            field.strip()
            for fields in csv.reader([line], delimiter=mark, strict=True)
            for field in fields
        ]
    except csv.Error as error:
        raise InputError(f"{error}.", path=path, location=f"line {number}", hint=_HINT) from None


def _shown(names: list[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _number(text: str, line: int, column: str, path: Path) -> int:
    try:
        number = int(text)
        if abs(number) < _LARGEST:
            return number
        raise ValueError
    except ValueError:
        raise InputError(
            f"{text!r:.60} is not a class number.",
            path=path,
            location=f"line {line}, column {_shown([column])}",
        ) from None


def _coordinate(text: str, line: int, column: str, path: Path) -> float:
    """Of a direction; NaN where it is not known."""
    if text == "":
        return math.nan
    try:
        value = float(text)
        # The square of its length must be a number too.
        if not abs(value) > _LONGEST:
            return value
        raise ValueError
    except ValueError:
        raise InputError(
            f"{text!r:.60} is not a number that a direction can have.",
            path=path,
            location=f"line {line}, column {_shown([column])}",
        ) from None
