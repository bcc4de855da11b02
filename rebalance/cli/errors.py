"""How a command ends: 0 done, 2 the user can fix it, 1 a bug, 130 Ctrl-C, 143 terminated."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from rebalance.errors import OutputError, PluginError, RebalanceError
from rebalance.system_errors import told

MENDABLE, INTERRUPTED, TERMINATED = 2, 130, 143

_A_BUG = (
    "This is a bug in rebalance or in a plugin, not a mistake of yours. Your files are unchanged. "
    "Please report it with the lines above and the command."
)


class CommandGroup(TyperGroup):
    """The commands, in the order of their declaration, and what becomes of their errors."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RebalanceError as error:
            show_error(error)
            raise typer.Exit(MENDABLE) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrupted. No incomplete results were left.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort):
            raise
        except typer.TyperException as error:
            # The words of the library that checks values for Typer.
            error.message = error.message.removeprefix("Value error, ")
            raise
        except Exception as error:
            is_nameless = isinstance(error, OSError) and error.filename is None
            # A standard output that fails is told apart where it was opened.
            said = None if is_nameless and _stdout_fails() else told(error)
            if said is None:
                error.add_note(_A_BUG)
                raise
            show_error(said)
            raise typer.Exit(MENDABLE) from None


def show_error(error: RebalanceError) -> None:
    """One message on stderr: what is wrong, where, and what to do."""
    from rebalance.cli.screen import say, stderr
    from rebalance.settings import with_flags

    console = stderr()
    problem, hint = (
        with_flags(without_controls(text or "")) for text in (error.problem, error.hint)
    )
    place = ", ".join(str(part) for part in (error.path, error.location) if part is not None)
    first, rest = (without_controls(place), problem) if place else (problem, "")
    bold = "bold" if place else ""
    say(console, first, bold, lead="Error: ", color="bold red")
    for text, style in ((rest, ""), (hint, "dim")):
        if text:
            say(console, text, style)
    if isinstance(error, PluginError):
        from rebalance.registry import registry

        for problem in registry().problems:
            console.print(problem, style="dim", markup=False)


def without_controls(text: str) -> str:
    """What a file says must not move the cursor or color the terminal; bytes must be letters."""
    return "".join(
        mark if mark == "\n" or unicodedata.category(mark) not in ("Cc", "Cs") else "\ufffd"
        for mark in text
    )


@contextmanager
def results_that_can_not_be_shown() -> Iterator[None]:
    """A standard output that can't be written (full disk, closed pipe) is no bug of ours."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or not _stdout_fails():
            raise
        # Python flushes once more when it ends, and would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            show_error(
                OutputError(
                    f"Can't write to standard output: {error.strerror or error}. The result files "
                    "are complete.",
                    hint="Free some disk space, or send the output elsewhere.",
                )
            )
        raise SystemExit(MENDABLE if error.errno != errno.EPIPE else 1) from None


def _stdout_fails() -> bool:
    """Asked by an empty line: a stream without a buffer keeps nothing that could fail again."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def end_on_sigterm() -> None:
    """Let ``kill`` and batch systems end a run as cleanly as Ctrl-C does."""

    def end(*_: Any) -> None:
        raise SystemExit(TERMINATED)

    for ending in (signal.SIGTERM, signal.SIGHUP):
        # nohup means it: what is ignored stays ignored.
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, end)


def write_what_can_be_written() -> None:
    """A terminal without a letter for Å gets a question mark, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
