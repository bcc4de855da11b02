"""Superclasses of the classes that are used: by a clustering, by labels, or each by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance import defaults
from rebalance.arrangement.seriation import order_leaves
from rebalance.clusterings.n_superclasses import check_number
from rebalance.clusterings.numbering import number_superclasses
from rebalance.clusterings.run_plugin import check_result, linkage_in_order, run_plugin
from rebalance.contracts import Clustering, ClusteringInput
from rebalance.errors import OptionError
from rebalance.model import (
    BY_CLUSTERING,
    BY_LABELS,
    BY_NONE,
    SET_ASIDE,
    UNASSIGNED,
    Affinity,
    Classes,
    ClusteringResult,
    IntArray,
    Superclasses,
)
from rebalance.model.class_numbers import name_classes
from rebalance.options import Options
from rebalance.plugin_validation import overrides
from rebalance.registry import bind


def cluster_classes(
    classes: Classes,
    affinity: Affinity | None,
    n_superclasses: int | None,
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Superclasses:
    """What `rebalance.cluster` gives, for classes of which it is known which are used.

    Parameters
    ----------
    classes : Classes
    affinity : Affinity or None
        Of these classes; None for a clustering that needs none.
    n_superclasses, clustering, options, seed
        As for `rebalance.cluster`.

    Raises
    ------
    OptionError, PluginError
        As `rebalance.cluster` does.
    """
    found = cluster_each(
        classes, affinity, (n_superclasses,), clustering=clustering, options=options, seed=seed
    )
    return found[n_superclasses]


def cluster_each(
    classes: Classes,
    affinity: Affinity | None,
    numbers: Sequence[int | None],
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> dict[int | None, Superclasses]:
    """What `cluster_classes` gives for each of several numbers, for little more work.

    Parameters
    ----------
    classes, affinity
    numbers : sequence of int
        Each K; None for a clustering that finds it.
    clustering, options, seed
        As for `rebalance.cluster`. A clustering without ``cluster_many`` (`shares_work`) is called
        for each number.

    Returns
    -------
    dict of int to Superclasses

    Raises
    ------
    OptionError, PluginError
        As `rebalance.cluster` does, for any of the numbers.
    """
    bound = bind("clustering", clustering, options)
    if affinity is None and bound.plugin.needs_affinity:
        raise OptionError(
            f"The clustering {bound.name} needs an affinity, but only class numbers were given.",
            hint="Compute it with rebalance.affinity.",
        )
    if affinity is not None and not np.array_equal(affinity.class_id, classes.class_id):
        raise ValueError("the affinity is of other class numbers than the classes")
    takes_part = classes.takes_part
    is_off = bound.plugin.each_by_itself
    checked = {
        asked: check_number(
            asked,
            n_read=len(classes),
            n_usable=int(takes_part.sum()),
            identity=is_off,
            may_be_missing=bound.plugin.finds_number,
            name=bound.name,
            n_aside=int(classes.is_aside.sum()),
        )
        for asked in numbers
    }

    shown, averages = _shown(classes, affinity)
    wanted = tuple(dict.fromkeys(number for number, _ in checked.values()))
    results = run_plugin(bound, averages, wanted, seed)

    found: dict[int | None, Superclasses] = {}
    # Every number of superclasses comes from one tree, and so does the order.
    ordered: dict[int, IntArray] = {}
    for asked, (number, notes) in checked.items():
        result = results[number]
        said = check_result(result, len(shown), number, bound.name)
        label = np.full(len(classes), UNASSIGNED, dtype=np.int64)
        label[shown] = np.unique(result.label, return_inverse=True)[1]
        found[asked] = number_superclasses(
            label,
            classes,
            values=None if affinity is None else affinity.values,
            linkage=linkage_in_order(result.linkage, shown),
            preferred_order=_preferred_order(result, shown, averages, ordered),
            clustering=bound.name,
            options=bound.recorded_options,
            notes=(*notes, *said),
            by=BY_NONE if is_off else BY_CLUSTERING,
        )
    return found


def _preferred_order(
    result: ClusteringResult,
    shown: IntArray,
    averages: ClusteringInput,
    ordered: dict[int, IntArray],
) -> IntArray | None:
    """The order that a plugin gives, or that of its tree; None where it gives neither."""
    if result.order is not None:
        return shown[result.order]
    if result.linkage is None:
        return None
    of = id(result.linkage)
    if of not in ordered:
        ordered[of] = shown[order_leaves(result.linkage, averages.affinity)]
    return ordered[of]


def _shown(classes: Classes, affinity: Affinity | None) -> tuple[IntArray, ClusteringInput]:
    """Rows of the averages that a plugin sees, by class number: ties can't fall by their order."""
    shown = np.flatnonzero(classes.takes_part)
    shown = shown[np.argsort(classes.class_id[shown], kind="stable")]
    return shown, ClusteringInput(
        np.eye(len(shown), dtype=np.float32)
        if affinity is None
        else np.ascontiguousarray(affinity.values[np.ix_(shown, shown)]),
        classes.class_id[shown],
        None if classes.n_particles is None else classes.n_particles[shown],
    )


def label_classes(
    classes: Classes,
    affinity: Affinity,
    numbers: Sequence[int],
    *,
    clustering: str | Clustering = defaults.CLUSTERING,
    options: Options | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Iterator[tuple[int, IntArray]]:
    """The bare labels of each number of superclasses, for those who look for a number.

    Parameters
    ----------
    classes, affinity, numbers, clustering, options, seed
        As for `cluster_each`.

    Yields
    ------
    int, int64 (N,)
        A number, and labels 0 … in the plugin's own order, −1 for classes that are not used. Each
        is made when it is asked for, unless the clustering makes many at once.
    """
    bound = bind("clustering", clustering, options)
    shown, averages = _shown(classes, affinity)
    at_once = overrides(bound.plugin, "cluster_many")
    for lot in [tuple(numbers)] if at_once else [(number,) for number in numbers]:
        results = run_plugin(bound, averages, lot, seed)
        for number in lot:
            check_result(results[number], len(shown), number, bound.name)
            label = np.full(len(classes), UNASSIGNED, dtype=np.int64)
            label[shown] = np.unique(results[number].label, return_inverse=True)[1]
            yield number, label


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
    classes: Classes,
    n_superclasses: int | None = None,
    *,
    clustering: str = "identity",
) -> Superclasses:
    """Each class by itself, no images needed: superclassification off.

    Parameters
    ----------
    classes : Classes
    n_superclasses : int, optional
        Must equal N, or the number of classes that are used, where given.
    clustering : str
        By which name it was asked for.

    Raises
    ------
    OptionError
        If ``n_superclasses`` is another number, or if no class is usable.
    """
    takes_part = classes.takes_part
    _, notes = check_number(
        n_superclasses,
        n_read=len(classes),
        n_usable=int(takes_part.sum()),
        identity=True,
        may_be_missing=True,
        name=clustering,
    )
    label = np.full(len(classes), UNASSIGNED, dtype=np.int64)
    label[takes_part] = np.arange(takes_part.sum())
    return number_superclasses(
        label, classes, clustering=clustering, notes=tuple(notes), by=BY_NONE
    )


def from_labels(
    classes: Classes, labels: Mapping[int, int | str], affinity: Affinity | None = None
) -> Superclasses:
    """Superclasses from a person's own grouping.

    Parameters
    ----------
    classes : Classes
    labels : mapping of class number to number or name
        `rebalance.clusterings.labels.read_labels` reads one from a file. −1 or an empty name
        leaves a class out, −2 sets it aside. Superclasses are renumbered; the notes say which name
        became which.
    affinity : Affinity, optional
        Of these classes, for medoids and similarity.

    Raises
    ------
    OptionError
        If a usable average has no label, none is left, or most labels are of unknown classes.
    """
    class_id = classes.class_id
    names = {int(number): str(label).strip() for number, label in labels.items()}
    known = set(class_id.tolist())
    _check_known(names, class_id)
    unlabelled = {number for number, text in names.items() if text in ("", str(UNASSIGNED))}
    aside = {number for number, text in names.items() if text == str(SET_ASIDE)}
    classes = classes.without(unlabelled).setting_aside(aside & known)
    takes_part = classes.takes_part
    missing = [number for number in class_id[takes_part].tolist() if number not in names]
    if missing:
        raise OptionError(
            f"The labels don't include {name_classes(missing)}.",
            hint="Give each of these class averages a superclass, or -1 to leave it out.",
        )
    check_number(
        None,
        n_read=len(classes),
        n_usable=int(takes_part.sum()),
        identity=False,
        may_be_missing=True,
        name="labels",
    )
    _, inverse = np.unique(
        np.array([names[number] for number in class_id[takes_part].tolist()]), return_inverse=True
    )
    label = np.full(len(classes), UNASSIGNED, dtype=np.int64)
    label[takes_part] = inverse
    notes = []
    unknown = sorted(set(names) - known - unlabelled - aside)
    if unknown:
        notes.append(f"Labels for {name_classes(unknown)} are not used: no such class average.")
    superclasses = number_superclasses(
        label,
        classes,
        values=None if affinity is None else affinity.values,
        clustering=BY_LABELS,
        by=BY_LABELS,
    )
    called = [names[int(members[0])] for members in superclasses]
    if called != [str(number) for number in range(len(called))]:
        pairs = ", ".join(f"{number} was {name!r}" for number, name in enumerate(called))
        notes.append(f"Superclasses from the labels were renumbered by size: {pairs}.")
    return replace(superclasses, notes=tuple(notes))


def _check_known(labelled: Collection[int], class_id: IntArray) -> None:
    """Refuse labels most of which are of classes that are not there, and that most lack.

    Labels of a whole classification serve the few classes that were selected of it.
    """
    there = set(class_id.tolist())
    unknown = sorted(set(labelled) - there)
    if 2 * len(unknown) > len(labelled) and 2 * len(there & set(labelled)) < len(there):
        raise OptionError(
            f"{len(unknown):,} of the {len(labelled):,} labels are for {name_classes(unknown)}, "
            f"but the class averages are {name_classes(sorted(class_id.tolist()))}.",
            hint="Use labels for this classification. RELION counts classes from 1, CryoSPARC "
            "from 0.",
        )
