"""Each package of plugins/ comes and goes with pip: seen, used in a run, and gone again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.environment import Environment

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
VERSION = "99.0"
"""Of the copies that are installed here, to tell them from what may be installed beside."""


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


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_is_seen_used_and_gone_again(
    package: Path, environment: Environment, simulated_job: Path, tmp_path: Path
) -> None:
    copy = tmp_path / package.name
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "dist", "build"))
    project = copy / "pyproject.toml"
    text, changed = re.subn(
        r'^version = ".*"$', f'version = "{VERSION}"', project.read_text(), flags=re.MULTILINE
    )
    assert changed == 1
    project.write_text(text)

    assert listed(environment) == []
    environment.install(str(copy))
    try:
        found = listed(environment)
        assert found
        assert {plugin["package"] for plugin in found} == {package.name}
        for plugin in found:
            if plugin["kind"] == "format":
                continue
            words = [f"--{plugin['kind']}", plugin["name"], "--no-figures", "--json", "-f", "0.5"]
            if not finds_number(environment, plugin):
                words += ["-k", "4"]
            out = environment.rebalance(
                "run", str(simulated_job), *words, "-o", str(tmp_path / plugin["name"])
            )
            assert plugin["name"] in out
    finally:
        environment.uninstall(package.name)
    assert listed(environment) == []
