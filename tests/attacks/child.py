"""`rebalance` as a process to which something happens at a moment that can be repeated.

``python -m tests.attacks.child WORDS`` with a plan in JSON in the environment. A moment is the n-th
call of a function of the package, or the n-th time that a file is made, renamed or removed; both
are counted from the start, or from when a certain file is opened first.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

PLAN = "REBALANCE_ATTACK"
CALL, FILE = "call", "file"
"""What is counted."""

_PACKAGE = str(Path(__file__).parents[2] / "rebalance") + os.sep
_EVENTS = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "fcntl.flock"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Watch:
    """Counts, writes stages and totals to the log, and does the deed when its moment comes."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._log: str | None = plan.get("log")
        self._deed: dict[str, Any] | None = plan.get("deed")
        self._inputs = os.path.join(os.getcwd(), "")
        self.counts = {CALL: 0, FILE: 0}
        self.opened: dict[str, int] = {}
        self._since = self._deed is not None and not self._deed["after"]
        self._left = 0 if self._deed is None else self._deed["number"]
        self._main = threading.get_ident()

    def line(self, text: str) -> None:
        """Append to the log; a kill loses none of it."""
        if self._log is not None:
            handle = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, f"{text}\n".encode())
            os.close(handle)

    def called(self, frame: FrameType, event: str, _: Any) -> None:
        """For `sys.setprofile`."""
        if event == "call" and frame.f_code.co_filename.startswith(_PACKAGE):
            self._tick(CALL)

    def heard(self, event: str, given: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`."""
        if threading.get_ident() != self._main:
            return
        if event == "open" and isinstance(given[0], str | bytes | os.PathLike):
            path = os.path.abspath(os.fsdecode(given[0]))
            if path == self._log:
                return
            if isinstance(given[2], int) and given[2] & _WRITING:
                self._tick(FILE)
            else:
                self.opened.setdefault(path, self.counts[CALL])
                if self._deed is not None and path == self._deed["after"]:
                    self._since = True
        elif event in _EVENTS:
            self._tick(FILE)

    def _tick(self, what: str) -> None:
        self.counts[what] += 1
        if self._deed is None or not self._since or self._deed["count"] != what:
            return
        self._left -= 1
        if self._left <= 0:
            deed, self._deed = self._deed, None
            self.line("deed")
            DEEDS[deed["do"]](*deed["with"])

    def stage(self, name: str) -> None:
        """A stage of the run begins."""
        self.line(f"stage {name} {time.monotonic()}")


def _signal(number: int) -> None:
    os.kill(os.getpid(), number)


def _truncate(path: str, size: int) -> None:
    os.truncate(path, size)


def _swap(path: str, size: int) -> None:
    """A shorter file takes the place."""
    part = f"{path}.part"
    with open(path, "rb") as whole, open(part, "wb") as stream:
        stream.write(whole.read(size))
    os.replace(part, path)


def _read_only(mount: str) -> None:
    """Fails, and changes nothing, while a file there is open for writing."""
    subprocess.run(["mount", "-o", "remount,ro", mount], check=False, capture_output=True)


DEEDS: dict[str, Callable[..., None]] = {
    "signal": _signal,
    "truncate": _truncate,
    "swap": _swap,
    "unlink": os.unlink,
    "read-only": _read_only,
}


def _slow_down(seconds: float) -> None:
    """Many small tiles, each kept at once in a checkpoint: a long comparison of few averages."""
    from rebalance.engine import checkpoint
    from rebalance.metrics.rotational_cc import RotationalCC

    tile = RotationalCC.tile

    def slow(*given: Any, **how: Any) -> Any:
        time.sleep(seconds)
        return tile(*given, **how)

    checkpoint.BEGUN_AFTER_SECONDS = 0.0
    RotationalCC.tile_shapes = {"cpu": (4, 4)}
    RotationalCC.tile = slow  # type: ignore[method-assign]


def _meet(folder: Path, number: int) -> None:
    """Wait until as many processes are here, so that they go on at once."""
    (folder / str(os.getpid())).touch()
    until = time.monotonic() + 30
    while len(os.listdir(folder)) < number and time.monotonic() < until:
        time.sleep(0.001)


def main() -> None:
    """The command, under the plan."""
    plan = json.loads(os.environ.get(PLAN, "{}"))
    if "file_limit" in plan:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["file_limit"], hard))
    # What a shell starts in the background ignores ctrl-c.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from rebalance.cli import main as command
    from rebalance.progress import Progress

    if "slow" in plan:
        _slow_down(plan["slow"])
    watch, stage = Watch(plan), Progress.stage

    def staged(self: Progress, name: str, *given: Any, **how: Any) -> None:
        watch.stage(name)
        if name and name == plan.get("meet_at"):
            _meet(Path(plan["meet_in"]), plan["meet_number"])
        stage(self, name, *given, **how)

    Progress.stage = staged  # type: ignore[method-assign]
    sys.addaudithook(watch.heard)
    if plan.get("counts", False) or plan.get("deed", {}).get("count") == CALL:
        sys.setprofile(watch.called)
    try:
        command()
    finally:
        sys.setprofile(None)
        if plan.get("counts", False):
            watch.line(f"totals {json.dumps([watch.counts, watch.opened])}")


if __name__ == "__main__":
    main()
