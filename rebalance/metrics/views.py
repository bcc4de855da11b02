"""Metric `views`: image affinity, reduced by the angle between the views of two averages.

Images of views more than about 30° apart are all equally different, so their similarity tells
little. But the averages of one structure suffice to find it at low resolution, and with it the
viewing direction of each average (`rebalance.views`). Affinity = A · (1 − θ / 90°), with the
affinity A of `rotational-cc` and the angle θ, if independent searches agree on the angles;
otherwise A."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rebalance import defaults
from rebalance.contracts import Advice, Block, Methods, Metric
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.model import ClassAverages, FloatArray, Views
from rebalance.model.views import held_back
from rebalance.options import option

IMAGE_METRIC = defaults.IMAGES
TRUSTED = "views_trusted"
"""Name of the fact that angles are used."""

PAPER = (
    "Scheres SHW, Gao H, Valle M, Herman GT, Eggermont PPB, Frank J, Carazo J-M (2007) "
    "Disentangling conformational states of macromolecules in 3D-EM through likelihood "
    "optimization. Nature Methods 4, 27–29. doi:10.1038/nmeth992"
)


class ViewsOptions(SearchOptions):
    """Which detail is compared, and the symmetry of the molecule."""

    symmetry: str = option(
        "auto", "Point group: C1, C4, D2, T, O, I, …; auto: found from the averages."
    )
    seed: int = option(0, "Seed of the random starts.", ge=0)


class ViewsMetric(Metric):
    """Image affinity reduced by the angle between views, if searches agree on it."""

    options_model = ViewsOptions
    requires = (IMAGE_METRIC,)
    devices = ("cpu", "cuda")
    reads = ("n_particles",)
    depends_on = "all"
    invariances = ("rotation", "shift", "mirror", "scale", "offset")

    def prepare(
        self, class_averages: ClassAverages, options: ViewsOptions, device: str = "cpu"
    ) -> Views:
        """Views of all averages."""
        # The kernels, and numba with them, load on use: a cached affinity needs neither.
        from rebalance.engine.threads import current_threads
        from rebalance.views.estimate import estimate

        search = resolve_search(class_averages, options)
        return estimate(
            class_averages,
            search.grid.radius,
            search.centre,
            symmetry=options.symmetry,
            seed=options.seed,
            axial=options.mirror,
            threads=current_threads(),
        )

    def tile(
        self,
        features: Views,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """Affinity of a tile of pairs."""
        assert others is not None
        image = others[IMAGE_METRIC]
        if not features.trusted:
            return Block(image)
        angle = features.angle[rows.start : rows.stop, columns.start : columns.stop]
        return Block(held_back(image, angle))

    def facts(self, features: Views) -> Mapping[str, Any]:
        """Agreement, verdict, symmetry and the size of a voxel."""
        return features.as_facts()

    def notes(self, features: Views) -> Sequence[str]:
        """Why the views are not used, if so, and the symmetry found."""
        return features.notes

    def results(self, features: Views) -> Mapping[str, Any]:
        """The views."""
        return features.as_results()

    def advice(self, options: ViewsOptions) -> Advice:
        """Average linkage without paths where angles are used, since angles are global already."""
        by = {"linkage": "average", "path_neighbors": 0}
        return Advice("hierarchical", by, where=TRUSTED)

    def methods(self, options: ViewsOptions) -> Methods:
        """For a methods paragraph."""
        images = RotationalCC().methods(options)
        return Methods(
            f"{images.words}, times 1 − θ / 90°, where θ is the angle between their views, found "
            "by expectation–maximization {} of a low-resolution map from random starts",
            (*images.references, PAPER),
            where=TRUSTED,
            elsewhere=images,
        )
