"""Formats that are wrong in one way each, by the check that has to find it.

The format that they are made from is a text file: averages of 2 × 2 pixels, then particles::

    #CLASSES 1
    average 1 0.5 1.0 0.0 2.5
    particle 1 0.50 a@1.mrc
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError
from rebalance.model import (
    ClassAverages,
    Dataset,
    InPlaneAlignment,
    Orientations,
    ParticlePoses,
    ParticleTable,
)

FIRST_LINE = b"#CLASSES 1\n"
COLUMNS = {"class": 1, "score": 2, "image": 3}


def examples(folder: Path) -> list[Path]:
    """Two files of the format, one with a log beside it."""
    rng = np.random.default_rng(9)
    for name, n in (("first.classes", 30), ("second.classes", 7)):
        lines = [FIRST_LINE.decode()]
        for number in (3, 1, 8):
            pixels = " ".join(f"{value:.3f}" for value in rng.normal(size=4))
            lines.append(f"average {number} {pixels}\n")
        for row in range(n):
            number = (3, 1, 8)[int(rng.integers(3))]
            lines.append(f"particle {number}   {rng.random():.1f}0 {row:03d}@{row % 4}.mrc\n")
        (folder / name).write_text("".join(lines), encoding="ascii")
    (folder / "first.log").write_text("classified\n", encoding="ascii")
    return [folder / "first.classes", folder / "second.classes"]


class Rows:
    """The lines of the particles."""

    def __init__(self, averages: list[bytes], lines: list[bytes]) -> None:
        self.averages = averages
        self.lines = lines

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(COLUMNS)

    def read_column(self, name: str) -> Any:
        words = [line.split()[COLUMNS[name]].decode() for line in self.lines]
        kind = {"class": np.int64, "score": np.float64, "image": np.str_}[name]
        return np.array(words, dtype=kind)


class Right:
    """See the head of this file."""

    def sniff(self, path: Path) -> float:
        return 1.0 if path.is_file() and path.read_bytes().startswith(FIRST_LINE) else 0.0

    def describe(self, path: Path) -> Any:
        return (("kind", "classes"), ("version", "1"))

    def read(self, request: ReadRequest) -> Dataset:
        path = request.path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"It can't be read: {error}", path=path) from error
        if not content.startswith(FIRST_LINE):
            self.refuse(path, content)
        averages, particles = self.parsed(path, content)
        images = np.array([line.split()[2:] for line in averages], dtype=np.float32)
        class_id = np.array([int(line.split()[1]) for line in averages])
        of_particles = np.array([int(line.split()[1]) for line in particles], dtype=np.int64)
        log = path.with_suffix(".log")
        return Dataset(
            "classes",
            ParticleTable(of_particles, Rows(averages, particles), path) if particles else None,
            None
            if not request.needs_class
            else ClassAverages(
                self.images(images.reshape(-1, 2, 2)),
                class_id.astype(self.number_type),
                self.pixel_size(request),
                n_particles=np.array([np.count_nonzero(of_particles == k) for k in class_id]),
            ),
            sources=(path, log) if log.is_file() else (path,),
            handle=Rows(averages, []),
        )

    number_type: Any = np.int64

    def pixel_size(self, request: ReadRequest) -> float | None:
        return request.pixel_size

    def refuse(self, path: Path, content: bytes) -> None:
        raise InputError("It has another first line.", path=path)

    def images(self, images: Any) -> Any:
        return images

    def parsed(self, path: Path, content: bytes) -> tuple[list[bytes], list[bytes]]:
        averages, particles = [], []
        for number, line in enumerate(content.splitlines(keepends=True)[1:], 2):
            words = line.split()
            if words[:1] == [b"average"] and len(words) == 6:
                averages.append(line)
            elif words[:1] == [b"particle"] and len(words) == 4:
                particles.append(line)
            else:
                self.odd_line(path, number, line)
        return averages, particles

    def odd_line(self, path: Path, number: int, line: bytes) -> None:
        raise InputError(
            f"{line!r} is no average or particle.", path=path, location=f"line {number}"
        )

    def write(
        self,
        dataset: Dataset,
        selection: Any,
        superclasses: Any,
        folder: Path,
        *,
        copy_templates: bool = False,
    ) -> tuple[Path, ...]:
        head = [FIRST_LINE, *dataset.handle.averages]
        parts = {"templates": head}
        if dataset.particles is not None and selection is not None:
            lines = dataset.particles.handle.lines  # type: ignore[attr-defined]
            for name, keep in (
                ("particles_selected", selection.selected),
                ("particles_excluded", ~selection.selected),
            ):
                rows = [line for line, kept in zip(lines, keep, strict=True) if kept]
                parts[name] = [*head, *self.rows(rows)]
        written = []
        for name, lines in parts.items():
            written.append(folder / f"{name}.classes")
            written[-1].write_bytes(b"".join(lines))
        return tuple(written)

    def rows(self, lines: list[bytes]) -> Sequence[bytes]:
        return lines

    def in_plane_alignment(self, dataset: Dataset) -> InPlaneAlignment:
        assert dataset.particles is not None
        n = len(dataset.particles)
        return InPlaneAlignment(np.zeros(n), np.zeros((n, 2)))

    def write_poses(self, dataset: Dataset, poses: ParticlePoses, folder: Path) -> tuple[Path, ...]:
        assert dataset.particles is not None
        lines = dataset.particles.handle.lines  # type: ignore[attr-defined]
        chosen = [lines[row] for row in self.posed(poses)]
        target = folder / "particles_poses.classes"
        target.write_bytes(b"".join([FIRST_LINE, *dataset.handle.averages, *chosen]))
        return (target,)

    def posed(self, poses: ParticlePoses) -> list[int]:
        return [int(row) for row in poses.row]

    def orientations(self, dataset: Dataset) -> Orientations:
        assert dataset.particles is not None
        score = self.turned(dataset.particles.column("score"))
        return Orientations(np.stack([score, 2 * score, 3 * score], axis=1))

    def turned(self, score: Any) -> Any:
        return score


class DescribesInASentence(Right):
    def describe(self, path: Path) -> Any:
        return ("a file of classes",)


class TakesEveryTextForItsOwn(Right):
    def sniff(self, path: Path) -> float:
        own = super().sniff(path)
        return own or (1.0 if path.is_file() and b"\0" not in path.read_bytes() else 0.0)


class OpensWhatIsNotThere(Right):
    def sniff(self, path: Path) -> float:
        return 1.0 if path.read_bytes().startswith(FIRST_LINE) else 0.0


class SmallNumbers(Right):
    number_type = np.int32


class Dithers(Right):
    def images(self, images: Any) -> Any:
        noise = np.random.default_rng().normal(scale=1e-4, size=images.shape)
        return (images + noise).astype(np.float32)


class SortsTheRows(Right):
    def rows(self, lines: list[bytes]) -> Sequence[bytes]:
        return sorted(lines)[::-1]


class WritesNumbersItsOwnWay(Right):
    def rows(self, lines: list[bytes]) -> Sequence[bytes]:
        return [
            b"particle %s %g %s\n" % (words[1], float(words[2]), words[3])
            for words in (line.split() for line in lines)
        ]


class NotOfNothing(Right):
    def write(self, dataset: Dataset, selection: Any, *given: Any, **more: Any) -> Any:
        if selection is not None:
            assert selection.selected.any()
        return super().write(dataset, selection, *given, **more)


class LeavesALog(Right):
    def write(
        self, dataset: Dataset, selection: Any, superclasses: Any, folder: Path, **more: Any
    ) -> Any:
        (folder / "write.log").write_text("done\n", encoding="ascii")
        return super().write(dataset, selection, superclasses, folder, **more)


class NotesInTheInput(Right):
    def write(self, dataset: Dataset, *given: Any, **more: Any) -> Any:
        for source in dataset.sources[1:]:
            with source.open("a", encoding="ascii") as log:
                log.write("balanced\n")
        return super().write(dataset, *given, **more)


class DecodesWhateverComes(Right):
    def refuse(self, path: Path, content: bytes) -> None:
        super().refuse(path, content.decode("utf-8").encode())


class PassesOverOddLines(Right):
    def odd_line(self, path: Path, number: int, line: bytes) -> None:
        pass


class WritesAveragesAnew(Right):
    """With fewer digits than they had."""

    def write(self, dataset: Dataset, *given: Any, **more: Any) -> Any:
        written = super().write(dataset, *given, **more)
        if dataset.class_averages is None:
            return written
        images = dataset.class_averages.images.reshape(-1, 4)
        lines = [
            b"average %d %.1f %.1f %.1f %.1f\n" % (number, *pixels)
            for number, pixels in enumerate(images, 1)
        ]
        written[0].write_bytes(b"".join([FIRST_LINE, *lines]))
        return written


class KnowsThePixelSize(Right):
    def pixel_size(self, request: ReadRequest) -> float:
        return 2.0


class GivesPosesToAll(Right):
    def posed(self, poses: ParticlePoses) -> list[int]:
        return list(range(poses.n_particles))


class PosesByRank(Right):
    def turned(self, score: Any) -> Any:
        return np.sort(score)


_SORTED = "poses go with the rows that are sorted"
_DITHERED = "templates that are read again are dithered anew"

WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "contract": (DescribesInASentence(), {}),
    "knows-its-own": (TakesEveryTextForItsOwn(), {}),
    "sniff-never-raises": (OpensWhatIsNotThere(), {}),
    "reads-a-dataset": (SmallNumbers(), {}),
    "reads-the-same-again": (Dithers(), {"templates-written": _DITHERED}),
    "round-trip": (SortsTheRows(), {"orientations-read": _SORTED}),
    "rows-byte-for-byte": (WritesNumbersItsOwnWay(), {}),
    "all-or-none": (NotOfNothing(), {}),
    "says-what-it-writes": (LeavesALog(), {}),
    "templates-written": (WritesAveragesAnew(), {}),
    "poses-written": (GivesPosesToAll(), {}),
    "orientations-read": (PosesByRank(), {}),
    "pixel-size-given": (KnowsThePixelSize(), {}),
    "inputs-unchanged": (NotesInTheInput(), {}),
    "refuses-foreign-files": (DecodesWhateverComes(), {}),
    "refuses-truncated-files": (PassesOverOddLines(), {}),
}
"""By check: a format that fails it, and which other checks must see the same fault, and why."""

RIGHT = (Right(),)
