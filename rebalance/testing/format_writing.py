"""Checks of what a format writes: nothing is lost, changed or left unsaid."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import Dataset, ParticleTable
from rebalance.plugin_validation import overrides
from rebalance.testing.format_subject import FormatSubject, some_rows
from rebalance.testing.outcome import NotApplicable, require
from rebalance.testing.same_rows import named_path, same_column, same_rows, some_values


def round_trip(subject: FormatSubject) -> None:
    """Selected and excluded particles, read again, are the input rows in order."""
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
    """Rows of a text table are written byte for byte."""
    tables = [
        (path, dataset, table)
        for path, dataset in _with_particles(subject)
        if (table := _text_lines(dataset.particles.path if dataset.particles else None)) is not None
    ]
    if not tables:
        raise NotApplicable("None of the examples is a table of text lines.")
    for path, dataset, lines in tables:
        assert dataset.particles is not None
        _, written = subject.write(dataset, some_rows(len(dataset.particles)))
        found: Counter[bytes] = Counter()
        for file in written:
            if file.stem.startswith("particles_") and (part := _text_lines(file)) is not None:
                found.update(part)
        lost = Counter(lines) - found
        require(
            not lost,
            f"{named_path(path)}: {sum(lost.values())} lines are in neither table written, "
            f"the first {next(iter(lost), b'')!r}.",
        )


def all_or_none(subject: FormatSubject) -> None:
    """Selections of all particles or of none are written completely."""
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
    """write returns exactly the files that it made, all in the given folder."""
    for path, dataset in subject.datasets:
        keep = None if dataset.particles is None else some_rows(len(dataset.particles))
        for copy_templates in (False, True)[: 1 + (dataset.class_averages is not None)]:
            folder, written = subject.write(dataset, keep, copy_templates=copy_templates)
            there = {one.relative_to(folder) for one in folder.rglob("*") if one.is_file()}
            outside = [one for one in written if not one.is_relative_to(folder)]
            require(
                not outside,
                f"{named_path(path)}: it wrote {outside[:1]}, not in the folder given.",
            )
            said = {one.relative_to(folder) for one in written}
            for what, files in (("is not there", said - there), ("was not returned", there - said)):
                first = min(files, default=None)
                require(first is None, f"{named_path(path)}: {first} {what}.")
            require(said or keep is None, f"{named_path(path)}: nothing was written.")


def templates_written(subject: FormatSubject) -> None:
    """Class averages are written as templates and read back the same, if it reads them."""
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


def any_rows_written(subject: FormatSubject) -> None:
    """write_particles, if implemented, keeps rows unchanged and can write new class numbers."""
    if not overrides(subject.plugin, "write_particles"):
        raise NotApplicable("It only writes selected and excluded particles.")
    for path, dataset in _with_particles(subject):
        particles = dataset.particles
        assert particles is not None
        where, n = named_path(path), len(particles)
        chosen = some_rows(n)
        every = np.ones(n, dtype=np.bool_)
        for keep in (chosen, every):
            again = _rows_again(subject, where, dataset, keep)
            same_rows(where, particles, keep, again)
        # A format may take a table without rows for one without particles.
        _all_said(where, *subject.write_particles(dataset, ~every, "some_particles"))
        anew = np.random.default_rng(7).integers(3, size=n)
        again = _rows_again(subject, where, dataset, chosen, class_id=anew)
        # Programs count classes from 0 or from 1.
        first = int(again.class_id[0] - anew[chosen][0]) if len(again) else 0
        require(
            first in (0, 1) and np.array_equal(again.class_id, anew[chosen] + first),
            f"{where}: the classes given are {some_values(anew[chosen])}, "
            f"{some_values(again.class_id)} are written.",
        )
        before = [
            name
            for name in again.column_names
            if name not in particles.column_names
            and np.array_equal(again.column(name), particles.class_id[chosen])
        ]
        require(before, f"{where}: no new column has the class numbers that were there before.")


def _rows_again(
    subject: FormatSubject, where: str, dataset: Dataset, keep: Any, **how: Any
) -> ParticleTable:
    folder, written = subject.write_particles(dataset, keep, "some_particles", **how)
    _all_said(where, folder, written)
    file = _readable(subject, written, "some_particles", where)
    again = subject.read(file, need_class_averages=False).particles
    require(again is not None, f"{where}: {file.name} has no particles.")
    assert again is not None
    return again


def pictures_written(subject: FormatSubject) -> None:
    """Pictures of superclasses are written and read back the same, if it reads them."""
    tried = False
    for path, dataset in subject.datasets:
        averages = dataset.class_averages
        if averages is None:
            continue
        tried = True
        where = named_path(path)
        pictures = np.ascontiguousarray(2 * averages.images[::-1])
        folder, written = subject.write_pictures(dataset, pictures, "some_pictures")
        _all_said(where, folder, written)
        files = [file for file in written if file.stem == "some_pictures"]
        require(files, f"{where}: no some_pictures among {[file.name for file in written]}.")
        for file in files:
            again = subject.read_if_own(file)
            if again is None or again.class_averages is None:
                continue
            require(
                again.class_averages.images.tobytes() == pictures.tobytes(),
                f"{where}: the images of {file.name} are not those that were given.",
            )
    if not tried:
        raise NotApplicable("None of the examples has class averages.")


def _all_said(where: str, folder: Path, written: list[Path]) -> None:
    there = {one for one in folder.rglob("*") if one.is_file()}
    require(
        set(written) == there,
        f"{where}: it says {sorted(one.name for one in written)}, and wrote "
        f"{sorted(one.name for one in there)}.",
    )


def poses_written(subject: FormatSubject) -> None:
    """write_poses, if implemented, writes only particles with poses, in table order."""
    if not overrides(subject.plugin, "write_poses"):
        raise NotApplicable("It writes no poses.")
    require(
        overrides(subject.plugin, "in_plane_alignment"),
        "It writes poses, but has no in_plane_alignment().",
    )
    for path, dataset in _with_particles(subject):
        assert dataset.particles is not None
        where, n = named_path(path), len(dataset.particles)
        alignment = subject.plugin.in_plane_alignment(dataset)
        require(
            alignment.psi.shape == (n,) and alignment.shift.shape == (n, 2),
            f"{where}: psi is {alignment.psi.shape} and shift {alignment.shift.shape}, expected "
            f"({n},) and ({n}, 2).",
        )
        keep = some_rows(n)
        folder, written = subject.write_poses(dataset, keep)
        _all_said(where, folder, written)
        file = _readable(subject, written, "particles_poses", where)
        again = subject.read(file, need_class_averages=False).particles
        expected = dataset.particles.class_id[keep]
        require(
            again is not None and np.array_equal(again.class_id, expected),
            f"{where}, {file.name}: the classes of the particles are "
            f"{some_values(None if again is None else again.class_id)}, "
            f"expected {some_values(expected)}.",
        )


def orientations_read(subject: FormatSubject) -> None:
    """Poses of a 3D refinement are read without class averages and kept in written rows."""
    if not overrides(subject.plugin, "orientations"):
        raise NotApplicable("It reads no poses of a 3D refinement.")
    for path, dataset in subject.refinements:
        where, particles = named_path(path), dataset.particles
        require(dataset.class_averages is None, f"{where}: class averages were read, too.")
        n = 0 if particles is None else len(particles)
        angles = subject.plugin.orientations(dataset).angles
        require(
            angles.shape == (n, 3) and angles.dtype == np.float64,
            f"{where}: angles are {angles.dtype} {angles.shape}, expected float64 ({n}, 3).",
        )
        keep = some_rows(n)
        _, written = subject.write(dataset, keep)
        for stem, rows in (("particles_selected", keep), ("particles_excluded", ~keep)):
            file = _readable(subject, written, stem, where)
            again = subject.plugin.orientations(subject.read_refinement(file)).angles
            same_column(
                f"{where}, {file.name}", "a pose", angles[rows], again, np.flatnonzero(rows)
            )


def inputs_unchanged(subject: FormatSubject) -> None:
    """Reading and writing don't change the input files."""
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
                f"{named_path(path)}: {file.name} was changed.",
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


def _text_lines(path: Path | None) -> list[bytes] | None:
    """The lines of a text file; None of a binary one."""
    if path is None or not path.is_file():
        return None
    content = path.read_bytes()
    return None if b"\0" in content else content.splitlines(keepends=True)
