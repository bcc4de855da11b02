"""Small jobs of RELION and CryoSPARC, made on the spot."""

# ruff: noqa: W291, W293 - the tables end their lines with blanks, as RELION does.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from rebalance.model import Selection, Superclasses

WriteStack = Callable[..., Path]


def a_selection(keep: np.ndarray) -> Selection:
    """A selection by mask; the rest of it is of no interest to a format."""
    none = np.zeros(0, dtype=np.int64)
    return Selection(
        keep, (~keep).astype(np.uint8), np.zeros(len(keep), dtype=np.int64), None, none, none
    )


def no_superclasses() -> Superclasses:
    none = np.zeros(0, dtype=np.int64)
    return Superclasses(none, none, none, none, np.zeros(0), none)


@pytest.fixture
def write_back() -> Callable[..., tuple[Path, ...]]:
    """Write a dataset's subset with its own format plugin."""
    from rebalance.registry import registry

    def write(dataset, keep, folder: Path, **options) -> tuple[Path, ...]:
        folder.mkdir(exist_ok=True)
        selection = None if keep is None else a_selection(np.asarray(keep, dtype=bool))
        plugin = registry().load("format", dataset.format)
        return plugin.write(dataset, selection, no_superclasses(), folder, **options)

    return write


@pytest.fixture
def write_stack(rng: np.random.Generator) -> WriteStack:
    """An MRC stack of n random images; returns its path."""

    def write(path: Path, n: int = 4, box: int = 8, pixel_size: float = 3.0, **header) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = rng.normal(size=(n, box, box)).astype(header.pop("dtype", np.float32))
        with mrcfile.new(path, overwrite=True) as out:
            out.set_data(data)
            out.set_image_stack()
            out.voxel_size = pixel_size
            for name, value in header.items():
                out.header[name] = value
        return path

    return write


DATA_STAR = """
# version 30001

data_optics

loop_ 
_rlnOpticsGroupName #1 
_rlnOpticsGroup #2 
_rlnImagePixelSize #3 
_rlnImageSize #4 
_rlnVoltage #5 
_rlnSphericalAberration #6 
opticsGroup1            1     3.000000            8   300.000000     2.700000 
 

# version 30001

data_particles

loop_ 
_rlnCoordinateX #1 
_rlnImageName #2 
_rlnClassNumber #3 
_rlnMaxValueProbDistribution #4 
_rlnOpticsGroup #5 
{rows} 
"""

MODEL_STAR = """
# version 30001

data_model_general

_rlnReferenceDimensionality                        2
_rlnOriginalImageSize                              8
_rlnPixelSize                               {pixel_size:.6f}
_rlnNrClasses                               {n}
 

# version 30001

data_model_classes

loop_ 
_rlnReferenceImage #1 
_rlnClassDistribution #2 
_rlnEstimatedResolution #3 
{rows}
 
"""

OPTIMISER_STAR = """
# RELION optimiser; version 3.1.3

data_optimiser_general

_rlnModelStarFile                 {folder}/{root}_model.star
_rlnExperimentalDataStarFile      {folder}/{root}_data.star
_rlnParticleDiameter                   20.000000
 
"""


class RelionJobMaker:
    """Writes iterations of a Class2D job below a project folder."""

    def __init__(self, project: Path, write_stack: WriteStack) -> None:
        self.project = project
        self.folder = project / "Class2D" / "job007"
        self.folder.mkdir(parents=True)
        self.write_stack = write_stack

    def rows(self, classes: list[int]) -> str:
        return "\n".join(
            f"{100 * n:12.6f} {n:06d}@Extract/job005/mic{n % 2}.mrcs {number:12d} "
            f"{1 / (n + 1):12.6f}            1 "
            for n, number in enumerate(classes, 1)
        )

    def iteration(self, root: str, classes: list[int], n: int = 4, pixel_size: float = 3.0) -> Path:
        """Write one iteration; returns the data star."""
        name = f"Class2D/job007/{root}_classes.mrcs"
        self.write_stack(self.project / name, n, pixel_size=pixel_size)
        references = "\n".join(
            f"{number:06d}@{name} {1 / n:12.6f} {'inf' if number == 1 else '12.500000':>12s} "
            for number in range(1, n + 1)
        )
        (self.folder / f"{root}_model.star").write_text(
            MODEL_STAR.format(n=n, rows=references, pixel_size=pixel_size)
        )
        (self.folder / f"{root}_optimiser.star").write_text(
            OPTIMISER_STAR.format(folder="Class2D/job007", root=root)
        )
        data = self.folder / f"{root}_data.star"
        data.write_text(DATA_STAR.format(rows=self.rows(classes)))
        return data


@pytest.fixture
def relion_job(tmp_path: Path, write_stack: WriteStack) -> RelionJobMaker:
    return RelionJobMaker(tmp_path / "project", write_stack)


class CryosparcJobMaker:
    """Writes a 2D classification in CryoSPARC's layout below a project folder."""

    def __init__(self, project: Path, write_stack: WriteStack, rng: np.random.Generator) -> None:
        self.folder = project / "J42"
        self.folder.mkdir(parents=True)
        self.write_stack = write_stack
        self.rng = rng

    def particles(self, n: int = 40, n_classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the particles and of their passthrough, the latter shuffled."""
        main = np.zeros(
            n,
            dtype=[
                ("uid", "<u8"),
                ("blob/path", "S24"),
                ("blob/idx", "<u4"),
                ("blob/shape", "<u4", (2,)),
                ("blob/psize_A", "<f4"),
                ("alignments2D/class", "<u4"),
                ("alignments2D/error", "<f4"),
                ("alignments2D/shift", "<f4", (2,)),
            ],
        )
        main["uid"] = self.rng.integers(2**60, 2**64 - 1, n, dtype=np.uint64)
        main["blob/path"] = [f"J40/extract/m{i % 3}.mrc" for i in range(n)]
        main["blob/idx"] = np.arange(n)
        main["blob/shape"] = 8
        main["blob/psize_A"] = 3.0
        main["alignments2D/class"] = self.rng.integers(0, n_classes, n)
        main["alignments2D/error"] = self.rng.normal(size=n)
        main["alignments2D/shift"] = self.rng.normal(size=(n, 2))
        more = np.zeros(
            n, dtype=[("uid", "<u8"), ("ctf/df1_A", "<f4"), ("location/micrograph_path", "S12")]
        )
        more["uid"] = main["uid"]
        more["ctf/df1_A"] = main["blob/idx"] + 10_000
        more["location/micrograph_path"] = [f"J1/mic{i % 3}.mrc" for i in range(n)]
        return main, more[self.rng.permutation(n)]

    def averages(self, idx: list[int], box: int = 8) -> np.ndarray:
        table = np.zeros(
            len(idx),
            dtype=[
                ("uid", "<u8"),
                ("blob/path", "S40"),
                ("blob/idx", "<u4"),
                ("blob/shape", "<u4", (2,)),
                ("blob/psize_A", "<f4"),
                ("blob/res_A", "<f4"),
            ],
        )
        table["uid"] = self.rng.integers(1, 2**63, len(idx), dtype=np.uint64)
        table["blob/path"] = "J42/J42_020_class_averages.mrc"
        table["blob/idx"] = idx
        table["blob/shape"] = box
        table["blob/psize_A"] = 3.0
        table["blob/res_A"] = 12.0
        return table

    def save(self, name: str, table: np.ndarray, stream: bool = False) -> Path:
        """Write a table in the older (NumPy) or newer (stream) encoding."""
        path = self.folder / name
        if stream:
            dataset = pytest.importorskip("cryosparc.dataset")
            dataset.Dataset(table).save(path, format=dataset.CSDAT_FORMAT)
        else:
            with open(path, "wb") as out:
                np.save(out, table, allow_pickle=False)
        return path

    def whole(self, stream: bool = False, n_classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
        """A finished job: particles, passthrough, averages, stack."""
        main, more = self.particles(n_classes=n_classes)
        self.save("J42_020_particles.cs", main, stream)
        self.save("J42_passthrough_particles.cs", more, stream)
        self.save("J42_020_class_averages.cs", self.averages(list(range(n_classes))), stream)
        self.write_stack(self.folder / "J42_020_class_averages.mrc", n_classes)
        return main, more


@pytest.fixture
def cryosparc_job(
    tmp_path: Path, write_stack: WriteStack, rng: np.random.Generator
) -> CryosparcJobMaker:
    return CryosparcJobMaker(tmp_path / "cs_project", write_stack, rng)
