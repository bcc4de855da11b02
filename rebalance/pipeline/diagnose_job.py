"""`rebalance diagnose` as a job: preferred orientation, from poses and half maps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rebalance.formats.unchanged_file import begin_looks
from rebalance.half_maps.find import find_half_maps
from rebalance.half_maps.read import HalfMaps, open_half_maps
from rebalance.half_maps.signal import signal_of_half_maps
from rebalance.model import Diagnosis, DiagnosisResult, Posed
from rebalance.orientations.bins import bin_of, sphere_bins
from rebalance.orientations.sampling import fourier_sampling, thinned_sizes
from rebalance.pipeline.read_posed import read_posed
from rebalance.pipeline.write_diagnosis import write_diagnosis
from rebalance.progress import Progress
from rebalance.record.orientation_summary import summarise_diagnosis
from rebalance.record.reading import NOT_TO_BE_TRUSTED
from rebalance.record.results_folder import RUN_RECORD, ResultsFolder
from rebalance.record.run_record import build_record, plugin_facts, write_json
from rebalance.settings import DiagnoseSettings
from rebalance.settings.signature import DiagnoseCall, takes_orientation
from rebalance.system_errors import system_errors_told


@takes_orientation(DiagnoseCall)
def diagnose(settings: DiagnoseSettings, *, progress: Progress | None = None) -> DiagnosisResult:
    """Diagnose preferred orientation from poses and half maps of a refinement.

    >>> result = rebalance.diagnose("Refine3D/job021")
    >>> result.first.sampling.scf_star, result.first.half_maps.cfar
    (0.43, 0.21)

    Returns
    -------
    DiagnosisResult

    Raises
    ------
    RebalanceError
        A mistake in a file or a setting; nothing was written.
    """
    return execute_diagnosis(settings, progress=progress)


@system_errors_told()
def execute_diagnosis(
    settings: DiagnoseSettings, *, progress: Progress | None = None
) -> DiagnosisResult:
    """`diagnose`, for existing settings."""
    begin_looks()
    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    said = _Said()
    posed = _read(settings, settings.path, settings.symmetry, progress, said)
    # Particles that were selected lie apart from the files that state the point group, and two
    # groups could not be compared.
    group = settings.symmetry if posed is None else posed.symmetry
    posed_second = _read(settings, settings.compare, group, progress, said)
    maps = _open(settings, settings.path, settings.half_maps, said)
    # Particles that were selected lie where the half maps of all of them do.
    maps_second = _open(settings, None, settings.compare_half_maps, said)
    if maps is None and settings.mask is not None:
        said.warnings.append("`mask` is not used, because there are no half maps.")
    name = _name(posed, maps)
    place = settings.output or Path(settings.folder_name(name))
    read = [*_files(posed, maps), *_files(posed_second, maps_second)]
    with ResultsFolder(
        place, overwrite=settings.overwrite, inputs=[*settings.named_files, *read]
    ) as folder:
        n_second = None if posed_second is None else int(np.count_nonzero(posed_second.is_used))
        first = _diagnosis(settings, name, posed, maps, progress, also=n_second)
        second = None
        if posed_second is not None or maps_second is not None:
            other = _name(posed_second, maps_second)
            second = _diagnosis(settings, other, posed_second, maps_second, progress)
        if posed is not None:
            said.notes.append(NOT_TO_BE_TRUSTED)
        result = DiagnosisResult(
            first,
            second,
            folder.work,
            (),
            summarise_diagnosis(
                first,
                second,
                warnings=list(dict.fromkeys(said.warnings)),
                notes=list(dict.fromkeys(said.notes)),
            ),
        )
        files = write_diagnosis(settings, result, progress)
        progress.stage("record", "Writing the run record")
        formats = {one.dataset.format for one in (posed, posed_second) if one is not None}
        record = build_record(
            request=settings.to_json(),
            plugins={f"format {one}": plugin_facts("format", one, one) for one in sorted(formats)},
            inputs=[path for path in dict.fromkeys(read) if path.is_file()],
            folder=folder.work,
            outputs=files,
            affinity=None,
            started=started,
            seconds=progress.seconds,
        )
        write_json({"command": settings.command, **record}, folder.work / RUN_RECORD)
        names = [path.relative_to(folder.work) for path in files]
        folder.finish()
    progress.stage("")
    return replace(result, folder=folder.place, files=tuple(folder.place / name for name in names))


class _Said:
    """What the steps have to say."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.notes: list[str] = []


def _read(
    settings: DiagnoseSettings,
    path: Path | None,
    symmetry: str | None,
    progress: Progress,
    said: _Said,
) -> Posed | None:
    if path is None:
        return None
    progress.stage("read", f"Reading {path}")
    posed = read_posed(
        path,
        symmetry=symmetry,
        only_classes=settings.only_classes,
        format=settings.format,
        passthrough=settings.passthrough if path == settings.path else (),
        project=settings.project,
    )
    said.warnings += posed.warnings
    said.notes += posed.notes
    return posed


def _open(
    settings: DiagnoseSettings,
    path: Path | None,
    given: tuple[Path, Path] | None,
    said: _Said,
) -> HalfMaps | None:
    """The half maps that are given, or that are next to the particles; checked, not yet read."""
    mask = settings.mask
    if given is None and path is not None:
        found = find_half_maps(path)
        if found is not None:
            given = (found.first, found.second)
            said.notes.append(
                f"Using the half maps next to {path.name}: {found.first.name} and "
                f"{found.second.name}."
            )
            if mask is None and found.mask is not None:
                mask = found.mask
                said.notes.append(f"Using the mask {mask.name} found with them.")
    if given is None:
        return None
    if mask is None:
        said.notes.append(
            "The half maps are not masked, and noise around the molecule lowers all correlations. "
            "Give the mask of the refinement with `mask`."
        )
    maps = open_half_maps(*given, mask=mask, pixel_size=settings.pixel_size)
    said.warnings += maps.warnings
    return maps


def _diagnosis(
    settings: DiagnoseSettings,
    name: str,
    posed: Posed | None,
    maps: HalfMaps | None,
    progress: Progress,
    also: int | None = None,
) -> Diagnosis:
    """What one input says; ``also`` is a number of particles to draw at random."""
    found = Diagnosis(name, posed)
    if posed is not None:
        progress.stage("sampling", "Analyzing the sampling of Fourier space")
        direction = posed.direction
        bins = sphere_bins(
            settings.n_bins,
            posed.operations,
            symmetry=posed.symmetry,
            antipodal=settings.antipodal,
            scheme=settings.binning,
        )
        n = int(np.count_nonzero(posed.is_used))
        sizes = {*thinned_sizes(n), *((also,) if also is not None and also < n else ())}
        found = replace(
            found,
            bins=bins,
            bin=bin_of(bins, direction, threads=settings.threads),
            sampling=fourier_sampling(
                direction[posed.is_used],
                posed.operations,
                posed.symmetry,
                seed=settings.seed,
                thinned_to=sorted(sizes),
                threads=settings.threads,
            ),
        )
    if maps is not None:
        progress.stage("half_maps", "Comparing half maps in all directions")
        found = replace(
            found,
            half_maps=signal_of_half_maps(maps, threads=settings.threads),
            maps=tuple(_files(None, maps)),
        )
    return found


def _name(posed: Posed | None, maps: HalfMaps | None) -> str:
    if posed is not None:
        return posed.dataset.job
    assert maps is not None
    return maps.first.path.stem


def _files(posed: Posed | None, maps: HalfMaps | None) -> list[Path]:
    files = [] if posed is None else [*posed.dataset.sources]
    if maps is not None:
        used = (maps.first, maps.second, maps.mask)
        files += [one.path for one in used if one is not None]
    return files
