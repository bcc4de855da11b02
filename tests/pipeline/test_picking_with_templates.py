"""RELION picks with the templates of a run, on a micrograph of known particles."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import starfile
from scipy.spatial.transform import Rotation

from rebalance.simulate import phantom, project, simulate_class_averages, write_relion
from tests.pipeline.runs import quick_run

PIXEL, BOX, SIDE = 6.0, 40, 384
"""Å; pixels of a particle; of the micrograph."""

DIAMETER = 180.0
"""Å, of the molecule."""

N, SNR = 20, 0.05
"""Particles, and how strong they are: as in the classification, since RELION looks for particles as
bright as its references."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Templates of six superclasses of a simulated classification of the same molecule."""
    if shutil.which("relion_autopick") is None:
        pytest.skip("RELION is not installed (relion_autopick)")
    folder = tmp_path_factory.mktemp("classified")
    options = {
        "n_averages": 30,
        "n_particles": 6_000,
        "snr": SNR,
        "continuous": True,
        "box": BOX,
        "pixel_size": PIXEL,
        "seed": 2,
    }
    job = write_relion(simulate_class_averages(options), folder / "project").job
    quick_run(
        job,
        metric="rotational-cc",
        n_superclasses=6,
        picking_templates="mean",
        output=folder / "out",
    )
    return folder / "out/picking_templates.mrcs"


def _micrograph(contrast: int) -> np.ndarray:
    """Write a micrograph of particles at any angle in white noise; where they are, (N, 2)."""
    rng = np.random.default_rng(7)
    signal = project(phantom(), Rotation.random(N, random_state=7).as_matrix(), BOX, PIXEL)
    signal *= np.sqrt(SNR) / signal.std()
    places: list[np.ndarray] = []
    while len(places) < N:
        place = rng.integers(BOX, SIDE - BOX, 2)
        if all(np.hypot(*(place - other)) * PIXEL > DIAMETER for other in places):
            places.append(place)
    image = rng.standard_normal((SIDE, SIDE))
    half = BOX // 2
    for (x, y), particle in zip(places, signal, strict=True):
        image[y - half : y + half, x - half : x + half] += contrast * particle
    with mrcfile.new("micrograph.mrc", overwrite=True) as out:
        out.set_data(image.astype(np.float32))
        out.voxel_size = PIXEL
    return np.array(places)


def _picked(templates: Path, *more: str) -> np.ndarray:
    """Where RELION picks, (n, 2) pixels."""
    arguments = {
        "--i": "micrograph.mrc",
        "--odir": "./",
        "--pickname": "autopick",
        "--ref": templates,
        "--angpix": PIXEL,
        "--angpix_ref": PIXEL,
        "--particle_diameter": DIAMETER,
        "--lowpass": 20,
        "--ang": 10,
        "--threshold": 0.4,
        "--min_distance": 120,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    done = subprocess.run(
        ["relion_autopick", *words, *more], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = starfile.read("micrograph_autopick.star", always_dict=True).popitem()[1]
    return table[["rlnCoordinateX", "rlnCoordinateY"]].to_numpy()


@pytest.mark.parametrize(
    ("contrast", "inverted"),
    [(-1, True), (1, False), (-1, False)],
    ids=["dark particles, inverted", "bright particles, as they are", "dark particles, forgotten"],
)
def test_relion_finds_the_particles(
    templates: Path, tmp_path: Path, contrast: int, inverted: bool
) -> None:
    """Class averages are bright on dark: what is dark in the micrograph needs ``--invert``."""
    places = _micrograph(contrast)
    picked = _picked(templates, *(["--invert"] if inverted else []))
    distance = np.linalg.norm(picked[:, None] - places[None], axis=2) * PIXEL
    is_near = distance < DIAMETER / 3
    if inverted != (contrast < 0):
        assert is_near.any(axis=0).sum() <= 0.2 * N
        return
    assert is_near.any(axis=0).sum() >= 0.8 * N
    assert is_near.any(axis=1).sum() >= 0.7 * len(picked)
