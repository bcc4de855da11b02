"""Metric `principal-components`: distance in the leading components of the masked images."""

from __future__ import annotations

import numpy as np

from rebalance.contracts import Methods
from rebalance.model import ClassAverages, FloatArray
from rebalance.options import option
from rebalance.pairwise import MaskOptions
from rebalance_baselines.masked import MaskedMetric, masked_images, scaled

PAPER = (
    "van Heel M. & Frank J. (1981) Use of multivariate statistics in analysing the images of "
    "biological macromolecules. Ultramicroscopy 6, 187–194. doi:10.1016/0304-3991(81)90059-0"
)


class PrincipalComponentsOptions(MaskOptions):
    """Options of `PrincipalComponents`."""

    n_components: int = option(10, "Number of leading principal components.", ge=1, le=1000)


class PrincipalComponents(MaskedMetric):
    r"""Distance in the leading principal components, as an affinity.

    Images are masked about the center of the box, their mean under the mask taken off, and scaled
    to sum of squares 1. With their scores y on the components [1]_,

    .. math:: a_{ij} = 1 - \tfrac{1}{4} \lVert y_i - y_j \rVert^2,

    which is 0 for an image and its negative. So the distances :math:`\sqrt{2 (1 - a)}` are those of
    the scores but for a factor, and k-means on what they embed in is k-means on the scores.

    References
    ----------
    .. [1] M. van Heel and J. Frank, "Use of multivariate statistics in analysing the images of
       biological macromolecules", Ultramicroscopy 6 (1981) 187,
       doi:10.1016/0304-3991(81)90059-0.
    """

    options_model = PrincipalComponentsOptions
    depends_on = "all"
    invariances = ("scale", "offset")

    def methods(self, options: PrincipalComponentsOptions) -> Methods:
        """For a methods paragraph."""
        words = f"their distance in the first {options.n_components} principal components {{}}"
        return Methods(words, (PAPER,))

    def features(
        self, class_averages: ClassAverages, options: PrincipalComponentsOptions
    ) -> FloatArray:
        """Scores (N, n_components)."""
        from sklearn.decomposition import PCA
        from threadpoolctl import threadpool_limits

        rows = scaled(masked_images(class_averages, options).reshape(len(class_averages), -1))
        n = min(options.n_components, *rows.shape)
        # Sums in BLAS depend on the number of threads.
        with threadpool_limits(limits=1):
            found = PCA(n, svd_solver="full").fit(rows - rows[:1]) if len(rows) > 1 else None
            scores = np.zeros((1, n)) if found is None else found.transform(rows - rows[:1])
        return scores.astype(np.float32)

    @staticmethod
    def pair(first: FloatArray, second: FloatArray) -> float:
        total = 0.0
        for at in range(len(first)):
            off = np.float64(first[at]) - np.float64(second[at])
            total += off * off
        return max(0.0, 1.0 - 0.25 * total)
