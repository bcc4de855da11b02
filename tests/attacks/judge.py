"""What is asked after an attack, each as a function that gives sentences on what is wrong."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacks.bench import RECORD, Bench, Ending
from tests.attacks.scenarios import RELIONS_OWN, Scenario
from tests.pipeline.runs import content, digest

ABSENT, WHOLE, FORMER, PARTIAL = "absent", "whole", "former", "in part"
"""What is found in the place of the results."""

DONE, MISTAKE, INTERRUPTED, TERMINATED = 0, 2, 130, 143
_EXIT_FILES = "RELION_JOB_EXIT_"
_NOT_SAID_PLAINLY = ("Traceback", "Exception ignored", "Warning:", "errno", "Errno")
_LONGEST_MESSAGE = 8
"""Lines of a message of 100 columns: the place, what is wrong, and what to do."""


@dataclass
class Try:
    """One attack on one run.

    Parameters
    ----------
    scenario : Scenario
    what : str
        What was done, in words by which it can be done again.
    is_hit : bool
        False where the run had ended before; another is drawn then.
    ending : Ending, optional
    found : str
        What was in the place after it.
    problems : list of str
        Promises that were broken.
    """

    scenario: Scenario
    what: str
    is_hit: bool = True
    ending: Ending | None = None
    found: str = ""
    problems: list[str] = field(default_factory=list)


def leftovers(bench: Bench, scenario: Scenario) -> list[Path]:
    """Hidden folders and files beside the results, or among them."""
    place = bench.place(scenario)
    beside = [path for path in place.parent.iterdir() if path.name.startswith(f".{place.name}.")]
    return beside + [path for path in place.glob(".*") if place.is_dir()]


def left_in_the_cache(bench: Bench) -> list[Path]:
    """Notes of runs under way, and checkpoints."""
    return [*bench.cache.glob("started/*"), *bench.cache.glob("unfinished/*")]


def find(
    bench: Bench, scenario: Scenario, *, seeds: Sequence[int] = (0,), former: int | None = None
) -> tuple[str, list[str]]:
    """What is in the place, and what is wrong with it.

    Parameters
    ----------
    bench : Bench
    scenario : Scenario
    seeds : sequence of int
        Of the runs that were attacked.
    former : int, optional
        Seed of results that were there before.
    """
    place = bench.place(scenario)
    if scenario.is_job_folder:
        return _find_in_job(bench, scenario, (*seeds, *([] if former is None else [former])))
    if not os.path.lexists(place):
        return ABSENT, []
    files = content(place)
    for seed, word in (*((one, WHOLE) for one in seeds), (former, FORMER)):
        if seed is not None and _without_record(files) == bench.reference(scenario, seed).files:
            return word, record_is_wrong(bench, scenario, seed)
    return PARTIAL, [f"results are neither whole nor absent: {', '.join(sorted(files)) or 'empty'}"]


def _without_record(files: dict[str, str]) -> dict[str, str]:
    return {name: one for name, one in files.items() if name != RECORD}


def record_is_wrong(bench: Bench, scenario: Scenario, seed: int) -> list[str]:
    """Whether `run.json` says something else than what was read and is there."""
    place, reference = bench.place(scenario), bench.reference(scenario, seed)
    try:
        record = json.loads((place / RECORD).read_text())
    except (OSError, ValueError) as error:
        return [f"the run record can't be read: {error}"]
    wrong = [
        f"the record has another digest of {one['name']}"
        for one in record["outputs"]
        if digest(place / one["name"]) != one["sha256"]
    ]
    if record["inputs"] != reference.inputs:
        wrong.append("the record tells of other inputs than were read")
    return wrong


def _find_in_job(bench: Bench, scenario: Scenario, seeds: Sequence[int]) -> tuple[str, list[str]]:
    """In a job's folder every file is whole; all are there where RELION is told of success."""
    place = bench.place(scenario)
    wrong = [
        f"RELION's {name} has changed"
        for name in RELIONS_OWN
        if not (place / name).is_file() or (place / name).read_text() != f"RELION's {name}\n"
    ]
    ours = {
        name: one
        for name, one in content(place).items()
        if name not in RELIONS_OWN and not Path(name).name.startswith((_EXIT_FILES, "."))
    }
    says = {path.name.removeprefix(_EXIT_FILES) for path in place.glob(f"{_EXIT_FILES}*")}
    if len(says) > 1:
        wrong.append(f"RELION is told {' and '.join(sorted(says))}")
    possible = [bench.reference(scenario, seed).files for seed in seeds]
    for name, one in _without_record(ours).items():
        if one not in [files.get(name) for files in possible]:
            wrong.append(f"{name} is not whole")
    for files in possible:
        known = {name: one for name, one in files.items() if not name.startswith(_EXIT_FILES)}
        kept = {name: one for name, one in known.items() if name not in RELIONS_OWN}
        if _without_record(ours) == kept and RECORD in ours and says == {"SUCCESS"}:
            return WHOLE, wrong
    if says == {"SUCCESS"}:
        wrong.append("RELION is told of success, and not all is there")
    return (PARTIAL if ours else ABSENT), wrong


def inputs_changed(
    bench: Bench, scenario: Scenario, before: dict[str, tuple[str, int]], *, but: str = ""
) -> list[str]:
    """Files of the project whose bytes or time are others than before; ``but`` one of them."""
    now = bench.inputs(scenario)
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    return [f"the input {name} was touched" for name in names if name != but]


def badly_said(scenario: Scenario, ending: Ending) -> list[str]:
    """Whether an error is anything but one message."""
    wrong = [f"{word!r} is said" for word in _NOT_SAID_PLAINLY if word in ending.err + ending.out]
    if ending.code not in (DONE, MISTAKE, INTERRUPTED, TERMINATED, -signal.SIGKILL):
        wrong.append(f"it ended with {ending.code}")
    if ending.code == MISTAKE:
        if ending.err.count("Error:") != 1:
            wrong.append("it ended with 2 and not one error")
        # Progress comes before it.
        if len(ending.err.partition("Error:")[2].splitlines()) > _LONGEST_MESSAGE:
            wrong.append("the message is long")
    return wrong


def left_behind(bench: Bench, scenario: Scenario) -> list[str]:
    """What a run that ended by itself must not leave."""
    paths = [*leftovers(bench, scenario), *bench.cache.glob("started/*")]
    return [f"left behind: {path.relative_to(bench.arena)}" for path in paths]


def next_run(
    bench: Bench, scenario: Scenario, before: dict[str, tuple[str, int]], *, overwrite: bool
) -> list[str]:
    """The same command once more: it ends in the bytes of an undisturbed run, and all is tidy."""
    found, _ = find(bench, scenario)
    ending = bench.run(scenario, scenario.command(overwrite=overwrite), name="next")
    wrong = badly_said(scenario, ending)
    if found == WHOLE and not overwrite and not scenario.is_job_folder:
        if ending.code != MISTAKE or "results of an earlier run" not in ending.err:
            wrong.append("finished results are not refused by the next run")
    elif ending.code != DONE:
        wrong.append(f"ended with {ending.code}: {ending.err.strip()[-500:]}")
    now, amiss = find(bench, scenario)
    wrong += amiss
    if now != WHOLE:
        wrong.append(f"its results are {now}")
        wrong += _other_bytes(bench, scenario)
    wrong += left_behind(bench, scenario)
    wrong += [f"left in the cache: {path.name}" for path in left_in_the_cache(bench)]
    wrong += inputs_changed(bench, scenario, before)
    return [f"next run: {one}" for one in wrong]


def _other_bytes(bench: Bench, scenario: Scenario) -> list[str]:
    wanted, there = bench.reference(scenario).files, content(bench.place(scenario))
    names = [name for name in wanted if wanted[name] != there.get(name)]
    return [f"other bytes than undisturbed: {', '.join(names)}"] if names else []
