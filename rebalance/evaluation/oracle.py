"""The oracle: the superclasses of one who knows the true views, to which others are compared."""

from __future__ import annotations

import numpy as np

from rebalance.clusterings import from_labels
from rebalance.evaluation.known_views import KnownViews
from rebalance.model import Classes, IntArray, Superclasses


def oracle_superclasses(views: KnownViews, class_id: IntArray, n_superclasses: int) -> Superclasses:
    """The superclasses of one who knows the truth: average linkage of the angles between views.

    Parameters
    ----------
    views : KnownViews
    class_id : int64 (N,)
        Classes to group; one without particles of known view is in no superclass.
    n_superclasses : int
        As many as there are classes at most.
    """
    used = tuple(int(number) for number in class_id if int(number) in views.modal_views)
    return views.remembered(
        ("superclasses", used, n_superclasses),
        lambda: _oracle(views, np.array(used, dtype=np.int64), min(n_superclasses, len(used))),
    )


def _oracle(views: KnownViews, class_id: IntArray, n: int) -> Superclasses:
    from scipy.cluster.hierarchy import cut_tree, linkage
    from scipy.spatial.distance import squareform

    if n == len(class_id):
        label = np.arange(n)
    else:
        angle = views.angles_of_modal_views(class_id)
        np.fill_diagonal(angle, 0.0)
        label = cut_tree(linkage(squareform(angle, checks=False), "average"), n_clusters=n)[:, 0]
    counts = [np.count_nonzero(views.particles.class_id == number) for number in class_id]
    labels = dict(zip(class_id.tolist(), label.tolist(), strict=True))
    return from_labels(Classes.of(class_id, counts), labels)
