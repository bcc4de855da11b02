"""What is left of a stack of class averages after a run: a list that EMAN2 reads, and copies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from rebalance.model import IntArray, Superclasses
from rebalance.toolkit import guarded_writing

LIST = "templates.lst"

_COMMENT = (
    "# This file is in fast LST format. All lines after the next line have exactly the number of "
    "characters shown on the next line. This MUST be preserved if editing."
)


def write_templates(
    stack: Path,
    number: IntArray,
    superclasses: Superclasses,
    folder: Path,
    copies: Sequence[tuple[Path, str]],
) -> tuple[Path, ...]:
    """Write templates.lst, which names every average and its superclass; and copies.

    Parameters
    ----------
    stack : Path
        The file that the list refers to.
    number : int64 (N,)
        EMAN2's number of each image, from 0.
    superclasses : Superclasses
        Of the N averages, in the same order.
    folder : Path
    copies : sequence of (Path, str)
        Files to copy byte for byte, and their new names.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    target = folder / LIST
    lines = [
        f"{image}\t{stack.resolve()}\t"
        + json.dumps({"class_id": int(class_id), "superclass": int(label)})
        for image, class_id, label in zip(
            number.tolist(), superclasses.class_id, superclasses.label, strict=True
        )
    ]
    # EMAN2 finds line n by its place in the file, so lines are equally long in bytes.
    rows = [line.encode("utf-8", "surrogateescape") for line in lines]
    longest = max((len(row) for row in rows), default=0)
    head = f"#LSX\n{_COMMENT}\n# {longest + 1}\n".encode()
    with guarded_writing(folder):
        target.write_bytes(head + b"".join(row.ljust(longest) + b"\n" for row in rows))
        for source, name in copies:
            shutil.copyfile(source, folder / name)
    return (target, *(folder / name for _, name in copies))
