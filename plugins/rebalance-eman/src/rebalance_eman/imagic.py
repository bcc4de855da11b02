"""Format `imagic`: class averages of IMAGIC, EMAN1 and others in a pair of .hed and .img files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.contracts import Format, ReadRequest
from rebalance.model import ClassAverages, Dataset, Selection, Superclasses
from rebalance_eman.bare_stack import NO_PARTICLES, check_request, job_of
from rebalance_eman.imagic_stack import ImagicStack, looks_like_imagic, open_imagic
from rebalance_eman.templates import write_templates


class Imagic(Format):
    """Stacks of images in IMAGIC's format, of either byte order.

    Pixels may be of type REAL (float32), INTG (int16), LONG (int32) or PACK (uint8). No header word
    holds the pixel size in all programs' files, so none is read: give ``pixel_size``.
    """

    def sniff(self, path: Path) -> float:
        """By the header, beside which there are pixels; else by the name."""
        try:
            return 0.95 if path.is_file() and looks_like_imagic(path) else _by_name(path)
        except OSError:
            return _by_name(path)

    def describe(self, path: Path) -> tuple[tuple[str, str], ...]:
        """Kind of file, for `inspect`."""
        stack = open_imagic(path)
        return (("kind", "stack of class averages"), ("version", f"IMAGIC, {stack.byte_order}"))

    def read(self, request: ReadRequest) -> Dataset:
        """Read a stack, given either of its two files; averages are numbered from 1.

        Raises
        ------
        InputError
            If one of the files is missing or damaged, or class averages are given too.
        """
        check_request(request, "IMAGIC")
        stack = open_imagic(request.path)
        class_id = np.arange(1, stack.n + 1, dtype=np.int64)
        notes = [NO_PARTICLES]
        if request.pixel_size is None:
            notes.append("IMAGIC files state no pixel size, so lengths are in pixels.")
        return Dataset(
            "imagic",
            None,
            ClassAverages(stack.read(), class_id, request.pixel_size),
            job_of(request),
            (stack.header, stack.pixels),
            tuple(notes),
            (),
            stack,
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
        """Write templates.lst, which EMAN2 reads; with ``copy_templates`` both files too."""
        # There are none only for particles with poses, which are not read here.
        assert superclasses is not None
        stack: ImagicStack = dataset.handle
        copies = [(stack.header, "templates.hed"), (stack.pixels, "templates.img")]
        return write_templates(
            stack.header,
            np.arange(stack.n, dtype=np.int64),
            superclasses,
            folder,
            copies if copy_templates else [],
        )


def _by_name(path: Path) -> float:
    """A damaged or half a stack is told of by `read`, rather than by no one."""
    return 0.3 if path.suffix.lower() == ".hed" and path.is_file() else 0.0
