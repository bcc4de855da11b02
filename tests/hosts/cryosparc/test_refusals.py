"""Mistakes that can be known come to light before a job is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rebalance.errors import HostError, InputError, OptionError, OutputError, RebalanceError
from rebalance.hosts.cryosparc.run import balance_orientations_of_job, rebalance_job
from rebalance.settings import OrientationSettings, RunSettings
from tests.hosts.cryosparc.conftest import REQUEST
from tests.hosts.cryosparc.instance import Given, Instance
from tests.hosts.cryosparc.test_runs import QUICK, SETTINGS

LogIn = Callable[[Instance], str]

MAIN = "J3/J3_020_particles.cs"


def without_averages(instance: Instance) -> None:
    del instance.jobs["J3"].spec.outputs.root["class_averages"]


def without_classes(instance: Instance) -> None:
    particles = instance.jobs["J3"].spec.outputs.root["particles"]
    particles.results = [one for one in particles.results if one.name != "alignments2D"]


def refined_only(instance: Instance) -> None:
    without_classes(instance)
    instance.jobs["J3"].spec.outputs.root["particles"].results[0].name = "alignments3D"


def twice(instance: Instance) -> None:
    outputs = instance.jobs["J3"].spec.outputs.root
    outputs |= {"picked": outputs["particles"], "repicked": outputs.pop("particles")}


def running(instance: Instance) -> None:
    instance.jobs["J3"].status = "running"


def nothing(instance: Instance) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "asked", "settings", "kind", "words"),
    [
        (without_averages, {}, {}, InputError, ["class averages", "particles (blob, alignm"]),
        (without_classes, {}, {}, InputError, ["J3 (class_2D_new, “All picks”)", "alignments2D"]),
        (refined_only, {}, {}, InputError, ["rebalance cryosparc-orientations"]),
        (twice, {}, {}, InputError, ["several outputs", "J3.picked, J3.repicked"]),
        (running, {}, {}, InputError, ["is running, not completed"]),
        (nothing, {"job": "J99"}, {}, HostError, ["refused the request (404)", "J99 not found"]),
        (nothing, {"job": "12"}, {}, OptionError, ["'12' is not a CryoSPARC job"]),
        (nothing, {"job": "J3.picked"}, {}, InputError, ["no output picked"]),
        (nothing, {"averages": "J3.particles"}, {}, InputError, ["has no class averages"]),
        (nothing, {"project": "P4"}, {}, HostError, ["Project P4 not found"]),
        (nothing, {"workspace": "W7"}, {}, HostError, ["Workspace P3 W7 not found"]),
        (nothing, {}, {"n_superclasses": None}, OptionError, ["number of superclasses"]),
        (nothing, {}, {"metric": "no-such"}, RebalanceError, ["no-such"]),
        (nothing, {}, {"labels": "no.csv", "n_superclasses": None}, InputError, ["does not exist"]),
        (nothing, {}, {"output": "."}, OutputError, ["exists"]),
    ],
)
def test_mistakes_that_can_be_known_come_to_light_before_a_job_is_made(
    change: Callable[[Instance], None],
    asked: dict[str, str],
    settings: dict[str, Any],
    kind: type[RebalanceError],
    words: list[str],
    instance: Instance,
    log_in: LogIn,
) -> None:
    change(instance)
    log_in(instance)
    Path("something").touch()
    with pytest.raises(kind) as caught:
        rebalance_job(replace(REQUEST, **asked), RunSettings("J", **{**QUICK, **settings}))
    for word in words:
        assert word in str(caught.value)
    assert "J5" not in instance.jobs
    assert [path.name for path in Path.cwd().iterdir()] == ["something"]


def test_a_classification_has_no_viewing_directions(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    with pytest.raises(InputError, match=r"no particles with alignments3D.*\n.*rebalance cryosp"):
        balance_orientations_of_job(REQUEST, OrientationSettings("J"))


def test_what_was_set_aside_is_taken_only_by_its_name(instance: Instance, log_in: LogIn) -> None:
    outputs = instance.jobs["J4"].spec.outputs.root
    for kind in ("particles", "templates"):
        outputs[f"{kind}_excluded"] = outputs.pop(f"{kind}_selected")
    log_in(instance)
    with pytest.raises(InputError, match="no particles"):
        rebalance_job(replace(REQUEST, job="J4"), SETTINGS)
    rebalance_job(replace(REQUEST, job="j4.particles_excluded"), SETTINGS)
    connected = instance.jobs["J5"].spec.inputs.root
    assert connected["class_averages"].connections[0].output == "templates_excluded"


def test_a_job_of_deleted_parents_and_of_endless_ones_comes_to_an_end(
    instance: Instance, log_in: LogIn
) -> None:
    slots = {"blob": MAIN, "alignments2D": MAIN}
    passed = Given("particle", slots, tuple(slots))
    without_averages(instance)
    for number in range(10, 60):
        parent = f"J{number - 1}" if number > 10 else "J3"
        name = "kept" if number > 10 else "particles"
        instance.add_job(
            f"J{number}", "particle_sets", {"kept": passed}, {"particles": (parent, name)}
        )
    del instance.jobs["J30"]
    log_in(instance)
    for job in ("J59", "J35"):
        with pytest.raises(InputError, match="nor a job that its particles come from"):
            rebalance_job(replace(REQUEST, job=job), SETTINGS)


def test_averages_of_a_job_far_above_are_found(instance: Instance, log_in: LogIn) -> None:
    slots = {"blob": MAIN, "alignments2D": MAIN}
    passed = Given("particle", slots, tuple(slots))
    instance.add_job("J10", "particle_sets", {"kept": passed}, {"particles": ("J3", "particles")})
    instance.add_job("J11", "check_corrupt", {"kept": passed}, {"particles": ("J10", "kept")})
    log_in(instance)
    rebalance_job(replace(REQUEST, job="J11"), SETTINGS)
    connected = instance.jobs["J12"].spec.inputs.root
    assert connected["particles"].connections[0].job_uid == "J11"
    assert connected["class_averages"].connections[0].job_uid == "J3"
