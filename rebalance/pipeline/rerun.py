"""Repeats a recorded run and says what differs: in what went in, and in what came out."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError, OptionError
from rebalance.model import DiagnosisResult, OrientationsResult, RunResult
from rebalance.pipeline.diagnose_job import execute_diagnosis
from rebalance.pipeline.orientations_job import execute_orientations
from rebalance.pipeline.prepare import advice_on, following
from rebalance.pipeline.run_job import execute
from rebalance.pipeline.views_job import VIEWS, ViewsResult, execute_views
from rebalance.progress import Progress
from rebalance.record.affinity_file import read_affinity
from rebalance.record.results_folder import AFFINITY_FILE, SUPERCLASS_TABLE
from rebalance.record.run_record import ADVISED, file_facts, read_record
from rebalance.registry import bind
from rebalance.settings import (
    KINDS_WITH_OPTIONS,
    DiagnoseSettings,
    OrientationSettings,
    RunSettings,
)

RUN = "run"
Repeated = RunResult | ViewsResult | OrientationsResult | DiagnosisResult
Repeatable = RunSettings | OrientationSettings | DiagnoseSettings


_KINDS: dict[str, tuple[str, ...]] = {
    RUN: KINDS_WITH_OPTIONS,
    VIEWS: ("metric",),
    OrientationSettings.command: ("strategy",),
    DiagnoseSettings.command: (),
}
"""Commands that can be repeated, and the kinds of plugins that they use."""


@dataclass(frozen=True, eq=False)
class Rerun:
    """A repeated run beside the first.

    Parameters
    ----------
    result : RunResult, ViewsResult, OrientationsResult or DiagnosisResult
        Of the repetition.
    went_in : tuple of str
        What differs in program, plugins, packages, machine and input files.
    came_out : tuple of str
        What differs in the results; empty if every output file has the same bytes.
    """

    result: Repeated
    went_in: tuple[str, ...]
    came_out: tuple[str, ...]


def rerun(
    path: Path,
    *,
    output: Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Rerun:
    """Repeat a run from its `run.json`, affinities computed anew.

    Parameters
    ----------
    path : Path
        `run.json`, or the results folder that it is in.
    output : Path, optional
        The name of the first folder with ``_rerun`` added, when not given.
    overwrite : bool
    progress : Progress, optional

    Raises
    ------
    InputError
        If it is no run record, or if an input file is not there any more.
    OptionError
        If the run used a plugin instance that is installed nowhere.
    """
    record = read_record(path)
    settings, first = recorded_settings(record, path)
    changed_inputs = list(_changed_inputs(record))
    output = output or first.with_name(f"{first.name}_rerun")
    result = _repeat(record, settings, output, overwrite, progress)
    assert result.folder is not None
    again = read_record(result.folder)
    return Rerun(
        result,
        went_in=(*changed_inputs, *changed_surroundings(record, again)),
        came_out=tuple(changed_results(record, again, first, result.folder)),
    )


def _repeat(
    record: Mapping[str, Any],
    settings: Repeatable,
    output: Path,
    overwrite: bool,
    progress: Progress | None,
) -> Repeated:
    if isinstance(settings, OrientationSettings):
        settings = replace(settings, output=output, overwrite=overwrite)
        return execute_orientations(settings, progress=progress)
    if isinstance(settings, DiagnoseSettings):
        settings = replace(settings, output=output, overwrite=overwrite)
        return execute_diagnosis(settings, progress=progress)
    if record.get(ADVISED) is True:
        settings = _left_to_advice(settings)
    settings = replace(settings, output=output, overwrite=overwrite, use_cache=False)
    repeat = execute_views if record.get("command") == VIEWS else execute
    return repeat(settings, progress=progress)


def recorded_settings(record: Mapping[str, Any], path: Path) -> tuple[Repeatable, Path]:
    """What a recorded run was asked for, and the folder of its results.

    Raises
    ------
    InputError
        If it is the record of another command.
    OptionError
        If a setting is not as it would be, or the run used a plugin of no package.
    """
    command = record.get("command", RUN)
    if command not in _KINDS:
        raise InputError(
            f"It is the record of rebalance {command}, not of a run.",
            path=path,
            hint="Give the run.json from a folder written by rebalance run, views, orientations "
            "or diagnose.",
        )
    first = (path if os.path.isdir(path) else path.parent).resolve()
    for kind in _KINDS[command]:
        facts = record["plugins"].get(kind, {})
        if facts.get("package") is None:
            raise OptionError(
                f"The run can't be repeated: its {kind} {facts.get('name')!r} was passed in "
                "Python, and is in no installed package."
            )
    if command == OrientationSettings.command:
        return OrientationSettings.from_json(record["request"]), first
    if command == DiagnoseSettings.command:
        return DiagnoseSettings.from_json(record["request"]), first
    # A cluster is rarely there any more, and decides nothing.
    request = {**record["request"], "executor": "local", "scheduler": None}
    return RunSettings.from_json(request), first


def _left_to_advice(settings: RunSettings) -> RunSettings:
    """The clustering left open, if the metric still advises the recorded one: to say so again."""
    others = {kind: of for kind, of in settings.options.items() if kind != "clustering"}
    left = replace(settings, clustering=RunSettings.clustering, options=others)
    given = None if settings.affinity_file is None else read_affinity(settings.affinity_file)
    advice = advice_on(left, given)
    if advice is None:
        return settings
    advised = following(left, advice)
    recorded, now = (
        bind("clustering", one.clustering, one.options_of("clustering"))
        for one in (settings, advised)
    )
    same = (recorded.name, recorded.recorded_options) == (now.name, now.recorded_options)
    return left if same else settings


def _changed_inputs(record: Mapping[str, Any]) -> Iterator[str]:
    for entry in record["inputs"]:
        path = Path(entry["path"])
        if not os.path.isfile(path):
            raise InputError(
                "This file was used in the recorded run, but no longer exists.",
                path=path,
                hint="Put it back, or run on other files with rebalance run.",
            )
        if file_facts(path)["sha256"] != entry["sha256"]:
            yield f"The input {path} has changed since."


def changed_surroundings(first: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    """What differs between the program, plugins, packages and machine of two records."""
    pairs = [("rebalance", first["rebalance"], again["rebalance"])]
    for kind, facts in first["plugins"].items():
        now = again["plugins"].get(kind, {})
        pairs.append(
            (
                f"{kind} {facts['name']}",
                f"{facts['package']} {facts['version']}",
                f"{now.get('package')} {now.get('version')}",
            )
        )
    before, now = first.get("machine", {}), again["machine"]
    pairs += [(name, before.get(name), now[name]) for name in ("system", "processor", "python")]
    packages = before.get("packages", {})
    pairs += [(name, packages.get(name), now["packages"].get(name)) for name in packages]
    for name, was, is_now in pairs:
        if was != is_now:
            yield f"{name}: was {was}, now {is_now}."


def changed_results(
    first: Mapping[str, Any], again: Mapping[str, Any], old: Path, new: Path
) -> Iterator[str]:
    """What differs between the results of two records, in their folders."""
    was = {entry["name"]: entry["sha256"] for entry in first["outputs"]}
    now = {entry["name"]: entry["sha256"] for entry in again["outputs"]}
    differing = sorted(name for name in was.keys() & now.keys() if was[name] != now[name])
    if AFFINITY_FILE in differing:
        yield from _changed_affinity(old, new, was[AFFINITY_FILE])
    if SUPERCLASS_TABLE in differing:
        yield from _changed_labels(old, new, was[SUPERCLASS_TABLE])
    for name in differing:
        if name.startswith("particles_selected"):
            yield f"The selected particles differ ({name})."
    others = [
        name
        for name in differing
        if name not in (AFFINITY_FILE, SUPERCLASS_TABLE)
        and not name.startswith("particles_selected")
    ]
    if others:
        yield f"Different content: {', '.join(others)}."
    for names, words in (
        (was.keys() - now.keys(), "Only before"),
        (now.keys() - was.keys(), "New"),
    ):
        if names:
            yield f"{words}: {', '.join(sorted(names))}."


def _untouched(folder: Path, name: str, digest: str) -> bool:
    path = folder / name
    return path.is_file() and file_facts(path)["sha256"] == digest


def _changed_affinity(old: Path, new: Path, digest: str) -> Iterator[str]:
    if not _untouched(old, AFFINITY_FILE, digest):
        yield (
            "The affinity differs, but the first file is gone, so the size of the difference is "
            "unknown."
        )
        return
    before, now = read_affinity(old / AFFINITY_FILE), read_affinity(new / AFFINITY_FILE)
    if not np.array_equal(before.class_id, now.class_id):
        yield "The affinity is for different class averages."
        return
    largest = float(np.abs(before.values - now.values).max(initial=0.0))
    if largest:
        yield f"The affinity differs by up to {largest:.2g}."
    else:
        yield "The affinity is the same, but alignments or other data stored with it differ."


def _changed_labels(old: Path, new: Path, digest: str) -> Iterator[str]:
    if not _untouched(old, SUPERCLASS_TABLE, digest):
        yield (
            f"{SUPERCLASS_TABLE} differs, but the first file is gone, so the differences are "
            "unknown."
        )
        return
    before, now = _labels(old), _labels(new)
    moved = [number for number in before if before[number] != now.get(number)]
    if moved:
        yield (
            f"{len(moved)} of {len(before)} class averages are in another superclass: "
            f"{', '.join(moved[:10])}{', …' if len(moved) > 10 else ''}."
        )
    else:
        yield f"The superclasses are the same, but numbers in {SUPERCLASS_TABLE} differ."


def _labels(folder: Path) -> dict[str, str]:
    with (folder / SUPERCLASS_TABLE).open(encoding="utf-8", newline="") as stream:
        return {
            row.get("class_id", ""): row.get("superclass", "") for row in csv.DictReader(stream)
        }
