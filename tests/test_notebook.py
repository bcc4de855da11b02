"""A notebook shows the pictures of a run, and nothing that a name can break."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import rebalance
from rebalance.display import Displayed, register_displays
from rebalance.figures import contact_sheet
from rebalance.model import RunResult
from tests.numbered_views import numbered_views

VOID = {"img"}


class Tags(HTMLParser):
    """Every tag is closed in order; text and images are kept."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.sources: list[str] = []
        self.names: set[str] = set()
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "img":
            self.sources.append(dict(attrs)["src"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def pictures(self) -> list[Image.Image]:
        assert all(source.startswith("data:image/png;base64,") for source in self.sources)
        return [
            Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
            for source in self.sources
        ]


@pytest.fixture(scope="module")
def result(simulated_job: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("notebook") / "out"
    return rebalance.run(simulated_job, n_superclasses=5, factor=0.4, output=folder, figures=False)


def test_a_result_shows_its_overview_its_table_and_what_was_kept(result: RunResult) -> None:
    shown = Tags(result._repr_html_())
    (picture,) = shown.pictures()
    assert min(picture.size) > 300
    assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    assert result.selection is not None
    assert f"Selected {result.selection.selected.sum():,} of 1,200 particles" in shown.text
    assert str(result.folder) in shown.text
    for after in result.selection.after:
        assert f" {after:,} " in f" {shown.text} "


def test_an_affinity_shows_its_matrix_and_superclasses_their_table(result: RunResult) -> None:
    assert result.affinity is not None
    shown = Tags(result.affinity._repr_html_())
    assert "Affinity of 24 class averages (6 not compared), views" in shown.text
    assert len(shown.pictures()) == 1
    superclasses = Tags(result.superclasses._repr_html_())
    assert "5 superclasses of 18 class averages, hierarchical" in superclasses.text
    assert len(superclasses.pictures()) == 1
    without = replace(result.superclasses, linkage=None)
    assert not Tags(without._repr_html_()).sources


def test_a_data_set_and_its_averages_show_a_contact_sheet(result: RunResult) -> None:
    averages = result.dataset.class_averages
    assert averages is not None
    for shown in (Tags(result.dataset._repr_html_()), Tags(averages._repr_html_())):
        assert "24 class averages" in shown.text
        (picture,) = shown.pictures()
        assert min(picture.size) > 200
    shown = Tags(result.dataset._repr_html_())
    assert "1,200 particles" in shown.text
    assert all(str(path) in shown.text for path in result.dataset.sources)
    tables_alone = replace(result.dataset, class_averages=None, warnings=("It is odd.",))
    shown = Tags(tables_alone._repr_html_())
    assert "Warning: It is odd." in shown.text
    assert not shown.sources


def test_a_selection_shows_what_stays_and_why_the_rest_goes(result: RunResult) -> None:
    assert result.selection is not None
    shown = Tags(result.selection._repr_html_())
    assert f"{result.selection.selected.sum():,} of 1,200 particles are selected" in shown.text
    assert f"at most {result.selection.cap:,} per superclass" in shown.text
    assert f"balanced {result.selection.count('balanced'):,}" in shown.text
    for before, after in zip(result.selection.before, result.selection.after, strict=True):
        assert f" {before:,} {after:,} " in f" {shown.text} "


def test_a_scan_shows_its_reason_and_its_picture(result: RunResult) -> None:
    assert result.affinity is not None
    scan = rebalance.scan(result.affinity, range(3, 7))
    shown = Tags(scan._repr_html_())
    assert scan.suggestion.reason in shown.text
    assert len(shown.pictures()) == 1


def test_a_figure_shows_itself_without_pyplot(result: RunResult) -> None:
    assert result.dataset.class_averages is not None
    figure = contact_sheet(result.dataset.class_averages)
    picture = Image.open(io.BytesIO(figure._repr_png_()))
    width, height = figure.get_size_inches() * 110
    assert picture.size == pytest.approx((width, height), abs=1)


def test_displays_are_registered_by_type_and_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    class Map(Displayed):
        pass

    class SharpMap(Map):
        pass

    monkeypatch.setattr("rebalance.display._DRAWN_BY", {})
    assert SharpMap()._repr_html_() is None
    register_displays({"Map": "builtins:repr"})
    assert "SharpMap object" in (SharpMap()._repr_html_() or "")


def test_names_of_files_are_text(result: RunResult) -> None:
    evil = "<script>alert(1)</script>"
    summary = {**result.summary, "job": evil, "warnings": [evil]}
    shown = Tags(
        replace(
            result, summary=summary, superclasses=replace(result.superclasses, clustering=evil)
        )._repr_html_()
    )
    assert "script" not in shown.names
    assert evil in shown.text


@pytest.mark.parametrize("trusted", [True, False])
def test_views_say_whether_they_are_trusted_and_show_where(trusted: bool) -> None:
    shown = Tags(numbered_views(np.arange(1, 20), trusted=trusted)._repr_html_() or "")
    assert shown.text.strip().startswith("Trusted" if trusted else "Not trusted")
    (picture,) = shown.pictures()
    assert min(picture.size) > 200
