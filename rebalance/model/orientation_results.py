"""Results of the jobs on orientations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rebalance.model.arrays import IntArray
from rebalance.model.counting import counted
from rebalance.model.dataset import Dataset
from rebalance.model.half_map_signal import HalfMapSignal
from rebalance.model.orientations import FourierSampling, SphereBins
from rebalance.model.posed import Posed
from rebalance.model.selection import Selection


@dataclass(frozen=True, eq=False)
class OrientationsResult:
    """Results of balancing orientations.

    Parameters
    ----------
    dataset : Dataset
    posed : Posed
        The particles and their poses.
    bins : SphereBins
    bin : int64 (P,)
        Of each particle; −1 for one that is not used.
    selection : Selection
        Its groups are the bins.
    before, after : FourierSampling
        For the particles used, and for those selected. The first includes SCF* of as many drawn
        at random.
    folder : Path
    files : tuple of Path
        All files written, except `run.json`.
    summary : mapping
        The content of `summary.json`.
    """

    dataset: Dataset
    posed: Posed
    bins: SphereBins
    bin: IntArray
    selection: Selection
    before: FourierSampling
    after: FourierSampling
    folder: Path
    files: tuple[Path, ...]
    summary: Mapping[str, Any]

    def __repr__(self) -> str:
        kept = int(self.selection.selected.sum())
        return (
            f"OrientationsResult({self.dataset.job}: {kept:,} of "
            f"{counted(len(self.selection), 'particle')}, {self.folder.name})"
        )


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Results from poses and half maps of one refinement.

    Parameters
    ----------
    name : str
        Of the job.
    posed : Posed, optional
        None without particles.
    bins : SphereBins, optional
    bin : int64 (P,), optional
    sampling : FourierSampling, optional
    half_maps : HalfMapSignal, optional
        None without half maps.
    maps : tuple of Path
        The two of them, and the mask.
    """

    name: str
    posed: Posed | None = None
    bins: SphereBins | None = None
    bin: IntArray | None = None
    sampling: FourierSampling | None = None
    half_maps: HalfMapSignal | None = None
    maps: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class DiagnosisResult:
    """Results of a diagnosis.

    Parameters
    ----------
    first : Diagnosis
    second : Diagnosis, optional
        The input for comparison.
    folder : Path
    files : tuple of Path
        All files written, except `run.json`.
    summary : mapping
        The content of `summary.json`.
    """

    first: Diagnosis
    second: Diagnosis | None
    folder: Path
    files: tuple[Path, ...]
    summary: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"DiagnosisResult({self.first.name}, {self.folder.name})"
