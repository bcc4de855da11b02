"""Class averages and particle tables of known views, for the demo, the tests and benchmarks.

Where it stands: beside the street. It makes what `rebalance.formats` reads, without using it, and
keeps the truth that superclasses can be judged by.
"""

from __future__ import annotations

from rebalance.simulate.classification import (
    SimulatedClassification,
    SimulationOptions,
    simulate_class_averages,
)
from rebalance.simulate.phantom import Blobs, phantom
from rebalance.simulate.projection import in_plane, project

__all__ = [
    "Blobs",
    "SimulatedClassification",
    "SimulationOptions",
    "in_plane",
    "phantom",
    "project",
    "simulate_class_averages",
]
