"""The montage shows every average that is in a superclass, and nothing of the empty ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rebalance.figures import class_averages, contact_sheet
from rebalance.figures.artists import Label, Raster
from rebalance.figures.montage import BLANK, MIRRORED
from tests.figures.conftest import plain_superclasses


def words(figure):
    return [text.get_text() for text in figure.texts]


def labels(figure):
    return [artist.text for artist in figure.findobj(Label)]


def tile_area(figure):
    raster = figure.findobj(Raster)[0]
    return np.count_nonzero(raster.grey != 255)


def draw(result, **changes):
    parts = {"affinity": result.affinity, "selection": result.selection, **changes}
    return class_averages(result.dataset.class_averages, result.superclasses, job="job", **parts)


def test_each_used_average_has_its_number_and_particles(results):
    result = results(30, 5, empty=6)
    averages = result.dataset.class_averages
    (figure,) = draw(result)
    shown = labels(figure)
    for number, count, empty in zip(
        averages.class_id, averages.n_particles, averages.is_empty, strict=True
    ):
        numbered = [label for label in shown if label.rstrip(MIRRORED) == str(number)]
        if empty:
            continue
        assert numbered
        assert f"{count:,}" in shown
    assert len(shown) == 2 * np.count_nonzero(~averages.is_empty)
    assert words(figure)[0] == "24 class averages in 5 superclasses"


def test_empty_averages_are_listed_and_not_drawn(results):
    result = results(30, 5, empty=6)
    averages = result.dataset.class_averages
    (figure,) = draw(result)
    text = " ".join(words(figure))
    assert "Not shown, empty (6): " in text
    listed = text.split("empty (6): ")[1].split(".")[0].replace("–", ", ").split(", ")
    assert {int(number) for number in listed} <= set(averages.class_id[averages.is_empty])
    # As many pixels as 24 tiles can have, of which some may be as white as the page.
    side = round(0.9 * figure.dpi)
    assert 0.8 * 24 * side**2 < tile_area(figure) <= 24 * side**2


def test_averages_without_particles_are_not_called_empty(results):
    result = results(30, 5)
    superclasses = result.superclasses
    label = superclasses.label.copy()
    label[[at for at in superclasses.member_rows(0) if at != superclasses.medoid_row[0]][:2]] = -1
    (figure,) = class_averages(
        result.dataset.class_averages, replace(superclasses, label=label, linkage=None)
    )
    text = " ".join(words(figure))
    assert "without particles (2)" in text
    assert "left out (" not in text
    assert "empty (" not in text


def test_averages_that_a_person_left_out_are_named_apart(results):
    result = results(30, 5)
    superclasses = result.superclasses
    first = superclasses.member_rows(0)
    label = superclasses.label.copy()
    dropped = [index for index in first if index != superclasses.medoid_row[0]][:2]
    label[dropped] = -1
    left_out = tuple(superclasses.class_id[dropped].tolist())
    without = replace(superclasses, label=label, linkage=None, left_out=left_out)
    (figure,) = class_averages(result.dataset.class_averages, without)
    text = " ".join(words(figure))
    assert "left out (2)" in text
    assert "empty (" not in text
    junk = (int(superclasses.class_id[dropped[0]]),)
    (figure,) = class_averages(
        result.dataset.class_averages,
        replace(without, junk=junk),
    )
    text = " ".join(words(figure))
    assert "left out (1)" in text
    assert f"junk (1): {junk[0]}." in text


def test_headings_give_sizes_and_shares_before_and_after(results):
    result = results(30, 5)
    (figure,) = draw(result)
    before, after = result.selection.before, result.selection.after
    text = " ".join(words(figure))
    for number in range(5):
        assert f"Superclass {number}" in text
        same = before[number] == after[number]
        amount = f"{before[number]:,}" if same else f"{before[number]:,} → {after[number]:,}"
        assert f"{amount} (" in text
    # Nothing is said to be balanced that is not.
    all_kept = replace(result.selection, after=before, cap=None)
    text = " ".join(words(draw(result, selection=all_kept)[0]))
    assert "→" not in text.replace("100 Å", "")
    assert f"{before[0]:,} particles (" in text
    (figure,) = draw(result, selection=None)
    assert f"{before[0]:,} particles (" in " ".join(words(figure))


def test_members_lie_on_their_medoid_in_the_picture(results):
    result = results(24, 3, views=3, box=48, shift=0.0)
    (figure,) = draw(result)
    raster = figure.findobj(Raster)[0].grey
    side = round(0.9 * figure.dpi)
    tiles = find_tiles(raster, side)
    assert len(tiles) == 24
    alike = np.corrcoef([tile.ravel() for tile in tiles])
    # Three views of eight copies each: every tile has at least seven that look like it.
    assert np.all(np.sort(alike, axis=1)[:, -8] > 0.9)
    (figure,) = draw(result, affinity=None)
    loose = np.corrcoef([tile.ravel() for tile in find_tiles(figure.findobj(Raster)[0].grey, side)])
    assert np.median(np.sort(loose, axis=1)[:, -8]) < 0.8


def find_tiles(raster, side):
    """Tiles are the squares that are not the white of the page."""
    from scipy.ndimage import find_objects, label

    found = find_objects(label(raster != 255)[0])
    big = [at for at in found if all(part.stop - part.start > side * 0.9 for part in at)]
    return [
        raster[rows.start : rows.start + side, columns.start : columns.start + side]
        for rows, columns in big
    ]


def test_mirrored_averages_are_marked_and_explained(results):
    result = results(24, 3, views=3, box=48)
    (figure,) = draw(result)
    mirrored = [text for text in labels(figure) if text.endswith(MIRRORED)]
    expected = sum(
        result.affinity.alignment.pair(int(medoid), int(member)).mirror
        for number, medoid in enumerate(result.superclasses.medoid_row)
        for member in result.superclasses.member_rows(number)
    )
    assert len(mirrored) == expected > 0
    assert f"{MIRRORED}: mirrored." in " ".join(words(figure))
    (figure,) = draw(result, affinity=None)
    assert not any(MIRRORED in text for text in labels(figure) + words(figure))


def test_scale_bar_needs_a_pixel_size(results):
    result = results(10, 3)
    assert "100 Å (box 64 pixels of 3.1 Å)" in words(draw(result)[0])
    unknown = replace(result.dataset.class_averages, pixel_size=None)
    (figure,) = class_averages(unknown, result.superclasses)
    assert "Box 64 pixels; pixel size unknown" in words(figure)


@pytest.mark.parametrize("count", [99_999, 1_234_567, 12_345_678])
def test_large_counts_stay_below_their_tile(results, check_texts, count):
    result = results(100, 12, box=32)
    many = np.full(100, count)
    averages = replace(result.dataset.class_averages, n_particles=many)
    superclasses = plain_superclasses(averages, result.affinity, 12)
    (figure,) = class_averages(averages, superclasses, affinity=result.affinity)
    check_texts(figure)


def test_a_superclass_taller_than_a_page_goes_on(results, check_texts):
    result = results(500, 1, views=4, box=16)
    pages = draw(result)
    assert len(pages) > 1
    assert "continued" in words(pages[1])
    assert sum(len(labels(page)) for page in pages) == 2 * 500
    for page in pages:
        check_texts(page)


def test_the_real_70s_has_its_fifteen_views(real_data, check_texts):
    from tests.figures.conftest import make_result, ribosome_70s, slicem

    result = make_result(ribosome_70s(real_data), 5)
    (figure,) = draw(result)
    check_texts(figure)
    assert len(labels(figure)) == 2 * 15
    assert "Not shown, empty (14)" in " ".join(words(figure))
    assert "Not shown, without particles (1): 12." in " ".join(words(figure))
    bare = make_result(slicem(real_data), 12)
    (figure,) = draw(bare)
    check_texts(figure)
    assert len(labels(figure)) == 100


@pytest.mark.parametrize("ending", ["png", "pdf", "svg", "eps"])
def test_a_montage_can_be_saved_in_any_format_at_any_resolution(results, tmp_path, ending):
    (figure,) = draw(results(10, 3))
    figure.savefig(tmp_path / f"montage.{ending}", dpi=61)
    assert (tmp_path / f"montage.{ending}").stat().st_size > 10_000


@pytest.mark.parametrize("n", [0, 1, 7, 30, 90])
@pytest.mark.parametrize("particles", [True, False])
def test_a_contact_sheet_has_every_average_in_its_place(results, check_texts, n, particles):
    averages = results(max(n, 1), 1, particles=particles, box=32).dataset.class_averages
    averages = averages.subset(np.arange(n))
    figure = contact_sheet(averages, job="job013")
    check_texts(figure)
    assert [text for text in labels(figure) if not text.startswith("Box")][:: 1 + particles] == [
        str(number) for number in averages.class_id
    ]
    assert figure.texts[0].get_text() == ("1 class average" if n == 1 else f"{n} class averages")


def test_a_contact_sheet_says_what_is_empty_and_what_is_not_shown(results, check_texts):
    averages = results(30, 5, empty=6, box=32).dataset.class_averages
    figure = contact_sheet(averages, most=20, job="job013")
    check_texts(figure)
    said = figure.texts[1].get_text()
    assert "6 empty" in said
    assert "the first 20 are shown" in said
    raster = next(artist for artist in figure.artists if hasattr(artist, "grey")).grey
    shown = averages.is_empty[:20]
    side = round(0.9 * figure.dpi)
    blank = (raster == BLANK).sum()
    assert blank == pytest.approx(shown.sum() * side**2, rel=0.02)
