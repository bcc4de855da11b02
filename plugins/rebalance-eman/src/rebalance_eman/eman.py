"""Format `eman`: class averages of EMAN2 in HDF5, such as classes_12.hdf of e2refine2d.py."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from rebalance.contracts import Format, ReadRequest
from rebalance.model import ClassAverages, Dataset, IntArray, Selection, Superclasses
from rebalance_eman.bare_stack import NO_PARTICLES, check_request, job_of
from rebalance_eman.hdf_stack import HdfStack, looks_like_eman, read_hdf_stack
from rebalance_eman.templates import write_templates


class _Source(NamedTuple):
    path: Path
    number: IntArray


class Eman(Format):
    """Class averages that EMAN2 wrote, with the number of their particles where it is stated.

    EMAN2 counts images from 0, a bare stack is numbered from 1: class n is image n − 1, if no image
    was deleted. The number of particles of an average is its ``ptcl_repr``, else the length of
    ``class_ptcl_idxs``. Results have no particles, since EMAN2 keeps these in another file; they
    are listed by EMAN2 for each average.
    """

    def sniff(self, path: Path) -> float:
        """By the group in which EMAN2 keeps images."""
        try:
            return 0.95 if path.is_file() and looks_like_eman(path) else 0.0
        except Exception:
            # A damaged file: it may be one of ours, if it is called so.
            return 0.3 if path.suffix.lower() == ".hdf" else 0.0

    def describe(self, path: Path) -> tuple[tuple[str, str], ...]:
        """Kind of file, for `inspect`."""
        return (("kind", "stack of class averages"), ("version", "EMAN2, HDF5"))

    def read(self, request: ReadRequest) -> Dataset:
        """Read a file of class averages.

        Raises
        ------
        InputError
            If the file is none of EMAN2's, or damaged, or class averages are given too.
        """
        check_request(request, "EMAN2")
        stack = read_hdf_stack(request.path)
        pixel_size, warnings = _pixel_size(stack, request.pixel_size, request.path.name)
        n_particles, notes = _n_particles(stack)
        averages = ClassAverages(
            stack.images,
            np.arange(1, len(stack.images) + 1, dtype=np.int64),
            pixel_size,
            n_particles,
        )
        return Dataset(
            "eman",
            None,
            averages,
            job_of(request),
            (request.path,),
            (NO_PARTICLES, _numbers(stack), *notes),
            warnings,
            _Source(request.path, stack.number),
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
        """Write templates.lst, which EMAN2 reads; with ``copy_templates`` templates.hdf."""
        # There are none only for particles with poses, which are not read here.
        assert superclasses is not None
        source: _Source = dataset.handle
        copies = [(source.path, "templates.hdf")] if copy_templates else []
        return write_templates(source.path, source.number, superclasses, folder, copies)


def _numbers(stack: HdfStack) -> str:
    if np.array_equal(stack.number, np.arange(len(stack.number))):
        return "EMAN2 counts images from 0: class n is image n - 1 of the file."
    return (
        f"Images are missing in the file (numbers go up to {stack.number[-1]}, but there are "
        f"{len(stack.number)}), so classes are numbered from 1 in order. templates.lst has both "
        "numbers."
    )


def _pixel_size(
    stack: HdfStack, given: float | None, name: str
) -> tuple[float | None, tuple[str, ...]]:
    stated = np.unique(stack.pixel_sizes[np.isfinite(stack.pixel_sizes)])
    sizes = " and ".join(f"{size:g}" for size in stated[:3])
    if given is not None:
        odd = len(stated) == 1 and stated[0] != 1.0 and abs(stated[0] / given - 1) > 0.01
        said = (
            f"The pixel size is {given:g} Å according to `pixel_size`, but {sizes} Å according to "
            f"{name}"
        )
        return given, (f"{said}. Using {given:g} Å.",) if odd else ()
    if len(stated) == 0:
        return None, ()
    if len(stated) > 1:
        said = f"Images of {name} state different pixel sizes ({sizes} Å)"
        return None, (f"{said}, so none is used. Give `pixel_size`.",)
    if stated[0] == 1.0:
        said = f"The pixel size of {name} is 1.0 Å, which EMAN2 writes when it does not know it"
        return 1.0, (f"{said}. If it is another, give `pixel_size`.",)
    return float(stated[0]), ()


def _n_particles(stack: HdfStack) -> tuple[IntArray | None, tuple[str, ...]]:
    known = stack.n_particles >= 0
    if known.all():
        return stack.n_particles, ()
    if not known.any():
        return None, ()
    return None, (
        f"{np.count_nonzero(~known)} of {len(known)} images don't state how many particles they "
        "were made from; the numbers of the others are not used.",
    )
