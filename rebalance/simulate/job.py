"""Simulates a classification and writes it as a RELION or CryoSPARC job, truth next to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rebalance.errors import OptionError
from rebalance.simulate.classification import SimulatedClassification, simulate_class_averages
from rebalance.simulate.cryosparc_writer import CryosparcFiles, write_cryosparc
from rebalance.simulate.molecule import Molecule
from rebalance.simulate.refinement import simulate_refinement
from rebalance.simulate.refinement_writer import (
    RefinementFiles,
    write_cryosparc_refinement,
    write_relion_refinement,
)
from rebalance.simulate.relion_tables import Version
from rebalance.simulate.relion_writer import RelionFiles, write_relion
from rebalance.simulate.simulation_options import (
    AGGREGATE,
    BLOB,
    EDGE,
    FILM,
    HALO,
    HOLE,
    ICE,
    JUNK_NOISE,
    RINGS,
    SHADE,
    STREAK,
    SimulationOptions,
)

CRYOSPARC = "cryosparc"

LAYOUTS: dict[str, Version | None] = {
    "relion": "3.1",
    "relion-3.0": "3.0",
    "relion-5": "5.0",
    CRYOSPARC: None,
}
"""Programs whose files can be written, and the version of RELION."""

DEMO = SimulationOptions(
    n_averages=100, n_particles=20_000, n_views=12, seed=7, junk_share=0.25,
    junk_kinds=(AGGREGATE, JUNK_NOISE, SHADE, STREAK, RINGS, HALO, BLOB, HOLE, FILM, EDGE, ICE),
)  # fmt: skip
"""The data set of ``rebalance demo``: small, quick to make, crowded in two views.

12 views of the phantom in 70 averages, 24 averages of junk, six averages without particles. Junk is
of the kinds that show in the picture, and two averages mix views. Of what else there is in jobs as
they come (``realistic``), broken particles and two that overlap look like views.
"""


def simulate(
    folder: Path | str,
    options: SimulationOptions | Mapping[str, Any] | None = None,
    *,
    layout: str = "relion",
    molecule: Molecule | None = None,
) -> RelionFiles | CryosparcFiles:
    """Simulate a 2D classification and write it into a project folder.

    Parameters
    ----------
    folder : Path or str
        Made if it isn't there.
    options : SimulationOptions or mapping, optional
    layout : {"relion", "relion-3.0", "relion-5", "cryosparc"}
    molecule : Molecule, optional
        From `load_molecule`, to simulate from it again without loading.

    Returns
    -------
    RelionFiles or CryosparcFiles
        ``.job`` is what a person would point at; ``.truth``, ``.truth_classes`` and
        ``.truth_particles`` say what is what (`write_truth`).

    Raises
    ------
    InputError, OptionError
        As `simulate_class_averages`; or if there is no such layout.
    """
    check_layout(layout)
    simulated = simulate_class_averages(options, molecule=molecule)
    files = write_job(simulated, folder, layout)
    if simulated.options.refined:
        write_refinement(simulated, folder, layout)
    return files


def write_job(
    simulated: SimulatedClassification, folder: Path | str, layout: str
) -> RelionFiles | CryosparcFiles:
    """Write what has been simulated, in a layout by name."""
    check_layout(layout)
    version = LAYOUTS[layout]
    if version is None:
        return write_cryosparc(simulated, Path(folder))
    return write_relion(simulated, Path(folder), version=version)


def write_refinement(
    simulated: SimulatedClassification, folder: Path | str, layout: str
) -> RefinementFiles:
    """Refine simulated particles, and write that beside the classification, in the same layout."""
    check_layout(layout)
    refined = simulate_refinement(simulated, pose_error=simulated.options.pose_error)
    version = LAYOUTS[layout]
    if version is None:
        return write_cryosparc_refinement(simulated, refined, Path(folder))
    return write_relion_refinement(simulated, refined, Path(folder), version=version)


def check_layout(layout: str) -> None:
    """Refuse a layout that there isn't."""
    if layout not in LAYOUTS:
        raise OptionError(
            f"There is no layout {layout!r}.", hint=f"Choose from {', '.join(LAYOUTS)}."
        )


def demo_dataset(folder: Path) -> RelionFiles:
    """Write the demo's RELION project into a folder.

    Returns
    -------
    RelionFiles
        ``.job`` is what a person would point at; ``.truth_classes`` says what is what.
    """
    return write_relion(simulate_class_averages(DEMO), Path(folder))
