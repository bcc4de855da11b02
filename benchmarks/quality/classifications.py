"""Classifications of known views, from clean to bad: the data of the ablation and of figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rebalance import formats
from rebalance.evaluation import match_truth, read_truth, truth_of_simulation
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import ClassAverages, IntArray
from rebalance.simulate import simulate_class_averages

NOISE = {"clean": 1.0, "moderate": 0.25, "noisy": 0.05, "bad": 0.01}
"""Signal-to-noise ratio of a particle; an average has a hundred of them."""
NO_NOISE = 1e9

MOLECULES: dict[str, dict[str, Any]] = {
    "phantom": {"box": 48, "pixel_size": 5.3},
    "ribosome": {"model": "ribosome.pdb", "box": 64},
    "beta-galactosidase": {
        "model": "5a1a_beta-galactosidase.pdb", "symmetry": "D2", "box": 64,
    },
}  # fmt: skip
VIEWS: dict[str, dict[str, Any]] = {
    "discrete": {"n_views": 12},
    "preferred": {"continuous": True},
}
SYMMETRIC_VIEWS = 5
"""Discrete views that fit 25° apart into the eighth of the half sphere that D2 leaves."""

PARTICLES_PER_AVERAGE = 100


@dataclass(frozen=True, eq=False)
class KnownClassification:
    """A classification of known views.

    Parameters
    ----------
    name, views, noise : str
    averages : ClassAverages
        None empty.
    known : KnownViews, optional
        None where only groups are known.
    truth : int64 (N,), optional
        Number of the view that each average shows, −1 for none; where views are discrete.
    numbers : tuple of int
        Numbers of superclasses to try; none where no views are known.
    n_views : int, optional
        The number at which to compare labels with the truth.
    clean : ClassAverages, optional
        The same averages without noise.
    """

    name: str
    views: str
    noise: str
    averages: ClassAverages
    known: KnownViews | None
    numbers: tuple[int, ...]
    truth: IntArray | None = None
    n_views: int | None = None
    clean: ClassAverages | None = None


def simulated(
    molecule: str,
    views: str,
    noise: str,
    n_averages: int,
    seed: int,
    models: Path,
    *,
    changes: Mapping[str, Any] | None = None,
    with_clean: bool = False,
) -> KnownClassification:
    """A simulated classification.

    Parameters
    ----------
    molecule, views, noise : str
        Of `MOLECULES`, `VIEWS`, `NOISE`.
    n_averages, seed : int
    models : Path
        Folder of atomic models.
    changes : mapping, optional
        Further options of the simulation.
    with_clean : bool
        Make the same averages without noise too.
    """
    settings = dict(MOLECULES[molecule])
    numbers, n_views = (8, 12, 20), 12
    settings |= VIEWS[views]
    if "model" in settings:
        settings["source"] = str(models / settings.pop("model"))
    if "symmetry" in settings and views == "discrete":
        settings["n_views"] = n_views = SYMMETRIC_VIEWS
        numbers = (4, SYMMETRIC_VIEWS, 8)
    if views == "discrete":
        settings["min_separation"] = 25.0
    settings |= {
        "n_averages": n_averages,
        "n_particles": PARTICLES_PER_AVERAGE * n_averages,
        "snr": NOISE[noise],
        "seed": seed,
        **(changes or {}),
    }
    found = simulate_class_averages(settings)
    clean = simulate_class_averages({**settings, "snr": NO_NOISE}) if with_clean else None
    used = ~found.class_averages.is_empty
    known = match_truth(truth_of_simulation(found)).views
    assert known is not None
    return KnownClassification(
        f"{molecule}, {views}, {noise}, {n_averages}",
        views,
        noise,
        found.class_averages.subset(used),
        known,
        tuple(k for k in numbers if k < used.sum()),
        found.superclass[used] if views == "discrete" else None,
        n_views if views == "discrete" else None,
        None if clean is None else clean.class_averages.subset(used),
    )


def relion(folder: Path) -> KnownClassification:
    dataset = formats.read(folder)
    averages = dataset.class_averages
    assert averages is not None
    known = match_truth(read_truth(folder), dataset.particles).views
    assert known is not None
    return KnownClassification(
        folder.name, "RELION", "moderate", averages.subset(~averages.is_empty), known, (5, 6, 8, 10)
    )


def in_view(found: KnownClassification) -> IntArray:
    """Rows of the averages that show one view."""
    if found.truth is None:
        return np.arange(len(found.averages))
    return np.flatnonzero(found.truth >= 0)
