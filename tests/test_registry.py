"""What is wrong with one plugin package is said by name, and the rest go on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rebalance import builtin_plugins
from rebalance.contracts import Clustering
from rebalance.errors import PluginError
from rebalance.hookspecs import HOOK_VERSION, PluginSpec, hookimpl
from rebalance.options import NoOptions
from rebalance.plugin_validation import validated
from rebalance.registry import Registry


def package(*specs: object, **more: object) -> object:
    class Module:
        @hookimpl
        def rebalance_metrics(self) -> list[object]:
            return list(specs)

    module = Module()
    for name, value in more.items():
        setattr(module, name, value)
    return module


@pytest.fixture
def registry() -> Registry:
    found = Registry(discover=False)
    found.add(builtin_plugins, package="rebalance-em", version="1")
    return found


def test_installed_built_ins_come_in_by_the_entry_point() -> None:
    found = Registry()
    assert {plugin.kind for plugin in found} == {"metric", "clustering", "strategy", "format"}
    assert found.find("metric", "frc").package == "rebalance-em"
    assert found.problems == []


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (package("no spec"), ["third-party 2.0", "not a PluginSpec"]),
        (package(REBALANCE_HOOK_VERSION=HOOK_VERSION + 1), ["third-party 2.0", "version 2"]),
        (SimpleNamespace(), ["third-party 2.0", "marked with @hookimpl", "rebalance_metrics"]),
        (package(PluginSpec("My Metric", "One.", "a:B")), ["'My Metric'", "joined by hyphens"]),
        (package(PluginSpec("mine", None, "a:B")), ["third-party 2.0", "summary", "not text"]),  # type: ignore[arg-type]
        (package(PluginSpec("frc", "One.", "a:B")), ["'frc'", "third-party", "rebalance-em"]),
    ],
)
def test_a_package_with_a_fault_is_named_and_the_rest_go_on(
    module: object, words: list[str], registry: Registry
) -> None:
    before = list(registry)
    registry.add(module, package="third-party", version="2.0")
    assert list(registry) == before
    assert len(registry.problems) == 1
    for word in words:
        assert word in registry.problems[0]


def test_a_hook_that_fails_is_named(registry: Registry) -> None:
    class Module:
        @hookimpl
        def rebalance_metrics(self) -> list[PluginSpec]:
            raise RuntimeError("out of order")

    registry.add(Module(), package="third-party", version="2.0")
    assert "out of order" in registry.problems[0]


def test_a_hook_of_another_name_is_named(registry: Registry) -> None:
    class Module:
        @hookimpl
        def rebalance_metric(self) -> list[PluginSpec]:
            return []

    registry.add(Module(), package="third-party", version="2.0")
    assert "third-party 2.0 was left out" in registry.problems[0]
    assert "rebalance_metric" in registry.problems[0]


class Stated:
    options_model = NoOptions
    returns = "affinity"
    requires: object = ()
    invariances = ()

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)

    prepare = tile = facts = lambda self: None


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"returns": "similarity"}, "returns = 'similarity', expected 'affinity' or 'distance'"),
        ({"requires": "alignment"}, "requires = 'alignment', expected a tuple"),
        ({"options_model": dict}, "options_model = <class 'dict'>, expected a subclass"),
    ],
)
def test_what_a_plugin_states_has_to_be_a_word_that_is_known(
    attributes: dict[str, object], words: str
) -> None:
    validated(Stated(), "metric", "The metric Stated")
    with pytest.raises(PluginError, match=re.escape(words)):
        validated(Stated(**attributes), "metric", "The metric Stated")


@pytest.mark.parametrize("error", [ImportError, SystemExit, SyntaxError, AttributeError])
def test_an_entry_point_that_can_not_be_imported_is_named(error: type[BaseException]) -> None:
    def load() -> object:
        raise error("no module named moon")

    found = Registry(discover=False)
    dist = SimpleNamespace(name="third-party", version="2.0")
    found._add_entry_point(SimpleNamespace(value="third_party.plugin", dist=dist, load=load))  # type: ignore[arg-type]
    assert "third-party 2.0" in found.problems[0]
    assert "no module named moon" in found.problems[0]


def test_a_plugin_that_can_not_be_loaded_names_its_package(registry: Registry) -> None:
    registry.add(package(PluginSpec("moon", "One.", "no_such:Moon")), package="third-party")
    with pytest.raises(PluginError, match="third-party"):
        registry.load("metric", "moon")


class Misspelt(Clustering):
    def clusters(self) -> None: ...


def test_a_plugin_that_lacks_a_method_is_told_which(registry: Registry) -> None:
    class Module:
        @hookimpl
        def rebalance_clusterings(self) -> list[PluginSpec]:
            return [PluginSpec("misspelt", "One.", f"{__name__}:Misspelt")]

    registry.add(Module(), package="third-party")
    with pytest.raises(PluginError, match="'misspelt' of third-party lacks cluster"):
        registry.load("clustering", "misspelt")


def test_a_name_that_is_not_there_brings_the_nearest(registry: Registry) -> None:
    with pytest.raises(PluginError, match="did you mean 'rotational-cc'"):
        registry.find("metric", "rotational-c")


MODULES = {
    "broken": ("import no_such_module\n", "importing broken failed"),
    "leaves": ("raise SystemExit(3)\n", "importing leaves failed"),
    "clash": (
        "{hook}    return [PluginSpec('frc', 'One.', 'a:B')]\n",
        "already has one of this name",
    ),
    "elder": ("REBALANCE_HOOK_VERSION = 0\n", "made for version 0 of the hooks"),
    "nothing": ("X = 1\n", "no function is marked with @hookimpl"),
    "wrong": ("{hook}    return 3\n", "its hooks failed with TypeError"),
}
HOOK = "from rebalance.hookspecs import PluginSpec, hookimpl\n@hookimpl\ndef rebalance_metrics():\n"


def test_installed_packages_with_faults_are_named_and_the_rest_go_on(tmp_path: Path) -> None:
    for name, (text, _) in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text.format(hook=HOOK))
        declared = tmp_path / f"rebalance_{name}-1.0.dist-info"
        declared.mkdir()
        (declared / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: rebalance-{name}\nVersion: 1.0\n"
        )
        (declared / "entry_points.txt").write_text(f"[rebalance]\n{name} = {name}\n")
    done = subprocess.run(
        [sys.executable, "-c", "from rebalance.cli import main; main()", "plugins"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "rotational-cc" in done.stdout
    said = " ".join((done.stdout + done.stderr).split())
    for name, (_, words) in MODULES.items():
        assert words in said
        assert f"rebalance-{name}" in said
