"""`affinity.npz`: an `Affinity` in a NumPy archive; the same bytes each time, never pickled.

`numpy.load("affinity.npz")["values"]` is the matrix; ``rotation``, ``shift`` and ``mirror`` are
condensed over pairs i < j as in `rebalance.model.Alignment`; ``metric`` and ``key`` are text,
``options`` and ``facts`` JSON text. What else the metric found is ``result.NAME``; ``notes`` are
its notes, as JSON text.
"""

from __future__ import annotations

import hashlib
import json
import math
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from rebalance.errors import InputError
from rebalance.model import Affinity, Alignment, ClassAverages
from rebalance.text_files import MOST_BYTES, parse_json

IMAGES = "images_sha256"
"""Entry among the facts of a file in a results folder: `images_digest` of the class averages."""

FILE_VERSION = 1
"""Raised when an entry changes its meaning; entry ``version`` of the file."""

_RESULT = "result."
"""Prefix for the names of the metric's results."""

# The earliest date a zip archive can hold: a clock would make every file different.
_UNDATED = (1980, 1, 1, 0, 0, 0)
_SYMMETRY_TOLERANCE = 1e-6
_LARGEST = 2**62
"""Larger class numbers may not fit into int64."""
_MOST_ENTRIES = 1_000
_MOST_EXTRA_BYTES = 64_000_000
"""Allowance for compressed arrays, beyond twice the size of their file."""
_MOST_AXES = 32
_CHUNK_BYTES = 2**20
_MOST_SHOWN = 200
_HINT = "Give an affinity.npz written by rebalance run."

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
                f"It has no array {name!r}, only {_names(content)}.", path=path, hint=_HINT
            )
    version = content.get("version", np.array(FILE_VERSION))
    if version.shape != () or version.tolist() != FILE_VERSION:
        raise InputError(
            f"It has version {version.tolist()!r:.60} of the affinity file; this program reads "
            f"{FILE_VERSION}.",
            path=path,
            hint="Use the version of rebalance that wrote it, or compute the affinity again.",
        )
    n = len(content["class_id"]) if content["class_id"].ndim else 0
    # The matrix first: it bounds the number of classes by the size of the file.
    values = _matrix(content.pop("values"), n, path)
    class_id = _class_numbers(content["class_id"], path)
    is_empty = np.zeros(n, dtype=np.bool_)
    if "is_empty" in content:
        is_empty = _shaped(content["is_empty"], "is_empty", (n,), path).astype(np.bool_)
    raw = content.get("raw")
    return Affinity(
        values=values,
        class_id=class_id,
        is_empty=is_empty,
        metric=_text(content, "metric", path),
        options=_parsed(content, "options", dict, path),
        alignment=_alignment(content, n, path),
        raw=None if raw is None else _float32(_shaped(raw, "raw", (n, n), path)),
        facts=_parsed(content, "facts", dict, path),
        key=_text(content, "key", path),
        notes=_notes(content, path),
        results={
            name.removeprefix(_RESULT): array
            for name, array in content.items()
            if name.startswith(_RESULT)
        },
    )


def _names(content: Mapping[str, npt.NDArray[Any]]) -> str:
    found = ", ".join(sorted(content)) or "none"
    return found if len(found) <= _MOST_SHOWN else f"{found[:_MOST_SHOWN]}…"


def _read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_sizes(entries, path.stat().st_size, path)
            for entry in entries:
                with archive.open(entry) as stream:
                    array = _read_array(stream, entry, path)
                    # Reading on to the end is what makes zipfile compare the checksum.
                    if stream.read(1):
                        raise InputError(
                            f"Entry {entry.filename!r:.60} is longer than its array.", path=path
                        )
                arrays[entry.filename.removesuffix(".npy")] = array
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("This file does not exist.", path=path) from error
    except OSError as error:
        raise InputError(f"It can't be read: {error.strerror or error}.", path=path) from error
    # What zipfile and its decompressors raise on damaged content is not told: zlib.error,
    # LZMAError, struct.error, UnicodeDecodeError, NotImplementedError and others were met.
    except Exception as error:
        raise InputError(
            f"It is not an affinity file, or is damaged ({_first_line(error)}).",
            path=path,
            hint=_HINT,
        ) from error
    return arrays


def _check_sizes(entries: list[zipfile.ZipInfo], n_bytes: int, path: Path) -> None:
    """Hold what is in an archive against its size, before any of it is read."""
    if len(entries) > _MOST_ENTRIES:
        raise InputError(
            f"It has {len(entries):,} entries, but at most {_MOST_ENTRIES:,} were expected.",
            path=path,
            hint=_HINT,
        )
    for entry in entries:
        # Those that numpy writes. Others ask for memory by a number that a file may make up.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(
                "It is compressed in a way that NumPy does not use.",
                path=path,
                location=f"entry {entry.filename!r:.60}",
                hint=_HINT,
            )
    claimed = sum(entry.file_size for entry in entries)
    most = 2 * n_bytes + _MOST_EXTRA_BYTES
    if claimed > most:
        raise InputError(
            f"Its {n_bytes:,} bytes would unpack to {claimed:,}, but at most {most:,} are allowed.",
            path=path,
            hint="Save the arrays uncompressed, with numpy.savez.",
        )


def _read_array(stream: IO[bytes], entry: zipfile.ZipInfo, path: Path) -> npt.NDArray[Any]:
    """An array whose header was held against the bytes that there are."""
    name = f"entry {entry.filename!r:.60}"
    try:
        with warnings.catch_warnings():
            # A header of Python 2, or one whose text is no proper literal: read or refused.
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, is_fortran, dtype = read_header(stream)
    except OSError:
        raise
    # numpy hands the text to Python's own parser, which may raise anything.
    except Exception as error:
        raise InputError(
            f"The header of its array can't be read ({_first_line(error)}).",
            path=path,
            location=name,
            hint=_HINT,
        ) from error
    if dtype.hasobject:
        raise InputError(
            "It contains Python objects.",
            path=path,
            location=name,
            hint="Arrays of Python objects (pickle) are never loaded.",
        )
    sizes_are_whole = all(type(length) is int and length >= 0 for length in shape)
    n_bytes = math.prod(shape) * dtype.itemsize if sizes_are_whole else -1
    if not 0 <= n_bytes <= entry.file_size or len(shape) > _MOST_AXES:
        raise InputError(
            f"An array in it can't be read: {dtype!s:.60} of shape {shape!s:.60} does not fit into "
            f"{entry.file_size:,} bytes.",
            path=path,
            location=name,
            hint=_HINT,
        )
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype=dtype)
    content = np.empty(n_bytes, dtype=np.uint8)
    n_read = 0
    while n_read < n_bytes:
        chunk = stream.read(min(_CHUNK_BYTES, n_bytes - n_read))
        if not chunk:
            raise InputError(
                f"Its array is cut short ({n_read:,} of {n_bytes:,} bytes).",
                path=path,
                location=name,
                hint=_HINT,
            )
        content[n_read : n_read + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
        n_read += len(chunk)
    order: Literal["F", "C"] = "F" if is_fortran else "C"
    return np.ndarray(shape, dtype, buffer=content.data, order=order)


def _first_line(error: Exception) -> str:
    return f"{str(error).partition(chr(10))[0] or type(error).__name__:.100}"


def _shaped(
    array: npt.NDArray[Any], name: str, shape: tuple[int, ...], path: Path
) -> npt.NDArray[Any]:
    if array.shape != shape:
        raise InputError(f"Array {name} has shape {array.shape}, expected {shape}.", path=path)
    if array.dtype.kind not in "fiub":
        raise InputError(f"Array {name} holds {array.dtype!s:.60}, expected numbers.", path=path)
    return array


def _float32(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Native, writable; numbers beyond float32 become infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(np.float32)


def _class_numbers(array: npt.NDArray[Any], path: Path) -> npt.NDArray[np.int64]:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(
            f"The class numbers are {array.dtype!s:.60} of shape {array.shape}, expected whole "
            "numbers (N,).",
            path=path,
        )
    if len(array) and not -_LARGEST < int(array.min()) <= int(array.max()) < _LARGEST:
        raise InputError(
            f"The class numbers go from {array.min()} to {array.max()}; the limit is 2⁶².",
            path=path,
        )
    numbers, counts = np.unique(array, return_counts=True)
    if len(numbers) != len(array):
        raise InputError(f"Class number {numbers[counts > 1][0]} occurs twice.", path=path)
    return array.astype(np.int64)


def _matrix(array: npt.NDArray[Any], n: int, path: Path) -> npt.NDArray[np.float32]:
    values = _float32(_shaped(array, "values", (n, n), path))
    del array
    if not all(np.isfinite(values[i : i + 256]).all() for i in range(0, n, 256)):
        raise InputError("The affinities include NaN or infinite values.", path=path)
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
        rotation=_finite(content["rotation"], "rotation", (pairs,), path),
        shift=_finite(content["shift"], "shift", (pairs, 2), path),
        mirror=_shaped(content["mirror"], "mirror", (pairs,), path).astype(np.bool_),
        n=n,
    )


def _finite(
    array: npt.NDArray[Any], name: str, shape: tuple[int, ...], path: Path
) -> npt.NDArray[np.float32]:
    numbers = _float32(_shaped(array, name, shape, path))
    if not np.isfinite(numbers).all():
        raise InputError(f"Array {name} includes NaN or infinite values.", path=path)
    return numbers


def _text(content: Mapping[str, npt.NDArray[Any]], name: str, path: Path) -> str:
    array = content.get(name)
    if array is None:
        return ""
    if array.shape != () or array.dtype.kind != "U":
        raise InputError(
            f"Entry {name} holds {array.dtype!s:.60} of shape {array.shape}, expected text.",
            path=path,
        )
    try:
        text = str(array)
        # NumPy takes any 32 bits for a letter; Python notices on the way back, or not at all.
        text.encode().decode()
    except (ValueError, SystemError):
        raise InputError(f"Entry {name} is not text.", path=path) from None
    return text


def _parsed(
    content: Mapping[str, npt.NDArray[Any]], name: str, kind: type[_JsonT], path: Path
) -> _JsonT:
    """The JSON of an entry; empty where there is no entry."""
    text = _text(content, name, path)
    if not text:
        return kind()
    if len(text) > MOST_BYTES:
        raise InputError(f"Entry {name} has {len(text):,} characters.", path=path)
    try:
        parsed = parse_json(text)
        # A surrogate, which JSON can write, is no letter, and can't be written elsewhere.
        json.dumps(parsed, ensure_ascii=False).encode()
    except ValueError as error:
        raise InputError(f"Entry {name} can't be read: {error}.", path=path) from error
    if not isinstance(parsed, kind):
        what = "object" if kind is dict else "list"
        raise InputError(f"Entry {name} is not a JSON {what}.", path=path)
    return parsed


def _notes(content: Mapping[str, npt.NDArray[Any]], path: Path) -> tuple[str, ...]:
    notes = _parsed(content, "notes", list, path)
    if not all(isinstance(note, str) for note in notes):
        raise InputError("Entry notes is not a list of sentences.", path=path)
    return tuple(notes)
