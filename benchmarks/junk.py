"""Which junk does `--junk` find, and which views does it suspect? By kind of junk and of set.

    python -m benchmarks.junk [--copies 3] [--json FILE]

Simulated classifications with and without known junk: views mixed, noise, the edge of a film, two
particles, ice. Molecules are the phantom, a rod and a disc whose views are nearly all from one
side, so that the others are rare and look unlike them, and the ribosome and β-galactosidase where
their models are there. The thresholds of `rebalance.curation.junk` were chosen on other seeds. Of
the real classifications it prints what is suspected and why.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np

from benchmarks.paths import DATA, write_json
from rebalance import engine, formats
from rebalance.curation.junk import score
from rebalance.simulate import simulate_class_averages

KINDS = ("mixed", "noise", "edge", "double", "ice")
FIRST_SEED = 9_000
PHANTOM: dict[str, dict[str, Any]] = {
    "phantom": {},
    "phantom, clear": {"snr": 0.5},
    "phantom, noisy": {"snr": 0.01},
    "phantom, gradual": {"continuous": True},
    "phantom, neighbours": {"neighbour_share": 0.4},
    "phantom, rare views": {"n_views": 20, "preferred_share": 0.9},
}
MODELS: dict[str, dict[str, Any]] = {
    "ribosome": {"source": "ribosome.pdb", "continuous": True},
    "β-galactosidase": {
        "source": "5a1a_beta-galactosidase.pdb", "symmetry": "D2", "continuous": True,
    },
}  # fmt: skip
SHAPES: dict[str, tuple[float, float, float]] = {"rod": (4, 4, 18), "disc": (16, 16, 4)}
"""Semi-axes in pixels."""
ONE_SIDE: dict[str, Any] = {
    "continuous": True,
    "n_preferred": 1,
    "preferred_share": 0.95,
    "preferred_directions": "0,0,1",
    "preferred_width": 10.0,
}


def write_shape(axes: tuple[float, float, float], path: Path) -> None:
    """A density of sixty Gaussians in an ellipsoid."""
    box, rng = 48, np.random.default_rng(1)
    z, y, x = np.mgrid[:box, :box, :box] - box // 2
    density = np.zeros((box, box, box), dtype=np.float32)
    left = 60
    while left:
        centre = rng.uniform(-1, 1, 3)
        if (centre**2).sum() >= 1:
            continue
        cx, cy, cz = centre * axes
        density += np.exp(-((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / (2 * 1.5**2))
        left -= 1
    with mrcfile.new(path, overwrite=True) as mrc:
        mrc.set_data(density)
        mrc.voxel_size = 5.3


def sets(copies: int, models: Path, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and settings of each simulation."""
    cases = dict(PHANTOM)
    for name, settings in MODELS.items():
        if (models / settings["source"]).is_file():
            cases[name] = settings | {"source": str(models / settings["source"])}
    for name, axes in SHAPES.items():
        write_shape(axes, folder / f"{name}.mrc")
        cases[f"{name}, one side"] = ONE_SIDE | {"source": str(folder / f"{name}.mrc")}
    seed = FIRST_SEED
    for name, settings in cases.items():
        for n_averages in (40, 100):
            for each in (0, 1, 2):
                for _ in range(copies):
                    seed += 1
                    junk = ("n_junk", "n_junk_noise", "n_edge", "n_double", "n_ice")
                    yield (
                        name,
                        {
                            "n_averages": n_averages,
                            "n_particles": 100 * n_averages,
                            "seed": seed,
                            "box": 48,
                            "n_noise": 0,
                            **({} if "source" in settings else {"pixel_size": 5.3}),
                            **dict.fromkeys(junk, each),
                            **settings,
                        },
                    )


def measure(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """How many of each kind there are, and how many of them are suspected."""
    simulated = simulate_class_averages(settings)
    averages = simulated.class_averages
    quality = score(averages, engine.affinity(averages, "rotational-cc"))
    suspected = np.isin(averages.class_id, quality.suspects)
    kind = np.where(simulated.kind == "junk", simulated.junk_kind, simulated.kind)
    kind[averages.is_empty] = "empty"
    return {
        "set": name,
        "of": {word: int((kind == word).sum()) for word in ("view", *KINDS)},
        "suspected": {word: int(suspected[kind == word].sum()) for word in ("view", *KINDS)},
    }


def table(measured: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Counts by set and over all; precision and recall."""
    rows = {}
    for name in (*dict.fromkeys(one["set"] for one in measured), "all"):
        ones = [one for one in measured if name in (one["set"], "all")]
        of = {word: sum(one["of"][word] for one in ones) for word in ("view", *KINDS)}
        found = {word: sum(one["suspected"][word] for one in ones) for word in ("view", *KINDS)}
        right = sum(found[word] for word in KINDS)
        rows[name] = {
            "sets": len(ones),
            "of": of,
            "suspected": found,
            "recall": right / sum(of[word] for word in KINDS),
            "precision": right / (right + found["view"]) if right + found["view"] else None,
        }
    return rows


def real(data: Path) -> dict[str, Any]:
    """What is suspected in each real classification, and why."""
    places = {
        "relion31_70s": data / "relion31_70s",
        "slicem_ribosomes": data / "slicem_ribosomes" / "mixture_2D.mrcs",
    }
    found = {}
    for name, path in places.items():
        if path.exists():
            averages = formats.read(path).class_averages
            assert averages is not None
            quality = score(averages, engine.affinity(averages, "rotational-cc"))
            found[name] = {
                "judged": int(quality.is_scored.sum()),
                "suspected": {str(n): list(quality.reasons_of(n)) for n in quality.suspects},
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=3, help="simulations of each kind")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = sets(arguments.copies, arguments.data / "models", Path(folder))
        rows = table([measure(name, settings) for name, settings in cases])
    print(f"{'set':22} {'views':>10} " + " ".join(f"{word:>8}" for word in KINDS))
    for name, row in rows.items():
        counts = [f"{row['suspected'][word]}/{row['of'][word]}" for word in ("view", *KINDS)]
        print(f"{name:22} {counts[0]:>10} " + " ".join(f"{count:>8}" for count in counts[1:]))
    whole = rows["all"]
    print(f"\nprecision {whole['precision']}, recall {whole['recall']:.2f}")
    seen = real(arguments.data)
    for name, row in seen.items():
        print(f"{name}: {row['suspected'] or 'none suspected'} of {row['judged']}")
    if arguments.json:
        write_json({"sets": rows, "real": seen}, arguments.json)


if __name__ == "__main__":
    main()
