"""Runs what a page shows (commands, Python, files) in its own folder, and captures the output."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.tools.pages import Block, blocks
from rebalance.model import RunResult

COLUMNS = 80
SCREEN = {"COLUMNS": str(COLUMNS), "TERM": "dumb", "NO_COLOR": "1"}

# Lines that replace progress bars if there is no terminal: what is going on, and "..." or a share.
_PROGRESS = re.compile(
    r"^(?!Warning )[A-Z][a-z]+ing .*( \.\.\.|: \d+ %.*)$|^Compiling for this computer "
)
_NEEDS_A_SHELL = re.compile(r"[|&;<>$`*]")


@dataclass(frozen=True)
class Spoken:
    """A command or statement, the output that the page shows, and the output it had.

    Parameters
    ----------
    typed : str
    shown : str
        Empty if the page shows no output.
    printed : str
    exit_code : int
    line : int
        Line of the block in the page.
    """

    typed: str
    shown: str
    printed: str
    exit_code: int = 0
    line: int = 0


class Session:
    """A folder, a Python namespace and the exit code of the last command.

    Parameters
    ----------
    folder : Path
        Becomes the current folder.
    drawn : collection of str
        Names of the results folders whose figures are drawn. Drawing takes most of the time, and a
        page shows few figures.
    """

    def __init__(self, folder: Path, drawn: Collection[str] = ()) -> None:
        self.folder = folder
        self._drawn = drawn
        self._names: dict[str, Any] = {"__name__": "__page__"}
        self._exit_code = 0
        os.chdir(folder)

    def run_page(self, page: Path) -> Iterator[tuple[Block, list[Spoken]]]:
        """Run every block of a page in order; each with its outputs."""
        for block in blocks(page.read_text(encoding="utf-8")):
            yield block, self.run(block)

    def run(self, block: Block) -> list[Spoken]:
        """Run one block."""
        if "elsewhere" in block.options:
            return []
        if "file" in block.options:
            path = Path(block.options["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return []
        if block.language == "prepare":
            printed, code = self._command(block.text)
            return [Spoken(block.text, "", printed, code, block.line)]
        if block.language == "console":
            return [self._say(typed, shown, block) for typed, shown in commands(block.text)]
        if block.language == "pycon":
            return [self._evaluate(typed, shown, block) for typed, shown in statements(block.text)]
        if block.language == "python":
            exec(compile(block.text, f"line {block.line}", "exec"), self._names)
        return []

    def _say(self, typed: str, shown: str, block: Block) -> Spoken:
        printed, code = self._command(typed)
        return Spoken(typed, shown, printed, code, block.line)

    def _command(self, typed: str) -> tuple[str, int]:
        typed = re.sub(r"\\\n\s*", "", typed)
        words = [] if _NEEDS_A_SHELL.search(typed) else shlex.split(typed)
        if words[:1] == ["cd"]:
            os.chdir(words[1])
            return "", 0
        if words[:1] == ["rebalance"]:
            with _drawing_only(self._drawn):
                printed, self._exit_code = _rebalance(words[1:])
        else:
            printed, self._exit_code = _shell(typed, self._exit_code)
        return _tidy(printed, self.folder), self._exit_code

    def _evaluate(self, typed: str, shown: str, block: Block) -> Spoken:
        tree = ast.parse(typed, mode="single")
        # Classes defined here must find their names.
        code = compile(tree, f"line {block.line}", "single")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), _modules_of_this_folder():
            exec(code, self._names)
        return Spoken(typed, shown, _tidy(printed.getvalue(), self.folder), 0, block.line)


@contextlib.contextmanager
def _modules_of_this_folder() -> Iterator[None]:
    """As at a prompt, modules in the current folder can be imported."""
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path.remove(os.getcwd())


@contextlib.contextmanager
def _drawing_only(folders: Collection[str]) -> Iterator[None]:
    from rebalance import figures

    draw_all = figures.draw_all

    def draw(result: RunResult, **settings: Any) -> dict[str, Any]:
        # A folder has a longer name until it is complete.
        name = result.folder.name if result.folder else ""
        wanted = name in folders or any(f".{folder}." in name for folder in folders)
        return draw_all(result, **settings) if wanted else {}

    figures.draw_all = draw
    try:
        yield
    finally:
        figures.draw_all = draw_all


def _rebalance(words: list[str]) -> tuple[str, int]:
    # In this process, so that compiled code and libraries are loaded once for all pages.
    from typer.testing import CliRunner

    from rebalance.cli import app

    result = CliRunner().invoke(app, words, env=SCREEN)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output, result.exit_code


def _shell(typed: str, before: int) -> tuple[str, int]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-c", f"(exit {before}); {typed}"],
        env={**os.environ, **SCREEN, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout, done.returncode


HOME = "/home/you"
"""Replaces the folder that a page is run in."""


def _tidy(printed: str, folder: Path) -> str:
    printed = printed.replace(str(folder.resolve()), HOME)
    lines = [line.rstrip() for line in printed.splitlines()]
    return "\n".join(line for line in lines if not _PROGRESS.match(line)).strip("\n")


def commands(text: str) -> list[tuple[str, str]]:
    """Commands of a console block, each with the output shown."""
    found: list[tuple[list[str], list[str]]] = []
    continued = False
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif continued:
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
        continued = line.endswith("\\") and not found[-1][1]
    return [("\n".join(typed), "\n".join(shown).strip("\n")) for typed, shown in found]


def statements(text: str) -> list[tuple[str, str]]:
    """Statements of a pycon block, each with the output shown."""
    found: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith(">>> "):
            found.append(([line[4:]], []))
        elif line.startswith("..."):
            found[-1][0].append(line[4:])
        else:
            found[-1][1].append(line)
    return [("\n".join(typed) + "\n", "\n".join(shown).strip("\n")) for typed, shown in found]


def with_output(block: Block, spoken: list[Spoken]) -> str:
    """The text of a block with new outputs."""
    lines = []
    for one in spoken:
        if block.language == "console":
            lines.append(f"$ {one.typed}")
        else:
            first, *rest = one.typed.rstrip("\n").split("\n")
            lines += [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
        if one.shown and one.printed:
            lines += [one.printed, ""] if block.language == "console" else [one.printed]
    return "\n".join(lines).rstrip("\n") + "\n"


_NUMBER = re.compile(r"\d+\.\d+")


def same(shown: str, printed: str) -> bool:
    """Whether two texts are the same except for differences between processors.

    The last digit of a decimal number may differ by one. Words may be in another order, since the
    averages in a superclass are sorted by affinities that can be almost equal.
    """
    if sorted(_NUMBER.sub("#", shown).split()) != sorted(_NUMBER.sub("#", printed).split()):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(
        abs(float(a) - float(b)) <= 1.01 * 10.0 ** -len(a.partition(".")[2]) for a, b in pairs
    )
