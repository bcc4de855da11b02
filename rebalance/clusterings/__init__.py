"""Superclasses from an affinity, from a person's own labels, or of one class average each.

The step between the engine and the strategies: it keeps averages that are empty or left out away
from the clustering plugin, and gives its labels their final numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import defaults
from rebalance.clusterings.n_superclasses import (
    as_counts,
    check_known,
    check_number,
    check_result,
    sorted_numbers,
    usable_averages,
)
from rebalance.clusterings.numbering import number_superclasses
from rebalance.clusterings.run_plugin import linkage_in_order, run_plugin
from rebalance.contracts import Clustering, ClusteringInput
from rebalance.errors import OptionError
from rebalance.left_out import name_classes
from rebalance.model import (
    BY_CLUSTERING,
    BY_LABELS,
    BY_NONE,
    UNASSIGNED,
    Affinity,
    BoolArray,
    IntArray,
    Superclasses,
)
from rebalance.options import Options
from rebalance.plugin_validation import overrides
from rebalance.registry import bind

__all__ = ["cluster", "cluster_each", "from_labels", "identity_superclasses", "shares_work"]


def cluster(
    affinity: Affinity | npt.ArrayLike,
    n_superclasses: int | None = None,
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
    is_empty: npt.ArrayLike | None = None,
) -> Superclasses:
    """Group class averages into superclasses of similar view.

    Parameters
    ----------
    affinity : Affinity or int (N,)
        Of N averages; or the class numbers alone, for a clustering that needs no affinity.
    n_superclasses : int, optional
        K, 1 to the number of usable averages. Required unless the clustering finds it itself or
        puts each average by itself (``identity``), where it must equal N (or the number of
        usable averages, with a note).
    clustering : str or Clustering
        Name of an installed plugin, or an instance.
    options : Options or mapping, optional
        Of the clustering.
    seed : int ≥ 0
    n_particles : int (N,), optional
        Particles of each average. An average without any counts as empty.
    left_out : iterable of int
        Class numbers not to be used.
    is_empty : bool (N,), optional
        Averages that are empty besides those that the affinity says are.

    Returns
    -------
    Superclasses
        Numbered by falling particle count (number of averages without ``n_particles``), ties by
        lowest class number. The same for any order of the averages.

    Raises
    ------
    OptionError
        If K is missing, no whole number, ≤ 0 or larger than the number of usable averages, if no
        average is usable, if the clustering needs an affinity and there is none, or if seed or
        options are out of range.
    PluginError
        If the clustering is not there or breaks its contract.
    """
    return cluster_each(
        affinity,
        (n_superclasses,),
        clustering=clustering,
        options=options,
        seed=seed,
        n_particles=n_particles,
        left_out=left_out,
        is_empty=is_empty,
    )[n_superclasses]


def cluster_each(
    affinity: Affinity | npt.ArrayLike,
    numbers: Sequence[int | None],
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
    is_empty: npt.ArrayLike | None = None,
) -> dict[int | None, Superclasses]:
    """What `cluster` gives for each of several numbers of superclasses, for little more work.

    Parameters
    ----------
    affinity
    numbers : sequence of int
        Each K; None for a clustering that finds it.
    clustering, options, seed, n_particles, left_out, is_empty
        As for `cluster`. A clustering without ``cluster_many`` (`shares_work`) is called for each
        number.

    Returns
    -------
    dict of int to Superclasses

    Raises
    ------
    OptionError, PluginError
        As `cluster` does, for any of the numbers.
    """
    bound = bind("clustering", clustering, options)
    class_id, of_all, empty = _parts(affinity)
    if of_all is None and bound.plugin.needs_affinity:
        raise OptionError(
            f"The clustering {bound.name} needs an affinity; there are only class numbers.",
            hint="Compute it with rebalance.affinity.",
        )
    if is_empty is not None:
        empty = empty | np.asarray(is_empty, dtype=np.bool_)
    counts = as_counts(n_particles, len(class_id))
    left = sorted_numbers(left_out)
    usable = usable_averages(class_id, empty, counts, left)
    is_off = bound.plugin.each_by_itself
    checked = {
        asked: check_number(
            asked,
            n_read=len(class_id),
            n_usable=int(usable.sum()),
            identity=is_off,
            may_be_missing=bound.plugin.finds_number,
            name=bound.name,
        )
        for asked in numbers
    }

    # The plugin sees the averages by class number, so that ties can't fall by their order.
    shown = np.flatnonzero(usable)
    shown = shown[np.argsort(class_id[shown], kind="stable")]
    values = (
        np.eye(len(shown), dtype=np.float32)
        if of_all is None
        else np.ascontiguousarray(of_all[np.ix_(shown, shown)])
    )
    averages = ClusteringInput(values, class_id[shown], None if counts is None else counts[shown])
    wanted = tuple(dict.fromkeys(number for number, _ in checked.values()))
    results = run_plugin(bound, averages, wanted, seed)

    found: dict[int | None, Superclasses] = {}
    for asked, (number, notes) in checked.items():
        result = results[number]
        said = check_result(result, len(shown), number, bound.name)
        label = np.full(len(class_id), UNASSIGNED, dtype=np.int64)
        label[shown] = np.unique(result.label, return_inverse=True)[1]
        found[asked] = number_superclasses(
            label,
            class_id,
            values=of_all,
            n_particles=counts,
            linkage=linkage_in_order(result.linkage, shown),
            preferred_order=None if result.order is None else shown[result.order],
            clustering=bound.name,
            options=bound.recorded_options,
            left_out=left,
            notes=(*notes, *said),
            by=BY_NONE if is_off else BY_CLUSTERING,
        )
    return found


def label_each(
    values: npt.NDArray[np.float32],
    numbers: Sequence[int],
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> dict[int, IntArray]:
    """The bare labels of each number of superclasses, for those who group many matrices.

    Parameters
    ----------
    values : float32 (n, n)
        Affinity of n averages, all of them usable.
    numbers : sequence of int
        Each K, 1 to n.
    clustering, options, seed
        As for `cluster`.

    Returns
    -------
    dict of int to int64 (n,)
        Labels 0 … K−1 in the plugin's own order.
    """
    bound = bind("clustering", clustering, options)
    averages = ClusteringInput(values, np.arange(len(values), dtype=np.int64))
    results = run_plugin(bound, averages, tuple(numbers), seed)
    labels = {}
    for number in numbers:
        check_result(results[number], len(values), number, bound.name)
        labels[number] = np.unique(results[number].label, return_inverse=True)[1].astype(np.int64)
    return labels


def shares_work(clustering: str | Clustering) -> bool:
    """Whether a clustering groups by many numbers for little more than one (``cluster_many``)."""
    return overrides(bind("clustering", clustering).plugin, "cluster_many")


def identity_superclasses(
    class_id: npt.ArrayLike,
    n_particles: npt.ArrayLike,
    *,
    n_superclasses: int | None = None,
    left_out: Iterable[int] = (),
    clustering: str = "identity",
) -> Superclasses:
    """Each class by itself, from a particle table alone: superclassification off.

    Parameters
    ----------
    class_id : int (N,)
        Distinct class numbers.
    n_particles : int (N,)
        Particles of each class; a class without any is in no superclass.
    n_superclasses : int, optional
        Must equal N, or the number of usable classes, where given.
    left_out : iterable of int
        Class numbers not to be used.
    clustering : str
        By which name it was asked for.

    Raises
    ------
    OptionError
        If ``n_superclasses`` is another number, or if no class is usable.
    """
    class_id = np.asarray(class_id, dtype=np.int64)
    counts = as_counts(n_particles, len(class_id))
    left = sorted_numbers(left_out)
    usable = usable_averages(class_id, np.zeros(len(class_id), dtype=np.bool_), counts, left)
    _, notes = check_number(
        n_superclasses,
        n_read=len(class_id),
        n_usable=int(usable.sum()),
        identity=True,
        may_be_missing=True,
        name=clustering,
    )
    label = np.full(len(class_id), UNASSIGNED, dtype=np.int64)
    label[usable] = np.arange(usable.sum())
    return number_superclasses(
        label,
        class_id,
        n_particles=counts,
        clustering=clustering,
        left_out=left,
        notes=tuple(notes),
        by=BY_NONE,
    )


def from_labels(
    averages: Affinity | npt.ArrayLike,
    labels: Mapping[int, int | str],
    *,
    n_particles: npt.ArrayLike | None = None,
    left_out: Iterable[int] = (),
) -> Superclasses:
    """Superclasses from a person's own grouping.

    Parameters
    ----------
    averages : Affinity or int (N,)
        The affinity, for medoids and similarity; or the class numbers alone.
    labels : mapping of class number to number or name
        `rebalance.clusterings.labels.read_labels` reads one from a file. −1 or an empty name
        leaves a class out. Superclasses are renumbered; the notes say which name became which.
    n_particles : int (N,), optional
        Particles of each average. An average without any counts as empty.
    left_out : iterable of int
        Further class numbers not to be used.

    Raises
    ------
    OptionError
        If a usable average has no label, none is left, or most labels are of unknown classes.
    """
    class_id, values, is_empty = _parts(averages)
    names = {int(number): str(label).strip() for number, label in labels.items()}
    counts = as_counts(n_particles, len(class_id))
    known = {int(number) for number in class_id}
    check_known(names, class_id)
    unlabelled = {number for number, text in names.items() if text in ("", str(UNASSIGNED))}
    left = sorted_numbers({*left_out, *unlabelled})
    usable = usable_averages(class_id, is_empty, counts, left)
    missing = [int(number) for number in class_id[usable] if int(number) not in names]
    if missing:
        raise OptionError(
            f"The labels say nothing of {name_classes(missing)}.",
            hint="Give each of these class averages a superclass, or -1 to leave it out.",
        )
    check_number(
        None,
        n_read=len(class_id),
        n_usable=int(usable.sum()),
        identity=False,
        may_be_missing=True,
        name="labels",
    )
    groups, inverse = np.unique(
        np.array([names[int(number)] for number in class_id[usable]]), return_inverse=True
    )
    label = np.full(len(class_id), UNASSIGNED, dtype=np.int64)
    label[usable] = inverse
    notes = []
    strangers = sorted(set(names) - known - unlabelled)
    if strangers:
        notes.append(f"Labels of {name_classes(strangers)} are not used: no such class average.")
    superclasses = number_superclasses(
        label,
        class_id,
        values=values,
        n_particles=counts,
        clustering=BY_LABELS,
        left_out=left,
        by=BY_LABELS,
    )
    called = [str(groups[label[members[0]]]) for members in superclasses]
    if called != [str(number) for number in range(len(called))]:
        pairs = ", ".join(f"{number} was {name!r}" for number, name in enumerate(called))
        notes.append(f"Superclasses of the labels, renumbered by size: {pairs}.")
    return replace(superclasses, notes=tuple(notes))


def _parts(
    averages: Affinity | npt.ArrayLike,
) -> tuple[IntArray, npt.NDArray[np.float32] | None, BoolArray]:
    """Class numbers, affinity if there is one, which are empty."""
    if isinstance(averages, Affinity):
        return averages.class_id, averages.values, averages.is_empty
    class_id = np.asarray(averages, dtype=np.int64)
    return class_id, None, np.zeros(len(class_id), dtype=np.bool_)
