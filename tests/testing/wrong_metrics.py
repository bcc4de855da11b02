"""Metrics that are wrong in one way each, by the check that has to find it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rebalance.contracts import Advice, Block
from rebalance.engine.threads import current_threads
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.options import Length, option
from rebalance.pairwise import PairMetric
from tests.testing.wrong_options import RightOptions, option_faults

RINGS = 14


class SpectrumOptions(RightOptions):
    """With a length, as metrics have."""

    blur: Length | None = option(None, "Blur of the images.", unit="Å or px")


class Right:
    """Distance of the amplitudes of Fourier rings, as an affinity. What differs is a method."""

    options_model = SpectrumOptions
    returns = "affinity"
    requires = ()
    invariances: ClassVar[tuple[str, ...]] = ("rotation", "shift", "mirror", "scale", "offset")

    def prepare(self, class_averages: Any, options: Any, device: str) -> dict[str, Any]:
        if options.blur is not None:
            self.pixels(options.blur, class_averages.pixel_size)
        images = class_averages.images
        return {"device": device, "n": len(images), "rows": self.rows(images)}

    def pixels(self, blur: Length, pixel_size: float | None) -> float:
        return blur.pixels(pixel_size, "blur")

    def rows(self, images: Any) -> Any:
        """What is compared of each image."""
        amplitude = amplitudes(images)
        return amplitude / amplitude.sum(axis=1, keepdims=True)

    def tile(
        self,
        features: Any,
        rows: range,
        columns: range,
        *,
        alignment: Any = None,
        others: Any = None,
    ) -> Block:
        found = features["rows"]
        first, second = found[rows.start : rows.stop], found[columns.start : columns.stop]
        return Block(self.affinity(first[:, None], second[None, :]).astype(np.float32))

    def affinity(self, first: Any, second: Any) -> Any:
        return np.exp(-2.0 * np.abs(first - second).sum(axis=-1))

    def facts(self, features: Any) -> dict[str, Any]:
        return {"rings": RINGS}


def amplitudes(images: Any) -> Any:
    """Sum of the amplitudes on each of the lowest Fourier rings, without the mean."""
    frequency = np.fft.fftfreq(images.shape[-1], 1 / images.shape[-1])
    ring = np.rint(np.hypot(frequency[:, None], frequency[None, :])).astype(int).ravel()
    spectra = np.abs(np.fft.fft2(images.astype(np.float64))).reshape(len(images), -1)
    return np.stack([np.bincount(ring, row, RINGS + 1)[1 : RINGS + 1] for row in spectra])


class RightDistance(Right):
    returns = "distance"

    def affinity(self, first: Any, second: Any) -> Any:
        return 40.0 * np.abs(first - second).sum(axis=-1)


class ContractBroken(Right):
    returns = "similarity"


class TakesAngstromForPixels(Right):
    def pixels(self, blur: Length, pixel_size: float | None) -> float:
        return blur.value


class HalfATransform(Right):
    def tile(self, *given: Any, **more: Any) -> Block:
        values = super().tile(*given, **more).values
        return Block(values, rotation=np.zeros_like(values))


class Doubles(Right):
    def tile(self, *given: Any, **more: Any) -> Block:
        return Block(super().tile(*given, **more).values.astype(np.float64))


class GivesABareArray(Right):
    """Wrong in every check that asks for values."""

    def tile(self, *given: Any, **more: Any) -> Any:
        return super().tile(*given, **more).values


class AboveOne(Right):
    def affinity(self, first: Any, second: Any) -> Any:
        return 1.004 * super().affinity(first, second)


class LooksAtTheRowFirst(Right):
    def affinity(self, first: Any, second: Any) -> Any:
        return super().affinity(first, second) - 0.05 * (first[..., 0] > second[..., 0])


class NeverSure(Right):
    def affinity(self, first: Any, second: Any) -> Any:
        return 0.95 * super().affinity(first, second)


class AllAreAlike(Right):
    def affinity(self, first: Any, second: Any) -> Any:
        return np.ones_like(super().affinity(first, second))


class SeesTheTile(Right):
    def affinity(self, first: Any, second: Any) -> Any:
        values = super().affinity(first, second)
        return values - 1e-4 * len(values)


class RemembersTheFirstTile(Right):
    def tile(self, features: Any, rows: range, *given: Any, **more: Any) -> Block:
        first = features.setdefault("first", rows)
        values = super().tile(features, rows, *given, **more).values
        return Block(values - np.float32(0.01 * (first.start > 0 and first.stop == features["n"])))


class AChunkForEachThread(Right):
    """Means over chunks, of which there are as many as threads."""

    def rows(self, images: Any) -> Any:
        return super().rows(images) * (1.0 + 0.01 * current_threads())


class TakesTheMeanInPlace(Right):
    def rows(self, images: Any) -> Any:
        images -= images.mean(axis=(1, 2), keepdims=True)
        return super().rows(images)


class RemembersTheLast(Right):
    """Features on self, where those of other averages take their place."""

    def rows(self, images: Any) -> Any:
        self.latest = super().rows(images)
        return self.latest

    def tile(self, features: Any, *given: Any, **more: Any) -> Block:
        return super().tile({**features, "rows": self.latest}, *given, **more)


class NeedsThePixelSize(Right):
    def prepare(self, class_averages: Any, options: Any, device: str) -> dict[str, Any]:
        features = super().prepare(class_averages, options, device)
        return {**features, "box_A": class_averages.images.shape[1] * class_averages.pixel_size}


class NeedsDetail(Right):
    """Right: it says that it needs the pixel size."""

    def prepare(self, class_averages: Any, options: Any, device: str) -> dict[str, Any]:
        Length(3).pixels(class_averages.pixel_size, "detail")
        return super().prepare(class_averages, options, device)


class NotesOfASortedSpectrum(Right):
    def notes(self, features: Any) -> list[str]:
        features["rows"].sort(axis=1)
        return [f"The highest is {features['rows'][0, -1]:.2f}."]


class NeedsThree(Right):
    def rows(self, images: Any) -> Any:
        if len(images) < 3:
            raise ValueError("at least three averages are needed")
        return super().rows(images)


class TakesNumbersForPlaces(Right):
    """Class numbers, as if they were 1 … N."""

    def prepare(self, class_averages: Any, options: Any, device: str) -> dict[str, Any]:
        features = super().prepare(class_averages, options, device)
        return {**features, "rows": features["rows"][class_averages.class_id - 1]}


class FeaturesWithACall(Right):
    def prepare(self, *given: Any) -> dict[str, Any]:
        later: Callable[[], int] = lambda: 1  # noqa: E731
        return {**super().prepare(*given), "later": later}


class HoldsALock(Right):
    def __init__(self) -> None:
        self.lock = threading.Lock()


class FactsOfNumpy(Right):
    def facts(self, features: Any) -> dict[str, Any]:
        return {"rings": np.int64(RINGS)}


class MutteredNotes(Right):
    def notes(self, features: Any) -> tuple[str, ...]:
        return ("fewer rings than usual",)


class ResultsOfAFunction(Right):
    def results(self, features: Any) -> dict[str, Any]:
        return {"spectra": features["rows"], "again": amplitudes}


class AdviceOfNoOne(Right):
    def advice(self, options: Any) -> Advice:
        return Advice("hierarchical", {"linkge": "average"})


class AdviceOnRumour(Right):
    def advice(self, options: Any) -> Advice:
        return Advice("hierarchical", where="is_sure")


class CurvesInPercent(Right):
    def curve_axis(self, features: Any) -> Any:
        return np.arange(1, RINGS + 1) / 72

    def curves(self, features: Any, rows: range, columns: range, *, alignment: Any = None) -> Any:
        return np.full((len(rows), len(columns), RINGS), 55, dtype=np.float32)


class ScaledByAll(Right):
    """By how many averages there are."""

    def rows(self, images: Any) -> Any:
        return super().rows(images) * (len(images) / 6) ** 2


class PairOfRings(PairMetric):
    """The right distance as a pair function."""

    options_model = SpectrumOptions
    returns = "distance"
    invariances = ("rotation", "shift", "mirror", "scale", "offset")
    symmetric = True

    def features(self, class_averages: Any, options: Any) -> Any:
        if options.blur is not None:
            options.blur.pixels(class_averages.pixel_size, "blur")
        return Right().rows(class_averages.images).astype(np.float32)

    @staticmethod
    def pair(first: Any, second: Any) -> Any:
        return 40.0 * np.abs(first - second).sum()


class DoubleFeatures(PairOfRings):
    def features(self, class_averages: Any, options: Any) -> Any:
        return super().features(class_averages, options).astype(np.float64)


class TakesOffTheFirst(PairOfRings):
    """From the features of the first of the pair, where they lie."""

    @staticmethod
    def pair(first: Any, second: Any) -> Any:
        first -= second
        return 40.0 * np.abs(first).sum()


class OneRingForAll(PairOfRings):
    """Features of the wrong shape."""

    def features(self, class_averages: Any, options: Any) -> Any:
        return super().features(class_averages, options).mean(axis=0)


class TakesTheFirst(PairOfRings):
    @staticmethod
    def pair(first: Any, second: Any) -> Any:
        return 40.0 * (np.abs(first - second).sum() + 1e-4 * abs(first[0] - second[1]))


class AlongOneAxis(Right):
    """Amplitudes of the frequencies along x: another picture when it is turned."""

    def rows(self, images: Any) -> Any:
        line = np.abs(np.fft.fft(images.astype(np.float64).sum(axis=1), axis=1))[:, 1 : RINGS + 1]
        return line / line.sum(axis=1, keepdims=True)


class AboutTheMiddle(Right):
    """Sums on circles about the middle of the image, over its own background."""

    def rows(self, images: Any) -> Any:
        axis = np.arange(images.shape[-1]) - images.shape[-1] // 2
        circle = np.hypot(axis[:, None], axis[None, :])
        images = images - images[:, :1, :1]
        sums = np.stack(
            [
                (np.exp(-((circle - radius) ** 2) / 8.0) * images).sum(axis=(1, 2))
                for radius in range(0, 28, 2)
            ],
            axis=1,
        )
        return sums / sums.sum(axis=1, keepdims=True)


class SeesHands(Right):
    """The sign of a moment that is another in the mirror [Flusser 2000, φ4's imaginary part]."""

    def rows(self, images: Any) -> Any:
        images = (images - images[:, :1, :1]).astype(np.float64)
        axis = np.arange(images.shape[-1]) - images.shape[-1] / 2
        mass = images.sum(axis=(1, 2))
        x = (images.sum(axis=1) * axis).sum(axis=1) / mass
        y = (images.sum(axis=2) * axis).sum(axis=1) / mass
        z = (axis[None, None, :] - x[:, None, None]) + 1j * (axis[None, :, None] - y[:, None, None])
        c20 = (images * z**2).sum(axis=(1, 2))
        c12 = (images * z * z.conj() ** 2).sum(axis=(1, 2))
        hand = np.sign((c20 * c12**2).imag)
        return np.concatenate((super().rows(images), 0.05 * hand[:, None]), axis=1)


class SeesContrast(Right):
    def rows(self, images: Any) -> Any:
        amplitude = amplitudes(images)
        return 1e-4 * amplitude


class SeesTheMean(Right):
    def rows(self, images: Any) -> Any:
        amplitude = amplitudes(images)
        mean = images.astype(np.float64).sum(axis=(1, 2))[:, None]
        return np.concatenate((amplitude, mean), axis=1) / amplitude.sum(axis=1, keepdims=True)


class Search(RotationalCC):
    """The built-in search, on the CPU alone."""

    devices = ("cpu",)
    tile_shapes: ClassVar[dict[str, tuple[int, int]]] = {}


class UpsideDown(Search):
    def tile(self, *given: Any, **more: Any) -> Block:
        block = super().tile(*given, **more)
        assert block.rotation is not None
        return Block(block.values, block.rotation + np.float32(180), block.shift, block.mirror)


class AnotherPower(Search):
    """A value that is not the correlation that its facts speak of."""

    def tile(self, *given: Any, **more: Any) -> Block:
        block = super().tile(*given, **more)
        return Block(block.values**1.2, block.rotation, block.shift, block.mirror)


class AnotherOnTheGpu(Right):
    devices = ("cpu", "cuda")

    def tile(self, features: Any, *given: Any, **more: Any) -> Block:
        values = super().tile(features, *given, **more).values
        return Block(values * np.float32(0.99 if features["device"] == "cuda" else 1.0))


_RANGE = "the engine refuses values out of range, also with empties in the stack"
_RESULTS = "the engine refuses results that no file can keep"

WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "contract": (ContractBroken(), {}),
    **{name: (plugin, {}) for name, plugin in option_faults(Right).items()},
    "lengths-refused": (TakesAngstromForPixels(), {}),
    "pixel-size-unknown": (NeedsThePixelSize(), {}),
    "shape": (HalfATransform(), {}),
    "dtype": (Doubles(), {}),
    "range-of-values": (AboveOne(), {"empties-left-out": _RANGE}),
    "symmetry": (LooksAtTheRowFirst(), {}),
    "pair-symmetric": (TakesTheFirst(), {}),
    "the-pair-alone": (ScaledByAll(), {}),
    "identical-images": (NeverSure(), {}),
    "different-images": (AllAreAlike(), {}),
    "tiling": (SeesTheTile(), {}),
    "schedule": (RemembersTheFirstTile(), {}),
    "threads": (AChunkForEachThread(), {}),
    "nothing-kept-outside": (RemembersTheLast(), {}),
    "inputs-unchanged": (TakesTheMeanInPlace(), {}),
    "few-averages": (NeedsThree(), {}),
    "empties-left-out": (TakesNumbersForPlaces(), {}),
    "features-picklable": (FeaturesWithACall(), {}),
    "metric-picklable": (HoldsALock(), {}),
    "facts-are-json": (FactsOfNumpy(), {}),
    "notes-are-sentences": (MutteredNotes(), {}),
    "results-can-be-kept": (
        ResultsOfAFunction(),
        {"few-averages": _RESULTS},
    ),
    "advice-can-be-followed": (AdviceOfNoOne(), {}),
    "curves-fit-their-axis": (CurvesInPercent(), {}),
    "invariance-rotation": (AlongOneAxis(), {}),
    "invariance-shift": (AboutTheMiddle(), {}),
    "invariance-mirror": (SeesHands(), {}),
    "invariance-scale": (SeesContrast(), {}),
    "invariance-offset": (SeesTheMean(), {}),
    "transform-of-known-motion": (UpsideDown(), {}),
    "transform-gives-the-value": (AnotherPower(), {}),
    "cuda-agrees": (AnotherOnTheGpu(), {}),
}
"""By check: a metric that fails it, and which other checks must see the same fault, and why."""


class Outspoken(Right):
    """Right, and it says all that a metric may say."""

    def notes(self, features: Any) -> list[str]:
        return ["Fewer rings than usual."]

    def results(self, features: Any) -> dict[str, Any]:
        return {"spectra": features["rows"], "n_rings": RINGS}

    def facts(self, features: Any) -> dict[str, Any]:
        return {"is_sure": True}

    def advice(self, options: Any) -> Advice:
        return Advice("hierarchical", {"linkage": "average"}, where="is_sure")

    def curve_axis(self, features: Any) -> Any:
        return np.arange(1, RINGS + 1) / 72

    def curves(self, features: Any, rows: range, columns: range, *, alignment: Any = None) -> Any:
        return np.zeros((len(rows), len(columns), RINGS), dtype=np.float32)


RIGHT = (Right(), RightDistance(), Outspoken(), PairOfRings(), Search(), NeedsDetail())
