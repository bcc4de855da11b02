"""Where runs are attacked: a folder filled anew for each try, and what undisturbed runs give."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.attacks.nursery import Nursery
from tests.attacks.scenarios import DISK, PROJECT, Scenario, make_inputs
from tests.pipeline.runs import content

RECORD = "run.json"
SECONDS = 120.0
"""That a command may take."""


@dataclass(frozen=True)
class Ending:
    """How a process ended."""

    code: int
    out: str
    err: str
    log: str
    seconds: float

    @property
    def is_hit(self) -> bool:
        """Whether the deed of the plan was done."""
        return "deed" in self.log.split()


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run leaves, and how many moments it has."""

    files: Mapping[str, str]
    inputs: Any
    ending: Ending
    n_bytes: int
    largest: int

    @cached_property
    def _totals(self) -> Any:
        (line,) = (line for line in self.ending.log.splitlines() if line.startswith("totals "))
        return json.loads(line.removeprefix("totals "))

    def count(self, what: str) -> int:
        """Calls, or changes to files."""
        return int(self._totals[0][what])

    def opened(self, folder: Path) -> dict[str, int]:
        """Files in a folder that were read, and at which call each was opened first."""
        return {
            path: at
            for path, at in sorted(self._totals[1].items())
            if Path(path).is_relative_to(folder) and Path(path).is_file()
        }

    def stage(self, name: str) -> tuple[float, float]:
        """Seconds at which a stage began, and that it took."""
        times = [line.split() for line in self.ending.log.splitlines() if line.startswith("stage ")]
        # The stage after the last has no name.
        named = [(words[1] if len(words) == 3 else "", float(words[-1])) for words in times]
        at = [one for one, _ in named].index(name)
        return named[at][1] - named[0][1], named[at + 1][1] - named[at][1]


class Bench:
    """The folder of the attacks; use as a context manager.

    Parameters
    ----------
    folder : Path
        Empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._references: dict[tuple[str, int], Reference] = {}
        self._learned: set[str] = set()
        compiled = os.environ.get("NUMBA_CACHE_DIR", str(folder / "compiled"))
        own = {"NUMBA_CACHE_DIR": compiled, "REBALANCE_CACHE_DIR": str(folder / "unused")}
        self._nursery = Nursery(own)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.close()

    @property
    def arena(self) -> Path:
        """What a person would see: inputs, and a place for results."""
        return self.folder / "arena"

    @property
    def cache(self) -> Path:
        """Of affinities and notes, one for each try."""
        return self.arena / "cache"

    def place(self, scenario: Scenario) -> Path:
        """Where results go."""
        return self.arena / scenario.place

    def clear(self) -> None:
        """Nothing is in the arena."""
        shutil.rmtree(self.arena, ignore_errors=True)

    def fill(self, scenario: Scenario, former: int | None = None) -> None:
        """Inputs in place as new, and former results where a seed of them is given."""
        # Made in the arena too, and needed by whoever judges.
        self.reference(scenario)
        former_results = None if former is None else self.kept(scenario, former)
        self._lay_out(scenario)
        if former_results is not None:
            shutil.copytree(former_results, self.place(scenario), dirs_exist_ok=True)

    def _lay_out(self, scenario: Scenario) -> None:
        self.clear()
        shutil.copytree(self._made(scenario), self.arena / PROJECT)
        (self.arena / DISK).mkdir()
        self.cache.mkdir()

    def _made(self, scenario: Scenario) -> Path:
        made = self.folder / "inputs" / scenario.layout
        if not made.exists():
            make_inputs(made, scenario.layout)
        return made

    def restore_inputs(self, scenario: Scenario) -> None:
        """Inputs that were attacked themselves are put back, with their times."""
        made = self._made(scenario)
        for path in made.rglob("*"):
            there = self.arena / PROJECT / path.relative_to(made)
            if path.is_file() and not there.is_relative_to(self.place(scenario)):
                shutil.copy2(path, there)

    def inputs(self, scenario: Scenario) -> dict[str, tuple[str, int]]:
        """Digest and time of change of every file of the project that is no result."""
        project, place = self.arena / PROJECT, self.place(scenario)
        return {
            name: (digest, (project / name).stat().st_mtime_ns)
            for name, digest in content(project).items()
            if not (project / name).is_relative_to(place.parent)
        }

    def start(
        self,
        scenario: Scenario,
        words: list[str],
        plan: Mapping[str, Any] | None = None,
        *,
        name: str = "run",
        cache: Path | None = None,
        user: int | None = None,
    ) -> Running:
        """A process of the command, in its folder."""
        paths = {end: self.folder / f"{name}.{end}" for end in ("out", "err", "log")}
        for path in paths.values():
            path.unlink(missing_ok=True)
        slowed = {"slow": 0.0} if scenario.is_slowed else {}
        full = {"log": str(paths["log"]), **slowed, **(plan or {})}
        environment = {"REBALANCE_CACHE_DIR": str(cache or self.cache)}
        folder = self.arena / scenario.folder
        number = self._nursery.start(words, folder, full, paths, environment, user)
        return Running(self._nursery, number, paths)

    def _learn(self, scenario: Scenario) -> None:
        """Have it compiled, and loaded in the process that others are forked from."""
        if scenario.name in self._learned:
            return
        self._learned.add(scenario.name)
        folder = self.folder / "learning" / scenario.name
        shutil.copytree(self._made(scenario), folder / PROJECT)
        (folder / DISK).mkdir()
        self._nursery.learn(scenario.command(), folder / scenario.folder, {})

    def run(self, scenario: Scenario, words: list[str], *given: Any, **how: Any) -> Ending:
        """The command, from its start to its end."""
        return self.start(scenario, words, *given, **how).end()

    def reference(self, scenario: Scenario, seed: int = 0) -> Reference:
        """What an undisturbed run leaves; made once, in the arena, which is empty after."""
        key = scenario.name, seed
        if key not in self._references:
            self._learn(scenario)
            self._lay_out(scenario)
            ending = self.run(scenario, scenario.command(seed), {"counts": not seed})
            if ending.code:
                raise RuntimeError(f"{scenario.name} fails undisturbed:\n{ending.err}")
            place = self.place(scenario)
            sizes = [path.stat().st_size for path in place.rglob("*") if path.is_file()]
            record = json.loads((place / RECORD).read_text())
            files = {name: one for name, one in content(place).items() if name != RECORD}
            shutil.copytree(place, self.folder / "kept" / f"{scenario.name}-{seed}")
            self._references[key] = Reference(
                files, record["inputs"], ending, sum(sizes), max(sizes)
            )
            self.clear()
        return self._references[key]

    def kept(self, scenario: Scenario, seed: int) -> Path:
        """A copy of the results of an undisturbed run."""
        self.reference(scenario, seed)
        return self.folder / "kept" / f"{scenario.name}-{seed}"


@dataclass
class Running:
    """A process under way."""

    nursery: Nursery
    number: int
    paths: Mapping[str, Path]
    began: float = field(default_factory=time.monotonic)
    code: int | None = None

    def log(self) -> str:
        """What it wrote to its log so far."""
        return self.paths["log"].read_text() if self.paths["log"].exists() else ""

    def is_going_on(self) -> bool:
        """Whether it has not ended."""
        if self.code is None:
            self.code = self.nursery.poll(self.number)
        return self.code is None

    def wait_for(self, stage: str) -> bool:
        """Whether a stage begins; False where the process ends before."""
        return self._wait(lambda: f"stage {stage} " in self.log())

    def wait_until(self, seconds: float, every: float = 0.005) -> bool:
        """Let it go on for a while; False where it ends before."""
        until = time.monotonic() + seconds
        return self._wait(lambda: time.monotonic() >= until, every)

    def _wait(self, is_met: Callable[[], bool], every: float = 0.005) -> bool:
        while self.is_going_on():
            if is_met():
                return True
            time.sleep(every)
        return False

    def send(self, number: int) -> None:
        """A signal, if it has not ended."""
        if self.is_going_on():
            os.kill(self.number, number)

    def end(self) -> Ending:
        """Wait for the end; a process that takes too long is ended in a way that is a finding."""
        if self.wait_until(SECONDS, every=0.05):
            os.kill(self.number, signal.SIGABRT)
            self.wait_until(SECONDS, every=0.05)
        out, err = (self.paths[one].read_text(errors="replace") for one in ("out", "err"))
        code = -signal.SIGABRT if self.code is None else self.code
        return Ending(code, out, err, self.log(), time.monotonic() - self.began)
