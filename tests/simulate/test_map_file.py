"""Maps are read whatever the order of their axes, and refused where they are none."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE
from scipy.spatial.transform import Rotation

from rebalance.errors import InputError, OptionError
from rebalance.simulate import load_molecule, phantom, project, volume_of
from rebalance.simulate.symmetry_axes import symmetry_correlation
from rebalance.simulate.viewing_directions import uniform, view_frames

VOXEL = 4.0


def boxed(density: np.ndarray, side: int) -> np.ndarray:
    whole = np.zeros((side, side, side), dtype=np.float32)
    start = side // 2 - len(density) // 2
    inner = slice(start, start + len(density))
    whole[inner, inner, inner] = density
    return whole


def write_map(path: Path, density: np.ndarray, voxel: float = VOXEL, **header: int) -> Path:
    with mrcfile.new(path) as mrc:
        mrc.set_data(density)
        mrc.set_volume()
        mrc.voxel_size = voxel
        for name, value in header.items():
            mrc.header[name] = value
    return path


@pytest.fixture
def density(rng: np.random.Generator) -> np.ndarray:
    """The phantom in a larger box, with noise all over and a raised background."""
    whole = boxed(volume_of(phantom(), VOXEL).density, 80)
    return whole + rng.normal(0.3, 0.02, whole.shape).astype(np.float32) * whole.max()


def test_projections_of_a_map_are_those_of_the_phantom(
    density: np.ndarray, tmp_path: Path, rng: np.random.Generator
) -> None:
    molecule = load_molecule({"source": write_map(tmp_path / "a.mrc", density)})
    assert molecule.kind == "map"
    assert 170 < molecule.diameter < 240
    frames = view_frames(uniform(5, rng))
    pixel_size = molecule.pixel_size
    expected = project(phantom(), frames, 64, pixel_size)
    found = project(molecule.density, frames, 64, pixel_size)
    for a, b in zip(expected, found, strict=True):
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.99
        # A picture of the wrong hand is another one.
        assert np.corrcoef(a[:, ::-1].ravel(), b.ravel())[0, 1] < 0.95


def test_the_order_of_axes_and_compression_change_nothing(
    density: np.ndarray, tmp_path: Path
) -> None:
    plain = load_molecule({"source": str(write_map(tmp_path / "a.map", density))})
    # Sections along x, rows along z, columns along y.
    turned = np.ascontiguousarray(density.transpose(2, 0, 1))
    other = write_map(tmp_path / "b.map", turned, mapc=2, mapr=3, maps=1)
    packed = tmp_path / "c.map.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.map").read_bytes()))
    for path in (other, packed):
        again = load_molecule({"source": str(path)})
        np.testing.assert_array_equal(again.density.density, plain.density.density)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("symmetry", "turn"),
    [
        ("D3", Rotation.from_euler("z", 90, degrees=True)),
        ("T", Rotation.from_rotvec(np.arccos(np.sqrt(1 / 3)) * np.array([1, -1, 0]) / np.sqrt(2))),
    ],
    ids=["twofold along y", "threefold along z"],
)
def test_axes_in_another_known_setting_are_found(
    symmetry: str, turn: Rotation, tmp_path: Path
) -> None:
    from rebalance.point_groups import operations_of
    from rebalance.simulate.blobs import Blobs

    group = turn.as_matrix() @ operations_of(symmetry) @ turn.as_matrix().T
    one = phantom()
    blobs = Blobs(
        np.concatenate([(one.centre + np.array([30, 10, 0])) @ g.T for g in group]),
        np.tile(one.sigma, len(group)),
        np.tile(one.mass, len(group)),
    )
    path = write_map(tmp_path / "a.mrc", boxed(volume_of(blobs, 8.0).density, 60), 8.0)
    molecule = load_molecule({"source": str(path), "symmetry": symmetry, "pixel_size": 8.0})
    assert symmetry_correlation(molecule.density, molecule.operators) > 0.98  # type: ignore[arg-type]
    assert symmetry_correlation(molecule.density, operations_of(symmetry)) < 0.9  # type: ignore[arg-type]


def test_a_map_without_the_symmetry_is_refused_or_averaged(
    density: np.ndarray, tmp_path: Path
) -> None:
    options = {"source": str(write_map(tmp_path / "a.mrc", density)), "symmetry": "C3"}
    with pytest.raises(OptionError, match=r"symmetry = C3: projections of a\.mrc .* 0\.9"):
        load_molecule(options)
    averaged = load_molecule(options | {"symmetrise": True})
    assert symmetry_correlation(averaged.density, averaged.operators) > 0.97  # type: ignore[arg-type]


def test_a_map_that_is_cut_short_says_so(density: np.ndarray, tmp_path: Path) -> None:
    path = write_map(tmp_path / "a.mrc", density)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(InputError, match="cut short"):
        load_molecule({"source": str(path)})


@pytest.mark.parametrize("fields", [{"nx": 1000, "ny": 1000, "nz": 1000}, {"nsymbt": 2**31 - 1}])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_header_that_claims_more_than_the_file_has_takes_no_memory(
    fields: dict[str, int], compress: Any, density: np.ndarray, tmp_path: Path
) -> None:
    path = write_map(tmp_path / "a.mrc", density[:8, :8, :8])
    header = np.frombuffer(path.read_bytes(), dtype=HEADER_DTYPE, count=1).copy()
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(compress(header.tobytes() + path.read_bytes()[1024:]))
    tracemalloc.start()
    with pytest.raises(InputError, match="cut short"):
        load_molecule({"source": str(path)})
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("left", [12, 600, -20])
def test_a_damaged_gzip_is_no_map(left: int, density: np.ndarray, tmp_path: Path) -> None:
    path = write_map(tmp_path / "a.mrc", density[:16, :16, :16])
    content = gzip.compress(path.read_bytes())
    path.write_bytes(content[:left])
    with pytest.raises(InputError):
        load_molecule({"source": str(path)})
    path.write_bytes(content[:left] + bytes(255 - byte for byte in content[left:]))
    with pytest.raises(InputError):
        load_molecule({"source": str(path)})


def test_a_box_too_small_names_one_that_fits(density: np.ndarray, tmp_path: Path) -> None:
    options = {"source": str(write_map(tmp_path / "a.mrc", density)), "box": 32, "pixel_size": 4.0}
    with pytest.raises(
        OptionError, match=r"across, but the box only 32 × 4 Å = 128 Å\.\nUse box ="
    ):
        load_molecule(options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: {"density": d[:40]}, "not a cubic map: it has 80 × 80 × 40"),
        (lambda d: {"density": d * 0 + 1}, "Nothing in this map stands out"),
        (lambda d: {"density": np.where(d > d.mean(), d, np.nan)}, "not finite"),
        (lambda d: {"density": d, "voxel": 0.0}, "states no voxel size"),
    ],
    ids=["not a cube", "flat", "nan", "no voxel size"],
)
@pytest.mark.filterwarnings("ignore:Data array contains NaN:RuntimeWarning")
def test_a_map_that_is_of_no_use_says_why(
    change: Any, words: str, density: np.ndarray, tmp_path: Path
) -> None:
    path = write_map(tmp_path / "a.mrc", **change(density))
    with pytest.raises(InputError, match=words) as caught:
        load_molecule({"source": str(path)})
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mrc", b"no map at all", "not a density map"),
        ("a.mrc", bytes(5000), "not a density map"),
        ("a.txt", b"", "neither a density map"),
        ("folder.mrc", None, "This is a folder"),
        ("absent.mrc", ..., "does not exist"),
    ],
)
def test_what_is_no_map_is_named(name: str, content: Any, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is None:
        path.mkdir()
    elif content is not ...:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        load_molecule({"source": str(path)})
