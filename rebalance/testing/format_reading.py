"""Checks of what a format reads: it knows its own files and refuses others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.model import ClassAverages, Dataset, ParticleTable
from rebalance.plugin_validation import overrides
from rebalance.testing.format_subject import FormatSubject
from rebalance.testing.outcome import NotApplicable, broken, require
from rebalance.testing.same_rows import named_path, same_rows, some_values

LEFT = (0.05, 0.5, 0.9)
"""Share of a truncated file that is left."""


def contract(subject: FormatSubject) -> None:
    """It follows rebalance.contracts.Format."""
    if not overrides(subject.plugin, "describe"):
        return
    for path in subject.examples:
        rows = subject.plugin.describe(path)
        good = all(len(row) == 2 and all(isinstance(word, str) for word in row) for row in rows)
        require(good, f"{named_path(path)}: describe gave {rows!r}, expected pairs of text.")


def knows_its_own(subject: FormatSubject) -> None:
    """sniff gives its own files a higher value than any other file."""
    own = {path: subject.sniffed(path) for path in subject.own}
    foreign = {path: subject.sniffed(path) for path in subject.foreign}
    least = min(own, key=lambda path: own[path])
    require(
        own[least] > 0, f"{named_path(least)}: sniff gave {own[least]:g} for a file of its own."
    )
    most = max(foreign, key=lambda path: foreign[path])
    require(
        own[least] > foreign[most],
        f"{named_path(most)}: sniff gave {foreign[most]:g} for a foreign file, {own[least]:g} for "
        f"{named_path(least)}, its own.",
    )


def sniff_never_raises(subject: FormatSubject) -> None:
    """sniff gives a number from 0 to 1 for any path: missing, empty, binary, a folder."""
    for path in (*subject.examples, *subject.foreign, *subject.oddments):
        try:
            surety = subject.plugin.sniff(path)
        except Exception as error:
            broken(f"{named_path(path)}: sniff raised {type(error).__name__}: {error}")
        is_number = isinstance(surety, int | float | np.floating)
        require(
            is_number and 0 <= surety <= 1,
            f"{named_path(path)}: sniff gave {surety!r}, expected 0 to 1.",
        )


def reads_a_dataset(subject: FormatSubject) -> None:
    """The Dataset that it reads has the right types, shapes and counts."""
    for path in subject.own:
        where, dataset = named_path(path), subject.read(path)
        require(isinstance(dataset, Dataset), f"{where}: it gave {type(dataset).__name__}.")
        particles, averages = dataset.particles, dataset.class_averages
        require(
            particles is not None or averages is not None,
            f"{where}: neither particles nor class averages were read.",
        )
        require(
            isinstance(dataset.format, str) and dataset.format, f"{where}: format is not named."
        )
        for name in ("notes", "warnings"):
            words = getattr(dataset, name)
            require(
                isinstance(words, tuple) and all(isinstance(word, str) for word in words),
                f"{where}: {name} = {words!r}, expected a tuple of text.",
            )
        require(dataset.sources, f"{where}: sources is empty, expected the files that were read.")
        for source in dataset.sources:
            require(Path(source).is_file(), f"{where}: {source} among the sources is not a file.")
        if averages is not None:
            _check_averages(where, averages, particles)
        if particles is not None:
            _check_particles(where, particles)


def _check_averages(where: str, averages: ClassAverages, particles: ParticleTable | None) -> None:
    images = averages.images
    require(
        images.dtype == np.float32 and images.ndim == 3 and len(images) > 0,
        f"{where}: images are {images.dtype} {images.shape}, expected float32 (N, L, L).",
    )
    require(
        averages.class_id.dtype == np.int64,
        f"{where}: class_id of the averages is {averages.class_id.dtype}, expected int64.",
    )
    size = averages.pixel_size
    require(
        size is None or (np.isfinite(size) and size > 0),
        f"{where}: pixel_size = {size}, expected None or Å above 0.",
    )
    if particles is None:
        return
    counts = Counter(particles.class_id.tolist())
    expected = np.array([counts[number] for number in averages.class_id.tolist()])
    require(
        averages.n_particles is not None and np.array_equal(averages.n_particles, expected),
        f"{where}: n_particles is {some_values(averages.n_particles)}, the table counts "
        f"{some_values(expected)}.",
    )


def _check_particles(where: str, particles: ParticleTable) -> None:
    require(
        particles.class_id.dtype == np.int64 and particles.class_id.ndim == 1,
        f"{where}: class_id of the particles is {particles.class_id.dtype} "
        f"{particles.class_id.shape}, expected int64 (P,).",
    )
    for name in particles.column_names:
        column = particles.column(name)
        require(
            len(column) == len(particles),
            f"{where}: column {name} has {len(column)} values, there are {len(particles)} rows.",
        )
    try:
        particles.column("no such column at all")
    except KeyError:
        return
    except Exception as error:
        broken(f"{where}: an unknown column raised {type(error).__name__}, expected KeyError.")
    broken(f"{where}: an unknown column was given, expected KeyError.")


def reads_the_same_again(subject: FormatSubject) -> None:
    """Reading again gives the same images, class numbers and columns."""
    for path, first in subject.datasets:
        second = subject.read(path)
        if first.class_averages is not None and second.class_averages is not None:
            same = (
                first.class_averages.images.tobytes() == second.class_averages.images.tobytes()
                and np.array_equal(first.class_averages.class_id, second.class_averages.class_id)
            )
            require(same, f"{named_path(path)}: read again, the class averages differ.")
        if first.particles is not None and second.particles is not None:
            rows = np.ones(len(first.particles), dtype=np.bool_)
            same_rows(named_path(path), first.particles, rows, second.particles)


def pixel_size_given(subject: FormatSubject) -> None:
    """A given pixel size overrides that of the files."""
    tried = False
    for path, dataset in subject.datasets:
        if dataset.class_averages is None:
            continue
        tried = True
        averages = subject.read(path, pixel_size=1.75).class_averages
        found = None if averages is None else averages.pixel_size
        require(
            found == 1.75, f"{named_path(path)}: pixel_size = {found}, expected the 1.75 Å given."
        )
    if not tried:
        raise NotApplicable("None of the examples has class averages.")


def refuses_foreign_files(subject: FormatSubject) -> None:
    """Foreign files are refused with InputError, and never raise another exception."""
    for path in (*subject.oddments, *subject.foreign):
        if subject.sniffed(path) > 0:
            continue
        try:
            subject.read(path)
        except InputError:
            continue
        except Exception as error:
            broken(f"{named_path(path)}: {type(error).__name__}, expected InputError: {error}")
        require(
            path not in subject.oddments, f"{named_path(path)}: it was read, expected InputError."
        )


def refuses_truncated_files(subject: FormatSubject) -> None:
    """A truncated file of its own is refused with InputError."""
    tried = False
    for path in subject.own:
        copy = subject.copied(path) if path.is_file() else None
        if copy is None or subject.read_if_own(copy) is None:
            continue
        tried = True
        whole = copy.read_bytes()
        for left in LEFT:
            end = _within_a_line(whole, int(left * len(whole)))
            copy.write_bytes(whole[:end])
            what = f"{named_path(path)}, cut to {end:,} of {len(whole):,} bytes"
            try:
                subject.read(copy, need_class_averages=False)
            except InputError:
                continue
            except Exception as error:
                broken(f"{what}: {type(error).__name__}, expected InputError: {error}")
            broken(f"{what}: it was read, expected InputError.")
    if not tried:
        raise NotApplicable("None of the examples is one file that can be copied and read.")


def _within_a_line(whole: bytes, end: int) -> int:
    """A place near ``end``: in text after the first word of a line, so that the rest is missed."""
    if b"\0" in whole:
        return max(end, 1)
    start = whole.rfind(b"\n", 0, end) + 1
    stop = whole.find(b"\n", start)
    line = whole[start : len(whole) if stop < 0 else stop]
    words = line.split(maxsplit=1)
    return start + (line.index(words[0]) + len(words[0]) if len(words) > 1 else len(line) // 2)
