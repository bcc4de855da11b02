"""What the report page is told is what the run found, and is the same bytes each time."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.pipeline.rerun import rerun
from rebalance.report import html as page
from rebalance.report.content import content
from rebalance.report.encoding import encoded, encoded_pairs, tile_side
from rebalance.report.html import html, in_a_script, why_not_made
from rebalance.settings import RunSettings


@pytest.fixture(scope="module")
def result(simulated_job: Path, tmp_path_factory: pytest.TempPathFactory) -> rebalance.RunResult:
    folder = tmp_path_factory.mktemp("run")
    return rebalance.run(
        simulated_job, n_superclasses=5, factor="0.5", output=folder / "results", figures=False
    )


@pytest.fixture(scope="module")
def request_(simulated_job: Path) -> RunSettings:
    return RunSettings(simulated_job, n_superclasses=5, factor="0.5")


def decoded(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


def test_pairs_are_those_of_the_affinity(result: rebalance.RunResult) -> None:
    affinity = result.affinity
    assert affinity is not None
    assert affinity.alignment is not None
    shown = np.flatnonzero(~affinity.is_empty)
    told = encoded_pairs(affinity, shown)
    values = decoded(told["values"], "<u2") / 65535
    turns = decoded(told["rotation"], "<u2") * (360 / 65536)
    shifts = decoded(told["shift"], "i1").reshape(-1, 2) * told["shift_step"]
    mirrors = np.unpackbits(decoded(told["mirror"], "u1"), bitorder="little")
    at = 0
    for i, one in enumerate(shown):
        for other in shown[i + 1 :]:
            motion = affinity.alignment.pair(int(one), int(other))
            assert values[at] == pytest.approx(affinity.values[one, other], abs=1e-5)
            assert abs((turns[at] - motion.rotation + 180) % 360 - 180) < 0.003
            np.testing.assert_allclose(shifts[at], motion.shift, atol=told["shift_step"])
            assert bool(mirrors[at]) == motion.mirror
            at += 1
    assert at == len(values)


def test_every_grouping_is_told_with_its_medoids(
    result: rebalance.RunResult, request_: RunSettings
) -> None:
    told = content(request_, result)
    class_id = np.array(told["averages"]["class_id"])
    labels = decoded(told["groupings"]["labels"], "<i2").reshape(-1, len(class_id))
    counts = result.dataset.class_averages.n_particles
    for number, label, medoids in zip(
        told["groupings"]["numbers"], labels, told["groupings"]["medoids"], strict=True
    ):
        expected = rebalance.cluster(result.affinity, number, n_particles=counts)
        at = {int(c): int(k) for c, k in zip(expected.class_id, expected.label, strict=True)}
        assert [at[int(c)] for c in class_id] == label.tolist()
        assert class_id[medoids].tolist() == expected.medoid.tolist()


def test_the_same_run_gives_the_same_page(
    result: rebalance.RunResult, request_: RunSettings
) -> None:
    assert html(request_, result) == html(request_, result)


def test_a_run_with_a_page_can_be_repeated_to_the_byte(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(simulated_job.parent)
    first = rebalance.run(
        simulated_job.name,
        n_superclasses=4,
        options={"metric": {"max_shift": "5px"}, "strategy": {"quota": "proportional"}},
        output=tmp_path / "first",
    )
    assert first.folder is not None
    assert (first.folder / "report.html").is_file()
    assert rerun(first.folder).came_out == ()


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;", "\u2028", "é 粒", '"\\'])
def test_json_in_a_script_is_that_text_and_no_markup(text: str) -> None:
    written = in_a_script({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not re.search(r"[<>&\u2028\u2029]", written)


def test_no_page_is_made_of_more_averages_than_it_can_hold(
    result: rebalance.RunResult,
    simulated_job: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert why_not_made(result.superclasses) is None
    monkeypatch.setattr(page, "MOST_AVERAGES", 3)
    without = rebalance.run(simulated_job, n_superclasses=4, output=tmp_path / "out")
    assert "report.html" not in {path.name for path in without.files}
    (said,) = (note for note in without.summary["notes"] if "report.html" in note)
    assert "18 class averages are used" in said
    assert "(limit: 3)" in said
    assert without.folder is not None
    assert said in (without.folder / "report.md").read_text()
    quiet = rebalance.run(simulated_job, n_superclasses=4, output=tmp_path / "quiet", figures=False)
    assert not any("report.html" in note for note in quiet.summary["notes"])


def test_no_figures_no_page(result: rebalance.RunResult) -> None:
    assert result.folder is not None
    assert not (result.folder / "report.html").exists()


def test_the_page_asks_for_nothing(result: rebalance.RunResult, request_: RunSettings) -> None:
    text = html(request_, result)
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*""", text) == []
    assert "@import" not in text
    assert "url(" not in text


def test_tiles_are_smaller_the_more_there_are_and_never_enlarged() -> None:
    sides = [tile_side(n, 256) for n in (10, 100, 300, 900)]
    assert sides == sorted(sides, reverse=True)
    assert len(set(sides)) == 4
    assert tile_side(10, 32) == 32


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2"])
def test_encoded_numbers_are_little_endian(dtype: str, rng: np.random.Generator) -> None:
    info = np.iinfo(dtype)
    numbers = rng.integers(info.min, info.max, 50, endpoint=True)
    np.testing.assert_array_equal(decoded(encoded(numbers, dtype), f"<{dtype}"), numbers)


def test_a_scan_is_told_without_numbers_that_json_lacks(
    simulated_job: Path, tmp_path: Path
) -> None:
    found: Any = rebalance.run(
        simulated_job, n_superclasses="auto", output=tmp_path / "auto", figures=False
    )
    request = RunSettings(simulated_job, n_superclasses=found.scan.suggestion.number)
    told = content(request, found)["scan"]
    assert told["suggestion"] == found.scan.suggestion.number
    assert told["runners_up"] == list(found.scan.suggestion.runners_up)
    for name in ("silhouette", "expected", "expected_sd", "stability"):
        assert len(told[name]) == len(told["numbers"])
    json.dumps(told, allow_nan=False)
