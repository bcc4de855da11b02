"""Inputs that vanish, shrink or are replaced, at a random moment after they were opened first."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.attacks import judge
from tests.attacks.bench import Bench
from tests.attacks.child import CALL
from tests.attacks.judge import Try
from tests.attacks.scenarios import PROJECT, SCENARIOS

_SOON = 60
"""Calls after the first opening; half of the moments are as early, while the file is read."""


def take(bench: Bench, number: int, rng: Random) -> Try:
    """A run whose input is no longer what it was when the run began to read it."""
    scenario = [*SCENARIOS.values()][number % len(SCENARIOS)]
    reference = bench.reference(scenario)
    bench.fill(scenario)
    before, project = bench.inputs(scenario), bench.arena / PROJECT
    opened = reference.opened(project)
    path = rng.choice([*opened])
    name = Path(path).relative_to(project).as_posix()
    do = rng.choice(("unlink", "truncate", "swap"))
    size = rng.randrange(Path(path).stat().st_size)
    left = max(1, reference.count(CALL) - opened[path] - 1)
    at = rng.randint(1, min(_SOON, left) if rng.random() < 0.5 else left)
    given = [path] if do == "unlink" else [path, size]
    deed = {"count": CALL, "after": path, "number": at, "do": do, "with": given}
    ending = bench.run(scenario, scenario.command(), {"deed": deed})
    to = "" if do == "unlink" else f" to {size:,} bytes"
    what = f"{do} {name}{to}, {at} calls after it is opened"
    tried = Try(scenario, what, is_hit=ending.is_hit, ending=ending)
    tried.found, tried.problems = judge.find(bench, scenario)
    tried.problems += judge.badly_said(scenario, ending)
    tried.problems += judge.left_behind(bench, scenario)
    tried.problems += judge.inputs_changed(bench, scenario, before, but=name)
    if ending.code not in (judge.DONE, judge.MISTAKE):
        tried.problems.append(f"ended with {ending.code}")
    if (ending.code == judge.DONE) != (tried.found == judge.WHOLE):
        tried.problems.append(f"ended with {ending.code}, its results are {tried.found}")
    if ending.code == judge.MISTAKE and Path(name).name not in "".join(ending.err.split()):
        tried.problems.append("the error does not name the file")
    bench.restore_inputs(scenario)
    tried.problems += judge.next_run(bench, scenario, before, overwrite=False)
    return tried
