"""An affinity is known by all that made it: the metric, what it requires, and their sources."""

from __future__ import annotations

from types import ModuleType

import pytest

from rebalance.engine.requirements import lasting_version, required
from rebalance.errors import PluginError
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.registry import Registry


class Metric:
    requires: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return ()


class Base(Metric):
    pass


class Dependent(Metric):
    requires = ("base",)


class Circle(Metric):
    requires = ("circle",)


def with_metrics(version_of_base: str) -> Registry:
    found = Registry(discover=False)
    for name, implementation, version, provides in (
        ("base", "Base", version_of_base, ("alignment",)),
        ("dependent", "Dependent", "1", ()),
        ("circle", "Circle", "1", ()),
        ("other", "Base", "1", ("alignment",)),
    ):
        spec = PluginSpec(name, "One.", f"{__name__}:{implementation}", provides)
        module = ModuleType(name)
        module.rebalance_metrics = hookimpl(lambda spec=spec: [spec])  # type: ignore[attr-defined]
        found.add(module, package=f"package-{name}", version=version)
    return found


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> object:
    def use(found: Registry) -> Registry:
        monkeypatch.setattr("rebalance.engine.requirements.registry", lambda: found)
        return found

    return use


def test_version_changes_with_that_of_a_required_metric(use) -> None:  # type: ignore[no-untyped-def]
    versions = {
        lasting_version(use(with_metrics(version)).find("metric", "dependent"))
        for version in ("1", "2")
    }
    assert len(versions) == 2
    assert all("package-base" in version for version in versions)


def test_metric_that_requires_itself_is_named(use) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PluginError, match="circle → circle"):
        lasting_version(use(with_metrics("1")).find("metric", "circle"))


def test_alignment_is_of_the_first_provider_or_of_the_one_that_is_named(use) -> None:  # type: ignore[no-untyped-def]
    use(with_metrics("1"))
    assert required("alignment").name == "base"
    assert required("alignment:other").name == "other"
    assert required("dependent").name == "dependent"
