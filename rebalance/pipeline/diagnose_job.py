"""`rebalance diagnose` as a job: what poses and half maps say of preferred orientation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rebalance.half_maps.find import find_half_maps
from rebalance.half_maps.signal import half_map_signal_of_files
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
    """What poses and half maps of a refinement say of preferred orientation.

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
    """`diagnose`, for settings that are made already."""
    progress = progress or Progress()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    said = _Said()
    posed = _read(settings, settings.path, progress, said)
    posed_second = _read(settings, settings.compare, progress, said)
    maps, maps_second = _half_maps(settings, said)
    name = posed.dataset.job if posed is not None else maps[0].stem
    place = settings.output or Path(settings.folder_name(name))
    read = [*(posed.dataset.sources if posed else ()), *maps]
    read += [*(posed_second.dataset.sources if posed_second else ()), *maps_second]
    with ResultsFolder(
        place, overwrite=settings.overwrite, inputs=[*settings.named_files, *read]
    ) as folder:
        n_second = None if posed_second is None else int(np.count_nonzero(posed_second.is_used))
        first = _diagnosis(settings, name, posed, maps, progress, said, also=n_second)
        second = None
        if posed_second is not None or maps_second:
            second_name = (
                posed_second.dataset.job if posed_second is not None else maps_second[0].stem
            )
            second = _diagnosis(settings, second_name, posed_second, maps_second, progress, said)
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
    settings: DiagnoseSettings, path: Path | None, progress: Progress, said: _Said
) -> Posed | None:
    if path is None:
        return None
    progress.stage("read", f"Reading {path}")
    posed = read_posed(
        path,
        symmetry=settings.symmetry,
        only_classes=settings.only_classes,
        format=settings.format,
        passthrough=settings.passthrough if path == settings.path else (),
        project=settings.project,
    )
    said.warnings += posed.warnings
    said.notes += posed.notes
    return posed


def _half_maps(
    settings: DiagnoseSettings, said: _Said
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The half maps of both inputs: those given, or found beside the first."""
    maps: tuple[Path, ...] = settings.half_maps or ()
    if not maps and settings.path is not None:
        found = find_half_maps(settings.path)
        if found is not None:
            maps = found
            said.notes.append(f"Half maps {maps[0].name} and {maps[1].name} lie beside it.")
    if not maps and settings.mask is not None:
        said.warnings.append("`mask` is not used: there are no half maps.")
    return maps, settings.compare_half_maps or ()


def _diagnosis(
    settings: DiagnoseSettings,
    name: str,
    posed: Posed | None,
    maps: tuple[Path, ...],
    progress: Progress,
    said: _Said,
    also: int | None = None,
) -> Diagnosis:
    """What one input says; ``also`` is a number of particles to draw at random."""
    found = Diagnosis(name, posed)
    if posed is not None:
        progress.stage("sampling", "Looking at the sampling of Fourier space")
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
    if maps:
        progress.stage("half_maps", "Comparing half maps in all directions")
        signal, warnings = half_map_signal_of_files(
            maps[0],
            maps[1],
            mask=settings.mask,
            pixel_size=settings.pixel_size,
            threads=settings.threads,
        )
        said.warnings += warnings
        read = (*maps[:2], *(() if settings.mask is None else (settings.mask,)))
        found = replace(found, half_maps=signal, maps=read)
    return found
