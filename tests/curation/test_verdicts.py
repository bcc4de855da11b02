"""One verdict for each average, from all that is said of it; and what files of verdicts say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from rebalance import formats
from rebalance.cli import app
from rebalance.curation.evidence import of_verdicts, of_views
from rebalance.curation.junk import score
from rebalance.errors import InputError
from rebalance.formats.verdicts import read_verdicts
from rebalance.model import Affinity, AverageQuality, ClassAverages, Evidence
from rebalance.simulate import simulate_class_averages, write_relion, write_relion_selection
from tests.made_up_views import carrying, made_up_views

N = 6


def quality(*evidence: Evidence, is_scored: Sequence[bool] | None = None) -> AverageQuality:
    judged = np.ones(N, dtype=np.bool_) if is_scored is None else np.array(is_scored)
    return AverageQuality(np.arange(1, N + 1), judged, {}, {}, evidence)


def against(source: str, *numbers: int, **known: Any) -> Evidence:
    words = tuple((f"{source} says no",) if n in numbers else () for n in range(1, N + 1))
    return Evidence(source, words, **known)


def test_any_source_names_an_average_and_all_reasons_are_given() -> None:
    found = quality(against("picture", 2, 3), against("views", 3, 5))
    assert found.suspects == (2, 3, 5)
    assert found.reasons_of(3) == ("picture says no", "views says no")
    assert found.because() == {"picture": 2, "views": 1}


def test_what_is_not_enough_names_nobody_and_is_said_of_those_that_others_name() -> None:
    alone = against("isolation", 1, 2, names=False)
    few = against("few particles", 1, 2, names=False)
    assert quality(alone, few).suspects == ()
    found = quality(alone, few, against("picture", 2))
    assert found.suspects == (2,)
    assert found.reasons_of(2) == ("picture says no", "isolation says no", "few particles says no")
    assert found.reasons_of(1) == ()


def test_who_is_vouched_for_is_not_named_by_a_measurement_but_is_by_another_verdict() -> None:
    good = np.array([True, True, True, False, False, False])
    ranker = against("ranker", 4, clears=good, is_measured=False)
    found = quality(ranker, against("picture", 1, 5))
    assert found.suspects == (4, 5)
    other = against("Select", 2, is_measured=False)
    assert quality(ranker, other).suspects == (2, 4)


def test_empties_and_those_left_out_have_no_verdict() -> None:
    found = quality(against("picture", 1, 2), is_scored=[False, True, True, True, True, True])
    assert found.suspects == (2,)


def affinity_with_views(fit: list[float], misfit: list[bool], *, trusted: bool) -> Affinity:
    found = replace(
        made_up_views(N, np.random.default_rng(1), trusted=trusted),
        fit=np.array(fit),
        is_misfit=np.array(misfit),
    )
    plain = Affinity(np.eye(N, dtype=np.float32), found.class_id, np.zeros(N, dtype=np.bool_))
    return carrying(plain, found)


FIT, MISFIT = [0.8, 0.8, 0.3, 0.9, 0.8, 0.4], [False, False, True, False, False, True]


AGAINST = np.array([0.0, 0.9, 0.4, 0.0, 0.0, 0.1])


def test_a_bad_fit_names_what_its_picture_speaks_against_too_where_views_are_trusted() -> None:
    found = quality(*of_views(affinity_with_views(FIT, MISFIT, trusted=True), AGAINST))
    assert found.suspects == (3,)
    assert "fits the common structure poorly (correlation 0.30)" in found.reasons_of(3)[0]
    unsure = quality(*of_views(affinity_with_views(FIT, MISFIT, trusted=False), AGAINST))
    assert unsure.suspects == ()
    assert of_views(None) == ()
    assert of_views(Affinity(np.eye(2, dtype=np.float32), np.arange(2), np.zeros(2, bool))) == ()


def test_a_bad_fit_names_no_average_alone_and_is_said_of_what_else_is_named() -> None:
    trusted = affinity_with_views(FIT, MISFIT, trusted=True)
    assert quality(*of_views(trusted)).suspects == ()
    other = quality(*of_views(trusted, AGAINST), against("picture", 6))
    assert other.suspects == (3, 6)
    assert "fits the common structure poorly (correlation 0.40)" in other.reasons_of(6)[1]


def of_file(path: Path, averages: ClassAverages) -> Evidence:
    return of_verdicts(read_verdicts(path), averages, path)


@pytest.fixture(scope="module")
def simulated() -> Any:
    return simulate_class_averages(
        {"n_averages": 14, "n_particles": 600, "n_views": 4, "box": 24, "pixel_size": 10.0,
         "n_noise": 0, "n_junk": 0, "n_empty": 1, "seed": 6}
    )  # fmt: skip


@pytest.fixture
def files(simulated: Any, tmp_path: Path) -> Any:
    return write_relion(simulated, tmp_path / "project")


def ranked(model: Path, path: Path, label: str, scores: Sequence[float]) -> Path:
    """What relion_class_ranker writes for all classes: a model_classes table with a score."""
    lines = model.read_text(encoding="utf-8").splitlines()
    first = lines.index("data_model_classes") + 1
    others = [at for at, line in enumerate(lines) if line.startswith("data_") and at > first]
    last = min([*others, len(lines)])
    table = [line for line in lines[first:last] if line.startswith(("_rln", "0000"))]
    n_labels = sum(line.startswith("_rln") for line in table)
    rows = [f"{row} {value}" for row, value in zip(table[n_labels:], scores, strict=True)]
    labels = [*table[:n_labels], f"_{label} #{n_labels + 1}"]
    path.write_text("\n".join(["data_model_classes", "", "loop_", *labels, *rows, ""]))
    return path


SCORES = [0.9, 0.12, *[0.7] * 11, 0.49]


@pytest.mark.parametrize("label", ["rlnPredictedClassScore", "rlnClassScore"])
def test_the_scores_of_the_class_ranker_come_with_the_averages(
    files: Any, label: str, tmp_path: Path
) -> None:
    model = ranked(files.model, files.job / "rank_model.star", label, SCORES)
    averages = formats.read(files.data, model).class_averages
    assert averages is not None
    np.testing.assert_array_equal(averages.score, SCORES)
    assert averages.score_from == label
    judged = score(averages)
    assert judged.reasons_of(2)[0] == "RELION's class ranker scores it 0.12, below 0.5"
    assert 14 in judged.suspects or averages.is_empty[13]
    note = judged.evidence[0].note
    assert (
        note == ""
        if label == "rlnPredictedClassScore"
        else "rlnPredictedClassScore is missing" in note
    )
    # The same as a file of verdicts beside the job's own averages.
    plain = formats.read(files.data).class_averages
    assert plain is not None
    assert plain.score is None
    assert score(plain, given=of_file(model, plain)).suspects == judged.suspects


def test_a_predicted_score_goes_before_another(files: Any) -> None:
    both = ranked(files.model, files.job / "one.star", "rlnClassScore", [0.1] * 14)
    both = ranked(both, files.job / "both.star", "rlnPredictedClassScore", SCORES)
    averages = formats.read(files.data, both).class_averages
    assert averages is not None
    np.testing.assert_array_equal(averages.score, SCORES)


def test_the_choice_of_a_select_job_is_a_verdict_on_every_class(simulated: Any, files: Any) -> None:
    averages = formats.read(files.data).class_averages
    assert averages is not None
    chosen = averages.class_id[~averages.is_empty][:7].tolist()
    selection = write_relion_selection(simulated, files, chosen)
    expected = tuple(sorted({*averages.class_id[~averages.is_empty].tolist()} - {*chosen}))
    for name in ("backup_selection.star", "class_averages.star"):
        judged = score(averages, given=of_file(selection.job / name, averages))
        assert judged.suspects == expected
        assert judged.reasons_of(expected[0])[0] == "not selected in the Select job"


def test_cinderella_counts_places_in_the_stack_from_0(files: Any, tmp_path: Path) -> None:
    averages = formats.read(files.data).class_averages
    assert averages is not None
    table = tmp_path / "run_it025_classes_index_confidence.txt"
    # The good ones first, then the bad ones, as it writes them.
    order = [*range(1, 14), 0]
    table.write_text(
        "".join(f"{place} {0.031 if place in (0, 5) else 0.9:.3f}\n" for place in order)
    )
    judged = score(averages, given=of_file(table, averages))
    expected = {int(averages.class_id[place]) for place in (0, 5) if not averages.is_empty[place]}
    assert set(judged.suspects) == expected
    assert "Cinderella scores it 0.03, below 0.5" in judged.reasons_of(min(expected))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "0 0.5\n1 1.5\n", "a confidence (0 to 1)"),
        ("a.txt", "0 0.5\n-1 0.5\n", "line 2"),
        ("a.txt", "0 0.5 7\n", "expected"),
        ("a.txt", "0 0.5\n0 0.6\n", "twice"),
        ("a.txt", "\n", "no verdicts"),
        ("a.txt", "0 nan\n", "expected"),
        ("a.txt", "40 0.5\n", "there are 14 class averages here"),
        ("a.star", "data_\n\nloop_\n_rlnSelected #1\n1\n2\n", "must be 0 or 1"),
        ("a.star", "data_\n\nloop_\n_rlnImageName #1\n1@a.mrcs\n", "no class averages"),
        (
            "a.star",
            "data_model_classes\n\nloop_\n_rlnReferenceImage #1\n1@a.mrcs\n",
            "no class scores",
        ),
        (
            "a.star",
            "data_model_classes\n\nloop_\n_rlnReferenceImage\n_rlnClassScore\n90@a.mrcs 0.5\n",
            "there are 14",
        ),
    ],
)
def test_a_file_that_says_nothing_of_these_averages_is_refused(
    files: Any, tmp_path: Path, name: str, text: str, words: str
) -> None:
    averages = formats.read(files.data).class_averages
    assert averages is not None
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as found:
        of_file(tmp_path / name, averages)
    assert words in f"{found.value}"
    assert found.value.path == tmp_path / name


def test_a_run_sets_aside_what_a_file_of_verdicts_names_and_says_by_whom(
    files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = ranked(files.model, tmp_path / "rank_model.star", "rlnClassScore", SCORES)
    words = ["run", files.job, "-k", 3, "--no-figures", "--json", "--verdicts", model, "-o", "out"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    assert 2 in summary["class_averages"]["set_aside"]
    assert sum(summary["set_aside"]["because"].values()) == summary["set_aside"]["averages"]
    assert "by RELION's class ranker" in summary["set_aside"]["because"]
    assert any("rlnPredictedClassScore is missing" in note for note in summary["notes"])
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert str(model) in json.dumps(record["inputs"])
    off = CliRunner().invoke(app, [*map(str, words[:-1]), "off", "--junk", "off"])
    assert any("--verdicts has no effect" in said for said in json.loads(off.stdout)["warnings"])


def test_averages_too_few_for_views_have_no_verdict_of_them() -> None:
    unknown = affinity_with_views([np.nan] * N, [False] * N, trusted=False)
    assert of_views(unknown, np.arange(N)) == ()
