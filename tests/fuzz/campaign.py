"""Runs mutants through a reader under limits, and keeps what it finds, made small."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

import rebalance
from rebalance.errors import RebalanceError
from tests.fuzz.mutations import mutated
from tests.fuzz.readers import Prepared, Reader

SECONDS = 10.0
"""That a reader may take for one file."""
EXTRA_BYTES, TIMES_THE_FILE = 200_000_000, 4
"""Of memory that a reader may take for one file."""
_ADDRESS_SPACE = 3_000_000_000
"""That is not passed, whatever a reader asks for: the machine is others' too."""
MUTANT = "mutant_path"
"""File that names the file that is mutated."""
_PACKAGE = Path(rebalance.__file__).parent


class TooSlow(BaseException):
    """A reader took more than `SECONDS`; no ``except Exception`` of it stops this."""


class TooLarge(Exception):
    """A reader took more memory than it may."""


@dataclass
class Outcome:
    """What became of the mutants of one reader."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    largest: int = 0
    findings: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        found = "".join(f"\n    {count:5d} × {key}" for key, count in self.findings.most_common())
        return (
            f"{self.read + self.refused + self.findings.total():,} mutants: {self.read:,} read, "
            f"{self.refused:,} refused, {self.findings.total():,} findings of "
            f"{len(self.findings)} kinds; slowest {self.slowest:.2f} s, most memory "
            f"{self.largest / 1e6:.0f} MB{found}"
        )


def run_campaign(
    reader: Reader,
    folder: Path,
    *,
    mutants: int,
    seed: int,
    seconds: float = float("inf"),
    save_in: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Run mutants through a reader.

    Parameters
    ----------
    reader : Reader
    folder : Path
        Empty; for seeds and mutants.
    mutants : int
    seed : int
        The same seed gives the same mutants.
    seconds : float
        The campaign ends early after so long.
    save_in : Path, optional
        Where the first of each kind of finding is written, made small.
    say : callable
        Told of each kind of finding when it is met.
    """
    outcome, rng = Outcome(), Random(f"{reader.name} {seed}")
    prepared = reader.prepare(folder)
    # Where a process that is killed leaves its last mutant.
    (folder / MUTANT).write_text(str(prepared.path))
    with _limits():
        for data in prepared.seeds:
            # What is compiled or imported by the first use is no cost of a mutant.
            prepared.path.write_bytes(data)
            prepared.read(prepared.path)
        began = time.monotonic()
        for _ in range(mutants):
            if time.monotonic() - began > seconds:
                break
            data = mutated(prepared.seeds, reader.mutations, rng)
            key = judge(prepared, data, outcome)
            if key is None:
                continue
            outcome.findings[key] += 1
            if outcome.findings[key] == 1:
                say(f"{reader.name}: {key}")
                if save_in is not None:
                    small = _made_small(prepared, data, key)
                    save_in.mkdir(parents=True, exist_ok=True)
                    digest = hashlib.sha256(small).hexdigest()[:8]
                    (save_in / f"{reader.name}_{digest}.bin").write_bytes(small)
                    (save_in / f"{reader.name}_{digest}.txt").write_text(
                        f"{key}\n\n{_last_traceback}", encoding="utf-8", errors="replace"
                    )
    return outcome


_last_traceback = ""


def judge(prepared: Prepared, data: bytes, outcome: Outcome) -> str | None:
    """The kind of finding that a file is, None where it is read or refused as it should be."""
    global _last_traceback
    prepared.path.write_bytes(data)
    memory = _resident("VmRSS")
    _forget_peak()
    began = time.monotonic()
    try:
        with _timer(), warnings.catch_warnings():
            warnings.simplefilter("error")
            prepared.read(prepared.path)
        is_refused = False
    except RebalanceError:
        is_refused = True
    except (Exception, TooSlow) as error:
        _last_traceback = "".join(traceback.format_exception(error))
        return _kind_of(error)
    took, grown = time.monotonic() - began, _resident("VmHWM") - memory
    outcome.slowest = max(outcome.slowest, took)
    outcome.largest = max(outcome.largest, grown)
    if grown > EXTRA_BYTES + TIMES_THE_FILE * len(data):
        _last_traceback = f"{grown / 1e6:.0f} MB for {len(data)} bytes"
        return "memory"
    outcome.refused += is_refused
    outcome.read += not is_refused
    return None


def _kind_of(error: BaseException) -> str:
    """Type of an error, and the last line of the package that it came through."""
    place = "?"
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_PACKAGE):
            place = f"{path.relative_to(_PACKAGE.parent)}:{line} ({frame.f_code.co_name})"
    return f"{type(error).__name__} @ {place}"


def _made_small(prepared: Prepared, data: bytes, key: str, seconds: float = 15.0) -> bytes:
    """Bytes of the same kind of finding, with all removed that can be."""
    ends, size = time.monotonic() + seconds, max(1, len(data) // 2)
    if key.startswith(("TooSlow", "memory")):
        return data
    while size and time.monotonic() < ends:
        at = 0
        while at < len(data) and time.monotonic() < ends:
            shorter = data[:at] + data[at + size :]
            if judge(prepared, shorter, Outcome()) == key:
                data = shorter
            else:
                at += size
        size //= 2
    return data


@contextlib.contextmanager
def _timer() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limits() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _resident("VmSize") + _ADDRESS_SPACE
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _forget_peak() -> None:
    # Where this is not allowed, peaks are those of the whole campaign, and no smaller.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _resident(name: str) -> int:
    """Bytes of a line of the process's status: ``VmRSS``, ``VmHWM``, ``VmSize``."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(
        (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(name)), 0
    )


def in_a_child(work: Callable[[], Outcome]) -> Outcome | int | None:
    """The outcome of work in a process of its own; the signal that ended it; None if it failed."""
    import pickle

    read_end, write_end = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read_end)
            with os.fdopen(write_end, "wb") as stream:
                pickle.dump(work(), stream)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        content = stream.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return -code
    outcome: Outcome | None = pickle.loads(content) if code == 0 else None
    return outcome
