"""The engine's promises: every pair once, the same bytes however it runs, broken metrics named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rebalance
from rebalance.contracts import Block
from rebalance.engine.assemble import Assembly, tile_of_alignment
from rebalance.engine.device import cuda_problem, resolve_device
from rebalance.engine.schedule import tiles
from rebalance.errors import DeviceError, OptionError, PluginError
from rebalance.model import Affinity, ClassAverages
from rebalance.options import NoOptions, Options, option
from tests import phantom_images


@pytest.mark.parametrize("n", [0, 1, 2, 31, 32, 33, 128, 129, 300])
def test_tiles_cover_every_pair_once(n: int) -> None:
    seen = np.zeros((n, n), dtype=int)
    for tile in tiles(n):
        rows, columns = np.ix_(tile.rows, tile.columns)
        seen[rows, columns] += rows < columns
        assert tile.n_pairs == np.count_nonzero(rows < columns) > 0
    np.testing.assert_array_equal(seen, np.triu(np.ones((n, n), dtype=int), 1))


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 17), st.integers(1, 17), st.integers(0, 2**32 - 1))
def test_every_pair_lands_in_its_place(n: int, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random((n, n), dtype=np.float32)
    rotation = rng.normal(size=(n, n)).astype(np.float32)
    shift = rng.normal(size=(n, n, 2)).astype(np.float32)
    mirror = rng.random((n, n)) < 0.5
    assembly = Assembly(n, "noise", "affinity")
    schedule = tiles(n, (height, width))
    for at in rng.permutation(len(schedule)):
        part = np.ix_(schedule[at].rows, schedule[at].columns)
        assembly.add(schedule[at], Block(values[part], rotation[part], shift[part], mirror[part]))
    found, _, _ = assembly.finish()
    above = np.triu(values, 1)
    np.testing.assert_array_equal(found, above + above.T + np.eye(n, dtype=np.float32))
    alignment = assembly.alignment
    assert alignment is not None
    i, j = np.triu_indices(n, 1)
    np.testing.assert_array_equal(alignment.rotation, rotation[i, j])
    np.testing.assert_array_equal(alignment.shift, shift[i, j])
    np.testing.assert_array_equal(alignment.mirror, mirror[i, j])
    for tile in schedule:
        back = tile_of_alignment(alignment, tile)
        rows, columns = np.ix_(tile.rows, tile.columns)
        wanted = rows < columns
        assert back.rotation is not None
        assert back.shift is not None
        assert back.mirror is not None
        np.testing.assert_array_equal(back.rotation, np.where(wanted, rotation[rows, columns], 0))
        np.testing.assert_array_equal(back.mirror, wanted & mirror[rows, columns])
        np.testing.assert_array_equal(
            back.shift, np.where(wanted[..., None], shift[rows, columns], 0)
        )


class Brightness:
    """A metric that is installed nowhere: distance of the means."""

    class Choice(Options):
        power: float = option(1.0, "Power of the distance.", ge=0.5, le=2.0)

    options_model: ClassVar = Choice
    returns: ClassVar[str] = "distance"
    requires: ClassVar[tuple[str, ...]] = ()
    invariances: ClassVar[tuple[str, ...]] = ("rotation",)

    def prepare(self, class_averages: ClassAverages, options: Choice, device: str) -> Any:
        return class_averages.images.mean(axis=(1, 2)), options.power

    def tile(self, features: Any, rows: range, columns: range, **_: Any) -> Block:
        mean, power = features
        difference = np.abs(mean[rows.start : rows.stop, None] - mean[columns.start : columns.stop])
        return Block((difference**power).astype(np.float32))

    def facts(self, features: Any) -> Mapping[str, Any]:
        return {"power": features[1]}


def test_distance_of_an_uninstalled_metric_becomes_an_affinity(rng: np.random.Generator) -> None:
    images = rng.normal(size=(5, 8, 8)).astype(np.float32)
    found = rebalance.affinity(phantom_images.stack_of(images), Brightness(), options={"power": 2})
    means = images.mean(axis=(1, 2))
    distance = (means[:, None] - means[None, :]) ** 2
    assert found.raw is not None
    np.testing.assert_allclose(found.raw, distance, atol=1e-6)
    scale = np.median(distance[np.triu_indices(5, 1)])
    np.testing.assert_allclose(found.values, np.exp(-distance / scale), atol=1e-4)
    assert found.facts["distance_map"] == "exp(-distance / median)"
    np.testing.assert_allclose(found.facts["distance_scale"], scale, rtol=1e-5)
    assert found.metric == "Brightness"


def test_empties_are_kept_out_and_listed(rng: np.random.Generator) -> None:
    images = phantom_images.projections(5, rng)
    images[1] = 0
    images[3, 0, 0] = np.nan
    averages = ClassAverages(
        images, np.array([3, 9, 12, 40, 41]), n_particles=np.array([5, 0, 8, 3, 2])
    )
    found = rebalance.affinity(averages)
    np.testing.assert_array_equal(found.is_empty, [False, True, False, True, False])
    off_diagonal = found.values - np.eye(5)
    assert not off_diagonal[[1, 3]].any()
    alone = rebalance.affinity(averages.subset(np.array([0, 2, 4])))
    np.testing.assert_array_equal(found.values[np.ix_([0, 2, 4], [0, 2, 4])], alone.values)
    assert found.alignment is not None
    assert alone.alignment is not None
    assert found.alignment.pair(2, 4) == alone.alignment.pair(1, 2)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_averages_are_no_special_case(n: int, rng: np.random.Generator) -> None:
    found = rebalance.affinity(
        phantom_images.stack_of(phantom_images.projections(max(n, 1), rng)[:n])
    )
    assert found.values.shape == (n, n)


def test_all_empty_is_no_special_case() -> None:
    found = rebalance.affinity(phantom_images.stack_of(np.zeros((3, 16, 16))))
    np.testing.assert_array_equal(found.values, np.eye(3))


_SCRIPT = """
import hashlib, sys
import numpy as np
import rebalance
from rebalance.model import ClassAverages
images = np.random.default_rng(3).normal(size=(70, 32, 32)).astype(np.float32)
found = rebalance.affinity(ClassAverages(images, np.arange(1, 71)), "rotational-cc")
digest = hashlib.sha256(found.values.tobytes())
for part in (found.alignment.rotation, found.alignment.shift, found.alignment.mirror):
    digest.update(part.tobytes())
print(digest.hexdigest())
"""


def test_one_two_and_three_threads_give_the_same_bytes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={**os.environ, "NUMBA_NUM_THREADS": str(threads)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in (1, 2, 3)
    }
    assert len(digests) == 1


def test_progress_ends_with_every_pair(rng: np.random.Generator) -> None:
    calls: list[tuple[int, int]] = []
    averages = phantom_images.stack_of(rng.normal(size=(40, 16, 16)))
    rebalance.affinity(averages, Brightness(), progress=lambda *c: calls.append(c))
    assert calls[0] == (0, 780)
    assert calls[-1] == (780, 780)
    assert sorted(calls) == calls


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, Affinity] = {}
        self.hits = 0

    def load(self, key: str) -> Affinity | None:
        self.hits += key in self.kept
        return self.kept.get(key)

    def store(self, affinity: Affinity) -> None:
        self.kept[affinity.key] = affinity


def test_cache_serves_what_is_the_same_and_nothing_else(rng: np.random.Generator) -> None:
    memory = Memory()
    averages = phantom_images.stack_of(phantom_images.projections(3, rng))
    first = rebalance.affinity(averages, "rotational-cc", cache=memory)
    assert rebalance.affinity(averages, "rotational-cc", cache=memory).values is first.values
    assert memory.hits == 1
    rebalance.affinity(averages, "rotational-cc", options={"mirror": False}, cache=memory)
    changed = averages.images.copy()
    changed[0, 5, 5] += 1e-3
    rebalance.affinity(phantom_images.stack_of(changed), "rotational-cc", cache=memory)
    assert memory.hits == 1
    # frc finds the alignment of the first call there.
    rebalance.affinity(averages, "frc", cache=memory)
    assert memory.hits == 2


def test_particle_counts_are_in_the_key_of_a_metric_that_reads_them_alone() -> None:
    from rebalance.engine.cache_key import affinity_key

    def key(counts: list[int], reads: tuple[str, ...]) -> str:
        averages = phantom_images.stack_of(
            np.eye(8)[None] * [[[1]], [[2]]], n_particles=np.array(counts)
        )
        return affinity_key(averages, "m", "1", {}, "cpu", reads)

    assert key([3, 4], ()) == key([5, 6], ())
    assert key([3, 0], ()) != key([3, 4], ())
    assert key([3, 4], ("n_particles",)) != key([5, 6], ("n_particles",))


def test_metric_without_a_version_is_not_kept(rng: np.random.Generator) -> None:
    memory = Memory()
    rebalance.affinity(
        phantom_images.stack_of(rng.normal(size=(3, 8, 8))), Brightness(), cache=memory
    )
    assert not memory.kept


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (np.full((4, 4), np.nan, np.float32), "not finite"),
        (np.full((4, 4), -0.5, np.float32), "from -0.5"),
        (np.full((3, 4), 0.5, np.float32), r"\(3, 4\)"),
    ],
)
def test_broken_metric_is_named(block: np.ndarray, message: str) -> None:
    class Broken(Brightness):
        def tile(self, *_: Any, **__: Any) -> Block:
            return Block(block)

    images = np.random.default_rng(0).normal(size=(4, 8, 8))
    with pytest.raises(PluginError, match=message):
        rebalance.affinity(phantom_images.stack_of(images), Broken())


def test_metric_that_gives_an_array_for_a_block_is_named() -> None:
    class Bare(Brightness):
        def tile(self, *_: Any, **__: Any) -> Any:
            return np.zeros((2, 2), np.float32)

    with pytest.raises(PluginError, match="gave ndarray for a tile, expected Block"):
        rebalance.affinity(phantom_images.stack_of(np.eye(8)[None] * [[[1]], [[2]]]), Bare())


def test_rounding_of_a_metric_is_forgiven() -> None:
    class Rounded(Brightness):
        returns = "affinity"

        def tile(self, *_: Any, **__: Any) -> Block:
            return Block(np.array([[-1e-7, 1 + 1e-7]] * 2, dtype=np.float32))

    found = rebalance.affinity(phantom_images.stack_of(np.eye(8)[None] * [[[1]], [[2]]]), Rounded())
    assert found.values[0, 1] == 1


@pytest.mark.parametrize(
    ("shift", "message"),
    [(np.zeros((2, 2)), r"shift of \(2, 2\)"), (np.full((2, 2, 2), np.nan), "not finite")],
)
def test_broken_alignment_is_named(shift: np.ndarray, message: str) -> None:
    class Broken(Brightness):
        def tile(self, *_: Any, **__: Any) -> Block:
            plain = np.zeros((2, 2), np.float32)
            return Block(plain, plain, shift.astype(np.float32), plain.astype(bool))

    with pytest.raises(PluginError, match=message):
        rebalance.affinity(phantom_images.stack_of(np.eye(8)[None] * [[[1]], [[2]]]), Broken())


def test_metric_that_lacks_a_part_of_its_contract_is_named() -> None:
    class NoTile:
        options_model = NoOptions
        returns = "affinity"
        requires = ()
        invariances = ()

        def prepare(self, *_: Any) -> None: ...

        def facts(self, _: Any) -> dict[str, Any]:
            return {}

    with pytest.raises(PluginError, match="NoTile lacks tile"):
        rebalance.affinity(phantom_images.stack_of(np.zeros((2, 8, 8))), NoTile())


def test_wrong_threads_and_devices_are_refused(rng: np.random.Generator) -> None:
    averages = phantom_images.stack_of(rng.normal(size=(3, 8, 8)))
    with pytest.raises(OptionError, match="threads"):
        rebalance.affinity(averages, Brightness(), threads=0)
    with pytest.raises(OptionError, match="device"):
        rebalance.affinity(averages, Brightness(), device="tpu")
    with pytest.raises(OptionError, match="only runs on the CPU"):
        rebalance.affinity(averages, Brightness(), device="cuda")


def test_card_that_is_not_there_is_a_clear_error() -> None:
    if cuda_problem() is None:
        pytest.skip("there is a GPU (or its simulator) here")

    class OnGpu(Brightness):
        devices = ("cpu", "cuda")

    with pytest.raises(DeviceError, match='`device="cuda"`'):
        resolve_device("cuda", OnGpu(), "on-gpu")
    assert resolve_device("auto", OnGpu(), "on-gpu") == "cpu"


class MeanOfTwo:
    """Half of one metric, half of another, as its options name them."""

    options_model: ClassVar[type[Options]] = NoOptions
    returns: ClassVar[str] = "affinity"
    requires: ClassVar[tuple[str, ...]] = ()
    invariances: ClassVar[tuple[str, ...]] = ()

    def requirements(self, options: Options) -> tuple[str, ...]:
        return ("rotational-cc", "frc")

    def prepare(self, class_averages: ClassAverages, options: Options, device: str) -> int:
        return len(class_averages)

    def tile(
        self,
        features: int,
        rows: range,
        columns: range,
        *,
        alignment: Block | None = None,
        others: Mapping[str, Any] | None = None,
    ) -> Block:
        assert alignment is None
        assert others is not None
        return Block((others["rotational-cc"] + others["frc"]) / 2)

    def facts(self, features: int) -> Mapping[str, Any]:
        return {}


def test_what_two_required_metrics_share_is_computed_once(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rebalance.metrics.rotational_cc import RotationalCC

    searches = []
    tile = RotationalCC.tile
    monkeypatch.setattr(RotationalCC, "tile", lambda *a, **k: searches.append(1) or tile(*a, **k))
    averages = ClassAverages(rng.normal(size=(5, 16, 16)).astype(np.float32), np.arange(1, 6))
    mean = rebalance.affinity(averages, MeanOfTwo())
    assert len(searches) == 1
    first, second = (rebalance.affinity(averages, name) for name in ("rotational-cc", "frc"))
    np.testing.assert_allclose(mean.values, (first.values + second.values) / 2, atol=1e-6)
    # It has no alignment of its own and asks for none: it is shown by that of the metrics it has.
    assert mean.alignment is not None
    assert first.alignment is not None
    np.testing.assert_array_equal(mean.alignment.rotation, first.alignment.rotation)
