"""Are starting poses right? RELION reconstructs from them, without aligning anything.

    python -m benchmarks.poses [--particles 4000] [--json FILE]

Particles of a simulated classification get the poses that their class averages and their in-plane
alignment give, and `relion_reconstruct` makes a map of them. It is compared with the density that
was simulated, shell by shell, and so are maps from the same poses with one thing wrong: the sign of
psi, that of the particles' or of the averages' shift, the pose transposed, or half of the averages
taken for their mirror images. With the hand of all wrong the map has to be the mirror image, and as
good. Then RELION classifies the particles itself, and its own alignment is used instead of the
simulated one, with the averages' true poses. RELION 3.1 or later has to be there.

Poses of averages are the true ones unless `--estimated` is given: then `rebalance.views` finds
them, and maps are turned onto the truth before they are compared.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import numpy.typing as npt

import rebalance
from benchmarks.paths import write_json
from rebalance.model import Dataset, DoubleArray, InPlaneAlignment, ParticlePoses, Views
from rebalance.poses import particle_poses, write_poses
from rebalance.poses.combine import combine
from rebalance.registry import registry
from rebalance.simulate import SimulatedClassification, simulate_class_averages, write_relion
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.projection import in_plane
from rebalance.simulate.viewing_directions import view_frames

Volume = npt.NDArray[np.float64]

SETTINGS: dict[str, Any] = {
    "n_averages": 60,
    "n_views": 30,
    "n_preferred": 0,
    "preferred_share": 0.0,
    "box": 48,
    "pixel_size": 5.3,
    "snr": 0.3,
    "n_empty": 2,
    "n_noise": 0,
    "n_junk": 2,
    "particle_images": True,
    "seed": 11,
}
MIRROR = np.diag([1.0, 1.0, -1.0])
"""Of the map. Of an image, with the opposite side of the molecule: diag(−1, 1, −1)."""


def true_views(simulated: SimulatedClassification) -> Views:
    """The poses of averages as an estimator without error would find them."""
    kind = simulated.kind
    n, is_view = len(kind), kind == "view"
    rotation = np.full((n, 3, 3), np.nan)
    rotation[is_view] = in_plane(simulated.in_plane[is_view]) @ view_frames(simulated.view[is_view])
    return Views(
        class_id=np.arange(1, n + 1),
        sampled=np.zeros((2, 3)),
        posterior=np.zeros((n, 2), dtype=np.float32),
        rotation=rotation,
        shift=simulated.shift,
        fit=np.ones(n),
        is_misfit=np.zeros(n, dtype=np.bool_),
        angle=np.zeros((n, n), dtype=np.float32),
        start_agreement=np.ones((1, 1), dtype=np.float32),
        in_agreement=np.ones(1, dtype=np.bool_),
        agreement=1.0,
        trusted=True,
        reason="",
        map=np.zeros((8, 8, 8), dtype=np.float32),
        voxel_size=1.0,
        symmetry="C1",
        operations=np.eye(3)[None],
    )


def variants(dataset: Dataset, views: Views) -> Iterator[tuple[str, ParticlePoses]]:
    """Poses as they are given, and with one thing wrong at a time."""
    right = particle_poses(dataset, views)
    yield "as given", right
    mirrored = MIRROR @ right.rotation @ MIRROR
    yield "other hand, all alike", replace(right, rotation=mirrored)
    alignment = registry().load("format", "relion").alignment(dataset)
    psi, shift = alignment.psi[right.row], alignment.shift[right.row]
    at = np.searchsorted(views.class_id, right.class_id)
    rotation, middle = views.rotation[at], views.shift[at]

    def joined(
        rotation: DoubleArray, middle: DoubleArray, psi: DoubleArray, shift: DoubleArray
    ) -> ParticlePoses:
        turned, moved = combine(rotation, middle, InPlaneAlignment(psi, shift))
        return replace(right, rotation=turned, shift=moved)

    yield "sign of psi", joined(rotation, middle, -psi, shift)
    yield "sign of the particles' shift", joined(rotation, middle, psi, -shift)
    yield "sign of the averages' shift", joined(rotation, -middle, psi, shift)
    yield "poses of averages transposed", joined(rotation.swapaxes(1, 2), middle, psi, shift)
    flipped = np.where(
        (right.class_id % 2 == 0)[:, None, None], np.diag([-1.0, 1.0, -1.0]) @ rotation, rotation
    )
    yield "hand of half of the averages", joined(flipped, middle, psi, shift)
    rng = np.random.default_rng(0)
    turn = view_frames(rng.standard_normal((len(views), 3)))[at]
    yield "averages turned at random", joined(rotation @ turn, middle, psi, shift)


def reconstruct(project: Path, dataset: Dataset, poses: ParticlePoses, name: str) -> Volume:
    """The map that RELION makes of particles, nothing aligned."""
    folder = project / f"poses_{name}"
    (star,) = write_poses(dataset, poses, folder)
    run(project, "relion_reconstruct", "--i", star, "--o", folder / "map.mrc", "--ctf")
    with mrcfile.open(folder / "map.mrc") as mrc:
        return np.asarray(mrc.data, dtype=np.float64)


def run(project: Path, program: str, *arguments: str | Path) -> None:
    """Run a program of RELION in the project folder."""
    done = subprocess.run(
        [program, *map(str, arguments)], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{program} failed: {done.stderr[-1000:]}")


def density(molecule: Blobs, box: int, pixel_size: float) -> Volume:
    """The molecule on a grid as in an MRC file: z, y, x."""
    axis = (np.arange(box) - box // 2) * pixel_size
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    return molecule.density(np.stack([x, y, z], axis=-1))


def fsc(one: Volume, other: Volume, radius: float) -> DoubleArray:
    """Fourier shell correlation up to Nyquist, inside a soft sphere of a radius in pixels."""
    box = len(one)
    axis = np.arange(box) - box // 2
    r = np.sqrt((axis[:, None, None] ** 2) + (axis[:, None] ** 2) + axis**2)
    mask = 0.5 + 0.5 * np.cos(np.pi * np.clip((r - radius) / 4, 0, 1))
    f, g = (np.fft.fftshift(np.fft.fftn(mask * (map - map.mean()))) for map in (one, other))
    shell = np.rint(r).astype(int).ravel()

    def total(values: npt.NDArray[Any]) -> DoubleArray:
        return np.bincount(shell, values.ravel().real)[: box // 2]

    product = np.sqrt(total(np.abs(f) ** 2) * total(np.abs(g) ** 2))
    return total(f * g.conj()) / np.maximum(product, 1e-30)


def main() -> None:
    """Simulate, reconstruct, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--particles", type=int, default=4000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    simulated = simulate_class_averages(SETTINGS | {"n_particles": arguments.particles})
    box, size = SETTINGS["box"], SETTINGS["pixel_size"]
    truth = density(simulated.molecule.density, box, size)
    radius = simulated.molecule.density.diameter / size / 2
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        files = write_relion(simulated, project)
        dataset = rebalance.read(files.job)
        for number, (what, poses) in enumerate(variants(dataset, true_views(simulated))):
            volume = reconstruct(project, dataset, poses, str(number))
            curve = fsc(volume, truth, radius)
            mirrored = fsc(volume[::-1], np.roll(truth, -1 * 0, axis=0), radius)
            print(f"{what:32s}", *(f"{x:5.2f}" for x in curve[1:16]), "|", *(f"{x:5.2f}" for x in mirrored[1:16]))
            rows.append({"what": what, "fsc": curve.tolist()})
    if arguments.json:
        write_json({"settings": SETTINGS, "rows": rows}, arguments.json)


if __name__ == "__main__":
    main()
