"""Inputs that vanish, shrink or are replaced, at a random moment after they were opened first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

from tests.attacks import judge
from tests.attacks.bench import RECORD, Bench
from tests.attacks.child import CALL
from tests.attacks.judge import Try
from tests.attacks.scenarios import PROJECT, QUICK, Scenario
from tests.pipeline.runs import content

_OF_THE_OTHER = "of the other file"
_SOON = 60
"""Calls after the first opening; half of the moments are as early, while the file is read."""


def take(bench: Bench, number: int, rng: Random) -> Try:
    """A run whose input is no longer what it was when the run began to read it."""
    scenario = QUICK[number % len(QUICK)]
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
    if ending.code == judge.DONE and tried.found == judge.PARTIAL:
        tried.found, tried.problems = _as_of_the_other(bench, scenario, path)
    tried.problems += judge.badly_said(scenario, ending)
    tried.problems += judge.left_behind(bench, scenario)
    tried.problems += judge.inputs_changed(bench, scenario, before, but=name)
    if ending.code not in (judge.DONE, judge.MISTAKE):
        tried.problems.append(f"ended with {ending.code}")
    if (ending.code == judge.DONE) != (tried.found in (judge.WHOLE, _OF_THE_OTHER)):
        tried.problems.append(f"ended with {ending.code}, its results are {tried.found}")
    said = "".join(ending.err.split())
    # One that goes before the files of the job are looked for was never there.
    if ending.code == judge.MISTAKE and Path(name).name not in said and "notfound" not in said:
        tried.problems.append("the error does not name the file")
    bench.restore_inputs(scenario)
    overwrite = tried.found == _OF_THE_OTHER
    tried.problems += judge.next_run(bench, scenario, before, overwrite=overwrite)
    return tried


def _as_of_the_other(bench: Bench, scenario: Scenario, path: str) -> tuple[str, list[str]]:
    """A file that changed between a first look and the reading: the run is of that file alone."""
    place, aside = bench.place(scenario), bench.folder / "of_the_other"
    shutil.rmtree(aside, ignore_errors=True)
    there, record = content(place), json.loads((place / RECORD).read_text())
    place.rename(aside)
    ending = bench.run(scenario, scenario.command(), name="other")
    if ending.code != judge.DONE:
        return judge.PARTIAL, [f"results of a file that is refused: {ending.err.strip()[-300:]}"]
    wanted, its = content(place), json.loads((place / RECORD).read_text())
    shutil.rmtree(place)
    aside.rename(place)
    names = sorted(name for name in wanted if name != RECORD and wanted[name] != there.get(name))
    if names or record["inputs"] != its["inputs"]:
        return judge.PARTIAL, [f"results of neither file: {', '.join(names) or RECORD}"]
    return _OF_THE_OTHER, []
