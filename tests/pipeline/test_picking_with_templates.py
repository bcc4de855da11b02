"""RELION picks with the templates of a run, on a micrograph of known particles.

By the command of docs/howto-better-map.md.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import starfile
from scipy.spatial.transform import Rotation

from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import commands
from rebalance.simulate import phantom, project, simulate_class_averages, write_relion
from tests.pipeline.runs import quick_run

(COMMAND,) = (
    shlex.split(commands(block.text)[0][0])
    for block in pages.blocks((ROOT / "docs" / "howto-better-map.md").read_text(encoding="utf-8"))
    if block.options.get("elsewhere") == Path(__file__).relative_to(ROOT).as_posix()
)

PIXEL, BOX, SIDE = 6.0, 40, 384
"""Å; pixels of a particle; of the micrograph."""

DIAMETER = 180.0
"""Å, of the molecule."""

N, SNR = 20, 0.05
"""Particles, and how strong they are: as in the classification, since RELION looks for particles as
bright as its references."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with templates of six superclasses, of a classification of the same molecule."""
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
        output=folder / "templates",
    )
    return folder / "templates"


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


def _picked(is_inverted: bool) -> np.ndarray:
    """Where RELION picks by the command of the page, (n, 2) pixels."""
    words = [word for word in COMMAND if is_inverted or word != "--invert"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = starfile.read("micrograph_autopick.star", always_dict=True).popitem()[1]
    return table[["rlnCoordinateX", "rlnCoordinateY"]].to_numpy()


@pytest.mark.parametrize(
    ("contrast", "inverted"),
    [(-1, True), (1, False), (-1, False)],
    ids=["dark particles, inverted", "bright particles, as they are", "dark particles, forgotten"],
)
def test_relion_finds_the_particles(templates: Path, contrast: int, inverted: bool) -> None:
    """Class averages are bright on dark: what is dark in the micrograph needs ``--invert``."""
    places = _micrograph(contrast)
    shutil.copytree(templates, "templates")
    picked = _picked(inverted)
    distance = np.linalg.norm(picked[:, None] - places[None], axis=2) * PIXEL
    is_near = distance < DIAMETER / 3
    if inverted != (contrast < 0):
        assert is_near.any(axis=0).sum() <= 0.2 * N
        return
    assert is_near.any(axis=0).sum() >= 0.8 * N
    assert is_near.any(axis=1).sum() >= 0.7 * len(picked)
