"""Pictures of views for the documentation: RELION's 70S, and β-galactosidase, a D2 molecule.

    python -m benchmarks.views.pictures

Written to docs/images; needs the data.
"""
# ruff: noqa: T201

from __future__ import annotations

import tempfile
from pathlib import Path

import rebalance
from benchmarks.paths import DATA, ROOT
from docs.tools.images import shrink
from rebalance import figures, formats
from rebalance.model import Dataset
from rebalance.pipeline.view_pictures import pictures_of_views
from rebalance.simulate import job

SHOWN = (("views", "70s"), ("reprojections", "70s"), ("views", "d2"))
IMAGES = ROOT / "docs" / "images"
SIMULATED = {
    "source": str(DATA / "models" / "5a1a_beta-galactosidase.pdb"),
    "symmetry": "D2",
    "continuous": True,
    "n_averages": 80,
    "n_particles": 8_000,
    "snr": 0.25,
    "seed": 71,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        draw(formats.read(DATA / "relion31_70s"), "70s", place)
        job.simulate(place / "project", SIMULATED)
        draw(formats.read(place / "project" / "Class2D" / "job003"), "d2", place)


def draw(dataset: Dataset, name: str, place: Path) -> None:
    """The pictures of one classification."""
    views = rebalance.find_views(dataset)
    print(name, views)
    for kind, figure in figures.draw_views(
        dataset, views, **pictures_of_views(dataset, views)
    ).items():
        if (kind, name) in SHOWN:
            (written,) = figures.save(figure, place, f"{kind}_{name}")
            shrink(written, IMAGES / f"{kind}_{name}.png")


if __name__ == "__main__":
    main()
