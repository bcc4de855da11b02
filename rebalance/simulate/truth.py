"""What is true of a simulated classification, as CSV beside the files that don't say it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rebalance.simulate.classification import SimulatedClassification

CLASSES, PARTICLES = "truth_classes.csv", "truth_particles.csv"


def write_truth(
    simulated: SimulatedClassification, particle_names: Sequence[object], folder: Path
) -> tuple[Path, Path]:
    """Write ``truth_classes.csv`` and ``truth_particles.csv``.

    Parameters
    ----------
    simulated : SimulatedClassification
    particle_names : sequence (P,)
        By which the particle table knows each particle: image name or uid.
    folder : Path

    Returns
    -------
    tuple of Path
        Classes: class_id, kind, superclass, mirrored, n_particles, view (unit vector, empty
        unless the kind is ``view``). Particles: name, class_id, superclass, view, and rot, tilt,
        psi in degrees. Superclass −1 is none.
    """
    averages = simulated.class_averages
    assert averages.n_particles is not None
    classes = folder / CLASSES
    with classes.open("w", encoding="utf-8") as file:
        file.write("class_id,kind,superclass,mirrored,n_particles,view_x,view_y,view_z\n")
        for row, class_id in enumerate(averages.class_id):
            view = ["" if np.isnan(x) else f"{x:.6f}" for x in simulated.view[row]]
            file.write(
                f"{class_id},{simulated.kind[row]},{simulated.superclass[row]},"
                f"{int(simulated.mirrored[row])},{averages.n_particles[row]},{','.join(view)}\n"
            )
    particles = folder / PARTICLES
    with particles.open("w", encoding="utf-8") as file:
        file.write("name,class_id,superclass,view_x,view_y,view_z,rot_deg,tilt_deg,psi_deg\n")
        columns = zip(
            particle_names,
            simulated.particle_class.tolist(),
            simulated.particle_superclass.tolist(),
            simulated.particle_view.tolist(),
            simulated.particle_euler.tolist(),
            strict=True,
        )
        file.writelines(
            f"{name},{class_id},{superclass},"
            f"{x:.6f},{y:.6f},{z:.6f},{rot:.4f},{tilt:.4f},{psi:.4f}\n"
            for name, class_id, superclass, (x, y, z), (rot, tilt, psi) in columns
        )
    return classes, particles
