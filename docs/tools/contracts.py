"""The contracts of plugins as a page, made from docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any

from rebalance import contracts, model, options, pairwise, toolkit

CHAPTERS: dict[str, dict[ModuleType, tuple[str, ...]]] = {
    "Every plugin": {contracts: ("Plugin", "Methods")},
    "Metric": {contracts: ("Metric", "Block", "Advice"), model: ("ClassAverages",)},
    "Metric of a pair": {pairwise: ("PairMetric", "PairFeatures", "MaskOptions")},
    "Clustering": {contracts: ("Clustering", "ClusteringInput"), model: ("ClusteringResult",)},
    "Strategy": {contracts: ("Strategy", "Column"), model: ("ParticleTable",)},
    "Format": {
        contracts: ("Format", "ReadRequest"),
        model: ("Dataset", "TableHandle", "InPlaneAlignment", "ParticlePoses"),
    },
    "Options": {options: ("Options", "option", "Length")},
    "Toolkit": {toolkit: tuple(toolkit.__all__)},
}
"""What is shown of which module, in order."""

_SECTION = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)


def contract_page() -> str:
    """A chapter for each kind: classes, their attributes and methods, and what they are given."""
    parts = []
    for title, modules in CHAPTERS.items():
        parts.append(f"## {title}")
        for module, names in modules.items():
            for name in names:
                shown, heading = getattr(module, name), f"### `{module.__name__}.{name}"
                parts += (_class if inspect.isclass(shown) else _function)(shown, heading)
    return "\n\n".join(parts)


@dataclass(frozen=True)
class _Doc:
    """A numpydoc docstring: what stands before its sections, and the entries of each."""

    text: str
    sections: dict[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, thing: Any) -> _Doc:
        whole = inspect.cleandoc(thing.__doc__ or "")
        text, *rest = _SECTION.split(whole)
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return cls(_prose(text), {name: list(_entries(body)) for name, body in pairs})


def _class(shown: type, heading: str) -> Iterator[str]:
    doc = _Doc.of(shown)
    yield f"{heading}`"
    yield doc.text
    stated = doc.sections.get("Attributes") or doc.sections.get("Parameters")
    if stated:
        yield _table(["name", "type", "default", "meaning"], list(_rows(shown, stated)))
    yield from _raises(doc)
    for name, member in vars(shown).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        is_shown = name in _CALLED if is_dataclass(shown) else not name.startswith("_")
        if is_shown and inspect.isfunction(function):
            yield from _function(function, f"#### `{name}", must=_is_abstract(function))


_CALLED = {"column", "parse", "pixels", "subset"}
"""Methods of dataclasses that a plugin calls."""


def _is_abstract(member: Any) -> bool:
    return bool(getattr(member, "__isabstractmethod__", False))


def _rows(shown: type, stated: list[tuple[str, str]]) -> Iterator[list[str]]:
    defaults = _defaults(shown)
    for named, meaning in stated:
        names, _, kind = named.partition(" : ")
        default = ", ".join(defaults[name] for name in names.split(", ") if name in defaults)
        yield [_code(names), _cell(kind), default, _cell(meaning)]


def _defaults(shown: type) -> dict[str, str]:
    if is_dataclass(shown):
        return {
            field.name: f"`{field.default!r}`"
            for field in fields(shown)
            if isinstance(field.default, str | int | float | bool | tuple | None)
        }
    found = {}
    for base in reversed(shown.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, str | int | float | bool | tuple | dict) and name[0] != "_":
                found[name] = f"`{value!r}`"
            elif inspect.isclass(value):
                found[name] = f"`{value.__name__}`"
    return found


def _function(shown: Any, heading: str, *, must: bool = False) -> Iterator[str]:
    doc = _Doc.of(shown)
    yield f"{heading}{_signature(shown)}`"
    yield ("**Required.** " if must else "") + doc.text
    if given := doc.sections.get("Parameters"):
        yield "\n".join(_argument(*one) for one in _typed(given))
    for section in ("Returns", "Yields"):
        for named, meaning in doc.sections.get(section, []):
            yield f"{section} {_prose(named)}" + (f": {_cell(meaning)}" if meaning else "")
    yield from _raises(doc)


def _typed(entries: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for named, meaning in entries:
        names, _, kind = named.partition(" : ")
        yield names, kind, meaning


def _argument(names: str, kind: str, said: str) -> str:
    """A line of a list: ``- `rows`: int64 (n,). In order of preference.``"""
    return f"- {_code(names)}: {'. '.join(filter(None, (_cell(kind), _cell(said))))}"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _raises(doc: _Doc) -> Iterator[str]:
    for named, meaning in doc.sections.get("Raises", []):
        yield f"Raises `{named}`. {_cell(meaning)}".rstrip()


def _signature(shown: Any) -> str:
    words = []
    for parameter in inspect.signature(shown).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        bare = parameter.replace(annotation=inspect.Parameter.empty)
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        words.append(str(bare))
    return f"({', '.join(words)})"


def _entries(body: str) -> Iterator[tuple[str, str]]:
    """Each unindented line of a section, and what is indented below it."""
    for match in re.finditer(r"^(\S.*)\n?((?:(?:[ ]+.*)?(?:\n|$))*)", body.strip("\n"), re.M):
        yield match[1].strip(), inspect.cleandoc(match[2])


def _prose(text: str) -> str:
    return text.strip().replace("``", "`").replace("<", "&lt;")


def _cell(text: str) -> str:
    return " ".join(_prose(text).split()).replace("|", "\\|")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
