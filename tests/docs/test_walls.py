"""The walls that docs/architecture.md speaks of stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rebalance
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
    "curation",
    "engine",
    "figures",
    "formats",
    "metrics",
    "pipeline",
    "record",
    "report",
    "scanning",
    "strategies",
    "views",
)

ABOVE = {"settings", "curation", "pipeline", "record", "report", "figures"}
"""What decides for a whole run; a step of it is told by arguments."""


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
        ("figures", {"arrangement", "model"}),
        ("arrangement", {"blas", "errors", "model"}),
        ("hookspecs", {"model", "options"}),
        ("model", {"display", "errors"}),
        ("point_groups", {"errors", "model"}),
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
        *[(room, ABOVE) for room in ("clusterings", "strategies", "scanning", "engine", "metrics")],
        *[
            (room, {"api", "formats"})
            for room in ("clusterings", "strategies", "scanning", "engine")
        ],
        ("clusterings", {"scanning"}),
        ("curation", {"pipeline", "report", "figures", "formats", "clusterings"}),
        ("pairwise", {"formats", "figures", "record", "report", "pipeline", "engine"}),
        ("simulate", {"formats"}),
        ("poses", {"metrics", "engine", "clusterings", "strategies", "figures", *ABOVE}),
        ("orientations", {"formats", "metrics", "clusterings", "strategies", *ABOVE}),
        ("evaluation", {"comparison", "pipeline", "report"}),
        ("comparison", {"pipeline", "report"}),
        *[(room, {"evaluation", "comparison"}) for room in THE_STREET],
        *[(room, {"cli"}) for room in sorted(ROOMS - {"cli"})],
        *[(room, {"hosts"}) for room in sorted(ROOMS - {"cli", "hosts"})],
        *[(room, {"testing"}) for room in sorted(ROOMS - {"cli", "testing"})],
    ],
)
def test_a_room_does_not_know_another(room: str, forbidden: set[str]) -> None:
    assert not neighbours(room) & forbidden


def modules() -> dict[str, Path]:
    """Every module of the package by its name, ``rebalance.model.affinity``."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported_modules(path: Path, known: Collection[str]) -> set[str]:
    """The modules among ``known`` that a file names in an import, wherever in it that stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                found.add(name if name in known else node.module)
    return found & set(known)


def test_no_two_files_import_each_other_directly_or_by_way_of_others() -> None:
    """Also inside functions and for types alone: what is understood first never needs the later."""
    known = modules()
    graph = {name: imported_modules(path, known) - {name} for name, path in known.items()}
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"in a circle: {' → '.join(reversed(error.args[1]))}")
    assert set(order) == set(known)


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


def test_point_groups_have_one_home() -> None:
    users = {path.stem for path in PACKAGE.rglob("*.py") if "create_group" in path.read_text()}
    assert users == {"point_groups"}


def test_pluggy_is_behind_the_hooks_and_the_registry() -> None:
    users = {path.stem for path in PACKAGE.rglob("*.py") if "pluggy" in imports(path)}
    assert users == {"hookspecs", "registry"}


def test_built_in_plugins_come_in_by_the_hooks() -> None:
    from rebalance import builtin_plugins

    handed_out = {
        spec.name
        for name, hook in vars(builtin_plugins).items()
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
    "hosts/cryosparc/connection.py": "the command that logs in to CryoSPARC",
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
    assert told == rebalance._PUBLIC
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
