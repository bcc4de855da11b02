"""The street end to end: what a run writes is true, repeatable, whole, and never costs an input."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import rebalance
from rebalance.cache import AffinityCache
from rebalance.errors import InputError, OptionError, OutputError
from rebalance.hookspecs import Block
from rebalance.model import ClassAverages, ClusteringResult
from rebalance.options import NoOptions
from rebalance.plan import plan
from rebalance.request import RunRequest


class Correlation:
    """A metric of no package: plain correlation; counts the tiles it was asked for."""

    version = "1"
    options_model: ClassVar = NoOptions
    returns: ClassVar[str] = "affinity"
    requires: ClassVar[tuple[str, ...]] = ()
    invariances: ClassVar[tuple[str, ...]] = ("scale", "offset")
    tiles = 0

    def prepare(self, class_averages: ClassAverages, options: Any, device: str) -> Any:
        flat = class_averages.images.reshape(len(class_averages), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    def tile(self, features: Any, rows: range, columns: range, **_: Any) -> Block:
        type(self).tiles += 1
        values = features[rows.start : rows.stop] @ features[columns.start : columns.stop].T
        return Block(np.clip(values, 0, 1).astype(np.float32))

    def facts(self, features: Any) -> dict[str, Any]:
        return {}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    Correlation.tiles = 0


def quick_run(job: Path, **settings: Any) -> rebalance.RunResult:
    """Without figures, and with a metric that needs no compilation."""
    settings = {"metric": Correlation(), "figures": False, "n_superclasses": 5} | settings
    return rebalance.run(job, **settings)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def star_rows(path: Path) -> list[bytes]:
    """Lines of the particle loop, found with other eyes than the package's."""
    lines = path.read_bytes().split(b"\n")
    start = max(i for i, line in enumerate(lines) if line.startswith(b"_rln")) + 1
    return [line for line in lines[start:] if line.strip()]


def data_star(job: Path) -> Path:
    return next(job.glob("*_data.star"))


def test_selected_and_excluded_are_the_input_row_for_row(simulated_job: Path) -> None:
    result = quick_run(simulated_job, factor=0.5)
    assert result.folder is not None
    assert result.selection is not None
    rows = star_rows(data_star(simulated_job))
    kept = star_rows(result.folder / "particles_selected.star")
    dropped = star_rows(result.folder / "particles_excluded.star")
    assert kept == [
        row for row, stays in zip(rows, result.selection.selected, strict=True) if stays
    ]
    assert dropped == [
        row for row, stays in zip(rows, result.selection.selected, strict=True) if not stays
    ]
    assert 0 < len(kept) < len(rows)


def test_the_same_command_twice_gives_the_same_bytes(simulated_job: Path) -> None:
    """Tables, CSV, affinity, JSON summary, report, PNG and PDF; only run.json has a clock in it."""
    settings: dict[str, Any] = {"n_superclasses": 5, "factor": "0.5", "use_cache": False}
    first = rebalance.run(simulated_job, output="first/out", **settings)
    second = rebalance.run(simulated_job, output="second/out", **settings)
    assert first.folder is not None
    assert second.folder is not None
    one, two = content(first.folder), content(second.folder)
    assert one.pop("run.json") != two.pop("run.json")
    assert one == two
    assert {"affinity.npz", "superclasses.csv", "summary.json", "report.md"} <= one.keys()
    assert any(name.endswith(".png") for name in one)
    assert any(name.endswith(".pdf") for name in one)


def test_every_number_of_the_summary_is_true(simulated_job: Path) -> None:
    result = quick_run(simulated_job, factor="0.4", min_class_particles=20)
    assert result.folder is not None
    summary = json.loads((result.folder / "summary.json").read_text())
    assert summary == json.loads(json.dumps(result.summary))

    import starfile

    before = starfile.read(data_star(simulated_job))["particles"]
    after = starfile.read(result.folder / "particles_selected.star")["particles"]
    excluded = starfile.read(result.folder / "particles_excluded.star")["particles"]
    assert summary["particles"]["read"] == len(before)
    assert summary["particles"]["selected"] == len(after)
    assert summary["particles"]["excluded"] == len(excluded)
    assert sum(summary["particles"]["excluded_because"].values()) == len(excluded)

    count_before = Counter(before["rlnClassNumber"])
    count_after = Counter(after["rlnClassNumber"])
    assert summary["class_averages"]["empty"] == [
        number for number in range(1, 25) if count_before[number] == 0
    ]
    assert summary["class_averages"]["left_out"] == [
        number for number in range(1, 25) if 0 < count_before[number] < 20
    ]
    assert summary["class_averages"]["left_out"]
    seen: set[int] = set()
    for row in summary["superclasses"]:
        assert row["particles_before"] == sum(count_before[n] for n in row["class_ids"])
        assert row["particles_after"] == sum(count_after[n] for n in row["class_ids"])
        assert row["particles_after"] == min(row["particles_before"], summary["balance"]["cap"])
        assert row["medoid"] in row["class_ids"]
        assert not seen & set(row["class_ids"])
        seen |= set(row["class_ids"])
    assert len(seen) == summary["class_averages"]["used"]
    smallest = min(row["particles_before"] for row in summary["superclasses"])
    assert summary["balance"]["cap"] == smallest * 10 // 4
    assert summary["balance"]["before"]["smallest"] == smallest


def test_junk_is_grouped_with_nothing_and_has_its_own_reason(simulated_job: Path) -> None:
    whole = quick_run(simulated_job)
    junk = [int(whole.superclasses.class_id[members[0]]) for members in whole.superclasses]
    result = quick_run(simulated_job, output="without", junk_classes=junk)
    summary = result.summary
    assert summary["class_averages"]["junk"] == sorted(junk)
    assert summary["class_averages"]["left_out"] == []
    assert not set(junk) & {n for row in summary["superclasses"] for n in row["class_ids"]}
    import starfile

    excluded = starfile.read(result.folder / "particles_excluded.star")["particles"]
    assert set(excluded["rlnClassNumber"]) == set(junk)
    assert summary["particles"]["excluded_because"] == {"junk": len(excluded)}
    with (result.folder / "superclasses.csv").open(encoding="utf-8", newline="") as stream:
        status = {int(row["class_id"]): row["status"] for row in csv.DictReader(stream)}
    assert {number for number, word in status.items() if word == "junk"} == set(junk)
    report = (result.folder / "report.md").read_text(encoding="utf-8")
    assert f"{len(junk)} junk" in report
    with pytest.raises(OptionError, match="--junk-classes names class 99"):
        quick_run(simulated_job, output="none", junk_classes=[99])


def test_the_table_of_class_averages_is_true(simulated_job: Path) -> None:
    result = quick_run(simulated_job, factor="0.4", exclude_classes=[1])
    assert result.folder is not None
    assert result.selection is not None
    assert result.affinity is not None
    with (result.folder / "superclasses.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["class_id"]) for row in rows] == list(range(1, 25))
    assert [int(row["superclass"]) for row in rows] == result.superclasses.label.tolist()
    assert sum(int(row["particles_after"]) for row in rows) == result.selection.selected.sum()
    assert rows[0]["status"] == "left out"
    assert {row["status"] for row in rows} == {"used", "empty", "left out"}
    for i, row in enumerate(rows):
        if row["status"] == "used":
            medoid = int(row["medoid"]) - 1
            assert float(row["affinity_to_medoid"]) == pytest.approx(
                float(result.affinity.values[medoid, i]), abs=1e-6
            )
        else:
            assert row["medoid"] == row["affinity_to_medoid"] == ""


def test_the_motion_in_the_table_lays_an_average_onto_its_medoid(simulated_job: Path) -> None:
    from rebalance.model import Transform

    # A plain correlation of images is compared with that of rings as they are, not whitened.
    plain = {"metric": {"whitening": 0}}
    result = rebalance.run(simulated_job, n_superclasses=5, figures=False, options=plain)
    assert result.folder is not None
    averages = result.dataset.class_averages
    assert averages is not None
    with (result.folder / "superclasses.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "used"]
    disc = np.hypot(*np.indices((32, 32)) - 16) < 12
    laid, unmoved, said = [], [], []
    for row in rows:
        if row["class_id"] == row["medoid"]:
            continue
        motion = Transform(
            float(row["rotation_onto_medoid_deg"]),
            (float(row["shift_x_onto_medoid_px"]), float(row["shift_y_onto_medoid_px"])),
            row["mirror_onto_medoid"] == "1",
        )
        image = averages.images[int(row["class_id"]) - 1]
        medoid = averages.images[int(row["medoid"]) - 1]
        laid.append(np.corrcoef(motion.apply(image)[disc], medoid[disc])[0, 1])
        unmoved.append(np.corrcoef(image[disc], medoid[disc])[0, 1])
        said.append(float(row["affinity_to_medoid"]))
    assert len(laid) > 3
    # The metric compares fewer frequencies than these images have.
    assert np.mean(laid) == pytest.approx(np.mean(said), abs=0.1)
    assert np.mean(laid) > np.mean(unmoved) + 0.2


def test_another_k_and_f_ask_the_metric_for_nothing(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    asked = Correlation.tiles
    assert asked > 0
    second = quick_run(simulated_job, n_superclasses=3, factor="0.7")
    assert Correlation.tiles == asked
    assert first.folder is not None
    assert second.folder is not None
    assert (first.folder / "affinity.npz").read_bytes() == (
        second.folder / "affinity.npz"
    ).read_bytes()
    sources = [
        json.loads((result.folder / "run.json").read_text())["affinity"]["source"]
        for result in (first, second)
        if result.folder
    ]
    assert sources == ["computed", "cache"]


def test_a_cached_affinity_changes_no_byte_of_the_results(simulated_job: Path) -> None:
    settings: dict[str, Any] = {"n_superclasses": 5, "factor": "0.5", "figures": False}
    computed = rebalance.run(simulated_job, output="computed", **settings)
    cached = rebalance.run(simulated_job, output="cached", **settings)
    assert computed.folder is not None
    assert cached.folder is not None
    one, two = content(computed.folder), content(cached.folder)
    del one["run.json"], two["run.json"]
    assert one == two


def test_a_metric_without_a_version_is_not_kept(simulated_job: Path) -> None:
    class Unversioned(Correlation):
        version = ""

    quick_run(simulated_job, metric=Unversioned())
    assert AffinityCache().entries() == []


def test_a_damaged_cache_is_said_and_computed_again(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    (entry,) = AffinityCache().entries()
    entry.path.write_bytes(entry.path.read_bytes()[:-50])
    asked = Correlation.tiles
    second = quick_run(simulated_job, output="second")
    assert Correlation.tiles > asked
    assert any(str(entry.path) in warning for warning in second.summary["warnings"])
    assert first.affinity is not None
    assert second.affinity is not None
    np.testing.assert_array_equal(first.affinity.values, second.affinity.values)


def test_an_affinity_is_read_back(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    assert first.folder is not None
    asked = Correlation.tiles
    again = quick_run(
        simulated_job, affinity_file=first.folder / "affinity.npz", output="again", use_cache=False
    )
    assert Correlation.tiles == asked
    np.testing.assert_array_equal(first.superclasses.label, again.superclasses.label)


def test_an_affinity_of_other_averages_is_refused(simulated_job: Path) -> None:
    first = quick_run(simulated_job)
    assert first.folder is not None
    with np.load(first.folder / "affinity.npz") as arrays:
        changed = dict(arrays)
    changed["class_id"] = changed["class_id"] + 1
    np.savez("other.npz", **changed)
    with pytest.raises(InputError, match=r"numbers 2 to 25; the data set has 24, numbers 1 to 24"):
        quick_run(simulated_job, affinity_file="other.npz", output="x")
    changed["class_id"] = changed["class_id"] - 1
    stack = next(simulated_job.glob("*_classes.mrcs"))
    other = Path("other.mrcs")
    other.write_bytes(stack.read_bytes()[:-4] + b"\0\0\x80\x3f")
    with pytest.raises(InputError, match="the same numbers, but other images"):
        quick_run(other, affinity_file=first.folder / "affinity.npz", output="x")
    changed["is_empty"] = np.ones(24, dtype=bool)
    np.savez("other.npz", **changed)
    with pytest.raises(InputError, match="is empty in it, but not in the data set"):
        quick_run(simulated_job, affinity_file="other.npz", output="x")


def _no_comparison(*_: Any, **__: Any) -> None:
    pytest.fail("class averages were compared")


def test_a_table_alone_is_balanced_without_any_comparison(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", _no_comparison)
    table = tmp_path / "particles.star"
    table.write_bytes(data_star(simulated_job).read_bytes())
    result = rebalance.run(table, superclasses=False, factor="0.5", figures=False)
    assert result.folder is not None
    assert result.affinity is None
    assert not (result.folder / "affinity.npz").exists()
    assert result.summary["superclassification"]["by"] == "off"
    counts = Counter(row.split()[_class_column(table)] for row in star_rows(table))
    kept = Counter(
        row.split()[_class_column(table)]
        for row in star_rows(result.folder / "particles_selected.star")
    )
    cap = min(counts.values()) * 2
    assert kept == {number: min(count, cap) for number, count in counts.items()}


def _class_column(path: Path) -> int:
    labels = [line for line in path.read_text().splitlines() if line.startswith("_rlnClassNumber")]
    return int(labels[0].split("#")[1]) - 1


def test_mistakes_are_found_before_the_comparison(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", _no_comparison)
    for settings, message in (
        ({"n_superclasses": 99}, "99 superclasses can't be made of 18"),
        ({"n_superclasses": None}, "needs the number of superclasses"),
        ({"factor": "1.5"}, "factor must be a number from 0 to 1"),
        ({"factor": "nan"}, "factor must be a number from 0 to 1"),
        ({"max_size": 0}, "maximum superclass size"),
        ({"seed": -1}, "seed"),
        ({"exclude_classes": [99]}, "class 99"),
        ({"strategy": "randm"}, "did you mean 'random'"),
        ({"options": {"strategy": {"magic": 1}}}, "has no option 'magic'"),
        ({"options": {"clustering": {"linkage": "best"}}}, "clustering.linkage = best"),
        ({"labels": Path("none.csv"), "n_superclasses": None}, "no such file"),
    ):
        with pytest.raises(rebalance.RebalanceError, match=message):
            quick_run(simulated_job, **settings)
    assert list(Path().iterdir()) == []


def test_an_existing_folder_is_refused_before_anything_is_read(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_run(simulated_job, output="out")
    before = content(Path("out"))
    monkeypatch.setattr("rebalance.formats.read", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(OutputError, match="--overwrite"):
        quick_run(simulated_job, output="out")
    assert content(Path("out")) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize(
    "step",
    [
        "rebalance.engine.affinity",
        "rebalance.strategies.select",
        "rebalance.record.results.write_superclass_table",
        "rebalance.record.results.build_record",
    ],
)
def test_a_run_that_ends_early_leaves_what_was_there(
    simulated_job: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    ending: type[BaseException],
    overwrite: bool,
) -> None:
    before: dict[str, str] = {}
    if overwrite:
        quick_run(simulated_job, output="out", use_cache=False)
        before = content(Path("out"))

    def end(*_: Any, **__: Any) -> None:
        raise ending

    monkeypatch.setattr(step, end)
    with pytest.raises(ending):
        quick_run(simulated_job, output="out", overwrite=overwrite, seed=5, use_cache=False)
    assert content(Path()) == {f"out/{name}": value for name, value in before.items()}
    assert {path.name for path in Path().iterdir()} <= {"out"}


def test_overwriting_replaces_the_first_results(simulated_job: Path) -> None:
    quick_run(simulated_job, output="out", factor="0.5")
    result = quick_run(
        simulated_job, output="out", overwrite=True, superclasses=False, n_superclasses=None
    )
    assert result.folder == Path("out").absolute()
    assert not Path("out/affinity.npz").exists()
    assert set(content(Path("out"))) == {
        path.relative_to(result.folder).as_posix() for path in result.files
    } | {"run.json"}


def test_results_never_replace_the_particles_they_are_made_of(simulated_job: Path) -> None:
    quick_run(simulated_job, output="out", factor="0.5")
    with pytest.raises(OutputError, match="would replace a file that is read"):
        quick_run(
            Path("out/particles_selected.star"), superclasses=False, output="out", overwrite=True
        )


def test_inputs_are_as_they_were(simulated_job: Path) -> None:
    before = content(simulated_job)
    quick_run(simulated_job, factor="0.5", copy_templates=True)
    assert content(simulated_job) == before


def test_the_record_lists_every_file_with_its_digest(simulated_job: Path) -> None:
    result = quick_run(simulated_job, factor="0.5")
    assert result.folder is not None
    record = json.loads((result.folder / "run.json").read_text())
    listed = {entry["name"]: entry["sha256"] for entry in record["outputs"]}
    assert listed == {
        name: value for name, value in content(result.folder).items() if name != "run.json"
    }
    inputs = {Path(entry["path"]): entry for entry in record["inputs"]}
    assert data_star(simulated_job) in inputs
    for path, entry in inputs.items():
        assert entry["sha256"] == digest(path)
        assert entry["bytes"] == path.stat().st_size
    assert record["rebalance"] == rebalance.__version__
    assert record["plugins"]["clustering"]["package"] == "rebalance-em"
    assert record["request"]["options"]["clustering"]["linkage"]
    assert {"read", "affinity", "group", "select", "write"} <= record["seconds"].keys()


def test_a_persons_own_grouping_is_kept(simulated_job: Path) -> None:
    first = quick_run(simulated_job, factor="0.5")
    assert first.folder is not None
    labels = first.folder / "superclasses.csv"
    again = quick_run(
        simulated_job, labels=labels, n_superclasses=None, factor="0.5", output="again"
    )
    np.testing.assert_array_equal(first.superclasses.label, again.superclasses.label)
    assert first.selection is not None
    assert again.selection is not None
    np.testing.assert_array_equal(first.selection.selected, again.selection.selected)


def test_particles_without_an_average_are_counted_or_an_error(
    simulated_job: Path, tmp_path: Path
) -> None:
    """Averages of a Select job with all particles."""
    stack = next(simulated_job.glob("*_classes.mrcs"))
    chosen = tmp_path / "class_averages.star"
    numbers = (1, 3, 4, 8, 9)
    chosen.write_text(
        "data_\n\nloop_\n_rlnReferenceImage #1\n_rlnClassNumber #2\n"
        + "".join(f"{number:06d}@{stack} {number}\n" for number in numbers)
    )
    table = data_star(simulated_job)
    homeless = sum(
        int(row.split()[_class_column(table)]) not in numbers for row in star_rows(table)
    )
    result = quick_run(table, class_averages=chosen, n_superclasses=2)
    assert homeless > 0
    assert result.summary["particles"]["excluded_because"] == {"no such average": homeless}
    assert any(f"{homeless:,} of 1,200" in warning for warning in result.summary["warnings"])
    with pytest.raises(InputError, match=f"{homeless} particles belong to"):
        quick_run(table, class_averages=chosen, n_superclasses=2, strict=True, output="strict")


def test_a_bare_stack_has_superclasses_and_nothing_to_balance(simulated_job: Path) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    result = quick_run(stack)
    assert result.selection is None
    assert result.summary["particles"] is None
    assert len(result.superclasses) == 5
    with pytest.raises(OptionError, match="no particles to balance"):
        quick_run(stack, factor="0.5", output="x")
    with pytest.raises(OptionError, match="no particles to balance"):
        quick_run(stack, max_size=100, output="x")


def test_settings_without_effect_are_said(simulated_job: Path) -> None:
    result = quick_run(
        simulated_job, superclasses=False, n_superclasses=None, options={"metric": {}}
    )
    assert not result.summary["warnings"]
    result = rebalance.run(
        simulated_job,
        superclasses=False,
        options={"metric": {"mirror": False}},
        figures=False,
        output="x",
    )
    assert result.summary["warnings"] == [
        "The options of the metric are not used: superclassification is off."
    ]


class Alternating:
    """A clustering of no package that looks at no affinity."""

    options_model: ClassVar = NoOptions
    finds_number: ClassVar[bool] = False
    needs_affinity: ClassVar[bool] = False

    def cluster(self, affinity: Any, n_superclasses: int, *_: Any) -> ClusteringResult:
        return ClusteringResult(label=np.arange(len(affinity)) % n_superclasses)


class Singles(Alternating):
    """The same, and it says that it is superclassification off."""

    finds_number: ClassVar[bool] = True
    each_by_itself: ClassVar[bool] = True


def test_a_clustering_that_needs_no_affinity_groups_without_comparison(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebalance.engine.affinity", _no_comparison)
    settings: dict[str, Any] = {"clustering": Alternating(), "n_superclasses": 2, "factor": "1"}
    for place, more in (("a", {}), ("b", {"path": data_star(simulated_job)})):
        path = more.get("path", simulated_job)
        result = rebalance.run(path, output=place, **settings)
        assert result.affinity is None
        assert len(result.superclasses) == 2
        assert result.summary["superclassification"]["by"] == "clustering"
        assert result.selection is not None
        assert len(set(result.selection.after.tolist())) == 1
    with pytest.raises(OptionError, match="99 superclasses can't be made of"):
        rebalance.run(simulated_job, clustering=Alternating(), n_superclasses=99)
    with pytest.raises(OptionError, match="needs the number of superclasses"):
        rebalance.run(simulated_job, clustering=Alternating())
    planned = plan(RunRequest.of(simulated_job, output="c", use_cache=False, **settings))
    assert (planned.affinity_source, planned.n_pairs) == ("", 0)
    np.testing.assert_array_equal(planned.superclasses.label, result.superclasses.label)
    said = plan(
        RunRequest.of(simulated_job, output="c", options={"metric": {"mirror": False}}, **settings)
    ).warnings
    assert said[0] == (
        "The options of the metric are not used: the clustering Alternating needs no affinity."
    )


def test_a_clustering_may_say_that_it_is_superclassification_off(simulated_job: Path) -> None:
    off = quick_run(simulated_job, superclasses=False, n_superclasses=None, output="off")
    singles = quick_run(simulated_job, clustering=Singles(), n_superclasses=None, output="one")
    np.testing.assert_array_equal(off.superclasses.label, singles.superclasses.label)
    assert singles.summary["superclassification"]["by"] == "off"
    with pytest.raises(OptionError, match="K = 7"):
        quick_run(simulated_job, clustering=Singles(), n_superclasses=7, output="two")


def test_settings_without_effect_on_a_bare_stack_are_said(simulated_job: Path) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    result = quick_run(stack, min_class_particles=5, strict=True, strategy="best")
    assert (
        "--min-class-particles, --strict and --strategy have no effect: there are no particles."
        in result.summary["warnings"]
    )
    said = quick_run(stack, strict=True, output="x").summary["warnings"]
    assert "--strict has no effect: there are no particles." in said
    assert not quick_run(stack, output="y").summary["warnings"]


def test_a_plan_compares_nothing_where_there_are_no_averages(
    simulated_job: Path, tmp_path: Path
) -> None:
    table = shutil.copy(data_star(simulated_job), tmp_path / "particles.star")
    labels = tmp_path / "labels.csv"
    numbers = range(1, 31)
    labels.write_text("class_id,superclass\n" + "".join(f"{n},{n % 3}\n" for n in numbers))
    planned = plan(RunRequest.of(table, labels=labels, use_cache=False))
    assert planned.dataset.class_averages is None
    assert (planned.affinity_source, planned.n_pairs) == ("", 0)
    assert planned.superclasses is not None
    assert len(planned.superclasses) == 3


def test_a_plan_writes_nothing_and_says_the_same(simulated_job: Path) -> None:
    request = RunRequest.of(
        simulated_job,
        metric=Correlation(),
        n_superclasses=5,
        factor="0.5",
        figures=False,
    )
    planned = plan(request)
    assert planned.affinity_source == "computed"
    assert planned.n_pairs == 18 * 17 // 2
    assert planned.superclasses is None
    assert Correlation.tiles == 0
    assert AffinityCache().entries() == []
    assert list(Path().iterdir()) == []

    from rebalance.pipeline import execute

    result = execute(request)
    assert planned.folder == result.folder
    again = plan(RunRequest.of(simulated_job, **_settings(request), output="elsewhere"))
    assert again.affinity_source == "cache"
    assert again.superclasses is not None
    assert again.selection is not None
    assert result.selection is not None
    np.testing.assert_array_equal(again.superclasses.label, result.superclasses.label)
    np.testing.assert_array_equal(again.selection.selected, result.selection.selected)
    assert not Path("elsewhere").exists()


def _settings(request: RunRequest) -> dict[str, Any]:
    return {
        name: getattr(request, name) for name in ("metric", "n_superclasses", "factor", "figures")
    }
