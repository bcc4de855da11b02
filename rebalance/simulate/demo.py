"""The data set of ``rebalance demo``: small, quick to make, crowded in two views."""

from __future__ import annotations

from pathlib import Path

from rebalance.simulate.classification import simulate_class_averages
from rebalance.simulate.relion_writer import RelionFiles, write_relion
from rebalance.simulate.simulation_options import SimulationOptions

DEMO = SimulationOptions(n_averages=80, n_particles=20_000, n_views=12, seed=7)
"""12 views of the phantom in 72 averages, six averages without particles, two of mixed views."""


def demo_dataset(folder: Path) -> RelionFiles:
    """Write the demo's RELION project into a folder.

    Returns
    -------
    RelionFiles
        ``.job`` is what a person would point at; ``.truth_classes`` says what is what.
    """
    return write_relion(simulate_class_averages(DEMO), Path(folder))
