"""Kills at random moments, half of them inside a long comparison or an estimate of views.

A moment is drawn by the clock, by the number of calls, or by the number of changes to files, so
that the few milliseconds in which results are put in place are met too.
"""

from __future__ import annotations

import signal
from random import Random

from tests.attacks import judge
from tests.attacks.bench import Bench, Ending
from tests.attacks.child import CALL, FILE
from tests.attacks.judge import Try
from tests.attacks.scenarios import LONG, QUICK, Scenario

FORMER = 7
"""Seed of the results that are replaced."""
_SLOW_SECONDS = 0.15
"""That a tile of a slowed comparison takes."""


def kill(bench: Bench, number: int, rng: Random) -> Try:
    """A run that is killed, in whatever it is doing."""
    ending, tried, before, former = _ended_by(bench, number, rng, signal.SIGKILL)
    if ending.code != -signal.SIGKILL:
        tried.is_hit = False
        return tried
    overwrite = former is not None
    tried.found, tried.problems = judge.find(bench, tried.scenario, former=former)
    tried.problems += judge.inputs_changed(bench, tried.scenario, before)
    tried.problems += judge.next_run(bench, tried.scenario, before, overwrite=overwrite)
    return tried


def stop(bench: Bench, number: int, rng: Random) -> Try:
    """A run that is asked to end, by ctrl-C or as a batch system does."""
    sent = rng.choice((signal.SIGINT, signal.SIGTERM))
    ending, tried, before, former = _ended_by(bench, number, rng, sent)
    if not ending.is_hit and ending.code == judge.DONE:
        tried.is_hit = False
        return tried
    scenario = tried.scenario
    tried.found, tried.problems = judge.find(bench, scenario, former=former)
    tried.problems += judge.inputs_changed(bench, scenario, before)
    tried.problems += judge.badly_said(scenario, ending)
    tried.problems += judge.left_behind(bench, scenario)
    wanted = judge.INTERRUPTED if sent == signal.SIGINT else judge.TERMINATED
    if ending.code not in (judge.DONE, wanted):
        tried.problems.append(f"{sent.name} ended it with {ending.code}")
    # A signal may also come when the results are in place.
    if tried.found == judge.PARTIAL or (ending.code == judge.DONE and tried.found != judge.WHOLE):
        tried.problems.append(f"ended with {ending.code}, and its results are {tried.found}")
    tried.problems += judge.next_run(bench, scenario, before, overwrite=former is not None)
    return tried


def _ended_by(
    bench: Bench, number: int, rng: Random, sent: signal.Signals
) -> tuple[Ending, Try, dict[str, tuple[str, int]], int | None]:
    is_inside = number % 2 == 1
    scenarios = LONG if is_inside else QUICK
    scenario = scenarios[number // 2 % len(scenarios)]
    former = FORMER if rng.random() < 0.3 else None
    bench.fill(scenario, former)
    before = bench.inputs(scenario)
    has_flag = former is not None and not scenario.is_job_folder
    words = scenario.command(overwrite=has_flag)
    if is_inside:
        what, ending = _inside(bench, scenario, words, rng, sent)
    else:
        what, ending = _anywhere(bench, scenario, words, rng, sent)
    replaced = "" if former is None else ", former results in place"
    tried = Try(scenario, f"{sent.name} {what}{replaced}", ending=ending)
    return ending, tried, before, former if has_flag or scenario.is_job_folder else None


def _inside(
    bench: Bench, scenario: Scenario, words: list[str], rng: Random, sent: signal.Signals
) -> tuple[str, Ending]:
    """After a random part of the long stage."""
    slow = _SLOW_SECONDS if scenario.is_slowed else 0.0
    n_tiles = 10
    seconds = rng.random() * (
        bench.reference(scenario).stage(scenario.long_stage)[1] + slow * n_tiles
    )
    running = bench.start(scenario, words, {"slow": slow} if slow else None)
    if running.wait_for(scenario.long_stage) and running.wait_until(seconds):
        running.send(sent)
    return f"{seconds:.3f} s into {scenario.long_stage}", running.end()


def _anywhere(
    bench: Bench, scenario: Scenario, words: list[str], rng: Random, sent: signal.Signals
) -> tuple[str, Ending]:
    reference = bench.reference(scenario)
    count = rng.choice(("clock", CALL, FILE))
    if count == "clock":
        seconds = rng.random() * reference.ending.seconds
        running = bench.start(scenario, words)
        # A signal before Python has begun to run the command is no business of the command.
        if running.wait_for("read") and running.wait_until(seconds):
            running.send(sent)
        return f"{seconds:.3f} s into the run", running.end()
    at = rng.randint(1, reference.count(count))
    deed = {"count": count, "after": "", "number": at, "do": "signal", "with": [int(sent)]}
    return f"at {count} {at} of {reference.count(count)}", bench.run(
        scenario, words, {"deed": deed}
    )
