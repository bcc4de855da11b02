"""Group similar cryo-EM 2D class averages into superclasses and balance the particles.

>>> import rebalance
>>> data = rebalance.read("Class2D/job013")
>>> affinity = rebalance.affinity(data)
>>> superclasses = rebalance.cluster(affinity, 8)
>>> selection = rebalance.select(data.particles, superclasses, factor=0.8)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rebalance.display import register_displays

__version__ = "0.1.0"

__all__ = [
    "Affinity",
    "Alignment",
    "ClassAverages",
    "Dataset",
    "ParticleTable",
    "RebalanceError",
    "RunResult",
    "Scan",
    "Selection",
    "Superclasses",
    "Views",
    "__version__",
    "affinity",
    "balance_orientations",
    "cluster",
    "diagnose",
    "find_views",
    "read",
    "read_orientations",
    "read_refinement",
    "run",
    "scan",
    "select",
]

# Imported when they are asked for, so that the command line answers at once.
_PUBLIC = {
    "read": "rebalance.formats",
    "read_refinement": "rebalance.formats",
    "read_orientations": "rebalance.formats",
    "affinity": "rebalance.api",
    "cluster": "rebalance.api",
    "find_views": "rebalance.api",
    "scan": "rebalance.api",
    "select": "rebalance.api",
    "run": "rebalance.pipeline.run_job",
    "balance_orientations": "rebalance.pipeline.orientations_job",
    "diagnose": "rebalance.pipeline.diagnose_job",
    "ClassAverages": "rebalance.model",
    "ParticleTable": "rebalance.model",
    "Dataset": "rebalance.model",
    "Alignment": "rebalance.model",
    "Affinity": "rebalance.model",
    "Superclasses": "rebalance.model",
    "Scan": "rebalance.model",
    "Selection": "rebalance.model",
    "Views": "rebalance.model",
    "RunResult": "rebalance.model",
    "RebalanceError": "rebalance.errors",
}

register_displays(
    {
        "Dataset": "rebalance.notebook:dataset",
        "ClassAverages": "rebalance.notebook:class_averages",
        "Affinity": "rebalance.notebook:affinity",
        "Superclasses": "rebalance.notebook:superclasses",
        "Scan": "rebalance.notebook:scan",
        "Selection": "rebalance.notebook:selection",
        "RunResult": "rebalance.notebook:run_result",
        "Views": "rebalance.notebook:views",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
