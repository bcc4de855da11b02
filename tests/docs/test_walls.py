"""The walls that docs/architecture.md speaks of stand."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rebalance
from docs.tools.pages import ROOT
from rebalance.registry import registry

PACKAGE = ROOT / "rebalance"
ROOMS = {
    path.name.removesuffix(".py")
    for path in PACKAGE.iterdir()
    if path.name[0] not in "_." and (path.is_dir() or path.suffix == ".py")
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
        ("kernels", set()),
        ("imaging", {"kernels", "model"}),
        ("figures", {"model"}),
        ("hookspecs", {"model", "options"}),
        ("model", {"errors", "notebook"}),
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


PROMISED = {
    "rebalance",
    *(
        f"rebalance.{name}"
        for name in (
            "contracts",
            "errors",
            "hookspecs",
            "model",
            "options",
            "pairwise",
            "testing",
            "toolkit",
        )
    ),
}
"""What a plugin package may use."""

PROGRAMS = ("benchmark", "example")
"""Modules of plugin packages that are no plugins: they simulate data to run them on."""


def test_plugin_packages_use_only_what_is_promised_to_authors() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "plugins").glob("*/src/**/*.py")
        for name in imports(path) - PROMISED
        if name.partition(".")[0] == "rebalance"
        if not (path.stem in PROGRAMS and name == "rebalance.simulate")
        if name.partition(".")[2] not in rebalance._PUBLIC
    }
    assert not found


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


def test_importing_the_package_and_asking_for_help_load_nothing_heavy() -> None:
    code = (
        "import sys, rebalance.cli\n"
        "try:\n    rebalance.cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'scipy', 'sklearn', 'matplotlib', 'pandas', 'numpy.testing'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"
