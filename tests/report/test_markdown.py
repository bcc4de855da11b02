"""The report says what was done, and nothing in a name from a file is active in it."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rebalance.model import (
    REASONS,
    Affinity,
    ClassAverages,
    Dataset,
    ParticleTable,
    RunResult,
    Selection,
    Superclasses,
)
from rebalance.report.escape import literal
from rebalance.report.markdown import MOST_ROWS, markdown

FOLDER = Path("/somewhere/results")


class NoColumns:
    column_names: tuple[str, ...] = ()

    def read_column(self, name):
        raise KeyError(name)


def result_of(job="job013", *, particles=True, files=(), summary=None) -> RunResult:
    """Six averages, the last two empty, in two superclasses of 900 and 100 particles."""
    label = np.array([0, 0, 0, 1, -1, -1])
    class_id = np.array([1, 2, 5, 9, 12, 13])
    values = np.full((6, 6), 0.5, np.float32)
    values[:3, :3] = 0.9
    np.fill_diagonal(values, 1)
    affinity = Affinity(
        values,
        class_id,
        label < 0,
        "rotational-cc",
        {"mirror": True, "max_shift": None},
        facts={"mask_diameter_px": 50.0, "mask_diameter_A": 200.0, "max_shift_px": 5.0},
    )
    superclasses = Superclasses(
        label,
        class_id,
        np.array([900, 100]),
        class_id[[1, 3]],
        np.array([0.9, 1.0]),
        np.arange(6),
        "hierarchical",
        {"linkage": "average"},
    )
    images = np.random.default_rng(0).normal(0, 1, (6, 8, 8)).astype(np.float32)
    averages = ClassAverages(images, class_id)
    table = selection = None
    if particles:
        reason = np.repeat([0, 1, 0, 3], [200, 700, 100, 50]).astype(np.uint8)
        superclass = np.repeat([0, 1, -1], [900, 100, 50])
        selection = Selection(
            reason == 0,
            reason,
            superclass,
            200,
            np.array([900, 100]),
            np.array([200, 100]),
            "random",
            {"quota": "none"},
            seed=17,
        )
        table = ParticleTable(np.ones(1050, np.int64), NoColumns())
    dataset = Dataset(
        "relion", table, averages, job, sources=(Path("/data/Class2D/job013/x.star"),)
    )
    return RunResult(
        dataset, superclasses, affinity, selection, FOLDER, tuple(files), summary or {}
    )


def rendered(text):
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def flat(tokens):
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def text_of(tokens):
    return "".join(
        " " if token.type == "softbreak" else token.content
        for token in flat(tokens)
        if token.type in ("text", "softbreak", "text_special", "code_inline")
    )


def rows_of(report, first):
    """Cells of the table whose first heading is given."""
    lines = report.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_it_begins_with_what_came_out():
    report = markdown(result_of())
    assert report.startswith("# job013: 4 class averages in 2 superclasses\n\n")
    assert "6 class averages were read (2 without particles)." in report
    assert "**300 of 1,050 particles (29 %) are selected.**" in report
    assert "superclass: 0.11 before balancing, 0.5 after" in report


def test_the_table_has_every_superclass_with_its_classes():
    rows = rows_of(markdown(result_of()), "superclass")
    assert rows == [
        ["0", "3", "900", "200", "22", "0.90", "2", "1, 2, 5"],
        ["1", "1", "100", "100", "100", "", "9", "9"],
    ]


def test_particles_are_counted_by_the_reason_why_they_stay_or_go():
    report = markdown(result_of())
    rows = rows_of(report, "")
    assert rows == [
        ["selected", "300", "29"],
        ["excluded by balancing", "700", "67"],
        ["in a class without a class average", "50", "4.8"],
        ["all", "1,050", "100"],
    ]
    assert "Without particles: 12, 13." in report


def test_every_reason_has_words_of_its_own():
    from rebalance.report.markdown import MEANINGS

    assert set(MEANINGS) == set(REASONS)


def test_without_particles_it_speaks_of_averages_alone():
    report = markdown(result_of(particles=False))
    assert "No particles were given." in report
    assert "## Particles" not in report
    assert rows_of(report, "superclass")[0] == ["0", "3", "0.90", "2", "1, 2, 5"]
    assert "seed" not in report


def test_superclassification_off_speaks_of_classes():
    result = result_of()
    off = replace(
        result.superclasses,
        label=np.arange(6),
        size=np.arange(6, 0, -1),
        medoid=result.superclasses.class_id,
        mean_affinity=np.full(6, np.nan),
        clustering="identity",
        options={},
        by="off",
    )
    selection = replace(
        result.selection, before=np.arange(6, 0, -1), after=np.arange(6, 0, -1), cap=None
    )
    dataset = replace(result.dataset, class_averages=None)
    report = markdown(
        replace(result, dataset=dataset, superclasses=off, affinity=None, selection=selection)
    )
    assert report.startswith("# job013: 6 2D classes\n")
    # All are kept: there is no column that says so of each.
    assert rows_of(report, "class")[0] == ["1", "6"]
    assert "superclass" not in report.split("## Parameters")[0]
    assert "nan" not in report


def test_a_table_of_hundreds_is_cut_and_says_where_the_rest_is():
    k = MOST_ROWS + 40
    result = result_of(particles=False)
    many = Superclasses(
        np.arange(k), np.arange(k), np.ones(k, np.int64), np.arange(k), np.ones(k), np.arange(k)
    )
    report = markdown(
        replace(
            result,
            dataset=replace(result.dataset, class_averages=None),
            superclasses=many,
            affinity=None,
        )
    )
    assert len(rows_of(report, "superclass")) == MOST_ROWS
    assert "40 more are in `superclasses.csv`." in report


def test_warnings_notes_and_factor_come_from_the_summary():
    summary = {
        "warnings": ["Superclass 1 is *small*."],
        "notes": ["The pixel size is 1.2 Å."],
        "balance": {"factor": "0.5", "max_size": None},
    }
    report = markdown(result_of(summary=summary))
    assert "## Warnings\n\n- Superclass 1 is \\*small\\*." in report
    assert "- The pixel size is 1.2 Å." in report
    assert ["rebalance factor", "0.5"] in rows_of(report, "parameter")


def test_without_a_summary_they_come_from_each_step():
    result = result_of()
    result = replace(
        result,
        dataset=replace(result.dataset, notes=("from the format",), warnings=("odd box",)),
        superclasses=replace(result.superclasses, notes=("from the clustering",)),
        selection=replace(result.selection, notes=("from the strategy",)),
    )
    report = markdown(result)
    for words in ("from the format", "odd box", "from the clustering", "from the strategy"):
        assert f"- {words}" in report


def test_parameters_hold_what_was_asked_and_what_was_found():
    rows = rows_of(markdown(result_of()), "parameter")
    for row in (
        ["metric", "rotational-cc"],
        ["metric.max_shift", "auto"],
        ["mask diameter (Å)", "200"],
        ["max shift (pixels)", "5"],
        ["clustering.linkage", "average"],
        ["most particles kept per group", "200"],
        ["seed", "17"],
        ["files read", "job013/x.star"],
    ):
        assert row in rows
    assert not any(row[0] == "mask diameter (pixels)" for row in rows)


def test_pictures_are_linked_relative_to_the_folder_and_only_where_they_are():
    files = [
        FOLDER / "figures" / f"{name}{ending}"
        for name in ("overview", "class_averages_2", "affinity")
        for ending in (".png", ".pdf")
    ]
    report = markdown(result_of(files=[*files, FOLDER / "superclasses.csv"]))
    links = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", report)
    assert [link for _, link in links] == [
        "figures/overview.png",
        "figures/class_averages_2.png",
        "figures/affinity.png",
    ]
    assert links[1][0].endswith("(page 2)")
    assert "- superclasses.csv" in report
    assert "![" not in markdown(result_of())


@pytest.mark.parametrize(
    ("clustering", "options", "words"),
    [
        (
            "hierarchical",
            {"linkage": "ward", "path_neighbors": 0},
            "hierarchical clustering with ward linkage",
        ),
        (
            "hierarchical",
            {"linkage": "average"},
            r"hierarchical clustering of path distances \[2\] with average linkage \[3\]",
        ),
        ("spectral", {}, "spectral clustering"),
        ("labels", {}, "by hand"),
        ("my_<b>", {}, "by the clustering my\\_&lt;b&gt;"),
    ],
)
def test_the_methods_name_what_was_used_with_its_reference(clustering, options, words):
    result = result_of(summary={"balance": {"factor": "0.5", "max_size": None}})
    by = "labels" if clustering == "labels" else "clustering"
    superclasses = replace(result.superclasses, clustering=clustering, options=options, by=by)
    report = markdown(replace(result, superclasses=superclasses))
    section = report.split("## Methods")[1]
    assert words in section
    assert "At most 200 particles per superclass were kept (rebalance factor 0.5)" in section
    assert "(seed 17)" in section
    cited = [int(number) for number in re.findall(r"\\\[(\d+)\\\]", section)]
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    assert sorted(set(cited)) == listed == list(range(1, len(listed) + 1))


BEFORE = {
    "by": "clustering",
    "clustering": "hierarchical",
    "clustering_options": {"linkage": "average"},
    "n_superclasses": 14,
}


def methods_decided(**changes):
    decided = {"grouped_by": BEFORE, "moved": [], "set_aside": [], "junk": []} | changes
    result = result_of(summary={"superclassification": {"decided": decided}})
    superclasses = replace(result.superclasses, clustering="labels", options={}, by="labels")
    return markdown(replace(result, superclasses=superclasses)).split("## Methods")[1]


def test_the_methods_tell_a_clustering_and_what_a_person_changed_of_it():
    section = methods_decided(moved=[57], junk=[20, 23])
    assert r"compared pairwise by" in section
    assert (
        "They were grouped into 14 superclasses by hierarchical clustering of path distances"
        in section
    )
    assert (
        "On visual inspection, class 57 was assigned to another superclass and classes 20 and 23 "
        "were discarded as junk, " in section
    )
    assert "by hand" not in section
    cited = [int(number) for number in re.findall(r"\\\[(\d+)\\\]", section)]
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    assert sorted(set(cited)) == listed == list(range(1, len(listed) + 1))


@pytest.mark.parametrize(
    ("changes", "words", "not_there"),
    [
        ({}, "regrouped, ", "junk"),
        ({"moved": list(range(1, 20))}, "19 classes were assigned", "junk"),
        (
            {"grouped_by": BEFORE | {"clustering_options": None}, "set_aside": [3]},
            "by the clustering hierarchical. On visual inspection, class 3 was set aside",
            "linkage",
        ),
        ({"grouped_by": BEFORE | {"by": "labels"}}, "were grouped by hand.", "hierarchical"),
        ({"grouped_by": BEFORE | {"by": "off"}}, "into one superclass each.", "hierarchical"),
    ],
)
def test_the_methods_say_no_more_of_decisions_than_is_known(changes, words, not_there):
    section = methods_decided(**changes)
    assert words in section
    assert not_there not in section


@pytest.mark.parametrize("trusted", [True, False])
def test_the_methods_speak_of_angles_where_they_were_used(trusted):
    result = result_of()
    facts = {"views_trusted": trusted}
    affinity = replace(result.affinity, metric="views", options={}, facts=facts)
    section = markdown(replace(result, affinity=affinity)).split("## Methods")[1]
    assert "normalized cross-correlation over in-plane rotation, shift and mirror" in section
    assert ("θ is the angle between their views" in section) == trusted
    assert ("Scheres" in section) == trusted
    assert "] ," not in section


def test_the_methods_state_the_seed_of_a_strategy_that_is_not_there():
    result = result_of()
    selection = replace(result.selection, strategy="gone", options={})
    report = markdown(replace(result, selection=selection))
    assert "chosen by the strategy gone (seed 17). " in report.split("## Methods")[1]


HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "a|b\n\n# heading\n\n| c |",
    "`code` *bold* __bold__ ~~gone~~ &lt;b&gt; &amp;",
    "http://evil.example www.evil.example me@evil.example",
    "- item",
    "1. item",
    "1) item",
    "# heading",
    "+ plus",
    "---",
    "===",
    "> quote",
    "$x^2$",
    "\\",
    "\\[x](y)",
    "trailing\\",
    "<!-- comment",
    "\u202eevil\x00",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_text_everywhere(name):
    result = result_of(
        name,
        files=[FOLDER / name.replace("/", "_").replace("\x00", "")],
        summary={"warnings": [name], "notes": [name]},
    )
    result = replace(
        result,
        dataset=replace(result.dataset, sources=(Path("/data") / name.replace("\x00", ""),)),
        affinity=replace(result.affinity, metric=name, facts={name: name}, options={name: name}),
        superclasses=replace(result.superclasses, clustering=name, options={name: name}),
    )
    plain = markdown(result_of(files=[FOLDER / "x"], summary={"warnings": ["x"], "notes": ["x"]}))
    allowed = {token.type for token in flat(rendered(plain))} | {"text_special"}
    found = list(flat(rendered(markdown(result))))
    assert {token.type for token in found} <= allowed
    headings = [token for token in found if token.type == "heading_open"]
    assert len(headings) == len([t for t in rendered(plain) if t.type == "heading_open"])


def test_addresses_are_no_links():
    assert literal("me@evil.example") == "me\\@evil.example"
    assert literal("https://evil.example") == "https\\://evil.example"
    assert literal("www.evil.example") == "www\\.evil.example"


def test_ordinary_file_names_stay_readable():
    assert literal("Class2D/job013/run_it025_data.star") == "Class2D/job013/run_it025_data.star"
    assert literal("Kept 1,748 (58 %): f = 0.5.") == "Kept 1,748 (58 %): f = 0.5."


names = st.text(
    st.one_of(st.sampled_from(string.punctuation + " ab1\n\t"), st.characters()), max_size=30
)


def printable(text):
    """Blanks and control characters aside: they may be joined, but nothing else may change."""
    return "".join(char for char in text if char.isprintable() and not char.isspace())


@settings(deadline=None)
@given(names)
@example("0 #")
@example("a ##")
def test_literal_text_is_read_as_itself(name):
    shown = printable(name)
    for prefix in ("- ", "# x ", "| "):
        table = prefix == "| "
        text = f"| h |\n| --- |\n| {literal(name)} |" if table else prefix + literal(name)
        tokens = rendered(text)
        kinds = {token.type for token in flat(tokens)}
        assert not kinds & {
            "html_block",
            "html_inline",
            "link_open",
            "image",
            "em_open",
            "s_open",
            "strong_open",
            "code_inline",
            "code_block",
            "fence",
            "hr",
            "blockquote_open",
        }
        expected = {"- ": shown, "# x ": f"x{shown}", "| ": f"h{shown}"}[prefix]
        assert printable(text_of(tokens)) == expected
        assert len([token for token in tokens if token.type == "list_item_open"]) == (
            prefix == "- "
        )
