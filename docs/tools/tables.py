"""The generated parts of the pages by name, each a function that returns Markdown."""

from __future__ import annotations

import ast
from collections.abc import Callable

from docs.tools.checks import check_tables, tolerance_table
from docs.tools.commands import command_tables, exit_codes
from docs.tools.contracts import contract_page
from docs.tools.markdown import cell, table
from docs.tools.numbers_of_initial_maps import initial_map_table
from docs.tools.numbers_of_junk import junk_table
from docs.tools.numbers_of_poses import pose_table
from docs.tools.numbers_of_superclasses import criteria_table, structure_table
from docs.tools.numbers_of_uncurated import uncurated_table
from docs.tools.numbers_of_views import speed_table, view_table
from docs.tools.option_tables import plugin_tables, score_table, simulate_table
from docs.tools.pages import ROOT


def parts() -> dict[str, Callable[[], str]]:
    """Every generated part by its name in the pages."""
    return {
        "commands": command_tables,
        "plugins": plugin_tables,
        "checks": check_tables,
        "contracts": contract_page,
        "tolerances": tolerance_table,
        "simulate-options": simulate_table,
        "exit-codes": exit_codes,
        "scores": score_table,
        "rooms": room_table,
        "numbers": number_table,
        "number-of-superclasses": criteria_table,
        "structure-told": structure_table,
        "initial-maps": initial_map_table,
        "junk": junk_table,
        "uncurated": uncurated_table,
        "poses": pose_table,
        "views": view_table,
        "views-speed": speed_table,
    }


def room_table() -> str:
    """Every package of `rebalance`, in the words of its own first line."""
    rows = []
    for source in sorted((ROOT / "rebalance").glob("*/__init__.py")):
        doc = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
        rows.append([f"`{source.parent.name}/`", cell(" ".join(doc.partition("\n\n")[0].split()))])
    return table(["", "what it is for"], rows)


def number_table() -> str:
    """The numbers of the rotational search."""
    from rebalance.imaging import small_shifts
    from rebalance.kernels import (
        coarse_cpu,
        correlation_cpu,
        gridding_cpu,
        lane_fft_cpu,
        refine_cpu,
        tops_cpu,
    )
    from rebalance.metrics import disc_features, search_features

    rows: list[tuple[str, float]] = [
        ("gridding window: points along each axis", gridding_cpu.WINDOW),
        *(
            (
                f"small shifts: number tried, for phases up to {phase:g}",
                sum(n for n, _ in circles),
            )
            for phase, circles in small_shifts.CIRCLES
        ),
        (
            "small shifts: angles ÷ those that the band needs, at least",
            disc_features.OVERSAMPLING,
        ),
        ("small shifts: angles from which values in between are interpolated", tops_cpu.NEAR),
        (
            "small shifts: most that an examined peak may be below the best, as a fraction of it",
            tops_cpu.CLOSE,
        ),
        ("small shifts: peaks examined, at most", tops_cpu.MOST),
        ("larger shifts: lowest rings, searched exhaustively", coarse_cpu.RINGS),
        ("larger shifts: angles of the exhaustive search", lane_fft_cpu.POINTS),
        (
            "larger shifts: grid step, in periods of the highest frequency of these rings",
            search_features.COARSE_STEP,
        ),
        ("peaks climbed, both hands together", correlation_cpu.FEW_PEAKS),
        (
            "possible gain from finer rings above which other angles are climbed too",
            correlation_cpu.MUCH,
        ),
        ("angles climbed in that case", correlation_cpu.PEAKS),
        (
            "correlation that a peak may gain between grid points",
            correlation_cpu.SLACK,
        ),
        ("steps on the lowest rings", correlation_cpu.LOW_STEPS),
        ("steps at full band, at most", correlation_cpu.FULL_STEPS),
        (
            "length of the last step, at most, in periods of the highest frequency",
            refine_cpu.CLOSE,
        ),
        (
            "expected distance below the best so far at which a climb is given up",
            refine_cpu.HOPELESS,
        ),
        (
            "fraction of the most that finer rings can add, credited to a peak",
            search_features.DETAIL_TOLERANCE,
        ),
    ]
    return table(["number", "value"], [[words, f"{value:g}"] for words, value in rows])
