"""The options of plugins and of the simulator, from their pydantic models."""

from __future__ import annotations

from typing import Any

from docs.tools.markdown import SaidOnce, cell, table, without_empty_columns

HEADER = ["option", "default", "values", "meaning"]


def plugin_tables() -> str:
    """A section for each kind, and the options of each plugin of this package."""
    from rebalance.registry import registry

    said = SaidOnce()
    sections, kind = [], ""
    for plugin in registry():
        if plugin.package != "rebalance-em":
            continue
        if plugin.kind != kind:
            kind = plugin.kind
            sections.append(f"## Kind `{kind}`")
        sections.append(f"### `{plugin.name}`\n\n{cell(plugin.spec.summary)}")
        rows = _rows(getattr(plugin.load(), "options_model", None), f"{kind}.")
        own, links = said.split(plugin.name, [(row[0].strip("`"), row) for row in rows])
        if own:
            sections.append(table(*without_empty_columns(HEADER, own)))
        sections += links if rows else ["No options."]
    return "\n\n".join(sections)


_BY_FLAG = {
    "realistic",
    "source",
    "symmetry",
    "n_averages",
    "n_particles",
    "n_views",
    "continuous",
    "preferred_share",
    "snr",
    "box",
    "pixel_size",
    "seed",
    "particle_images",
    "refined",
}
"""Options of the simulator with a flag; the page names them above its table."""


def simulate_table() -> str:
    """The options of ``rebalance simulate --set`` that have no flag."""
    from rebalance.simulate import SimulationOptions

    rows = _rows(SimulationOptions)
    return table(HEADER, [row for row in rows if row[0].strip("`") not in _BY_FLAG])


def score_table() -> str:
    """The columns whose good end the strategy ``best`` knows."""
    from rebalance.strategies.best import DEFAULT_SCORES, SCORES

    return table(
        ["column", "good end", ""],
        [
            [f"`{column}`", end, "default" if column in DEFAULT_SCORES else ""]
            for column, end in SCORES.items()
        ],
    )


def _rows(model: Any, prefix: str = "") -> list[list[str]]:
    from rebalance.options import describe_options

    return [
        [
            f"`{prefix}{row.name}`",
            *map(cell, (row.default, _values(row.range, row.unit), row.help)),
        ]
        for row in (describe_options(model) if model is not None else [])
    ]


def _values(limits: str, unit: str) -> str:
    """Limits and unit in one cell; that a default of True or False is a switch is plain."""
    if limits == "true | false":
        return unit
    if limits.endswith(", inf)"):
        sign = "≥" if limits[0] == "[" else ">"
        limits = f"{sign} {limits[1:].removesuffix(', inf)')}"
    return f"{limits} {unit}".strip()
