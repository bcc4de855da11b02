"""Where nobody names a clustering, the metric's advice is followed, and that is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.contracts import Advice
from rebalance.errors import OptionError
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.pipeline.dry_run import plan
from rebalance.pipeline.rerun import rerun
from rebalance.pipeline.scan_job import execute_scan
from rebalance.registry import Registry, registry
from rebalance.settings import RunSettings
from tests.pipeline.runs import Correlation

from .affinities import affinity, groups_of

SPECTRAL = Advice("spectral", {"power": 1.0})
NOTE = "Clustering: spectral (power=1.0), the default for the metric {}"


class Advising(Correlation):
    """A metric that says which clustering suits it."""

    name = "advising"
    given: Advice | None = SPECTRAL

    def advice(self, options: Any) -> Advice | None:
        return self.given


class WhereSure(Advising):
    """Its advice holds where its affinity says so."""

    name = "where-sure"
    given = replace(SPECTRAL, where="is_sure")

    def __init__(self, *, is_sure: bool = True) -> None:
        self.is_sure = is_sure

    def facts(self, features: Any) -> dict[str, Any]:
        return {"is_sure": self.is_sure}


class FindsNumber(Advising):
    name = "finds-number"
    given = Advice("identity")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The registry, with advising metrics beside what is installed."""
    found = Registry()
    specs = [
        PluginSpec("advising", "One.", f"{__name__}:Advising"),
        PluginSpec("where-sure", "One.", f"{__name__}:WhereSure"),
        PluginSpec("finds-number", "One.", f"{__name__}:FindsNumber"),
    ]
    module = ModuleType("advising")
    module.rebalance_metrics = hookimpl(lambda: specs)  # type: ignore[attr-defined]
    found.add(module, package="advising", version="1")
    for place in ("rebalance.registry", "rebalance.record.run_record"):
        monkeypatch.setattr(f"{place}.registry", lambda: found)
    return found


def test_the_advice_of_the_metric_of_an_affinity_is_followed_and_said(
    installed: Registry, rng: np.random.Generator
) -> None:
    of = replace(affinity(groups_of([5, 4, 3], rng)[0]), metric="advising")
    advised = rebalance.cluster(of, 3)
    named = rebalance.cluster(of, 3, clustering="spectral", options={"power": 1.0})
    assert (advised.clustering, advised.options) == ("spectral", named.options)
    assert advised.options["power"] == 1.0
    np.testing.assert_array_equal(advised.label, named.label)
    assert advised.notes[0].startswith(NOTE.format("advising"))
    assert rebalance.scan(of, [2, 3]).clustering == "spectral"
    assert rebalance.cluster(of, "auto").clustering == "spectral"
    # What a person names goes before it.
    assert rebalance.cluster(of, 3, clustering="hierarchical").clustering == "hierarchical"
    options = {"linkage": "average"}
    assert rebalance.cluster(of, 3, options=options).clustering == "hierarchical"


def test_a_clustering_that_finds_the_number_is_not_advised_where_numbers_are_tried(
    installed: Registry, rng: np.random.Generator
) -> None:
    of = replace(affinity(groups_of([5, 4, 3], rng)[0]), metric="finds-number")
    assert rebalance.cluster(of).clustering == "identity"
    assert rebalance.cluster(of, "auto").clustering == "hierarchical"
    assert rebalance.scan(of, [2, 3]).clustering == "hierarchical"


@pytest.mark.parametrize("metric", ["", "gone", "rotational-cc"])
def test_without_advice_the_clustering_is_the_default(
    metric: str, rng: np.random.Generator
) -> None:
    of = replace(affinity(groups_of([5, 4, 3], rng)[0]), metric=metric, options={"was": "gone"})
    found = rebalance.cluster(of, 3)
    assert found.clustering == "hierarchical"
    assert not found.notes


@pytest.mark.parametrize("facts", [{}, {"is_sure": False}, {"is_sure": "True"}])
def test_advice_holds_only_where_the_affinity_bears_it_out(
    facts: dict[str, Any], installed: Registry, rng: np.random.Generator
) -> None:
    of = replace(affinity(groups_of([5, 4, 3], rng)[0]), metric="where-sure")
    usual = rebalance.cluster(replace(of, metric=""), 3)
    shut = rebalance.cluster(replace(of, facts=facts), 3)
    assert (shut.clustering, shut.options) == ("hierarchical", usual.options)
    np.testing.assert_array_equal(shut.label, usual.label)
    assert not [note for note in shut.notes if "the default for" in note]
    assert rebalance.scan(replace(of, facts=facts), [2, 3]).clustering == "hierarchical"
    sure = replace(of, facts={"is_sure": True})
    followed = rebalance.cluster(sure, 3)
    assert followed.clustering == "spectral"
    assert followed.notes[0].startswith(NOTE.format("where-sure"))
    assert rebalance.scan(sure, [2, 3]).clustering == "spectral"
    assert rebalance.cluster(sure, 3, clustering="hierarchical").clustering == "hierarchical"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


def test_a_run_follows_the_advice_and_records_what_it_did(simulated_job: Path) -> None:
    settings = {"metric": Advising(), "n_superclasses": 3, "figures": False}
    result = rebalance.run(simulated_job, output="advised", **settings)
    named = rebalance.run(
        simulated_job,
        output="named",
        clustering="spectral",
        options={"clustering": {"power": 1.0}},
        **settings,
    )
    assert result.superclasses.clustering == "spectral"
    np.testing.assert_array_equal(result.superclasses.label, named.superclasses.label)
    said = [note for note in result.summary["notes"] if NOTE.format("")[:20] in note]
    assert len(said) == 1
    assert not [note for note in named.summary["notes"] if "the default for" in note]
    one, other = (Path(name, "run.json").read_text() for name in ("advised", "named"))
    for line in ('"clustering": "spectral"', '"power": 1.0'):
        assert line in one
        assert line in other
    planned = plan(RunSettings(simulated_job, output="planned", **settings))
    assert planned.settings.clustering == "spectral"
    assert [note for note in planned.notes if "the default for" in note] == said


def test_a_run_without_a_comparison_asks_the_metric_of_the_affinity_file(
    simulated_job: Path, installed: Registry
) -> None:
    settings = {"n_superclasses": 3, "figures": False}
    first = rebalance.run(simulated_job, metric="advising", output="first", **settings)
    given = {"affinity_file": "first/affinity.npz", "output": "again"}
    again = rebalance.run(simulated_job, **given, **settings)
    assert again.superclasses.clustering == "spectral"
    np.testing.assert_array_equal(first.superclasses.label, again.superclasses.label)
    assert any("the default for the metric advising" in note for note in again.summary["notes"])


def test_labels_and_superclassification_off_need_no_advice(simulated_job: Path) -> None:
    result = rebalance.run(simulated_job, metric=Advising(), superclasses=False, figures=False)
    assert result.superclasses.clustering == "identity"
    assert not [note for note in result.summary["notes"] if "the default for" in note]


def test_a_scan_job_follows_the_advice_too(simulated_job: Path) -> None:
    settings = RunSettings(simulated_job, metric=Advising(), n_superclasses="auto")
    found = execute_scan(settings, [2, 3])
    assert found.scan.clustering == "spectral"
    assert any("the default for" in note for note in found.content["notes"])


def test_nothing_is_asked_for_that_the_number_does_not_need(simulated_job: Path) -> None:
    with pytest.raises(OptionError, match="spectral needs the number"):
        rebalance.run(simulated_job, metric=Advising())
    assert registry().find("metric", "rotational-cc").load().advice(None) is None


@pytest.mark.parametrize("is_sure", [True, False])
def test_a_run_a_scan_and_a_rerun_see_where_the_advice_holds(
    simulated_job: Path, installed: Registry, monkeypatch: pytest.MonkeyPatch, is_sure: bool
) -> None:
    monkeypatch.setattr(WhereSure, "facts", lambda *_: {"is_sure": is_sure})
    settings = {"metric": "where-sure", "n_superclasses": 3, "figures": False}
    expected = "spectral" if is_sure else "hierarchical"
    before = plan(RunSettings(simulated_job, output="planned", **settings))
    # Without the affinity nobody knows whether it holds.
    assert before.settings.clustering == "hierarchical"
    assert not [note for note in before.notes if "the default for" in note]

    result = rebalance.run(simulated_job, output="first", **settings)
    assert result.superclasses.clustering == expected
    said = [note for note in result.summary["notes"] if "the default for" in note]
    assert len(said) == is_sure
    record = json.loads(Path("first/run.json").read_text())
    assert record.get("clustering_advised", False) == is_sure
    assert record["request"]["clustering"] == expected

    planned = plan(RunSettings(simulated_job, output="planned", **settings))
    assert planned.affinity_source == "cache"
    assert planned.settings.clustering == expected
    assert [note for note in planned.notes if "the default for" in note] == said
    scanned = execute_scan(
        RunSettings(simulated_job, metric="where-sure", n_superclasses="auto"), [2, 3]
    )
    assert scanned.scan.clustering == expected

    again = rerun(Path("first"))
    assert again.came_out == ()
    assert [note for note in again.result.summary["notes"] if "the default for" in note] == said

    settings |= {"clustering": "hierarchical", "options": ["clustering.linkage=ward"]}
    named = rebalance.run(simulated_job, output="named", **settings).superclasses
    assert (named.clustering, named.options["linkage"]) == ("hierarchical", "ward")


@pytest.mark.parametrize("is_sure", [True, False])
def test_an_affinity_from_a_file_says_whether_the_advice_holds(
    simulated_job: Path, installed: Registry, monkeypatch: pytest.MonkeyPatch, is_sure: bool
) -> None:
    monkeypatch.setattr(WhereSure, "facts", lambda *_: {"is_sure": is_sure})
    settings = {"n_superclasses": 3, "figures": False}
    rebalance.run(simulated_job, metric="where-sure", output="first", **settings)
    again = rebalance.run(
        simulated_job, affinity_file="first/affinity.npz", output="again", **settings
    )
    assert again.superclasses.clustering == ("spectral" if is_sure else "hierarchical")


def test_an_instance_is_asked_as_one_that_is_installed(simulated_job: Path) -> None:
    for is_sure, expected in ((True, "spectral"), (False, "hierarchical")):
        result = rebalance.run(
            simulated_job,
            metric=WhereSure(is_sure=is_sure),
            n_superclasses=3,
            figures=False,
            use_cache=False,
            output=expected,
        )
        assert result.superclasses.clustering == expected
