"""`rebalance scan`: which numbers of superclasses are worth trying."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rebalance import defaults
from rebalance.cli.arguments import (
    AffinityFile,
    ClassAveragesPath,
    ClusteringName,
    Device,
    ExcludeClasses,
    Executor,
    Factor,
    FormatName,
    HighPass,
    InputPath,
    Json,
    Junk,
    LowPass,
    MaskDiameter,
    MaxShift,
    MaxSize,
    MetricName,
    MinClassParticles,
    Mirror,
    OnlyClasses,
    Overwrite,
    Passthrough,
    PixelSize,
    Project,
    Quiet,
    Scheduler,
    Seed,
    Settings,
    Threads,
    UseCache,
)


def scan(
    path: InputPath,
    class_averages: ClassAveragesPath = None,
    numbers: Annotated[
        str | None,
        typer.Option(
            "--range",
            metavar="3-30",
            help="Numbers of superclasses to try: a range, or numbers with commas.",
            show_default="3-60",
        ),
    ] = None,
    clustering: ClusteringName = defaults.CLUSTERING,
    metric: MetricName = defaults.METRIC,
    mask_diameter: MaskDiameter = None,
    low_pass: LowPass = None,
    high_pass: HighPass = None,
    max_shift: MaxShift = None,
    mirror: Mirror = None,
    affinity: AffinityFile = None,
    settings: Settings = None,
    factor: Factor = None,
    max_size: MaxSize = None,
    seed: Seed = 0,
    exclude_classes: ExcludeClasses = None,
    only_classes: OnlyClasses = None,
    min_class_particles: MinClassParticles = 0,
    junk: Junk = "off",
    passthrough: Passthrough = None,
    project: Project = None,
    pixel_size: PixelSize = None,
    format: FormatName = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Folder for the table and the figure.",
            show_default="rebalance_<job>_scan",
        ),
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
    device: Device = "auto",
    executor: Executor = "local",
    scheduler: Scheduler = None,
    use_cache: UseCache = True,
) -> None:
    """Try every number of superclasses, and suggest one.

    [bold]rebalance scan Class2D/job013[/]                   3 to 60 superclasses

    [bold]rebalance scan Class2D/job013 --range 5-20 -f 0.5[/]   and what f = 0.5 would keep
    """
    from rebalance.cli.scan_view import show_scan
    from rebalance.cli.screen import progress_shown
    from rebalance.cli.typed_request import typed_request
    from rebalance.cli.words import parse_classes
    from rebalance.pipeline.scan_job import scan_job
    from rebalance.settings import AUTO

    request = typed_request(
        path,
        class_averages=class_averages,
        n_superclasses=AUTO,
        clustering=clustering,
        metric=metric,
        mask_diameter=mask_diameter,
        low_pass=low_pass,
        high_pass=high_pass,
        max_shift=max_shift,
        mirror=mirror,
        affinity_file=affinity,
        settings=settings,
        factor=factor,
        max_size=max_size,
        seed=seed,
        exclude_classes=exclude_classes,
        only_classes=only_classes,
        min_class_particles=min_class_particles,
        junk=junk,
        passthrough=passthrough,
        project=project,
        pixel_size=pixel_size,
        format=format,
        output=output,
        overwrite=overwrite,
        threads=threads,
        device=device,
        executor=executor,
        scheduler=scheduler,
        use_cache=use_cache,
    )
    tried = None if numbers is None else parse_classes(numbers, "--range", "number")
    with progress_shown(quiet=quiet) as progress:
        found = scan_job(request, tried, progress=progress)
    if json:
        from rebalance.record.run_record import as_json

        typer.echo(as_json(found.content))
    elif not quiet:
        show_scan(request, found)
