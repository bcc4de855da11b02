"""Places that can't be written: of results, cache or inputs, from the start or a moment on."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

from tests.attacks import judge
from tests.attacks.bench import Bench, Ending
from tests.attacks.child import FILE
from tests.attacks.judge import Try
from tests.attacks.mounts import on_a_disk, read_only, remount, why_no_mount
from tests.attacks.scenarios import PROJECT, QUICK, Scenario

_NOBODY = 65534
_LARGE = 64_000_000


def protect(bench: Bench, number: int, rng: Random) -> Try:
    """A run that must do without a place that it would write to."""
    kinds = [_results, _cache, _inputs, _as_nobody, _from_a_moment_on]
    scenario = QUICK[number % len(QUICK)]
    return kinds[number // 2 % len(kinds)](bench, scenario, rng)


def _judged(
    bench: Bench, scenario: Scenario, what: str, run: Callable[[], Ending], *, may_write: bool
) -> Try:
    """A try that must succeed, or must be refused."""
    tried = Try(scenario, what)
    before = bench.inputs(scenario)
    tried.ending = run()
    tried.found, wrong = judge.find(bench, scenario)
    tried.problems += wrong + judge.badly_said(scenario, tried.ending)
    tried.problems += judge.left_behind(bench, scenario)
    tried.problems += judge.inputs_changed(bench, scenario, before)
    wanted = (judge.DONE, judge.WHOLE) if may_write else (judge.MISTAKE, judge.ABSENT)
    if (tried.ending.code, tried.found) != wanted:
        tried.problems.append(f"ended with {tried.ending.code}, its results are {tried.found}")
    return tried


def _results(bench: Bench, scenario: Scenario, rng: Random) -> Try:
    bench.fill(scenario)
    before, place = bench.inputs(scenario), bench.place(scenario)

    def run() -> Ending:
        with read_only(place.parent):
            return bench.run(scenario, scenario.command())

    tried = _judged(bench, scenario, "the results' folder is read-only", run, may_write=False)
    tried.problems += judge.next_run(bench, scenario, before, overwrite=False)
    return tried


def _cache(bench: Bench, scenario: Scenario, rng: Random) -> Try:
    """The results are as ever, but for the warning that the cache can't be written."""
    bench.fill(scenario)
    before = bench.inputs(scenario)
    with read_only(bench.cache):
        ending = bench.run(scenario, scenario.command())
    tried = Try(scenario, "the cache is read-only", ending=ending)
    tried.problems = judge.badly_said(scenario, ending)
    tried.problems += judge.inputs_changed(bench, scenario, before)
    if ending.code != judge.DONE:
        tried.problems.append(f"ended with {ending.code}")
    tried.problems += judge.next_run(bench, scenario, before, overwrite=True)
    return tried


def _inputs(bench: Bench, scenario: Scenario, rng: Random) -> Try:
    """A project of which only the place of the results can be written."""
    bench.fill(scenario)
    project = bench.arena / PROJECT

    def run() -> Ending:
        with read_only(project):
            if not scenario.is_job_folder:
                return bench.run(scenario, scenario.command())
            with on_a_disk(bench.place(scenario).parent, _LARGE):
                ending = bench.run(scenario, scenario.command())
                found, wrong = judge.find(bench, scenario)
                assert (found, wrong) == (judge.WHOLE, []), wrong
                return ending

    if scenario.is_job_folder:
        return Try(scenario, "the inputs are read-only", ending=run(), found=judge.WHOLE)
    return _judged(bench, scenario, "the inputs are read-only", run, may_write=True)


def _as_nobody(bench: Bench, scenario: Scenario, rng: Random) -> Try:
    """Another user, who may read all, and write nothing."""
    bench.fill(scenario)
    for folder in (bench.folder, *(path for path in bench.arena.rglob("*") if path.is_dir())):
        os.chmod(folder, 0o755)
    bench.cache.chmod(0o777)
    before = bench.inputs(scenario)
    tried = _judged(
        bench,
        scenario,
        "by a user who may not write",
        lambda: bench.run(scenario, scenario.command(), {"log": None}, user=_NOBODY),
        may_write=False,
    )
    tried.problems += judge.next_run(bench, scenario, before, overwrite=False)
    return tried


def _from_a_moment_on(bench: Bench, scenario: Scenario, rng: Random) -> Try:
    """As a disk with errors is: what was begun there can't even be removed, until it is mended."""
    reference = bench.reference(scenario)
    bench.fill(scenario)
    before, disk = bench.inputs(scenario), bench.place(scenario).parent
    at = rng.randint(1, reference.count(FILE))
    deed = {"count": FILE, "after": "", "number": at, "do": "read-only", "with": [str(disk)]}
    what = f"the results' disk is read-only from {FILE} {at} of {reference.count(FILE)} on"
    with on_a_disk(disk, _LARGE):
        ending = bench.run(scenario, scenario.command(), {"deed": deed})
        remount(disk, "rw")
        tried = Try(scenario, what, is_hit=ending.is_hit, ending=ending)
        tried.found, wrong = judge.find(bench, scenario)
        tried.problems = wrong + judge.badly_said(scenario, ending)
        tried.problems += judge.inputs_changed(bench, scenario, before)
        if ending.code == judge.DONE and tried.found != judge.WHOLE:
            tried.problems.append(f"ended with 0, its results are {tried.found}")
        tried.problems += judge.next_run(bench, scenario, before, overwrite=False)
    return tried


why_not = why_no_mount
