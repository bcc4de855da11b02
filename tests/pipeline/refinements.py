"""Small simulated refinements for the jobs on orientations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rebalance.simulate import RefinementFiles, simulate_class_averages, write_job, write_refinement

OPTIONS: dict[str, Any] = {
    "n_averages": 16,
    "n_particles": 1_500,
    "n_views": 8,
    "continuous": True,
    "preferred_share": 0.8,
    "n_preferred": 1,
    "n_averaged": 2,
    "box": 32,
    "pixel_size": 8.0,
    "n_junk": 0,
    "seed": 11,
}


def refined(folder: Path, layout: str = "relion", **options: Any) -> tuple[Path, RefinementFiles]:
    """A 2D classification and a refinement of its particles: the 2D job, and the files in 3D."""
    simulated = simulate_class_averages({**OPTIONS, **options})
    files = write_job(simulated, folder, layout)
    return files.job, write_refinement(simulated, folder, layout)
