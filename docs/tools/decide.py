"""The file that *Save decisions* on a report page saves, made without a browser.

    python -m docs.tools.decide report.html decisions.json --number 9 --junk 4,7 --move 3:12 -f 0.5

so that pages that use such a file can be made anywhere. `tests/browser` compares it with the page.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def told_by(page: Path) -> dict[str, Any]:
    """The data in a report page."""
    found = re.search(r'<script[^>]*id="content">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert found is not None, f"{page} is no report page"
    told: dict[str, Any] = json.loads(found[1])
    return told


def decisions(
    page: Path,
    *,
    number: int | None = None,
    junk: Collection[int] = (),
    moves: Mapping[int, int] | None = None,
    factor: str | None = None,
) -> dict[str, Any]:
    """What the page would save.

    Parameters
    ----------
    page : Path
        `report.html`.
    number : int, optional
        Number of superclasses; by default that of the run.
    junk : collection of int
        Class numbers.
    moves : mapping of int to int, optional
        Class number to move, and a class of the superclass to move it to.
    factor : str, optional
        By default that of the run.
    """
    told = told_by(page)
    known, found = told["averages"], told["groupings"]
    number = found["current"] if number is None else number
    labels = np.frombuffer(base64.b64decode(found["labels"]), "<i2")
    row = labels.reshape(len(found["numbers"]), -1)[found["numbers"].index(number)]
    of_class = dict(zip(known["class_id"], row.tolist(), strict=True))
    put = {one: of_class[other] for one, other in (moves or {}).items()}
    moved = sorted(one for one, label in put.items() if label != of_class[one])
    counts = known["particles"] or [1] * len(row)
    members: dict[int, list[int]] = {}
    size: Counter[int] = Counter()
    for (class_id, label), particles in zip((of_class | put).items(), counts, strict=True):
        if label >= 0 and class_id not in junk:
            members.setdefault(label, []).append(class_id)
            size[label] += particles
    statuses = zip(known["class_id"], known["status"], strict=True)
    apart = {*junk, *(moves or {})}
    aside = sorted(one for one, word in statuses if word == "set aside" and one not in apart)
    order = sorted(members, key=lambda label: (-size[label], min(members[label])))
    balance = told["balance"] or {}
    return {
        **told["decisions"],
        "superclasses": [sorted(members[label]) for label in order],
        "set_aside": aside,
        "junk": sorted(junk),
        "factor": factor or balance.get("factor"),
        "max_size": balance.get("max_size"),
        "moved": moved,
        "grouped_by": {**told["decisions"]["grouped_by"], "n_superclasses": number},
    }


def numbers(text: str) -> list[int]:
    """Class numbers separated by commas."""
    return [int(number) for number in text.split(",")]


def pair(text: str) -> tuple[int, int]:
    """Two class numbers with a colon: move the first to the superclass of the second."""
    one, _, other = text.partition(":")
    return int(one), int(other)


def main(words: Sequence[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--number", type=int)
    parser.add_argument("--junk", type=numbers, default=[])
    parser.add_argument("--move", type=pair, action="append", default=[])
    parser.add_argument("-f", "--factor")
    asked = parser.parse_args(words)
    found = decisions(
        asked.page,
        number=asked.number,
        junk=asked.junk,
        moves=dict(asked.move),
        factor=asked.factor,
    )
    asked.file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
