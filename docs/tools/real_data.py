"""The part of the tutorial on real data, run where the data are.

    python -m docs.tools.real_data FOLDER

FOLDER has `relion31_70s` and `slicem_ribosomes`. Commands marked with ``elsewhere=`` and the test
of this part are run in a folder with links to them. ``<!-- there: COMMAND -->`` is run but not
shown. The outputs and screenshots in the page are replaced.
"""
# ruff: noqa: T201

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from docs.tools import images, pages
from docs.tools.pages import Block
from docs.tools.photograph import FOLDER
from docs.tools.session import Session, Spoken, with_output

TEST = "tests/docs/test_real_classifications.py"
PAGE = pages.ROOT / "docs" / "tutorial.md"
DATA = ("relion31_70s", "slicem_ribosomes")

_THERE = re.compile(r"^<!-- there: (.*?) -->$", re.MULTILINE)


def blocks(text: str) -> list[Block]:
    """Blocks to run where the data are, in order."""
    found = [
        replace(block, options={})
        for block in pages.blocks(text)
        if block.options.get("elsewhere") == TEST
    ]
    for match in _THERE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block("prepare", {}, match[1], match.start(1), match.end(1), line))
    return sorted(found, key=lambda block: block.start)


def do(text: str, data: Path, work: Path) -> Iterator[tuple[Block, list[Spoken]]]:
    """Run that part of a page in a folder; each block with its outputs."""
    for name in DATA:
        (work / name).symlink_to(data / name)
    session = Session(work)
    for block in blocks(text):
        yield block, session.run(block)


def pictures(text: str) -> set[Path]:
    """Pictures of the documentation that come from this part."""
    names = re.findall(rf"{FOLDER}/page/(\S+\.png)", "\n".join(_THERE.findall(text)))
    return {PAGE.parent / "images" / name for name in names}


def photographs(work: Path) -> dict[Path, Path]:
    """Screenshots in a folder, and the pictures of the documentation to replace."""
    taken = sorted((work / FOLDER / "page").glob("*.png"))
    return {path: PAGE.parent / "images" / path.name for path in taken}


def main(words: list[str]) -> int:
    """Replace outputs and pictures; the exit code."""
    data, failed, changed = Path(words[0]).resolve(), 0, []
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REBALANCE_CACHE_DIR"] = str(Path(folder) / "cache")
        work = Path(folder) / "work"
        work.mkdir()
        for block, spoken in do(text, data, work):
            for one in spoken:
                if one.exit_code:
                    failed += 1
                    print(f"line {one.line}: {one.typed}\n{one.printed}")
            if block.language == "console":
                changed.append((block, with_output(block, spoken)))
        for source, target in photographs(work).items():
            images.shrink(source, target)
            print(f"{target.name}: {target.stat().st_size:,} bytes")
        os.chdir(pages.ROOT)
    for block, new in reversed(changed):
        text = text[: block.start] + new + text[block.stop :]
    PAGE.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
