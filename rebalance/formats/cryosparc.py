"""CryoSPARC ``.cs`` files and result groups: reads particles of a job, writes rows of them back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.contracts import Format, ReadRequest
from rebalance.errors import InputError
from rebalance.formats.averages import (
    class_warnings,
    count_particles,
    extent_warnings,
    image_warnings,
    read_averages,
)
from rebalance.formats.cryosparc_averages import CryosparcAverages, find_averages
from rebalance.formats.cryosparc_job import find_job, is_averages, iteration_of
from rebalance.formats.cryosparc_orientations import has_poses, read_orientations, read_symmetry
from rebalance.formats.cryosparc_particles import (
    other_classification_warnings,
    read_particles,
)
from rebalance.formats.cryosparc_paths import job_of
from rebalance.formats.cryosparc_poses import joined, read_alignment, write_poses
from rebalance.formats.cryosparc_templates import write_template_stack
from rebalance.formats.cs_file import open_cs
from rebalance.formats.cs_numpy import NUMPY_MAGIC, NumpyTable
from rebalance.formats.cs_stream import STREAM_MAGIC
from rebalance.formats.csg_file import write_group
from rebalance.formats.paths import job_name
from rebalance.formats.pixel_size import choose_pixel_size
from rebalance.formats.refinements import instead_of_averages
from rebalance.formats.writing import guarded_writing
from rebalance.model import (
    BoolArray,
    ClassAverages,
    Dataset,
    FloatArray,
    InPlaneAlignment,
    IntArray,
    Orientations,
    ParticlePoses,
    Selection,
    Superclasses,
)

_NOT_BESIDE = "there is no *_class_averages.cs or templates_selected.cs next to the particles"
_NO_AVERAGES = (
    "Give the class averages as `class_averages` (*_class_averages.cs, templates_selected.cs or "
    "the .mrc stack), or balance the 2D classes themselves with `superclasses=False`."
)


class CryoSparc(Format):
    """The format plugin ``cryosparc``."""

    def sniff(self, path: Path) -> float:
        """By the first bytes of a file, or the names in a folder."""
        try:
            if path.is_dir():
                return 0.8 if any(entry.suffix == ".cs" for entry in path.iterdir()) else 0.0
            with open(path, "rb") as file:
                head = file.read(6)
        except OSError:
            return 0.0
        if head == STREAM_MAGIC:
            return 1.0
        if path.suffix == ".csg":
            return 0.9
        if head == NUMPY_MAGIC:
            return 1.0 if path.suffix == ".cs" else 0.5
        return 0.3 if path.suffix == ".cs" else 0.0

    def describe(self, path: Path) -> tuple[tuple[str, str], ...]:
        """Kind of file and encoding, for `inspect`."""
        try:
            job = find_job(path)
        except InputError:
            job = find_job(path, needs_class=False)
        file = job.particles or job.averages
        assert file is not None
        table = open_cs(file)
        kind = "class averages table" if is_averages(table) else "particle table"
        if path.is_dir():
            kind = "job folder"
        elif path.suffix == ".csg":
            kind = "result group"
        encoding = "NumPy table" if isinstance(table, NumpyTable) else "compressed stream"
        return (("kind", kind), ("version", f"CryoSPARC, {encoding}"))

    def read(self, request: ReadRequest) -> Dataset:
        """Read a job folder, a result group, particles, or class averages.

        Raises
        ------
        InputError
            Names the file, the row or field, what was found and what was expected.
        """
        if not request.needs_class:
            return _read_refinement(request)
        job = find_job(request.path, request.project)
        particles, noted, warnings = (
            read_particles(job, request.passthrough) if job.particles else (None, [], [])
        )
        notes = [*job.notes, *noted]
        source, images, left_out = read_averages(
            request,
            job.averages,
            particles,
            find_averages,
            not_beside=_NOT_BESIDE,
            hint=instead_of_averages(request.path, _NO_AVERAGES)
            if particles is not None and has_poses(joined(particles))
            else _NO_AVERAGES,
        )
        notes += left_out
        if source is not None and request.class_averages is None:
            warnings += _at_odds(job.particles, source.path)
        averages = None
        if source is not None and images is not None:
            decided = choose_pixel_size(request.pixel_size, source.stated_pixel_sizes)
            warnings += decided.warnings
            averages = ClassAverages(
                images,
                source.class_id,
                decided.value,
                None if particles is None else count_particles(particles.class_id, source.class_id),
                source.resolution,
            )
            broken, flat = image_warnings(averages)
            warnings += [*source.warnings, *source.stack.warnings, *broken]
            notes += [*source.notes, *flat]
            if particles is not None and source.is_whole:
                warnings += class_warnings(particles.class_id, source.class_id, source.path.name)
            if particles is not None:
                warnings += other_classification_warnings(particles, source.path)
                box, pixel_size = joined(particles).box_and_pixel_size
                warnings += extent_warnings(
                    (averages.box, decided.value), (box, pixel_size), source.path.name
                )
        sources = [
            job.particles,
            *(joined(particles).files if particles else ()),
            source.path if source is not None else None,
            source.stack.path if source is not None and averages is not None else None,
        ]
        return Dataset(
            "cryosparc",
            particles,
            averages,
            job_name(request.path),
            tuple(dict.fromkeys(path for path in sources if path is not None)),
            tuple(notes),
            tuple(warnings),
            source,
        )

    def write(
        self,
        dataset: Dataset,
        selection: Selection | None,
        superclasses: Superclasses | None,
        folder: Path,
        *,
        copy_templates: bool = False,
    ) -> tuple[Path, ...]:
        """Write particles_selected, particles_excluded and templates, each as .cs and .csg.

        Passthrough files are written next to them, row for row. With ``copy_templates`` also
        templates.mrc; image n of it is row n of templates.cs.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        written: list[Path] = []
        with guarded_writing(folder):
            if dataset.particles is not None and selection is not None:
                for stem, title, keep in (
                    ("particles_selected", "Particles selected", selection.selected),
                    ("particles_excluded", "Particles excluded", ~selection.selected),
                ):
                    written += self.write_particles(dataset, keep, folder, stem, title=title)
            if isinstance(dataset.handle, CryosparcAverages):
                written += dataset.handle.write_templates(folder, copy_templates)
        return tuple(written)

    def write_particles(
        self,
        dataset: Dataset,
        keep: BoolArray,
        folder: Path,
        stem: str,
        *,
        title: str = "",
        class_id: IntArray | None = None,
    ) -> tuple[Path, ...]:
        """Write a result group of some particles, and the .cs files that it names.

        Raises
        ------
        InputError
            If classes are given and the particles have none of their own.
        OutputError
            If a file can't be written.
        """
        handle, rows = joined(dataset.particles), np.flatnonzero(keep)
        with guarded_writing(folder):
            if class_id is None:
                paths, files = handle.write(folder, stem, rows)
            else:
                added, into = handle.classes_set(class_id[rows], rows)
                paths, files = handle.write(folder, stem, rows, added, into)
            group = folder / f"{stem}.csg"
            write_group(
                group,
                type="particle",
                title=title or stem,
                files=files,
                n_items=len(rows),
                source=handle.main.path,
            )
        return (group, *paths)

    def write_pictures(
        self,
        dataset: Dataset,
        images: FloatArray,
        folder: Path,
        stem: str,
        *,
        title: str = "",
    ) -> tuple[Path, ...]:
        """Write a stack, the .cs that names its images, and a result group of templates.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        return write_template_stack(dataset, images, folder, stem, title)

    def in_plane_alignment(self, dataset: Dataset) -> InPlaneAlignment:
        """alignments2D of a 2D Classification.

        Raises
        ------
        InputError
            If a field is not there, or the pixel size of the class averages is not known.
        """
        return read_alignment(dataset)

    def orientations(self, dataset: Dataset) -> Orientations:
        """alignments3D/pose, or the pose in the class of highest posterior.

        Raises
        ------
        InputError
            If there are no poses, or what is there are none.
        """
        return read_orientations(dataset)

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        """Write the result group particles_poses.csg, and the .cs files that it names.

        particles_poses.cs has alignments3D beside the fields that were there. Passthrough files
        are written next to it, row for row.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        with guarded_writing(folder):
            return tuple(write_poses(dataset, poses, folder, "particles_poses"))


def _read_refinement(request: ReadRequest) -> Dataset:
    """The particles that a request names, to be read for their poses."""
    job = find_job(request.path, request.project, needs_class=False)
    particles, notes, warnings = read_particles(job, request.passthrough, needs_class=False)
    handle = joined(particles)
    return Dataset(
        "cryosparc",
        particles,
        None,
        job_name(request.path),
        tuple(handle.files),
        (*job.notes, *notes),
        (*warnings, *read_symmetry(handle.main.path)[1]),
    )


def _at_odds(particles: Path | None, averages: Path) -> list[str]:
    """At most one sentence on averages that were found, and are of another job or iteration."""
    if particles is None:
        return []
    jobs = [job_of(path.name) for path in (particles, averages)]
    if None not in jobs and jobs[0] != jobs[1]:
        return [f"Using {averages.name}, found next to the particles of {jobs[0]}."]
    last = [iteration_of(path) for path in (particles, averages)]
    if min(last) >= 0 and last[0] != last[1]:
        return [
            f"{averages.name} is from iteration {last[1]}, but {particles.name} from iteration "
            f"{last[0]}. There are no averages of that iteration next to it."
        ]
    return []
