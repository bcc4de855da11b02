"""A metric written as one function of a pair of images.

>>> class SumOfDifferences(PairMetric):
...     returns = "distance"
...
...     @staticmethod
...     def pair(first, second):
...         return np.abs(first - second).sum()
>>> affinity = rebalance.affinity(class_averages, metric=SumOfDifferences())

numba compiles the function for a fixed signature. The engine adds tiles, threads, checkpoints, Dask
and progress.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rebalance.contracts import ALIGNMENT, Block, Metric
from rebalance.errors import PluginError
from rebalance.imaging.masks import EDGE_FRACTION, mask_about, soft_disc
from rebalance.options import Length, Options, option

if TYPE_CHECKING:
    from rebalance.model import ClassAverages, DoubleArray, FloatArray

_NUMBER = (bool, int, float)
_MASK, _MASK_RADIUS = "mask", "mask_radius"
_PLACE = re.compile(r'File ".*", line \d+:')


class MaskOptions(Options):
    """Base class for the options of a metric with a soft circular mask.

    Attributes
    ----------
    mask_diameter : Length, optional
        None takes it from the classification or the images.
    """

    mask_diameter: Length | None = option(
        None, "Diameter of the soft circular mask; auto: from the images.", unit="Å or px"
    )


@dataclass(frozen=True, eq=False)
class SoftMask:
    """The soft disc around each object, for a set of averages.

    Parameters
    ----------
    centre : float64 (N, 2)
        (x, y) of each disc from pixel (L/2, L/2), pixels.
    radius : float
        Radius where the masks reach 0, pixels.
    box : int
        L.
    facts : dict
        Its diameter, and how that was found.
    """

    centre: DoubleArray
    radius: float
    box: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PairFeatures:
    """Features of a `PairMetric`, as passed to ``facts``, ``notes`` and ``results``.

    Parameters
    ----------
    arrays : float32 (N, F) or (N, A, B)
        The array of each average, as passed to the pair function.
    parameters : tuple of bool, int or float
        Its other arguments except ``mask``, in order: options as numbers, lengths in pixels.
    splines : float32 (N, L, L), optional
        Cubic B-spline coefficients, if the second image is aligned to the first.
    mask : SoftMask, optional
        If the pair function takes the mask.
    facts : dict
        Facts about the mask, from `PairMetric.facts`.
    """

    arrays: FloatArray
    parameters: tuple[bool | int | float, ...] = ()
    splines: FloatArray | None = None
    mask: SoftMask | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class PairMetric(Metric):
    """Base class for a metric that is one function of a pair.

    A subclass sets ``returns`` and has a static method ``pair(first, second, ...)`` that numba can
    compile or that is already jitted. It is called for all pairs i < j with the float32 arrays that
    `features` gives, and returns an affinity in [0, 1] or a distance ≥ 0. Other arguments, by name:

    - options: numbers, bools, or a `rebalance.options.Length`, converted to pixels;
    - ``mask``, float32 (L, L): weights 0 to 1, the minimum of the soft discs around the two objects
      as compared;
    - ``mask_radius``, float: radius in pixels where the discs reach 0.

    An option named ``mask`` or ``mask_radius`` takes precedence.

    Attributes
    ----------
    options_model, returns, invariances
        As in `rebalance.contracts.Metric`.
    requires : ``()`` or ``("alignment",)``
        With the alignment, the second image is moved onto the first by the shared alignment (or
        ``("alignment:NAME",)``, that of another metric). It is interpolated once, by cubic
        B-splines, after masking and normalization, and is 0 outside of the image. For other metrics
        by name see `rebalance.contracts.Metric.tile`.
    mask : bool
        Subtract the mean under a soft disc around the object of each image, and multiply by the
        disc (1 up to 0.9 of its radius, then a cosine fall to 0). The diameter is the option
        ``mask_diameter`` (see `MaskOptions`), or found from the images.
    normalise : bool
        Scale each image to mean 0 and sum of squares 1 after masking, so that the sum of products
        of two images is their correlation.
    symmetric : bool
        Whether ``pair(a, b) == pair(b, a)`` up to rounding; only checked by the conformance kit.
        The engine computes each pair once, i < j.
    pair : static method

    Raises
    ------
    PluginError
        If an argument of ``pair`` is not an option.
    """

    mask: bool = False
    normalise: bool = False
    symmetric: bool = False
    pair: ClassVar[Callable[..., float]]

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        own = vars(cls).get("pair")
        if own is not None and not isinstance(own, staticmethod):
            # A function that was made elsewhere would be bound to the instance.
            cls.pair = staticmethod(own)
        if own is not None:
            cls._check_pair()

    @classmethod
    def _check_pair(cls) -> None:
        names = _arguments(cls.pair)
        if len(names) < 2:
            raise PluginError(
                f"{cls.__name__}.pair takes {len(names)} arguments.",
                hint="It must take two arrays first, then options by name.",
            )
        for name in names[2:]:
            if name not in (*cls.options_model.model_fields, _MASK, _MASK_RADIUS):
                known = ", ".join(cls.options_model.model_fields) or "none"
                raise PluginError(
                    f"{cls.__name__}.pair takes {name!r}, which is not one of its options.",
                    hint=f"Its options, in {cls.options_model.__name__}: {known}. {_MASK} and "
                    f"{_MASK_RADIUS} are available too.",
                )

    @classmethod
    def _takes(cls, name: str) -> bool:
        """Whether ``pair`` asks for a part of the mask by this name."""
        return name in _arguments(cls.pair)[2:] and name not in cls.options_model.model_fields

    def features(self, class_averages: ClassAverages, options: Any) -> FloatArray:
        """The array of each average to compare; by default its image, masked and normalized as set.

        An override can start from ``super().features(class_averages, options)``.

        Parameters
        ----------
        class_averages : ClassAverages
            N averages, none empty.
        options : Options

        Returns
        -------
        float32 (N, F) or (N, A, B)
            (N, L, L) on the grid of the images if the alignment is required.
        """
        return self._images(class_averages, self._mask(class_averages, options))

    def prepare(
        self, class_averages: ClassAverages, options: Any, device: str = "cpu"
    ) -> PairFeatures:
        """The features, the other arguments of ``pair``, and the compiled function; see `Metric`.

        Raises
        ------
        PluginError
            If there is no ``pair``, if it can't be compiled, or if `features` have another shape or
            type.
        """
        if not hasattr(self, "pair"):
            raise PluginError(
                f"{type(self).__name__} has no pair function.",
                hint="Give it a static method pair(first, second).",
            )
        is_seen = self._takes(_MASK) or self._takes(_MASK_RADIUS)
        mask = self._mask(class_averages, options)
        if type(self).features is PairMetric.features:
            # As features() would, with the mask found once.
            arrays = self._images(class_averages, mask)
        else:
            arrays = np.asarray(self.features(class_averages, options))
        is_aligned = self._is_aligned(options)
        self._check_features(arrays, class_averages, is_aligned)
        arrays = np.ascontiguousarray(arrays, dtype=np.float32)
        splines = None
        if is_aligned:
            from rebalance.imaging.spline import spline_coefficients

            splines = spline_coefficients(arrays)
        features = PairFeatures(
            arrays,
            self._parameters(class_averages, options, mask),
            splines,
            mask if is_seen else None,
            mask.facts if mask else {},
        )
        self._compiled(features)
        return features

    def tile(
        self,
        features: PairFeatures,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, FloatArray] | None = None,
    ) -> Block:
        """``pair`` for all pairs of a tile; see `Metric`."""
        function, loop = self._compiled(features)
        values = np.zeros((len(rows), len(columns)), dtype=np.float32)
        disc, centre, radius = np.empty((0, 0), dtype=np.float32), np.empty((0, 2)), 0.0
        if features.mask is not None and self._takes(_MASK):
            box, centre, radius = features.mask.box, features.mask.centre, features.mask.radius
            # The loop writes the mask of each pair into the array that the function is given.
            disc = np.empty((box, box), dtype=np.float32)
        motions: tuple[Any, ...] = ()
        if features.splines is not None:
            if alignment is None or alignment.rotation is None:
                raise ValueError(f"{type(self).__name__} needs the shared alignment")
            given = (alignment.rotation, alignment.shift, alignment.mirror)
            motions = (features.splines, *map(np.ascontiguousarray, given))
        loop(
            function,
            features.arrays,
            *motions,
            self._further(features, disc),
            disc,
            centre,
            radius,
            EDGE_FRACTION * radius,
            rows.start,
            rows.stop,
            columns.start,
            columns.stop,
            values,
        )
        return Block(values)

    def value(self, features: PairFeatures, i: int, j: int) -> float:
        """``pair`` of two averages without alignment, to look at a single value.

        Parameters
        ----------
        features : PairFeatures
            The result of `prepare`.
        i, j : int
            In either order.
        """
        disc = np.empty((0, 0), dtype=np.float32)
        if features.mask is not None and self._takes(_MASK):
            box, radius = features.mask.box, features.mask.radius
            discs = [soft_disc(box, radius, centre=(x, y)) for x, y in features.mask.centre[[i, j]]]
            disc = np.minimum(*discs)
        function, _ = self._compiled(features)
        first, second = features.arrays[i], features.arrays[j]
        return float(function(first, second, *self._further(features, disc)))

    def _further(self, features: PairFeatures, disc: FloatArray) -> tuple[Any, ...]:
        """The arguments of ``pair`` after the two arrays."""
        if not self._takes(_MASK):
            return features.parameters
        at = _arguments(self.pair).index(_MASK) - 2
        return (*features.parameters[:at], disc, *features.parameters[at:])

    def facts(self, features: PairFeatures) -> Mapping[str, Any]:
        """Facts about the mask."""
        return features.facts

    def _is_aligned(self, options: Any) -> bool:
        words = self.requirements(options)
        return any(word.partition(":")[0] == ALIGNMENT for word in words)

    def _mask(self, class_averages: ClassAverages, options: Any) -> SoftMask | None:
        """The mask; None if neither images nor ``pair`` need it."""
        if not (self.mask or self._takes(_MASK) or self._takes(_MASK_RADIUS)):
            return None
        from rebalance.metrics.search_options import centred_masks, mask_radius

        is_asked = "mask_diameter" in type(options).model_fields
        asked = options.mask_diameter if is_asked else None
        radius, mask_from = mask_radius(class_averages, asked)
        centre, radius, facts = centred_masks(class_averages, True, radius, mask_from)
        facts |= {"mask_diameter_px": round(2 * radius, 3), "mask_diameter_from": mask_from}
        if class_averages.pixel_size is not None:
            facts["mask_diameter_A"] = round(2 * radius * class_averages.pixel_size, 2)
        return SoftMask(centre, radius, class_averages.box, facts)

    def _images(self, class_averages: ClassAverages, mask: SoftMask | None) -> FloatArray:
        images = class_averages.images
        if self.mask and mask is not None:
            images = mask_about(images, mask.centre, mask.radius)
        if self.normalise:
            # Masked images have mean 0; subtracting a rounding error would fill their outside.
            images = _normalised(images, centre=not self.mask)
        return images

    def _check_features(
        self, arrays: np.ndarray, class_averages: ClassAverages, is_aligned: bool
    ) -> None:
        box = class_averages.box
        is_numeric = arrays.dtype.kind in "fiu"
        expected = "float32 (N, F) or (N, A, B)"
        fits = arrays.ndim in (2, 3) and len(arrays) == len(class_averages)
        if is_aligned:
            expected = f"float32 (N, {box}, {box}), so that one image can be laid onto another"
            fits = arrays.shape == (len(class_averages), box, box)
        if not (is_numeric and fits):
            raise PluginError(
                f"{type(self).__name__}.features returned {arrays.dtype} {arrays.shape} for "
                f"{len(class_averages)} class averages.",
                hint=f"Expected {expected}.",
            )

    def _parameters(
        self, class_averages: ClassAverages, options: Any, mask: SoftMask | None
    ) -> tuple[bool | int | float, ...]:
        values: list[bool | int | float] = []
        for name in _arguments(self.pair)[2:]:
            if name == _MASK and self._takes(_MASK):
                continue
            if mask is not None and name == _MASK_RADIUS and self._takes(name):
                values.append(float(mask.radius))
                continue
            value = getattr(options, name)
            if isinstance(value, Length):
                value = value.pixels(class_averages.pixel_size, name)
            if not isinstance(value, _NUMBER):
                raise PluginError(
                    f"{type(self).__name__}.pair takes {name!r}, which is {value!r}; only numbers, "
                    "true, false and lengths can be handed to compiled code.",
                    hint=f"Make {name} a number in the options, or use it in features().",
                )
            values.append(value)
        return tuple(values)

    def _compiled(self, features: PairFeatures) -> tuple[Any, Any]:
        from rebalance.kernels.pairs_cpu import compiled

        kinds: list[type] = [type(value) for value in features.parameters]
        if self._takes(_MASK):
            kinds.insert(_arguments(self.pair).index(_MASK) - 2, np.ndarray)
        n_axes = features.arrays.ndim - 1
        try:
            return compiled(self.pair, n_axes, tuple(kinds), features.splines is not None)
        except OSError:
            # From the folder of compiled code, so not a fault of the function.
            raise
        except Exception as error:
            # numba also raises other errors: np.linalg.no_such is an AttributeError.
            raise PluginError(
                f"numba can't compile {type(self).__name__}.pair for arrays float32 "
                f"{'(F,)' if n_axes == 1 else '(A, B)'}: {_complaint(error)}",
                hint="Try it on its own: numba.njit(pair)(first, second, ...).",
            ) from None


def _arguments(function: Any) -> list[str]:
    return list(inspect.signature(getattr(function, "py_func", function)).parameters)


def _normalised(images: FloatArray, *, centre: bool) -> FloatArray:
    flat = images.reshape(len(images), -1).astype(np.float64)
    if centre:
        flat -= flat.mean(axis=1, keepdims=True)
    norm = np.sqrt((flat * flat).sum(axis=1, keepdims=True))
    return (
        (flat / np.maximum(norm, np.finfo(np.float64).tiny))
        .astype(np.float32)
        .reshape(images.shape)
    )


def _complaint(error: Exception) -> str:
    """The problem and its line, from numba's long message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    places = [line.rstrip(":") for line in lines if _PLACE.match(line)]
    # The line of code with its surroundings follows a place.
    above = takewhile(lambda line: not _PLACE.match(line), lines)
    said = [line for line in above if not line.startswith(("Failed in nopython", "During:"))]
    words = " ".join(said[:2]).removesuffix(", defined at None")
    return words + (f" ({places[-1]})" if places else "")
