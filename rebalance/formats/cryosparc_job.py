"""Which files make up a CryoSPARC 2D classification, found from any one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.cs_file import CsTable, open_cs
from rebalance.formats.csg_file import read_group

CLASS_FIELD = "alignments2D/class"
_ITERATION = re.compile(r"_(\d{2,})_")


@dataclass(frozen=True)
class CryosparcJob:
    """The files of one classification.

    Parameters
    ----------
    particles : Path, optional
    passthrough : tuple of Path
        Those that the person or a result group names.
    averages : Path, optional
    notes : tuple of str
    """

    particles: Path | None
    passthrough: tuple[Path, ...] = ()
    averages: Path | None = None
    notes: tuple[str, ...] = ()


def find_job(path: Path) -> CryosparcJob:
    """The files of the classification that a folder, ``.cs`` or ``.csg`` belongs to.

    Raises
    ------
    InputError
        If it belongs to none.
    """
    if path.is_dir():
        particles = _particles_in(path)
        return CryosparcJob(particles, averages=averages_beside(particles))
    if path.suffix == ".csg":
        return _from_group(path)
    if is_averages(open_cs(path)):
        return CryosparcJob(None, averages=path)
    return CryosparcJob(path, averages=averages_beside(path))


def _from_group(path: Path) -> CryosparcJob:
    files = list(dict.fromkeys(read_group(path).values()))
    with_class = [file for file in files if CLASS_FIELD in (open_cs(file).dtype.names or ())]
    if not with_class:
        if len(files) == 1 and is_averages(open_cs(files[0])):
            return CryosparcJob(None, averages=files[0])
        raise InputError(
            f"No file of the group has {CLASS_FIELD}.",
            path=path,
            hint="Give the particles of a 2D classification or of Select 2D.",
        )
    main = with_class[0]
    others = tuple(file for file in files if file != main)
    return CryosparcJob(main, others, averages_beside(main))


def is_averages(table: CsTable) -> bool:
    """True for a table of class averages: it names images, and they have no class of their own."""
    names = set(table.dtype.names or ())
    if any(name.startswith(("alignments2D/", "location/", "ctf/")) for name in names):
        return False
    by_name = re.search(r"class_averages|templates", table.path.name) is not None
    return "blob/idx" in names and ("blob/res_A" in names or by_name)


def _particles_in(folder: Path) -> Path:
    candidates = [
        path
        for path in sorted(folder.glob("*.cs"))
        if "passthrough" not in path.name and "excluded" not in path.name and _has_class(path)
    ]
    if not candidates:
        raise InputError(
            f"The folder holds no CryoSPARC particles with {CLASS_FIELD}.",
            path=folder,
            hint="Give the folder of a 2D Classification or Select 2D job, or its particles .cs.",
        )
    last = _last_iteration(candidates)
    if last is None:
        raise InputError(
            "The folder holds several particle tables: "
            f"{', '.join(path.name for path in candidates)}.",
            path=folder,
            hint="Give the one that is meant.",
        )
    return last


def _last_iteration(paths: Iterable[Path]) -> Path | None:
    """The one of the highest iteration; None if that is not one alone."""
    by_iteration: dict[int, list[Path]] = {}
    for path in paths:
        found = _ITERATION.findall(path.name)
        by_iteration.setdefault(int(found[-1]) if found else -1, []).append(path)
    last = by_iteration[max(by_iteration)] if by_iteration else []
    return last[0] if len(last) == 1 else None


def _has_class(path: Path) -> bool:
    try:
        return CLASS_FIELD in (open_cs(path).dtype.names or ())
    except InputError:
        return False


def averages_beside(particles: Path) -> Path | None:
    """The table of class averages beside a particle table, or None."""
    name = particles.name
    for twin in (
        name.replace("particles_selected", "templates_selected"),
        name.replace("particles", "class_averages"),
        name.replace("particles", "templates"),
    ):
        if twin != name and particles.with_name(twin).is_file():
            return particles.with_name(twin)
    beside = {
        *particles.parent.glob("*class_averages*.cs"),
        *particles.parent.glob("*templates*.cs"),
    }
    return _last_iteration(path for path in sorted(beside) if "excluded" not in path.name)
