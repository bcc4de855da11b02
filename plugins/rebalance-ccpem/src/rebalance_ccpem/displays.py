"""What Doppio shows of results: sentences, pictures, tables, counts and the report page."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeliner.display_tools import create_results_display_object, mini_montage_from_stack
from pipeliner.results_display_objects import ResultsDisplayObject

from rebalance_ccpem.report import METHODS, Report

_COLOURS = {"before": "#b9c4d0", "kept": "#2f6f9f"}


def displays_of_run(
    results: Path, summary: Mapping[str, Any], job_folder: str
) -> list[ResultsDisplayObject]:
    """Of particles balanced by superclasses.

    Parameters
    ----------
    results : Path
        The results folder.
    summary : mapping
        Its ``summary.json``.
    job_folder : str
        Where pictures that are made here go.
    """
    report = Report.read(results / "report.md")
    shown = [_said("Result", report.section(), results, summary)]
    shown += _pictures(results, report, ["figures/class_averages.png"])
    if groups := summary["superclasses"]:
        is_off = summary["superclassification"]["by"] == "off"
        table = _classes(groups, results) if is_off else _superclasses(groups, results)
        shown += [_sizes(groups, results / "summary.json", is_off=is_off), table]
    shown += _set_aside(summary, results)
    templates = results / "picking_templates.mrcs"
    if templates.is_file():
        shown.append(
            mini_montage_from_stack(
                str(templates),
                job_folder,
                nimg=-1,
                title="Picking templates, one per superclass",
                labels=[f"superclass {one['superclass']}" for one in groups],
            )
        )
    shown += _pictures(results, report, ["figures/affinity.png"], start_collapsed=True)
    page = _page(results, "Report page: view, change superclasses, save decisions")
    return [*shown, page, *_ending(results, report, summary)]


def displays_of_orientations(
    results: Path, summary: Mapping[str, Any]
) -> list[ResultsDisplayObject]:
    """Of particles balanced by viewing direction; arguments as of `displays_of_run`."""
    report = Report.read(results / "report.md")
    pictures = ["figures/viewing_directions.png", "figures/scf_star.png"]
    return [
        _said("Result", report.section("Result"), results, summary),
        *_pictures(results, report, pictures[:1]),
        *_bins(results / "bins.csv"),
        *_pictures(results, report, pictures[1:]),
        _page(results),
        *_ending(results, report, summary),
    ]


def displays_of_diagnosis(results: Path, summary: Mapping[str, Any]) -> list[ResultsDisplayObject]:
    """Of a diagnosis of preferred orientation; arguments as of `displays_of_run`."""
    report = Report.read(results / "report.md")
    names = ("viewing_directions", "conical_fsc", "relative_signal", "scf_star")
    return [
        _said("Result", report.section("Result"), results, summary),
        *_scores(results, summary),
        *_pictures(results, report, [f"figures/{name}.png" for name in names]),
        _page(results),
        *_ending(results, report, summary),
    ]


def _said(title: str, text: str, results: Path, summary: Mapping[str, Any]) -> ResultsDisplayObject:
    return create_results_display_object(
        "text",
        title=title,
        display_data=text or "See the report page for the results.",
        associated_data=[str(results / "report.md")],
        flag=" ".join(summary["warnings"]),
    )


def _ending(
    results: Path, report: Report, summary: Mapping[str, Any]
) -> list[ResultsDisplayObject]:
    texts = {"Notes": "\n".join(summary["notes"]), METHODS: report.section(METHODS)}
    return [
        create_results_display_object(
            "text",
            title=title,
            display_data=text,
            associated_data=[str(results / "report.md")],
            start_collapsed=True,
        )
        for title, text in texts.items()
        if text
    ]


def _pictures(
    results: Path, report: Report, names: Sequence[str], *, start_collapsed: bool = False
) -> list[ResultsDisplayObject]:
    captions = report.captions()
    return [
        create_results_display_object(
            "image",
            title=_title(captions.get(name, "")) or Path(name).stem.replace("_", " "),
            image_path=str(results / name),
            image_desc=captions.get(name, ""),
            associated_data=[str(results / name)],
            start_collapsed=start_collapsed,
        )
        for name in names
        if (results / name).is_file()
    ]


def _title(caption: str) -> str:
    """The first clause of a caption."""
    return re.split(r"[,;:.](?: |$)", caption, maxsplit=1)[0]


def _page(results: Path, title: str = "Report") -> ResultsDisplayObject:
    page = str(results / "report.html")
    return create_results_display_object(
        "html",
        title=title,
        html_file=page,
        associated_data=[page],
        start_collapsed=True,
    )


def _sizes(
    groups: Sequence[Mapping[str, Any]], source: Path, *, is_off: bool
) -> ResultsDisplayObject:
    """Particles of each superclass, or of each class where there are none, before and after."""
    counted = {"before": "particles_before", "kept": "particles_after"}
    word = "class" if is_off else "superclass"
    rows = [
        (str(one["class_ids"][0] if is_off else one["superclass"]), one[column], name)
        for name, column in counted.items()
        for one in groups
        if one[column] is not None
    ]
    numbers, particles, names = (list(column) for column in zip(*rows, strict=True))
    return create_results_display_object(
        "plotlyobj",
        title=f"Particles of each {word}",
        plot_type="bar",
        data={word: numbers, "particles": particles, "when": names},
        x=word,
        y="particles",
        color="when",
        barmode="group",
        template="simple_white",
        layout_args={"legend": {"title": {"text": ""}}},
        color_discrete_map=_COLOURS,
        xaxes_args={"type": "category"},
        associated_data=[str(source)],
    )


def _superclasses(groups: Sequence[Mapping[str, Any]], results: Path) -> ResultsDisplayObject:
    rows = [
        [
            str(one["superclass"]),
            str(len(one["class_ids"])),
            _count(one["particles_before"]),
            _count(one["particles_after"]),
            "" if one["mean_affinity"] is None else f"{one['mean_affinity']:.2f}",
            " ".join(map(str, one["class_ids"])),
        ]
        for one in groups
    ]
    return create_results_display_object(
        "table",
        title="Superclasses",
        headers=["Superclass", "Averages", "Particles", "Kept", "Affinity", "Classes"],
        header_tooltips=[
            "Numbered by size, the largest first",
            "Number of class averages",
            "Particles of these class averages",
            "Particles kept",
            "Mean affinity of its pairs of averages",
            "Numbers of the 2D classes, the most central average (medoid) first",
        ],
        table_data=rows,
        associated_data=[str(results / "superclasses.csv")],
    )


def _classes(groups: Sequence[Mapping[str, Any]], results: Path) -> ResultsDisplayObject:
    rows = [
        [
            str(one["class_ids"][0]),
            _count(one["particles_before"]),
            _count(one["particles_after"]),
        ]
        for one in groups
    ]
    return create_results_display_object(
        "table",
        title="2D classes",
        headers=["Class", "Particles", "Kept"],
        table_data=rows,
        associated_data=[str(results / "superclasses.csv")],
    )


def _set_aside(summary: Mapping[str, Any], results: Path) -> list[ResultsDisplayObject]:
    suspects = summary["class_averages"].get("junk_suspected") or []
    if not suspects:
        return []
    return [
        create_results_display_object(
            "table",
            title="Averages that look like junk",
            headers=["Class", "Why"],
            table_data=[[str(one["class_id"]), _listed(one["reasons"])] for one in suspects],
            associated_data=[str(results / "junk.csv")],
        )
    ]


def _bins(table: Path) -> list[ResultsDisplayObject]:
    """How many bins of viewing directions have how many particles, before and after."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = {"before": "particles_before", "after": "particles_after"}
    counts = {name: [float(row[column]) for row in rows] for name, column in columns.items()}
    return [
        create_results_display_object(
            "histogram",
            title=f"Particles in a bin of viewing directions, {name} balancing",
            data_to_bin=[count for count in found if count > 0],
            xlabel="Particles in a bin",
            ylabel="Bins",
            associated_data=[str(table)],
        )
        for name, found in counts.items()
        if any(found)
    ]


def _scores(results: Path, summary: Mapping[str, Any]) -> list[ResultsDisplayObject]:
    sampling, maps = summary.get("sampling"), summary.get("half_maps")
    rows = []
    if sampling:
        rows.append(_score("SCF*", sampling["scf_star"], sampling["scf_star_threshold"]))
    if maps:
        rows.append(_score("cFAR", maps["cfar"], maps["cfar_threshold"]))
        resolutions = {"Best": "best_resolution_A", "Worst": "worst_resolution_A"}
        for name, column in resolutions.items():
            if maps.get(column) is not None:
                rows.append([f"{name} resolution of a direction", f"{maps[column]:.1f} Å", ""])
    if not rows:
        return []
    return [
        create_results_display_object(
            "table",
            title="Scores",
            headers=["Score", "Value", "Even if above"],
            table_data=rows,
            associated_data=[str(results / "summary.json")],
        )
    ]


def _score(name: str, value: float | None, threshold: float) -> list[str]:
    return [name, "" if value is None else f"{value:.2f}", f"{threshold:g}"]


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _listed(reasons: Any) -> str:
    return reasons if isinstance(reasons, str) else "; ".join(map(str, reasons))
