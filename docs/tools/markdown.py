"""Tables of Markdown, and what is said once for several commands or plugins."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def without_empty_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """A header and rows without the columns in which no row has anything; the first stays."""
    kept = [place for place in range(len(header)) if not place or any(row[place] for row in rows)]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


def cell(text: str) -> str:
    """Plain text as a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


class SaidOnce:
    """Rows of tables that are shown where they come first; later sections link there.

    Two rows are the same if all of their cells are. A link for one or two rows would be longer
    than the rows, so these are shown again.
    """

    LEAST = 3

    def __init__(self) -> None:
        self._home: dict[tuple[str, ...], str] = {}
        self._of: dict[str, list[str]] = {}

    def split(
        self, title: str, rows: Sequence[tuple[str, Sequence[str]]]
    ) -> tuple[list[Sequence[str]], list[str]]:
        """The rows that a section shows itself, and sentences that link to the others.

        Parameters
        ----------
        title : str
            Heading of the section, which becomes the anchor of its rows.
        rows : sequence of (str, cells)
            Each with its short name for a link.
        """
        homes = [self._home.setdefault(tuple(cells), title) for _, cells in rows]
        names: dict[str, list[str]] = {}
        for home, (name, _) in zip(homes, rows, strict=True):
            names.setdefault(home, []).append(name)
        far = {home for home in names if home != title and len(names[home]) >= self.LEAST}
        own = [cells for home, (_, cells) in zip(homes, rows, strict=True) if home not in far]
        self._of[title] = [name for name, _ in rows]
        return own, [self._link(home, names[home], set(self._of[title])) for home in sorted(far)]

    def _link(self, home: str, names: list[str], named: set[str]) -> str:
        place = f"[`{home}`](#{home.replace(' ', '-')})"
        differ = [name for name in self._of[home] if name not in names]
        if not differ:
            return f"And the options of {place}."
        if len(differ) < len(names):
            lacking = [name for name in differ if name not in named]
            but = f" except {_listed(lacking)}" if lacking else ""
            return f"The other options are those of {place}{but}."
        return f"As in {place}: {_listed(names)}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
