"""The files by which RELION learns how a job ended, and by which it asks one to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUCCESS, FAILURE, ABORTED = (
    "RELION_JOB_EXIT_SUCCESS",
    "RELION_JOB_EXIT_FAILURE",
    "RELION_JOB_EXIT_ABORTED",
)
ABORT_NOW = "RELION_JOB_ABORT_NOW"
"""Made by the GUI where a person aborts a job."""


class Aborted(BaseException):
    """A person aborted the job in RELION; no error, and caught by nothing that catches errors."""


@contextmanager
def exit_file(folder: Path) -> Iterator[None]:
    """Say by a file in the job's folder how the block ended; those of an earlier run are removed.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SUCCESS, FAILURE, ABORTED, ABORT_NOW):
        (folder / name).unlink(missing_ok=True)
    try:
        yield
    except BaseException as ending:
        (folder / (ABORTED if isinstance(ending, Aborted) else FAILURE)).touch()
        raise
    (folder / SUCCESS).touch()
