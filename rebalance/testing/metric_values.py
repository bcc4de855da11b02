"""Checks of a metric's values, and that they have the same bytes however they are computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

import rebalance
from rebalance.contracts import Block
from rebalance.engine.local_executor import LocalExecutor
from rebalance.engine.schedule import Tile
from rebalance.engine.schedule import tiles as tiles_of
from rebalance.engine.threads import use_threads
from rebalance.pairwise import PairMetric
from rebalance.testing.example_images import TWINS, averages_of, some_images
from rebalance.testing.metric_subject import MetricSubject, first_difference
from rebalance.testing.outcome import NotApplicable, broken, require

SMALL_TILE = (3, 2)
ROUNDING = 1e-5
"""What the engine takes for the limit of a range."""

EXCHANGED = 0.01
"""Allowed change of an affinity when row and column are exchanged."""

LEFT_OUT = 0.02
"""Allowed change when another average is left out; automatic masks change a little."""

TOP = 0.005
"""Allowed difference from 1 for two equal images."""


def shape(subject: MetricSubject) -> None:
    """A block has one value per row and column of its tile, and motions of the same shape."""
    base = subject.base
    for tile in (Tile(range(base.n), range(base.n)), Tile(range(1, 4), range(4, 6))):
        block = base.work(tile)
        expected = (len(tile.rows), len(tile.columns))
        for name, wanted in (
            ("values", expected),
            ("rotation", expected),
            ("shift", (*expected, 2)),
            ("mirror", expected),
        ):
            part = getattr(block, name)
            require(
                (part is None and name != "values") or np.shape(part) == wanted,
                f"{name} of a tile of {expected} has shape {np.shape(part)}, expected {wanted}.",
            )
        given = [block.rotation is None, block.shift is None, block.mirror is None]
        require(
            all(given) or not any(given),
            "A block has some of rotation, shift and mirror; expected all of them or none.",
        )


def dtype(subject: MetricSubject) -> None:
    """Values, rotations, shifts and features of a pair function are float32, mirrors are bool."""
    block = subject.base.block
    for name in ("values", "rotation", "shift", "mirror"):
        part = getattr(block, name)
        wanted = np.bool_ if name == "mirror" else np.float32
        require(
            part is None or part.dtype == wanted,
            f"{name} is {getattr(part, 'dtype', None)}, expected {np.dtype(wanted)}.",
        )
    if isinstance(subject.plugin, PairMetric):
        features = subject.plugin.features(averages_of(some_images()), subject.options)
        found = getattr(features, "dtype", type(features).__name__)
        require(found == np.float32, f"features() gave {found}, expected float32.")


def range_of_values(subject: MetricSubject) -> None:
    """Affinities are 0 to 1, distances at least 0, and none is NaN."""
    base = subject.base
    values = base.pairs
    highest = np.inf if subject.plugin.returns == "distance" else 1.0 + ROUNDING
    wrong = ~np.isfinite(values) | (values < -ROUNDING) | (values > highest)
    if wrong.any():
        at = int(np.argmax(wrong))
        pair = tuple(int(index) for index in np.argwhere(base.above)[at])
        wanted = "a number of at least 0" if highest == np.inf else "0 to 1"
        broken(f"pair {pair}: {values[at]:.9g}, expected {wanted}.")


def symmetry(subject: MetricSubject) -> None:
    """Exchanging row and column doesn't change the value of a pair."""
    base = subject.base
    exchanged = subject.compare(some_images()[::-1]).block.values[::-1, ::-1].T
    off = np.abs(subject.affinities(base.block.values) - subject.affinities(exchanged))
    off = np.where(base.above, off, 0.0)
    if not off.max() <= EXCHANGED:
        i, j = np.unravel_index(int(np.argmax(off)), off.shape)
        broken(
            f"pair ({i}, {j}): {base.block.values[i, j]:.6g}, but {exchanged[i, j]:.6g} with the "
            f"two exchanged; expected the same {subject.within(EXCHANGED)}. Or its value depends "
            "on its place among the averages."
        )


def pair_symmetric(subject: MetricSubject) -> None:
    """With symmetric = True, a pair function gives the same with its arrays exchanged."""
    plugin = subject.plugin
    if not (isinstance(plugin, PairMetric) and plugin.symmetric):
        raise NotApplicable("It does not state symmetric = True.")
    features = plugin.prepare(averages_of(some_images()), subject.options, "cpu")
    # Two averages as they lie, without an alignment: the function alone is asked.
    for i, j in ((0, 1), (2, 3), (4, 5)):
        forth, back = (plugin.value(features, *pair) for pair in ((i, j), (j, i)))
        require(
            abs(forth - back) <= ROUNDING * max(abs(forth), abs(back), 1.0),
            f"pair ({i}, {j}): {forth:.9g}, and {back:.9g} with the two exchanged.",
        )


def the_pair_alone(subject: MetricSubject) -> None:
    """With depends_on = "pair", a value stays the same when another average is left out."""
    if subject.plugin.depends_on != "pair":
        raise NotApplicable("It depends on all averages, as it states.")
    images = some_images()
    whole = subject.affinities(subject.base.block.values)
    for left_out in (0, 3, 5):
        rest = np.setdiff1d(np.arange(len(images)), left_out)
        values = subject.compare(images[rest]).block.values
        above = np.triu(np.ones(values.shape, dtype=np.bool_), 1)
        off = np.abs(subject.affinities(values) - whole[np.ix_(rest, rest)])
        off = np.where(above, off, 0.0)
        if not off.max() <= LEFT_OUT:
            i, j = np.unravel_index(int(np.argmax(off)), off.shape)
            pair = (int(rest[i]), int(rest[j]))
            broken(
                f"pair {pair}: {subject.base.block.values[pair]:.6g}, and {values[i, j]:.6g} "
                f"without average {left_out}; expected the same {subject.within(LEFT_OUT)}, or "
                "depends_on = 'all'."
            )


def identical_images(subject: MetricSubject) -> None:
    """Two identical images have affinity 1 or distance 0."""
    value = subject.base.block.values[TWINS]
    require(
        abs(subject.affinities(value) - 1.0) <= TOP,
        f"pair {TWINS}, one image twice: {value:.6g}, expected "
        f"{'0' if subject.gives_distances else '1'} {subject.within(TOP)}. Or its value depends on "
        "its place among the averages.",
    )


def different_images(subject: MetricSubject) -> None:
    """Different objects are not all as similar as an average and its copy."""
    base = subject.base
    different = base.above.copy()
    different[TWINS] = False
    values = base.block.values[different]
    require(
        not (subject.affinities(values) >= 1.0 - TOP).all(),
        f"All pairs of different averages have values from {values.min():.6g} to "
        f"{values.max():.6g}, expected one that is not "
        f"{'0' if subject.gives_distances else '1'} {subject.within(TOP)}.",
    )


def tiling(subject: MetricSubject) -> None:
    """The bytes of a pair don't depend on the size of its tile."""
    for size in ((1, 1), SMALL_TILE, (2, 5)):
        for tile, block in _in_turn(subject, tiles_of(subject.base.n, size)):
            difference = first_difference(subject.base.part(tile), tile, block)
            require(
                difference is None,
                f"Tiles of {size[0]} × {size[1]}: {difference} in one tile.",
            )


def schedule(subject: MetricSubject) -> None:
    """The bytes of a pair don't depend on what was computed before, also when repeated."""
    tiles = tiles_of(subject.base.n, SMALL_TILE)
    in_order = dict(_in_turn(subject, tiles))
    backwards = tiles[::-1]
    for tile, block in _in_turn(subject, [*backwards, *backwards]):
        difference = first_difference(in_order[tile], tile, block)
        require(difference is None, f"Tiles in reverse order: {difference} in order.")


def threads(subject: MetricSubject) -> None:
    """A pair has the same bytes on one, two and three threads."""
    tiles = tiles_of(subject.base.n, SMALL_TILE)
    with use_threads(1):
        alone = dict(_in_turn(subject, tiles))
    for count in (1, 2, 3):
        with use_threads(count):
            for tile, block in LocalExecutor().run(
                subject.fresh_work(averages_of(some_images())), tiles
            ):
                difference = first_difference(alone[tile], tile, block)
                require(difference is None, f"On {count} threads: {difference} on one.")


def _in_turn(subject: MetricSubject, tiles: list[Tile]) -> Iterator[tuple[Tile, Block]]:
    """Prepare the kit's averages anew, and compute tiles of them one after the other."""
    work = subject.fresh_work(averages_of(some_images()))
    for tile in tiles:
        yield tile, work(tile)


def nothing_kept_outside(subject: MetricSubject) -> None:
    """A tile depends only on its features, not on anything prepared later."""
    work, n = subject.fresh_work(averages_of(some_images())), subject.base.n
    tile = Tile(range(n), range(n))
    subject.plugin.prepare(averages_of(some_images()[::-1] ** 2), subject.options, "cpu")
    difference = first_difference(subject.base.block, tile, work(tile))
    require(
        difference is None,
        f"{difference} before other averages were prepared. Keep it in the features, not on self.",
    )


def inputs_unchanged(subject: MetricSubject) -> None:
    """Images, features and other inputs of a tile are not modified."""
    averages = averages_of(some_images())
    before = _digest(averages.images, averages.class_id, averages.n_particles, averages.resolution)
    work = subject.fresh_work(averages)
    tile = Tile(range(averages.n_particles.size), range(1, 5))  # type: ignore[union-attr]
    given = work.given(tile)
    arrays = [*given.get("others", {}).values()]
    if "alignment" in given:
        arrays += [getattr(given["alignment"], name) for name in ("rotation", "shift", "mirror")]
    of_tile = _digest(*arrays)
    features = arrays_in(work.features)
    of_features = _digest(*features.values())

    def wrote_to() -> str:
        changed = zip(features, of_features, _digest(*features.values()), strict=True)
        return next((name for name, then, now in changed if then != now), "")

    subject.plugin.tile(work.features, tile.rows, tile.columns, **given)
    require(
        before
        == _digest(averages.images, averages.class_id, averages.n_particles, averages.resolution),
        "prepare or tile wrote to the class averages.",
    )
    require(of_tile == _digest(*arrays), "tile wrote to the alignment or the others it was given.")
    is_pair = isinstance(subject.plugin, PairMetric)
    wrote = "pair modified its input array," if is_pair else "tile wrote to"
    require(not wrote_to(), f"{wrote} {wrote_to()}.")
    for name in ("facts", "notes", "results"):
        getattr(subject.plugin, name)(work.features)
        require(not wrote_to(), f"{name}() wrote to {wrote_to()}.")


def few_averages(subject: MetricSubject) -> None:
    """It works for one and for two averages."""
    for n in (1, 2):
        found = _affinity(subject, averages_of(some_images()[:n]))
        require(
            np.isfinite(found.values).all(),
            f"Of {n} average{'s' if n > 1 else ''} the affinity is {found.values.tolist()}, "
            "expected numbers.",
        )


def empties_left_out(subject: MetricSubject) -> None:
    """Empty and non-finite averages don't change the values of the others."""
    images = some_images()
    holes = [0, 3]
    full = np.insert(images, [0, 2], 0.0, axis=0)
    full[holes[1]] = np.nan
    rest = np.setdiff1d(np.arange(len(full)), holes)
    # Class numbers with gaps, as they are when others are left out.
    numbers = 10 * np.arange(1, len(full) + 1)
    particles = np.zeros(len(full), dtype=np.int64)
    particles[rest] = 100
    found = _affinity(subject, averages_of(full, class_id=numbers, n_particles=particles))
    same = {"class_id": numbers[rest], "n_particles": particles[rest]}
    alone = _affinity(subject, averages_of(images, **same))
    require(
        np.isfinite(found.values).all(), "With empty averages among them, values are not finite."
    )
    off = found.values[np.ix_(rest, rest)] != alone.values
    if off.any():
        i, j = np.argwhere(off)[0]
        broken(
            f"pair ({i}, {j}): {found.values[np.ix_(rest, rest)][i, j]:.9g} with empties in the "
            f"stack, {alone.values[i, j]:.9g} without."
        )
    nothing = _affinity(subject, averages_of(np.zeros((3, 16, 16), dtype=np.float32)))
    require(
        np.array_equal(nothing.values, np.eye(3)),
        "For empty averages only, the affinity is not 0 for all pairs.",
    )


def _affinity(subject: MetricSubject, averages: Any) -> Any:
    return rebalance.affinity(
        averages, subject.plugin, options=subject.options, threads=1, device="cpu"
    )


def arrays_in(thing: Any, name: str = "features") -> dict[str, np.ndarray]:
    """The arrays that features are made of, by where they are: ``features.arrays``."""
    if isinstance(thing, np.ndarray):
        return {name: thing}
    if isinstance(thing, Mapping):
        parts = {f"{name}[{key!r}]": part for key, part in thing.items()}
    elif isinstance(thing, list | tuple):
        parts = {f"{name}[{at}]": part for at, part in enumerate(thing)}
    elif dataclasses.is_dataclass(thing):
        parts = {f"{name}.{one.name}": getattr(thing, one.name) for one in fields(thing)}
    else:
        return {}
    return {
        at: array for where, part in parts.items() for at, array in arrays_in(part, where).items()
    }


def _digest(*arrays: Any) -> list[bytes]:
    return [np.asarray(array).tobytes() for array in arrays]


VALUE_CHECKS = (
    shape,
    dtype,
    range_of_values,
    symmetry,
    pair_symmetric,
    the_pair_alone,
    identical_images,
    different_images,
    tiling,
    schedule,
    threads,
    nothing_kept_outside,
    inputs_unchanged,
    few_averages,
    empties_left_out,
)
