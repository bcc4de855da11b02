"""Class averages and particle tables of known views, for the demo, the tests and benchmarks.

Where it stands: beside the street. It makes what `rebalance.formats` reads, without using it, and
keeps the truth that superclasses can be judged by.

A `molecule` is a density of `blobs` or a `volume`, loaded from the `phantom`, a `map_file` or
`atoms`, with its `symmetry`. `poses` and `particle_poses` plan what averages and particles show,
along `viewing_directions`, `class_sizes` how many there are; `image_simulator` makes their images,
by `projection`, `image_formation` and `junk_images`. The result is a `classification`, whose
particles `refinement` refines; the modules ``*_writer`` write both as a `job`.

>>> from rebalance.simulate import simulate_class_averages, write_relion
>>> simulated = simulate_class_averages({"n_averages": 30, "n_particles": 2000, "seed": 1})
>>> job = write_relion(simulated, "project").job  # doctest: +SKIP

From a map or an atomic model, in one go::

    simulate("project", {"source": "5a1a.pdb", "symmetry": "D2", "n_views": 8})
"""

from __future__ import annotations

from rebalance.simulate.blobs import Blobs
from rebalance.simulate.classification import (
    SimulatedClassification,
    simulate_class_averages,
)
from rebalance.simulate.cryosparc_writer import (
    CryosparcFiles,
    CryosparcSelection,
    write_cryosparc,
    write_cryosparc_selection,
)
from rebalance.simulate.job import (
    DEMO,
    LAYOUTS,
    check_layout,
    demo_dataset,
    simulate,
    write_job,
    write_refinement,
)
from rebalance.simulate.molecule import Molecule, load_molecule
from rebalance.simulate.phantom import phantom
from rebalance.simulate.projection import in_plane, project
from rebalance.simulate.refinement import SimulatedRefinement, simulate_refinement
from rebalance.simulate.refinement_writer import RefinementFiles
from rebalance.simulate.relion_writer import (
    RelionFiles,
    RelionSelection,
    write_relion,
    write_relion_selection,
)
from rebalance.simulate.simulation_options import SimulationOptions
from rebalance.simulate.volume import Volume, volume_of

__all__ = [
    "DEMO",
    "LAYOUTS",
    "Blobs",
    "CryosparcFiles",
    "CryosparcSelection",
    "Molecule",
    "RefinementFiles",
    "RelionFiles",
    "RelionSelection",
    "SimulatedClassification",
    "SimulatedRefinement",
    "SimulationOptions",
    "Volume",
    "check_layout",
    "demo_dataset",
    "in_plane",
    "load_molecule",
    "phantom",
    "project",
    "simulate",
    "simulate_class_averages",
    "simulate_refinement",
    "volume_of",
    "write_cryosparc",
    "write_cryosparc_selection",
    "write_job",
    "write_refinement",
    "write_relion",
    "write_relion_selection",
]
