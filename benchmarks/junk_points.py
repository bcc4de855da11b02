"""The points of `rebalance.imaging.pictures`: what they would be if fitted now, and what they find.

    python -m benchmarks.junk_points [--copies 1] [--fit] [--data FOLDER]

Realistic simulated jobs (phantom, ribosome and β-galactosidase; views preferred and discrete; 40 %
and 60 % of the averages junk), and such jobs without any junk. With ``--fit``, a logistic model
whose weights are not negative is fitted to the deviations on seeds from 40,000, a view counting
five times; scaled so that 0.75 % of the views reach one point. What is kept in the code is rounded
from that, lower where a flat molecule, seen edge-on by few, would be named. Else the points of the
code are held against seeds from 59,000, on which nothing was chosen.
"""
# ruff: noqa: T201

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from benchmarks.paths import DATA
from benchmarks.quality.classifications import KnownClassification, realistic
from rebalance.imaging.masks import estimate_radius
from rebalance.imaging.pictures import POINTS, are_enough, deviations, measure_pictures, points
from rebalance.model import BoolArray, DoubleArray

FIT_SEED, REPORT_SEED = 40_000, 59_000
MOLECULES = ("phantom", "ribosome", "beta-galactosidase")
VIEWS = ("preferred", "discrete")
JUNK_SHARES = (0.0, 0.4, 0.6)
LOST = 0.0075
_OF_A_VIEW = 5.0
_RIDGE = 1e-3


def jobs(first_seed: int, copies: int, models: Path) -> Iterator[KnownClassification]:
    """Realistic jobs, each of a seed of its own."""
    seed = first_seed
    for _ in range(copies):
        for molecule in MOLECULES:
            for views in VIEWS:
                for share in JUNK_SHARES:
                    yield realistic(molecule, seed, models, junk_share=share, views=views)
                    seed += 1


def found_of(job: KnownClassification) -> dict[str, DoubleArray]:
    """Deviations of the averages of a job."""
    averages = job.averages
    size, diameter = averages.pixel_size, averages.mask_diameter
    radius = diameter / size / 2 if size and diameter else estimate_radius(averages.images)
    return deviations(measure_pictures(averages.images, radius), averages.n_particles)


def fitted(values: DoubleArray, is_junk: BoolArray) -> DoubleArray:
    """Weights ≥ 0 of columns of deviations, so that `LOST` of the views reach 1; float64 (5,).

    Parameters
    ----------
    values : float64 (n, 5)
    is_junk : bool (n,)
    """
    spread = values.std(axis=0)
    scaled, sign = values / spread, np.where(is_junk, 1.0, -1.0)
    share = np.where(is_junk, 1.0, _OF_A_VIEW)
    share /= share.sum()

    def loss(weights: DoubleArray) -> tuple[float, DoubleArray]:
        margin = sign * (weights[0] + scaled @ weights[1:])
        pull = -share * sign / (1 + np.exp(margin))
        ridge = _RIDGE * float((weights[1:] ** 2).sum())
        slope = np.concatenate([[pull.sum()], scaled.T @ pull + 2 * _RIDGE * weights[1:]])
        return float(np.logaddexp(0, -margin) @ share) + ridge, slope

    bounds = [(None, None), *[(0.0, None)] * values.shape[1]]
    weights = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds).x[1:] / spread
    return np.asarray(weights / np.quantile((values @ weights)[~is_junk], 1 - LOST))


def fit(first_seed: int, copies: int, models: Path) -> None:
    """Print the points that a fit gives, beside those of the code."""
    values, is_junk = [], []
    for job in jobs(first_seed, copies, models):
        far = found_of(job)
        values.append(
            np.column_stack([np.minimum(far[n], most) for n, (_, most) in POINTS.items()])
        )
        is_junk.append(job.is_junk)
    weights = fitted(np.vstack(values), np.concatenate(is_junk))
    for (name, (kept, most)), weight in zip(POINTS.items(), weights, strict=True):
        print(f"{name:8s} fitted {weight:.2f}, in the code {kept:.2f} up to {most:.2f}")


def report(first_seed: int, copies: int, models: Path) -> None:
    """Print what the points find on fresh jobs: by job, and by kind of junk."""
    kinds, named, rare, counts = [], [], [], []
    for job in jobs(first_seed, copies, models):
        total = np.sum(list(points(found_of(job)).values()), axis=0)
        out, junk = are_enough(total), job.is_junk
        print(
            f"{job.name:60s} junk {(out & junk).sum():3d}/{junk.sum():3d}"
            f" views {(out & ~junk).sum():2d}/{(~junk).sum():3d}",
            flush=True,
        )
        assert job.kind is not None
        assert job.averages.n_particles is not None
        kinds.append(job.kind)
        named.append(out)
        rare.append(job.of_rare_views())
        counts.append(job.averages.n_particles)
    kind, out = np.concatenate(kinds), np.concatenate(named)
    few, n = np.concatenate(rare), np.concatenate(counts)
    for word in np.unique(kind):
        print(f"{word:12s} {out[kind == word].sum():4d}/{(kind == word).sum()}")
    junk = kind != "view"
    large = junk & (n >= np.median(n[junk]))
    part = n[out & junk].sum() / n[junk].sum()
    print(
        f"junk found {out[junk].mean():.1%}, of the larger half {out[large].mean():.1%}, of its "
        f"particles {part:.1%}; views named {out[~junk].mean():.2%}, of the rarest fifth "
        f"{out[few].mean():.2%} of {few.sum()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--fit", action="store_true", help="fit the points instead")
    parser.add_argument("--first-seed", type=int)
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    does, seed = (fit, FIT_SEED) if asked.fit else (report, REPORT_SEED)
    does(
        seed if asked.first_seed is None else asked.first_seed, asked.copies, asked.data / "models"
    )


if __name__ == "__main__":
    main()
