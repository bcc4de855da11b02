"""`report.md`: what a run found and did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import rebalance
from rebalance.figures.bars import evenness, is_balanced
from rebalance.figures.text import percent
from rebalance.model import (
    BALANCED,
    EMPTY_AVERAGE,
    KEPT,
    NO_ORIENTATION,
    NO_SUCH_AVERAGE,
    NOT_SELECTED,
    REASONS,
    RunResult,
)
from rebalance.model import JUNK as JUNK_REASON
from rebalance.model.class_numbers import ranges
from rebalance.model.counting import counted
from rebalance.record.summary import (
    ASIDE,
    EMPTY,
    JUNK,
    LEFT_OUT,
    WITHOUT_PARTICLES,
    status_of_averages,
)
from rebalance.record.summary_text import on_the_sphere, set_aside
from rebalance.report.escape import literal
from rebalance.report.methods import methods

MOST_ROWS = 60
"""Rows of the table of superclasses at most; `superclasses.csv` has all of them."""

_NOT_USED = (EMPTY, WITHOUT_PARTICLES, LEFT_OUT, JUNK, ASIDE)

CAPTIONS = {
    "overview": "Overview",
    "class_averages": "Class averages by superclass",
    "affinity": "Affinity of all pairs, in stack order and sorted by similarity",
    "chain": "Class averages sorted by similarity, each aligned to the previous one",
    "map": "Map of the class averages: similar ones are close together",
    "views": "Viewing directions of the class averages, and agreement of independent searches",
    "reprojections": "Class averages and their best-fitting reprojections, worst fit first",
    "particles_over_views": "Density of particles over viewing directions, and uniformity",
    "superclasses_on_sphere": "Viewing directions of the superclasses, from the particle poses",
    "particles_per_superclass": "Particles per superclass",
    "scan": "The numbers of superclasses that were tried",
    "dendrogram": "Clustering tree (dendrogram), and where it was cut",
}

ALIGNED = ", each aligned to the most central average (medoid) of its superclass"

MEANINGS = {
    KEPT: "selected",
    BALANCED: "excluded by balancing",
    NOT_SELECTED: "in a class left out on request",
    NO_SUCH_AVERAGE: "in a class without a class average",
    EMPTY_AVERAGE: "in a class with an empty average",
    NO_ORIENTATION: "without an orientation",
    JUNK_REASON: "in a class left out as junk",
}


def markdown(result: RunResult) -> str:
    """The report of a run.

    Parameters
    ----------
    result : RunResult
        Pictures are those among its ``files`` that end in ``.png``; links are relative to its
        folder. What is not in the dataclasses (factor, warnings of all steps) is taken from its
        ``summary``, where there is one.

    Returns
    -------
    str
        Markdown (GitHub's, for the tables). Names that come from files are escaped: nothing in
        them is HTML, a link or a picture.
    """
    pictures = _pictures(result)
    parts = [f"# {_title(result)}", _conclusion(result)]
    if "overview" in pictures:
        parts.append(_picture("overview", pictures.pop("overview"), result))
    parts += [*_warnings(result), *_superclasses(result), *_particles(result)]
    parts += _orientations(result)
    if pictures:
        parts.append("## Pictures")
        parts += [_picture(name, link, result) for name, link in pictures.items()]
    parts += [*_notes(result), *_parameters(result), *_methods(result), *_files(result)]
    return "\n\n".join(parts) + "\n"


def _title(result: RunResult) -> str:
    used = int(np.count_nonzero(result.superclasses.label >= 0))
    if result.superclasses.is_off:
        return f"{literal(result.dataset.job)}: {counted(used, '2D class', '2D classes')}"
    k = len(result.superclasses)
    return (
        f"{literal(result.dataset.job)}: {counted(used, 'class average')} in "
        f"{counted(k, 'superclass', 'superclasses')}"
    )


def _conclusion(result: RunResult) -> str:
    superclasses, selection = result.superclasses, result.selection
    total = len(superclasses.label)
    off = superclasses.is_off
    status = status_of_averages(result.dataset, superclasses)
    asides = [f"{status.count(word):,} {word}" for word in _NOT_USED if word in status]
    kind = counted(total, "2D class", "2D classes") if off else counted(total, "class average")
    sentences = [
        f"{kind} were read" + (f" ({', '.join(asides)})." if asides else ".")
        if total != 1
        else f"{kind} was read."
    ]
    sentences += map(literal, set_aside(result.summary) if result.summary else ())
    if selection is None:
        return " ".join([*sentences, "No particles were given."])
    kept, particles = selection.count(KEPT), len(selection)
    sentences.append(
        f"**{kept:,} of {counted(particles, 'particle')} ({percent(kept, particles)} %) are "
        "selected.**"
    )
    group = "class" if off else "superclass"
    decides = selection.decides
    before, after = evenness(selection.before[decides]), evenness(selection.after[decides])
    if selection.cap is None or np.array_equal(selection.before, selection.after):
        said = f"Smallest ÷ largest {group}: {before:.2g}."
        sentences.append(f"Not balanced. {said}" if selection.cap is None else said)
    else:
        sentences.append(
            f"Smallest ÷ largest {group}: {before:.2g} before balancing, {after:.2g} after."
        )
    return " ".join(sentences)


def _superclasses(result: RunResult) -> Iterator[str]:
    superclasses, selection = result.superclasses, result.selection
    off = superclasses.is_off
    header = ["class"] if off else ["superclass", "class averages"]
    header += ["particles"] if selection is not None else []
    header += ["kept", "kept, %"] if is_balanced(selection) else []
    header += [] if off else ["mean affinity", "central average", "class numbers"]
    rows = []
    for number, members in enumerate(superclasses):
        row = [str(members[0])] if off else [str(number), f"{len(members):,}"]
        if selection is not None:
            before, after = int(selection.before[number]), int(selection.after[number])
            row.append(f"{before:,}")
            if is_balanced(selection):
                row += [f"{after:,}", percent(after, before) if before else ""]
        if not off:
            mean = superclasses.mean_affinity[number]
            row.append("" if np.isnan(mean) or len(members) < 2 else f"{mean:.2f}")
            row += [str(superclasses.medoid[number]), ranges(members.tolist())]
        rows.append(row)
    yield "## Classes" if off else "## Superclasses"
    words = {"class numbers"}
    yield _table(header, rows[:MOST_ROWS], ["" if name in words else ":" for name in header])
    if len(rows) > MOST_ROWS:
        yield f"{len(rows) - MOST_ROWS:,} more are in `superclasses.csv`."
    status = np.array(status_of_averages(result.dataset, superclasses))
    for word in _NOT_USED:
        which = status == word
        if which.any():
            yield f"{word.capitalize()}: {ranges(superclasses.class_id[which].tolist())}."


def _particles(result: RunResult) -> Iterator[str]:
    selection = result.selection
    if selection is None:
        return
    counts = {reason: selection.count(reason) for reason in REASONS}
    rows = [
        [MEANINGS.get(reason, reason), f"{count:,}", percent(count, len(selection))]
        for reason, count in counts.items()
        if count or reason == KEPT
    ]
    rows.append(["all", f"{len(selection):,}", "100" if len(selection) else ""])
    yield "## Particles"
    yield _table(["", "particles", "%"], rows, ["", ":", ":"])


def _orientations(result: RunResult) -> Iterator[str]:
    found = result.orientations
    if found is None:
        return
    yield "## Viewing directions"
    yield " ".join(literal(line) for line in on_the_sphere(result.summary))
    rows = [
        [
            str(number),
            f"{found.particles[number]:,}",
            *(f"{part:.2f}" for part in found.direction[number].tolist()),
            f"{found.spread[number]:.0f}°",
        ]
        for number in np.flatnonzero(found.particles).tolist()
    ]
    header = [
        "superclass",
        "particles with a pose",
        "x",
        "y",
        "z",
        "median angle to this direction",
    ]
    yield _table(header, rows[:MOST_ROWS], [":"] * len(header))


def _warnings(result: RunResult) -> Iterator[str]:
    said = result.summary.get("warnings")
    if said is None:
        said = (*result.dataset.warnings, *(result.selection.warnings if result.selection else ()))
    if said:
        yield "## Warnings"
        yield _list(said)


def _notes(result: RunResult) -> Iterator[str]:
    said = result.summary.get("notes")
    if said is None:
        said = (
            *result.dataset.notes,
            *result.superclasses.notes,
            *(result.selection.notes if result.selection else ()),
        )
    if said:
        yield "## Notes"
        yield _list(said)


def _parameters(result: RunResult) -> Iterator[str]:
    dataset, superclasses, affinity = result.dataset, result.superclasses, result.affinity
    selection = result.selection
    rows = [["format", dataset.format], ["files read", ", ".join(map(_short, dataset.sources))]]
    if affinity is not None:
        rows += [["metric", affinity.metric], *_options("metric", affinity.options)]
        rows += _facts(affinity.facts, affinity.options)
    if superclasses.clustering:
        rows.append(["clustering", superclasses.clustering])
    rows += _options("clustering", superclasses.options)
    if selection is not None:
        balance = result.summary.get("balance") or {}
        rows += [["strategy", selection.strategy], *_options("strategy", selection.options)]
        rows += [
            [words, _value(balance[name])]
            for name, words in (("factor", "rebalance factor"), ("max_size", "maximum size"))
            if balance.get(name) is not None
        ]
        cap = "none" if selection.cap is None else f"{selection.cap:,}"
        rows += [["most particles kept per group", cap], ["seed", str(selection.seed)]]
    rows.append(["rebalance", rebalance.__version__])
    yield "## Parameters"
    yield _table(
        ["parameter", "value"],
        [[literal(name), literal(value)] for name, value in rows if value],
        ["", ""],
    )


def _facts(facts: Mapping[str, Any], options: Mapping[str, Any]) -> list[list[str]]:
    """What the metric decided; a length is given in pixels only where it isn't known in Å."""
    rows = []
    for name, value in facts.items():
        known = f"{name.removesuffix('_px')}_A" in facts and name.endswith("_px")
        if value is None or known or name in options:
            continue
        for ending, unit in (("_A", " (Å)"), ("_px", " (pixels)")):
            if name.endswith(ending):
                name = name.removesuffix(ending) + unit
        rows.append([name.replace("_", " "), _value(value)])
    return rows


def _options(kind: str, options: Mapping[str, Any]) -> list[list[str]]:
    return [[f"{kind}.{name}", _value(value)] for name, value in options.items()]


def _value(value: Any) -> str:
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _methods(result: RunResult) -> Iterator[str]:
    paragraph, references = methods(result)
    yield "## Methods, to paste into a paper"
    yield paragraph
    yield "\n".join(f"{at}. {literal(paper)}" for at, paper in enumerate(references, 1))


def _files(result: RunResult) -> Iterator[str]:
    if result.folder is None or not result.files:
        return
    names = [path.relative_to(result.folder).as_posix() for path in result.files]
    yield "## Files"
    yield _list([name for name in names if not name.startswith("figures/")])


def _pictures(result: RunResult) -> dict[str, str]:
    folder = result.folder
    if folder is None:
        return {}
    return {
        path.stem: path.relative_to(folder).as_posix()
        for path in result.files
        if path.suffix == ".png"
    }


def _picture(name: str, link: str, result: RunResult) -> str:
    stem, _, page = name.rpartition("_")
    is_page = name not in CAPTIONS and page.isdigit() and stem in CAPTIONS
    kind = stem if is_page else name
    caption = CAPTIONS.get(kind, kind)
    if kind == "class_averages" and result.affinity is not None and result.affinity.alignment:
        caption += ALIGNED
    if is_page:
        caption += f" (page {page})"
    return f"![{literal(caption)}]({link})"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[str]) -> str:
    rule = ["---" + colon for colon in align]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {literal(sentence)}" for sentence in sentences)


def _short(path: Path) -> str:
    """The end of a path: enough to identify the file, and the same on every machine."""
    return "/".join(path.parts[-2:])
