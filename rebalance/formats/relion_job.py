"""Which files make up a RELION classification or refinement, found from any one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from rebalance.errors import InputError
from rebalance.formats.paths import job_name, results_folder_said
from rebalance.formats.relion_paths import file_beside, is_beside, locate, locate_beside
from rebalance.formats.relion_poses import PSI, ROT, TILT
from rebalance.formats.star_file import StarBlock, StarFile
from rebalance.formats.star_loop import StarLoop

_ITERATION = re.compile(
    r"(?P<root>.*?)(?:_ct(?P<ct>\d+))?_it(?P<it>\d+)_(?P<part>data|model|optimiser)\.star"
)
_FINAL = re.compile(r"(?P<root>.*?)(?:_ct(?P<ct>\d+))?_data\.star")
"""What a refinement writes when it has converged."""

_BESIDE_CHOSEN = ("particles.star", "particles_selected.star")
"""Particle tables next to a table of selected class averages: from a Select job, or from our
External job.
"""

_HALF = re.compile(r"_half[12]$")
_HINT_FOLDER = (
    "Give a Class2D or Select job folder, or one of its files: run_it025_optimiser.star, "
    "run_it025_data.star, particles.star."
)
_HINT_REFINEMENT = (
    "Give a Refine3D, Class3D or InitialModel job folder, or one of its files: run_data.star, "
    "run_it025_data.star, run_it025_optimiser.star."
)

OPTIMISER, PARTICLES, AVERAGES, OTHER = (
    "optimiser",
    "particle table",
    "class averages table",
    "other star file",
)
"""What a star file may be."""


@dataclass(frozen=True)
class RelionJob:
    """The files of one classification or refinement.

    Parameters
    ----------
    name : str
    particles, averages, optimiser : Path, optional
        Particle table; model, class averages table or stack; optimiser.
    notes : tuple of str
        What was chosen among several.
    rivals : tuple of Path
        Several tables of class averages that the particles may belong to.
    table : StarFile, optional
        The particle table, where it had to be opened to know what it is.
    """

    name: str
    particles: Path | None = None
    averages: Path | None = None
    optimiser: Path | None = None
    notes: tuple[str, ...] = ()
    rivals: tuple[Path, ...] = ()
    table: StarFile | None = None


def kind_of(star: StarFile) -> str:
    """`OPTIMISER`, `PARTICLES`, `AVERAGES` or `OTHER`."""
    if star.block("optimiser_general") is not None:
        return OPTIMISER
    if averages_block(star) is not None:
        return AVERAGES
    return PARTICLES if particle_block(star) is not None else OTHER


def averages_block(star: StarFile) -> StarBlock | None:
    """The block whose table names reference images, or None."""
    return _block_with(star, "model_classes", ("rlnReferenceImage",))


def particle_block(star: StarFile) -> StarBlock | None:
    """The block that holds the particles, or None."""
    named = star.block("particles")
    if named is not None and named.loop is not None:
        return named
    return (
        _block_with(star, "images", ("rlnImageName",))
        or _block_with(star, "", ("rlnClassNumber", "rlnMicrographName"))
        or _block_with(star, "", (ROT, TILT, PSI))
    )


def _block_with(star: StarFile, name: str, labels: tuple[str, ...]) -> StarBlock | None:
    found = [
        block
        for block in star.blocks
        if block.loop is not None and set(labels) <= set(block.loop.labels)
    ]
    return next((block for block in found if block.name == name), found[0] if found else None)


def loop_of(block: StarBlock) -> StarLoop:
    """The table of a block that is known to have one."""
    assert block.loop is not None
    return block.loop


def find_job(path: Path, project: Path | None, *, needs_class: bool = True) -> RelionJob:
    """The files of the classification that a folder or file belongs to.

    Parameters
    ----------
    path : Path
    project : Path, optional
        The project folder, where a person names it.
    needs_class : bool
        False if a refinement is meant: of a folder its end comes before any iteration.

    Raises
    ------
    InputError
        If it belongs to none.
    """
    job = (
        _from_folder(path, needs_class) if path.is_dir() else _from_file(path, project, needs_class)
    )
    return replace(job, name=job_name(path))


def _from_folder(folder: Path, needs_class: bool) -> RelionJob:
    final = None if needs_class else _end_of_refinement(folder)
    if final is not None:
        return job_beside(final)
    iterations: dict[tuple[int, int, str], set[str]] = {}
    for entry in folder.iterdir():
        match = _ITERATION.fullmatch(entry.name)
        if match:
            key = (int(match["it"]), int(match["ct"] or 0), entry.name[: -len(match["part"]) - 6])
            iterations.setdefault(key, set()).add(match["part"])
    complete = [key for key, parts in iterations.items() if "data" in parts]
    if complete:
        last = max(complete)
        rivals = [key for key in complete if key[:2] == last[:2] and key != last]
        if rivals:
            raise InputError(
                f"The folder has several classifications that reach iteration {last[0]}: "
                f"{', '.join(sorted(key[2] for key in [last, *rivals]))}.",
                path=folder,
                hint="Give the optimiser star of the one that you want.",
            )
        job = job_beside(folder / f"{last[2]}_data.star")
        newer = max(iterations)
        notes = [
            (f"Using {last[2]}_data.star, the last of {len(complete)} iterations in the folder.")
        ]
        if newer > last:
            notes.append(f"{newer[2]} has no data star and was left out. Is the job still running?")
        return replace(job, notes=tuple(notes[len(complete) < 2 :]))
    if (folder / "particles.star").is_file():
        return job_beside(folder / "particles.star")
    tables = [star for star in sorted(folder.glob("*.star")) if _is_particle_table(star)]
    if len(tables) == 1:
        return job_beside(tables[0])
    if results := results_folder_said(folder):
        raise InputError(results[0], path=folder, hint=results[1])
    raise InputError(
        f"The folder has no RELION {'2D classification' if needs_class else '3D refinement'}"
        + (f", but several tables: {', '.join(one.name for one in tables)}." if tables else "."),
        path=folder,
        hint=_HINT_FOLDER if needs_class else _HINT_REFINEMENT,
    )


def _end_of_refinement(folder: Path) -> Path | None:
    """The table that a refinement wrote at its end: ``run_data.star``, of the last continuation."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("*_data.star")):
        match = _FINAL.fullmatch(path.name)
        if match and not _ITERATION.fullmatch(path.name) and _is_particle_table(path):
            found.setdefault(int(match["ct"] or 0), []).append(path)
    if not found:
        return None
    last = found[max(found)]
    if len(last) > 1:
        raise InputError(
            f"The folder has several refinements: {', '.join(path.name for path in last)}.",
            path=folder,
            hint="Give the one that you want.",
        )
    return last[0]


def _is_particle_table(path: Path) -> bool:
    try:
        return kind_of(StarFile(path)) == PARTICLES
    except InputError:
        return False


def job_beside(particles: Path) -> RelionJob:
    """The job of a particle table, by RELION's names for what is next to it."""
    averages = optimiser = None
    # A link may have any name.
    for path in dict.fromkeys((particles, particles.resolve())):
        if path.name.endswith("_data.star"):
            root = path.name.removesuffix("_data.star")
            averages = file_beside(path, f"{root}_model.star", f"{root}_classes.mrcs")
            optimiser = file_beside(path, f"{root}_optimiser.star")
        elif path.name in _BESIDE_CHOSEN:
            averages = file_beside(path, "class_averages.star")
        if averages or optimiser:
            break
    return RelionJob("", particles, averages, optimiser)


def _from_file(path: Path, project: Path | None, needs_class: bool) -> RelionJob:
    star = StarFile(path)
    kind = kind_of(star)
    if kind == PARTICLES:
        return replace(job_beside(path), table=star)
    if kind == OPTIMISER:
        return _from_optimiser(star, project)
    if kind == AVERAGES:
        particles = file_beside(path, *_tables_of(path), *_tables_of(path.resolve()))
        if particles is None:
            return RelionJob("", None, path)
        what = "class averages" if needs_class else "maps"
        note = f"{path.name} lists {what}; the particles are read from {particles.name}."
        return replace(job_beside(particles), averages=path, notes=(note,))
    blocks = ", ".join(f"data_{block.name}" for block in star.blocks[:6])
    raise InputError(
        f"The star file has neither particles nor class averages; its blocks are {blocks}.",
        path=path,
        hint=_HINT_FOLDER if needs_class else _HINT_REFINEMENT,
    )


def _tables_of(averages: Path) -> list[str]:
    """Names of the particle table of a model or a table of chosen class averages."""
    if averages.name == "class_averages.star":
        return ["particles.star"]
    if averages.name.endswith("_model.star"):
        return [_HALF.sub("", averages.name.removesuffix("_model.star")) + "_data.star"]
    return []


def _from_optimiser(star: StarFile, project: Path | None) -> RelionJob:
    block = star.block("optimiser_general")
    assert block is not None
    name = block.pairs.get("rlnExperimentalDataStarFile", "")
    if not name:
        raise InputError(
            "The optimiser has no rlnExperimentalDataStarFile, which points to its particles. Is "
            "it cut short?",
            path=star.path,
            hint="Give the *_data.star next to it.",
        )
    data = locate_beside(name, star.path, project, "the particle table")
    beside = job_beside(data)
    model = locate(block.pairs.get("rlnModelStarFile", ""), star.path, project)
    if model is not None and (project is not None or is_beside(model.path, star.path)):
        beside = replace(beside, averages=model.path)
    return replace(beside, optimiser=star.path)


def particle_diameter(optimiser: Path | None) -> float | None:
    """``rlnParticleDiameter`` of an optimiser star in Å, or None."""
    if optimiser is None:
        return None
    block = StarFile(optimiser).block("optimiser_general")
    try:
        value = float(block.pairs["rlnParticleDiameter"]) if block is not None else 0.0
    except (KeyError, ValueError):
        return None
    return value if 0 < value < float("inf") else None
