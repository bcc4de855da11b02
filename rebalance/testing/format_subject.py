"""A format under test: its example files, the data read, and the files written."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError
from rebalance.model import BoolArray, Dataset, FloatArray, ParticlePoses, Selection, Superclasses
from rebalance.simulate import simulate_class_averages, write_cryosparc, write_relion
from rebalance.testing.common_checks import Subject
from rebalance.testing.outcome import NotApplicable

OWN = 0.5
"""Value of sniff from which a file of the kit is an example of the format."""

MOST_COPIED = 64 << 20
"""Largest folder, in bytes, that is copied to damage a file in it."""


class FormatSubject(Subject):
    """The subject of the checks of a format.

    Parameters
    ----------
    written : Format
    name : str
    examples : sequence of path
        Files or folders of the format. By default those of the kit's own classifications
        (RELION, CryoSPARC, MRC stack) that the format recognizes.
    """

    kind = "format"

    def __init__(
        self, written: Any, name: str, examples: Sequence[str | os.PathLike[str]] = ()
    ) -> None:
        super().__init__(written, name)
        self._named = [Path(path).absolute() for path in examples]
        self._scratch = Path(tempfile.mkdtemp(prefix="rebalance-check-"))
        # A TemporaryDirectory that nobody closes warns, and warnings may be errors.
        weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)

    def folder(self) -> Path:
        """A new, empty folder, gone when the subject is."""
        return Path(tempfile.mkdtemp(dir=self._scratch))

    @cached_property
    def _ours(self) -> list[Path]:
        return _classifications(self.folder())

    @cached_property
    def oddments(self) -> list[Path]:
        """Files of no format, a folder, and a path at which nothing is."""
        return _oddments(self.folder() / "oddments")

    @cached_property
    def examples(self) -> list[Path]:
        """Files and folders that the format is to read."""
        return self._named or [path for path in self._ours if self.sniffed(path) >= OWN]

    @property
    def own(self) -> list[Path]:
        """The examples; not applicable where there are none."""
        if not self.examples:
            raise NotApplicable(
                "No example files were given, and it recognizes none of the kit's files."
            )
        return self.examples

    @cached_property
    def foreign(self) -> list[Path]:
        """Files that are not the format's own: it does not claim them, or can't read them."""
        others = [path for path in self._ours if path not in self.examples]
        unread = [path for path in others if not self._is_own(path)]
        return [*unread, *(path for path in self.oddments if path.exists())]

    def _is_own(self, path: Path) -> bool:
        try:
            return self.sniffed(path) >= OWN and self.read_if_own(path) is not None
        except Exception:
            return False

    def sniffed(self, path: Path) -> float:
        """What the format makes of a path; 0 where it raises, which is for a check to say."""
        try:
            return float(self.plugin.sniff(path))
        except Exception:
            return 0.0

    def read(self, path: Path, **how: Any) -> Dataset:
        """Read a path, without class averages where these are not found.

        Raises
        ------
        InputError
            If there is nothing to be read in either way.
        """
        try:
            dataset: Dataset = self.plugin.read(ReadRequest(path, **how))
        except InputError:
            if not how.get("need_class_averages", True):
                raise
            dataset = self.plugin.read(ReadRequest(path, **how | {"need_class_averages": False}))
        return dataset

    def read_if_own(self, path: Path) -> Dataset | None:
        """Read a path; None where it is not the format's own, or lacks what lies beside it."""
        if self.sniffed(path) <= 0:
            return None
        try:
            return self.read(path, need_class_averages=False)
        except InputError:
            return None

    @cached_property
    def datasets(self) -> list[tuple[Path, Dataset]]:
        """Each example as it was read; not applicable where one can't be."""
        found = []
        for path in self.own:
            try:
                found.append((path, self.read(path)))
            except InputError as error:
                raise NotApplicable(f"An example can't be read: {error}") from error
        return found

    def read_refinement(self, path: Path) -> Dataset:
        """Read a path for the poses of its particles."""
        dataset: Dataset = self.plugin.read(
            ReadRequest(path, need_class_averages=False, needs_class=False)
        )
        return dataset

    @cached_property
    def refinements(self) -> list[tuple[Path, Dataset]]:
        """The examples that have poses, or the kit's own that the format recognises."""
        ours = _refinements(self.folder()) if not self._named else []
        found = []
        for path in (*self._named, *(path for path in ours if self.sniffed(path) >= OWN)):
            try:
                dataset = self.read_refinement(path)
                self.plugin.orientations(dataset)
            except InputError:
                if path in ours:
                    raise
                continue
            found.append((path, dataset))
        if not found:
            raise NotApplicable("None of the examples is a 3D refinement.")
        return found

    def write(
        self, dataset: Dataset, keep: BoolArray | None, **how: Any
    ) -> tuple[Path, list[Path]]:
        """Write a subset; the folder, and the files that the format says it wrote."""
        folder = self.folder()
        selection = None if keep is None else _selection(keep)
        written = self.plugin.write(dataset, selection, _superclasses(dataset), folder, **how)
        return folder, [Path(path) for path in written]

    def write_particles(
        self, dataset: Dataset, keep: BoolArray, stem: str, **how: Any
    ) -> tuple[Path, list[Path]]:
        """Write any rows under a name; the folder, and the files said to be written."""
        folder = self.folder()
        written = self.plugin.write_particles(dataset, keep, folder, stem, title="Some", **how)
        return folder, [Path(path) for path in written]

    def write_pictures(
        self, dataset: Dataset, images: FloatArray, stem: str
    ) -> tuple[Path, list[Path]]:
        """Write pictures under a name; the folder, and the files said to be written."""
        folder = self.folder()
        written = self.plugin.write_pictures(dataset, images, folder, stem, title="Some")
        return folder, [Path(path) for path in written]

    def write_poses(self, dataset: Dataset, keep: BoolArray) -> tuple[Path, list[Path]]:
        """Write made-up poses of some particles; the folder, and the files said to be written."""
        folder = self.folder()
        assert dataset.particles is not None
        rng, row = np.random.default_rng(8), np.flatnonzero(keep)
        turns, _ = np.linalg.qr(rng.normal(size=(len(row), 3, 3)))
        poses = ParticlePoses(
            row,
            dataset.particles.class_id[row],
            turns * np.linalg.det(turns)[:, None, None],
            rng.normal(size=(len(row), 2)),
            None if dataset.class_averages is None else dataset.class_averages.pixel_size,
            len(keep),
        )
        return folder, [Path(path) for path in self.plugin.write_poses(dataset, poses, folder)]

    def copied(self, path: Path) -> Path | None:
        """The same file among copies of its neighbours; None where these are too many."""
        beside = [one for one in path.parent.rglob("*") if one.is_file()]
        if sum(one.stat().st_size for one in beside) > MOST_COPIED:
            return None
        return Path(shutil.copytree(path.parent, self.folder() / path.parent.name)) / path.name


def some_rows(n: int) -> BoolArray:
    """Which of n particles stay: about two thirds, the first and the last among the others."""
    keep = np.random.default_rng(6).random(n) < 0.65
    keep[:1] = keep[-1:] = False
    return keep


def _selection(keep: BoolArray) -> Selection:
    sizes = np.array([len(keep)]), np.array([np.count_nonzero(keep)])
    superclass = np.zeros(len(keep), dtype=np.int64)
    return Selection(keep, (~keep).astype(np.uint8), superclass, int(sizes[1][0]), *sizes)


def _superclasses(dataset: Dataset) -> Superclasses:
    """All averages in one superclass."""
    if dataset.class_averages is not None:
        class_id = dataset.class_averages.class_id
    else:
        assert dataset.particles is not None
        class_id = np.unique(dataset.particles.class_id)
    n = len(class_id)
    zeros = np.zeros(n, dtype=np.int64)
    return Superclasses(
        label=zeros,
        class_id=class_id,
        size=np.array([n]),
        medoid=class_id[:1],
        mean_affinity=np.array([np.nan]),
        order=np.arange(n),
    )


_SIMULATED = {
    "n_averages": 10,
    "n_particles": 60,
    "n_views": 3,
    "box": 16,
    "pixel_size": 12.0,
    "n_empty": 1,
    "n_junk": 0,
    "n_noise": 0,
    "seed": 3,
}


def _classifications(folder: Path) -> list[Path]:
    """Write simulated jobs; the paths that a person would point at."""
    simulated = simulate_class_averages(_SIMULATED)
    relion = write_relion(simulated, folder / "relion")
    cryosparc = write_cryosparc(simulated, folder / "cryosparc")
    # A stack that nothing lies beside: what is beside it says more than the stack itself.
    bare = folder / "stack" / "averages.mrcs"
    bare.parent.mkdir()
    bare.write_bytes(cryosparc.stack.read_bytes())
    return [
        relion.job,
        next(path for path in relion if path.name.endswith("_data.star")),
        cryosparc.job,
        cryosparc.particles,
        bare,
    ]


def _refinements(folder: Path) -> list[Path]:
    """Write particles of made-up 3D refinements, as RELION and CryoSPARC do."""
    rng = np.random.default_rng(4)
    angles = rng.uniform(-90, 90, (40, 3))
    labels = "\n".join(
        f"_{name}" for name in ("rlnImageName", "rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")
    )
    rows = "\n".join(
        f"{n:06d}@one.mrcs {rot:.6f} {tilt:.6f} {psi:.6f}"
        for n, (rot, tilt, psi) in enumerate(angles, 1)
    )
    star, cs = folder / "run_data.star", folder / "J7_004_particles.cs"
    star.write_text(f"data_particles\n\nloop_\n{labels}\n{rows}\n", encoding="ascii")
    table = np.zeros(len(angles), dtype=[("uid", "<u8"), ("alignments3D/pose", "<f4", (3,))])
    table["uid"] = np.arange(len(angles)) + 2**40
    table["alignments3D/pose"] = angles / 60
    with open(cs, "wb") as out:
        np.save(out, table)
    return [star, cs]


def _oddments(folder: Path) -> list[Path]:
    """Write files that are of no format, and a folder; one of the paths does not exist."""
    folder.mkdir()
    noise = np.random.default_rng(1).bytes(3000)
    for name, content in (
        ("empty", b""),
        ("empty.star", b""),
        ("notes.txt", b"Class averages of the third data set.\n" * 40),
        ("table.csv", b"class,particles\n1,200\n2,100\n"),
        ("binary.dat", noise),
        ("zeros.bin", bytes(4096)),
        ("settings.json", b'{"n_classes": 50}\n'),
        ("latin.txt", "Ångström\n".encode("latin-1") * 30),
    ):
        (folder / name).write_bytes(content)
    (folder / "nothing_in_it").mkdir()
    return [*sorted(folder.iterdir()), folder / "not_there.star"]
