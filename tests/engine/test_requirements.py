"""An affinity is known by all that made it: the metric, what it requires, and their sources."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from rebalance.engine.requirements import all_reads, lasting_version, required
from rebalance.errors import PluginError
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.options import NoOptions, Options, option
from rebalance.registry import Registered, Registry


class NameOptions(Options):
    name: str = option("base", "A metric.")


class Metric:
    returns = "affinity"
    requires: tuple[str, ...] = ()
    options_model: type[Options] = NoOptions

    def requirements(self, options: Options) -> tuple[str, ...]:
        return self.requires

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


class Named(Metric):
    """Requires the metric that its options name."""

    options_model = NameOptions

    def requirements(self, options: NameOptions) -> tuple[str, ...]:  # type: ignore[override]
        return (options.name,)


class Counting(Metric):
    reads = ("n_particles",)


def with_metrics(version_of_base: str) -> Registry:
    found = Registry(discover=False)
    for name, implementation, version, provides in (
        ("base", "Base", version_of_base, ("alignment",)),
        ("dependent", "Dependent", "1", ()),
        ("circle", "Circle", "1", ()),
        ("named", "Named", "1", ()),
        ("counting", "Counting", "1", ()),
        ("rotational-cc", "Base", "1", ("alignment",)),
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
        lasting_version(use(with_metrics(version)).find("metric", "dependent"), NoOptions())
        for version in ("1", "2")
    }
    assert len(versions) == 2
    assert all("package-base" in version for version in versions)


def test_metric_that_requires_itself_is_named(use) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PluginError, match="circle → circle"):
        lasting_version(use(with_metrics("1")).find("metric", "circle"), NoOptions())


def test_alignment_is_of_the_default_or_of_the_one_that_is_named(use) -> None:  # type: ignore[no-untyped-def]
    use(with_metrics("1"))
    # Not the first that provides one: what else is installed must change no result.
    assert required("alignment").name == "rotational-cc"
    assert required("alignment:other").name == "other"
    assert required("dependent").name == "dependent"
    with pytest.raises(PluginError, match="'counting' provides no alignment") as error:
        required("alignment:counting")
    assert "base, rotational-cc, other" in str(error.value)


def test_without_the_default_the_alignment_is_asked_for_by_name(use) -> None:  # type: ignore[no-untyped-def]
    use(Registry(discover=False))
    with pytest.raises(PluginError, match="no metric 'rotational-cc'"):
        required("alignment")


def test_options_may_decide_what_is_required(use) -> None:  # type: ignore[no-untyped-def]
    plugin = use(with_metrics("1")).find("metric", "named")
    assert "package-base" in lasting_version(plugin, NameOptions())
    assert "package-counting" in lasting_version(plugin, NameOptions(name="counting"))
    with pytest.raises(PluginError, match="named → named"):
        lasting_version(plugin, NameOptions(name="named"))


def test_an_affinity_is_known_by_what_required_metrics_read(use) -> None:  # type: ignore[no-untyped-def]
    metric = use(with_metrics("1")).find("metric", "named").load()
    assert all_reads(metric, NameOptions()) == ()
    assert all_reads(metric, NameOptions(name="counting")) == ("n_particles",)


def test_an_edited_helper_of_the_same_version_makes_another_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "edited_metric"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "metric.py").write_text(f"from {__name__} import Base\nclass Mine(Base): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugin = Registered(
        "metric", PluginSpec("mine", "Mine.", "edited_metric.metric:Mine"), "edited", "1"
    )
    versions = set()
    for factor in (0.25, 0.75):
        (package / "helper.py").write_text(f"FACTOR = {factor}\n")
        versions.add(lasting_version(plugin, NoOptions()))
    assert len(versions) == 2
