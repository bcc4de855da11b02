"""The dataclasses that pass between the steps: every step takes one and returns one.

Nothing here reads a file, prints or decides; arrays are never written to after construction.
"""

from __future__ import annotations

from rebalance.model.affinity import Affinity
from rebalance.model.alignment import Alignment, Transform
from rebalance.model.arrays import BoolArray, DoubleArray, FloatArray, IntArray
from rebalance.model.average_quality import AverageQuality, Evidence
from rebalance.model.class_averages import ClassAverages
from rebalance.model.class_numbers import NO_CLASS
from rebalance.model.classes import Classes
from rebalance.model.dataset import Dataset
from rebalance.model.half_map_signal import HalfMapSignal
from rebalance.model.orientation_results import Diagnosis, DiagnosisResult, OrientationsResult
from rebalance.model.orientations import FourierSampling, Orientations, SphereBins
from rebalance.model.particle_poses import InPlaneAlignment, ParticlePoses
from rebalance.model.particles import ParticleTable, TableHandle
from rebalance.model.posed import Posed
from rebalance.model.run_result import RunResult
from rebalance.model.scan import NumberForWidth, Scan, Suggestion
from rebalance.model.selection import (
    BALANCED,
    EMPTY_AVERAGE,
    JUNK,
    KEPT,
    NO_ORIENTATION,
    NO_SUCH_AVERAGE,
    NOT_SELECTED,
    REASONS,
    Selection,
)
from rebalance.model.superclass_orientations import SuperclassOrientations
from rebalance.model.superclasses import (
    BY_CLUSTERING,
    BY_LABELS,
    BY_NONE,
    SET_ASIDE,
    UNASSIGNED,
    ClusteringResult,
    Superclasses,
)
from rebalance.model.view_balance import ViewBalance
from rebalance.model.views import Views, results_without, views_of

__all__ = [
    "BALANCED",
    "BY_CLUSTERING",
    "BY_LABELS",
    "BY_NONE",
    "EMPTY_AVERAGE",
    "JUNK",
    "KEPT",
    "NOT_SELECTED",
    "NO_CLASS",
    "NO_ORIENTATION",
    "NO_SUCH_AVERAGE",
    "REASONS",
    "SET_ASIDE",
    "UNASSIGNED",
    "Affinity",
    "Alignment",
    "AverageQuality",
    "BoolArray",
    "ClassAverages",
    "Classes",
    "ClusteringResult",
    "Dataset",
    "Diagnosis",
    "DiagnosisResult",
    "DoubleArray",
    "Evidence",
    "FloatArray",
    "FourierSampling",
    "HalfMapSignal",
    "InPlaneAlignment",
    "IntArray",
    "NumberForWidth",
    "Orientations",
    "OrientationsResult",
    "ParticlePoses",
    "ParticleTable",
    "Posed",
    "RunResult",
    "Scan",
    "Selection",
    "SphereBins",
    "Suggestion",
    "SuperclassOrientations",
    "Superclasses",
    "TableHandle",
    "Transform",
    "ViewBalance",
    "Views",
    "results_without",
    "views_of",
]
