"""The checks of a format: it knows its own files, refuses others, and loses nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.errors import InputError
from rebalance.model import ClassAverages, Dataset, ParticleTable
from rebalance.plugin_validation import overrides
from rebalance.testing.format_subject import FormatSubject, some_rows
from rebalance.testing.outcome import NotApplicable, broken, named, require

LEFT = (0.05, 0.5, 0.9)
"""Share of a truncated file that is left."""


def contract(subject: FormatSubject) -> None:
    """It follows rebalance.contracts.Format."""
    if not overrides(subject.plugin, "describe"):
        return
    for path in subject.examples:
        rows = subject.plugin.describe(path)
        good = all(len(row) == 2 and all(isinstance(word, str) for word in row) for row in rows)
        require(good, f"{_named_path(path)}: describe gave {rows!r}, expected pairs of text.")


def knows_its_own(subject: FormatSubject) -> None:
    """sniff gives its own files a higher value than any other file."""
    own = {path: subject.sniffed(path) for path in subject.own}
    foreign = {path: subject.sniffed(path) for path in subject.foreign}
    least = min(own, key=lambda path: own[path])
    require(
        own[least] > 0, f"{_named_path(least)}: sniff gave {own[least]:g} for a file of its own."
    )
    most = max(foreign, key=lambda path: foreign[path])
    require(
        own[least] > foreign[most],
        f"{_named_path(most)}: sniff gave {foreign[most]:g} for a foreign file, {own[least]:g} for "
        f"{_named_path(least)}, its own.",
    )


def sniff_never_raises(subject: FormatSubject) -> None:
    """sniff gives a number from 0 to 1 for any path: missing, empty, binary, a folder."""
    for path in (*subject.examples, *subject.foreign, *subject.oddments):
        try:
            surety = subject.plugin.sniff(path)
        except Exception as error:
            broken(f"{_named_path(path)}: sniff raised {type(error).__name__}: {error}")
        is_number = isinstance(surety, int | float | np.floating)
        require(
            is_number and 0 <= surety <= 1,
            f"{_named_path(path)}: sniff gave {surety!r}, expected 0 to 1.",
        )


def reads_a_dataset(subject: FormatSubject) -> None:
    """The Dataset that it reads has the right types, shapes and counts."""
    for path in subject.own:
        where, dataset = _named_path(path), subject.read(path)
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
        f"{where}: n_particles is {_some(averages.n_particles)}, the table counts "
        f"{_some(expected)}.",
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
            require(same, f"{_named_path(path)}: read again, the class averages differ.")
        if first.particles is not None and second.particles is not None:
            rows = np.ones(len(first.particles), dtype=np.bool_)
            _same_rows(_named_path(path), first.particles, rows, second.particles)


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
            found == 1.75, f"{_named_path(path)}: pixel_size = {found}, expected the 1.75 Å given."
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
            broken(f"{_named_path(path)}: {type(error).__name__}, expected InputError: {error}")
        require(
            path not in subject.oddments, f"{_named_path(path)}: it was read, expected InputError."
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
            what = f"{_named_path(path)}, cut to {end:,} of {len(whole):,} bytes"
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


def _some(values: Any) -> str:
    return "none" if values is None else np.array2string(np.asarray(values), threshold=8)


def round_trip(subject: FormatSubject) -> None:
    """Selected and excluded particles, read again, are the input rows in order."""
    for path, dataset in _with_particles(subject):
        assert dataset.particles is not None
        keep = some_rows(len(dataset.particles))
        _, written = subject.write(dataset, keep)
        for stem, rows in (("particles_selected", keep), ("particles_excluded", ~keep)):
            file = _readable(subject, written, stem, _named_path(path))
            again = subject.read(file, need_class_averages=False).particles
            require(again is not None, f"{_named_path(path)}: {file.name} has no particles.")
            assert again is not None
            _same_rows(f"{_named_path(path)}, {file.name}", dataset.particles, rows, again)


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
            f"{_named_path(path)}: {sum(lost.values())} lines are in neither table written, "
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
                file = _readable(subject, written, other, _named_path(path))
                require(file.is_file(), f"{_named_path(path)}: {file.name} is not there.")
            file = _readable(subject, written, stem, _named_path(path))
            again = subject.read(file, need_class_averages=False).particles
            require(
                again is not None and len(again) == n,
                f"{_named_path(path)}: {file.name} has "
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
                f"{_named_path(path)}: it wrote {outside[:1]}, not in the folder given.",
            )
            said = {one.relative_to(folder) for one in written}
            for what, files in (("is not there", said - there), ("was not returned", there - said)):
                first = min(files, default=None)
                require(first is None, f"{_named_path(path)}: {first} {what}.")
            require(said or keep is None, f"{_named_path(path)}: nothing was written.")


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
        require(
            files, f"{_named_path(path)}: no templates among {[file.name for file in written]}."
        )
        for file in files:
            again = subject.read_if_own(file)
            if again is None or again.class_averages is None:
                continue
            require(
                again.class_averages.images.tobytes() == averages.images.tobytes(),
                f"{_named_path(path)}: the images of {file.name} are not those that were read.",
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
        where, n = _named_path(path), len(particles)
        chosen = some_rows(n)
        every = np.ones(n, dtype=np.bool_)
        for keep in (chosen, every):
            again = _rows_again(subject, where, dataset, keep)
            _same_rows(where, particles, keep, again)
        # A format may take a table without rows for one without particles.
        _all_said(where, *subject.write_particles(dataset, ~every, "some_particles"))
        anew = np.random.default_rng(7).integers(3, size=n)
        again = _rows_again(subject, where, dataset, chosen, class_id=anew)
        # Programs count classes from 0 or from 1.
        first = int(again.class_id[0] - anew[chosen][0]) if len(again) else 0
        require(
            first in (0, 1) and np.array_equal(again.class_id, anew[chosen] + first),
            f"{where}: the classes given are {_some(anew[chosen])}, {_some(again.class_id)} are "
            "written.",
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
        where = _named_path(path)
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
        where, n = _named_path(path), len(dataset.particles)
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
            f"{_some(None if again is None else again.class_id)}, expected {_some(expected)}.",
        )


def orientations_read(subject: FormatSubject) -> None:
    """Poses of a 3D refinement are read without class averages and kept in written rows."""
    if not overrides(subject.plugin, "orientations"):
        raise NotApplicable("It reads no poses of a 3D refinement.")
    for path, dataset in subject.refinements:
        where, particles = _named_path(path), dataset.particles
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
            _same_column(
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
                f"{_named_path(path)}: {file.name} was changed.",
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


def _same_rows(where: str, table: ParticleTable, rows: Any, again: ParticleTable) -> None:
    at = np.flatnonzero(rows)
    require(len(again) == len(at), f"{where}: {len(again)} rows, expected {len(at)}.")
    _same_column(where, "class_id", table.class_id[rows], again.class_id, at)
    missing = [name for name in table.column_names if name not in again.column_names]
    require(not missing, f"{where}: the column {missing[:1]} is gone.")
    for name in table.column_names:
        _same_column(where, name, table.column(name)[rows], again.column(name), at)


def _same_column(where: str, name: str, expected: Any, found: Any, at: Any) -> None:
    expected, found = np.asarray(expected), np.asarray(found)
    require(
        found.dtype.kind == expected.dtype.kind and found.shape == expected.shape,
        f"{where}: {name} is {found.dtype} {found.shape}, was {expected.dtype} {expected.shape}.",
    )
    if expected.dtype.kind in "OUS":
        differs = expected != found
    else:
        differs = (expected != found) & ~((expected != expected) & (found != found))
    while differs.ndim > 1:
        differs = differs.any(axis=-1)
    if differs.any():
        row = int(np.argmax(differs))
        broken(f"{where}: {name} of particle {at[row]} is {found[row]}, was {expected[row]}.")


def _text_lines(path: Path | None) -> list[bytes] | None:
    """The lines of a text file; None of a binary one."""
    if path is None or not path.is_file():
        return None
    content = path.read_bytes()
    return None if b"\0" in content else content.splitlines(keepends=True)


def _named_path(path: Path) -> str:
    """The last part of a path, as shown."""
    return f"{path.name or path}{'/' if path.is_dir() else ''}"


FORMAT_CHECKS = named(
    (
        contract,
        knows_its_own,
        sniff_never_raises,
        reads_a_dataset,
        reads_the_same_again,
        pixel_size_given,
        refuses_foreign_files,
        refuses_truncated_files,
        round_trip,
        rows_byte_for_byte,
        all_or_none,
        says_what_it_writes,
        templates_written,
        any_rows_written,
        pictures_written,
        poses_written,
        orientations_read,
        inputs_unchanged,
    )
)
