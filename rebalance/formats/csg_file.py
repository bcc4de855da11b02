"""CryoSPARC result groups (``.csg``): YAML that says which ``.cs`` file holds which fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rebalance.errors import InputError
from rebalance.formats.cs_file import CsTable

_VERSION = "v4.0.0"


def read_group(path: Path) -> dict[str, Path]:
    """The ``.cs`` file of each slot (``blob``, ``alignments2D``, …) of a result group.

    Raises
    ------
    InputError
        If the file is no result group, or a file that it names is not beside it.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        files = {
            str(slot): path.parent / str(result["metafile"]).lstrip(">")
            for slot, result in content["results"].items()
        }
    except OSError as error:
        raise InputError(
            f"The file can't be read: {error.strerror}.",
            path=path,
            hint="Check the name and the permissions.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "This is no CryoSPARC result group: it has no results with metafiles.",
            path=path,
            hint="Give a .csg that CryoSPARC exported, or the particles .cs itself.",
        ) from error
    for slot, file in files.items():
        if not file.is_file():
            raise InputError(
                f"It names {file.name}, which is not beside it.",
                path=path,
                location=f"results/{slot}",
                hint="Copy the .cs files of the group into its folder.",
            )
    return files


def write_group(
    target: Path,
    *,
    type: str,
    title: str,
    parts: Sequence[tuple[str, CsTable]],
    n_items: int,
    source: Path,
) -> None:
    """Write a result group that CryoSPARC's Import Result Group reads.

    Parameters
    ----------
    target : Path
        ``<name>.csg``; its stem is the group's name.
    type : str
        ``particle`` or ``template``.
    title : str
    parts : sequence of (file name beside the target, table with its fields)
        A slot is taken from the first that has it.
    n_items : int
        Rows of each part.
    source : Path
        The input, whose date the group bears: the same input gives the same bytes.
    """
    import yaml

    results: dict[str, Any] = {}
    for file_name, table in parts:
        for field in table.dtype.names or ():
            slot, slash, _ = field.partition("/")
            if slash and slot not in results:
                results[slot] = {
                    "metafile": f">{file_name}",
                    "num_items": n_items,
                    "type": f"{type}.{slot}",
                }
    created = datetime.fromtimestamp(int(source.stat().st_mtime), UTC).replace(tzinfo=None)
    group = {
        "created": created,
        "group": {
            "description": f"{title} (rebalance)",
            "name": target.stem,
            "title": title,
            "type": type,
        },
        "results": results,
        "version": _VERSION,
    }
    target.write_text(yaml.safe_dump(group, sort_keys=True), encoding="utf-8")
