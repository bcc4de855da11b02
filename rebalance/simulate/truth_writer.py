"""What is true of a simulated classification: CSV and JSON beside the files that don't say it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rebalance.model import DoubleArray
from rebalance.simulate import symmetry
from rebalance.simulate.classification import SimulatedClassification

CLASSES, PARTICLES, ALL = "truth_classes.csv", "truth_particles.csv", "truth.json"

FORMAT, VERSION = "rebalance truth", 1


def write_truth(
    simulated: SimulatedClassification,
    particle_names: Sequence[object],
    folder: Path,
    *,
    first_class: int = 1,
) -> tuple[Path, Path, Path]:
    """Write ``truth_classes.csv``, ``truth_particles.csv`` and ``truth.json``.

    Parameters
    ----------
    simulated : SimulatedClassification
    particle_names : sequence (P,)
        By which the particle table knows each particle: image name or uid.
    folder : Path
    first_class : int
        Number of the first class in the files: 1 in RELION's, 0 in CryoSPARC's.

    Returns
    -------
    tuple of Path
        Classes: class_id, kind, superclass, mirrored, n_particles, view (unit vector, empty
        unless the kind is ``view``), the in-plane rotation in degrees and shift in pixels of its
        picture, junk_kind, mirror_of, n_neighbours. Particles: name, class_id, superclass, view,
        and rot, tilt, psi in degrees (empty where no single molecule is shown), shift in pixels,
        kind, mirrored. Superclass −1 is none. JSON: what holds for all, see `facts`.
    """
    classes, particles, everything = (folder / name for name in (CLASSES, PARTICLES, ALL))
    _write_classes(simulated, classes, first_class)
    _write_particles(simulated, particle_names, particles, first_class)
    with everything.open("w", encoding="utf-8") as file:
        json.dump(facts(simulated), file, indent=1, ensure_ascii=False, allow_nan=False)
        file.write("\n")
    return classes, particles, everything


def facts(simulated: SimulatedClassification) -> dict[str, Any]:
    """What ``truth.json`` holds: symmetry and its rotations, the views, the source, the options.

    Returns
    -------
    dict
        ``symmetry_operators`` are rotation matrices, the identity first: views v and g·v show the
        same picture, −g·v its mirror image. ``separation_deg`` is the smallest angle between two
        views, modulo both; None for one view.
    """
    options, molecule = simulated.options, simulated.molecule
    separation = symmetry.separation(simulated.axes, simulated.operators)
    recorded = options.model_dump(mode="json")
    # The place of a file differs from one machine to the next, and the truth doesn't.
    recorded["source"] = molecule.name
    return {
        "format": FORMAT,
        "version": VERSION,
        "symmetry": simulated.symmetry,
        "symmetry_operators": _rounded(simulated.operators, 12),
        "views": "continuous" if options.continuous else "discrete",
        "axes": _rounded(simulated.axes, 6),
        "popularity": _rounded(simulated.popularity, 6),
        "separation_deg": round(separation, 3) if np.isfinite(separation) else None,
        "n_averages": options.n_averages,
        "n_particles": options.n_particles,
        "box": options.box,
        "pixel_size": options.pixel_size,
        "source": {"kind": molecule.kind, "name": molecule.name, "sha256": molecule.sha256},
        "classes": CLASSES,
        "particles": PARTICLES,
        "options": recorded,
    }


def _write_classes(simulated: SimulatedClassification, path: Path, first: int) -> None:
    averages = simulated.class_averages
    assert averages.n_particles is not None
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "class_id,kind,superclass,mirrored,n_particles,view_x,view_y,view_z,"
            "in_plane_deg,shift_x_px,shift_y_px,junk_kind,mirror_of,n_neighbours\n"
        )
        for row, class_id in enumerate(averages.class_id):
            x, y = simulated.shift[row]
            other = simulated.mirror_of[row]
            file.write(
                f"{class_id - 1 + first},{simulated.kind[row]},{simulated.superclass[row]},"
                f"{int(simulated.mirrored[row])},{averages.n_particles[row]},"
                f"{_numbers(simulated.view[row], 6)},"
                f"{simulated.in_plane[row]:.4f},{x:.4f},{y:.4f},{simulated.junk_kind[row]},"
                f"{other - 1 + first if other else ''},{simulated.n_neighbours[row]}\n"
            )


def _write_particles(
    simulated: SimulatedClassification, names: Sequence[object], path: Path, first: int
) -> None:
    of_class = simulated.particle_class - 1
    columns = zip(
        names,
        (of_class + first).tolist(),
        simulated.particle_superclass.tolist(),
        simulated.particle_view.tolist(),
        simulated.particle_euler.tolist(),
        simulated.particle_place.tolist(),
        simulated.kind[of_class].tolist(),
        simulated.mirrored[of_class].tolist(),
        strict=True,
    )
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "name,class_id,superclass,view_x,view_y,view_z,rot_deg,tilt_deg,psi_deg,"
            "shift_x_px,shift_y_px,kind,mirrored\n"
        )
        file.writelines(
            f"{name},{class_id},{superclass},{_numbers(view, 6)},{_numbers(euler, 4)},"
            f"{x:.4f},{y:.4f},{kind},{int(mirrored)}\n"
            for name, class_id, superclass, view, euler, (x, y), kind, mirrored in columns
        )


def _numbers(values: Sequence[float] | DoubleArray, digits: int) -> str:
    # NaN is the only number unlike itself.
    return ",".join(f"{x:.{digits}f}" if x == x else "" for x in values)


def _rounded(values: DoubleArray, digits: int) -> Any:
    # Adding 0 makes −0.0 to 0.0.
    return (np.round(values, digits) + 0.0).tolist()
