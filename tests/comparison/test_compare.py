"""A study is run once, goes on where it was, and survives what fails in it."""

from __future__ import annotations

import csv
import errno
import fcntl
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rebalance import engine
from rebalance.comparison import compare, study_folder
from rebalance.comparison.study import parse_study
from rebalance.comparison.study_folder import CELLS, DATA
from rebalance.contracts import Clustering
from rebalance.errors import InputError, OutputError
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.model import ClusteringResult
from rebalance.registry import registry

SIMULATED = {"n_averages": 14, "n_particles": 300, "n_views": 3, "box": 24, "n_empty": 1}
STUDY = {
    "n_superclasses": [3, 4],
    "seeds": 2,
    "selections": 2,
    "data": [{"name": "tiny", "simulate": SIMULATED}],
    "clustering": [
        {"name": "hierarchical", "options": {"linkage": ["average", "ward"]}},
        {"name": "identity"},
    ],
}


def study(**changes):
    return parse_study({**STUDY, **changes})


def rows(folder: Path, name: str = "scores.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_study_gives_a_tidy_table_ranks_and_figures(tmp_path: Path) -> None:
    found = compare(study(), tmp_path / "s")
    assert found.n_cells == found.n_done == 3 * 2 * 2
    assert not found.failures
    assert all(path.is_file() for path in found.files)
    table = rows(tmp_path / "s")
    cells = {(row["data_seed"], row["method"], row["n_superclasses_asked"]) for row in table}
    assert len(cells) == 12
    assert len(table) == 12 * len({row["score"] for row in table})
    one = next(
        row
        for row in table
        if row["score"] == "share_of_oracle_gain" and row["clustering"] == "hierarchical"
    )
    assert json.loads(one["clustering_options"])["linkage"] == "average"
    assert float(one["value"])
    assert int(one["kept_low"]) < int(one["kept_high"]) <= 300
    ranks = rows(tmp_path / "s", "ranks.csv")
    shares = [row for row in ranks if row["score"] == "share_of_oracle_gain"]
    assert len(shares) == 3
    assert sum(float(row["rank"]) for row in shares) == pytest.approx(6)
    assert all(
        float(row["rank_low"]) <= float(row["rank"]) <= float(row["rank_high"]) for row in ranks
    )
    assert [row["method"] for row in ranks if row["score"] == "affinity_vs_angle"] == [
        "rotational-cc"
    ]


def test_the_scores_are_those_of_evaluate(tmp_path: Path) -> None:
    from rebalance import formats
    from rebalance.api import cluster
    from rebalance.evaluation import evaluate, read_truth

    found = compare(study(), tmp_path / "s", figures=False)
    (project,) = [
        path
        for path in (tmp_path / "s" / DATA).iterdir()
        if json.loads((path / "truth.json").read_text())["options"]["seed"] == 1
    ]
    dataset = formats.read(project / "Class2D" / "job003")
    assert dataset.class_averages is not None
    affinity = engine.affinity(dataset.class_averages, "rotational-cc")
    superclasses = cluster(
        affinity, 3, options={"linkage": "ward"}, n_particles=dataset.class_averages.n_particles
    )
    expected = evaluate(
        superclasses,
        read_truth(project),
        affinity=affinity,
        particles=dataset.particles,
        seeds=2,
        factor=0,
    )
    for row in found.rows:
        same = row["data_seed"] == 1 and row["n_superclasses_asked"] == 3
        if same and row["method"] == "hierarchical linkage=ward":
            score = expected[str(row["score"])]
            assert row["value"] == (pytest.approx(score.value) if score.is_possible else None)


def test_the_same_study_again_does_nothing_and_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(study(), tmp_path / "s")
    names = ("scores.csv", "ranks.csv", "comparison.json", "figures/ari.png")
    before = {name: (tmp_path / "s" / name).read_bytes() for name in names}
    monkeypatch.setattr(engine, "affinity", None)
    again = compare(study(), tmp_path / "s")
    assert (again.n_done, again.n_kept) == (0, 12)
    assert {name: (tmp_path / "s" / name).read_bytes() for name in names} == before


def test_a_study_that_was_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rebalance.evaluation.evaluator as evaluator

    real, calls = evaluator.evaluate, []

    def killed(*words, **more):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*words, **more)

    monkeypatch.setattr(evaluator, "evaluate", killed)
    with pytest.raises(KeyboardInterrupt):
        compare(study(), tmp_path / "s")
    done = len(list((tmp_path / "s" / CELLS).iterdir()))
    assert done >= 3
    monkeypatch.setattr(evaluator, "evaluate", real)
    found = compare(study(), tmp_path / "s")
    assert found.n_kept == done
    whole = compare(study(), tmp_path / "other")
    assert found.rows == whole.rows


@pytest.mark.parametrize(
    ("change", "done"),
    [
        ({"n_superclasses": [3, 5]}, 6),
        ({"selections": 3}, 12),
        ({"factor": 0.5}, 12),
        ({"seeds": [0, 7]}, 6),
        ({"clustering": ["spectral", *STUDY["clustering"]]}, 4),
        ({"scores": ["ami"]}, 0),
    ],
)
def test_only_what_changed_is_done(tmp_path: Path, change: dict, done: int) -> None:
    compare(study(), tmp_path / "s", figures=False)
    assert compare(study(**change), tmp_path / "s", figures=False).n_done == done


def test_a_changed_plugin_version_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rebalance.comparison import method_grid

    compare(study(), tmp_path / "s", figures=False)
    real = method_grid.plugin_facts

    def newer(kind, plugin, name):
        facts = real(kind, plugin, name)
        return facts | {"version": "99"} if name == "hierarchical" else facts

    monkeypatch.setattr(method_grid, "plugin_facts", newer)
    found = compare(study(), tmp_path / "s", figures=False)
    assert (found.n_done, found.n_kept) == (8, 4)


def test_changed_data_are_scored_anew(tmp_path: Path) -> None:
    from rebalance.simulate import simulate_class_averages, write_relion

    project = write_relion(simulate_class_averages(SIMULATED), tmp_path / "p").project
    files = study(data=[{"path": str(project / "Class2D" / "job003")}])
    assert compare(files, tmp_path / "s", figures=False).n_done == 12
    assert compare(files, tmp_path / "s", figures=False).n_done == 0
    truth = project / "truth_classes.csv"
    lines = truth.read_text().splitlines()
    truth.write_text("\n".join(lines[:-1]) + "\n")
    assert compare(files, tmp_path / "s", figures=False).n_done == 12


class Broken(Clustering):
    """A clustering that fails with a bug of its own for 4 superclasses."""

    def cluster(self, averages, n_superclasses, options, rng):
        if n_superclasses == 4:
            raise ZeroDivisionError("no luck")
        return ClusteringResult(np.arange(len(averages)) % n_superclasses)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimpleNamespace(
        rebalance_clusterings=hookimpl(
            lambda: [PluginSpec("broken", "Fails.", f"{__name__}:Broken")]
        )
    )
    installed = registry()
    monkeypatch.setattr(installed, "_plugins", dict(installed._plugins))
    installed.add(module, package="mine", version="1")


@pytest.mark.usefixtures("broken")
def test_what_fails_is_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    both = study(clustering=["hierarchical", "broken"])
    found = compare(both, tmp_path / "s", figures=False)
    assert found.n_done == 6
    (failure,) = found.failures
    assert (failure.method, failure.n_cells) == ("broken", 2)
    assert failure.error == "ZeroDivisionError: no luck"
    failed = [row for row in rows(tmp_path / "s") if row["error"]]
    assert [row["n_superclasses_asked"] for row in failed] == ["4", "4"]
    # With 4 superclasses there is no comparison; with 3 there is.
    assert found.ranks["share_of_oracle_gain"].n_left_out == 2
    assert len(found.ranks["share_of_oracle_gain"].methods) == 2
    again = compare(both, tmp_path / "s", figures=False)
    assert (again.n_kept, again.n_done, len(again.failures)) == (6, 0, 1)


def test_data_that_can_not_be_read_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    both = study(data=[*STUDY["data"], {"path": str(tmp_path / "empty")}])
    found = compare(both, tmp_path / "s", figures=False)
    assert found.n_done == 12
    assert {failure.data for failure in found.failures} == {"empty"}
    assert "is unknown" in found.failures[0].error


def test_too_many_superclasses_fail_alone(tmp_path: Path) -> None:
    found = compare(study(n_superclasses=[3, 99]), tmp_path / "s", figures=False)
    assert {failure.method for failure in found.failures} == {
        "hierarchical linkage=average",
        "hierarchical linkage=ward",
    }
    assert "99 superclasses" in found.failures[0].error


def test_the_number_of_true_groups_is_a_number_of_superclasses(tmp_path: Path) -> None:
    found = compare(study(n_superclasses="truth"), tmp_path / "s", figures=False)
    numbers = {row["n_superclasses"] for row in found.rows if row["clustering"] == "hierarchical"}
    assert numbers == {3}


def test_one_affinity_serves_all_methods(tmp_path: Path) -> None:
    compare(study(), tmp_path / "s", figures=False)
    assert len(list((tmp_path / "s" / "affinities").glob("*.npz"))) == 2


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(OutputError, match="does not belong to a study"):
        compare(study(), tmp_path)
    with pytest.raises(OutputError, match="a file, not a folder"):
        compare(study(), tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_processes_do_not_run_one_study(tmp_path: Path) -> None:
    (tmp_path / "s" / CELLS).mkdir(parents=True)
    holder = os.open(tmp_path / "s", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        with pytest.raises(OutputError, match="Another process"):
            compare(study(), tmp_path / "s")
    finally:
        os.close(holder)


def test_a_disk_without_locks_is_no_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(study_folder.fcntl, "flock", refuse)
    with study_folder.locked(tmp_path / "s"):
        assert (tmp_path / "s" / CELLS).is_dir()


def test_a_damaged_cell_is_done_again(tmp_path: Path) -> None:
    compare(study(), tmp_path / "s", figures=False)
    cell = next((tmp_path / "s" / CELLS).glob("*.json"))
    cell.write_text('{"scores": [')
    assert compare(study(), tmp_path / "s", figures=False).n_done == 1


def test_a_study_without_a_file_has_paths_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = compare(study(data=[{"path": "nowhere"}]), figures=False)
    assert found.folder == Path("comparison")
    assert str(tmp_path / "nowhere") in found.failures[0].error
    assert found.ranks["ari"].methods == found.ranks["ari"].data_sets == ()
    with pytest.raises(InputError):
        compare("nowhere.toml")
