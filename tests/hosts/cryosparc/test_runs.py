"""Runs in a simulated CryoSPARC: the real client, and every rule of its documentation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryosparc.dataset import CSDAT_FORMAT, Dataset

import rebalance
from rebalance.hosts.cryosparc.run import balance_orientations_of_job, rebalance_job
from rebalance.settings import OrientationSettings, RunSettings
from tests.hosts.cryosparc.conftest import REQUEST
from tests.hosts.cryosparc.instance import Given, Instance
from tests.pipeline.refinements import refined

LogIn = Callable[[Instance], str]

QUICK: dict[str, Any] = {"n_superclasses": 5, "metric": "rotational-cc", "figures": False}
SETTINGS = RunSettings("J3", factor="0.5", **QUICK)


def saved(instance: Instance, output: str, job: str = "J5") -> Dataset:
    """All that the output has, what passes through too."""
    return instance.jobs_load_output("P3", job, output, "all")


def uids(dataset: Any) -> list[int]:
    return sorted(np.asarray(dataset["uid"], dtype=np.uint64).tolist())


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_selected_and_excluded_together_are_the_particles_with_all_their_slots(
    instance: Instance, log_in: LogIn
) -> None:
    log_in(instance)
    before = digests(instance.folder)
    result, done = rebalance_job(REQUEST, SETTINGS)
    whole = instance.jobs_load_output("P3", "J3", "particles", "all")
    selected, excluded = (
        saved(instance, "particles_selected"),
        saved(instance, "particles_excluded"),
    )
    assert uids(selected) + uids(excluded) != uids(whole)
    assert sorted(uids(selected) + uids(excluded)) == uids(whole)
    assert set(selected.prefixes()) == set(whole.prefixes())
    assert done.job == "J5"
    assert instance.jobs["J5"].status == "completed"
    assert done.outputs["particles_selected"] == result.summary["particles"]["selected"]
    rows = np.isin(np.asarray(whole["uid"]), np.asarray(selected["uid"]))
    for name in ("alignments2D/error", "alignments2D/shift", "ctf/df1_A"):
        assert np.array_equal(whole[name][rows], selected[name]), name
    # What was there before is as it was.
    after = digests(instance.folder)
    assert {name: after[name] for name in before} == before


def test_the_same_particles_are_selected_as_by_a_run_on_the_files(
    instance: Instance, log_in: LogIn
) -> None:
    log_in(instance)
    by_host, _ = rebalance_job(REQUEST, SETTINGS)
    by_hand = rebalance.run(instance.folder / "J3", factor="0.5", output="by_hand", **QUICK)
    assert by_hand.selection is not None
    table = by_hand.dataset.particles
    assert table is not None
    kept = table.handle.read_field("uid")[by_hand.selection.selected]  # type: ignore[attr-defined]
    assert uids(saved(instance, "particles_selected")) == sorted(kept.tolist())
    for name in ("superclasses.csv", "affinity.npz"):
        assert by_hand.folder is not None
        assert by_host.folder is not None
        assert (by_hand.folder / name).read_bytes() == (by_host.folder / name).read_bytes()


def test_files_that_this_machine_can_not_see_are_downloaded(
    instance: Instance, far_instance: Instance, log_in: LogIn
) -> None:
    log_in(far_instance)
    result, done = rebalance_job(REQUEST, replace(SETTINGS, output="there/results"))
    assert result.folder == (Path.cwd() / "there/results").resolve()
    copies = Path("there/cryosparc_P3/J3")
    names = ("J3_particles.cs", "J3_class_averages.cs", "J3_020_class_averages.mrc")
    assert {path.name for path in copies.rglob("*")} == set(names)
    server = far_instance.folder / "J3"
    assert (copies / names[2]).read_bytes() == (server / names[2]).read_bytes()
    whole = far_instance.jobs_load_output("P3", "J3", "particles", "all")
    copied = Dataset.load(copies / names[0])
    assert set(copied.fields()) == set(whole.fields())
    assert all(np.array_equal(copied[name], whole[name]) for name in whole.fields())
    # As where the files are seen.
    kept = uids(saved(far_instance, "particles_selected"))
    near = rebalance.run(instance.folder / "J3", factor="0.5", output="near", **QUICK)
    assert near.summary["particles"]["selected"] == len(kept) == done.outputs["particles_selected"]
    # And the results can be made again from what was downloaded.
    again = rebalance.run("there/cryosparc_P3/J3", factor="0.5", output="again", **QUICK)
    assert again.summary["particles"]["selected"] == len(kept)


def test_a_selection_has_averages_of_its_own(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    result, done = rebalance_job(replace(REQUEST, job="J4"), SETTINGS)
    (templates,) = instance.jobs["J5"].spec.inputs.root["class_averages"].connections
    assert (templates.job_uid, templates.output) == ("J4", "templates_selected")
    assert result.summary["class_averages"]["read"] == 12
    assert done.outputs["templates_superclasses"] == 5


def test_a_second_job_finds_the_averages_of_the_first(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    rebalance_job(REQUEST, SETTINGS)
    again = replace(SETTINGS, factor="1", output="again")
    result, done = rebalance_job(replace(REQUEST, job="J5"), again)
    assert done.job == "J6"
    connected = instance.jobs["J6"].spec.inputs.root
    assert connected["particles"].connections[0].output == "particles_selected"
    assert connected["class_averages"].connections[0].job_uid == "J3"
    assert result.summary["particles"]["read"] == len(saved(instance, "particles_selected"))


def test_one_average_stands_for_each_superclass(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    result, _ = rebalance_job(REQUEST, SETTINGS)
    templates = saved(instance, "templates_superclasses")
    assert sorted(templates["blob/idx"].tolist()) == sorted(result.superclasses.medoid.tolist())


def test_an_output_that_would_be_empty_is_not_made(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    _, done = rebalance_job(REQUEST, RunSettings("J3", **QUICK))
    assert set(done.outputs) == {"particles_selected", "templates_superclasses"}
    assert done.outputs["particles_selected"] == 1_200


def test_the_log_has_pictures_with_the_numbers_behind_them(
    instance: Instance, log_in: LogIn
) -> None:
    log_in(instance)
    result, _ = rebalance_job(REQUEST, replace(SETTINGS, figures=True))
    assert result.folder is not None
    assert result.affinity is not None
    shown = {
        event["text"]: {one.filetype: one.fileid for one in event["images"]}
        for event in instance.events
        if event["type"] == "image"
    }
    page = instance.assets[shown["Overview, with the report page"]["html"]]["content"]
    assert page == (result.folder / "report.html").read_bytes()
    sizes = instance.assets[shown["Particles of each superclass"]["csv"]]["content"]
    assert sizes == (result.folder / "superclasses.csv").read_bytes()
    title = "Affinity of class averages, in stack order and sorted"
    text = instance.assets[shown[title]["csv"]]["content"].decode()
    head, *lines = [line.split(",") for line in text.splitlines()]
    table = np.array([[float(value) for value in line[1:]] for line in lines])
    numbers = [int(number) for number in head[1:]]
    assert [int(line[0]) for line in lines] == numbers
    rows = [result.affinity.class_id.tolist().index(number) for number in numbers]
    assert np.allclose(table, result.affinity.values[np.ix_(rows, rows)], atol=5e-5)
    label = dict(zip(result.superclasses.class_id, result.superclasses.label, strict=True))
    in_order = [label[number] for number in numbers]
    changes = sum(one != other for one, other in pairwise(in_order))
    assert changes == len(set(in_order)) - 1  # superclasses are in one piece each
    job = instance.jobs["J5"]
    assert job.ui_tile_images
    assert job.spec.outputs.root["particles_selected"].image
    assert job.spec.outputs.root["templates_superclasses"].image
    uploaded = instance.folder / "J5/rebalance"
    for name in ("report.html", "run.json", "superclasses.csv", "figures/overview.png"):
        assert (uploaded / name).read_bytes() == (result.folder / name).read_bytes()
    assert not list(uploaded.rglob("*.cs"))


def test_the_log_tells_stages_outcome_and_warnings(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    result, _ = rebalance_job(
        replace(REQUEST, title="Mine", command="rebalance cryosparc …"),
        replace(SETTINGS, max_size=100),
    )
    job = instance.jobs["J5"]
    assert (job.title, job.description) == ("Mine", "`rebalance cryosparc …`")
    said = [event["text"] for event in instance.events if event["type"] == "text"]
    assert any(text.startswith("Comparing 18 class averages") for text in said)
    assert any("Selected" in text and "of 1,200 particles" in text for text in said)
    warned = [event["text"] for event in instance.events if event["type"] == "warning"]
    assert len(warned) == len(result.summary["warnings"]) > 0
    # As it is typed, not as Python spells it.
    assert not any("`" in text for text in warned)


def test_uids_beyond_the_range_of_signed_integers_are_kept(
    instance: Instance, log_in: LogIn
) -> None:
    # The joins of cryosparc-tools lose a uid of 2**64 - 1.
    top = np.uint64(2**64 - 2)
    for name in ("J3_020_particles.cs", "J3_passthrough_particles.cs"):
        path = instance.folder / "J3" / name
        table = np.load(path)
        table["uid"] = top - np.arange(len(table), dtype=np.uint64)
        with path.open("wb") as out:
            np.save(out, table)
    log_in(instance)
    rebalance_job(REQUEST, SETTINGS)
    kept = uids(saved(instance, "particles_selected")) + uids(saved(instance, "particles_excluded"))
    assert sorted(kept) == [int(top) - at for at in reversed(range(1_200))]


def test_of_thousands_of_columns_only_those_that_are_needed_are_brought(
    instance: Instance, far_instance: Instance, log_in: LogIn
) -> None:
    folder = far_instance.folder
    uid = np.load(folder / "J3/J3_020_particles.cs")["uid"]
    slots = [f"components_mode_{number}" for number in range(1_000)]
    names = [f"{slot}/{field}" for slot in slots for field in ("component", "value")]
    table = np.zeros(len(uid), [("uid", "<u8"), *((name, "<f4") for name in names)])
    table["uid"] = uid
    Dataset(table).save(folder / "J3/J3_many.cs", format=CSDAT_FORMAT)
    particles = far_instance.jobs["J3"].spec.outputs.root["particles"]
    many = Given("particle", dict.fromkeys(slots, "J3/J3_many.cs"), slots)
    particles.results += far_instance._output(many).results
    log_in(far_instance)
    rebalance_job(REQUEST, SETTINGS)
    copied = Dataset.load("cryosparc_P3/J3/J3_particles.cs").prefixes()
    assert sorted(copied) == ["alignments2D", "blob", "ctf", "location"]
    assert set(slots) <= set(saved(far_instance, "particles_selected").prefixes())


def test_the_column_that_a_strategy_goes_by_is_brought_too(
    far_instance: Instance, log_in: LogIn
) -> None:
    folder = far_instance.folder
    uid = np.load(folder / "J3/J3_020_particles.cs")["uid"]
    table = np.zeros(len(uid), [("uid", "<u8"), ("filament/curvature", "<f4")])
    table["uid"], table["filament/curvature"] = uid, np.arange(len(uid))
    with (folder / "J3/J3_more.cs").open("wb") as out:
        np.save(out, table)
    particles = far_instance.jobs["J3"].spec.outputs.root["particles"]
    particles.results += far_instance._output(
        Given("particle", {"filament": "J3/J3_more.cs"}, ("filament",))
    ).results
    log_in(far_instance)
    by_column = ["strategy.column=filament/curvature", "strategy.direction=high"]
    rebalance_job(REQUEST, replace(SETTINGS, strategy="best", options=by_column))
    best, rest = (saved(far_instance, f"particles_{word}") for word in ("selected", "excluded"))
    assert best["filament/curvature"].mean() > rest["filament/curvature"].mean()


def test_classes_themselves_are_balanced_without_class_averages(
    instance: Instance, log_in: LogIn
) -> None:
    del instance.jobs["J3"].spec.outputs.root["class_averages"]
    log_in(instance)
    settings = RunSettings("J3", superclasses=False, factor="0.5", figures=False)
    result, done = rebalance_job(REQUEST, settings)
    assert list(instance.jobs["J5"].spec.inputs.root) == ["particles"]
    assert set(done.outputs) == {"particles_selected", "particles_excluded"}
    assert result.summary["particles"]["read"] == 1_200


def test_real_particles_of_cryosparc_are_read_and_saved(
    real_data: Path, instance: Instance, log_in: LogIn
) -> None:
    file = real_data / "cryosparc/cryosparc_J2_particles_exported.cs"
    (instance.folder / "J2").mkdir()
    (instance.folder / "J2/particles.cs").write_bytes(file.read_bytes())
    real = Dataset.load(file)
    slots = dict.fromkeys(real.prefixes(), "J2/particles.cs")
    instance.add_job("J2", "class_2D", {"particles": Given("particle", slots)})
    log_in(instance)
    settings = RunSettings("J2", superclasses=False, max_size=2, figures=False)
    rebalance_job(replace(REQUEST, job="J2"), settings)
    selected = saved(instance, "particles_selected")
    assert uids(selected) + uids(saved(instance, "particles_excluded")) != []
    whole = {uid: at for at, uid in enumerate(np.asarray(real["uid"]).tolist())}
    for name in real.fields():
        rows = [whole[uid] for uid in np.asarray(selected["uid"]).tolist()]
        assert np.array_equal(np.asarray(real[name])[rows], np.asarray(selected[name])), name


@pytest.fixture(scope="module")
def refinement(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, files = refined(tmp_path_factory.mktemp("refined"), "cryosparc")
    return files.job


def test_orientations_of_a_refinement_are_balanced(
    refinement: Path, instance: Instance, log_in: LogIn
) -> None:
    import shutil

    shutil.copytree(refinement, instance.folder / "J8")
    slots: dict[str, str] = {}
    for path in sorted((instance.folder / "J8").glob("*particles.cs")):
        slots |= dict.fromkeys(Dataset.load(path).prefixes(), f"J8/{path.name}")
    instance.add_job(
        "J8",
        "nonuniform_refine_new",
        {"particles": Given("particle", slots)},
        params={"refine_symmetry": "C2"},
    )
    log_in(instance)
    result, done = balance_orientations_of_job(
        replace(REQUEST, job="J8"), OrientationSettings("J8", n_bins=24)
    )
    assert result.summary["symmetry"] == "C2"
    assert result.folder is not None
    assert result.folder.name == "rebalance_P3_J8_orientations_p80"
    job = instance.jobs[done.job]
    assert job.title == "Rebalance orientations (p80)"
    assert list(job.spec.inputs.root) == ["particles"]
    assert [slot.name for slot in job.spec.inputs.root["particles"].slots] == ["alignments3D"]
    kept = int(result.selection.selected.sum())
    assert done.outputs == {
        "particles_selected": kept,
        "particles_excluded": len(result.selection) - kept,
    }
    assert job.ui_tile_images
    shown = [event["text"] for event in instance.events if event["type"] == "image"]
    assert shown[0] == "Viewing directions, with the report page"
