"""Small things that every picture leans on: numbers, names, places."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage

from rebalance.figures import style
from rebalance.figures.label_spacing import spread
from rebalance.figures.montage_layout import Block, Sizes, paginate
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.text import percent, plain, shorten, text_width
from rebalance.model import Superclasses


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (41, 100, "41"),
        (5, 1000, "0.5"),
        (1, 100_000, "<0.1"),
        (0, 5, "0"),
        (3, 0, "0"),
        (9, 9, "100"),
    ],
)
def test_shares_are_written_as_a_person_writes_them(part, whole, text):
    assert percent(part, whole) == text


@settings(deadline=None)
@given(st.text(max_size=80), st.floats(20, 300))
def test_any_name_fits_the_room_it_is_given(name, width):
    short = shorten(name, width, 8.0)
    assert text_width(short, 8.0) <= width
    assert "\n" not in short
    if text_width(plain(name), 8.0) <= width:
        assert short == plain(name)


def test_width_is_that_of_the_drawn_text():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context():
        figure = Figure(dpi=400)
        renderer = FigureCanvasAgg(figure).get_renderer()
        for words in ("Superclass 12", "1,234 → 456 (12 → 9 %)", "Mean affinity between"):
            text = figure.text(0, 0, words, fontsize=8)
            drawn = text.get_window_extent(renderer).width * 72 / 400
            assert text_width(words, 8) == pytest.approx(drawn, rel=0.03)


def test_neighbouring_superclasses_differ_in_colour():
    assert len(set(style.PALETTE)) == len(style.PALETTE)
    random = np.random.default_rng(7)
    for k in (2, 9, 12, 25, 60):
        n = 3 * k
        label = np.concatenate([np.arange(k), random.integers(0, k, n - k)])
        tree = linkage(label[:, None] * 0.7 % 5 + random.random((n, 2)) * 1e-3)
        made = Superclasses(
            fcluster(tree, k, "maxclust") - 1,
            np.arange(n),
            np.ones(k, dtype=np.int64),
            np.zeros(k, dtype=np.int64),
            np.ones(k),
            leaves_list(tree),
        )
        number = random.permutation(k)
        made = replace(made, label=number[made.label])
        color_of = color_by_superclass(made)
        along = made.label[made.order]
        along = along[np.concatenate([[True], np.diff(along) != 0])]
        assert len(along) == k
        # By number; and beside each other, or with one between, where averages are shown in order.
        pairs = [*pairwise(range(k)), *pairwise(along), *zip(along, along[2:], strict=False)]
        assert all(color_of(one) != color_of(other) for one, other in pairs)
        assert [color_of(number) for number in range(min(k, 10))] == list(style.PALETTE[:k])
        assert color_of(-1) == color_of(-2) == style.RULE


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=40),
    st.floats(0.05, 1.0),
)
def test_spread_numbers_are_in_order_apart_and_inside(wanted, apart):
    wanted = np.sort(wanted)
    kept, place = spread(wanted, np.ones(len(wanted)), apart, 0.0, 10.0)
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(place) >= apart - 1e-9)
    assert place[0] >= -1e-9
    assert place[-1] <= 10 + 1e-9
    if np.all(np.diff(wanted) >= apart):
        np.testing.assert_allclose(place, wanted[kept], atol=1e-9)
        assert len(kept) == len(wanted)


def test_where_there_is_no_room_the_heaviest_keep_their_number():
    wanted = np.linspace(0, 1, 50)
    weight = np.zeros(50)
    weight[[7, 30]] = 5
    kept, _ = spread(wanted, weight, 0.4, 0.0, 1.0)
    assert {7, 30} <= set(kept)
    kept, place = spread(wanted, weight, 0.02, 0.0, 1.0, furthest=1e-6)
    np.testing.assert_array_equal(place, wanted[kept])


blocks_of = st.lists(st.integers(1, 90), min_size=1, max_size=25)


@settings(max_examples=40, deadline=None)
@given(blocks_of, st.sampled_from([0.6, 1.1]))
def test_every_tile_has_one_place_and_none_lies_on_another(counts, tile):
    sizes = Sizes(tile=tile, label=0.13)
    blocks = [Block(number, 0, count, 1.4) for number, count in enumerate(counts)]
    pages = paginate(blocks, sizes)
    seen: dict[int, int] = {}
    for page in pages:
        corners = []
        for place in page.places:
            assert place.block.first == seen.get(place.block.superclass, 0)
            seen[place.block.superclass] = place.block.first + place.block.count
            rows = -(-place.block.count // place.columns)
            right = place.left + max(place.columns * sizes.pitch - sizes.gap, 1.4)
            lower = place.top + sizes.block_height(rows)
            assert right <= page.width + 1e-6
            assert lower <= page.height + 1e-6
            corners.append((place.left, place.top, right, lower))
        for at, one in enumerate(corners):
            for other in corners[:at]:
                apart = (
                    one[0] >= other[2] - 1e-6
                    or other[0] >= one[2] - 1e-6
                    or one[1] >= other[3] - 1e-6
                    or other[1] >= one[3] - 1e-6
                )
                assert apart
        assert page.width <= 13.6
        assert page.height <= 20.1
    assert seen == dict(enumerate(counts))
    order = [place.block.superclass for page in pages for place in page.places]
    assert order == sorted(order)
