"""Atomic models are read whole, turned onto their axes, and projected as their atoms lie."""

from __future__ import annotations

import gzip
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner

from docs.tools import pages
from rebalance import formats
from rebalance.cli import app
from rebalance.errors import InputError, OptionError
from rebalance.point_groups import operations_of
from rebalance.simulate import load_molecule, project, simulate_class_averages
from rebalance.simulate.atoms import density_of, read_atoms
from rebalance.simulate.symmetry_axes import symmetry_correlation
from rebalance.simulate.viewing_directions import uniform, view_frames

gemmi = pytest.importorskip("gemmi")


def chain(rng: np.random.Generator, n: int = 60) -> np.ndarray:
    """A wandering Cα trace in one octant."""
    steps = rng.standard_normal((n, 3)) + np.array([0.35, 0.25, 0.3])
    steps *= 3.8 / np.linalg.norm(steps, axis=1, keepdims=True)
    return np.array([8.0, 4.0, 6.0]) + np.cumsum(steps, axis=0)


def write_pdb(path: Path, chains: list[np.ndarray], *extra: str) -> Path:
    lines, serial = list(extra), 0
    for letter, trace in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", chains, strict=False):
        for number, (x, y, z) in enumerate(trace, start=1):
            serial += 1
            lines.append(
                f"ATOM  {serial:5d}  CA  ALA {letter}{number:4d}    "
                f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00 50.00           C  "
            )
    path.write_text("\n".join([*lines, "END", ""]))
    return path


def complex_of(symmetry: str, rng: np.random.Generator) -> list[np.ndarray]:
    """A symmetric complex that lies anyhow in space."""
    turn = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    one = chain(rng)
    return [one @ (turn @ g).T + [100.0, -40.0, 25.0] for g in operations_of(symmetry)]


@pytest.mark.parametrize("symmetry", ["C2", "C5", "D2", "D3", "T", "O"])
def test_a_complex_is_turned_onto_the_axes_of_its_group(
    symmetry: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    path = write_pdb(tmp_path / "a.pdb", complex_of(symmetry, rng))
    molecule = load_molecule({"source": str(path), "symmetry": symmetry})
    np.testing.assert_array_equal(molecule.operators, operations_of(symmetry))
    assert symmetry_correlation(molecule.density, molecule.operators) > 0.99  # type: ignore[arg-type]


def test_another_group_than_the_model_has_is_refused(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path = write_pdb(tmp_path / "a.pdb", complex_of("C4", rng))
    with pytest.raises(OptionError, match=r"symmetry = D3: .* a\.pdb"):
        load_molecule({"source": str(path), "symmetry": "D3"})


def test_pdb_mmcif_and_gzip_are_one_model(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write_pdb(tmp_path / "a.pdb", complex_of("C2", rng))
    structure = gemmi.read_structure(str(path))
    structure.setup_entities()
    structure.make_mmcif_document().write_file(str(tmp_path / "a.cif"))
    (tmp_path / "a.pdb.gz").write_bytes(gzip.compress(path.read_bytes()))
    plain = load_molecule({"source": str(path), "symmetry": "C2"})
    for other in ("a.cif", "a.pdb.gz"):
        again = load_molecule({"source": str(tmp_path / other), "symmetry": "C2"})
        np.testing.assert_allclose(
            again.density.density,  # type: ignore[union-attr]
            plain.density.density,  # type: ignore[union-attr]
            atol=1e-6,
        )


def test_projections_are_sums_of_gaussians_at_the_atoms(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path = write_pdb(tmp_path / "a.pdb", [chain(rng)])
    molecule = load_molecule({"source": str(path), "resolution": 20.0, "pixel_size": 4.0})
    blobs = density_of(read_atoms(path), 20.0)
    # The transform of each falls to 1/e at the resolution.
    assert np.exp(-2 * (np.pi * blobs.sigma[0] / 20.0) ** 2) == pytest.approx(np.exp(-1))
    np.testing.assert_array_equal(blobs.mass, 6.0)
    frames = view_frames(uniform(4, rng))
    exact = project(blobs, frames, 64, 4.0)
    np.testing.assert_allclose(
        project(molecule.density, frames, 64, 4.0), exact, atol=2e-3 * exact.max()
    )


def test_water_and_hydrogen_are_left_out_and_occupancy_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    path.write_text(
        "ATOM      1  CA  ALA A   1       0.000   0.000   0.000  1.00 50.00           C  \n"
        "ATOM      2  HA  ALA A   1       1.000   0.000   0.000  1.00 50.00           H  \n"
        "ATOM      3  SD AMET A   2       4.000   0.000   0.000  0.50 50.00           S  \n"
        "ATOM      4  SD BMET A   2       5.000   0.000   0.000  0.25 50.00           S  \n"
        "HETATM    5  O   HOH A   3       9.000   0.000   0.000  1.00 50.00           O  \n"
        "END\n"
    )
    np.testing.assert_allclose(read_atoms(path).weight, [6, 8, 4])


def test_an_assembly_is_built_when_asked_for(tmp_path: Path, rng: np.random.Generator) -> None:
    remarks = [
        "REMARK 350 BIOMOLECULE: 1",
        "REMARK 350 APPLY THE FOLLOWING TO CHAINS: A",
        "REMARK 350   BIOMT1   1  1.000000  0.000000  0.000000        0.00000",
        "REMARK 350   BIOMT2   1  0.000000  1.000000  0.000000        0.00000",
        "REMARK 350   BIOMT3   1  0.000000  0.000000  1.000000        0.00000",
        "REMARK 350   BIOMT1   2 -1.000000  0.000000  0.000000        0.00000",
        "REMARK 350   BIOMT2   2  0.000000 -1.000000  0.000000        0.00000",
        "REMARK 350   BIOMT3   2  0.000000  0.000000  1.000000        0.00000",
    ]
    path = write_pdb(tmp_path / "a.pdb", [chain(rng)], *remarks)
    assert len(read_atoms(path).position) == 60
    assert len(read_atoms(path, "1").position) == 120
    load_molecule({"source": str(path), "symmetry": "C2", "assembly": "1"})
    with pytest.raises(OptionError, match=r"assembly = 7: a\.pdb has assemblies 1"):
        read_atoms(path, "7")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdb", "", "has no atoms"),
        ("a.pdb", "HEADER    NOTHING\nEND\n", "has no atoms"),
        (
            "a.pdb",
            "ATOM      1  CA  ALA A   1       1.000   2.000   3.000  0.00 50.00",
            "occupancy",
        ),
        ("a.cif", "data_x\n_cell.length_a 1\n", "has no atoms"),
        ("a.cif", "not a cif at all", "The atomic model can't be read"),
        (
            "a.pdb",
            "ATOM      1  CA  ALA A   1       1.000   2.000   1e308  1.00 50.00",
            "beyond 1,000,000",
        ),
    ],
)
def test_what_is_no_model_is_named(name: str, content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        load_molecule({"source": str(tmp_path / name)})
    assert caught.value.path == tmp_path / name


def test_a_name_that_is_no_text_is_told(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write_pdb(tmp_path / "a.pdb", [chain(rng)])
    path.write_bytes(path.read_bytes().replace(b" CA ", b" C\xff ", 1))
    with pytest.raises(InputError, match="not text"):
        load_molecule({"source": str(path)})


def test_without_gemmi_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    path = write_pdb(tmp_path / "a.pdb", [chain(rng)])
    monkeypatch.setitem(sys.modules, "gemmi", None)
    with pytest.raises(InputError, match="pip install gemmi"):
        load_molecule({"source": str(path)})


def test_a_loaded_molecule_serves_many_simulations(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path = write_pdb(tmp_path / "a.pdb", complex_of("C3", rng))
    options = {
        "source": str(path),
        "symmetry": "C3",
        "box": 32,
        "n_averages": 20,
        "n_views": 4,
        "n_particles": 400,
    }
    molecule = load_molecule(options)
    once = simulate_class_averages(options)
    again = simulate_class_averages(options, molecule=molecule)
    assert once.symmetry == again.symmetry == "C3"
    assert once.options.pixel_size == molecule.pixel_size
    np.testing.assert_array_equal(once.class_averages.images, again.class_averages.images)


def test_the_page_simulates_from_a_real_model(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = real_data / "models" / "5a1a_beta-galactosidase.pdb"
    if not model.exists():
        pytest.skip("5A1A is not among the real data")
    page = (pages.ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    here = Path(__file__).relative_to(pages.ROOT).as_posix()
    (block,) = [one for one in pages.blocks(page) if one.options.get("elsewhere") == here]
    (tmp_path / "5a1a.pdb").symlink_to(model)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(block.text.removeprefix("$ rebalance "))
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "D2 (4 rotations)" in done.stdout
    dataset = formats.read(tmp_path / "bgal" / "Class2D" / "job003")
    assert dataset.class_averages is not None
    assert len(dataset.class_averages) == 100


@pytest.mark.parametrize(
    ("name", "symmetry"), [("5a1a_beta-galactosidase.pdb", "D2"), ("ribosome.pdb", "C1")]
)
def test_real_models_give_averages(name: str, symmetry: str, real_data: Path) -> None:
    path = real_data / "models" / name
    if not path.exists():
        pytest.skip(f"{name} is not among the real data")
    options = {"source": str(path), "symmetry": symmetry, "n_averages": 20, "n_views": 5, "box": 48}
    simulated = simulate_class_averages(options)
    assert simulated.molecule.sha256 is not None
    assert symmetry_correlation(simulated.molecule.density, simulated.operators) > 0.99  # type: ignore[arg-type]
    averages = simulated.class_averages
    mask = averages.mask_diameter
    assert mask is not None
    assert simulated.molecule.diameter < mask < 48 * simulated.optics.pixel_size
    # The molecule is bright in the middle, and the mask leaves nothing in the corners.
    shown = averages.images[simulated.kind == "view"]
    assert (shown[:, 20:28, 20:28].mean(axis=(1, 2)) > 2 * shown.std(axis=(1, 2))).all()
    assert not shown[:, :3, :3].any()
