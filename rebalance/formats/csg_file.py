"""CryoSPARC result groups (``.csg``): YAML that says which ``.cs`` file holds which fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rebalance.errors import InputError
from rebalance.formats.cryosparc_paths import Located, beside, locate
from rebalance.formats.unchanged_file import unreadable

_VERSION = "v4.0.0"
_LARGEST = 1 << 16
"""Bytes; a group with every known slot has some thousand."""

_MOST_PAIRS = 1000


class ResultGroup(NamedTuple):
    """What a ``.csg`` says.

    Parameters
    ----------
    files : dict of str to Path
        The ``.cs`` file of each slot (``blob``, ``alignments2D``, …).
    n_items : dict of str to int
        Rows of each slot, where it says so.
    notes : list of str
    """

    files: dict[str, Path]
    n_items: dict[str, int]
    notes: list[str]


def read_group(path: Path, project: Path | None = None) -> ResultGroup:
    """Read a result group.

    Raises
    ------
    InputError
        If the file is no result group, or a file that it names is not next to it.
    """
    results = _read_results(path)
    group = ResultGroup({}, {}, [])
    for slot, result in results.items():
        name = result["metafile"]
        found = _locate_metafile(name, path, project)
        if found is None:
            shown = name if len(name) < 100 else f"{name[:100]}…"
            raise InputError(
                f"It refers to {shown.lstrip('>')}, which is not next to it.",
                path=path,
                location=f"results/{slot}",
                hint="Copy the .cs files of the group into its folder.",
            )
        group.files[slot] = found.path
        group.notes.extend(note for note in found.notes if note not in group.notes)
        if result.get("num_items", "").isdecimal():
            group.n_items[slot] = int(result["num_items"][:18])
    return group


def _locate_metafile(name: str, group: Path, project: Path | None) -> Located | None:
    relative = name.lstrip(">")
    if Path(relative).name == relative:
        return beside(relative, group)
    return locate(name, group, project)


def _read_results(path: Path) -> dict[str, dict[str, str]]:
    """Texts by name of each result; the values of YAML's own types stay text."""
    import yaml

    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError("too long")
        # Nodes, not objects: what aliases multiply is never made.
        root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
        results = {
            slot: {name: value.value for name, value in _pairs(result) if _is_text(value)}
            for slot, result in _pairs(dict(_pairs(root))["results"])
        }
        if not results or not all("metafile" in result for result in results.values()):
            raise ValueError("no metafiles")
    except OSError as error:
        raise unreadable(path, error) from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "This is not a CryoSPARC result group: it has no results with metafiles.",
            path=path,
            hint="Give a .csg that CryoSPARC exported, or the particles .cs itself.",
        ) from error
    return results


def _pairs(node: Any) -> list[tuple[str, Any]]:
    import yaml

    # Aliases may give many results the same many pairs.
    if not isinstance(node, yaml.MappingNode) or len(node.value) > _MOST_PAIRS:
        raise ValueError("no mapping, or too long a one")
    return [(key.value, value) for key, value in node.value if _is_text(key)]


def _is_text(node: Any) -> bool:
    import yaml

    return isinstance(node, yaml.ScalarNode)


def write_group(
    target: Path,
    *,
    type: str,
    title: str,
    files: Mapping[str, str],
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
    files : mapping of str to str
        Name of the ``.cs`` file beside the target that holds each slot.
    n_items : int
        Rows of each file.
    source : Path
        The input, whose date the group bears: the same input gives the same bytes.
    """
    import yaml

    results: dict[str, Any] = {
        slot: {"metafile": f">{file}", "num_items": n_items, "type": f"{type}.{slot}"}
        for slot, file in files.items()
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
