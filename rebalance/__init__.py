"""Group similar cryo-EM 2D class averages into superclasses and balance the particles.

>>> import rebalance
>>> data = rebalance.read("Class2D/job013")
>>> affinity = rebalance.affinity(data.class_averages)
>>> superclasses = rebalance.cluster(affinity, 8, n_particles=data.class_averages.n_particles)
>>> selection = rebalance.select(data.particles, superclasses, factor=0.8)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # For type checkers, and completion in editors; at run time a name is imported when it is used.
    from rebalance.clusterings import cluster as cluster
    from rebalance.engine import affinity as affinity
    from rebalance.errors import RebalanceError as RebalanceError
    from rebalance.formats import read as read
    from rebalance.model import Affinity as Affinity
    from rebalance.model import Alignment as Alignment
    from rebalance.model import ClassAverages as ClassAverages
    from rebalance.model import Dataset as Dataset
    from rebalance.model import ParticleTable as ParticleTable
    from rebalance.model import RunResult as RunResult
    from rebalance.model import Scan as Scan
    from rebalance.model import Selection as Selection
    from rebalance.model import Superclasses as Superclasses
    from rebalance.pipeline import run as run
    from rebalance.scanning import scan as scan
    from rebalance.strategies import select as select

__version__ = "0.1.0"

_PUBLIC = {
    "read": "rebalance.formats",
    "affinity": "rebalance.engine",
    "cluster": "rebalance.clusterings",
    "scan": "rebalance.scanning",
    "select": "rebalance.strategies",
    "run": "rebalance.pipeline",
    "ClassAverages": "rebalance.model",
    "ParticleTable": "rebalance.model",
    "Dataset": "rebalance.model",
    "Alignment": "rebalance.model",
    "Affinity": "rebalance.model",
    "Superclasses": "rebalance.model",
    "Scan": "rebalance.model",
    "Selection": "rebalance.model",
    "RunResult": "rebalance.model",
    "RebalanceError": "rebalance.errors",
}

__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
