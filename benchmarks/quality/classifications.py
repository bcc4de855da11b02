"""Classifications of known views, from clean to bad: the data of the ablation and of figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import formats
from rebalance.evaluation import match_truth, read_truth, truth_of_simulation
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import BoolArray, ClassAverages, IntArray
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
REALISTIC_PARTICLES_PER_AVERAGE = 200


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
    kind : str (N,), optional
        ``view``, or the kind of junk.
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
    kind: npt.NDArray[np.str_] | None = None

    @property
    def is_junk(self) -> BoolArray:
        """Averages that show no view; none where no kinds are known."""
        if self.kind is None:
            return np.zeros(len(self.averages), dtype=np.bool_)
        return np.asarray(self.kind != "view")

    @property
    def population(self) -> IntArray:
        """int64 (N,): particles of the true view that an average shows, in all of its averages.

        0 in junk.

        Raises
        ------
        ValueError
            If the views or the numbers of particles are not known.
        """
        counts = self.averages.n_particles
        if self.truth is None or counts is None:
            raise ValueError(f"{self.name}: views or numbers of particles are not known")
        shown = self.truth >= 0
        of_view = np.bincount(self.truth[shown], counts[shown]).astype(np.int64)
        return np.where(shown, of_view[np.maximum(self.truth, 0)], 0)

    def of_rare_views(self, part: float = 0.2) -> BoolArray:
        """Averages of the least populated part of the true views, a fifth by default."""
        size, truth = self.population, np.asarray(self.truth)
        views = np.unique(truth[truth >= 0])
        particles = np.array([size[truth == view][0] for view in views])
        few = np.argsort(particles, kind="stable")[: max(1, round(part * len(views)))]
        return np.asarray(np.isin(truth, views[few]))


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
        kind=np.where(np.asarray(found.kind) == "view", "view", found.junk_kind)[used],
    )


def realistic(
    molecule: str,
    seed: int,
    models: Path,
    *,
    junk_share: float = 0.4,
    n_averages: int = 100,
    views: str = "preferred",
    changes: Mapping[str, Any] | None = None,
) -> KnownClassification:
    """A job as it comes, with junk, tiny classes and uneven blur; truth and kinds of all averages.

    Parameters
    ----------
    molecule, views : str
        Of `MOLECULES`, `VIEWS`.
    seed : int
    models : Path
        Folder of atomic models.
    junk_share : float
        Of the averages with particles.
    n_averages : int
        With particles.
    changes : mapping, optional
        Further options of the simulation.

    Returns
    -------
    KnownClassification
        ``truth`` is the view that each average shows, of continuous ones the nearest; −1 in junk.
    """
    settings = dict(MOLECULES[molecule])
    if "model" in settings:
        settings["source"] = str(models / settings.pop("model"))
    number = SYMMETRIC_VIEWS if "symmetry" in settings and views == "discrete" else 12
    settings |= {"continuous": False, "n_views": number, **VIEWS[views]}
    if views == "discrete":
        settings["min_separation"] = 25.0
    settings |= {
        "realistic": True,
        "junk_share": junk_share,
        "n_averages": n_averages,
        "n_particles": REALISTIC_PARTICLES_PER_AVERAGE * n_averages,
        "n_empty": 0,
        "n_noise": 0,
        "seed": seed,
        **(changes or {}),
    }
    found = simulate_class_averages(settings)
    used = ~found.class_averages.is_empty
    return KnownClassification(
        f"{molecule}, {views}, realistic, {n_averages}, {100 * junk_share:.0f} % junk",
        views,
        "realistic",
        found.class_averages.subset(used),
        match_truth(truth_of_simulation(found)).views,
        (8, 12, 20),
        found.superclass[used],
        number if views == "discrete" else None,
        kind=np.where(found.kind == "view", "view", found.junk_kind)[used],
    )


def relion(folder: Path) -> KnownClassification:
    dataset = formats.read(folder)
    averages = dataset.class_averages
    assert averages is not None
    table = folder / "truth.csv"
    known = match_truth(read_truth(table if table.is_file() else folder), dataset.particles).views
    assert known is not None
    return KnownClassification(
        folder.name, "RELION", "moderate", averages.subset(~averages.is_empty), known, (5, 6, 8, 10)
    )


def in_view(found: KnownClassification) -> IntArray:
    """Rows of the averages that show one view."""
    if found.truth is None:
        return np.arange(len(found.averages))
    return np.flatnonzero(found.truth >= 0)
