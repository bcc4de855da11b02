"""`affinity.npz`: an `Affinity` in a NumPy archive; the same bytes each time, never pickled.

`numpy.load("affinity.npz")["values"]` is the matrix; ``rotation``, ``shift`` and ``mirror`` are
condensed over pairs i < j as in `rebalance.model.Alignment`; ``metric`` and ``key`` are text,
``options`` and ``facts`` JSON text. What the metric found beside the affinity is ``result.NAME``,
and ``notes`` what it had to say, as JSON text.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import Affinity, Alignment, ClassAverages

IMAGES = "images_sha256"
"""Among the facts of a file in a results folder: `images_digest` of the class averages."""

FILE_VERSION = 1
"""Raised when an entry changes its meaning; entry ``version`` of the file."""

_RESULT = "result."
"""Begins the names of the metric's results."""

# The earliest date a zip archive can hold: a clock would make every file different.
_UNDATED = (1980, 1, 1, 0, 0, 0)
_SYMMETRY_TOLERANCE = 1e-6

_JsonT = TypeVar("_JsonT", dict[str, Any], list[Any])


def write_affinity(affinity: Affinity, path: Path | str) -> None:
    """Write an affinity; equal affinities give equal bytes.

    Parameters
    ----------
    affinity : Affinity
        Without its particle counts, notes and further results.
    path : Path or str
        Replaced if it is there.
    """
    entries: dict[str, npt.NDArray[Any]] = {
        "values": np.asarray(affinity.values, dtype=np.float32),
        "class_id": np.asarray(affinity.class_id, dtype=np.int64),
        "is_empty": np.asarray(affinity.is_empty, dtype=np.bool_),
    }
    if affinity.alignment is not None:
        entries["rotation"] = np.asarray(affinity.alignment.rotation, dtype=np.float32)
        entries["shift"] = np.asarray(affinity.alignment.shift, dtype=np.float32)
        entries["mirror"] = np.asarray(affinity.alignment.mirror, dtype=np.bool_)
    if affinity.raw is not None:
        entries["raw"] = np.asarray(affinity.raw, dtype=np.float32)
    entries |= {
        "metric": np.array(affinity.metric),
        "options": np.array(_as_json(affinity.options)),
        "facts": np.array(_as_json(affinity.facts)),
        "key": np.array(affinity.key),
        "version": np.array(FILE_VERSION, dtype=np.int64),
    }
    if affinity.notes:
        entries["notes"] = np.array(json.dumps(affinity.notes, ensure_ascii=False))
    entries |= {f"{_RESULT}{name}": np.asarray(of) for name, of in affinity.results.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in entries.items():
            info = zipfile.ZipInfo(f"{name}.npy", _UNDATED)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=array.nbytes > 2**30) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(dict(content), ensure_ascii=False, default=str)


def images_digest(class_averages: ClassAverages) -> str:
    """SHA-256 of the images, by which an affinity is known to be theirs."""
    images = np.ascontiguousarray(class_averages.images)
    return hashlib.sha256(images.reshape(-1).view(np.uint8).data).hexdigest()


def read_affinity(path: Path | str) -> Affinity:
    """Read `affinity.npz`, or any archive with ``values`` (N, N) and ``class_id`` (N,).

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    Affinity

    Raises
    ------
    InputError
        If it is not such an archive, is damaged, would need pickle, or its arrays are no
        affinity: wrong shapes, not symmetric, outside [0, 1].
    """
    path = Path(path)
    content = _read_arrays(path)
    for name in ("values", "class_id"):
        if name not in content:
            raise InputError(
                f"It has no array {name!r}; found {', '.join(sorted(content)) or 'none'}.",
                path=path,
                hint="Expected an affinity.npz written by rebalance run.",
            )
    version = content.get("version", np.array(FILE_VERSION))
    if version.tolist() != FILE_VERSION:
        raise InputError(
            f"It is version {version.tolist()} of the affinity file; this program reads "
            f"{FILE_VERSION}.",
            path=path,
            hint="Use the version of rebalance that wrote it, or compute the affinity again.",
        )
    class_id = _class_numbers(content["class_id"], path)
    n = len(class_id)
    values = _matrix(content["values"], n, path)
    is_empty = np.zeros(n, dtype=np.bool_)
    if "is_empty" in content:
        is_empty = _shaped(content["is_empty"], "is_empty", (n,), path).astype(np.bool_)
    raw = content.get("raw")
    return Affinity(
        values=values,
        class_id=class_id,
        is_empty=is_empty,
        metric=_text(content, "metric"),
        options=_parsed(content, "options", dict, path),
        alignment=_alignment(content, n, path),
        raw=None if raw is None else _shaped(raw, "raw", (n, n), path).astype(np.float32),
        facts=_parsed(content, "facts", dict, path),
        key=_text(content, "key"),
        notes=tuple(map(str, _parsed(content, "notes", list, path))),
        results={
            name.removeprefix(_RESULT): array
            for name, array in content.items()
            if name.startswith(_RESULT)
        },
    )


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as stream:
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(
                        stream, allow_pickle=False
                    )
                    # Reading on to the end is what makes zipfile compare the checksum.
                    if stream.read(1):
                        raise InputError(f"Entry {name} is longer than its array.", path=path)
    except FileNotFoundError as error:
        raise InputError("There is no such file.", path=path) from error
    except OSError as error:
        raise InputError(f"It can't be read: {error.strerror or error}.", path=path) from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"It is not an affinity file, or damaged ({error}).",
            path=path,
            hint="Expected an affinity.npz written by rebalance run.",
        ) from error
    except (ValueError, MemoryError) as error:
        raise InputError(
            f"An array in it can't be read: {error}",
            path=path,
            hint="Arrays of Python objects (pickle) are never loaded.",
        ) from error
    return arrays


def _shaped(
    array: npt.NDArray[Any], name: str, shape: tuple[int, ...], path: Path
) -> npt.NDArray[Any]:
    if array.shape != shape:
        raise InputError(f"Array {name} has shape {array.shape}, expected {shape}.", path=path)
    if array.dtype.kind not in "fiub":
        raise InputError(f"Array {name} holds {array.dtype}, expected numbers.", path=path)
    return array


def _class_numbers(array: npt.NDArray[Any], path: Path) -> npt.NDArray[np.int64]:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(
            f"The class numbers are {array.dtype} of shape {array.shape}, expected whole "
            "numbers (N,).",
            path=path,
        )
    numbers, counts = np.unique(array, return_counts=True)
    if len(numbers) != len(array):
        raise InputError(f"Class number {numbers[counts > 1][0]} occurs twice.", path=path)
    return array.astype(np.int64)


def _matrix(array: npt.NDArray[Any], n: int, path: Path) -> npt.NDArray[np.float32]:
    values = _shaped(array, "values", (n, n), path).astype(np.float32)
    if not np.isfinite(values).all():
        raise InputError("The affinities have NaN or infinite entries.", path=path)
    if n and (values.min() < -_SYMMETRY_TOLERANCE or values.max() > 1 + _SYMMETRY_TOLERANCE):
        raise InputError(
            f"The affinities go from {values.min():g} to {values.max():g}, expected 0 to 1.",
            path=path,
        )
    if not all(
        np.allclose(values[i : i + 256], values[:, i : i + 256].T, rtol=0, atol=_SYMMETRY_TOLERANCE)
        for i in range(0, n, 256)
    ):
        raise InputError("The matrix of affinities is not symmetric.", path=path)
    return values


def _alignment(content: Mapping[str, npt.NDArray[Any]], n: int, path: Path) -> Alignment | None:
    if not {"rotation", "shift", "mirror"} <= content.keys():
        return None
    pairs = n * (n - 1) // 2
    return Alignment(
        rotation=_shaped(content["rotation"], "rotation", (pairs,), path).astype(np.float32),
        shift=_shaped(content["shift"], "shift", (pairs, 2), path).astype(np.float32),
        mirror=_shaped(content["mirror"], "mirror", (pairs,), path).astype(np.bool_),
        n=n,
    )


def _text(content: Mapping[str, npt.NDArray[Any]], name: str) -> str:
    array = content.get(name)
    return "" if array is None else str(array)


def _parsed(
    content: Mapping[str, npt.NDArray[Any]], name: str, kind: type[_JsonT], path: Path
) -> _JsonT:
    """The JSON of an entry; empty where there is no entry."""
    text = _text(content, name)
    if not text:
        return kind()
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise InputError(f"Entry {name} is not JSON: {error}", path=path) from error
    if not isinstance(parsed, kind):
        what = "object" if kind is dict else "list"
        raise InputError(f"Entry {name} is not a JSON {what}.", path=path)
    return parsed
