"""Class averages of a RELION job: which image of which stack is which class, and back to files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rebalance.errors import InputError, OutputError
from rebalance.formats.mrc_file import SUFFIXES, MrcStack, open_stack
from rebalance.formats.pixel_size import Stated
from rebalance.formats.relion_job import (
    AVERAGES,
    OPTIMISER,
    averages_block,
    find_job,
    kind_of,
    loop_of,
)
from rebalance.formats.relion_paths import Found, locate, project_above, stack_not_found
from rebalance.formats.star_file import StarFile
from rebalance.formats.star_loop import StarLoop
from rebalance.model import BoolArray, DoubleArray, FloatArray, IntArray
from rebalance.star_writer import image_names, loop_block

SCORES = ("rlnPredictedClassScore", "rlnClassScore")
"""Labels for the score of the class ranker, the best one first."""

_REFERENCE = re.compile(r"(\d{1,18})@(.+)")
_VERSION = re.compile(rb"^# version \d+", re.MULTILINE)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class RelionAverages:
    """Where the class averages are; a `rebalance.formats.averages.AveragesSource`.

    Parameters
    ----------
    path : Path
        Model, class averages table or stack.
    class_id : int64 (N,)
    stack : tuple of str
        Stack of each average, as the table names it; one for all in a bare stack.
    index : int64 (N,)
        0-based image in its stack.
    resolution : float64 (N,), optional
        Å.
    star : StarFile, optional
        None for a bare stack.
    loop : StarLoop, optional
        Its table of class averages.
    pixel_size : float, optional
        Å, from the model.
    is_whole : bool
        True for all classes of a classification, False for a selection of them.
    project : Path, optional
        Folder that ``stack`` is relative to.
    score : float64 (N,), optional
        Of RELION's class ranker, where it judged all classes: 1 is best.
    score_from : str
        Its label.
    """

    path: Path
    class_id: IntArray
    stack: tuple[str, ...]
    index: IntArray
    resolution: DoubleArray | None = None
    star: StarFile | None = None
    loop: StarLoop | None = None
    pixel_size: float | None = None
    is_whole: bool = True
    project: Path | None = None
    score: DoubleArray | None = None
    score_from: str = ""
    _found: dict[str, Found] = field(default_factory=dict)
    _opened: dict[str, MrcStack] = field(default_factory=dict)

    def find(self, name: str) -> Found:
        """The file of a stack; InputError if it is not there."""
        if name not in self._found:
            found = Found(self.path) if self.loop is None else locate(name, self.path, self.project)
            if found is None:
                raise stack_not_found(name, self.path, self.project)
            self._found[name] = found
        return self._found[name]

    def open(self, name: str) -> MrcStack:
        """The stack of a name; InputError if it is not there, or broken."""
        if name not in self._opened:
            self._opened[name] = open_stack(self.find(name).path)
        return self._opened[name]

    @property
    def stacks(self) -> list[MrcStack]:
        """The stacks that are referred to."""
        return [self.open(name) for name in dict.fromkeys(self.stack)]

    @property
    def stack_warnings(self) -> list[str]:
        """What is odd about the stacks."""
        return [warning for stack in self.stacks for warning in stack.warnings]

    @property
    def found_notes(self) -> list[str]:
        """How the stacks were found, where that is unusual."""
        return [note for name in dict.fromkeys(self.stack) for note in self.find(name).notes]

    @property
    def found_warnings(self) -> list[str]:
        """Which stacks of the same names were not taken."""
        return [said for name in dict.fromkeys(self.stack) for said in self.find(name).warnings]

    def read_images(self) -> FloatArray:
        """float32 (N, L, L).

        Raises
        ------
        InputError
            If a stack is missing or broken, or boxes differ.
        """
        stacks = self.stacks
        for other in stacks[1:]:
            if other.box != stacks[0].box:
                raise InputError(
                    f"The class averages have two box sizes: {stacks[0].box} px in "
                    f"{stacks[0].path.name}, {other.box} px in {other.path.name}.",
                    path=self.path,
                    hint="Give the class averages of a single classification.",
                )
        if len(stacks) == 1:
            return stacks[0].read(self.index)
        names = np.array(self.stack)
        images = np.empty((len(self.class_id), stacks[0].box, stacks[0].box), dtype=np.float32)
        for name in dict.fromkeys(self.stack):
            images[names == name] = self.open(name).read(self.index[names == name])
        return images

    def stated_pixel_sizes(
        self, of_particles: Callable[[float | None, int], Stated] | None = None
    ) -> list[Stated]:
        """All that is said of the pixel size, in falling order of trust.

        Parameters
        ----------
        of_particles : callable, optional
            What the particle table says, given the pixel size of the averages (Å or None) and
            their box.
        """
        headers = [
            Stated(f"the header of {stack.path.name}", stack.pixel_size, True)
            for stack in self.stacks
        ]
        own = Stated(self.path.name, self.pixel_size)
        first, *rest = headers if self.loop is None else [own, *headers]
        if of_particles is None:
            return [first, *rest]
        known = next((one.value for one in (first, *rest) if one.is_sure), first.value)
        return [first, of_particles(known, self.stacks[0].box), *rest]

    def write_templates(self, folder: Path, copy: bool) -> list[Path]:
        """Write templates.star (by reference), and on request templates.mrcs.

        Image n of templates.mrcs is row n of templates.star.
        """
        target = folder / "templates.star"
        target.write_bytes(self.table())
        if not copy:
            return [target]
        stack_copy = folder / "templates.mrcs"
        if len(set(self.stack)) > 1:
            raise OutputError(
                f"The class averages in {self.path.name} are in {len(set(self.stack))} stacks, so "
                "they can't be copied as one.",
                hint="Leave out `copy_templates`; templates.star refers to the images.",
            )
        self.open(self.stack[0]).copy(stack_copy, self.index)
        return [target, stack_copy]

    def table(self, keep: BoolArray | None = None) -> bytes:
        """A star file of the averages, or of some, as RELION's Select writes one: rows as they are.

        Parameters
        ----------
        keep : bool (N,), optional
            All of them by default.
        """
        rows = np.arange(len(self.class_id))
        text = self._table_as_named(rows if keep is None else rows[keep])
        for name in dict.fromkeys(self.stack):
            if self.loop is None or not self._is_misleading(name):
                continue
            reference = stack_reference(self.find(name).path, self.project)
            text = re.sub(
                rb"(?<=\d@)" + re.escape(name.encode()) + rb"(?=\s)",
                lambda _, to=reference: to.encode("utf-8", "surrogateescape"),  # type: ignore[misc]
                text,
            )
        return text

    def _is_misleading(self, name: str) -> bool:
        """Whether the name of a stack leads to another than the one that was read."""
        try:
            found = self.find(name)
        except InputError:
            return False
        return bool(found.warnings) and not re.search(r"\s", str(found.path))

    def _table_as_named(self, rows: IntArray) -> bytes:
        if self.star is None or self.loop is None:
            return _table_of_stack(self.stack[0], self.index[rows], self.class_id[rows])
        text = self.star.text
        has_number = "rlnClassNumber" in self.loop.labels
        if has_number and len(self.star.blocks) == 1 and len(rows) == len(self.class_id):
            return text.slice(0, len(text))
        labels = text.slice(self.loop.labels_begin, self.loop.body_begin)
        parts = [self._version(), b"\ndata_\n\nloop_ \n", labels.strip(b"\r\n"), b"\n"]
        if not has_number:
            parts.append(b"_rlnClassNumber #%d \n" % (len(self.loop.labels) + 1))
        for row in rows.tolist():
            line = self.loop.row_bytes(row).rstrip()
            parts.append(line + (b" \n" if has_number else b" %12d \n" % self.class_id[row]))
        return b"".join([*parts, b"\n"])

    def _version(self) -> bytes:
        """The comment before the block of averages that says by which rules its labels are read."""
        assert self.star is not None
        assert self.loop is not None
        before = self.star.text.slice(0, self.loop.labels_begin)
        found = _VERSION.findall(before)
        return b"\n" + found[-1] + b"\n" if found else b""


def _table_of_stack(stack: str, index: IntArray, class_id: IntArray) -> bytes:
    """A table that refers to images of one stack, with their class numbers."""
    if _UNPRINTABLE.search(stack):
        raise OutputError(
            f"A star file can't refer to the stack {stack!r}: its path contains tabs, line breaks "
            "or bytes that are not UTF-8.",
            hint="Rename it, or copy it to another folder.",
        )
    references = image_names(index + 1, stack)
    table = loop_block("", {"ReferenceImage": references, "ClassNumber": class_id}, version=None)
    return table.encode()


def stack_reference(path: Path, project: Path | None) -> str:
    """How a star file names a stack: relative to the project if it lies inside, else absolute."""
    path = path.resolve()
    root = project.resolve() if project is not None else project_above(path)
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)


def find_averages(path: Path, project: Path | None) -> RelionAverages:
    """Where the class averages are that a stack, a star file or a job folder gives.

    Raises
    ------
    InputError
        If it gives none, or a class number is missing or there twice.
    """
    if path.is_dir() or path.suffix.lower() not in SUFFIXES:
        return _from_star(_averages_star(path, project), project)
    stack = open_stack(path)
    return RelionAverages(
        path,
        np.arange(1, stack.n + 1, dtype=np.int64),
        (stack_reference(path, project),),
        np.arange(stack.n, dtype=np.int64),
        project=project,
    )


def _averages_star(path: Path, project: Path | None) -> StarFile:
    star = None if path.is_dir() else StarFile(path)
    if star is not None and kind_of(star) not in (AVERAGES, OPTIMISER):
        raise InputError(
            f"The star file has no class averages; it is a {kind_of(star)}.",
            path=path,
            hint="Give a *_classes.mrcs stack, a *_model.star, or the class_averages.star of a "
            "Select job.",
        )
    if star is not None and kind_of(star) == AVERAGES:
        return star
    averages = find_job(path, project).averages
    if averages is None:
        raise InputError(
            "There are no class averages there.",
            path=path,
            hint="Give a *_classes.mrcs stack, a *_model.star, or a class_averages.star.",
        )
    return StarFile(averages)


def _from_star(star: StarFile, project: Path | None) -> RelionAverages:
    block = averages_block(star)
    assert block is not None
    loop = loop_of(block)
    if len(loop) == 0:
        raise InputError(
            f"data_{block.name} has no class averages: the table is empty.",
            path=star.path,
            hint="Select at least two class averages.",
        )
    references = [_REFERENCE.fullmatch(str(name)) for name in loop.read_column("rlnReferenceImage")]
    unread = next((row for row, match in enumerate(references) if match is None), None)
    if unread is not None:
        raise InputError(
            f"rlnReferenceImage is {loop.read_column('rlnReferenceImage')[unread]}, but an image "
            "in a stack was expected, like 000016@run_it025_classes.mrcs.",
            path=star.path,
            location=f"line {loop.row_line(unread)}",
            hint="Is this a 3D classification? Give a 2D one.",
        )
    index = np.array([int(match[1]) for match in references if match], dtype=np.int64)
    stacks = tuple(match[2] for match in references if match)
    has_number = "rlnClassNumber" in loop.labels
    class_id = loop.read_integers("rlnClassNumber") if has_number else index
    _refuse_repeats(loop, class_id)
    resolution = None
    if "rlnEstimatedResolution" in loop.labels:
        column = loop.read_column("rlnEstimatedResolution")
        resolution = column.astype(np.float64) if column.dtype.kind in "if" else None
    general = star.block("model_general")
    is_whole = block.name == "model_classes"
    # In a table of chosen classes every score is one of those that were good enough.
    score, score_from = class_scores(loop) if is_whole else (None, "")
    return RelionAverages(
        star.path,
        class_id,
        stacks,
        index - 1,
        resolution,
        star,
        loop,
        _number(general.pairs.get("rlnPixelSize")) if general is not None else None,
        is_whole=is_whole,
        project=project,
        score=score,
        score_from=score_from,
    )


def class_scores(loop: StarLoop) -> tuple[DoubleArray | None, str]:
    """Scores of RELION's class ranker, float64 (N,), and their label; None where there are none."""
    for label in SCORES:
        if label in loop.labels:
            column = loop.read_column(label)
            if column.dtype.kind in "if":
                return column.astype(np.float64), label
    return None, ""


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _refuse_repeats(loop: StarLoop, class_id: IntArray) -> None:
    first: dict[int, int] = {}
    for row, number in enumerate(class_id.tolist()):
        if number in first:
            raise InputError(
                f"Class number {number} is used twice, on lines {loop.row_line(first[number])} "
                f"and {loop.row_line(row)}; each class average needs its own number.",
                path=loop.text.path,
                location=f"line {loop.row_line(row)}",
                hint="Remove one of the two rows, or export the table again from its job.",
            )
        first[number] = row
