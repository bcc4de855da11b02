"""The External job that is made in CryoSPARC: what ends early does not look completed there."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rebalance.errors import HostError, RebalanceError
from rebalance.hosts.cryosparc.connection import refusals_told
from rebalance.hosts.cryosparc.sources import Output
from rebalance.progress import Progress

if TYPE_CHECKING:
    from cryosparc.controllers.job import ExternalJobController
    from cryosparc.controllers.project import ProjectController

PARTICLES, AVERAGES = "particles", "class_averages"
"""The inputs of the job."""

_LINE_EVERY_SECONDS = 15.0


@contextmanager
def external_job(
    project: ProjectController,
    workspace: str,
    *,
    title: str,
    description: str,
    particles: Output,
    averages: Output | None,
    slot: str,
    progress: Progress,
) -> Iterator[ExternalJobController]:
    """A running External job, connected to its inputs; completed at the end of the block.

    If the block raises, be it Ctrl-C, the job is marked as failed and says why. (cryosparc-tools'
    own ``job.run()`` would mark a job that is interrupted as completed.)

    Parameters
    ----------
    project : ProjectController
    workspace, title, description : str
    particles : Output
    averages : Output, optional
    slot : str
        What particles must have.
    progress : Progress
        Told if the job can't be marked as failed.

    Raises
    ------
    HostError
        If CryoSPARC refuses.
    """
    with refusals_told():
        job = project.create_external_job(workspace, title=title, desc=description)
    try:
        with refusals_told():
            job.connect(PARTICLES, particles.job, particles.name, slots=[slot], title="Particles")
            if averages is not None:
                job.connect(
                    AVERAGES, averages.job, averages.name, slots=["blob"], title="Class averages"
                )
            job.start("running")
        yield job
        with refusals_told():
            job.stop()
    except BaseException as error:
        _mark_as_failed(job, error, progress)
        raise


def _mark_as_failed(job: ExternalJobController, error: BaseException, progress: Progress) -> None:
    try:
        with refusals_told():
            job.stop(error=_why(error))
    except HostError as refused:
        progress.say(
            f"{job.uid} could not be marked as failed ({refused.problem}). Please mark it in "
            "CryoSPARC"
        )


def _why(error: BaseException) -> str:
    """What the job is to say of its end; never empty, or it would count as completed."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted (Ctrl-C) on the computer where rebalance was running."
    if isinstance(error, SystemExit):
        return (
            "Ended on the computer where rebalance was running, by a signal, e.g. from a batch "
            "system."
        )
    if isinstance(error, RebalanceError):
        from rebalance.settings import with_flags

        return with_flags(str(error))
    return (
        f"This is a bug in rebalance or in a plugin:\n{''.join(traceback.format_exception(error))}"
    )


class LoggedProgress(Progress):
    """Shows progress where it was shown before, and in the event log of a job.

    What can't be logged is let go: the log is no result.

    Parameters
    ----------
    shown : Progress
    job : ExternalJobController
    """

    def __init__(self, shown: Progress, job: ExternalJobController) -> None:
        super().__init__()
        self._shown, self._job = shown, job
        self._title = ""
        self._last = 0.0
        self._lock = threading.Lock()

    def stage(self, name: str, title: str = "", unit: str = "") -> None:
        super().stage(name, title, unit)
        self._shown.stage(name, title, unit)
        self._title, self._last = title, time.monotonic()
        if title:
            self._log(title)

    def advance(self, done: int, total: int) -> None:
        self._shown.advance(done, total)
        if not 0 < done < total or time.monotonic() - self._last < _LINE_EVERY_SECONDS:
            return
        if self._lock.acquire(blocking=False):
            try:
                self._last = time.monotonic()
                self._log(f"{self._title}: {100 * done // total} %", name=self._title)
            finally:
                self._lock.release()

    def say(self, sentence: str) -> None:
        self._shown.say(sentence)
        self._log(f"{sentence}.")

    def _log(self, text: str, name: str | None = None) -> None:
        with contextlib.suppress(HostError), refusals_told():
            if name is None:
                self._job.log(text)
            else:
                self._job.log(text, name=name)
