"""Plugins of every kind that share nothing with the built-in ones but the hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rebalance.contracts import Clustering, ClusteringInput, Methods, ReadRequest, Strategy
from rebalance.errors import InputError
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.model import (
    BoolArray,
    ClassAverages,
    ClusteringResult,
    Dataset,
    IntArray,
    ParticleTable,
    Selection,
    Superclasses,
)
from rebalance.options import Options, option
from rebalance.pairwise import PairMetric


class GreyLevels(PairMetric):
    """Mean absolute difference of grey levels."""

    returns = "distance"

    @staticmethod
    def pair(first: Any, second: Any) -> Any:
        return np.abs(first - second).mean()


class ThresholdOptions(Options):
    least: float = option(0.5, "Affinity from which two averages are joined.", ge=0, le=1)


class Threshold(Clustering):
    """Averages that are joined by a chain of affinities above a threshold."""

    options_model = ThresholdOptions
    finds_number = True

    def cluster(
        self,
        averages: ClusteringInput,
        n_superclasses: int | None,
        options: ThresholdOptions,
        rng: np.random.Generator,
    ) -> ClusteringResult:
        label = np.arange(len(averages))
        for i, j in np.argwhere(averages.affinity >= options.least):
            label[label == label[j]] = label[i]
        return ClusteringResult(label)

    def methods(self, options: ThresholdOptions) -> Methods:
        return Methods(f"chains of affinities above {options.least} {{}}", ("Author (2020).",))


class Alone:
    """Superclassification off, by another name than the built-in one; of the shape alone."""

    finds_number: ClassVar[bool] = True
    needs_affinity: ClassVar[bool] = False
    each_by_itself: ClassVar[bool] = True

    def cluster(self, averages: ClusteringInput, *_: Any) -> ClusteringResult:
        return ClusteringResult(np.arange(len(averages)))


class First(Strategy):
    """Keeps the first particles of each group."""

    is_random = False

    def select(
        self,
        particles: ParticleTable,
        group: IntArray,
        cap: int,
        options: Options,
        rng_for: Callable[[int], np.random.Generator],
    ) -> BoolArray:
        kept = np.zeros(len(group), dtype=np.bool_)
        for number in np.unique(group[group >= 0]):
            kept[np.flatnonzero(group == number)[:cap]] = True
        return kept


@dataclass(frozen=True)
class Lines:
    """The lines of a text file, each of which is a particle."""

    lines: tuple[str, ...]

    column_names: ClassVar[tuple[str, ...]] = ("class",)

    def read_column(self, name: str) -> np.ndarray:
        return np.array([int(line.split()[0]) for line in self.lines], dtype=np.int64)


class Plain:
    """A folder of particles.txt (class number and name, one a line) and averages.npy."""

    def sniff(self, path: Path) -> float:
        return 1.0 if (path / "averages.npy").is_file() else 0.0

    def read(self, request: ReadRequest) -> Dataset:
        table, stack = request.path / "particles.txt", request.path / "averages.npy"
        if not table.is_file():
            raise InputError("There is no particles.txt.", path=request.path)
        handle = Lines(tuple(table.read_text().splitlines()))
        class_id = handle.read_column("class")
        images = np.load(stack, allow_pickle=False).astype(np.float32)
        numbers = np.arange(1, len(images) + 1)
        return Dataset(
            "plain",
            ParticleTable(class_id, handle, table),
            ClassAverages(
                images,
                numbers,
                n_particles=np.bincount(class_id, minlength=len(images) + 1)[1:].astype(np.int64),
            ),
            job="plain",
            sources=(table, stack),
        )

    def write(
        self,
        dataset: Dataset,
        selection: Selection | None,
        superclasses: Superclasses,
        folder: Path,
        *,
        copy_templates: bool = False,
    ) -> tuple[Path, ...]:
        written = [folder / "templates.txt"]
        written[0].write_text("".join(f"{number}\n" for number in superclasses.class_id))
        if selection is not None and dataset.particles is not None:
            lines = np.array(dataset.particles.handle.lines)  # type: ignore[attr-defined]
            for name, which in (
                ("selected", selection.selected),
                ("excluded", ~selection.selected),
            ):
                written.append(folder / f"particles_{name}.txt")
                written[-1].write_text("".join(f"{line}\n" for line in lines[which]))
        return tuple(written)


def write_plain(folder: Path, rng: np.random.Generator) -> Path:
    """A folder of that format: twelve averages of three views, 1,000 particles."""
    folder.mkdir()
    views = rng.normal(size=(3, 16, 16))
    images = views[np.arange(12) % 3] + 0.1 * rng.normal(size=(12, 16, 16))
    np.save(folder / "averages.npy", images.astype(np.float32))
    share = np.where(np.arange(12) % 3 == 0, 6.0, 1.0)
    number = rng.choice(12, size=1_000, p=share / share.sum()) + 1
    (folder / "particles.txt").write_text("".join(f"{c} image{n}\n" for n, c in enumerate(number)))
    return folder


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [PluginSpec("grey-levels", "Grey levels.", "tests.third_party:GreyLevels")]


@hookimpl
def rebalance_clusterings() -> list[PluginSpec]:
    return [
        PluginSpec("threshold", "Chains.", "tests.third_party:Threshold"),
        PluginSpec("alone", "Each alone.", "tests.third_party:Alone"),
    ]


@hookimpl
def rebalance_strategies() -> list[PluginSpec]:
    return [PluginSpec("first", "The first.", "tests.third_party:First")]


@hookimpl
def rebalance_formats() -> list[PluginSpec]:
    return [PluginSpec("plain", "Text and NumPy.", "tests.third_party:Plain")]
