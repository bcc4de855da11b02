"""The walls that docs/architecture.md speaks of stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.tools.pages import ROOT
from rebalance.registry import registry

PACKAGE = ROOT / "rebalance"
ROOMS = {
    path.stem
    for path in PACKAGE.iterdir()
    if (path.is_dir() or path.suffix == ".py") and path.name[0] not in "_."
}

THE_STREET = (
    "clusterings",
    "engine",
    "figures",
    "formats",
    "metrics",
    "pipeline",
    "record",
    "report",
    "strategies",
)


def imports(path: Path) -> set[str]:
    """Top modules that a file imports, those of this package by room: ``rebalance.model``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names}
            found |= {f"{node.module}.{n}" for n in names} if node.module == "rebalance" else set()
            found.add(node.module)
    return {".".join(name.split(".")[: 2 if name.startswith("rebalance") else 1]) for name in found}


def neighbours(room: str) -> set[str]:
    """Other rooms that a room imports."""
    place = PACKAGE / room
    files = place.rglob("*.py") if place.is_dir() else [PACKAGE / f"{room}.py"]
    names = {name for path in files for name in imports(path)}
    rooms = {name.partition(".")[2] for name in names if name.startswith("rebalance.")}
    return (rooms & ROOMS) - {room}


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        # Where the user keeps compiled functions is no business of a kernel, but of its compiler.
        ("kernels", {"cache_folder"}),
        ("imaging", {"kernels", "model"}),
        ("figures", {"model"}),
        ("hookspecs", {"model", "options"}),
        ("model", {"display", "errors"}),
        ("display", set()),
        ("errors", set()),
    ],
)
def test_a_room_imports_no_more_than_it_may(room: str, allowed: set[str]) -> None:
    assert neighbours(room) <= allowed


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("formats", {"metrics", "engine", "clusterings", "strategies", "figures", "pipeline"}),
        ("metrics", {"formats", "figures", "record", "report", "pipeline"}),
        ("clusterings", {"formats", "figures", "record", "report", "pipeline", "engine"}),
        ("strategies", {"formats", "figures", "record", "report", "pipeline", "engine"}),
        ("pairwise", {"formats", "figures", "record", "report", "pipeline", "engine"}),
        ("simulate", {"formats"}),
        ("evaluation", {"comparison", "pipeline", "report"}),
        ("comparison", {"pipeline", "report"}),
        *[(room, {"evaluation", "comparison"}) for room in THE_STREET],
        *[(room, {"cli"}) for room in sorted(ROOMS - {"cli"})],
        *[(room, {"testing"}) for room in sorted(ROOMS - {"cli", "testing"})],
    ],
)
def test_a_room_does_not_know_another(room: str, forbidden: set[str]) -> None:
    assert not neighbours(room) & forbidden


def names_of(path: Path) -> set[str]:
    """Everything that a file may import from: ``a.b.c`` for ``from a.b import c``, and ``a.b``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("room", ["formats", "simulate"])
def test_no_modules_of_a_room_import_each_other_in_a_circle(room: str) -> None:
    """Neither at the top, nor in a function, nor for types alone."""
    files = {f"rebalance.{room}.{path.stem}": path for path in (PACKAGE / room).glob("[!_]*.py")}
    left = {module: names_of(path) & set(files) for module, path in files.items()}
    while free := {module for module, needed in left.items() if not needed & set(left)}:
        left = {module: needed for module, needed in left.items() if module not in free}
    assert not left


def test_pluggy_is_behind_the_hooks_and_the_registry() -> None:
    users = {path.stem for path in PACKAGE.rglob("*.py") if "pluggy" in imports(path)}
    assert users == {"hookspecs", "registry"}


def test_built_in_plugins_come_in_by_the_hooks() -> None:
    from rebalance import builtins

    handed_out = {
        spec.name
        for name, hook in vars(builtins).items()
        if name.startswith("rebalance_")
        for spec in hook()
    }
    installed = {p.name for p in registry() if p.package == "rebalance-em"}
    assert installed == handed_out


_FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[kfoq](?= \S|$))")
_MAY_NAME_FLAGS = {
    "cli": "what is typed",
    "settings": "where flags are declared",
    "scaffold": "commands to type, and pages of the package that is written",
    "simulate/relion_tables.py": "the command of RELION that a job names",
    "simulate/map_file.py": "a program of RELION",
    "formats/star_file.py": "a program of RELION",
    "formats/inspection.py": "the command to type next",
    "engine/dask_executor.py": "the command of Dask",
}


def texts(path: Path) -> list[str]:
    """Texts of a file that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]


def test_messages_name_settings_and_no_flags() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in _MAY_NAME_FLAGS
        and path.relative_to(PACKAGE).as_posix() not in _MAY_NAME_FLAGS
        for text in texts(path)
        if _FLAG.search(text)
    }
    assert found == set()


def test_type_checkers_are_told_of_every_public_name() -> None:
    import rebalance

    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    told = {
        alias.asname: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == rebalance._FROM
    assert set(rebalance.__all__) == {*told, "__version__"}
    assert all(getattr(rebalance, name).__name__ == name for name in told)


def test_importing_the_package_and_asking_for_help_load_nothing_heavy() -> None:
    code = (
        "import sys, rebalance.cli\n"
        "try:\n    rebalance.cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'scipy', 'sklearn', 'matplotlib', 'pandas', 'starfile',"
        " 'numpy.testing'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"


def test_importing_the_package_loads_no_library_and_nothing_that_draws() -> None:
    code = (
        "import sys, rebalance\n"
        "print(sorted({'numpy', 'pandas', 'matplotlib'} & set(sys.modules)))\n"
        "import rebalance.model\n"
        "drawing = {'matplotlib', 'pandas', 'rebalance.notebook', 'rebalance.figures'}\n"
        "print(sorted(drawing & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["[]", "[]"]
