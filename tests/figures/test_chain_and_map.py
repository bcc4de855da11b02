"""Chain and map: every average once, upright beside its neighbours, in its superclass's colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_hex

from rebalance.figures import chain_of_averages, class_averages, map_of_averages, overview, style
from rebalance.figures.artists import Label, Raster
from rebalance.figures.chain import motions, shown_in_chain
from rebalance.figures.map import motions_on_map
from rebalance.figures.superclass_colors import color_by_superclass
from rebalance.figures.suspects import MARK, suspects_of
from rebalance.figures.tiles import placed
from rebalance.model import SET_ASIDE, AverageQuality, Evidence

from .test_set_aside import with_some_aside


def labels(figure):
    return [artist.text for artist in figure.findobj(Label)]


def inputs(result):
    return result.dataset.class_averages, result.superclasses, result.affinity


@pytest.mark.parametrize("draw", [chain_of_averages, map_of_averages])
def test_every_average_is_there_once(results, check_texts, draw):
    plain = results(30, 5, empty=6)
    result, numbers = with_some_aside(plain)
    for shown in (plain, result):
        figure = draw(*inputs(shown), job="a job")
        check_texts(figure)
        used = shown.superclasses.label != -1
        expected = shown.superclasses.class_id[used].tolist()
        assert sorted(map(int, labels(figure))) == sorted(expected)
    assert set(map(str, numbers)) <= set(labels(draw(*inputs(result))))


@pytest.mark.parametrize("draw", [chain_of_averages, map_of_averages])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_averages_are_drawn(results, check_texts, draw, n):
    check_texts(draw(*inputs(results(n, 1, box=32))))


def neighbours_alike(images, pairs):
    flat = images.reshape(len(images), -1)
    return np.mean([np.corrcoef(flat[i], flat[j])[0, 1] for i, j in pairs])


def test_neighbours_are_upright_beside_each_other(results):
    """Turned copies of a few views: within one, laid on each other, they are the same picture."""
    averages, superclasses, affinity = inputs(results(30, 5, views=5))
    grouped, aside = shown_in_chain(superclasses, affinity)
    label = superclasses.label[grouped]
    beside = [(i, i + 1) for i in range(len(grouped) - 1) if label[i] == label[i + 1]]
    for laid in (
        motions(affinity, grouped, aside),
        motions_on_map(affinity, grouped, affinity.values[np.ix_(grouped, grouped)]),
    ):
        turned = placed(averages.images[grouped], laid, 64)
        centred = np.mean([np.hypot(*motion.shift) for motion in laid])
        assert neighbours_alike(turned, beside) > 0.9
        assert centred < 6
    assert neighbours_alike(averages.images[grouped], beside) < 0.7


def test_what_is_set_aside_lies_as_what_it_is_most_like(results):
    result, _ = with_some_aside(results(30, 5, empty=6))
    _, superclasses, affinity = inputs(result)
    grouped, aside = shown_in_chain(superclasses, affinity)
    assert (superclasses.label[aside] == SET_ASIDE).all()
    laid = motions(affinity, grouped, aside)
    for at, row in enumerate(aside):
        like = int(affinity.values[row, grouped].argmax())
        pair = affinity.alignment.pair(int(grouped[like]), int(row))
        assert laid[len(grouped) + at].mirror == (pair.mirror != laid[like].mirror)


def test_without_an_alignment_averages_are_as_they_are_and_it_says_so(results):
    averages, superclasses, affinity = inputs(results(10, 3))
    for draw in (chain_of_averages, map_of_averages):
        figure = draw(averages, superclasses, replace(affinity, alignment=None))
        assert any("as in the stack" in text.get_text() for text in figure.texts)


def test_the_rims_of_the_map_are_superclasses_and_those_aside_grey(results):
    result, numbers = with_some_aside(results(30, 5, empty=6))
    averages, superclasses, affinity = inputs(result)
    figure = map_of_averages(averages, superclasses, affinity)
    rims = figure.findobj(EllipseCollection)[0]
    color_of = color_by_superclass(superclasses)
    rows = np.concatenate(shown_in_chain(superclasses, affinity))
    expected = [color_of(int(superclasses.label[row])) for row in rows]
    assert [to_hex(color) for color in rims.get_edgecolor()] == expected
    assert expected[-len(numbers) :] == [style.RULE] * len(numbers)
    named = [text.get_text() for text in figure.texts if text.get_text().isdigit()]
    assert sorted(map(int, named)) == list(range(5))


def test_a_map_of_hundreds_keeps_its_pictures_apart(results, check_texts):
    figure = map_of_averages(*inputs(results(300, 20, box=32, empty=20, views=20, particles=False)))
    check_texts(figure)
    rims = figure.findobj(EllipseCollection)[0]
    inches = rims.get_offsets() * figure.get_size_inches()
    far = np.hypot(*(inches[:, None] - inches[None]).transpose(2, 0, 1))
    np.fill_diagonal(far, np.inf)
    across = float(rims.get_widths()[0]) / 72 if hasattr(rims, "get_widths") else 0.3
    assert far.min() > 0.97 * across
    assert across > 0.27
    assert len(figure.findobj(Raster)) == 1


def suspecting(result, rows):
    n = len(result.superclasses.class_id)
    words = tuple(("dim",) if row in rows else () for row in range(n))
    quality = AverageQuality(
        result.superclasses.class_id,
        np.ones(n, bool),
        {},
        {},
        (Evidence("picture", words),),
    )
    return replace(result, quality=quality)


def test_suspects_are_marked_where_they_are_and_the_legend_says_so(results, check_texts):
    plain = results(30, 5, empty=6)
    medoid = int(plain.superclasses.medoid_row[1])
    others = plain.superclasses.member_rows(0)[:2].tolist()
    result = suspecting(plain, [medoid, *others])
    suspects = suspects_of(result)
    assert suspects == set(plain.superclasses.class_id[[medoid, *others]].tolist())
    drawn = [
        *class_averages(*inputs(result)[:2], affinity=result.affinity, suspects=suspects),
        chain_of_averages(*inputs(result), suspects=suspects),
        map_of_averages(*inputs(result), suspects=suspects),
    ]
    for figure in drawn:
        check_texts(figure)
        assert labels(figure).count(MARK) == 3
        assert any("?: suspected junk." in text.get_text() for text in figure.texts)
    page = overview(result)
    check_texts(page)
    marked = labels(page).count(MARK)
    assert marked == len({medoid, *others} & set(plain.superclasses.medoid_row.tolist()))
    assert any("?: suspected junk. Classes:" in text.get_text() for text in page.texts)
    assert MARK not in labels(overview(plain))


def test_set_aside_suspects_are_not_marked_again(results):
    result, numbers = with_some_aside(results(30, 5, empty=6))
    rows = np.flatnonzero(np.isin(result.superclasses.class_id, numbers))
    assert suspects_of(suspecting(result, rows.tolist())) == set()
