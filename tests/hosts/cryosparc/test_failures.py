"""What goes wrong: a plain message, and no job that looks completed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryosparc.dataset import Dataset

from rebalance.errors import HostError, InputError, OptionError, RebalanceError
from rebalance.hosts.cryosparc import external_job
from rebalance.hosts.cryosparc.outputs import rows_of
from rebalance.hosts.cryosparc.run import rebalance_job
from rebalance.model import RunResult
from rebalance.progress import Progress
from tests.hosts.cryosparc.conftest import REQUEST, classified
from tests.hosts.cryosparc.instance import Instance
from tests.hosts.cryosparc.project import Gone, Refused
from tests.hosts.cryosparc.server import served
from tests.hosts.cryosparc.test_runs import SETTINGS

LogIn = Callable[[Instance], str]

MAIN = "J3/J3_020_particles.cs"


class Heard(Progress):
    """Remembers what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def failed(instance: Instance, job: str = "J5") -> str:
    """What a job says of its end, which was not a good one."""
    assert instance.jobs[job].status == "failed"
    (text,) = [e["text"] for e in instance.events if e["job"] == job and e["type"] == "error"]
    return str(text)


def test_averages_whose_stack_is_gone_fail_the_job(instance: Instance, log_in: LogIn) -> None:
    (instance.folder / "J3/J3_020_class_averages.mrc").unlink()
    log_in(instance)
    with pytest.raises(HostError, match=r"J3_020_class_averages\.mrc not found"):
        rebalance_job(REQUEST, SETTINGS)
    assert "J3_020_class_averages.mrc not found" in failed(instance)
    assert not instance.jobs["J5"].spec.outputs.root


def test_particles_of_other_averages_fail_the_job(instance: Instance, log_in: LogIn) -> None:
    table = np.load(instance.folder / MAIN)
    table["alignments2D/class"] += 400
    with (instance.folder / MAIN).open("wb") as out:
        np.save(out, table)
    log_in(instance)
    with pytest.raises(RebalanceError) as caught:
        rebalance_job(REQUEST, replace(SETTINGS, strict=True))
    assert str(caught.value).splitlines()[0] in failed(instance)


def test_files_that_are_not_those_of_the_job_are_found_out(
    instance: Instance, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = instance.jobs_load_input

    def others(*given: Any, **named: Any) -> Any:
        found = load(*given, **named)
        found["uid"] = np.asarray(found["uid"]) + np.uint64(1)
        return found

    monkeypatch.setattr(instance, "jobs_load_input", others)
    log_in(instance)
    with pytest.raises(InputError, match="do not match the job"):
        rebalance_job(REQUEST, SETTINGS)
    assert "with different uids" in failed(instance)
    assert not instance.jobs["J5"].spec.outputs.root


def test_a_name_that_leads_out_of_the_project_is_not_written(
    far_instance: Instance, log_in: LogIn
) -> None:
    path = far_instance.folder / "J3/J3_020_class_averages.cs"
    averages = Dataset.load(path)
    averages["blob/path"] = "../../elsewhere.mrc"
    averages.save(path)
    log_in(far_instance)
    with pytest.raises(InputError, match="outside the project"):
        rebalance_job(REQUEST, SETTINGS)
    assert "outside the project" in failed(far_instance)
    assert not list(Path.cwd().parent.rglob("elsewhere*"))


def test_a_table_that_can_be_seen_goes_with_a_stack_that_can_not(
    instance: Instance, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = instance.folder / "J3/J3_020_class_averages.mrc"
    content = stack.read_bytes()
    stack.unlink()
    monkeypatch.setattr(instance, "projects_download_file", lambda project_uid, path: content)
    log_in(instance)
    result, _ = rebalance_job(REQUEST, SETTINGS)
    assert Path("cryosparc_P3/J3/J3_020_class_averages.mrc").resolve() in result.dataset.sources


@pytest.mark.parametrize(
    "function",
    ["jobs.connect", "jobs.mark_running", "jobs.load_input", "jobs.save_output"],
)
def test_a_server_that_refuses_fails_the_job(
    function: str, instance: Instance, log_in: LogIn
) -> None:
    instance.refusing[function] = Refused(403, "You have no write access to project P3")
    log_in(instance)
    with pytest.raises(HostError, match=r"refused the request \(403\): You have no write access"):
        rebalance_job(REQUEST, SETTINGS)
    assert "You have no write access" in failed(instance)


def test_details_of_a_refusal_are_told_in_words(instance: Instance, log_in: LogIn) -> None:
    detail = [{"loc": ["body", "slots"], "msg": "Field required"}]
    instance.refusing["jobs.add_external_output"] = Refused(422, detail)
    log_in(instance)
    with pytest.raises(
        HostError, match=r"refused the request \(422\): body.slots: Field required\.\n"
    ):
        rebalance_job(REQUEST, SETTINGS)


def test_pictures_that_are_refused_cost_no_result(instance: Instance, log_in: LogIn) -> None:
    for function in ("assets.upload", "projects.upload_file", "jobs.add_event_log"):
        instance.refusing[function] = Refused(413, "Too large")
    log_in(instance)
    progress = Heard()
    result, done = rebalance_job(REQUEST, SETTINGS, progress=progress)
    assert instance.jobs["J5"].status == "completed"
    assert done.outputs["particles_selected"] == result.summary["particles"]["selected"]
    assert any("Some results are not shown" in sentence for sentence in progress.said)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (KeyboardInterrupt(), "Interrupted (Ctrl-C)"),
        (SystemExit(143), "signal"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (OptionError("Too many.", hint="Give `n_superclasses=3`."), "Too many.\nGive -k 3."),
    ],
)
def test_whatever_ends_a_run_the_job_does_not_look_completed(
    error: BaseException,
    word: str,
    instance: Instance,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(*_: Any, **__: Any) -> RunResult:
        raise error

    monkeypatch.setattr("rebalance.pipeline.run_job.execute", end)
    log_in(instance)
    with pytest.raises(type(error)):
        rebalance_job(REQUEST, SETTINGS)
    assert word in failed(instance)


def test_ctrl_c_in_a_terminal_ends_the_job_as_failed(project: Path, tmp_path: Path) -> None:
    reached, interrupted = threading.Event(), threading.Event()

    class Slow(Instance):
        """Does not answer once the comparison begins."""

        def jobs_add_event_log(
            self, project_uid: str, job_uid: str, text: str, type: str = "text"
        ) -> Any:
            if text.startswith("Comparing"):
                reached.set()
                interrupted.wait(60)
            return super().jobs_add_event_log(project_uid, job_uid, text, type)

    instance = classified(Slow(project))
    where = ["--project", "P3", "--workspace", "W1", "--job", "J3", "-o", str(tmp_path / "results")]
    command = "from rebalance.cli import main; main()"
    with served(instance) as address:
        own = {"BASE_URL": address, "EMAIL": "ali@example.org", "PASSWORD": "secret"}
        process = subprocess.Popen(
            [sys.executable, "-c", command, "cryosparc", *where, "-k", "5"],
            env=os.environ | {f"CRYOSPARC_{name}": value for name, value in own.items()},
            stderr=subprocess.PIPE,
            text=True,
            # What starts the tests may ignore it, and a process inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert reached.wait(120)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
        interrupted.set()
    assert process.returncode == 130
    assert "Interrupted. No incomplete results were left." in said
    assert failed(instance) == "Interrupted (Ctrl-C) on the computer where rebalance was running."
    assert not (tmp_path / "results").exists()


def test_cryosparc_tools_own_way_of_running_would_complete_what_is_interrupted(
    instance: Instance, log_in: LogIn
) -> None:
    """Why `external_job` is there: if this fails, it may go."""
    from rebalance.hosts.cryosparc.connection import connect

    address = log_in(instance)
    job = connect(address).find_project("P3").create_external_job("W1")
    with contextlib.suppress(KeyboardInterrupt), job.run():
        raise KeyboardInterrupt
    assert instance.jobs["J5"].status == "completed"


def test_a_job_that_can_not_be_marked_is_told_of(
    instance: Instance, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.refusing["jobs.save_output"] = Refused(500, "The database is gone")
    instance.refusing["jobs.mark_failed"] = Refused(500, "The database is gone")
    log_in(instance)
    progress = Heard()
    with pytest.raises(HostError):
        rebalance_job(REQUEST, SETTINGS, progress=progress)
    (said,) = [one for one in progress.said if "could not be marked" in one]
    assert said.startswith("J5 ")


def test_a_server_that_goes_away_leaves_the_results_on_this_machine(
    instance: Instance, log_in: LogIn
) -> None:
    for function in ("jobs.save_output", "jobs.mark_failed"):
        instance.refusing[function] = Gone()
    log_in(instance)
    progress = Heard()
    with pytest.raises(HostError, match=r"CryoSPARC was lost(.|\n)*results are complete in /"):
        rebalance_job(REQUEST, SETTINGS, progress=progress)
    assert any("could not be marked as failed" in sentence for sentence in progress.said)
    assert Path("rebalance_P3_J3_k5_f0.5/particles_selected.csg").is_file()


def test_progress_is_logged_now_and_then_in_one_event(
    instance: Instance, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rebalance.hosts.cryosparc.connection import connect

    monkeypatch.setattr(external_job, "_LINE_EVERY_SECONDS", 0.0)
    address = log_in(instance)
    job = connect(address).find_project("P3").create_external_job("W1")
    progress = external_job.LoggedProgress(Progress(), job)
    progress.stage("affinity", "Comparing 9 class averages", unit="pairs")
    for done in range(5):
        progress.advance(done, 4)
    said = [event["text"] for event in instance.events]
    assert said == ["Comparing 9 class averages", "Comparing 9 class averages: 75 %"]
    assert "affinity" not in progress.seconds
    progress.stage("")
    assert progress.seconds["affinity"] >= 0


def test_rows_are_found_by_uid_in_whatever_order() -> None:
    rng = np.random.default_rng(5)
    known = np.uint64(2**63) + np.unique(rng.integers(2**62, size=500)).astype(np.uint64)
    order = rng.permutation(500)
    selected = rng.random(500) < 0.3
    stays = rows_of(known, known[order], selected)
    assert set(known[stays].tolist()) == set(known[order][selected].tolist())
    assert np.array_equal(rows_of(known, known, selected), selected)


@pytest.mark.parametrize("change", ["one other", "one less", "one twice"])
def test_rows_of_other_particles_are_refused(change: str) -> None:
    known = np.arange(10, dtype=np.uint64)
    read = known[::-1].copy()
    if change == "one other":
        read[3] = 99
    elif change == "one less":
        read = read[1:]
    else:
        known[0], read[-1] = known[5], known[5]
    with pytest.raises(InputError, match="do not match the job"):
        rows_of(known, read, np.ones(len(read), dtype=np.bool_))
