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
