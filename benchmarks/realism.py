"""Do simulated jobs look as real ones do? A classifier tries to tell them apart, and a sheet shows.

    python -m benchmarks.realism [--copies 2] [--sheet FILE] [--json FILE]

For each real classification, jobs of the same box, pixel size, mask and number of averages and
particles are simulated with ``realistic``, from a stand-in for its ribosome, since the model that
there is has the small subunit only. A random forest is trained on measures of each average
(`benchmarks.picture_measures`), and on its isolation. .5 is chance, 1 is told apart every time.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from benchmarks.paths import DATA, ROOT, write_json
from benchmarks.picture_measures import edge_energy, spectral_measures
from rebalance import engine, formats
from rebalance.model import BoolArray, ClassAverages, DoubleArray, IntArray
from rebalance.simulate import Blobs, simulate_class_averages, volume_of
from rebalance.simulate.atoms import density_of, read_atoms
from rebalance.simulate.molecule import MODEL, Molecule

FIRST_SEED = 71_000
"""Settings were chosen on 70,000 to 70,002."""
MEASURES = ("mean_frequency", "fine_share", "edge_energy", "isolation")
_NEAREST = 4
_APART = 65.0
_FILLING, _FILLED = 0.35, 100_000
_LOBES = (((0, 0, 25), (105, 82, 62)), ((30, 20, -55), (75, 45, 36)))
"""Of the stand-in, Å; and centre and semi-axes in Å of its two lobes."""
_FOLDS, _REPEATS = 5, 5

JOBS: dict[str, dict[str, Any]] = {
    "relion31_junk70s": {
        "box": 64, "pixel_size": 4.3, "mask_diameter": 260.0,
        "n_averages": 50, "n_particles": 3600, "n_empty": 10, "n_noise": 0,
        "snr": 12.0, "ctf_left": 1.0, "b_factor": 60.0, "defocus_min": 9e3, "defocus_max": 26e3,
        "n_iterations": 3, "resolution_limit": 18.0, "shift_error": 1.2, "psi_error": 4.0,
    },
    "relion31_70s": {
        "box": 64, "pixel_size": 4.3, "mask_diameter": 250.0,
        "n_averages": 30, "n_particles": 3000, "n_empty": 15, "n_noise": 0,
        "snr": 2.0, "ctf_left": 1.0, "n_iterations": 20, "shift_error": 0.8,
        "junk_share": 0.0, "tiny_share": 0.0, "haze_share": 0.0, "neighbour_share": 0.0,
        "size_spread": 0.5,
    },
    "slicem_ribosomes": {
        "box": 96, "pixel_size": 4.0, "mask_diameter": 364.0,
        "n_averages": 100, "n_particles": 50_000, "n_empty": 0, "n_noise": 0,
        "snr": 10.0, "ctf_left": 0.1, "max_shift": 10.0,
        "n_preferred": 4, "preferred_share": 0.95, "preferred_width": 8.0,
        "junk_share": 0.35, "tiny_share": 0.0, "blur_spread": 0.5,
        "haze_share": 0.5, "neighbour_share": 0.4,
        "junk_kinds": "broken,overlap,blob,contaminant,merged,mixed",
    },
}  # fmt: skip
"""What is known of each job, and what was seen on its averages; the rest is as ``realistic``."""
RESOLUTION = {"relion31_junk70s": 18.0, "relion31_70s": 14.0, "slicem_ribosomes": 8.0}
"""Å, of the map from which each was made, or that its particles go to."""


def real(name: str, data: Path) -> ClassAverages:
    """The averages of a real classification that have particles."""
    path = data / name
    averages = formats.read(path / "mixture_2D.mrcs" if "slicem" in name else path).class_averages
    assert averages is not None
    return averages.subset(~averages.is_empty)


def simulated(name: str, seed: int, molecule: Molecule) -> ClassAverages:
    """Averages of a job like it, as much known of them as of the real ones."""
    found = simulate_class_averages(
        {"realistic": True, "seed": seed, **JOBS[name]}, molecule=molecule
    ).class_averages
    found = found.subset(~found.is_empty)
    if "slicem" in name:
        found = dataclasses.replace(
            found, pixel_size=None, n_particles=None, resolution=None, mask_diameter=None
        )
    return found


def stand_in(model: Path, pixel_size: float, resolution: float) -> Molecule:
    """As large and as round as a ribosome, filled with pieces of its small subunit."""
    subunit = density_of(read_atoms(model), resolution)
    corners = _APART * np.vstack([np.zeros(3), np.eye(3), -np.eye(3)])
    turns = Rotation.random(len(corners), random_state=1).as_matrix()
    places, masses = [], []
    for number, (corner, turn) in enumerate(zip(corners, turns, strict=True)):
        place = subunit.centre @ turn.T + corner
        nearest = ((place[:, None] - corners) ** 2).sum(axis=2).argmin(axis=1)
        inside = np.any([_inside(place, *lobe) for lobe in _LOBES], axis=0)
        kept = (nearest == number) & inside
        places.append(place[kept])
        masses.append(subunit.mass[kept])
    # Protein fills what RNA leaves open.
    rng = np.random.default_rng(1)
    points = rng.uniform(-120, 120, (_FILLED, 3))
    filling = np.any([_inside(points, *lobe) for lobe in _LOBES], axis=0)
    share = _FILLING * sum(mass.sum() for mass in masses) / filling.sum()
    place = np.vstack([*places, points[filling]])
    mass = np.concatenate([*masses, np.full(filling.sum(), share)])
    place -= mass @ place / mass.sum()
    density = volume_of(Blobs(place, np.full(len(mass), subunit.sigma[0]), mass), pixel_size)
    return Molecule(density, pixel_size, "C1", np.eye(3)[None], MODEL, "stand-in")


def _inside(points: DoubleArray, middle: Sequence[float], axes: Sequence[float]) -> BoolArray:
    return np.asarray((((points - middle) / axes) ** 2).sum(axis=1) < 1)


def measured(averages: ClassAverages) -> DoubleArray:
    """float64 (N, 4): what is measured of each average, as `MEASURES` names it.

    Decimal logarithms of the first three; isolation is the mean affinity to the four nearest ÷
    its 90th percentile in the job.
    """
    affinity = engine.affinity(averages, "rotational-cc")
    radius = float(affinity.facts["mask_diameter_px"]) / 2
    of_pictures = (
        *spectral_measures(averages.images, radius),
        edge_energy(averages.images, radius),
    )
    columns = [np.log10(np.maximum(values, 1e-12)) for values in of_pictures]
    others = affinity.values.astype(np.float64)
    np.fill_diagonal(others, -np.inf)
    nearest = np.sort(others, axis=1)[:, -_NEAREST:].mean(axis=1)
    return np.column_stack([*columns, nearest / np.quantile(nearest, 0.9)])


def told_apart(values: DoubleArray, is_real: IntArray, seed: int = 0) -> tuple[float, float]:
    """Mean and standard deviation over repeats of the cross-validated AUC of a random forest."""
    areas = []
    for repeat in range(_REPEATS):
        forest = RandomForestClassifier(
            200, min_samples_leaf=5, class_weight="balanced", random_state=seed + repeat, n_jobs=1
        )
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed + repeat)
        guess = cross_val_predict(forest, values, is_real, cv=folds, method="predict_proba")
        areas.append(roc_auc_score(is_real, guess[:, 1]))
    return float(np.mean(areas)), float(np.std(areas))


def by_measure(values: DoubleArray, is_real: IntArray) -> dict[str, float]:
    """AUC of each measure alone; above .5 where it is higher in real averages."""
    return {
        name: float(roc_auc_score(is_real, column))
        for name, column in zip(MEASURES, values.T, strict=True)
    }


def draw_sheet(pairs: dict[str, tuple[ClassAverages, ClassAverages]], path: Path) -> None:
    """Real averages at the left, simulated ones at the right; the largest first, if known."""
    from matplotlib.figure import Figure

    from docs.tools.images import shrink

    columns, most = 10, 4
    lines = [-(-min(len(one), columns * most) // columns) for one, _ in pairs.values()]
    figure = Figure(figsize=(14, 0.45 * len(pairs) + 0.82 * sum(lines)), layout="constrained")
    halves = figure.subfigures(len(pairs), 2, height_ratios=[n + 0.5 for n in lines])
    for row, half in enumerate(np.ravel(np.asarray(halves))):
        name, both = list(pairs.items())[row // 2]
        averages = both[row % 2]
        sizes = averages.n_particles
        order = np.arange(len(averages)) if sizes is None else np.argsort(-sizes, kind="stable")
        spaced = order[np.linspace(0, len(order) - 1, min(columns * most, len(order))).astype(int)]
        half.suptitle(f"{name}, {('real', 'simulated')[row % 2]}", fontsize=10)
        for place, axes in enumerate(half.subplots(lines[row // 2], columns).ravel()):
            axes.set_axis_off()
            if place < len(spaced):
                image = averages.images[spaced[place]]
                low, high = np.percentile(image, (0.5, 99.7))
                axes.imshow(image, cmap="gray", vmin=low, vmax=high)
                if sizes is not None:
                    axes.set_title(f"{sizes[spaced[place]]:,}", fontsize=7, pad=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
    shrink(path, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=2, help="simulated jobs for each real one")
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sheet", type=Path, default=ROOT / "docs/images/realism.png")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    pairs: dict[str, tuple[ClassAverages, ClassAverages]] = {}
    values: list[DoubleArray] = []
    is_real: list[int] = []
    of: list[str] = []
    copy_of: list[int] = []
    model = arguments.data / "models" / "ribosome.pdb"
    for name, settings in JOBS.items():
        molecule = stand_in(model, settings["pixel_size"], RESOLUTION[name])
        jobs = [real(name, arguments.data)]
        for copy in range(arguments.copies):
            jobs.append(simulated(name, arguments.seed + copy, molecule))
        pairs[name] = jobs[0], jobs[1]
        for number, job in enumerate(jobs):
            values.append(measured(job))
            is_real += [int(number == 0)] * len(job)
            of += [name] * len(job)
            copy_of += [number] * len(job)
    table, labels, sets = np.vstack(values), np.array(is_real), np.array(of)
    copies = np.array(copy_of)
    rows: dict[str, Any] = {}
    for name in (*JOBS, "all"):
        mine = sets == name if name != "all" else np.ones(len(sets), dtype=bool)
        area, spread = told_apart(table[mine], labels[mine])
        made = mine & (labels == 0)
        among, _ = told_apart(table[made], (copies[made] == 1).astype(np.int64))
        rows[name] = {
            "real": int(labels[mine].sum()),
            "simulated": int((1 - labels[mine]).sum()),
            "auc": round(area, 3),
            "sd": round(spread, 3),
            "one_simulated_job_from_others": round(among, 3),
            "by_measure": {
                measure: round(value, 3)
                for measure, value in by_measure(table[mine], labels[mine]).items()
            },
        }
        print(f"{name:18} AUC {area:.2f} ± {spread:.2f}, one simulated job from others {among:.2f}")
        print("  by one measure:", rows[name]["by_measure"])
    draw_sheet(pairs, arguments.sheet)
    if arguments.json:
        write_json(rows, arguments.json)


if __name__ == "__main__":
    main()
