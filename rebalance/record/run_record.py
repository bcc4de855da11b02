"""`run.json`: what was run, on what, with what; enough to repeat it and to see what changed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

import rebalance
from rebalance.errors import InputError, PluginError
from rebalance.registry import registry
from rebalance.text_files import read_json

RECORD_VERSION = 1

ADVISED = "clustering_advised"
"""Written in a record if no one named the clustering of its request: the metric recommended it."""

_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "matplotlib", "mrcfile")

_AT_ONCE = 4
"""Files that are read at a time for their digests."""


class _Part(BaseModel):
    # Text stays text, and what is not looked at here may be anything.
    model_config = ConfigDict(strict=True, extra="allow")


class _Plugin(_Part):
    name: str
    package: str | None
    version: str | None


class _Input(_Part):
    path: str
    sha256: str


class _Output(_Part):
    name: str
    sha256: str


class _Machine(_Part):
    system: str | None = None
    processor: str | None = None
    python: str | None = None
    packages: dict[str, str] = {}


class _Record(_Part):
    """What a repetition looks at."""

    rebalance: str
    request: dict[str, Any]
    plugins: dict[str, _Plugin]
    inputs: list[_Input]
    outputs: list[_Output]
    machine: _Machine = _Machine()
    command: str = "run"


def file_facts(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"bytes": os.fstat(stream.fileno()).st_size, "sha256": digest}


def _facts_of_input(path: Path) -> dict[str, Any]:
    try:
        return file_facts(path)
    except OSError as error:
        raise InputError(
            f"The file was read, but can't be read again for the record: {error.strerror}.",
            path=path,
            hint="Was it removed? Put it back, and run again.",
        ) from error


def plugin_facts(kind: str, plugin: Any, name: str) -> dict[str, Any]:
    """Name, package and version of a plugin; package is None for an instance of no package."""
    facts: dict[str, Any] = {"name": name, "package": None, "version": None}
    if isinstance(plugin, str):
        try:
            found = registry().find(kind, plugin)
        except PluginError:
            return facts
        facts |= {"package": found.package, "version": found.version}
    return facts


def machine_facts() -> dict[str, Any]:
    """System, processor count, Python, and the versions of the packages that compute."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "packages": packages,
    }


def build_record(
    *,
    request: Mapping[str, Any],
    plugins: Mapping[str, Mapping[str, Any]],
    inputs: Iterable[Path],
    folder: Path,
    outputs: Iterable[Path],
    affinity: Mapping[str, Any] | None,
    started: str,
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """The content of `run.json`.

    Parameters
    ----------
    request : mapping
        `RunSettings.to_json`, its options after defaults.
    plugins : mapping of kind to `plugin_facts`
    inputs : iterable of Path
        Every file that was read.
    folder : Path
    outputs : iterable of Path
        Files in the folder, this one not among them.
    affinity : mapping or None
        Where it came from: ``source`` (computed, cache, file), ``key``.
    started : str
        ISO 8601 with zone.
    seconds : mapping of stage to float
        Wall time.

    Raises
    ------
    InputError
        If an input is no longer there.
    """
    read, written = list(inputs), sorted(outputs)
    # Digests of files of gigabytes take seconds each.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        of_read = pool.map(_facts_of_input, read)
        of_written = pool.map(file_facts, written)
        facts_read, facts_written = list(of_read), list(of_written)
    return {
        "record_version": RECORD_VERSION,
        "rebalance": rebalance.__version__,
        "started": started,
        "request": dict(request),
        "plugins": {kind: dict(facts) for kind, facts in plugins.items()},
        "affinity": None if affinity is None else dict(affinity),
        "inputs": [
            {"path": str(path.absolute()), **facts}
            for path, facts in zip(read, facts_read, strict=True)
        ],
        "outputs": [
            {"name": path.relative_to(folder).as_posix(), **facts}
            for path, facts in zip(written, facts_written, strict=True)
        ],
        "machine": machine_facts(),
        "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
    }


def read_record(path: Path) -> dict[str, Any]:
    """Read `run.json`, or that of a results folder.

    Raises
    ------
    InputError
        If it is not there, or was not written by this program.
    """
    if os.path.isdir(path):
        path = path / "run.json"
    record = read_json(path, "run record", hint="Give the run.json from a results folder.")
    needed = {"record_version", "rebalance", "request", "plugins", "inputs", "outputs"}
    if not needed <= record.keys():
        raise InputError(
            "It is not a run record of rebalance.",
            path=path,
            hint="Give the run.json from a results folder.",
        )
    if record["record_version"] != RECORD_VERSION:
        raise InputError(
            f"It has version {record['record_version']!r:.60} of the run record; this program "
            f"reads {RECORD_VERSION}.",
            path=path,
            location="record_version",
            hint=f"Repeat it with rebalance {record['rebalance']!s:.60}.",
        )
    _check_parts(record, path)
    return record


def _check_parts(record: Mapping[str, Any], path: Path) -> None:
    """InputError naming the field, unless all is as `build_record` writes it."""
    try:
        # Bytes of file names that are not UTF-8, surrogates in Python, are of no type.
        text = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")
        _Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        found = "" if first["type"] == "missing" else f", not {first['input']!r:.60}"
        raise InputError(
            f"{first['msg']}{found}.",
            path=path,
            location=".".join(map(str, first["loc"])),
            hint="Use the run.json as rebalance wrote it.",
        ) from None


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON that a person can read; numbers that JSON has no word for become text."""
    path.write_bytes(f"{as_json(content)}\n".encode())


def as_json(content: Mapping[str, Any]) -> str:
    """JSON text of `write_json`."""
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    # Bytes of file names that are not UTF-8 are surrogates in Python, and have an escape in JSON.
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
