"""RELION star files, 3.0 to 5: reads the particles of a job, writes chosen rows of them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rebalance.contracts import Format, ReadRequest
from rebalance.errors import InputError
from rebalance.formats.averages import (
    count_particles,
    image_warnings,
    read_averages,
)
from rebalance.formats.pixel_size import choose_pixel_size
from rebalance.formats.refinements import commands_for, instead_of_averages
from rebalance.formats.relion_averages import RelionAverages, find_averages
from rebalance.formats.relion_doubts import about_one_class, doubts, refuse_useless_classes
from rebalance.formats.relion_job import RelionJob, find_job, kind_of, particle_diameter
from rebalance.formats.relion_orientations import (
    has_poses,
    is_refinement,
    read_orientations,
    read_symmetry,
    sampling_beside,
)
from rebalance.formats.relion_particles import CLASS_COLUMN, Optics, read_particles
from rebalance.formats.relion_pipeline import with_averages_upstream
from rebalance.formats.relion_poses import loop_of, read_alignment, table_of, write_poses
from rebalance.formats.relion_progress import about_progress
from rebalance.formats.star_edit import write_with_columns
from rebalance.formats.star_file import StarFile
from rebalance.formats.writing import guarded_writing
from rebalance.model import (
    BoolArray,
    ClassAverages,
    Dataset,
    InPlaneAlignment,
    IntArray,
    Orientations,
    ParticlePoses,
    Selection,
    Superclasses,
)

_NOT_BESIDE = (
    "there is no *_model.star, *_classes.mrcs or class_averages.star of the same name next to "
    "the table"
)
_NO_AVERAGES = (
    "Give the class averages as `class_averages` (an .mrcs stack, a *_model.star or a "
    "class_averages.star), or balance the 2D classes themselves with `superclasses=False`."
)


_IS_3D = "This is a 3D refinement or classification; its classes are maps."
_OTHER_PROJECT = (
    "The job seems to come from another project, where rlnImageName of its particles may mean "
    "other images. Continue in the project that it came from."
)

CLASS_BEFORE = "rlnClassNumberBefore"
"""Column for the old class number when it is replaced; RELION keeps columns that it does not know.
"""


class Relion(Format):
    """The format plugin ``relion``."""

    def sniff(self, path: Path) -> float:
        """By the first 64 kB of a file, or the names in a folder."""
        try:
            if path.is_dir():
                names = [entry.name for entry in path.iterdir()]
                if any(n.endswith(("_data.star", "_optimiser.star")) for n in names):
                    return 0.9
                stars = [n for n in names if n.endswith(".star")]
                return 0.8 if "particles.star" in stars else 0.5 if stars else 0.0
            with open(path, "rb") as file:
                head = b"\n" + file.read(1 << 16)
        except OSError:
            return 0.0
        if b"\ndata_" in head and b"\0" not in head:
            return 0.95 if b"\n_rln" in head else 0.6
        return 0.3 if path.suffix == ".star" else 0.0

    def describe(self, path: Path) -> tuple[tuple[str, str], ...]:
        """Kind of file and the RELION version that wrote it, for `inspect`."""
        if path.is_dir():
            job = find_job(path, None)
            kind = "job folder of a 3D refinement" if is_refinement(job) else "job folder"
            star = StarFile(job.particles or job.averages or path)
        else:
            star = StarFile(path)
            kind = kind_of(star)
        return (("kind", kind), ("version", relion_version(star)))

    def read(self, request: ReadRequest) -> Dataset:
        """Read a job folder, an optimiser, a particle table, or a table of class averages.

        Raises
        ------
        InputError
            Names the file, the line or column, what was found and what was expected.
        """
        job = find_job(request.path, request.project, needs_class=request.needs_class)
        if not request.needs_class:
            return _read_refinement(job)
        is_3d, is_beside = is_refinement(job), job.averages is not None
        if is_3d:
            if request.need_class_averages and request.class_averages is None:
                raise InputError(
                    _IS_3D,
                    path=request.path,
                    hint=f"{commands_for(request.path)} For superclasses, give a Class2D job.",
                )
            # Maps are no class averages.
            job = replace(job, averages=None)
        elif request.class_averages is None:
            job = with_averages_upstream(job, request.project)
        particles, optics, warnings = read_particles(job) if job.particles else (None, Optics(), [])
        progress, doubtful = about_progress(job)
        warnings += doubtful
        hint = _NO_AVERAGES if not job.rivals else _several(job.rivals)
        is_lost = not (request.class_averages or job.averages) and request.need_class_averages
        if is_lost and particles is not None and has_poses(table_of(particles)):
            hint = instead_of_averages(request.path, hint)
        source, images, left_out = read_averages(
            request,
            job.averages,
            particles,
            find_averages,
            not_beside=_NOT_BESIDE,
            hint=hint,
        )
        notes = [*job.notes, *progress, *left_out]
        if is_3d:
            notes.append(f"{_IS_3D} {commands_for(request.path)}")
        averages = None
        if source is not None and images is not None:
            stated = source.stated_pixel_sizes(
                lambda size, box: optics.nearest(request.pixel_size or size, box)
            )
            decided = choose_pixel_size(request.pixel_size, stated)
            averages = ClassAverages(
                images,
                source.class_id,
                decided.value,
                None if particles is None else count_particles(particles.class_id, source.class_id),
                source.resolution,
                particle_diameter(job.optimiser),
                source.score,
                source.score_from,
            )
            if particles is not None and request.need_class_averages:
                refuse_useless_classes(particles, averages)
            broken, flat = image_warnings(averages)
            notes += [*source.found_notes, *flat]
            if particles is not None and source.found_warnings:
                notes.append(_OTHER_PROJECT)
            warnings += [*decided.warnings, *source.stack_warnings, *broken]
            warnings += doubts(
                particles,
                averages,
                source,
                optics,
                is_found=request.class_averages is None and is_beside,
            )
        if particles is not None and (averages is None or len(averages) > 1):
            warnings += about_one_class(particles)
        if particles is None and averages is None:
            raise InputError("There are neither particles nor class averages.", path=request.path)
        stacks = source.stacks if source is not None and averages is not None else []
        sources = [
            job.particles,
            source.path if source is not None else None,
            *(stack.path for stack in stacks),
            job.optimiser,
        ]
        return Dataset(
            "relion",
            particles,
            averages,
            job.name,
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
        """Write particles_selected.star, particles_excluded.star, templates.star.

        With ``copy_templates`` also templates.mrcs; image n of it is row n of templates.star.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        written: list[Path] = []
        with guarded_writing(folder):
            if dataset.particles is not None and selection is not None:
                # Each goes over the whole table, so both at once.
                with ThreadPoolExecutor(2) as pool:
                    for files in pool.map(
                        lambda stem, keep: self.write_particles(dataset, keep, folder, stem),
                        ("particles_selected", "particles_excluded"),
                        (selection.selected, ~selection.selected),
                    ):
                        written += files
            if isinstance(dataset.handle, RelionAverages):
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
        """Write a star file of some rows; a class that is given is counted from 1 there.

        Raises
        ------
        OutputError
            If it can't be written.
        """
        loop, path = loop_of(dataset), folder / f"{stem}.star"
        with guarded_writing(folder), open(path, "wb") as out:
            if class_id is None:
                loop.write(out, keep)
            else:
                assert dataset.particles is not None
                columns = {
                    CLASS_COLUMN: class_id[keep] + 1,
                    CLASS_BEFORE: dataset.particles.class_id[keep],
                }
                write_with_columns(loop, out, keep, columns)
        return (path,)

    def in_plane_alignment(self, dataset: Dataset) -> InPlaneAlignment:
        """psi and origins of a Class2D job.

        Raises
        ------
        InputError
            If a column is not there or holds no numbers, or the pixel size is not known.
        """
        return read_alignment(dataset)

    def orientations(self, dataset: Dataset) -> Orientations:
        """rlnAngleRot, rlnAngleTilt, rlnAnglePsi, and rlnSymmetryGroup of the sampling beside.

        Raises
        ------
        InputError
            If the table has no poses, or holds anything else for them.
        """
        return read_orientations(dataset)

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        """Write particles_poses.star: angles and origins set, and no rlnRandomSubset.

        Raises
        ------
        OutputError
            If it can't be written.
        """
        target = folder / "particles_poses.star"
        with guarded_writing(folder):
            write_poses(dataset, poses, target)
        return (target,)


def _several(averages: tuple[Path, ...]) -> str:
    return (
        "The particles are from several classifications. Give the class averages of one of them "
        f"as `class_averages`: {', '.join(map(str, averages))}."
    )


def _read_refinement(job: RelionJob) -> Dataset:
    """The particles of a job, to be read for their poses."""
    if job.particles is None:
        raise InputError(
            "The particles were not found: there is no *_data.star next to it.",
            path=job.averages,
            hint="Give the *_data.star of the refinement.",
        )
    particles, _, warnings = read_particles(job, needs_class=False)
    progress, doubtful = about_progress(job)
    sampling = sampling_beside(job.particles)
    sources = [path for path in (job.particles, sampling, job.optimiser) if path is not None]
    return Dataset(
        "relion",
        particles,
        None,
        job.name,
        tuple(sources),
        (*job.notes, *progress),
        (*warnings, *doubtful, *read_symmetry(job.particles)[1]),
    )


def relion_version(star: StarFile) -> str:
    """The version of RELION that wrote a star file, as far as the file says."""
    import re

    head = star.text.slice(0, 1 << 16).decode("utf-8", "replace")
    spoken = re.search(r"^#.*RELION.*version (\S+)", head, re.MULTILINE | re.IGNORECASE)
    if spoken:
        return f"RELION {spoken[1]}"
    coded = re.search(r"^# version (\d+)", head, re.MULTILINE)
    if coded:
        number = int(coded[1])
        return f"RELION {'3.1 or 4' if number < 50000 else '5'} (table version {number})"
    return "RELION 3.1 or later" if star.block("optics") is not None else "RELION 3.0 or earlier"
