"""The site has every page, and is made without a warning."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rebalance
from docs.tools.pages import ROOT
from docs.tools.site import first_page, python_reference

DOCS = ROOT / "docs"


def test_every_page_is_on_the_first() -> None:
    readme, contents = (
        path.read_text(encoding="utf-8") for path in (ROOT / "README.md", DOCS / "README.md")
    )
    page = first_page(readme, contents)
    listed = set(re.findall(r"<([\w/-]+)>\n", page))
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    assert listed == (pages - {"README"}) | {"reference/api"}
    assert page.startswith("# rebalance\n")
    assert "](docs/" not in page


def test_every_public_name_is_in_the_reference() -> None:
    page = python_reference()
    for name in rebalance.__all__:
        assert (f"rebalance.{name}\n" in page) is not name.startswith("_")


@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="Sphinx is not installed")
def test_the_site_is_made_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "docs.tools.site", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "rebalance.run" in (tmp_path / "site" / "reference" / "api.html").read_text()
