"""The steps for use from Python; they also take paths, matrices and ``"auto"``.

Each step in its own room takes one dataclass and gives one; what makes that convenient stands here,
above them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt

from rebalance import defaults, engine
from rebalance.api.arguments import as_affinity, averages_of, classes_of, refuse_swapped
from rebalance.clusterings import cluster_classes
from rebalance.clusterings.advice import named_or_advised
from rebalance.contracts import Clustering, Metric
from rebalance.engine import AffinityStore
from rebalance.engine.checkpoint import Checkpoints
from rebalance.errors import OptionError
from rebalance.model import (
    Affinity,
    ClassAverages,
    Dataset,
    Scan,
    Superclasses,
    Views,
    views_of,
)
from rebalance.options import Options
from rebalance.scanning import scan_classes
from rebalance.scanning.view_width import number_for_width
from rebalance.settings.values import degrees
from rebalance.strategies import select
from rebalance.strategies.caps import Factor
from rebalance.strategies.small import CapFrom

__all__ = ["affinity", "cluster", "find_views", "scan", "select"]


def affinity(
    class_averages: ClassAverages | Dataset | Path | str,
    metric: str | Metric = defaults.METRIC,
    *,
    options: Mapping[str, Any] | Options | None = None,
    threads: int | None = None,
    device: str = "auto",
    executor: Any = "local",
    progress: Callable[[int, int], None] | None = None,
    cache: AffinityStore | None = None,
    checkpoints: Checkpoints | None = None,
) -> Affinity:
    """Measure the similarity of every pair of class averages.

    Parameters
    ----------
    class_averages : ClassAverages, Dataset, Path or str
        The averages, a data set with averages, or its path. Empty averages are left out; their
        affinity with all others is 0.
    metric : str or Metric
        Name of an installed metric, or an instance of any metric class.
    options : mapping or Options, optional
        The metric's options; lengths as in ``{"max_shift": "10px"}``.
    threads : int, optional
        All processors of this process by default, or ``NUMBA_NUM_THREADS``.
    device : {"auto", "cpu", "cuda"}
    executor : str, distributed.Client, Cluster or Executor
        Where to compute: in threads of this process (``"local"``), or on the workers of a Dask
        cluster (its client, or ``"dask"`` for the client of this process). Results are identical
        on processors of the same kind.
    progress : callable, optional
        Called with (pairs done, total), starting with those of a checkpoint.
    cache : AffinityStore, optional
        Where to look first, and to save; by default nothing is saved.
    checkpoints : Checkpoints, optional
        Where finished tiles are saved until the affinity is complete, so that the same call
        continues after an interruption; by default nowhere.

    Returns
    -------
    Affinity
        ``values`` float32 (N, N), symmetric, unit diagonal, in [0, 1]. It carries the particle
        counts of the averages.

    Raises
    ------
    OptionError
        An option of the metric is wrong, a length in Å is given but the pixel size is unknown,
        or the data set has no class averages.
    TypeError
        ``class_averages`` is something else.
    DeviceError
        A GPU is requested, but there is none.
    ExecutorError
        Requested workers can't be reached, are lost, or have other versions.
    PluginError
        There is no such metric, or it breaks its contract.
    """
    return engine.affinity(
        averages_of(class_averages, "rebalance.affinity"),
        metric,
        options=options,
        threads=threads,
        device=device,
        executor=executor,
        progress=progress,
        cache=cache,
        checkpoints=checkpoints,
    )


def cluster(
    affinity: Affinity | npt.ArrayLike,
    n_superclasses: int | Literal["auto"] | None = None,
    *,
    clustering: str | Clustering | None = None,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
    view_width: float | None = None,
    set_aside: Iterable[int] = (),
) -> Superclasses:
    """Group class averages into superclasses of similar view.

    Parameters
    ----------
    affinity : Affinity or float (N, N)
        Affinity of N averages. In a bare matrix they are numbered from 1.
    n_superclasses : int or ``"auto"``, optional
        K, 1 to the number of usable averages; ``"auto"``: as `rebalance.scan` suggests. Required
        unless the clustering finds it, or makes each average a superclass (``identity``). There
        it must be N (or the number of usable averages, with a note).
    clustering : str or Clustering, optional
        Name of an installed plugin, or an instance. By default as recommended by the metric of
        the affinity, with a note; else ``hierarchical``.
    options : Options or mapping, optional
        Of the clustering.
    seed : int ≥ 0
    n_particles : int (N,), optional
        Particles of each average, by default from the affinity. Averages without particles count
        as empty.
    left_out : iterable of int
        Class numbers not to be used.
    view_width : float, optional
        Instead of K: the fewest superclasses whose views are within this angle of each other, in
        degrees, on average over pairs. Needs an affinity with angles, as of ``views``.
    set_aside : iterable of int
        Class numbers to put in no superclass while keeping their particles, such as the suspects
        of `rebalance.curation.junk.score`.

    Returns
    -------
    Superclasses
        Numbered by size, the largest first (by number of averages if counts are unknown), ties
        by lowest class number. Independent of the order of the averages.

    Raises
    ------
    OptionError
        If K is missing, not a whole number, ≤ 0 or larger than the number of usable averages, if
        it is given together with an angle, if angles are unknown or not reliable, if no average
        is usable, if seed or options are out of range, or if a matrix is not an affinity.
    PluginError
        If the clustering does not exist or breaks its contract.
    TypeError
        If the arguments are swapped, or of the wrong type.
    """
    refuse_swapped(n_superclasses, "rebalance.cluster")
    affinity = as_affinity(affinity, "rebalance.cluster")
    classes = classes_of(affinity, n_particles, left_out, set_aside)
    clustering, options, notes = named_or_advised(
        clustering,
        options,
        affinity,
        tries_numbers=n_superclasses == "auto" or view_width is not None,
    )
    if view_width is not None:
        if n_superclasses is not None:
            raise OptionError(
                "`view_width` and `n_superclasses` can't be combined: both decide the number of "
                "superclasses.",
                hint="Leave out one of them.",
                setting="view_width",
            )
        found = number_for_width(
            classes,
            affinity,
            degrees("view_width", view_width),
            clustering=clustering,
            options=options,
            seed=seed,
        )
        n_superclasses, notes = found.number, (*notes, found.reason)
    if n_superclasses == "auto":
        scan = scan_classes(classes, affinity, clustering=clustering, options=options, seed=seed)
        superclasses = scan.superclasses[scan.suggestion.number]
        notes = (*notes, scan.suggestion.reason)
    else:
        superclasses = cluster_classes(
            classes, affinity, n_superclasses, clustering=clustering, options=options, seed=seed
        )
    return replace(superclasses, notes=(*notes, *superclasses.notes))


def find_views(
    class_averages: ClassAverages | Dataset | Affinity | Path | str,
    *,
    symmetry: str = "auto",
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    threads: int | None = None,
    cache: AffinityStore | None = None,
) -> Views:
    """Find the viewing direction of every class average, from the averages alone.

    >>> views = rebalance.find_views("Class2D/job013", symmetry="D2")
    >>> views.trusted, views.direction.shape
    (True, (100, 3))

    Parameters
    ----------
    class_averages : ClassAverages, Dataset, Affinity, Path or str
        The averages, a data set with averages, or its path. For an affinity by the metric
        ``views``, the views that it contains; everything else is then ignored.
    symmetry : str
        Point group of the molecule: C1, C4, D2, T, O, I, …; ``auto`` takes one where the averages
        support it. It matters: without it, views of a symmetric molecule are worse than images.
    seed : int ≥ 0
        Of the random starts.
    options : mapping, optional
        Further options of the metric ``views``.
    threads : int, optional
        As for `rebalance.affinity`.
    cache : AffinityStore, optional
        Where to look first, and to save; by default nothing is saved.

    Returns
    -------
    Views
        A row for each average. ``trusted`` says whether they are reliable.

    Raises
    ------
    OptionError
        If no average can be used, the point group does not exist, or an affinity has no views.
    TypeError
        If the averages are something else.
    """
    if isinstance(class_averages, Affinity):
        views = views_of(class_averages)
        if views is None:
            raise OptionError(
                f"This affinity ({class_averages.metric or 'unknown metric'}) contains no views.",
                hint='Compute one with rebalance.affinity(data, "views"), or pass the class '
                "averages.",
            )
        return views
    averages = averages_of(class_averages, "rebalance.find_views")
    if averages.is_empty.all():
        raise OptionError(
            f"None of the {len(averages)} class averages can be used: they are all empty, or have "
            "no particles.",
            hint="Check that particles and class averages are from the same job.",
        )
    found = engine.affinity(
        averages,
        defaults.VIEWS,
        options={**(options or {}), "symmetry": symmetry, "seed": seed},
        threads=threads,
        cache=cache,
    )
    return find_views(found)


def scan(
    affinity: Affinity | npt.ArrayLike,
    numbers: Iterable[int] | None = None,
    *,
    clustering: str | Clustering | None = None,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
    set_aside: Iterable[int] = (),
    factor: Factor | None = None,
    max_size: int | None = None,
    cap_from: CapFrom = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Try numbers of superclasses on one affinity, and suggest one.

    >>> found = rebalance.scan(affinity)
    >>> found.suggestion.number, found.suggestion.runners_up
    (12, (15,))

    Parameters
    ----------
    affinity : Affinity or float (N, N)
    numbers : iterable of int, optional
        Each K, 2 to the number of usable averages − 1; by default `default_numbers`.
    clustering, options, seed, n_particles, left_out, set_aside
        As for `rebalance.cluster`.
    factor, max_size, cap_from : optional
        As for `rebalance.select`: for the particles that each number would keep.
    progress : callable, optional
        Called with (groupings done, of how many).

    Raises
    ------
    OptionError
        If there are fewer than four usable averages, a number is out of range, or the clustering
        finds the number itself.
    TypeError
        If the affinity is something else.
    """
    affinity = as_affinity(affinity, "rebalance.scan")
    clustering, options, _ = named_or_advised(clustering, options, affinity, tries_numbers=True)
    return scan_classes(
        classes_of(affinity, n_particles, left_out, set_aside),
        affinity,
        numbers,
        clustering=clustering,
        options=options,
        seed=seed,
        factor=factor,
        max_size=max_size,
        cap_from=cap_from,
        progress=progress,
    )
