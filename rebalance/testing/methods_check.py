"""Check of what a plugin says of itself for the methods paragraph of a report."""

from __future__ import annotations

from typing import Any

from rebalance.contracts import Methods
from rebalance.testing.outcome import NotApplicable, require


def methods_paragraph(subject: Any) -> None:
    """What methods() says, where there is one, has a place {} in its words for each reference."""
    methods = getattr(subject.plugin, "methods", None)
    if methods is None:
        raise NotApplicable("It has no methods().")
    said = methods(subject.options)
    require(isinstance(said, Methods), f"methods() gave {said!r}, expected Methods.")
    require(
        isinstance(said.words, str) and said.words.strip(),
        f"methods() has the words {said.words!r}, expected text.",
    )
    places = said.words.count("{}")
    require(
        places == len(said.references) and all(isinstance(one, str) for one in said.references),
        f"methods() has {len(said.references)} references and {places} places {{}} for them in "
        f"{said.words!r}.",
    )
