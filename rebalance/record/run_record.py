"""`run.json`: what was run, on what, with what; enough to repeat it and to see what changed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import rebalance
from rebalance.errors import InputError, PluginError
from rebalance.registry import registry

RECORD_VERSION = 1

_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "matplotlib", "mrcfile")


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
            f"The file was read, and can't be read again for the record: {error.strerror}.",
            path=path,
            hint="Was it removed? Run again when it is there to stay.",
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
    return {
        "record_version": RECORD_VERSION,
        "rebalance": rebalance.__version__,
        "started": started,
        "request": dict(request),
        "plugins": {kind: dict(facts) for kind, facts in plugins.items()},
        "affinity": None if affinity is None else dict(affinity),
        "inputs": [{"path": str(path.absolute()), **_facts_of_input(path)} for path in inputs],
        "outputs": [
            {"name": path.relative_to(folder).as_posix(), **file_facts(path)}
            for path in sorted(outputs)
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
    if path.is_dir():
        path = path / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("There is no such file.", path=path) from None
    except (OSError, ValueError) as error:
        raise InputError(f"It is no run record: {error}", path=path) from error
    needed = {"record_version", "rebalance", "request", "plugins", "inputs", "outputs"}
    if not isinstance(record, dict) or not needed <= record.keys():
        raise InputError(
            "It is no run record of rebalance.",
            path=path,
            hint="Expected the run.json of a results folder.",
        )
    if record["record_version"] != RECORD_VERSION:
        raise InputError(
            f"It is version {record['record_version']} of the run record; this program reads "
            f"{RECORD_VERSION}.",
            path=path,
            hint=f"Repeat it with rebalance {record['rebalance']}.",
        )
    for part, keys in (("inputs", {"path", "sha256"}), ("outputs", {"name", "sha256"})):
        if not _lists(record[part], keys):
            raise InputError(
                f"A list of {' and '.join(sorted(keys))} was expected, not {record[part]!r:.60}.",
                path=path,
                location=part,
                hint="Take the run.json as rebalance wrote it.",
            )
    if not isinstance(record["plugins"], dict):
        raise InputError("It has no table of plugins.", path=path, location="plugins")
    return record


def _lists(value: Any, keys: set[str]) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and keys <= entry.keys() for entry in value
    )


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON that a person can read; numbers that JSON has no word for become text."""
    path.write_text(as_json(content) + "\n", encoding="utf-8")


def as_json(content: Mapping[str, Any]) -> str:
    """JSON text of `write_json`."""
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)


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
