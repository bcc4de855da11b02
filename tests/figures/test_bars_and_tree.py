"""Particles per superclass, and the tree of the clustering."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from rebalance.figures import dendrogram, particles_per_superclass
from rebalance.model import Selection, Superclasses


def superclasses_of(sizes):
    k = len(sizes)
    label = np.repeat(np.arange(k), 2)
    return Superclasses(
        label,
        np.arange(1, 2 * k + 1),
        np.array(sizes),
        np.arange(1, 2 * k + 1, 2),
        np.ones(k),
        np.arange(2 * k),
    )


def selection_of(before, after, cap):
    before, after = np.array(before), np.array(after)
    superclass = np.repeat(np.arange(len(before)), before)
    selected = np.concatenate(
        [np.arange(b) < a for b, a in zip(before, after, strict=True)] or [np.zeros(0, bool)]
    )
    return Selection(
        selected, (~selected).astype(np.uint8), superclass, cap, before, after, "random"
    )


def heights(figure):
    return [[bar.get_height() for bar in group] for group in figure.axes[0].containers]


def test_bars_are_the_particles_before_and_after():
    before, after = [900, 400, 120], [150, 150, 120]
    figure = particles_per_superclass(superclasses_of(before), selection_of(before, after, 150))
    assert heights(figure) == [before, after]
    (line,) = figure.axes[0].get_lines()
    assert set(line.get_ydata()) == {150}
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "maximum\n150" in texts
    assert figure.texts[0].get_text() == "Smallest ÷ largest superclass: 0.13 before, 0.8 after"
    assert "420 of 1,420 particles kept (30 %)" in figure.texts[1].get_text()


def test_without_a_selection_sizes_are_shown_and_nothing_else():
    figure = particles_per_superclass(superclasses_of([900, 400]))
    assert heights(figure) == [[900, 400]]
    assert figure.axes[0].get_legend() is None
    assert not figure.axes[0].get_lines()


@pytest.mark.parametrize("sizes", [[5000, 101], [1471, 28], [7, 7], [9_000] + [5] * 20])
def test_a_bar_twice_as_high_is_twice_as_many(sizes):
    axes = particles_per_superclass(superclasses_of(sizes)).axes[0]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > max(sizes)
    # The small ones are read from their numbers.
    assert [text.get_text() for text in axes.texts] == [f"{size:,}" for size in sizes]


def test_upright_numbers_say_before_and_after_and_stay_inside():
    before = [22_498, 3_000, *range(900, 760, -10)]
    after = [min(size, 1_520) for size in before]
    figure = particles_per_superclass(superclasses_of(before), selection_of(before, after, 1_520))
    figure.canvas.draw()
    axes, renderer = figure.axes[0], figure.canvas.get_renderer()
    top = axes.get_window_extent(renderer).y1
    texts = [text for text in axes.texts if not text.get_text().startswith("maximum")]
    assert texts[0].get_text() == "22,498 → 1,520"
    assert len(texts) == len(before)
    assert all(text.get_window_extent(renderer).y1 <= top + 1 for text in texts)


@pytest.mark.parametrize("cap", [101, 110, 130, 160, 900])
def test_the_line_of_the_cap_crosses_no_number(cap):
    sizes = [1000, 150, 120, 100]
    after = [min(size, cap) for size in sizes]
    figure = particles_per_superclass(superclasses_of(sizes), selection_of(sizes, after, cap))
    figure.canvas.draw()
    axes, renderer = figure.axes[0], figure.canvas.get_renderer()
    line = axes.transData.transform((0, cap))[1]
    for text in axes.texts:
        box = text.get_window_extent(renderer)
        assert text.get_text().startswith("maximum") or not box.y0 < line < box.y1


@pytest.mark.parametrize(
    "sizes",
    [[0, 0], [1], [1_000_000, 1], [10_000_000] * 12, list(range(12, 0, -1)), [3] * 300, [5, 0]],
)
@pytest.mark.parametrize("cap", [None, 3])
def test_any_sizes_are_legible(sizes, cap, check_texts):
    after = [size if cap is None else min(size, cap) for size in sizes]
    selection = replace(selection_of([0] * len(sizes), [0] * len(sizes), cap))
    selection = replace(selection, before=np.array(sizes), after=np.array(after))
    check_texts(particles_per_superclass(superclasses_of(sizes), selection))


def test_superclasses_of_one_are_named_by_their_class_number():
    superclasses = Superclasses(
        np.array([1, 0, -1, 2]),
        np.array([11, 22, 33, 44]),
        np.array([9, 5, 2]),
        np.array([22, 11, 44]),
        np.ones(3),
        np.array([1, 0, 3, 2]),
    )
    axes = particles_per_superclass(superclasses).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["22", "11", "44"]
    assert axes.get_xlabel() == "class, largest first"


def leaf_names(figure):
    return [text.get_text() for text in figure.axes[0].get_xticklabels()]


def test_the_cut_parts_the_tree_into_the_superclasses(results):
    result = results(30, 5, empty=6)
    superclasses = result.superclasses
    figure = dendrogram(superclasses)
    (line,) = figure.axes[0].get_lines()
    height = line.get_ydata()[0]
    merges = superclasses.linkage[:, 2]
    assert np.count_nonzero(merges < height) == 24 - 5
    assert f"= {height:.2f}" in figure.texts[0].get_text()
    assert sorted(map(int, leaf_names(figure))) == sorted(
        superclasses.class_id[superclasses.label >= 0]
    )


def test_leaves_of_a_superclass_stand_side_by_side(results):
    superclasses = results(30, 5, empty=6).superclasses
    label = dict(zip(superclasses.class_id, superclasses.label, strict=True))
    names = [int(name) for name in leaf_names(dendrogram(superclasses))]
    assert np.count_nonzero(np.diff([label[name] for name in names])) == 5 - 1
    assert names == superclasses.class_id[superclasses.order][:24].tolist()


def test_the_tree_has_the_heights_of_the_linkage(results):
    superclasses = results(30, 5, empty=6).superclasses
    axes = dendrogram(superclasses).axes[0]
    (branches,) = [part for part in axes.collections if isinstance(part, LineCollection)]
    flat = [
        path.vertices[0, 1]
        for path in branches.get_paths()
        if path.vertices[0, 1] == path.vertices[1, 1]
    ]
    np.testing.assert_allclose(sorted(flat), np.sort(superclasses.linkage[:, 2]))


def test_no_cut_is_drawn_through_labels_that_no_cut_gives(results):
    superclasses = results(30, 5, empty=6).superclasses
    mixed = superclasses.label.copy()
    used = np.flatnonzero(mixed >= 0)
    mixed[used] = np.random.default_rng(1).permutation(mixed[used])
    figure = dendrogram(replace(superclasses, label=mixed))
    assert not figure.axes[0].get_lines()
    assert "cut" not in figure.texts[0].get_text()


@pytest.mark.parametrize(
    ("options", "are_affinities"),
    [
        ({"linkage": "ward"}, False),
        ({"linkage": "average", "path_neighbors": 4}, False),
        ({"linkage": "average", "path_neighbors": 0}, True),
    ],
)
def test_heights_are_called_affinities_where_they_are(results, options, are_affinities):
    superclasses = replace(results(30, 5, empty=6).superclasses, options=options)
    figure = dendrogram(superclasses)
    for words in (figure.axes[0].get_ylabel(), figure.texts[0].get_text()):
        assert ("1 − affinity" in words) == are_affinities


def test_a_chain_of_thousands_is_a_tree_too():
    n = 3000
    linkage = np.array(
        [
            [row if row == 0 else n + row - 1, row + 1, 0.1 + row / n, row + 2]
            for row in range(n - 1)
        ]
    )
    superclasses = Superclasses(
        np.zeros(n, np.int64),
        np.arange(n),
        np.array([n]),
        np.array([0]),
        np.ones(1),
        np.arange(n),
        linkage=linkage,
    )
    figure = dendrogram(superclasses)
    assert max(figure.get_size_inches()) * figure.dpi <= 4000


@pytest.mark.parametrize("linkage", [None, np.zeros((3, 4))])
def test_a_tree_of_other_averages_is_refused(results, linkage):
    superclasses = replace(results(30, 5, empty=6).superclasses, linkage=linkage)
    with pytest.raises(ValueError, match="linkage"):
        dendrogram(superclasses)
