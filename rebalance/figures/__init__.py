"""Figures of the results: one function per figure, from dataclasses.

Each returns a `matplotlib.figure.Figure` of the object API; nothing here touches pyplot, and
matplotlib is imported by the first picture that is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rebalance.figures import style
from rebalance.figures.bars import particles_per_superclass
from rebalance.figures.chain import chain_of_averages
from rebalance.figures.fourier_sampling import fourier_sampling_map, scf_star_curve
from rebalance.figures.half_maps import conical_curves, directional_resolution, relative_signal
from rebalance.figures.map import map_of_averages
from rebalance.figures.matrix import Scale, affinity_matrix
from rebalance.figures.montage import class_averages, contact_sheet
from rebalance.figures.orientation_pictures import draw_diagnosis, draw_orientations
from rebalance.figures.orientations import azimuth_elevation, bin_sizes, viewing_directions
from rebalance.figures.overview_page import overview
from rebalance.figures.reprojections import reprojections_beside
from rebalance.figures.saving import as_pages, save, save_each
from rebalance.figures.scan import scan_of_numbers
from rebalance.figures.superclasses_on_sphere import superclasses_on_sphere
from rebalance.figures.suspects import suspects_of
from rebalance.figures.tree import dendrogram
from rebalance.figures.view_balance import particles_over_views
from rebalance.figures.view_words import took_part
from rebalance.figures.views import class_average_views
from rebalance.model import (
    Dataset,
    FloatArray,
    RunResult,
    Superclasses,
    ViewBalance,
    Views,
    views_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "affinity_matrix",
    "as_pages",
    "azimuth_elevation",
    "bin_sizes",
    "chain_of_averages",
    "class_average_views",
    "class_averages",
    "conical_curves",
    "contact_sheet",
    "dendrogram",
    "directional_resolution",
    "draw_all",
    "draw_diagnosis",
    "draw_orientations",
    "draw_views",
    "fourier_sampling_map",
    "map_of_averages",
    "overview",
    "particles_over_views",
    "particles_per_superclass",
    "relative_signal",
    "reprojections_beside",
    "save",
    "save_each",
    "scan_of_numbers",
    "scf_star_curve",
    "superclasses_on_sphere",
    "viewing_directions",
]

MOST_IN_SIGHT = 1_000
"""For more class averages neither chain nor map is drawn, since they would be unreadable."""


@style.styled
def draw_all(
    result: RunResult,
    *,
    scale: Scale = "percentile",
    reprojections: FloatArray | None = None,
    view_balance: ViewBalance | None = None,
) -> dict[str, Figure]:
    """Every picture that the result has the data for.

    Parameters
    ----------
    result : RunResult
    scale : {"percentile", "full"}
        Of the affinity matrices: from the 5th percentile of all pairs to 1, or from 0 to 1.
    reprojections : float32 (N, S, S), optional
        Reprojections of the averages, from the views in the affinity.
    view_balance : ViewBalance, optional
        How even the views of the particles are.

    Returns
    -------
    dict of Figure
        By name, in the order in which a person looks at them: ``overview``, ``class_averages``
        (``class_averages_1``, ``_2``, … where one page can't hold them), ``affinity``, ``chain``,
        ``map``, ``views``, ``reprojections``, ``particles_over_views``, ``superclasses_on_sphere``,
        ``particles_per_superclass``, ``scan``, ``dendrogram``.
    """
    dataset, superclasses = result.dataset, result.superclasses
    affinity, selection, job = result.affinity, result.selection, dataset.job
    averages = dataset.class_averages
    used = int(np.count_nonzero(superclasses.label >= 0))
    counted = selection is not None or dataset.particles is not None
    suspects = suspects_of(result)
    figures: dict[str, Figure] = {}
    if averages is not None:
        figures["overview"] = overview(result, scale=scale)
        pages = class_averages(
            averages,
            superclasses,
            affinity=affinity,
            selection=selection,
            suspects=suspects,
            job=job,
        )
        for at, page in enumerate(pages, 1):
            figures["class_averages" + (f"_{at}" if len(pages) > 1 else "")] = page
    if affinity is not None and used > 1:
        figures["affinity"] = affinity_matrix(affinity, superclasses, scale=scale, job=job)
        if averages is not None and used <= MOST_IN_SIGHT:
            for name, draw in (("chain", chain_of_averages), ("map", map_of_averages)):
                figures[name] = draw(averages, superclasses, affinity, suspects=suspects, job=job)
    views = None if affinity is None else views_of(affinity)
    if views is not None:
        figures |= draw_views(
            dataset,
            views,
            superclasses,
            reprojections=reprojections,
            view_balance=view_balance,
        )
    if result.orientations is not None and result.orientations.particles.any():
        figures["superclasses_on_sphere"] = superclasses_on_sphere(
            result.orientations, result.superclasses, job=job
        )
    if counted and len(superclasses):
        figures["particles_per_superclass"] = particles_per_superclass(
            superclasses, selection, job=job
        )
    if result.scan is not None:
        figures["scan"] = scan_of_numbers(result.scan, job=job)
    if superclasses.linkage is not None and len(superclasses.linkage) > 0:
        figures["dendrogram"] = dendrogram(superclasses, job=job)
    return figures


@style.styled
def draw_views(
    dataset: Dataset,
    views: Views,
    superclasses: Superclasses | None = None,
    *,
    reprojections: FloatArray | None = None,
    view_balance: ViewBalance | None = None,
) -> dict[str, Figure]:
    """Every picture of the views of class averages.

    Parameters
    ----------
    dataset : Dataset
    views : Views
        A row for each of its class averages.
    superclasses : Superclasses, optional
        Over the same averages.
    reprojections : float32 (N, S, S), optional
        What each average should show.
    view_balance : ViewBalance, optional
        How even the views of the particles are.

    Returns
    -------
    dict of Figure
        ``views``, ``reprojections``, ``particles_over_views``, as far as there is something to
        show; empty if no average took part.
    """
    if not took_part(views).any():
        return {}
    averages, job = dataset.class_averages, dataset.job
    n_particles = None if averages is None else averages.n_particles
    figures = {"views": class_average_views(views, superclasses, n_particles, job=job)}
    if averages is not None and reprojections is not None:
        figures["reprojections"] = reprojections_beside(
            averages, views, reprojections, superclasses, job=job
        )
    if view_balance is not None and view_balance.before.any():
        figures["particles_over_views"] = particles_over_views(views, view_balance, job=job)
    return figures
