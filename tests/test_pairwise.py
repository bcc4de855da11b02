"""A metric that is one function of a pair gets all the rest from the adapter and the engine."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import numba
import numpy as np
import pytest

import rebalance
from rebalance.contracts import Block
from rebalance.errors import OptionError, PluginError
from rebalance.imaging.masks import soft_disc
from rebalance.metrics.search_options import centred_masks
from rebalance.model import ClassAverages, Transform
from rebalance.options import Length, NoOptions, Options, option
from rebalance.pairwise import MaskOptions, PairMetric


class PowerOptions(MaskOptions):
    power: float = option(1.0, "Exponent of each difference.", ge=0.5, le=4.0)
    every: int = option(1, "Every so many pixels.", ge=1)
    root: bool = option(False, "Root of the sum.")
    width: Length = option(Length(4.0, "px"), "Added, to see it arrive.", unit="Å or px")
    mode: Literal["one", "two"] = option("one", "Text.")


def sum_of_powers(first, second, power, every, root, width):  # type: ignore[no-untyped-def]
    total = 0.0
    one, two = first.ravel(), second.ravel()
    for at in range(0, one.size, every):
        total += abs(one[at] - two[at]) ** power
    return (total ** (1 / power) if root else total) + width


class Powers(PairMetric):
    options_model = PowerOptions
    returns = "distance"
    pair = sum_of_powers


class AlignedOptions(MaskOptions):
    whitening: float = option(0.0, "Of the search, which has an option of that name.", ge=0, le=1)


class Aligned(PairMetric):
    """Correlation of the aligned pair."""

    options_model = AlignedOptions
    returns = "affinity"
    requires = ("alignment",)
    mask = normalise = True

    @staticmethod
    def pair(first: Any, second: Any) -> Any:
        return min(max(0.0, (first * second).sum()), 1.0)


class Rows(PairMetric):
    """Of one number a row, by a function that is jitted already."""

    returns = "distance"

    def features(self, class_averages: ClassAverages, options: Options) -> np.ndarray:
        return class_averages.images.mean(axis=2)

    @staticmethod
    @numba.njit
    def pair(first: Any, second: Any) -> Any:
        return np.abs(first - second).max()


def noise(rng: np.random.Generator, n: int = 7, box: int = 16) -> ClassAverages:
    images = rng.normal(size=(n, box, box)).astype(np.float32)
    return ClassAverages(images, np.arange(1, n + 1), pixel_size=2.0)


def raw(affinity: rebalance.Affinity) -> np.ndarray:
    assert affinity.raw is not None
    return affinity.raw


def test_every_pair_gets_what_the_function_gives(rng: np.random.Generator) -> None:
    averages = noise(rng)
    options = {"power": 2.5, "every": 3, "root": True, "width": "10A"}
    found = raw(rebalance.affinity(averages, metric=Powers(), options=options))
    flat = averages.images.reshape(7, -1)[:, ::3].astype(np.float64)
    for i in range(7):
        for j in range(i + 1, 7):
            # 10 Å are 5 pixels.
            expected = (np.abs(flat[i] - flat[j]) ** 2.5).sum() ** (1 / 2.5) + 5.0
            assert found[i, j] == pytest.approx(expected, rel=1e-5)
            assert found[j, i] == found[i, j]


def test_features_may_be_anything_of_one_or_two_axes(rng: np.random.Generator) -> None:
    averages = noise(rng)
    found = raw(rebalance.affinity(averages, metric=Rows()))
    rows = averages.images.mean(axis=2)
    assert found[2, 5] == pytest.approx(np.abs(rows[2] - rows[5]).max())


@pytest.mark.parametrize("metric", [Powers(), Rows(), Aligned()], ids=lambda m: type(m).__name__)
def test_bytes_depend_on_neither_tiles_nor_threads(
    metric: Any, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    averages = noise(rng, n=23, box=24)
    whole = rebalance.affinity(averages, metric=metric, threads=1).values
    assert len(np.unique(whole)) > 50
    for threads in (2, 3):
        assert np.array_equal(
            rebalance.affinity(averages, metric=metric, threads=threads).values, whole
        )
    monkeypatch.setattr(type(metric), "tile_shapes", {"cpu": (5, 3)}, raising=False)
    assert np.array_equal(rebalance.affinity(averages, metric=metric, threads=2).values, whole)


@pytest.mark.parametrize("box", [16, 17])
@pytest.mark.parametrize(
    "motion",
    [
        Transform(),
        Transform(31.0, (1.25, -2.5), False),
        Transform(-117.0, (-0.75, 3.0), True),
        Transform(180.0, (0.0, 0.0), True),
    ],
)
def test_an_image_is_laid_as_transform_says(
    motion: Transform, box: int, rng: np.random.Generator
) -> None:
    from rebalance.imaging.spline import spline_coefficients
    from rebalance.kernels.pairs_cpu import lay

    image = rng.normal(size=(1, box, box)).astype(np.float32)
    laid = np.empty((box, box), dtype=np.float32)
    lay(
        spline_coefficients(image)[0],
        np.float32(motion.rotation),
        *map(np.float32, motion.shift),
        motion.mirror,
        laid,
    )
    expected = motion.apply(image[0])
    # At the very edge rounding decides whether a point is inside.
    inside = (laid != 0) & (expected != 0)
    assert inside.mean() > 0.5
    assert (inside == (expected != 0)).mean() > 0.9
    assert np.allclose(laid[inside], expected[inside], atol=2e-4)


def test_the_second_image_comes_laid_onto_the_first(rng: np.random.Generator) -> None:
    from rebalance.simulate import simulate_class_averages

    settings = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}
    averages = simulate_class_averages(settings).class_averages
    averages = averages.subset(~averages.is_empty)
    aligned = rebalance.affinity(averages, metric=Aligned())
    search = rebalance.affinity(averages, metric="rotational-cc", options={"whitening": 0})
    pairs = np.triu_indices(len(averages), 1)
    # Pixels instead of polar samples in a band, and a mask of its own: nearly the same number.
    assert np.corrcoef(aligned.values[pairs], search.values[pairs])[0, 1] > 0.99
    assert np.abs(aligned.values[pairs] - search.values[pairs]).max() < 0.05
    assert aligned.facts["aligned_by"] == "rotational-cc"
    assert aligned.alignment is not None


class Chosen(Aligned):
    """Aligned by an option."""

    class Chooses(AlignedOptions):
        align: bool = option(True, "Lay the second image onto the first.")

    options_model = Chooses

    def requirements(self, options: Chooses) -> tuple[str, ...]:
        return ("alignment",) if options.align else ()


def test_options_may_decide_whether_a_pair_is_aligned(rng: np.random.Generator) -> None:
    averages = noise(rng, n=6, box=32)
    aligned = rebalance.affinity(averages, metric=Chosen())
    plain = rebalance.affinity(averages, metric=Chosen(), options={"align": False})
    assert np.array_equal(aligned.values, rebalance.affinity(averages, metric=Aligned()).values)
    assert plain.alignment is None
    assert aligned.values.sum() > plain.values.sum()


def test_masked_images_are_nothing_outside_and_of_norm_one(rng: np.random.Generator) -> None:
    averages = noise(rng, n=3, box=32)
    metric = Aligned()
    features = metric.prepare(averages, MaskOptions(mask_diameter=Length(20.0, "px")))
    assert np.allclose((features.arrays.astype(np.float64) ** 2).sum(axis=(1, 2)), 1.0)
    assert np.allclose(features.arrays.sum(axis=(1, 2), dtype=np.float64), 0.0, atol=1e-5)
    # A disc of diameter 20 about the object of each, wherever that is.
    assert (np.count_nonzero(features.arrays, axis=(1, 2)) < np.pi * 10.5**2).all()
    assert metric.facts(features)["mask_diameter_px"] == 20.0
    assert metric.facts(features)["mask_diameter_A"] == 40.0


def test_an_option_out_of_range_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(OptionError, match="power"):
        rebalance.affinity(noise(rng), metric=Powers(), options={"power": 9})
    with pytest.raises(OptionError, match="mask_diameter"):
        rebalance.affinity(noise(rng), metric=Aligned(), options={"mask_diameter": "900px"})


def test_metric_and_features_travel_to_other_processes(rng: np.random.Generator) -> None:
    averages = noise(rng)
    for metric, options in ((Powers(), PowerOptions()), (Rows(), NoOptions())):
        features = metric.prepare(averages, options)
        there = pickle.loads(pickle.dumps((metric, features)))
        values = there[0].tile(there[1], range(7), range(7)).values
        assert np.array_equal(values, metric.tile(features, range(7), range(7)).values)


def test_what_is_typed_at_a_prompt_has_no_file_to_be_cached_by(rng: np.random.Generator) -> None:
    names: dict[str, Any] = {"PairMetric": PairMetric, "np": np}
    exec(
        "class Typed(PairMetric):\n"
        "    returns = 'distance'\n"
        "    def pair(first, second):\n"
        "        return np.abs(first - second).sum()\n",
        names,
    )
    averages = noise(rng)
    found = raw(rebalance.affinity(averages, metric=names["Typed"]()))
    expected = np.abs(averages.images[0] - averages.images[1]).sum()
    assert found[0, 1] == pytest.approx(float(expected), rel=1e-5)


def declare(**parts: Any) -> type[PairMetric]:
    return type("Faulty", (PairMetric,), {"returns": "distance", **parts})


def test_an_argument_that_is_no_option_is_named() -> None:
    with pytest.raises(PluginError, match=r"Faulty.pair takes 'powr'.*\n.*power, every") as caught:
        declare(options_model=PowerOptions, pair=lambda first, second, powr: 0.0)
    assert "not one of its options" in str(caught.value)
    with pytest.raises(PluginError, match="takes 1 arguments"):
        declare(pair=lambda first: 0.0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "no pair function"),
        (
            {"pair": lambda first, second: first.no_such_part},
            r"numba can't compile Faulty.pair .* 'no_such_part' of type .* \(File .*, line \d+\)\n",
        ),
        # No error of numba's own.
        (
            {"pair": lambda first, second: np.linalg.no_such(first)},
            "numba can't compile Faulty.pair .* has no attribute 'no_such'",
        ),
        (
            {"options_model": PowerOptions, "pair": lambda first, second, mode: 0.0},
            "'mode', which is 'one'",
        ),
        (
            {
                "pair": lambda first, second: 0.0,
                "features": lambda self, averages, options: averages.images[:2],
            },
            "returned float32 \\(2, 16, 16\\) for 7 class averages",
        ),
        (
            {
                "pair": lambda first, second: 0.0,
                "features": lambda self, averages, options: averages.images[:, 0],
                "requires": ("alignment",),
            },
            "float32 \\(N, 16, 16\\)",
        ),
        ({"pair": lambda first, second: np.nan}, "not finite"),
        ({"pair": lambda first, second: 2.0, "returns": "affinity"}, "expected 0 to 1"),
    ],
)
def test_a_fault_of_the_author_is_named(
    parts: dict[str, Any], words: str, rng: np.random.Generator
) -> None:
    with pytest.raises(PluginError, match=words):
        rebalance.affinity(noise(rng), metric=declare(**parts)())


AUTHOR = """
import numpy as np
from rebalance.pairwise import PairMetric

class Mine(PairMetric):
    returns = "distance"
    @staticmethod
    def pair(first, second):
        return np.abs(first - second).sum()
"""

PROGRAM = """
import json
import numpy as np
import rebalance
from author import Mine
from rebalance.kernels import pairs_cpu

images = np.random.default_rng(1).normal(size=(5, 16, 16)).astype(np.float32)
averages = rebalance.ClassAverages(images, np.arange(1, 6))
rebalance.affinity(averages, metric=Mine())
function, _ = pairs_cpu.compiled(Mine.pair, 2, (), False)
found = [(sum(s.cache_hits.values()), sum(s.cache_misses.values()))
         for s in (function.stats, pairs_cpu.pairs.stats)]
print(json.dumps(found))
"""


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    (tmp_path / "author.py").write_text(AUTHOR)
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": str(tmp_path),
    }
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(json.loads(done.stdout))
    # Hits and misses of the author's function, and of the loop over pairs.
    assert found == [[[0, 1], [0, 1]], [[1, 0], [1, 0]]]
    assert list((tmp_path / "cache").rglob("author.Mine.pair-*.nbc"))


def test_workers_of_dask_give_the_same_bytes(rng: np.random.Generator) -> None:
    distributed = pytest.importorskip("distributed")
    averages = noise(rng, n=40, box=24)
    here = rebalance.affinity(averages, metric=Aligned()).values
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        there = rebalance.affinity(averages, metric=Aligned(), executor=client).values
    assert np.array_equal(there, here)


class UnderTheMask(PairMetric):
    """The mean difference under the mask; images as they are."""

    options_model = PowerOptions
    returns = "distance"

    @staticmethod
    def pair(first: Any, second: Any, mask: Any, power: float, mask_radius: float) -> float:
        total = weight = 0.0
        for row in range(first.shape[0]):
            for column in range(first.shape[1]):
                total += mask[row, column] * abs(first[row, column] - second[row, column]) ** power
                weight += mask[row, column]
        return total / weight + mask_radius


def off_centre(n: int = 5, box: int = 32) -> ClassAverages:
    y, x = np.mgrid[:box, :box] - box // 2
    images = [np.exp(-((x - n % 3) ** 2 + (y - n) ** 2) / (8.0 + n)) for n in range(n)]
    return ClassAverages(np.array(images, dtype=np.float32), np.arange(1, n + 1))


@pytest.mark.parametrize("given", [{}, {"mask_diameter": "20px", "power": 2.0}])
def test_a_pair_function_gets_what_the_masks_of_both_have_in_common(given: dict[str, Any]) -> None:
    averages = off_centre()
    found = rebalance.affinity(averages, UnderTheMask(), options=given, threads=2)
    radius = found.facts["mask_diameter_px"] / 2
    if given:
        assert radius == 10
    power = given.get("power", 1.0)
    centre, _, _ = centred_masks(averages, True, radius, "option")
    assert not np.allclose(centre[0], centre[1])
    for i, j in ((0, 1), (1, 4), (2, 3)):
        discs = [soft_disc(averages.box, radius, centre=tuple(centre[n])) for n in (i, j)]
        disc = np.minimum(*discs)
        off = np.abs(averages.images[i] - averages.images[j]) ** power
        expected = (disc * off).sum() / disc.sum() + radius
        assert found.raw is not None
        assert found.raw[i, j] == pytest.approx(expected, rel=1e-4)


class AlignedUnderTheMask(UnderTheMask):
    requires = ("alignment",)


def test_the_mask_of_the_second_image_is_laid_onto_the_first_with_it() -> None:
    averages = off_centre()
    moved = averages.images[3:].copy()
    metric = AlignedUnderTheMask()
    options = PowerOptions(mask_diameter=Length(16, "px"))
    both = ClassAverages(np.concatenate((averages.images[3:], moved)), np.arange(1, 5))
    features = metric.prepare(both, options)
    assert features.mask is not None
    # By hand: the second turned by 90°, so that its centre comes to lie elsewhere.
    motion = Transform(90.0, (3.0, -2.0), True)
    alignment = Block(
        np.zeros((1, 1), dtype=np.float32),
        np.full((1, 1), 90, dtype=np.float32),
        np.array([[[3, -2]]], dtype=np.float32),
        np.ones((1, 1), dtype=np.bool_),
    )
    found = metric.tile(features, range(1), range(1, 2), alignment=alignment).values[0, 0]
    centre = features.mask.centre
    x, y = motion.matrix @ centre[1] + np.asarray(motion.shift)
    assert abs(x - centre[1][0]) + abs(y - centre[1][1]) > 2
    disc = np.minimum(
        soft_disc(both.box, 8, centre=tuple(centre[0])), soft_disc(both.box, 8, centre=(x, y))
    )
    off = np.abs(both.images[0] - motion.apply(both.images[1], order=3))
    assert found == pytest.approx((disc * off).sum() / disc.sum() + 8, abs=2e-4)


class MaskedSums(PairMetric):
    options_model = MaskOptions
    returns = "distance"
    mask = normalise = True

    def features(self, class_averages: ClassAverages, options: MaskOptions) -> np.ndarray:
        images = super().features(class_averages, options)
        return np.square(images).sum(axis=2)

    @staticmethod
    def pair(first: Any, second: Any) -> float:
        return float(np.abs(first - second).sum())


def test_features_of_ones_own_may_begin_with_the_masked_images_and_the_mask_is_told() -> None:
    options = {"mask_diameter": "20px"}
    metric = MaskedSums()
    features = metric.prepare(off_centre(), MaskOptions(mask_diameter=Length(20, "px")))
    np.testing.assert_allclose(features.arrays.sum(axis=1), 1, rtol=1e-5)
    facts = rebalance.affinity(off_centre(), metric, options=options).facts
    assert facts["mask_diameter_px"] == 20


class OwnMaskOption(Options):
    mask: float = option(3.0, "A number of the author's own.")


class OwnMask(PairMetric):
    options_model = OwnMaskOption
    returns = "distance"

    @staticmethod
    def pair(first: Any, second: Any, mask: float) -> float:
        return mask


def test_an_option_called_mask_goes_before_the_mask(rng: np.random.Generator) -> None:
    raw = rebalance.affinity(noise(rng, 3), OwnMask()).raw
    assert raw is not None
    assert (raw[np.triu_indices(3, 1)] == 3).all()
