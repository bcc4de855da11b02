"""The best pair of lines is found, as a plain search over all finds it; structures, not views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("rebalance_commonlines", reason="rebalance-commonlines is not installed")

from rebalance_commonlines.benchmark import compare_with_slicem
from rebalance_commonlines.common_lines import CommonLines, CommonLinesOptions
from rebalance_commonlines.objects import main_object

import rebalance
from rebalance.errors import OptionError
from rebalance.model import ClassAverages

Image = npt.NDArray[np.float32]


def distances(images: list[Image] | Image, **options: object) -> npt.NDArray[np.float32]:
    stack = np.stack(list(images)).astype(np.float32)
    averages = ClassAverages(stack, np.arange(1, len(stack) + 1))
    raw = rebalance.affinity(averages, "common-lines", options=options).raw
    assert raw is not None
    return raw


def cloud(rng: np.random.Generator, n: int = 12) -> npt.NDArray[np.float64]:
    """Places, widths and heights of blobs in three dimensions, (n, 5); one connected object."""
    place = rng.normal(0, 4.5, (n, 3))
    return np.column_stack((place, rng.uniform(2.0, 3.0, n), rng.uniform(0.5, 1.0, n)))


def projection(blobs: npt.NDArray[np.float64], turn: npt.NDArray[np.float64], box: int) -> Image:
    """Exact projection of blobs, along z after a rotation."""
    axis = np.arange(box) - box // 2
    image = np.zeros((box, box))
    for (x, y, _), width, height in zip(blobs[:, :3] @ turn.T, *blobs[:, 3:].T, strict=True):
        along_x = np.exp(-((axis - x) ** 2) / (2 * width**2))
        along_y = np.exp(-((axis - y) ** 2) / (2 * width**2))
        image += height * width * along_y[:, None] * along_x[None, :]
    return image.astype(np.float32)


def turns(rng: np.random.Generator, n: int) -> list[npt.NDArray[np.float64]]:
    from scipy.spatial.transform import Rotation

    return list(Rotation.random(n, rng).as_matrix())


def plain_distance(first: Image, second: Image, anywhere: bool, which: str = "heaviest") -> float:
    """All pairs of lines, all shifts, by turning with SciPy and sliding with NumPy."""
    from scipy.ndimage import map_coordinates

    best = np.inf
    own = [main_object(image, which) for image in (first, second)]
    size = max(int(np.ceil(np.hypot(*one.shape))) + 2 for one in own)
    v, u = np.mgrid[:size, :size] - (size - 1) / 2
    lines: list[list[npt.NDArray[np.float64]]] = [[], []]
    for one, projected in zip(own, lines, strict=True):
        y, x = ((side - 1) / 2 for side in one.shape)
        for angle in np.deg2rad(np.arange(0, 360, 15)):
            cos, sin = np.cos(angle), np.sin(angle)
            places = (sin * u + cos * v + y, cos * u - sin * v + x)
            turned = map_coordinates(one, places, order=1, mode="grid-constant")
            projected.append(np.trim_zeros(turned.sum(axis=0)))
    for p in lines[0]:
        for q in lines[1]:
            long, short = (p, q) if len(p) >= len(q) else (q, p)
            if anywhere:
                long = np.pad(long, len(short))
            for at in range(len(long) - len(short) + 1):
                moved = np.zeros(len(long))
                moved[at : at + len(short)] = short
                best = min(best, float(np.linalg.norm(long - moved)))
    return best


@pytest.mark.parametrize("shift", ["inside", "any"])
def test_nothing_is_missed_against_a_search_over_everything(shift: str) -> None:
    rng = np.random.default_rng(3)
    images = [projection(cloud(rng), turn, 40) for turn in turns(rng, 5)]
    found = distances(images, angle_step=15, shift=shift)
    for i in range(5):
        for j in range(i + 1, 5):
            expected = plain_distance(images[i], images[j], shift == "any")
            assert found[i, j] == pytest.approx(expected, rel=1e-3)


def test_pruning_changes_nothing() -> None:
    """The bound by spectra is one: with it taken away the very same distances come out."""
    from rebalance_commonlines.kernels import line_distance

    rng = np.random.default_rng(4)
    images = np.stack([projection(cloud(rng), turn, 36) for turn in turns(rng, 6)])
    metric, options = CommonLines(), CommonLinesOptions(angle_step=10)
    features = metric.prepare(ClassAverages(images, np.arange(6)), options, "cpu")
    found = metric.tile(features, range(6), range(6)).values
    for i in range(6):
        for j in range(i + 1, 6):
            best = np.inf
            for a in range(18):
                for b in range(18):
                    for backwards in (False, True):
                        one, other = (
                            features.lines[n, k, features.begin[n, k] :][: features.length[n, k]]
                            for n, k in ((i, a), (j, b))
                        )
                        best = min(best, line_distance(one, other, backwards, False))
            assert found[i, j] == np.float32(best)


def test_projections_of_one_structure_share_a_line_and_those_of_others_do_not() -> None:
    """Groups by structure: views of a molecule are nearer to each other than to another one's."""
    rng = np.random.default_rng(11)
    molecules = [cloud(rng, n) * [1, 1, 1, 1, scale] for n, scale in ((8, 1.0), (14, 1.3))]
    images = [projection(one, turn, 48) for one in molecules for turn in turns(rng, 8)]
    truth = np.repeat([0, 1], 8)
    raw = distances(images)
    same = truth[:, None] == truth[None, :]
    np.fill_diagonal(raw, np.nan)
    assert np.nanmax(np.where(same, np.nanmin(raw, axis=1)[:, None], np.nan)) < np.median(
        raw[~same]
    )
    assert np.nanmedian(np.where(same, raw, np.nan)) < 0.4 * np.median(raw[~same])
    # Rotational correlation groups by view: it has no reason to prefer one structure's views.
    averages = ClassAverages(np.stack(images), np.arange(1, 17))
    groups = rebalance.cluster(rebalance.affinity(averages, "common-lines"), 2).label
    assert len({(t, g) for t, g in zip(truth, groups, strict=True)}) == 2


def test_a_quarter_turn_a_mirror_and_a_shift_change_nothing() -> None:
    rng = np.random.default_rng(5)
    images = np.stack([projection(cloud(rng), turn, 45) for turn in turns(rng, 4)])
    before = distances(images)
    for moved in (
        np.rot90(images[0]),
        images[0][:, ::-1],
        np.roll(images[0], (3, -4), axis=(0, 1)),
        images[0] + np.float32(2.0),
    ):
        after = distances([moved, *images[1:]])
        np.testing.assert_allclose(after, before, rtol=2e-3)


def test_the_same_structure_turned_out_of_the_plane_is_no_other() -> None:
    """A pair seen from opposite sides is a mirror image: all its lines are common."""
    rng = np.random.default_rng(6)
    blobs = cloud(rng)
    front, back = np.eye(3), np.diag([-1.0, 1.0, -1.0])
    raw = distances([projection(blobs, front, 40), projection(blobs, back, 40)])
    other = distances([projection(blobs, front, 40), projection(cloud(rng), front, 40)])
    assert raw[0, 1] < 0.05 * other[0, 1]


def test_scale_counts_unless_it_is_taken_out() -> None:
    rng = np.random.default_rng(7)
    image = projection(cloud(rng), np.eye(3), 40)
    assert distances([image, 2 * image])[0, 1] > 1.0
    assert distances([image, 2 * image], normalise="mass")[0, 1] < 1e-6


def test_neighbours_and_background_are_left_out() -> None:
    rng = np.random.default_rng(8)
    alone = np.pad(projection(cloud(rng), np.eye(3), 40), 12)
    crowded = alone + 5.0
    crowded[1:5, 1:5] += 0.4
    assert main_object(crowded, "heaviest").shape == main_object(alone, "heaviest").shape
    np.testing.assert_allclose(
        main_object(crowded, "heaviest"), main_object(alone, "heaviest"), atol=1e-5
    )
    assert main_object(crowded, "all").shape != main_object(alone, "all").shape
    off = np.roll(alone, (0, 20), axis=(0, 1))
    off[30:34, 30:34] = 1.0
    assert main_object(off, "centre").shape == (4, 4)


def test_images_without_any_density_are_taken() -> None:
    dark = -projection(cloud(np.random.default_rng(9)), np.eye(3), 96)
    assert np.isfinite(distances([dark, 0.5 * dark, -dark])).all()
    assert main_object(dark, "heaviest").shape == (1, 1)


@pytest.mark.parametrize("step", [0, 7, 31, 2.5])
def test_angles_that_do_not_divide_the_half_circle_are_refused(step: float) -> None:
    image = np.zeros((2, 8, 8), dtype=np.float32)
    image[:, 4, 4] = 1
    with pytest.raises(OptionError, match="angle_step"):
        distances(image, angle_step=step)


def test_published_scores_and_clusters_of_slicem_are_found_again(slicem_ribosomes: Path) -> None:
    """As the benchmark prints them; bounds are below what was measured."""
    names = ("common-lines", "common-lines, spectra", "rotational-cc")
    table = {row.name: row for row in compare_with_slicem(slicem_ribosomes, names)}
    ours = table["common-lines"]
    assert ours.pearson > 0.999
    assert ours.spearman > 0.998
    assert table["common-lines, spectra"].spearman > 0.98
    # By structure, as the authors' clusters are; by view it is another matter.
    way = "average linkage, K = 6"
    assert ours.ari[way] > 0.85
    assert table["common-lines, spectra"].ari[way] > 0.85
    assert table["rotational-cc"].ari[way] < 0.7
