"""Inputs for pictures: real and simulated class averages, a plain affinity, plain superclasses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from rebalance.arrangement.seriation import in_blocks
from rebalance.model import (
    REASONS,
    Affinity,
    Alignment,
    ClassAverages,
    Dataset,
    ParticleTable,
    RunResult,
    Selection,
    Superclasses,
    Transform,
)

MakeResult = Callable[..., RunResult]


class NoColumns:
    """A particle table of nothing but class numbers."""

    column_names: tuple[str, ...] = ()

    def read_column(self, name: str) -> np.ndarray:
        raise KeyError(name)


def simulated_averages(
    n: int,
    rng: np.random.Generator,
    *,
    box: int = 64,
    views: int = 6,
    empty: int = 0,
    particles: bool = True,
    pixel_size: float | None = 3.1,
    shift: float = 2.0,
) -> ClassAverages:
    """Copies of a few random views, each turned, shifted and perhaps mirrored, with some noise."""
    line = np.arange(box) - box // 2
    y, x = np.meshgrid(line, line, indexing="ij")

    def view() -> np.ndarray:
        spots = rng.normal(0, box / 9, (12, 2))
        widths = rng.uniform(box / 30, box / 14, 12)
        return sum(
            weight * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2))
            for (cx, cy), width, weight in zip(spots, widths, rng.uniform(0.4, 1, 12), strict=True)
        )

    pool = [view() for _ in range(min(views, max(n, 1)))]
    images = np.zeros((n, box, box), np.float32)
    for at in range(n - empty):
        motion = Transform(
            rng.uniform(-180, 180), tuple(rng.uniform(-shift, shift, 2)), bool(rng.integers(2))
        )
        images[at] = motion.apply(pool[at % len(pool)]) + rng.normal(0, 0.04, (box, box))
    counts = np.ceil(rng.lognormal(6, 1.6, n)).astype(np.int64)
    counts[n - empty :] = 0
    shuffled = rng.permutation(n)
    return ClassAverages(
        images[shuffled],
        np.arange(1, n + 1),
        pixel_size,
        counts[shuffled] if particles else None,
    )


def plain_affinity(averages: ClassAverages, angles: int = 120) -> Affinity:
    """Best correlation over rotation and mirror about the centre, on a polar grid."""
    from scipy.ndimage import map_coordinates

    n, centre = len(averages), averages.box // 2
    radius = np.arange(2, averages.box // 2 - 1)
    angle = 2 * np.pi * np.arange(angles) / angles
    rows = centre - radius[:, None] * np.sin(angle)  # counter-clockwise with y down
    columns = centre + radius[:, None] * np.cos(angle)
    used = np.flatnonzero(~averages.is_empty)
    polar = np.array(
        [map_coordinates(averages.images[i], (rows, columns), order=1) for i in used]
    ).reshape(len(used), len(radius), angles)
    polar = (polar - polar.mean(axis=(1, 2), keepdims=True)) * np.sqrt(radius)[:, None]
    polar /= np.linalg.norm(polar, axis=(1, 2), keepdims=True)
    # A flip of x sends the angle to π − angle.
    flipped = polar[:, :, (angles // 2 - np.arange(angles)) % angles]
    spectrum, mirrored = np.fft.rfft(polar), np.fft.rfft(flipped)
    values = np.zeros((n, n), np.float32)
    rotation = np.zeros(n * (n - 1) // 2, np.float32)
    mirror = np.zeros(len(rotation), bool)
    alignment = Alignment(rotation, np.zeros((len(rotation), 2), np.float32), mirror, n)
    for a, i in enumerate(used):
        rest = used[a + 1 :]
        scores = np.stack(
            [
                np.fft.irfft((spectrum[a] * other[a + 1 :].conj()).sum(axis=1), angles)
                for other in (spectrum, mirrored)
            ]
        )
        best = scores.transpose(1, 0, 2).reshape(len(rest), 2 * angles).argmax(axis=1)
        where = alignment.index(i, rest)
        mirror[where] = best >= angles
        rotation[where] = (best % angles * 360 / angles + 180) % 360 - 180
        score = scores.max(axis=(0, 2))
        values[i, rest] = values[rest, i] = np.clip(score, 0, 1)
    np.fill_diagonal(values, 1)
    return Affinity(values, averages.class_id, averages.is_empty, "rotational-cc", {}, alignment)


def plain_superclasses(averages: ClassAverages, affinity: Affinity, k: int) -> Superclasses:
    """Average linkage of 1 − affinity, cut at k."""
    from scipy.cluster.hierarchy import cut_tree, leaves_list, linkage
    from scipy.spatial.distance import squareform

    used = np.flatnonzero(~averages.is_empty)
    distance = 1 - affinity.values[np.ix_(used, used)].astype(float)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average") if len(used) > 1 else None
    found = cut_tree(tree, k).ravel() if tree is not None else np.zeros(len(used), dtype=np.int64)
    leaves = leaves_list(tree) if tree is not None else np.zeros(len(used), dtype=np.int64)
    return numbered(averages, affinity, used, found, used[leaves], tree)


def numbered(
    averages: ClassAverages,
    affinity: Affinity,
    used: np.ndarray,
    found: np.ndarray,
    order: np.ndarray,
    tree: np.ndarray | None = None,
) -> Superclasses:
    n = len(averages)
    weight = np.ones(n, np.int64) if averages.n_particles is None else averages.n_particles
    k = len(np.unique(found))
    size = np.bincount(found, weights=weight[used], minlength=k).astype(np.int64)
    rank = np.argsort(np.argsort(-size, kind="stable"), kind="stable")
    label = np.full(n, -1)
    label[used] = rank[found]
    medoid, mean = np.zeros(k, np.int64), np.ones(k)
    for number in range(k):
        members = np.flatnonzero(label == number)
        block = affinity.values[np.ix_(members, members)]
        medoid[number] = averages.class_id[members[block.sum(axis=1).argmax()]]
        if len(members) > 1:
            mean[number] = (block.sum() - len(members)) / (len(members) * (len(members) - 1))
    empties = np.setdiff1d(np.arange(n), used)
    return Superclasses(
        label,
        averages.class_id,
        np.sort(size)[::-1],
        medoid,
        mean,
        np.concatenate([in_blocks(order, label), empties]),
        "hierarchical",
        {"linkage": "average"},
        tree,
    )


def plain_selection(
    averages: ClassAverages, superclasses: Superclasses, factor: float
) -> tuple[ParticleTable, Selection]:
    """The first particles of each superclass up to the cap."""
    assert averages.n_particles is not None
    class_id = np.repeat(averages.class_id, averages.n_particles)
    superclass = np.repeat(superclasses.label, averages.n_particles)
    before = superclasses.size
    cap = int(before.min() / factor) if factor else None
    selected = np.ones(len(class_id), bool)
    if cap is not None:
        for number in range(len(superclasses)):
            selected[np.flatnonzero(superclass == number)[cap:]] = False
    after = np.bincount(superclass[selected], minlength=len(before))
    reason = np.where(selected, 0, REASONS.index("balanced")).astype(np.uint8)
    return (
        ParticleTable(class_id, NoColumns()),
        Selection(selected, reason, superclass, cap, before, after, "random", {}, 7),
    )


def make_result(
    averages: ClassAverages, k: int, *, factor: float = 0.5, job: str = "job013"
) -> RunResult:
    """Averages with their affinity, superclasses and, where there are particles, a selection."""
    affinity = plain_affinity(averages)
    superclasses = plain_superclasses(averages, affinity, k)
    particles = selection = None
    if averages.n_particles is not None:
        particles, selection = plain_selection(averages, superclasses, factor)
    dataset = Dataset("relion", particles, averages, job)
    return RunResult(dataset, superclasses, affinity, selection)


def ribosome_70s(folder: Path) -> ClassAverages:
    """30 averages of which 15 are empty, with the particles that RELION gave them."""
    import mrcfile

    folder = folder / "relion31_70s"
    with mrcfile.open(folder / "run_it020_classes.mrcs", permissive=True) as file:
        images = np.array(file.data, np.float32)
    lines = (folder / "run_it020_data.star").read_text().split("data_particles")[1].splitlines()
    columns = [line.split()[0] for line in lines if line.startswith("_rln")]
    at = columns.index("_rlnClassNumber")
    classes = [int(line.split()[at]) for line in lines if len(line.split()) == len(columns)]
    counts = np.bincount(classes, minlength=31)[1:]
    return ClassAverages(images, np.arange(1, 31), 4.3, counts.astype(np.int64))


def slicem(folder: Path) -> ClassAverages:
    """100 real averages without particles or pixel size."""
    import mrcfile

    path = folder / "slicem_ribosomes" / "mixture_2D.mrcs"
    with mrcfile.open(path, permissive=True) as file:
        images = np.array(file.data, np.float32)
    return ClassAverages(images, np.arange(1, len(images) + 1))


@pytest.fixture(scope="session")
def results() -> MakeResult:
    """Make a `RunResult` of simulated averages: ``results(n, k, **simulated_averages options)``."""
    made: dict[tuple, RunResult] = {}

    def make(n: int, k: int, *, factor: float = 0.5, job: str = "job013", **options) -> RunResult:
        key = (n, k, factor, job, *sorted(options.items()))
        if key not in made:
            averages = simulated_averages(n, np.random.default_rng([n, k]), **options)
            made[key] = make_result(averages, k, factor=factor, job=job)
        return made[key]

    return make


def text_boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every piece of text that is drawn (ticks out of view are not), with the pixels it takes."""
    from matplotlib.text import Text

    from rebalance.figures import style
    from rebalance.figures.artists import Label

    drawn: list[Text | Label] = []
    originals = {kind: kind.draw for kind in (Text, Label)}

    def note(kind: type) -> Callable[..., None]:
        def draw(self, renderer):
            drawn.append(self)
            return originals[kind](self, renderer)

        return draw

    with pytest.MonkeyPatch.context() as patch, style.context():
        for kind in originals:
            patch.setattr(kind, "draw", note(kind))
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        return [
            (words, artist.get_window_extent(renderer))
            for artist in drawn
            if artist.get_visible()
            and (words := artist.text if isinstance(artist, Label) else artist.get_text()).strip()
        ]


def overlaps(boxes: list[tuple[str, Bbox]], slack: float = 1.0) -> list[tuple[str, str]]:
    """Pairs of texts that cover common pixels by more than the slack."""
    edges = np.array([box.extents for _, box in boxes])
    low = np.maximum(edges[:, None, :2], edges[None, :, :2])
    high = np.minimum(edges[:, None, 2:], edges[None, :, 2:])
    common = np.triu((high - low > slack).all(axis=2), 1)
    return [(boxes[i][0], boxes[j][0]) for i, j in zip(*np.nonzero(common), strict=True)]


def outside(figure: Figure, boxes: list[tuple[str, Bbox]], slack: float = 1.0) -> list[str]:
    """Texts that reach over the edge of the figure."""
    width, height = figure.bbox.size
    return [
        words
        for words, box in boxes
        if box.x0 < -slack or box.y0 < -slack or box.x1 > width + slack or box.y1 > height + slack
    ]


@pytest.fixture
def check_texts() -> Callable[[Figure], None]:
    """Fail if a text of the figure is cut off or hides another."""

    def check(figure: Figure) -> None:
        boxes = text_boxes(figure)
        assert boxes
        assert outside(figure, boxes) == []
        assert overlaps(boxes) == []

    return check
