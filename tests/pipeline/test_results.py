"""What a run writes is true and repeatable, and its inputs are as they were."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import OptionError
from rebalance.record.summary_text import headline
from tests.pipeline.runs import class_column, content, data_star, digest, quick_run, star_rows

NOISE = 18
"""The simulated average that has an image, of noise, and no particles."""


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
    settings["pdf"] = True
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


def test_an_average_without_particles_is_not_called_empty(
    simulated_job: Path, tmp_path: Path
) -> None:
    """Empty is one that has no image; in the summary, the table, the report, and the headline."""
    shutil.copytree(simulated_job.parents[1], tmp_path / "project")
    job = tmp_path / "project" / simulated_job.parent.name / simulated_job.name
    table, at = data_star(job), class_column(data_star(job))
    rows = star_rows(table)
    (without, _), *_ = Counter(row.split()[at] for row in rows).most_common(1)
    kept = [row for row in rows if row.split()[at] != without]
    content = table.read_bytes()
    table.write_bytes(content[: content.index(rows[0])] + b"\n".join(kept) + b"\n")
    result = quick_run(job, output=tmp_path / "out")
    averages, number = result.summary["class_averages"], int(without)
    # The simulated one is noise; the other has the average of its particles.
    assert averages["without_particles"] == sorted([number, NOISE])
    assert averages["empty"]
    assert number not in averages["empty"]
    assert averages["left_out"] == []
    with (tmp_path / "out" / "superclasses.csv").open() as stream:
        status = {int(row["class_id"]): row["status"] for row in csv.DictReader(stream)}
    assert status[number] == "without particles"
    report = (tmp_path / "out" / "report.md").read_text()
    assert "empty, 2 without particles)" in report
    assert f"Without particles: {min(number, NOISE)}, {max(number, NOISE)}." in report
    assert headline(result.summary).endswith("empty, 2 without particles)")


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
    without = [number for number in range(1, 25) if count_before[number] == 0]
    assert summary["class_averages"]["empty"] == [one for one in without if one != NOISE]
    assert summary["class_averages"]["without_particles"] == [NOISE]
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
    junk = [int(members[0]) for members in whole.superclasses]
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
    with pytest.raises(OptionError, match="`junk_classes` names class 99"):
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
    assert {row["status"] for row in rows} == {"used", "empty", "without particles", "left out"}
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
