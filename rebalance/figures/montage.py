"""The class averages: by superclass, each laid on its medoid, or as they stand in the stack."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rebalance.figures import style
from rebalance.figures.bars import is_balanced, superclasses_of_one
from rebalance.figures.layout import fill_at, label_at, new_figure, text_at
from rebalance.figures.montage_layout import Block, Page, Place, Sizes, paginate
from rebalance.figures.scale_bar import scale_bar
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.suspects import ROOM, WORDS, mark_after
from rebalance.figures.text import joined, percent, text_width, wrapped
from rebalance.figures.tiles import grey, onto_medoid, placed
from rebalance.model import (
    SET_ASIDE,
    UNASSIGNED,
    Affinity,
    ClassAverages,
    IntArray,
    Selection,
    Superclasses,
)
from rebalance.model.class_numbers import ranges
from rebalance.model.counting import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_INCHES = 5.5
LINE = 0.145
KEY = 0.12
LABEL_BASE = 0.095
"""Inches: width of the narrowest figure, height of a line of small type, side of a colour key,
from the lower edge of a tile to the feet of the letters below it."""

SHEET = 7.6
"""Inches that the tiles of a contact sheet may take side by side."""

MOST_ON_A_SHEET = 240

ALL = -1
"""Stands for a superclass where there is only one block: every average is its own superclass.
`SET_ASIDE` stands for one beside the superclasses: the averages that are set aside."""

MIRRORED = "↔"

BLANK = 235
"""Grey of the tile of an empty average."""


@style.styled
def class_averages(
    averages: ClassAverages,
    superclasses: Superclasses,
    *,
    affinity: Affinity | None = None,
    selection: Selection | None = None,
    suspects: Collection[int] = (),
    job: str = "",
) -> list[Figure]:
    """Class averages by superclass, with their numbers and particles.

    Parameters
    ----------
    averages : ClassAverages
    superclasses : Superclasses
        Over the same averages in the same order.
    affinity : Affinity, optional
        Its alignment lays every average on the medoid of its superclass, mirrored where the
        mirror image fits better; without one, averages are drawn as they are.
    selection : Selection, optional
        Headings then give particles before and after.
    suspects : collection of int
        Class numbers of averages to be marked as looking like junk.
    job : str
        For the heading.

    Returns
    -------
    list of Figure
        One page up to several hundred averages. Empty averages are listed, not drawn.
    """
    plan = _Plan(averages, superclasses, affinity, selection, frozenset(suspects), job)
    drawn = int(np.count_nonzero(superclasses.label != UNASSIGNED))
    if drawn == 0:
        figure = new_figure(FEWEST_INCHES, 1.2, "No class average to show", job)
        _footer(figure, plan, 0.75)
        return [figure]
    sizes = _sizes(drawn)
    numbers = [ALL] if plan.singles else list(range(len(superclasses)))
    numbers += [SET_ASIDE] if superclasses.set_aside else []
    blocks = [
        Block(number, 0, len(plan.rows(number)), _heading_width(plan, number)) for number in numbers
    ]
    pages = paginate(blocks, sizes)
    return [
        _draw(plan, page, sizes, f" (page {at} of {len(pages)})" if len(pages) > 1 else "")
        for at, page in enumerate(pages, 1)
    ]


@style.styled
def contact_sheet(averages: ClassAverages, *, most: int = MOST_ON_A_SHEET, job: str = "") -> Figure:
    """Class averages as they stand in the stack, with their numbers and particles.

    Parameters
    ----------
    averages : ClassAverages
        In place of an empty one there is a blank tile.
    most : int
        Of more averages only the first are drawn, and the heading says so.
    job : str
        For the heading.
    """
    from rebalance.figures.artists import Raster

    shown = min(len(averages), most)
    sizes = _sizes(shown)
    columns = max(1, min(shown, floor(SHEET / sizes.pitch)))
    top = style.HEADER + 0.08
    below = top + -(-shown // columns) * sizes.row
    n_empty = np.count_nonzero(~averages.has_image)
    n_alone = np.count_nonzero(averages.has_image & averages.lacks_particles)
    figure = new_figure(
        max(columns * sizes.pitch - sizes.gap + 2 * style.MARGIN, FEWEST_INCHES),
        below + 0.2 + style.MARGIN,
        counted(len(averages), "class average"),
        joined(
            job,
            f"the first {shown:,} are shown" if shown < len(averages) else "",
            f"{n_empty:,} empty" if n_empty else "",
            f"{n_alone:,} without particles" if n_alone else "",
        ),
    )
    dpi, side = figure.dpi, round(sizes.tile * figure.dpi)
    across, down = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    drawn = np.flatnonzero(~averages.is_empty[:shown])
    tiles = np.full((shown, side, side), BLANK, dtype=np.uint8)
    tiles[drawn] = grey(placed(averages.images[drawn], onto_medoid(drawn, 0, None), side))
    for at, tile in enumerate(tiles):
        x = style.MARGIN + at % columns * sizes.pitch
        y = top + at // columns * sizes.row
        row, column = round(y * dpi), round(x * dpi)
        raster[row : row + side, column : column + side] = tile
        counts = _counts_of(averages, at)
        _write_label(figure, str(averages.class_id[at]), counts, x, y, sizes)
    figure.add_artist(Raster(raster))
    scale_bar(figure, averages, sizes.tile, style.MARGIN, below + 0.06)
    return figure


@dataclass(frozen=True)
class _Plan:
    averages: ClassAverages
    superclasses: Superclasses
    affinity: Affinity | None
    selection: Selection | None
    suspects: frozenset[int]
    job: str

    @cached_property
    def color_of(self) -> Callable[[int], str]:
        return color_by_superclass(self.superclasses)

    @property
    def singles(self) -> bool:
        return superclasses_of_one(self.superclasses)

    @property
    def aligned(self) -> bool:
        return self.affinity is not None and self.affinity.alignment is not None

    @cached_property
    def mirrors(self) -> bool:
        """Whether any average is drawn mirrored."""
        return not self.singles and any(
            motion.mirror
            for number, medoid in enumerate(self.superclasses.medoid_row.tolist())
            for motion in onto_medoid(self.rows(number), medoid, self.affinity)
        )

    def rows(self, number: int) -> IntArray:
        if number != ALL:
            return self.superclasses.member_rows(number)
        label = self.superclasses.label
        order = np.argsort(label, kind="stable")
        return order[label[order] >= 0]


def _sizes(drawn: int) -> Sizes:
    tile = 1.1 if drawn <= 12 else 0.9 if drawn <= 40 else 0.74 if drawn <= 120 else 0.62
    return Sizes(tile=tile, label=0.13)


def _heading(plan: _Plan, number: int) -> tuple[str, str]:
    if number == ALL:
        return "Individual class averages", "superclassification off"
    if number == SET_ASIDE:
        return _heading_aside(plan)
    size = plan.superclasses.size
    if plan.averages.n_particles is None and plan.selection is None:
        return f"Superclass {number}", counted(len(plan.rows(number)), "average")
    if plan.selection is None or not is_balanced(plan.selection):
        share = percent(size[number], size.sum())
        return f"Superclass {number}", f"{size[number]:,} particles ({share} %)"
    before, after = plan.selection.before, plan.selection.after
    same = before[number] == after[number]
    amount = f"{before[number]:,}" + ("" if same else f" → {after[number]:,}")
    shares = (
        percent(before[number], before.sum()),
        percent(after[number], after.sum()),
    )
    return (
        f"Superclass {number}",
        f"{amount} ({shares[0]} → {shares[1]} %)",
    )


def _heading_aside(plan: _Plan) -> tuple[str, str]:
    counts, rows = plan.averages.n_particles, plan.rows(SET_ASIDE)
    if plan.selection is not None:
        before, after = plan.selection.aside_before.sum(), plan.selection.aside_after.sum()
        facts = counted(int(before), "particle")
        return "Set aside", facts if after == before else f"{before:,} → {after:,} particles"
    if counts is None:
        return "Set aside", counted(len(rows), "average")
    return "Set aside", counted(int(counts[rows].sum()), "particle")


def _heading_width(plan: _Plan, number: int) -> float:
    name, facts = _heading(plan, number)
    inches = max(
        KEY + 0.06 + text_width(name, style.BODY, True) / 72,
        text_width(facts, style.SMALL) / 72,
    )
    return inches + 0.04


def _draw(plan: _Plan, page: Page, sizes: Sizes, which: str) -> Figure:
    from matplotlib.collections import PolyCollection

    from rebalance.figures.artists import Raster

    drawn = int(np.count_nonzero(plan.superclasses.label >= 0))
    width = max(page.width + 2 * style.MARGIN, FEWEST_INCHES)
    notes = _notes(plan, width)
    top = style.HEADER + 0.08
    height = top + page.height + 0.08 + LINE * len(notes) + 0.2 + style.MARGIN
    averages = counted(drawn, "class average")
    n_aside = len(plan.superclasses.set_aside)
    title = (
        averages
        if plan.singles
        else (f"{averages} in {counted(len(plan.superclasses), 'superclass', 'superclasses')}")
    )
    title += f", {n_aside:,} set aside" if n_aside else ""
    figure = new_figure(width, height, title + which, _subtitle(plan))
    dpi, side = figure.dpi, round(sizes.tile * figure.dpi)
    across, down = (round(inches * dpi) for inches in figure.get_size_inches())
    raster = np.full((down, across), 255, dtype=np.uint8)
    frames, frame_colors = [], []
    for place in page.places:
        members = plan.rows(place.block.superclass)
        members = members[place.block.first : place.block.first + place.block.count]
        left, upper = style.MARGIN + place.left, top + place.top
        _write_heading(figure, plan, place, left, upper)
        tiles, mirrored = _tiles(plan, place.block.superclass, members, side)
        for at, (member, tile) in enumerate(zip(members, tiles, strict=True)):
            x = left + at % place.columns * sizes.pitch
            y = upper + sizes.heading + at // place.columns * sizes.row
            column, row = round(x * dpi), round(y * dpi)
            raster[row : row + side, column : column + side] = tile
            class_number = int(plan.averages.class_id[member])
            name = f"{class_number}{MIRRORED if mirrored[at] else ''}"
            suspect = class_number in plan.suspects
            _write_label(figure, name, _counts(plan, int(member)), x, y, sizes, suspect)
            number = place.block.superclass
            if number >= 0 and member == plan.superclasses.medoid_row[number]:
                frames.append(_frame(column, row, side, across, down))
                frame_colors.append(plan.color_of(number))
    figure.add_artist(Raster(raster))
    figure.add_artist(
        PolyCollection(
            frames,
            facecolors="none",
            edgecolors=frame_colors,
            linewidths=2.0,
            joinstyle="miter",
            transform=figure.transFigure,
        )
    )
    _footer(figure, plan, top + page.height + 0.12)
    scale_bar(
        figure,
        plan.averages,
        sizes.tile,
        style.MARGIN,
        top + page.height + 0.12 + LINE * len(notes) + 0.06,
    )
    return figure


def _tiles(
    plan: _Plan, number: int, members: IntArray, side: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    if number < 0:
        transforms = onto_medoid(members, 0, None)
    else:
        medoid = int(plan.superclasses.medoid_row[number])
        transforms = onto_medoid(members, medoid, plan.affinity)
    images = placed(plan.averages.images[members], transforms, side)
    return grey(images), np.array([transform.mirror for transform in transforms])


def _frame(column: int, row: int, side: int, across: int, down: int) -> list[tuple[float, float]]:
    left, right = column / across, (column + side) / across
    upper, lower = 1 - row / down, 1 - (row + side) / down
    return [(left, upper), (right, upper), (right, lower), (left, lower)]


def _write_heading(figure: Figure, plan: _Plan, place: Place, left: float, top: float) -> None:
    number = place.block.superclass
    name, facts = _heading(plan, number)
    if place.block.first:
        facts = "continued"
    indent = 0.0
    if number != ALL:
        fill_at(figure, left, top, KEY, KEY, plan.color_of(number))
        indent = KEY + 0.06
    text_at(figure, left + indent, top - 0.005, name, style.BODY, bold=True)
    text_at(figure, left, top + 0.17, facts, style.SMALL, color=style.MUTED)


def _write_label(
    figure: Figure,
    name: str,
    counts: list[str],
    x: float,
    y: float,
    sizes: Sizes,
    suspect: bool = False,
) -> None:
    base = y + sizes.tile + LABEL_BASE
    label_at(figure, x, base, name, bold=True)
    room = sizes.tile * 72 - text_width(name, style.TINY, True) - 3
    if suspect:
        mark_after(figure, x, base, name, bold=True)
        room -= ROOM
    count = _fitting(counts, room)
    if count:
        right = x + sizes.tile - text_width(count, style.TINY) / 72
        label_at(figure, right, base, count, color=style.MUTED)


def _counts(plan: _Plan, member: int) -> list[str]:
    counts, selection = plan.averages.n_particles, plan.selection
    label = int(plan.superclasses.label[member])
    if counts is not None and selection is not None and plan.singles and label >= 0:
        count, after = int(counts[member]), int(selection.after[label])
        if count == after:
            return _counts_of(plan.averages, member)
        return [f"{count:,}→{after:,}", f"{_compact(count)}→{_compact(after)}", _compact(after)]
    return _counts_of(plan.averages, member)


def _counts_of(averages: ClassAverages, row: int) -> list[str]:
    """Particles of an average, in the ways to write them, the longest first."""
    if averages.n_particles is None:
        return []
    count = int(averages.n_particles[row])
    return [f"{count:,}", _compact(count)]


def _compact(count: int) -> str:
    for unit, factor in (("M", 1_000_000), ("k", 1_000)):
        if count >= 0.9995 * factor:
            return f"{count / factor:.3g}{unit}"
    return str(count)


def _fitting(texts: list[str], room: float) -> str:
    return next((text for text in texts if text_width(text, style.TINY) <= room), "")


def _subtitle(plan: _Plan) -> str:
    if plan.singles:
        return plan.job
    how = (
        f"each aligned to the central average of its superclass ({plan.affinity.metric})"
        if plan.aligned and plan.affinity is not None
        else "as in the stack, not aligned"
    )
    return joined(plan.job, how)


def _notes(plan: _Plan, width: float) -> list[str]:
    has_counts = plan.averages.n_particles is not None
    sentences = ["Below each: class number" + (", particles." if has_counts else ".")]
    if not plan.singles and len(plan.superclasses):
        sentences.append("Framed: most central average (medoid).")
    if plan.mirrors:
        sentences.append(f"{MIRRORED}: mirrored.")
    if plan.suspects:
        sentences.append(WORDS)
    absent = plan.superclasses.label == UNASSIGNED
    empty = absent & ~plan.averages.has_image
    junk = absent & ~empty & np.isin(plan.superclasses.class_id, plan.superclasses.junk)
    left_out = np.isin(plan.superclasses.class_id, plan.superclasses.left_out)
    left_out &= ~plan.averages.lacks_particles
    rest = absent & ~empty & ~junk
    for what, which in (
        ("empty", empty),
        ("without particles", rest & ~left_out),
        ("left out", rest & left_out),
        ("junk", junk),
    ):
        if which.any():
            numbers = ranges(plan.averages.class_id[which].tolist())
            sentences.append(f"Not shown, {what} ({np.count_nonzero(which)}): {numbers}.")
    return wrapped(" ".join(sentences), (width - 2 * style.MARGIN) * 72, style.SMALL)


def _footer(figure: Figure, plan: _Plan, top: float) -> None:
    width, _ = figure.get_size_inches()
    for at, line in enumerate(_notes(plan, width)):
        text_at(figure, style.MARGIN, top + at * LINE, line, style.SMALL, color=style.MUTED)
