"""`evaluate` gives every score that the truth allows, and says why the others can't be."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rebalance
from rebalance import engine
from rebalance.api import cluster
from rebalance.clusterings import from_labels
from rebalance.errors import InputError, OptionError, OutputError
from rebalance.evaluation import (
    Truth,
    evaluate,
    match_truth,
    read_result,
    spread_within,
    truth_of_simulation,
    write_evaluation,
)
from rebalance.evaluation.scores import SCORES
from rebalance.model import Classes
from rebalance.simulate import simulate_class_averages, write_relion

SETTINGS = {"n_averages": 30, "n_particles": 2_000, "n_views": 6, "box": 32, "seed": 1}


@pytest.fixture(scope="module")
def simulated():
    return simulate_class_averages(SETTINGS)


@pytest.fixture(scope="module")
def affinity(simulated):
    return engine.affinity(simulated.class_averages, "rotational-cc")


@pytest.fixture(scope="module")
def project(simulated, tmp_path_factory) -> Path:
    return write_relion(simulated, tmp_path_factory.mktemp("project")).project


@pytest.fixture(scope="module")
def run(project: Path, tmp_path_factory):
    return rebalance.run(
        project / "Class2D" / "job003",
        n_superclasses=6,
        # Low enough for the oracle to reach as few particles.
        factor=0.05,
        figures=False,
        output=tmp_path_factory.mktemp("out") / "results",
    )


def true_superclasses(simulated):
    shown = simulated.kind == "view"
    numbers = simulated.class_averages.class_id[shown]
    labels = dict(zip(numbers.tolist(), simulated.superclass[shown].tolist(), strict=True))
    return from_labels(Classes.of(numbers, simulated.class_averages.n_particles[shown]), labels)


def test_the_true_superclasses_have_the_best_scores(simulated, affinity) -> None:
    found = evaluate(true_superclasses(simulated), simulated, affinity=affinity, factor=1, seeds=4)
    assert found.value("ari") == found.value("ami") == 1
    assert found.value("ari_with_oracle") == 1
    assert found.value("view_spread") == found.value("view_spread_of_oracle") < 15
    assert found.value("affinity_vs_angle") < -0.3
    assert found.value("share_of_oracle_gain") == pytest.approx(1, abs=1e-6)
    assert found.value("uniformity") > found.value("uniformity_of_random")
    assert found.value("entropy") > found.value("entropy_of_random")
    assert found.value("scf_star") > found.value("scf_star_of_random")
    assert found.value("gain") == pytest.approx(found.value("gain_of_oracle"))


def test_an_affinity_that_follows_the_angle_has_the_best_correlation(simulated, affinity) -> None:
    matched = match_truth(truth_of_simulation(simulated))
    assert matched.views is not None
    angle = np.nan_to_num(matched.views.angles_of_classes(affinity.class_id))
    exact = replace(affinity, values=(1 - angle / 90).astype(np.float32))
    found = evaluate(true_superclasses(simulated), matched, affinity=exact, seeds=2)
    assert found.value("affinity_vs_angle") == pytest.approx(-1)
    assert found.value("affinity_vs_angle_below_40") == pytest.approx(-1)


def test_wrong_superclasses_score_less(simulated, affinity) -> None:
    right = true_superclasses(simulated)
    labels = {int(n): i % 6 for i, n in enumerate(right.class_id)}
    counts = [int((simulated.particle_class == n).sum()) for n in right.class_id]
    wrong = from_labels(Classes.of(right.class_id, counts), labels)
    found = evaluate(wrong, simulated, seeds=4)
    assert found.value("ari") < 0.3
    # Two thirds of the particles show two views, so that wrong groups too are mostly of one view.
    assert found.value("view_spread") > 1.3 * found.value("view_spread_of_oracle")
    best = evaluate(right, simulated, seeds=4)
    assert found.value("gain") < 0.5 * best.value("gain")
    assert "no affinity" in found["affinity_vs_angle"].why_not
    assert "f = 0" in found["uniformity"].why_not


def test_every_score_says_what_it_was_measured_on_or_why_it_is_not_there(simulated, run) -> None:
    found = evaluate(run, simulated, seeds=3)
    assert [score.key for score in found.scores] == list(SCORES)
    for score in found.scores:
        assert score.is_possible, score
        assert score.kept is not None or score.n, score
    selection = run.selection
    kept = int(selection.after.sum()) + int(selection.aside_after.sum())
    assert found["uniformity"].kept == (kept, kept)


def test_a_results_folder_finds_its_own_truth(run, simulated) -> None:
    by_path, in_memory = evaluate(run.folder, seeds=3), evaluate(run, simulated, seeds=3)
    for score in in_memory.scores:
        assert by_path.value(score.key) == pytest.approx(score.value, rel=1e-3), score.key


def test_a_table_of_labels_is_scored_with_its_job(run, project: Path) -> None:
    table = run.folder / "superclasses.csv"
    found = evaluate(table, project, job=project / "Class2D" / "job003", seeds=3)
    whole = evaluate(run, project, seeds=3)
    assert found.value("share_of_oracle_gain") == whole.value("share_of_oracle_gain")
    assert found["affinity_vs_angle"].why_not == "there is no affinity"


def test_particles_that_are_gone_leave_what_needs_none(run, project: Path) -> None:
    result = read_result(run.folder)
    assert result.particles is not None
    groups = Truth(group=truth_of_simulation(simulate_class_averages(SETTINGS)).group)
    found = evaluate(replace(result, particles=None), groups, seeds=3)
    assert found["ari"].is_possible
    assert found["share_of_oracle_gain"].why_not == "the truth has no views"
    assert not found.curves


def test_views_of_classes_alone_are_enough_with_a_particle_table(run, simulated) -> None:
    classes = replace(
        truth_of_simulation(simulated), particle_view=None, particle_class=None, group=None
    )
    found = evaluate(run, classes, seeds=3)
    # Some particles are of junk classes, which have no view.
    assert any("no known view" in note for note in found.notes)
    assert found["gain"].is_possible
    without = evaluate(replace(read_result(run.folder), particles=None), classes, seeds=3)
    assert without["affinity_vs_angle"].is_possible
    assert without["share_of_oracle_gain"].why_not == "no particle counts are known"


def test_continuous_views_have_no_true_groups(simulated, run) -> None:
    truth = replace(truth_of_simulation(simulated), groups_are_views=False)
    assert "are continuous" in evaluate(run, truth, seeds=2)["ari"].why_not


def test_one_superclass_can_not_be_balanced(simulated, affinity) -> None:
    one = cluster(affinity, 1, n_particles=simulated.class_averages.n_particles)
    found = evaluate(one, simulated, affinity=affinity, factor=1, seeds=2)
    assert "can't be balanced" in found["share_of_oracle_gain"].why_not
    assert found.value("ari") == 0


def test_a_truth_that_is_placed_once_gives_the_same_scores(simulated, affinity) -> None:
    superclasses = cluster(affinity, 6, n_particles=simulated.class_averages.n_particles)
    matched = match_truth(truth_of_simulation(simulated))
    first = evaluate(superclasses, matched, affinity=affinity, factor=0.5, seeds=3).to_json()
    again = evaluate(superclasses, matched, affinity=affinity, factor=0.5, seeds=3).to_json()
    anew = evaluate(superclasses, simulated, affinity=affinity, factor=0.5, seeds=3).to_json()
    assert first == again
    assert first["scores"] == anew["scores"]


def test_without_mirrors_an_average_and_its_mirror_image_are_apart(simulated, run) -> None:
    result = read_result(run.folder)
    found = evaluate(result, simulated, seeds=2)
    chiral = evaluate(replace(result, mirrors=False), simulated, seeds=2)
    assert chiral.value("view_spread") > found.value("view_spread")
    assert chiral.value("affinity_vs_angle") > found.value("affinity_vs_angle")


def test_a_symmetric_molecule_is_scored_modulo_its_group(run, simulated, rng) -> None:
    from rebalance.evaluation import symmetry_operations

    group = symmetry_operations("D2")
    turned = np.einsum("pij,pj->pi", group[rng.integers(4, size=2_000)], simulated.particle_view)
    truth = Truth(particle_view=turned, particle_class=simulated.particle_class, symmetry="D2")
    plain = Truth(
        particle_view=simulated.particle_view,
        particle_class=simulated.particle_class,
        symmetry="D2",
    )
    ours, same = evaluate(run, truth, seeds=2), evaluate(run, plain, seeds=2)
    assert ours.value("view_spread") == pytest.approx(same.value("view_spread"), abs=1.0)
    assert ours.value("uniformity") == pytest.approx(same.value("uniformity"), rel=1e-4)


def test_truth_of_other_data_is_refused(run) -> None:
    other = simulate_class_averages({**SETTINGS, "n_particles": 1_500})
    with pytest.raises(InputError, match="1,500 particles without names"):
        evaluate(run, other)
    named = Truth(particle_view=np.ones((2, 3)), particle_name=np.array(["1@x", "2@x"]))
    with pytest.raises(InputError, match="None of its 2 particles is in the particle table"):
        evaluate(run, named)


def test_groups_of_classes_that_the_result_lacks_are_said(run, simulated) -> None:
    groups = truth_of_simulation(simulated).group
    assert groups is not None
    more = Truth(group={**groups, 98: "x", 99: "x"})
    assert any("98" in note and "99" in note for note in evaluate(run, more, seeds=1).notes)
    assert not evaluate(run, Truth(group=groups), seeds=1).notes


def test_no_seeds_are_refused(run, simulated) -> None:
    with pytest.raises(OptionError, match="seeds = 0, but at least 1"):
        evaluate(run, simulated, seeds=0)


def test_files_hold_the_scores_and_replace_only_their_own(run, simulated, tmp_path: Path) -> None:
    found = evaluate(run, simulated, seeds=2)
    files = write_evaluation(found, tmp_path / "e")
    assert all(path.is_file() for path in files)
    content = json.loads((tmp_path / "e" / "evaluation.json").read_text())
    with (tmp_path / "e" / "evaluation.csv").open() as stream:
        rows = {row["score"]: row for row in csv.DictReader(stream)}
    for key in SCORES:
        assert float(rows[key]["value"]) == pytest.approx(found.value(key), rel=1e-5)
        assert content["scores"][key]["value"] == found.value(key)
    assert (tmp_path / "e" / "figures" / "balance_curves.png").is_file()
    with pytest.raises(OutputError, match="an evaluation already"):
        write_evaluation(found, tmp_path / "e")
    write_evaluation(found, tmp_path / "e", overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(OutputError, match="something else"):
        write_evaluation(found, tmp_path / "mine", overwrite=True)


def test_real_superclasses_beat_random_dropping_and_not_the_oracle(real_data: Path) -> None:
    from rebalance import formats
    from rebalance.evaluation import read_truth

    folder = real_data / "relion31_70s"
    dataset = formats.read(folder)
    assert dataset.class_averages is not None
    affinity = engine.affinity(dataset.class_averages, "rotational-cc")
    superclasses = cluster(affinity, 6, n_particles=dataset.class_averages.n_particles)
    found = evaluate(
        superclasses, read_truth(folder), affinity=affinity, particles=dataset.particles, factor=0.5
    )
    share = found["share_of_oracle_gain"]
    assert share.sd is not None
    assert 0.3 < share.value - 5 * share.sd < 1
    assert found.value("affinity_vs_angle") < -0.7
    assert any("Classes 5, 30" in note for note in found.notes)
    assert found["ari"].why_not == "the truth has no groups"


def test_superclasses_of_two_affinities_are_scored_alike_and_affinities_apart(
    simulated, affinity
) -> None:
    matched = match_truth(truth_of_simulation(simulated))
    superclasses = cluster(affinity, 6, n_particles=simulated.class_averages.n_particles)
    other = replace(affinity, values=affinity.values**2 * 0.9 + 0.1 * np.eye(len(affinity)))
    first = evaluate(superclasses, matched, affinity=affinity, seeds=2)
    second = evaluate(superclasses, matched, affinity=other, seeds=2)
    alone = evaluate(superclasses, simulated, affinity=other, seeds=2)
    assert second.scores == alone.scores
    assert first["view_spread"] == second["view_spread"]
    # Without groups of the truth the same superclasses are not the same to score.
    assert first["ari"].is_possible
    assert not evaluate(superclasses, matched.views, affinity=affinity, seeds=2)["ari"].is_possible


def test_fast_scores_are_the_plain_ones(simulated, affinity) -> None:
    matched = match_truth(truth_of_simulation(simulated))
    superclasses = cluster(affinity, 6, n_particles=simulated.class_averages.n_particles)
    views = matched.views
    label = dict(zip(superclasses.class_id.tolist(), superclasses.label.tolist(), strict=True))
    group = [label[int(number)] for number in views.particles.class_id]
    overall, of_each = spread_within(group, views.view, axial=views.axial)
    found = evaluate(superclasses, matched, affinity=affinity, seeds=2)
    assert found.value("view_spread") == pytest.approx(overall, abs=1e-9)
    assert found.spread == pytest.approx(of_each, abs=1e-9)


def test_a_share_of_an_oracle_that_gains_next_to_nothing_is_refused_with_the_gain() -> None:
    # Views without any preference: there is hardly anything to balance, for nobody.
    settings = {
        "n_averages": 20, "n_particles": 6_000, "n_views": 20, "preferred_share": 0.0,
        "continuous": True, "box": 16, "pixel_size": 15.0, "n_junk": 0, "seed": 5,
    }  # fmt: skip
    found = simulate_class_averages(settings)
    numbers, counts = found.class_averages.class_id, found.class_averages.n_particles
    halves = {number: number % 2 for number in numbers.tolist()}
    superclasses = from_labels(Classes.of(numbers, counts), halves)
    evaluation = evaluate(superclasses, match_truth(truth_of_simulation(found)), seeds=3)
    share = evaluation["share_of_oracle_gain"]
    assert not share.is_possible
    assert "(less than 0.02), too little for a share" in share.why_not
    assert f"gains only {evaluation.value('gain_of_oracle'):.3f} in uniformity" in share.why_not
