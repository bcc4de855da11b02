"""Class averages and particle tables of known views, for the demo, the tests and benchmarks.

Where it stands: beside the street. It makes what `rebalance.formats` reads, without using it, and
keeps the truth that superclasses can be judged by.

>>> from rebalance.simulate import simulate_class_averages, write_relion
>>> simulated = simulate_class_averages({"n_averages": 30, "n_particles": 2000, "seed": 1})
>>> job = write_relion(simulated, "project").job  # doctest: +SKIP
"""

from __future__ import annotations

from rebalance.simulate.classification import (
    SimulatedClassification,
    simulate_class_averages,
)
from rebalance.simulate.cryosparc import (
    CryosparcFiles,
    CryosparcSelection,
    write_cryosparc,
    write_cryosparc_selection,
)
from rebalance.simulate.demo import DEMO, demo_dataset
from rebalance.simulate.phantom import Blobs, phantom
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.relion import (
    RelionFiles,
    RelionSelection,
    write_relion,
    write_relion_selection,
)
from rebalance.simulate.settings import SimulationOptions

__all__ = [
    "DEMO",
    "Blobs",
    "CryosparcFiles",
    "CryosparcSelection",
    "RelionFiles",
    "RelionSelection",
    "SimulatedClassification",
    "SimulationOptions",
    "demo_dataset",
    "in_plane",
    "phantom",
    "project",
    "simulate_class_averages",
    "write_cryosparc",
    "write_cryosparc_selection",
    "write_relion",
    "write_relion_selection",
]
