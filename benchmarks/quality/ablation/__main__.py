"""What each part of the comparison is worth: the default with one thing changed, on small sets.

    python -m benchmarks.quality.ablation [--seeds 2] [--first-seed 400] [--json FILE]

Scores are those of `benchmarks.quality`. The sets are of 60 averages:

- discrete and preferred views, of moderate noise and noisy;
- *off centre*: objects up to a tenth of the box off centre, half of the averages with neighbours;
- *no junk*: preferred views of moderate noise without averages that show no view;
- *ideal*: the same views without noise, blur or contrast transfer either: how far affinity can
  follow the angle at all;

and RELION's classification. Molecules whose files are absent are skipped.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.quality.ablation.variants import methods_for
from benchmarks.quality.ablation.scores import DEFAULT_DATA, keep, measure
from benchmarks.quality.classifications import MOLECULES, NO_NOISE, KnownSet, relion, simulated

N_AVERAGES = 60
IDEAL = {
    "snr": NO_NOISE,
    "ctf": False,
    "b_factor": 0.0,
    "particle_spread": 0.0,
    "psi_error": 0.0,
    "shift_error": 0.0,
    "n_averaged": 1,
    "n_junk": 0,
    "n_noise": 0,
    "n_empty": 0,
}


def _kinds(box: int) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What is made of each molecule: kind, views, noise, changes of the simulation."""
    yield "ideal", "preferred", "clean", IDEAL
    yield "no junk", "preferred", "moderate", {"n_junk": 0, "n_noise": 0}
    yield "off centre", "discrete", "moderate", {"max_shift": 0.1 * box, "neighbour_share": 0.5}
    for noise in ("moderate", "noisy"):
        for views in ("discrete", "preferred"):
            yield views, views, noise, {}


def sets(data: Path, seeds: int, first_seed: int, molecules: list[str]) -> Iterator[KnownSet]:
    """Every set whose data are there; ``views`` says which kind."""
    if (data / "relion31_70s").is_dir():
        yield relion(data / "relion31_70s")
    for seed in range(first_seed, first_seed + seeds):
        for molecule in molecules:
            settings = MOLECULES[molecule]
            if "model" in settings and not (data / "models" / settings["model"]).is_file():
                continue
            for kind, views, noise, changes in _kinds(settings["box"]):
                found = simulated(
                    molecule,
                    views,
                    noise,
                    N_AVERAGES,
                    seed,
                    data / "models",
                    changes=changes,
                    with_clean=not changes,
                )
                yield replace(found, name=f"{molecule}, {kind}, {noise}, seed {seed}", views=kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("REBALANCE_TEST_DATA", DEFAULT_DATA))
    )
    parser.add_argument("--seeds", type=int, default=2, help="copies of each simulated set")
    parser.add_argument("--first-seed", type=int, default=400)
    parser.add_argument("--drops", type=int, default=3, help="random selections at each size")
    parser.add_argument("--molecules", nargs="+", default=list(MOLECULES), choices=list(MOLECULES))
    parser.add_argument("--methods", nargs="+", help="names of rows")
    parser.add_argument("--match", default="", help="only sets whose name has this in it")
    parser.add_argument("--json", type=Path, help="keep every row there")
    given = parser.parse_args()
    start = time.monotonic()
    for found in sets(given.data, given.seeds, given.first_seed, given.molecules):
        if given.match not in found.name:
            continue
        new = measure(found, methods_for(found, given.methods), given.drops)
        print(f"{time.monotonic() - start:5.0f} s  {found.name}: {len(new)} rows", flush=True)
        if given.json:
            keep(given.json, new)


if __name__ == "__main__":
    main()
