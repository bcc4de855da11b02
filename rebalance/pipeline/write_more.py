"""Writes what a run writes on request: subsets, superclasses as classes, templates for picking."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.contracts import Format
from rebalance.errors import OptionError
from rebalance.imaging.superclass_averages import for_picking, mean_on_medoid
from rebalance.model import FloatArray, RunResult
from rebalance.plugin_validation import overrides
from rebalance.registry import registry
from rebalance.settings import RunSettings
from rebalance.settings.fields import AVERAGES, CLASSES, TABLES
from rebalance.strategies.subsets import Subsets

SUBSETS, VISITS = "subsets", "visits.csv"
SUPERCLASS_TABLES = "superclasses"
"""Folders of a results folder, and a table in the first."""

VISIT_COLUMNS = ("row", "class_id", "superclass", "visits")
"""``row`` counts the particles of the input from 0; ``visits`` is in how many subsets one is."""


@dataclass(frozen=True, eq=False)
class More:
    """What is written on request, in a folder that exists.

    Parameters
    ----------
    settings : RunSettings
    result : RunResult
        With its folder, in which nothing of these is yet.
    place : Path
        Where the folder will be.
    subsets : Subsets, optional
    """

    settings: RunSettings
    result: RunResult
    place: Path
    subsets: Subsets | None = None

    def write(self) -> list[Path]:
        """Write all that settings ask for.

        Raises
        ------
        OptionError
            If there is nothing to make it of, or the format can't write it.
        OutputError
            If a file can't be written.
        """
        files: list[Path] = []
        if self.subsets is not None:
            files += self._write_subsets(self.subsets)
        if CLASSES in self.settings.also:
            files += self._write_classes()
        if TABLES in self.settings.also:
            files += self._write_tables()
        if AVERAGES in self.settings.also:
            title = "Averages of superclasses"
            files += self._write_pictures(self._means("averages"), "superclass_averages", title)
        if self.settings.picking_templates is not None:
            title = "Templates for picking, one of each superclass"
            files += self._write_pictures(self._templates(), "picking_templates", title)
        return files

    @property
    def _writer(self) -> Format:
        writer: Format = registry().load("format", self.result.dataset.format)
        return writer

    @property
    def _folder(self) -> Path:
        assert self.result.folder is not None
        return self.result.folder

    def _write_particles(
        self, keep: Any, folder: Path, stem: str, title: str, **more: Any
    ) -> tuple[Path, ...]:
        writer, dataset = self._writer, self.result.dataset
        if not overrides(writer, "write_particles"):
            raise OptionError(
                f"The format {dataset.format} writes selected and excluded particles alone.",
                hint="Leave out `subsets` and `also`.",
                setting="also",
            )
        return writer.write_particles(dataset, keep, folder, stem, title=title, **more)

    def _write_subsets(self, subsets: Subsets) -> list[Path]:
        folder = self._folder / SUBSETS
        folder.mkdir()
        digits = len(str(len(subsets)))
        files: list[Path] = []
        for number in range(len(subsets)):
            stem = f"particles_subset_{number + 1:0{max(digits, 2)}d}"
            title = f"Subset {number + 1} of {len(subsets)}, balanced"
            files += self._write_particles(subsets.member(number), folder, stem, title)
        files.append(folder / VISITS)
        self._write_visits(subsets, files[-1])
        return files

    def _write_visits(self, subsets: Subsets, path: Path) -> None:
        particles, selection = self.result.dataset.particles, self.result.selection
        assert particles is not None
        assert selection is not None
        columns = (particles.class_id, selection.superclass, subsets.visits)
        with path.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(VISIT_COLUMNS)
            table.writerows(
                (row, *cells)
                for row, cells in enumerate(
                    zip(*(column.tolist() for column in columns), strict=True)
                )
            )

    def _write_classes(self) -> tuple[Path, ...]:
        selection = self._selection(CLASSES)
        label = selection.superclass
        title = "Particles, with superclasses as classes"
        return self._write_particles(
            label >= 0, self._folder, "particles_superclasses", title, class_id=label
        )

    def _write_tables(self) -> list[Path]:
        selection = self._selection(TABLES)
        folder = self._folder / SUPERCLASS_TABLES
        folder.mkdir()
        files: list[Path] = []
        digits = max(2, len(str(len(selection.before) - 1)))
        for number in range(len(selection.before)):
            stem = f"particles_superclass_{number:0{digits}d}"
            keep = selection.superclass == number
            files += self._write_particles(keep, folder, stem, f"Superclass {number}")
        return files

    def _selection(self, word: str) -> Any:
        if self.result.selection is None:
            raise OptionError(
                f'`also="{word}"` writes particles, and there are none.',
                hint="Give the particles of the classification.",
                setting="also",
            )
        return self.result.selection

    def _images(self, name: str) -> FloatArray:
        averages = self.result.dataset.class_averages
        if averages is None or len(self.result.superclasses) == 0:
            raise OptionError(
                f"`{name}` are made of class averages, and there are none.",
                hint="Give the stack of class averages.",
                setting=name,
            )
        return averages.images

    def _means(self, name: str) -> FloatArray:
        superclasses, affinity = self.result.superclasses, self.result.affinity
        averages = self.result.dataset.class_averages
        images = self._images(name)
        assert averages is not None
        return mean_on_medoid(
            images,
            [superclasses.member_rows(number) for number in range(len(superclasses))],
            superclasses.medoid_row,
            None if affinity is None else affinity.alignment,
            averages.n_particles,
        )

    def _templates(self) -> FloatArray:
        images = self._images("picking_templates")
        if self.settings.picking_templates == "mean":
            pictures = self._means("picking_templates")
        else:
            pictures = images[self.result.superclasses.medoid_row]
        return for_picking(pictures, self._radius(images))

    def _radius(self, images: FloatArray) -> float:
        """Of the mask, pixels: that of the comparison, else as wide as the objects are."""
        affinity, averages = self.result.affinity, self.result.dataset.class_averages
        facts = {} if affinity is None else affinity.facts
        assert averages is not None
        for name, pixel in (("mask_diameter_px", 1.0), ("mask_diameter_A", averages.pixel_size)):
            diameter = facts.get(name)
            if isinstance(diameter, int | float) and pixel and diameter > 0:
                return float(diameter) / pixel / 2
        from rebalance.imaging.masks import estimate_radius

        return estimate_radius(images, averages.is_empty)

    def _write_pictures(self, pictures: FloatArray, stem: str, title: str) -> tuple[Path, ...]:
        return self._writer.write_pictures(
            self.result.dataset,
            np.ascontiguousarray(pictures, dtype=np.float32),
            self._folder,
            stem,
            title=title,
            place=self.place,
        )
