"""Are starting poses right? RELION reconstructs from them, without aligning anything.

    python -m benchmarks.poses [--particles 1500] [--json FILE]

Particles of a simulated classification get the poses that the views of their class averages and
their in-plane alignment make, and `relion_reconstruct` makes a map of them, which is compared with
the density that was simulated, shell by shell. So are maps from the same poses with one thing
wrong: the sign of psi, that of the particles' or of the averages' shift, the averages' poses
transposed, or half of the averages taken for their mirror images. With the hand of all turned, the
map has to be the mirror image, and as good. Then RELION itself aligns the particles to the class
averages, and its psi and origins are used. RELION 3.1 or later has to be there.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import shutil
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
from benchmarks.results_table import machine
from benchmarks.view_frames import MIRROR, onto_truth
from rebalance.defaults import VIEWS
from rebalance.model import Dataset, DoubleArray, InPlaneAlignment, IntArray, ParticlePoses, Views
from rebalance.poses import particle_poses, write_poses
from rebalance.poses.combine import combine
from rebalance.registry import registry
from rebalance.simulate import SimulatedClassification, simulate_class_averages, write_relion
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.projection import in_plane
from rebalance.simulate.viewing_directions import view_frames

Volume = npt.NDArray[np.float64]

SETTINGS: dict[str, Any] = {
    "n_averages": 40,
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
RIGHT, OTHER_HAND = "as they are", "hand of the map turned"
MIRROR_IMAGE = np.diag([-1.0, 1.0, -1.0])
"""Before a pose: that from which the molecule looks like its mirror image."""


def true_views(simulated: SimulatedClassification, first: int = 1) -> Views:
    """Views of averages as an estimator without error would find them; junk is a misfit."""
    kind, n = simulated.kind, len(simulated.kind)
    is_view, is_junk = kind == "view", kind == "junk"
    rotation = np.full((n, 3, 3), np.nan)
    rotation[is_view] = in_plane(simulated.in_plane[is_view]) @ view_frames(simulated.view[is_view])
    rotation[is_junk] = np.eye(3)
    shift = np.where(np.isnan(rotation[:, :2, 0]), np.nan, simulated.shift)
    return replace(views_of(np.arange(first, first + n), rotation, shift), is_misfit=is_junk)


def views_of(class_id: IntArray, rotation: DoubleArray, shift: DoubleArray) -> Views:
    """Views of known poses; what particles' poses don't need is made up."""
    n = len(class_id)
    return Views(
        class_id=class_id,
        sampled=np.zeros((2, 3)),
        posterior=np.zeros((n, 2), dtype=np.float32),
        rotation=rotation,
        shift=shift,
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
    yield RIGHT, right
    yield OTHER_HAND, replace(right, rotation=MIRROR @ right.rotation @ MIRROR)
    alignment = registry().load("format", dataset.format).in_plane_alignment(dataset)
    at = np.searchsorted(views.class_id, right.class_id)
    known = {
        "rotation": views.rotation[at],
        "middle": views.shift[at],
        "psi": alignment.psi[right.row],
        "shift": alignment.shift[right.row],
    }

    def joined(**wrong: DoubleArray) -> ParticlePoses:
        rotation, middle, psi, shift = (known | wrong).values()
        turned, moved = combine(rotation, middle, InPlaneAlignment(psi, shift))
        return replace(right, rotation=turned, shift=moved)

    yield "psi with the other sign", joined(psi=-known["psi"])
    yield "particles' shifts with the other sign", joined(shift=-known["shift"])
    yield "averages' shifts with the other sign", joined(middle=-known["middle"])
    yield "averages' poses transposed", joined(rotation=known["rotation"].swapaxes(1, 2))
    even = (right.class_id % 2 == 0)[:, None, None]
    mirrored = np.where(even, MIRROR_IMAGE @ known["rotation"], known["rotation"])
    yield "half of the averages mirrored", joined(rotation=mirrored)
    turn = view_frames(np.random.default_rng(0).standard_normal((len(views), 3)))[at]
    yield "averages' views at random", joined(rotation=known["rotation"] @ turn)


def reconstruct(project: Path, dataset: Dataset, poses: ParticlePoses, name: str) -> Volume:
    """The map that RELION makes of particles, nothing aligned."""
    folder = project / f"poses_{name.replace(' ', '_')}"
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
        return np.asarray(np.bincount(shell, values.ravel().real)[: box // 2], dtype=np.float64)

    product = np.sqrt(total(np.abs(f) ** 2) * total(np.abs(g) ** 2))
    curve: DoubleArray = total(f * g.conj()) / np.maximum(product, 1e-30)
    return curve


def aligned_by_relion(project: Path, data: Path, model: Path, n_classes: int) -> Path:
    """The table that one iteration of RELION's Class2D writes, with our averages as references."""
    out = project / "aligned"
    out.mkdir()
    settings = "--iter 1 --tau2_fudge 2 --zero_mask --oversampling 1 --psi_step 12 --offset_range 6"
    settings += " --offset_step 2 --norm --scale --dont_combine_weights_via_disc --ctf --pad 1"
    settings += f" --ctf_corrected_ref --pool 100 --j 2 --random_seed 1 --K {n_classes}"
    files = ("--i", data, "--ref", model, "--o", out / "run")
    run(project, "relion_refine", *files, *settings.split())
    return out / "run_it001_data.star"


def crossing(curve: DoubleArray, level: float = 0.5) -> int:
    """The first shell below a level."""
    below = np.flatnonzero(curve[1:] < level)
    return int(below[0]) + 1 if len(below) else len(curve)


def compare(
    simulated: SimulatedClassification,
    dataset: Dataset,
    project: Path,
    name: str,
    views: Views | None = None,
) -> list[dict[str, Any]]:
    """A row for each variant: FSC with the truth, or its mirror image if that is more alike.

    Views are the true ones where none are given.
    """
    assert isinstance(simulated.molecule.density, Blobs)
    box, size = simulated.class_averages.box, simulated.optics.pixel_size
    truth = density(simulated.molecule.density, box, size)
    radius = simulated.molecule.density.diameter / size / 2
    rows = []
    for number, (what, poses) in enumerate(variants(dataset, views or true_views(simulated))):
        volume = reconstruct(
            project, dataset, poses, f"{name}{number}{'' if views is None else 'found'}"
        )
        mirrored = np.roll(volume[::-1], 1, axis=0)
        curves = [fsc(one, truth, radius) for one in (volume, mirrored)]
        hand = int(curves[1][1 : box // 4].mean() > curves[0][1 : box // 4].mean())
        curve = curves[hand]
        rows.append(
            {
                "alignment": name,
                "views": "true" if views is None else "found",
                "poses": what,
                "particles": len(poses),
                "hand": ["of the molecule", "mirrored"][hand],
                "fsc_half_A": round(box * size / crossing(curve), 2),
                "mean_fsc": round(float(curve[1 : box // 3].mean()), 3),
            }
        )
        found = rows[-1]
        print(
            f"{name:10s} {found['views']:6s} {what:38s} FSC 0.5 at {found['fsc_half_A']:6.1f} Å, "
            f"mean {found['mean_fsc']:5.2f}, {found['hand']}",
            flush=True,
        )
    return rows


def main() -> None:
    """Simulate, reconstruct, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--particles", type=int, default=1500)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if shutil.which("relion_reconstruct") is None:
        raise SystemExit("relion_reconstruct is not installed")
    simulated = simulate_class_averages(SETTINGS | {"n_particles": arguments.particles})
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        files = write_relion(simulated, project)
        dataset = rebalance.read(files.job)
        rows = compare(simulated, dataset, project, "simulated")
        table = aligned_by_relion(project, files.data, files.model, SETTINGS["n_averages"])
        aligned = rebalance.read(table, files.classes)
        rows += compare(simulated, aligned, project, "RELION's")
        if any(plugin.name == VIEWS for plugin in registry().of_kind("metric")):
            found = onto_truth(rebalance.find_views(dataset), true_views(simulated))
            print(f"views found: median error {np.nanmedian(found.error):.1f}°")
            rows += compare(simulated, aligned, project, "RELION's", found.views)
    if arguments.json:
        write_json({"machine": machine(), "settings": SETTINGS, "rows": rows}, arguments.json)


if __name__ == "__main__":
    main()
