"""One algorithm on both devices: the affinity on a GPU is that on the CPU and of the reference."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.imaging import small_shifts
from rebalance.imaging.masks import mask_about
from rebalance.kernels import (
    correlation_cuda,
    frc_cuda,
    probe_cuda,
    small_disc_cuda,
    upload_cuda,
)
from rebalance.metrics.frc import FourierRingCorrelation
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_options import resolve_search
from rebalance.model import ClassAverages
from tests import phantom_images, reference
from tests.cuda.level import SIMULATED, needs_cuda, needs_gpu
from tests.cuda.signatures import SIGNATURES

TINY_DISC = {"mask_diameter": "31px", "low_pass": "5px", "max_shift": "0.8px", "center": "false"}
TINY = {"mask_diameter": "31px", "low_pass": "2.25px", "max_shift": "1px", "center": "false"}
REAL = {"70S": "relion31_70s", "ribosomes": "slicem_ribosomes/mixture_2D.mrcs"}

pytestmark = needs_cuda


class Case:
    """Averages, the options that they are compared with, and whether shifts count as small."""

    def __init__(
        self, averages: ClassAverages, options: dict[str, str], *, is_small: bool = True
    ) -> None:
        self.averages = averages.subset(~averages.is_empty)
        self.options = options
        self.is_small = is_small
        # Finer rings than these are compared, and not averaged.
        self.finest = "6px" if options is TINY_DISC else "3px"

    @contextmanager
    def search(self) -> Iterator[pytest.MonkeyPatch]:
        """The search of the case, with tiles so small that there are several."""
        with pytest.MonkeyPatch.context() as patch:
            if not self.is_small:
                patch.setattr(small_shifts, "WIDEST", 0.0)
            shape = (2, 1) if len(self.averages) < 10 else (32, 16)
            patch.setattr(RotationalCC, "tile_shapes", {"cuda": shape})
            if SIMULATED:
                patch.setattr(small_disc_cuda, "THREADS", 8)
            yield patch

    def affinity(self, device: str) -> rebalance.Affinity:
        return rebalance.affinity(
            self.averages, "rotational-cc", options=self.options, device=device
        )


@pytest.fixture(
    scope="module",
    params=[
        "tiny",
        "tiny disc",
        pytest.param("views", marks=needs_gpu),
        pytest.param("views, far", marks=needs_gpu),
        *(pytest.param(name, marks=needs_gpu) for name in REAL),
    ],
)
def case(request: pytest.FixtureRequest) -> Case:
    rng = np.random.default_rng(24)
    if request.param == "tiny":
        # So noisy that the highest peak at full band is not that of the lowest rings.
        rng = np.random.default_rng(31)
        images = phantom_images.projections(3, rng, box=32)
        images += rng.normal(0, 1.5 * images.std(), images.shape).astype(np.float32)
        return Case(phantom_images.stack_of(images), TINY, is_small=False)
    if request.param == "tiny disc":
        images = phantom_images.projections(3, rng, box=32)
        return Case(phantom_images.stack_of(images), TINY_DISC)
    if request.param.startswith("views"):
        images = phantom_images.projections(70, rng)
        images += rng.normal(0, 0.2 * images.std(), images.shape).astype(np.float32)
        return Case(phantom_images.stack_of(images), {}, is_small=request.param == "views")
    folder: Path = request.getfixturevalue("real_data")
    averages = rebalance.read(folder / REAL[request.param]).class_averages
    assert averages is not None
    return Case(averages, {})


@pytest.fixture(scope="module")
def on_both(case: Case) -> tuple[rebalance.Affinity, rebalance.Affinity]:
    with case.search():
        return case.affinity("cpu"), case.affinity("cuda")


def test_affinity_and_alignment_are_those_of_the_cpu(
    on_both: tuple[rebalance.Affinity, rebalance.Affinity],
) -> None:
    cpu, GPU = on_both
    assert GPU.facts["device"] == "cuda"
    np.testing.assert_allclose(GPU.values, cpu.values, atol=1e-4)
    assert cpu.alignment is not None
    assert GPU.alignment is not None
    # Where two peaks are equally high, rounding decides.
    other = np.abs((GPU.alignment.rotation - cpu.alignment.rotation + 180) % 360 - 180) > 0.1
    other |= np.abs(GPU.alignment.shift - cpu.alignment.shift).max(axis=1) > 0.02
    other |= GPU.alignment.mirror != cpu.alignment.mirror
    assert other.mean() <= 0.005


def test_affinity_is_that_of_the_reference(
    case: Case, on_both: tuple[rebalance.Affinity, rebalance.Affinity]
) -> None:
    averages = case.averages
    options = RotationalCC.options_model.model_validate(case.options)
    search = resolve_search(averages, options)
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    masked = mask_about(averages.images[:4], search.centre[:4], search.grid.radius)
    n_angles = band.n_angles(search.grid.max_shift)
    polar = [
        reference.polar_transform(image, band, n_angles, centre, search.whitening)
        for image, centre in zip(masked, search.centre, strict=False)
    ]
    for i in range(len(polar)):
        for j in range(i + 1, len(polar)):
            value, _ = reference.best_alignment(polar[i], polar[j], band, search.grid.max_shift)
            assert on_both[1].values[i, j] == pytest.approx(np.clip(value, 0, 1), abs=5e-3)


def test_ring_correlations_are_those_of_the_cpu(
    case: Case, on_both: tuple[rebalance.Affinity, rebalance.Affinity]
) -> None:
    from rebalance.engine.assemble import tile_of_alignment
    from rebalance.engine.schedule import Tile

    alignment = on_both[0].alignment
    assert alignment is not None
    # Not the first rows, and rows that reach below the diagonal.
    n = len(case.averages)
    tile = Tile(range(n // 3, n), range(n // 2, n))
    given = tile_of_alignment(alignment, tile)
    curves = []
    for device in ("cpu", "cuda"):
        metric = FourierRingCorrelation()
        options = metric.options_model.model_validate(
            {**case.options, "max_resolution": case.finest}
        )
        features = metric.prepare(case.averages, options, device)
        curves.append(metric.curves(features, tile.rows, tile.columns, alignment=given))
    above = np.arange(tile.rows.start, n)[:, None] < np.arange(tile.columns.start, n)
    assert above.any()
    assert 1 < curves[0].shape[2] < features.search.grid.n_rings
    np.testing.assert_allclose(curves[1], np.where(above[..., None], curves[0], 0), atol=1e-4)


def test_a_tile_is_the_same_bytes_however_it_is_cut(case: Case) -> None:
    metric = RotationalCC()
    options = {**case.options, "mirror": "false"}
    if SIMULATED:
        options["max_shift"] = "0.4px"
    n = len(case.averages)
    # The simulator has no time for more than a pair.
    start = n - 2 if SIMULATED else 0
    first = max(start - 1, 0)
    with case.search() as patch:
        features = metric.prepare(
            case.averages, metric.options_model.model_validate(options), "cuda"
        )
        whole = metric.tile(features, range(start, n), range(start, n))
        patch.setattr(correlation_cuda, "PAIRS", 2 * (n - start) - 3)
        patch.setattr(small_disc_cuda, "ROWS", 1)
        patch.setattr(small_disc_cuda, "SCRATCH_BYTES", 1)
        part = metric.tile(features, range(start, n - 1), range(first, n))
    above = np.arange(start, n - 1)[:, None] < np.arange(first, n)
    assert (part.values[~above] == 0).all()
    assert part.values[above].min() > 0
    for name in ("values", "rotation", "shift", "mirror"):
        of_whole, of_part = getattr(whole, name), getattr(part, name)
        np.testing.assert_array_equal(
            of_part[:, start - first :][above[:, start - first :]],
            of_whole[:-1][above[:, start - first :]],
        )
    assert part.mirror is not None
    assert not part.mirror.any()


class Recorder:
    """A kernel that notes the types that it is launched with."""

    def __init__(self, kernel: Any, name: str, seen: dict[str, str]) -> None:
        self.kernel, self.name, self.seen = kernel, name, seen

    def __getitem__(self, configuration: Any) -> Callable[..., None]:
        def launch(*given: Any) -> None:
            self.seen[self.name] = " ".join(_type_of(argument) for argument in given)
            self.kernel[configuration](*given)

        return launch


def _type_of(argument: Any) -> str:
    if hasattr(argument, "copy_to_host"):
        assert argument.copy_to_host().flags.c_contiguous
        return f"{argument.dtype}[{argument.ndim}]"
    return "int64" if type(argument) is int else str(np.dtype(type(argument)))


def test_kernels_are_launched_with_the_types_that_they_are_compiled_for(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}
    for name in SIGNATURES:
        module, kernel = name.split(".")
        of = importlib.import_module(f"rebalance.kernels.{module}")
        recorder = Recorder(getattr(of, kernel), name, seen)
        for user in (of, correlation_cuda, frc_cuda, probe_cuda, upload_cuda, small_disc_cuda):
            if hasattr(user, kernel):
                monkeypatch.setattr(user, kernel, recorder)
    probe_cuda.run_probe()
    averages = phantom_images.stack_of(phantom_images.projections(2, rng, box=32))
    if SIMULATED:
        monkeypatch.setattr(small_disc_cuda, "THREADS", 8)
    rebalance.affinity(averages, "rotational-cc", options=TINY_DISC, device="cuda")
    monkeypatch.setattr(small_shifts, "WIDEST", 0.0)
    options = {**TINY, "max_shift": "0.4px"}
    rebalance.affinity(averages, "frc", options=options, device="cuda")
    assert seen == SIGNATURES
