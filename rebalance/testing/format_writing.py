"""Checks of what a format writes: nothing is lost, and nothing that was read is touched."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np

from rebalance.model import Dataset
from rebalance.testing.format_rows import named_path, same_rows, text_lines
from rebalance.testing.format_subject import FormatSubject, some_rows
from rebalance.testing.outcome import NotApplicable, require


def round_trip(subject: FormatSubject) -> None:
    """Selected and excluded particles, read again, are the rows of the input, in its order."""
    for path, dataset in _with_particles(subject):
        assert dataset.particles is not None
        keep = some_rows(len(dataset.particles))
        _, written = subject.write(dataset, keep)
        for stem, rows in (("particles_selected", keep), ("particles_excluded", ~keep)):
            file = _readable(subject, written, stem, named_path(path))
            again = subject.read(file, need_class_averages=False).particles
            require(again is not None, f"{named_path(path)}: {file.name} has no particles.")
            assert again is not None
            same_rows(f"{named_path(path)}, {file.name}", dataset.particles, rows, again)


def rows_byte_for_byte(subject: FormatSubject) -> None:
    """Every row of a text table is written with the bytes that it was read with."""
    tables = [
        (path, dataset, table)
        for path, dataset in _with_particles(subject)
        if (table := text_lines(dataset.particles.path if dataset.particles else None)) is not None
    ]
    if not tables:
        raise NotApplicable("None of the examples is a table of text lines.")
    for path, dataset, lines in tables:
        assert dataset.particles is not None
        _, written = subject.write(dataset, some_rows(len(dataset.particles)))
        found: Counter[bytes] = Counter()
        for file in written:
            if file.stem.startswith("particles_") and (part := text_lines(file)) is not None:
                found.update(part)
        lost = Counter(lines) - found
        require(
            not lost,
            f"{named_path(path)}: {sum(lost.values())} lines are in neither table written, "
            f"the first {next(iter(lost), b'')!r}.",
        )


def all_or_none(subject: FormatSubject) -> None:
    """A selection of every particle, or of none, is written and complete."""
    for path, dataset in _with_particles(subject):
        assert dataset.particles is not None
        n = len(dataset.particles)
        for keep, stem in (
            (np.ones(n, dtype=np.bool_), "particles_selected"),
            (np.zeros(n, dtype=np.bool_), "particles_excluded"),
        ):
            _, written = subject.write(dataset, keep)
            for other in ("particles_selected", "particles_excluded"):
                file = _readable(subject, written, other, named_path(path))
                require(file.is_file(), f"{named_path(path)}: {file.name} is not there.")
            file = _readable(subject, written, stem, named_path(path))
            again = subject.read(file, need_class_averages=False).particles
            require(
                again is not None and len(again) == n,
                f"{named_path(path)}: {file.name} has "
                f"{0 if again is None else len(again)} of {n} rows.",
            )


def says_what_it_writes(subject: FormatSubject) -> None:
    """What write returns are the files that it made, all of them in the folder it was given."""
    for path, dataset in subject.datasets:
        keep = None if dataset.particles is None else some_rows(len(dataset.particles))
        for copy_templates in (False, True)[: 1 + (dataset.class_averages is not None)]:
            folder, written = subject.write(dataset, keep, copy_templates=copy_templates)
            there = {one.relative_to(folder) for one in folder.rglob("*") if one.is_file()}
            outside = [one for one in written if not one.is_relative_to(folder)]
            require(
                not outside, f"{named_path(path)}: it wrote {outside[:1]}, not in the folder given."
            )
            said = {one.relative_to(folder) for one in written}
            for what, files in (("is not there", said - there), ("was not said", there - said)):
                first = min(files, default=None)
                require(first is None, f"{named_path(path)}: {first} {what}.")
            require(said or keep is None, f"{named_path(path)}: nothing was written.")


def templates_written(subject: FormatSubject) -> None:
    """The class averages are written as templates; as far as it reads these, they are the same."""
    tried = False
    for path, dataset in subject.datasets:
        averages = dataset.class_averages
        if averages is None:
            continue
        tried = True
        keep = None if dataset.particles is None else some_rows(len(dataset.particles))
        _, written = subject.write(dataset, keep, copy_templates=True)
        files = [file for file in written if file.stem == "templates"]
        require(files, f"{named_path(path)}: no templates among {[file.name for file in written]}.")
        for file in files:
            again = subject.read_if_own(file)
            if again is None or again.class_averages is None:
                continue
            require(
                again.class_averages.images.tobytes() == averages.images.tobytes(),
                f"{named_path(path)}: the images of {file.name} are not those that were read.",
            )
    if not tried:
        raise NotApplicable("None of the examples has class averages.")


def inputs_unchanged(subject: FormatSubject) -> None:
    """Reading and writing leave every file of the input as it is."""
    for path, dataset in subject.datasets:
        files = {Path(source) for source in dataset.sources}
        files |= {path} if path.is_file() else set()
        before = {file: _digest(file) for file in files}
        again = subject.read(path)
        keep = None if again.particles is None else some_rows(len(again.particles))
        subject.write(again, keep, copy_templates=again.class_averages is not None)
        for file, digest in before.items():
            require(
                file.is_file() and _digest(file) == digest,
                f"{named_path(path)}: {file.name} is not as it was.",
            )


def _with_particles(subject: FormatSubject) -> list[tuple[Path, Dataset]]:
    found = [(path, data) for path, data in subject.datasets if data.particles is not None]
    if not found:
        raise NotApplicable("None of the examples has particles.")
    return found


def _readable(subject: FormatSubject, written: list[Path], stem: str, where: str) -> Path:
    """Of the files of one stem the one that the format is surest of."""
    files = [file for file in written if file.stem == stem]
    require(files, f"{where}: no {stem} among {', '.join(one.name for one in written) or 'none'}.")
    return max(files, key=subject.sniffed)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


WRITING_CHECKS = (
    round_trip,
    rows_byte_for_byte,
    all_or_none,
    says_what_it_writes,
    templates_written,
    inputs_unchanged,
)
