"""What a person waits for: each command as it is typed, beside the time it may take.

    python -m benchmarks.waiting
    python -m benchmarks.waiting --json benchmarks/results/waiting.json

A classification of 100 averages is simulated; every command is started in a process of its own,
interpreter and imports included. The shortest of several is taken, but for what is done only once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.results_table import Row, keep, row, show


class Person:
    """Types commands in a folder of its own, and waits.

    Parameters
    ----------
    folder : Path
        Where the user's cache and all results go.
    repeats : int
        The shortest of so many is taken.
    """

    def __init__(self, folder: Path, repeats: int) -> None:
        self.folder = folder
        self.repeats = repeats
        self.cache = folder / "cache"
        self.environment = {**os.environ, "REBALANCE_CACHE_DIR": str(self.cache)}
        # As on any machine where the package is installed.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def types(self, *words: str, code: int = 0) -> float:
        """Seconds that one command takes; it must end with that code."""
        command = [str(Path(sys.executable).with_name("rebalance")), *words]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True)
        seconds = time.perf_counter() - began
        assert done.returncode == code, done.stderr.decode()
        return seconds

    def waits(self, *words: str, code: int = 0) -> float:
        """The shortest of several."""
        return min(self.types(*words, code=code) for _ in range(self.repeats))


def demos(person: Person) -> list[Row]:
    """The demo, from nothing and with its kernels compiled."""
    person.types("--version")
    first = person.types("demo", "--overwrite")
    for kept in person.cache.glob("*.npz"):
        kept.unlink()
    again = person.types("demo", "--overwrite")
    return [
        line("`rebalance demo`, the first command ever", first, 20.0),
        line("of which compiling", first - again, 10.0),
    ]


def commands(person: Person, averages: int) -> list[Row]:
    """What is typed over and over, at so many averages."""
    person.types("simulate", "project", "--averages", str(averages), "--quiet")
    job = str(next((person.folder / "project" / "Class2D").glob("job*")))
    run = ("run", job, "-o", "out", "--overwrite", "--quiet", "-k", "12", "-f", "0.5")
    person.types(*run)
    person.types("scan", job, "-o", "scan", "--overwrite", "--quiet")
    of = f"{averages} averages"
    return [
        line(
            f"`rebalance run` again, with pictures and report page, {of}", person.waits(*run), 2.0
        ),
        line(f"`rebalance run --no-figures` again, {of}", person.waits(*run, "--no-figures"), 0.8),
        line("`rebalance inspect`", person.waits("inspect", job), 0.6),
        line("an error: no `-k`", person.waits("run", job, code=2), 0.6),
        line("an error: `-k` larger than the averages", _too_many(person, job), 0.6),
        line("an error: no such file", person.waits("run", "nowhere", "-k", "2", code=2), 0.6),
        line(
            f"`rebalance scan`, {of}",
            person.waits("scan", job, "-o", "scan", "--overwrite", "--quiet"),
            3.0,
        ),
        line("`rebalance evaluate` of that run", person.types("evaluate", "out"), None),
    ]


def _too_many(person: Person, job: str) -> float:
    return person.waits("run", job, "-k", "1000", code=2)


def line(what: str, seconds: float, target: float | None) -> Row:
    """A row of the table."""
    return row(
        what,
        f"{seconds:.2f} s",
        target="" if target is None else f"≤ {target:g} s",
        met=None if target is None else seconds <= target,
    )


def main(
    averages: Annotated[int, typer.Option(help="Class averages.")] = 100,
    repeats: Annotated[int, typer.Option(help="The shortest of so many is taken.")] = 5,
    json_file: Annotated[Path | None, typer.Option("--json", help="Results to keep.")] = None,
) -> None:
    """Print every row beside its target."""
    with tempfile.TemporaryDirectory() as folder:
        person = Person(Path(folder), repeats)
        rows = demos(person) + commands(person, averages)
    show(rows)
    keep(rows, json_file)


if __name__ == "__main__":
    typer.run(main)
