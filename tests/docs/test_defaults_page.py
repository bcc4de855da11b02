"""The page on defaults names the defaults that there are, and rows that were measured."""

from __future__ import annotations

import re

import pytest

from benchmarks.quality import summary
from benchmarks.quality.ablation import tables
from docs.tools.pages import ROOT
from rebalance import defaults
from rebalance.registry import registry

PAGE = (ROOT / "docs" / "defaults.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| default |", "| --- |"))
]


def test_the_table_has_rows() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize(("kind", "name"), [
    ("clustering", defaults.CLUSTERING),
    ("metric", defaults.METRIC),
    ("strategy", defaults.STRATEGY),
])  # fmt: skip
def test_plugins_are_the_default_ones(kind: str, name: str) -> None:
    assert [value for what, value, _ in ROWS if what == kind] == [f"`{name}`"]


def test_options_have_the_values_that_the_table_gives() -> None:
    checked = 0
    for what, value, _ in ROWS:
        option = re.fullmatch(r"`(\w+)\.(\w+)`(?: of `([\w-]+)`)?", what)
        if option is None:
            continue
        kind, name, plugin = option.groups()
        model = registry().load(kind, plugin or getattr(defaults, kind.upper())).options_model
        default = model.model_fields[name].default
        if re.fullmatch(r"`\w+`|[\d.]+", value):
            assert (
                value.strip("`") == f"{default:g}" if isinstance(default, float | int) else default
            )
            checked += 1
    assert checked >= 6


def test_the_rows_that_the_table_names_were_measured() -> None:
    measured = [*map(tables.title_of, tables.read()["variants"]), *summary.read().methods]
    for *_, where in ROWS:
        for row in re.findall(r"\*([^*]+)\*", where):
            pattern = re.escape(row).replace("…", ".+")
            assert any(re.search(pattern, one) for one in measured), row
