"""A bare MRC stack of class averages: affinity, superclasses and pictures, without particles.

An MRC file can't refer to another, so the templates are written as templates.star, which names
the images of the input stack; on request templates.mrcs is a byte-for-byte copy of it.
"""

from __future__ import annotations

from pathlib import Path

from rebalance.contracts import Format, ReadRequest
from rebalance.errors import InputError
from rebalance.formats.averages import image_warnings, refuse_unusable_pixels
from rebalance.formats.mrc_file import SUFFIXES, looks_like_mrc
from rebalance.formats.paths import job_name
from rebalance.formats.pixel_size import choose_pixel_size
from rebalance.formats.relion_averages import RelionAverages, find_averages
from rebalance.formats.writing import guarded_writing
from rebalance.model import ClassAverages, Dataset, Selection, Superclasses


class Stack(Format):
    """The format plugin ``stack``."""

    def sniff(self, path: Path) -> float:
        """By the MRC magic bytes, else by the name."""
        try:
            if not path.is_file():
                return 0.0
            named = path.suffix.lower() in SUFFIXES
            if looks_like_mrc(path):
                return 0.9
            return 0.4 if named else 0.0
        except OSError:
            return 0.0

    def describe(self, path: Path) -> tuple[tuple[str, str], ...]:
        """Kind of file, for `inspect`."""
        return (("kind", "stack of class averages"), ("version", "MRC2014"))

    def read(self, request: ReadRequest) -> Dataset:
        """Read a stack; the averages are numbered from 1 in its order.

        Raises
        ------
        InputError
            If the stack is broken, or class averages are given too.
        """
        if request.class_averages is not None:
            if request.class_averages.suffix.lower() in (".star", ".cs"):
                raise InputError(
                    f"This is a stack, but {request.class_averages} is a table. They are swapped.",
                    path=request.path,
                    hint="Give the particle table first and the stack second.",
                )
            raise InputError(
                f"Both files are class averages or stacks. {request.class_averages} can't be "
                "combined with a bare stack.",
                path=request.path,
                hint="Give the particle table first and the stack second, or only the stack.",
            )
        source = find_averages(request.path, request.project)
        decided = choose_pixel_size(request.pixel_size, source.stated_pixel_sizes())
        averages = ClassAverages(source.read_images(), source.class_id, decided.value)
        refuse_unusable_pixels(averages, request.path)
        broken, flat = image_warnings(averages)
        return Dataset(
            "stack",
            None,
            averages,
            job_name(request.path),
            (request.path,),
            (
                (
                    "This is a bare stack, so there are no particles to select; superclasses and "
                    "pictures are made."
                ),
                *flat,
            ),
            (*decided.warnings, *broken, *source.stack_warnings),
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
        """Write templates.star, which names the images; with ``copy_templates`` templates.mrcs."""
        source = dataset.handle
        assert isinstance(source, RelionAverages)
        with guarded_writing(folder):
            return tuple(source.write_templates(folder, copy_templates))
