"""Pictures show what is set aside apart from the superclasses, and count it in none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rebalance.figures import (
    affinity_matrix,
    class_averages,
    draw_all,
    overview,
    particles_per_superclass,
)
from rebalance.figures.artists import Label
from rebalance.figures.matrix import in_order
from rebalance.model import SET_ASIDE, RunResult


def with_some_aside(result: RunResult) -> tuple[RunResult, list[int]]:
    """The last average of each of three superclasses is set aside."""
    superclasses, selection = result.superclasses, result.selection
    assert selection is not None
    label = superclasses.label.copy()
    rows = [int(superclasses.member_rows(number)[-1]) for number in range(3)]
    label[rows] = SET_ASIDE
    numbers = sorted(superclasses.class_id[rows].tolist())
    grouped = superclasses.order[label[superclasses.order] >= 0]
    others = superclasses.order[label[superclasses.order] == -1]
    aside = np.array(rows)[np.argsort(superclasses.class_id[rows])]
    superclasses = replace(
        superclasses, label=label, order=np.concatenate([grouped, aside, others]), linkage=None
    )
    selection = replace(
        selection,
        set_aside=np.array(numbers),
        aside_before=np.array([900, 40, 3]),
        aside_after=np.array([100, 40, 3]),
    )
    return replace(result, superclasses=superclasses, selection=selection), numbers


def texts(figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def test_the_averages_stand_in_a_block_of_their_own(results):
    result, numbers = with_some_aside(results(30, 5, empty=6))
    (figure,) = class_averages(
        result.dataset.class_averages,
        result.superclasses,
        affinity=result.affinity,
        selection=result.selection,
    )
    assert "21 class averages in 5 superclasses, 3 set aside" in texts(figure)
    assert "Set aside" in texts(figure)
    assert "943 → 143 particles" in texts(figure)
    shown = {artist.text for artist in figure.findobj(Label)}
    assert {str(number) for number in numbers} <= shown
    # They are not named among those that are not shown.
    assert "left out" not in texts(figure)
    assert "without particles" not in texts(figure)


def test_the_sorted_matrix_has_them_last_without_a_square(results):
    plain = results(30, 5, empty=6)
    result, numbers = with_some_aside(plain)
    order = in_order(result.affinity, result.superclasses)
    assert result.superclasses.class_id[order[-3:]].tolist() == numbers
    assert len(order) == len(in_order(plain.affinity, plain.superclasses))
    figure = affinity_matrix(result.affinity, result.superclasses)
    assert "aside" in texts(figure)
    squares = figure.axes[1].collections[0]
    assert len(squares.get_paths()) == 5


def test_headings_say_how_many_and_what_became_of_their_particles(results):
    result, _ = with_some_aside(results(30, 5, empty=6))
    words = "3 averages set aside, 143 of their particles kept"
    assert words in texts(overview(result))
    assert words in texts(particles_per_superclass(result.superclasses, result.selection))
    assert set(draw_all(result)) >= {"overview", "class_averages", "chain", "map"}


def test_the_overview_shows_them_apart_those_of_most_particles_first(results):
    plain = results(30, 5, empty=6)
    result, numbers = with_some_aside(plain)
    figure = overview(result)
    assert "Set aside" in texts(figure)
    assert "Set aside" not in texts(overview(plain))
    assert figure.get_figheight() > overview(plain).get_figheight()
    counts = result.dataset.class_averages.n_particles
    rows = np.flatnonzero(np.isin(result.superclasses.class_id, numbers))
    by_size = result.superclasses.class_id[rows[np.argsort(-counts[rows], kind="stable")]]
    medoids = {str(number) for number in range(5)}
    shown = [artist for artist in figure.findobj(Label) if not artist.bold]
    lowest = min(artist.at[1] for artist in shown)
    named = [artist.text for artist in shown if artist.at[1] == lowest]
    assert named == [str(number) for number in by_size]
    assert medoids <= {artist.text for artist in figure.findobj(Label) if artist.bold}


def test_of_many_set_aside_the_overview_leaves_out_those_of_fewest_particles(results):
    result = results(60, 2)
    label = result.superclasses.label.copy()
    members = result.superclasses.member_rows(0).tolist()
    aside = [row for row in range(60) if row not in members[:5] and label[row] == 0]
    label[aside] = SET_ASIDE
    assert len(aside) > 28
    superclasses = replace(result.superclasses, label=label, linkage=None)
    words = texts(overview(replace(result, superclasses=superclasses)))
    assert f"the {len(aside) - 28} with the fewest particles are not shown" in words


def test_how_even_superclasses_are_is_told_of_those_that_decide(results):
    result = results(30, 5)
    selection = result.selection
    small = np.array([False] * 4 + [True])
    before = np.array([400, 300, 200, 100, 2])
    selection = replace(selection, before=before, after=before, is_small=small)
    figure = particles_per_superclass(result.superclasses, selection)
    assert "Smallest ÷ largest superclass: 0.25" in texts(figure)
