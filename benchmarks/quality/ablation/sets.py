"""The data sets of the ablation, of 60 averages each.

- discrete and preferred views, of moderate noise and noisy;
- *off centre*: objects up to a tenth of the box off centre, half of the averages with neighbours;
- *no junk*: preferred views of moderate noise without averages that show no view;
- *ideal*: the same views without noise, blur or contrast transfer either: how far affinity can
  follow the angle at all;

and RELION's classification. Molecules whose files are absent are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.quality.classifications import (
    MOLECULES,
    NO_NOISE,
    KnownClassification,
    relion,
    simulated,
)

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


def sets(
    data: Path, seeds: int, first_seed: int, molecules: list[str]
) -> Iterator[KnownClassification]:
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
