"""`rebalance run`: the main job."""

from __future__ import annotations

from rebalance import defaults
from rebalance.cli.arguments import (
    AffinityFile,
    ClassAveragesPath,
    ClusteringName,
    CopyTemplates,
    DecisionsFile,
    Device,
    DryRun,
    ExcludeClasses,
    Executor,
    Factor,
    Figures,
    FormatName,
    HighPass,
    InputPath,
    Json,
    Junk,
    JunkClasses,
    LabelsFile,
    LowPass,
    MaskDiameter,
    MaxShift,
    MaxSize,
    MetricName,
    MinClassParticles,
    Mirror,
    NoSuperclasses,
    NumberOfSuperclasses,
    OnlyClasses,
    Output,
    Overwrite,
    Passthrough,
    PixelSize,
    Project,
    Quiet,
    Scale,
    Scheduler,
    Seed,
    Settings,
    StrategyName,
    Strict,
    Threads,
    UseCache,
)


def run(
    path: InputPath,
    class_averages: ClassAveragesPath = None,
    n_superclasses: NumberOfSuperclasses = None,
    no_superclasses: NoSuperclasses = False,
    labels: LabelsFile = None,
    decisions: DecisionsFile = None,
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
    strategy: StrategyName = defaults.STRATEGY,
    seed: Seed = 0,
    exclude_classes: ExcludeClasses = None,
    only_classes: OnlyClasses = None,
    min_class_particles: MinClassParticles = 0,
    junk_classes: JunkClasses = None,
    junk: Junk = "off",
    strict: Strict = False,
    passthrough: Passthrough = None,
    project: Project = None,
    pixel_size: PixelSize = None,
    format: FormatName = None,
    output: Output = None,
    overwrite: Overwrite = False,
    figures: Figures = True,
    scale: Scale = "percentile",
    copy_templates: CopyTemplates = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
    device: Device = "auto",
    executor: Executor = "local",
    scheduler: Scheduler = None,
    use_cache: UseCache = True,
) -> None:
    """Group class averages into superclasses, balance particles.

    [bold]rebalance run Class2D/job013 -k 8[/]          look at the superclasses first

    [bold]rebalance run Class2D/job013 -k 8 -f 0.5[/]   then balance the particles
    """
    from rebalance.cli.perform import perform
    from rebalance.cli.words import parse_classes, parse_number, parse_settings
    from rebalance.request import RunRequest

    request = RunRequest(
        path=path,
        class_averages=class_averages,
        n_superclasses=parse_number(n_superclasses),
        factor=factor,
        max_size=max_size,
        superclasses=not no_superclasses,
        labels=labels,
        decisions=decisions,
        metric=metric,
        clustering=clustering,
        strategy=strategy,
        options=parse_settings(
            settings or (),
            {
                "mask_diameter": mask_diameter,
                "low_pass": low_pass,
                "high_pass": high_pass,
                "max_shift": max_shift,
                "mirror": mirror,
            },
        ),
        seed=seed,
        output=output,
        overwrite=overwrite,
        figures=figures,
        scale=scale,
        affinity_file=affinity,
        use_cache=use_cache,
        threads=threads,
        device=device,
        executor=executor,
        scheduler=scheduler,
        format=format,
        passthrough=tuple(passthrough or ()),
        project=project,
        pixel_size=pixel_size,
        # An empty word, of a shell variable that is not set, must not stand for every class.
        exclude_classes=(
            () if exclude_classes is None else parse_classes(exclude_classes, "--exclude-classes")
        ),
        only_classes=(
            None if only_classes is None else parse_classes(only_classes, "--only-classes")
        ),
        min_class_particles=min_class_particles,
        junk_classes=(
            () if junk_classes is None else parse_classes(junk_classes, "--junk-classes")
        ),
        junk=junk,
        strict=strict,
        copy_templates=copy_templates,
    )
    perform(request, dry_run=dry_run, json=json, quiet=quiet)
