"""The documentation as a site, with search and a reference of the Python names.

    pip install -e '.[site]'
    python -m docs.tools.site OUT

The pages are also read on a code host, so they use nothing that only Sphinx knows. What a site
needs in addition is put into a copy.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import rebalance
from docs.tools.pages import ROOT

STEPS = ("run", "read", "affinity", "find_views", "cluster", "scan", "select")
"""Public functions in the order in which they are called; others follow."""

CONFIGURATION = r'''
project = "rebalance"
author = "The rebalance developers"
copyright = author
version = release = {version!r}
extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc", "sphinx_copybutton",
]
root_doc = "index"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "rebalance"
html_show_sphinx = False
html_last_updated_fmt = None
html_static_path = ["static"]
html_css_files = ["style.css"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False


def setup(app):
    """Keep the stars of file names and of SCF* in docstrings as stars."""
    import re

    def escape(app, what, name, thing, options, lines):
        lines[:] = [re.sub(r"(?<![*\w`])[*](?=_)|(?<=SCF)[*]", r"\*", line) for line in lines]

    app.connect("autodoc-process-docstring", escape)
'''


STYLE = """
p code.literal, li code.literal { display: inline-block; max-width: 100%; }
table.docutils { margin-left: 0; width: 100%; }
table.docutils th { text-align: left; }
table.docutils td { vertical-align: top; }
table.docutils td:first-child code { white-space: nowrap; }
"""
"""Tables of one width; options are not broken at a hyphen."""


def source(folder: Path) -> None:
    """The pages as Sphinx takes them.

    Parameters
    ----------
    folder : Path
        Must not exist.
    """
    docs = ROOT / "docs"
    shutil.copytree(docs, folder, ignore=shutil.ignore_patterns("tools", "*.py", "__pycache__"))
    (folder / "conf.py").write_text(
        CONFIGURATION.replace("{version!r}", repr(rebalance.__version__))
    )
    (folder / "static").mkdir()
    (folder / "static" / "style.css").write_text(STYLE)
    (folder / "README.md").unlink()
    index = first_page(
        (ROOT / "README.md").read_text(encoding="utf-8"),
        (docs / "README.md").read_text(encoding="utf-8"),
    )
    (folder / "index.md").write_text(index, encoding="utf-8")
    (folder / "reference" / "api.rst").write_text(python_reference(), encoding="utf-8")


def first_page(readme: str, contents: str) -> str:
    """What the program does, and a list of all pages, also for the side bar.

    Parameters
    ----------
    readme, contents : str
        The first pages of the repository and of ``docs``.
    """
    start = readme.partition("## ")[0].replace("](docs/", "](")
    contents = contents.partition("## Writing a page")[0].removeprefix("# Documentation\n")
    trees = []
    for part in contents.split("\n**")[1:]:
        caption, _, entries = part.partition("**")
        pages = re.findall(r"\[(.+?)\]\(([\w/-]+)\.md\)", entries)
        if caption.startswith("Look"):
            pages.insert(1, ("Python", "reference/api"))
        listed = "\n".join(f"{title} <{page}>" for title, page in pages)
        trees.append(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n")
    return "\n".join([start, contents, *trees])


def python_reference() -> str:
    """Every public name of the package, with its docstring."""
    public = [name for name in rebalance.__all__ if not name.startswith("_")]
    functions = [name for name in public if name[0].islower()]
    ordered = [*STEPS, *(name for name in functions if name not in STEPS)]
    lines = ["Python", "======", "", "What ``import rebalance`` offers.", ""]
    for name in ordered:
        lines += [f".. autofunction:: rebalance.{name}", ""]
    for name in sorted(set(public) - set(functions)):
        lines += [f".. autoclass:: rebalance.{name}", "   :members:", ""]
    return "\n".join(lines)


def main() -> int:
    """Build the site; warnings are errors."""
    from sphinx.cmd.build import main as build

    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "docs"
        source(pages)
        return int(build(["-q", "-W", "--keep-going", "-b", "html", str(pages), *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
