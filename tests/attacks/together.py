"""Two and three runs into one folder at once, which meet before they put their results in place."""

from __future__ import annotations

from random import Random

from tests.attacks import judge
from tests.attacks.bench import Bench
from tests.attacks.judge import Try
from tests.attacks.kills import FORMER
from tests.attacks.scenarios import QUICK

_MEETINGS = ("read", "select", "write", "record", "")
"""Stages that the runs begin together; the empty one: they only start together."""


def race(bench: Bench, number: int, rng: Random) -> Try:
    """Runs that select other particles; one of them must have the place, whole."""
    scenarios = [one for one in QUICK if not one.is_job_folder]
    scenario = scenarios[number % len(scenarios)]
    seeds = [0, 1, 2][: rng.choice((2, 3))]
    overwrite, former = rng.choice(((False, None), (True, None), (True, FORMER)))
    meeting = rng.choice(_MEETINGS)
    for seed in seeds:
        bench.reference(scenario, seed)
    bench.fill(scenario, former)
    before, meet = bench.inputs(scenario), bench.arena / "meet"
    meet.mkdir()
    plan = {"meet_at": meeting, "meet_in": str(meet), "meet_number": len(seeds)}
    runs = [
        bench.start(
            scenario,
            scenario.command(seed, overwrite=overwrite),
            plan if meeting else {},
            name=f"run{seed}",
        )
        for seed in seeds
    ]
    endings = [run.end() for run in runs]
    flags = f"{', overwriting' if overwrite else ''}{' former results' if former else ''}"
    tried = Try(scenario, f"{len(seeds)} runs, meeting at {meeting or 'the start'}{flags}")
    tried.ending = max(endings, key=lambda ending: ending.code)
    tried.found, tried.problems = judge.find(bench, scenario, seeds=seeds)
    for ending in endings:
        tried.problems += judge.badly_said(scenario, ending)
    codes = sorted(ending.code for ending in endings)
    done = codes.count(judge.DONE)
    if tried.found != judge.WHOLE or (done != len(seeds) if overwrite else done != 1):
        tried.problems.append(f"ended with {codes}, the results are {tried.found}")
        tried.problems += [f"said: {one.err.strip()[-300:]}" for one in endings if one.code]
    tried.problems += judge.left_behind(bench, scenario)
    tried.problems += judge.inputs_changed(bench, scenario, before)
    tried.problems += judge.next_run(bench, scenario, before, overwrite=True)
    return tried
