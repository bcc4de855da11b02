"""The steps after the affinity: junk set aside, the number found, superclasses, particles kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rebalance.curation.junk import look_for_junk
from rebalance.errors import InputError
from rebalance.model import (
    Affinity,
    AverageQuality,
    Classes,
    NumberForWidth,
    Scan,
    Selection,
    Superclasses,
)
from rebalance.pipeline.check_settings import check_grouping
from rebalance.pipeline.prepare import Prepared
from rebalance.settings import AUTO, IDENTITY, RunSettings, plugin_name
from rebalance.strategies.subsets import Subsets, make_subsets


@dataclass(frozen=True, eq=False)
class Grouped:
    """What became of a data set, before anything is written.

    Parameters
    ----------
    settings : RunSettings
        With the number of superclasses, where it was left to a scan.
    classes : Classes
        Without those left out or set aside as junk.
    quality : AverageQuality, optional
        Where junk was looked for.
    scan : Scan, optional
        Where the number was left to it.
    for_width : NumberForWidth, optional
        Where the number was left to an angle.
    superclasses : Superclasses
    selection : Selection, optional
        None without particles.
    """

    settings: RunSettings
    classes: Classes
    quality: AverageQuality | None
    scan: Scan | None
    for_width: NumberForWidth | None
    superclasses: Superclasses
    selection: Selection | None


def group_and_select(prepared: Prepared, affinity: Affinity | None) -> Grouped:
    """Set junk aside, find the number, make superclasses, balance particles; each as settings say.

    Raises
    ------
    RebalanceError
        If superclasses or a selection can't be made.
    """
    settings, progress = prepared.settings, prepared.progress
    quality, classes = without_junk(prepared, affinity)
    scan = for_width = None
    if settings.view_width is not None:
        for_width = find_number_for_width(prepared, classes, affinity, settings.view_width)
        settings = replace(settings, n_superclasses=for_width.number, view_width=None)
    elif settings.n_superclasses == AUTO:
        scan = try_numbers(prepared, classes, affinity)
        settings = replace(settings, n_superclasses=scan.suggestion.number)
    progress.stage("group", "Grouping class averages")
    superclasses = _superclasses(settings, prepared, classes, affinity)
    progress.stage("select", "Selecting particles")
    selection = _selection(settings, prepared, superclasses)
    return Grouped(settings, classes, quality, scan, for_width, superclasses, selection)


def without_junk(
    prepared: Prepared, affinity: Affinity | None
) -> tuple[AverageQuality | None, Classes]:
    """What averages tell of their quality, where asked; and the classes that are used then.

    Raises
    ------
    OptionError
        If fewer class averages are left than superclasses are asked for.
    """
    before = prepared.classes
    quality, classes = look_for_junk(
        prepared.settings, prepared.dataset, before, affinity, given=prepared.verdicts
    )
    if classes.takes_part.sum() < before.takes_part.sum():
        check_grouping(prepared.settings, classes)
    return quality, classes


def try_numbers(
    prepared: Prepared,
    classes: Classes,
    affinity: Affinity | None,
    numbers: Sequence[int] | None = None,
) -> Scan:
    """Numbers of superclasses tried on the classes that are used.

    Raises
    ------
    InputError
        If there is no affinity to try them on.
    """
    settings = prepared.settings
    affinity = _to_try_numbers_on(affinity, settings)
    from rebalance.scanning import scan_classes

    prepared.progress.stage("scan", "Trying numbers of superclasses")
    return scan_classes(
        classes,
        affinity,
        numbers,
        clustering=settings.clustering,
        options=settings.options_of("clustering"),
        seed=settings.seed,
        factor=settings.factor,
        max_size=settings.max_size,
        cap_from=settings.decides_from,
        progress=prepared.progress.advance,
    )


def find_number_for_width(
    prepared: Prepared, classes: Classes, affinity: Affinity | None, width: float
) -> NumberForWidth:
    """The fewest superclasses within an angle, of the classes that are used.

    Raises
    ------
    InputError
        If there is no affinity to try them on.
    OptionError
        If it knows no angles, or none that can be trusted.
    """
    settings = prepared.settings
    affinity = _to_try_numbers_on(affinity, settings)
    from rebalance.scanning.view_width import number_for_width

    prepared.progress.stage("width", "Trying numbers of superclasses")
    return number_for_width(
        classes,
        affinity,
        width,
        clustering=settings.clustering,
        options=settings.options_of("clustering"),
        seed=settings.seed,
    )


def _to_try_numbers_on(affinity: Affinity | None, settings: RunSettings) -> Affinity:
    if affinity is None:
        raise InputError(
            "No class averages were found, but they are needed to try numbers of superclasses.",
            path=settings.path,
            hint="Give the stack as `class_averages`, or set `n_superclasses` to a number.",
        )
    return affinity


def _superclasses(
    settings: RunSettings, prepared: Prepared, classes: Classes, affinity: Affinity | None
) -> Superclasses:
    """By the labels, the clustering, or of one class average each."""
    from rebalance import clusterings

    if settings.is_off:
        name = plugin_name(settings.clustering) if settings.superclasses else IDENTITY
        return clusterings.identity_superclasses(classes, settings.number, clustering=name)
    labels: Mapping[int, str] | None = None
    if settings.labels is not None:
        from rebalance.clusterings.labels import read_labels

        labels = read_labels(settings.labels)
    elif prepared.decisions is not None:
        labels = prepared.decisions.labels
    if labels is not None:
        return clusterings.from_labels(classes, labels, affinity)
    if affinity is None and settings.needs_affinity:
        raise InputError(
            "No class averages were found, but they are needed to make superclasses.",
            path=settings.path,
            hint="Give the stack as `class_averages`, or balance the classes themselves with "
            "`superclasses=False`.",
        )
    return clusterings.cluster_classes(
        classes,
        affinity,
        settings.number,
        clustering=settings.clustering,
        options=settings.options_of("clustering"),
        seed=settings.seed,
    )


def _selection(
    settings: RunSettings, prepared: Prepared, superclasses: Superclasses
) -> Selection | None:
    """Particles that stay; None where there are none."""
    particles = prepared.dataset.particles
    if particles is None:
        return None
    from rebalance import strategies

    return strategies.select(
        particles,
        superclasses,
        factor=settings.factor,
        max_size=settings.max_size,
        cap_from=settings.decides_from,
        strategy=settings.strategy,
        options=settings.options_of("strategy"),
        seed=settings.seed,
    )


def draw_subsets(prepared: Prepared, grouped: Grouped) -> Subsets | None:
    """Balanced subsets, where settings ask for them.

    Raises
    ------
    OptionError
        If they can't be drawn.
    """
    particles, settings = prepared.dataset.particles, grouped.settings
    if settings.subsets is None or particles is None or grouped.selection is None:
        return None
    return make_subsets(
        particles,
        grouped.superclasses,
        grouped.selection,
        settings.subsets,
        strategy=settings.strategy,
        options=grouped.selection.options,
    )
