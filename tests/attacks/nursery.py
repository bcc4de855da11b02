"""Processes of the command that begin with everything imported and compiled: forks of one.

``python -m tests.attacks.nursery`` reads requests in JSON, one a line, and answers in the same way.
It does each kind of run once itself, so that a fork of it takes a tenth of the time. `Nursery` is
the other end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.attacks.child import PLAN, main

ROOT = Path(__file__).parents[2]


class Nursery:
    """The process that others are forked from; use as a context manager.

    Parameters
    ----------
    environment : mapping of str to str
        Beside that of this process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        own = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "COLUMNS": "100"}
        threads = {"NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, **own, **threads, **environment},
        )

    def close(self) -> None:
        """No more processes."""
        self._process.communicate()

    def ask(self, **request: Any) -> Any:
        """An answer of the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the nursery has ended")
        return json.loads(answer)

    def learn(self, words: Sequence[str], folder: Path, plan: Mapping[str, Any]) -> None:
        """Do a run once in the process itself."""
        self.ask(do="learn", words=[*words], folder=str(folder), plan=plan)

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        plan: Mapping[str, Any],
        paths: Mapping[str, Path],
        environment: Mapping[str, str],
        user: int | None,
    ) -> int:
        """The number of a new process."""
        named = {end: str(path) for end, path in paths.items()}
        answer = self.ask(
            do="start",
            words=[*words],
            folder=str(folder),
            plan=plan,
            paths=named,
            environment={**environment},
            user=user,
        )
        return int(answer)

    def poll(self, number: int) -> int | None:
        """How a process ended, as `subprocess` says it; None while it goes on."""
        answer = self.ask(do="poll", number=number)
        return None if answer is None else int(answer)


def _start(asked: dict[str, Any], replies: int) -> int:
    child = os.fork()
    if child:
        return child
    # Only this and its like ends a child: what stands below belongs to the parent.
    code = 1
    try:
        os.close(replies)
        for end, descriptor in (("out", 1), ("err", 2)):
            handle = os.open(asked["paths"][end], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(handle, descriptor)
            os.close(handle)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if asked["user"] is not None:
            os.setgroups([])
            os.setgid(asked["user"])
            os.setuid(asked["user"])
        code = _do(asked)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _do(asked: dict[str, Any]) -> int:
    os.environ.update(asked.get("environment", {}))
    os.environ[PLAN] = json.dumps(asked["plan"])
    os.chdir(asked["folder"])
    sys.argv = ["rebalance", *asked["words"]]
    try:
        main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    return 0


def _poll(number: int) -> int | None:
    ended, status = os.waitpid(number, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def serve() -> None:
    """Answer until there are no more requests."""
    # What a run prints here is no answer.
    replies = os.dup(1)
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "start":
            answer: int | None = _start(asked, replies)
        elif asked["do"] == "poll":
            answer = _poll(asked["number"])
        else:
            saved = dict(os.environ)
            with open(os.devnull, "w") as nowhere:
                out, err, sys.stdout, sys.stderr = sys.stdout, sys.stderr, nowhere, nowhere
                try:
                    answer = _do(asked)
                finally:
                    sys.stdout, sys.stderr = out, err
                    os.environ.clear()
                    os.environ.update(saved)
        os.write(replies, (json.dumps(answer) + "\n").encode())


if __name__ == "__main__":
    serve()
