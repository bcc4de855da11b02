"""`rebalance cryosparc` on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.setting import settings_of
from tests.hosts.cryosparc.instance import Instance
from tests.hosts.cryosparc.project import Refused

LogIn = Callable[[Instance], str]

WHERE = ("cryosparc", "--project", "p3", "--workspace", "w1", "--job", "J3")
QUICK = ("-k", 5, "--metric", "rotational-cc", "--no-figures")


def command(*words: object) -> Result:
    return CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    )


def said(done: Result) -> str:
    return re.sub(r"\s+", " ", done.output)


def test_a_dry_run_says_what_would_be_connected_and_makes_nothing(
    instance: Instance, log_in: LogIn
) -> None:
    log_in(instance)
    done = command(*WHERE, *QUICK, "-f", 0.5, "--dry-run")
    assert done.exit_code == 0, done.output
    text = said(done)
    assert "J3 (class_2D_new, “All picks”)" in text
    assert "J3.particles, 1,200" in text
    assert "J3.class_averages, 24" in text
    assert "in the project folder, which is visible from this machine" in text
    assert "rebalance_P3_J3_k5_f0.5/ and to an External job in W1; nothing was written" in text
    assert set(instance.jobs) == {"J3", "J4"}
    assert not list(Path.cwd().iterdir())


def test_a_dry_run_says_what_would_be_downloaded(far_instance: Instance, log_in: LogIn) -> None:
    log_in(far_instance)
    done = command(*WHERE, *QUICK, "--dry-run")
    assert "files would be downloaded to cryosparc_P3/" in said(done)
    content = json.loads(command(*WHERE, *QUICK, "--dry-run", "--json").stdout)
    assert content["particles"] == {"output": "J3.particles", "items": 1_200}
    assert content["download"] is True
    assert not list(Path.cwd().iterdir())


def test_a_run_says_what_was_found_and_which_job_has_it(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    done = command(*WHERE, *QUICK, "-f", 0.5)
    assert done.exit_code == 0, done.output
    text = said(done)
    outputs = instance.jobs["J5"].spec.outputs.root
    kept = outputs["particles_selected"].num_items
    assert f"Selected {kept:,} of 1,200 particles" in text
    assert f"In CryoSPARC: J5 in W1 of P3, with outputs particles_selected ({kept:,})" in text
    assert "Results in rebalance_P3_J3_k5_f0.5/" in text
    assert "Import Result Group" not in text
    assert instance.jobs["J5"].title == "Rebalance 2D classes (k5 f0.5)"
    assert max(map(len, done.output.splitlines())) <= 80


def test_a_first_look_says_how_to_balance(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    done = command(*WHERE, *QUICK)
    assert re.search(
        r"Next: balance\. -f 0\.\d+ would keep [\d,]+ of 1,200 particles\.", said(done)
    )


def test_a_run_as_json_is_json_alone(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    done = command(*WHERE, *QUICK, "-f", 0.5, "--json")
    content = json.loads(done.stdout)
    assert content["cryosparc"]["job"] == "J5"
    assert content["cryosparc"]["outputs"]["particles_selected"] == content["particles"]["selected"]
    assert Path(content["folder"]).name == "rebalance_P3_J3_k5_f0.5"


def test_an_error_is_one_message_and_exit_code_2(instance: Instance, log_in: LogIn) -> None:
    instance.refusing["jobs.create"] = Refused(403, "You have no write access to project P3")
    log_in(instance)
    done = command(*WHERE, *QUICK)
    assert done.exit_code == 2
    assert "Error: CryoSPARC refused the request (403): You have no write access" in said(done)
    done = command(*WHERE[:-1], "J99", *QUICK)
    assert (done.exit_code, "Traceback" in done.output) == (2, False)


def test_hints_name_what_is_typed(instance: Instance, log_in: LogIn) -> None:
    del instance.jobs["J3"].spec.outputs.root["class_averages"]
    log_in(instance)
    text = said(command(*WHERE, *QUICK))
    assert "Give the job that has them as --averages" in text
    assert "--no-superclasses" in text


def test_orientations_have_a_command_of_their_own(instance: Instance, log_in: LogIn) -> None:
    log_in(instance)
    done = command("cryosparc-orientations", *WHERE[1:])
    assert done.exit_code == 2
    assert "use rebalance cryosparc" in said(done)


@pytest.mark.parametrize(
    ("name", "model", "left_out"),
    [
        ("cryosparc", RunSettings, {"path", "class_averages", "passthrough", "format"}),
        ("cryosparc-orientations", OrientationSettings, {"path", "passthrough", "format"}),
    ],
)
def test_every_setting_but_what_is_read_has_an_option(
    name: str, model: type, left_out: set[str]
) -> None:
    from typer.main import get_command

    commands: Any = get_command(app)
    options = {flag for one in commands.commands[name].params for flag in one.opts}
    for setting, declared in settings_of(model).items():
        flag = declared.flags[0].partition("/")[0]
        assert (flag in options) == (setting not in left_out), setting
    assert "--license" not in options
    assert "--password" not in options
