"""`rebalance plugins` shows what is installed, and what is broken."""

from __future__ import annotations

import json
import subprocess
import sys
import types

import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.cli.plugin_names import names_of
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.registry import Registry

ENVIRONMENT = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}


def type_in(*words: str) -> Result:
    return CliRunner().invoke(app, words, env=ENVIRONMENT)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry of a process in which one package is fine and two are not."""
    found = Registry()
    good, bad = types.ModuleType("good"), types.ModuleType("bad")

    @hookimpl
    def rebalance_metrics() -> list[PluginSpec]:
        return [PluginSpec("sinogram", "Common lines.", "nowhere.at_all:Sinogram")]

    @hookimpl(specname="rebalance_clusterings")
    def breaks() -> list[PluginSpec]:
        raise RuntimeError("half installed")

    good.rebalance_metrics = rebalance_metrics  # type: ignore[attr-defined]
    bad.breaks = breaks  # type: ignore[attr-defined]
    found.add(good, package="rebalance-sinogram", version="2.1")
    found.add(bad, package="rebalance-bad", version="0.1")
    monkeypatch.setattr("rebalance.registry.registry", lambda: found)
    return found


def test_every_plugin_is_listed_with_its_package(installed: Registry) -> None:
    result = type_in("plugins")
    assert result.exit_code == 0, result.output
    for plugin in installed:
        assert plugin.name in result.stdout
    assert "rebalance-sinogram" in result.stdout


def test_a_broken_package_is_named_and_the_rest_go_on(installed: Registry) -> None:
    result = type_in("plugins")
    text = " ".join(result.output.split())
    assert "rebalance-bad 0.1 was left out" in text
    assert "half installed" in text
    assert "hierarchical" in text


def test_show_lists_the_options_with_default_unit_and_help() -> None:
    result = type_in("plugins", "show", "rotational-cc")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    for word in ("metric.max_shift", "metric.mask_diameter", "metric.mirror", "Å or px", "auto"):
        assert word in text


def test_a_name_that_is_mistyped_gets_a_suggestion() -> None:
    result = type_in("plugins", "show", "hierarchicl")
    assert result.exit_code == 2
    assert "did you mean 'hierarchical'?" in result.stderr


def test_a_plugin_that_can_not_be_loaded_is_no_bug_of_ours(installed: Registry) -> None:
    result = type_in("plugins", "show", "sinogram")
    assert result.exit_code == 2
    assert "rebalance-sinogram" in result.stderr


def test_json_has_the_schema_of_every_option() -> None:
    printed = json.loads(type_in("plugins", "--json").stdout)
    by_name = {(plugin["kind"], plugin["name"]): plugin for plugin in printed["plugins"]}
    assert by_name["clustering", "hierarchical"]["options"]["linkage"]["default"]
    assert printed["problems"] == []


def test_json_goes_on_after_a_plugin_that_can_not_be_loaded(installed: Registry) -> None:
    printed = json.loads(type_in("plugins", "--json").stdout)
    assert {plugin["name"] for plugin in printed["plugins"]} >= {"hierarchical", "relion"}
    assert any("sinogram" in problem for problem in printed["problems"])


def test_the_shell_completes_plugin_names(installed: Registry) -> None:
    assert [name for name, _ in names_of("metric")("sino")] == ["sinogram"]
    assert {name for name, _ in names_of("strategy")("")} >= {"random", "best"}


def test_options_of_one_plugin_as_a_json_schema() -> None:
    result = type_in("plugins", "show", "frc", "--json")
    assert result.exit_code == 0, result.output
    (shown,) = json.loads(result.stdout)["plugins"]
    assert (shown["kind"], shown["name"], shown["package"]) == ("metric", "frc", "rebalance-em")
    assert shown["schema"]["properties"]["max_shift"]["unit"] == "Å or px"
    (relion,) = json.loads(type_in("plugins", "show", "relion", "--json").stdout)["plugins"]
    assert relion["schema"]["properties"] == {}


def test_the_list_of_plugins_imports_no_implementation() -> None:
    code = (
        "import sys\n"
        "from rebalance.cli import main\n"
        "try:\n    main(['plugins'])\nexcept SystemExit:\n    pass\n"
        "rooms = ('rebalance.metrics', 'rebalance.clusterings', 'rebalance.strategies')\n"
        "heavy = ('numba', 'scipy', 'sklearn', 'numpy')\n"
        "print([m for m in sys.modules if m in heavy or m.startswith(rooms)], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "rotational-cc" in done.stdout
    assert done.stderr.strip().splitlines()[-1] == "[]"
