"""Disks of random sizes that fill up while results are written, some of them with the cache on."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random

from tests.attacks import judge
from tests.attacks.bench import Bench
from tests.attacks.judge import Try
from tests.attacks.kills import FORMER
from tests.attacks.mounts import PAGE, on_a_disk, remount, why_no_mount
from tests.attacks.scenarios import QUICK

_LARGE = 64_000_000
_UNKEPT = "can't be saved for the next run"
"""A warning about the cache, which stands among the results."""


def fill(bench: Bench, number: int, rng: Random) -> Try:
    """A run on a disk that may be too small; where none can be mounted, files are limited."""
    scenario = QUICK[number % len(QUICK)]
    reference = bench.reference(scenario)
    has_mount = not why_no_mount()
    has_cache = has_mount and rng.random() < 0.3
    former = FORMER if has_mount and not scenario.is_job_folder and rng.random() < 0.3 else None
    room = rng.randrange(0, reference.n_bytes + 30 * PAGE, PAGE)
    largest = rng.randint(0, reference.largest)
    bench.fill(scenario, former)
    before, disk = bench.inputs(scenario), bench.place(scenario).parent
    with ExitStack() as stack:
        if has_mount:
            what = f"a disk with room for {room:,} bytes{', with the cache' if has_cache else ''}"
            stack.enter_context(on_a_disk(disk, room))
        else:
            what = f"no file larger than {largest:,} bytes"
        tried = Try(scenario, what)
        ending = tried.ending = bench.run(
            scenario,
            scenario.command(overwrite=former is not None),
            {} if has_mount else {"file_limit": largest},
            cache=disk / "cache" if has_cache else None,
        )
        tried.found, wrong = judge.find(bench, scenario, former=former)
        is_done = ending.code == judge.DONE
        if not (is_done and has_cache and _UNKEPT in " ".join((ending.out + ending.err).split())):
            tried.problems += wrong
            if is_done != (tried.found == judge.WHOLE):
                tried.problems.append(f"ended with {ending.code}, its results are {tried.found}")
        tried.problems += judge.badly_said(scenario, ending)
        tried.problems += judge.left_behind(bench, scenario)
        tried.problems += judge.inputs_changed(bench, scenario, before)
        if not is_done and not any(word in ending.err for word in ("full", "exceed", "No space")):
            tried.problems.append("it is not said that there is no room")
        if has_mount:
            remount(disk, f"size={_LARGE}")
        tried.problems += judge.next_run(bench, scenario, before, overwrite=True)
    return tried
