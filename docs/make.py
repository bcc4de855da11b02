"""Makes the outputs, pictures and tables of the documentation.

    python -m docs.make [PAGE ...]

from the root of the repository, for all pages or for those named. The commands of each page are run
in a temporary folder, and its outputs and pictures are replaced. It takes a minute or two.
"""
# ruff: noqa: T201

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from docs.tools import images, pages, tables
from docs.tools.session import Session, with_output


def main(names: list[str]) -> int:
    """Make the pages with these names, or all; the exit code."""
    chosen = [page for page in pages.pages() if not names or page.name in names]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REBALANCE_CACHE_DIR"] = str(Path(folder) / "cache")
        for page in chosen:
            print(page.relative_to(pages.ROOT))
            missing = pages.missing(page.read_text(encoding="utf-8"))
            if missing:
                print(f"  left as it is: {', '.join(missing)} not installed")
                continue
            write_tables(page)
            work = Path(folder) / "work" / "_".join(page.relative_to(pages.ROOT).parts)
            work.mkdir(parents=True)
            failed += write_outputs(page, work)
        os.chdir(pages.ROOT)
    return 1 if failed else 0


def write_tables(page: Path) -> None:
    """Write the generated parts of a page."""
    text = page.read_text(encoding="utf-8")
    wanted = {
        name: make() for name, make in tables.parts().items() if name in pages.generated(text)
    }
    if wanted:
        page.write_text(pages.with_generated(text, wanted), encoding="utf-8")


def write_outputs(page: Path, work: Path) -> int:
    """Run what a page shows, write outputs and pictures; the number of failures."""
    text = page.read_text(encoding="utf-8")
    failed, changed = 0, []
    drawn = {picture.results for picture in pages.pictures(page)}
    for block, spoken in Session(work, drawn).run_page(page):
        for one in spoken:
            if one.exit_code and not one.shown:
                failed += 1
                print(f"  line {one.line}: {one.typed}\n{one.printed}\n  exit code {one.exit_code}")
        if spoken and block.language in ("console", "pycon"):
            changed.append((block, with_output(block, spoken)))
    for block, new in reversed(changed):
        text = text[: block.start] + new + text[block.stop :]
    page.write_text(text, encoding="utf-8")
    for picture in pages.pictures(page):
        images.shrink(work / picture.source, picture.target)
        print(f"  {picture.target.name}: {picture.target.stat().st_size:,} bytes")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
