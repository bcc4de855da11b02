"""The ground truth of a classification: groups and views of its classes, views of its particles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.model import DoubleArray, IntArray
from rebalance.orientations.view_angles import Symmetry


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known; at least one of groups and views.

    Parameters
    ----------
    group : mapping of class number to name, optional
        The true group of a class; classes without one are not scored by it.
    class_view : mapping of class number to float64 (3,), optional
        Direction of view of a class.
    particle_view : float64 (P, 3), optional
        Direction of view of each particle; NaN where it is not known.
    particle_name : str (P,), optional
        Image name or uid, by which the rows are found in a particle table.
    particle_class : int64 (P,), optional
        Class number of each particle, where the truth says it.
    symmetry : str or float64 (G, 3, 3)
        Point group of the molecule.
    groups_are_views : bool
        False where groups are a division of views that vary without steps, and so not to be found
        again: agreement with them says little.
    source : str
        Where it was read.
    """

    group: Mapping[int, str] | None = None
    class_view: Mapping[int, DoubleArray] | None = None
    particle_view: DoubleArray | None = None
    particle_name: npt.NDArray[np.str_ | np.object_] | None = None
    particle_class: IntArray | None = None
    symmetry: Symmetry = "C1"
    groups_are_views: bool = True
    source: str = ""

    def __post_init__(self) -> None:
        if self.group is None and self.class_view is None and self.particle_view is None:
            raise ValueError("a truth needs groups or views")
        if self.particle_view is not None:
            n = len(self.particle_view)
            for name in ("particle_name", "particle_class"):
                column = getattr(self, name)
                if column is not None and len(column) != n:
                    raise ValueError(f"{name} has {len(column)} rows for {n} views")


def truth_of_simulation(simulated: Any) -> Truth:
    """The truth of a `rebalance.simulate.SimulatedClassification`.

    Parameters
    ----------
    simulated : SimulatedClassification

    Returns
    -------
    Truth
        Particles in the order of ``simulated.particle_class``.
    """
    class_id = simulated.class_averages.class_id
    shown = np.isfinite(simulated.view).all(axis=1)
    return Truth(
        group={
            int(number): str(group)
            for number, group in zip(class_id, simulated.superclass, strict=True)
            if group >= 0
        },
        class_view={
            int(number): view
            for number, view in zip(class_id[shown], simulated.view[shown], strict=True)
        },
        particle_view=simulated.particle_view,
        particle_class=simulated.particle_class,
        symmetry=getattr(simulated, "symmetry", "C1"),
        groups_are_views=not simulated.options.continuous,
        source="simulation",
    )
