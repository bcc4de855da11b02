"""Reads a ground truth: the simulator's files, a person's own table, or a 3D refinement."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.evaluation.ground_truth import Truth
from rebalance.evaluation.refinement_views import is_refinement, read_refined_views
from rebalance.evaluation.view_angles import Symmetry, symmetry_operations
from rebalance.model import DoubleArray

TRUTH, CLASSES, PARTICLES, VIEWS = (
    "truth.json",
    "truth_classes.csv",
    "truth_particles.csv",
    "true_views.csv",
)
"""Files that a folder is looked through for."""

_CLASS = ("class_id", "class", "class_number", "rlnclassnumber")
_ZERO_BASED = ("class_index_0based", "class_index", "index_0based")
_NAME = ("name", "image_name", "uid", "rlnimagename")
_VIEW = ("view_x", "view_y", "view_z")
_GROUP = ("group", "label", "superclass", "cluster", "structure")
_HINT = (
    "Expected a folder that rebalance simulate wrote; a table with a header: class_id and label; "
    "or class_id or image_name, with view_x, view_y, view_z; or particles of a 3D refinement."
)
_LEVELS = 4
_LARGEST = 2**62
"""Beyond that a class number may not fit into int64."""


def read_truth(path: Path | str, *, symmetry: str | None = None) -> Truth:
    """Read a truth.

    Parameters
    ----------
    path : Path or str
        Folder or ``truth.json`` of `rebalance simulate`; or a table (comma, tab or blanks) with a
        header: ``class_id`` and ``label``; ``class_id`` and ``view_x, view_y, view_z``;
        ``image_name`` or ``uid`` and views, and perhaps ``class_id``; or the particles of a 3D
        refinement, a star or .cs file.
    symmetry : str, optional
        Point group, instead of the one that the files state.

    Raises
    ------
    InputError
        Names the file, the line, what was found and what was expected.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("There is no such file or folder.", path=path, hint=_HINT)
    if path.is_file() and is_refinement(path):
        return _truth({}, read_refined_views(path), path, symmetry)
    if path.is_file() and path.name != TRUTH:
        facts = _facts(path.with_name(TRUTH)) if path.name in (CLASSES, PARTICLES) else {}
        return _truth(facts, _table(path), path, symmetry)
    folder = path if path.is_dir() else path.parent
    facts = _facts(folder / TRUTH)
    tables: dict[str, Any] = {}
    for name in (facts.get("classes", CLASSES), facts.get("particles", PARTICLES), VIEWS):
        if (folder / Path(str(name)).name).is_file():
            tables |= _table(folder / Path(str(name)).name)
    if not tables:
        raise InputError(
            f"There is no {CLASSES}, {PARTICLES} or {VIEWS} in it.", path=folder, hint=_HINT
        )
    return _truth(facts, tables, folder, symmetry)


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
            f"There are neither labels nor views in it ({error}).", path=path, hint=_HINT
        ) from error


def _stated(facts: Mapping[str, Any], path: Path) -> Symmetry:
    """The point group, or its rotations, that the files of a simulation state; C1 for none."""
    stated = facts.get("symmetry_operators")
    found = facts.get("symmetry", "C1") if stated is None else stated
    try:
        operations = symmetry_operations(found)
        return found if isinstance(found, str) else operations
    except (OptionError, ValueError, TypeError):
        raise InputError(
            f"Its symmetry is {found!r:.60}; a point group, or its rotations, was expected.",
            path=path if path.is_file() else path / TRUTH,
            hint="State the group as `symmetry`.",
        ) from None


def _facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"It is no truth of rebalance simulate: {error}.", path=path) from error
    if not isinstance(facts, dict) or facts.get("version", 1) != 1:
        raise InputError(
            "It is no truth of rebalance simulate, or of another version than 1.", path=path
        )
    return facts


def _table(path: Path) -> dict[str, Any]:
    """The fields of `Truth` that a table gives."""
    header, rows = _rows(path)
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
            f"Its columns are {', '.join(header)}.", path=path, location="line 1", hint=_HINT
        )
    class_id = None
    if class_at is not None:
        class_id = offset + np.array(
            [_number(fields[class_at], line, header[class_at], path) for line, fields in rows],
            dtype=np.int64,
        )
    view = _views(rows, view_at, header, path) if view_at else None
    if name_at is not None:
        if view is None:
            raise InputError(
                f"It names particles, but has no {', '.join(_VIEW)}.", path=path, hint=_HINT
            )
        return {
            "particle_view": view,
            "particle_name": np.array([fields[name_at] for _, fields in rows]),
            "particle_class": class_id,
        }
    assert class_id is not None
    numbers, first = np.unique(class_id, return_index=True)
    if len(numbers) < len(class_id):
        if view is not None:
            return {"particle_view": view, "particle_class": class_id}
        again = int(np.setdiff1d(np.arange(len(class_id)), first)[0])
        raise InputError(
            f"Class {class_id[again]} is there twice.",
            path=path,
            location=f"line {rows[again][0]}",
            hint="Keep one line a class.",
        )
    return _of_classes(class_id, view, names, rows, class_at)


def _of_classes(
    class_id: Any,
    view: DoubleArray | None,
    names: list[str],
    rows: list[tuple[int, list[str]]],
    class_at: int | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    group_at = _find(names, _GROUP)
    if group_at is None and view is None:
        # Two columns of any name: the other one is the label.
        group_at = next((at for at in range(len(names)) if at != class_at), None)
    if group_at is not None:
        found["group"] = {
            int(number): fields[group_at]
            for number, (_, fields) in zip(class_id, rows, strict=True)
            if fields[group_at] not in ("", "-1")
        }
    if view is not None:
        known = np.isfinite(view).all(axis=1)
        found["class_view"] = {
            int(number): one for number, one in zip(class_id[known], view[known], strict=True)
        }
    return found


def _find(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("This is not a text file.", path=path, hint=_HINT) from None
    except OSError as error:
        raise InputError(f"It can't be read: {error.strerror}.", path=path) from None
    lines = list(_split(text, path))
    if len(lines) < 2:
        raise InputError("There are no rows in it.", path=path, hint=_HINT)
    header = lines[0][1]
    for line, fields in lines[1:]:
        if len(fields) != len(header):
            raise InputError(
                f"Fields found: {len(fields)}; the header has {len(header)}.",
                path=path,
                location=f"line {line}",
            )
    return header, lines[1:]


def _split(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = next((mark for mark in (",", "\t", ";") if mark in first), None)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            fields = (
                line.split()
                if mark is None
                else next(csv.reader([line], delimiter=mark, strict=True))
            )
        except csv.Error as error:
            raise InputError(
                f"{error}.", path=path, location=f"line {number}", hint=_HINT
            ) from None
        yield number, [field.strip() for field in fields]


def _number(text: str, line: int, column: str, path: Path) -> int:
    try:
        number = int(text)
        if abs(number) < _LARGEST:
            return number
        raise ValueError
    except ValueError:
        raise InputError(
            f"{text!r} is not a class number.", path=path, location=f"line {line}, column {column}"
        ) from None


def _views(
    rows: list[tuple[int, list[str]]], at: list[int], header: list[str], path: Path
) -> DoubleArray:
    view = np.full((len(rows), 3), np.nan)
    for row, (line, fields) in enumerate(rows):
        for axis, column in enumerate(at):
            if fields[column] == "":
                continue
            try:
                view[row, axis] = float(fields[column])
            except ValueError:
                raise InputError(
                    f"{fields[column]!r} is not a number.",
                    path=path,
                    location=f"line {line}, column {header[column]}",
                ) from None
    return view
