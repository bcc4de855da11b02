"""Each package of plugins/ comes and goes with pip: seen, used in a run, and gone again."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from tests.environment import Environment

ROOT = Path(__file__).parents[1]
ALL = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
VERSION = "99.0"
"""Of the copies that are installed here, to tell them from what may be installed beside."""


def project_of(package: Path) -> dict[str, Any]:
    """What a package says of itself."""
    content = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(content["project"])


PACKAGES = [path for path in ALL if "rebalance" in project_of(path)["entry-points"]]
GUESTS = [path for path in ALL if path not in PACKAGES]
"""Jobs for other programs, which find them by entry points of their own."""


def skip_without_dependencies(package: Path) -> None:
    """Offline, a package can be installed only beside what it needs."""
    names = [re.match(r"[\w.-]+", need) for need in project_of(package)["dependencies"]]
    missing = []
    for name in (match[0] for match in names if match):
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        pytest.skip(f"{package.name} needs {', '.join(missing)}, not installed here")


def example_of(name: str, folder: Path) -> Path:
    """A small file of a format of rebalance-eman, by the functions that its own tests use."""
    spec = spec_from_file_location("stacks", ROOT / "plugins/rebalance-eman/tests/stacks.py")
    assert spec is not None
    assert spec.loader is not None
    stacks = module_from_spec(spec)
    spec.loader.exec_module(stacks)
    images = stacks.some_images(6, 24)
    if name == "eman":
        return Path(stacks.write_eman(folder / "classes.hdf", images))
    return Path(stacks.write_imagic(folder / "classes", images)[0])


def listed(environment: Environment) -> list[dict[str, Any]]:
    """The plugins of the copies, as `rebalance plugins --json` lists them."""
    content = json.loads(environment.rebalance("plugins", "--json"))
    return [plugin for plugin in content["plugins"] if plugin["version"] == VERSION]


def finds_number(environment: Environment, plugin: dict[str, Any]) -> bool:
    """Whether it is a clustering that is not to be told how many superclasses to make."""
    code = f"registry().load({plugin['kind']!r}, {plugin['name']!r})"
    out = environment.run(
        "-c",
        f"from rebalance.registry import registry; print(getattr({code}, 'finds_number', False))",
    )
    return out.split()[-1] == "True"


def copy_of(package: Path, folder: Path) -> Path:
    """A package to install here, of another version than any that is installed."""
    skip_without_dependencies(package)
    copy = folder / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "dist", "build"))
    project = copy / "pyproject.toml"
    text, changed = re.subn(
        r'^version = ".*"$', f'version = "{VERSION}"', project.read_text(), flags=re.MULTILINE
    )
    assert changed == 1
    project.write_text(text)
    return copy


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_is_seen_used_and_gone_again(
    package: Path, environment: Environment, simulated_job: Path, tmp_path: Path
) -> None:
    copy = copy_of(package, tmp_path)

    assert listed(environment) == []
    environment.install(str(copy))
    try:
        found = listed(environment)
        assert found
        assert {plugin["package"] for plugin in found} == {package.name}
        for plugin in found:
            job, words = simulated_job, ["--no-figures", "--json"]
            if plugin["kind"] == "format":
                job = example_of(plugin["name"], tmp_path)
            else:
                words += [f"--{plugin['kind']}", plugin["name"], "-f", "0.5"]
            if not finds_number(environment, plugin):
                words += ["-k", "4"]
            out = environment.rebalance(
                "run", str(job), *words, "-o", str(tmp_path / plugin["name"])
            )
            assert plugin["name"] in out
    finally:
        environment.uninstall(package.name)
    assert listed(environment) == []


@pytest.mark.parametrize("package", GUESTS, ids=lambda path: path.name)
def test_a_guest_of_another_program_is_found_there_once_it_is_installed(
    package: Path, environment: Environment, tmp_path: Path
) -> None:
    groups = project_of(package)["entry-points"]
    environment.install(str(copy_of(package, tmp_path)))
    try:
        out = environment.run(
            "-c",
            "from importlib.metadata import distribution\n"
            f"found = distribution({package.name!r})\n"
            "print(found.version, *(point.name for point in found.entry_points if point.load()))",
        )
        version, *names = out.split()
        assert version == VERSION
        assert set(names) == {name for group in groups.values() for name in group}
    finally:
        environment.uninstall(package.name)
