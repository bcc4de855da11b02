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
"""The names to show of each module, in order."""

_SECTION = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)


def contract_page() -> str:
    """A chapter for each kind: classes, their attributes and methods, and their arguments."""
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
    """A numpydoc docstring: the text before its sections, and the entries of each section."""

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
        yield "\n".join(_attributes(shown, stated))
    yield from _raises(doc)
    for name, member in vars(shown).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        is_shown = name in _CALLED if is_dataclass(shown) else not name.startswith("_")
        is_shown &= (shown.__name__, name) not in _DEFINED_ABOVE
        if is_shown and inspect.isfunction(function):
            yield from _function(function, f"#### `{name}", must=_is_abstract(function))


_CALLED = {"column", "pixels", "subset"}
"""Methods of dataclasses that a plugin calls."""

_DEFINED_ABOVE = {("PairMetric", name) for name in ("prepare", "tile", "facts")}
"""What a class does for its subclasses, as its base class says."""


def _is_abstract(member: Any) -> bool:
    return bool(getattr(member, "__isabstractmethod__", False))


def _attributes(shown: type, stated: list[tuple[str, str]]) -> Iterator[str]:
    defaults = _defaults(shown)
    for named, meaning in stated:
        names, _, kind = named.partition(" : ")
        default = ", ".join(defaults[name] for name in names.split(", ") if name in defaults)
        if default == "`None`" and kind.endswith(", optional"):
            default = ""
        yield _item(names, [kind, f"default {default}" if default else ""], meaning)


def _item(names: str, brackets: list[str], meaning: str) -> str:
    """A point of a list: names, what stands in brackets behind them, and the meaning."""
    inside = "; ".join(_prose(word) for word in brackets if word)
    said = _line(meaning)
    return f"- {_code(names)}" + (f" ({inside})" if inside else "") + (f": {said}" if said else "")


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
        yield "\n".join(_item(names, [kind], said) for names, kind, said in _typed(given))
    for section in ("Returns", "Yields"):
        yield from _given_back(section, doc.sections.get(section, []))
    yield from _raises(doc)


def _typed(entries: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for named, meaning in entries:
        names, _, kind = named.partition(" : ")
        yield names, kind, meaning


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _given_back(section: str, entries: list[tuple[str, str]]) -> Iterator[str]:
    """What a function returns or yields: one sentence, or a list where its parts have names."""
    if len(entries) == 1 and " : " not in entries[0][0]:
        kind, meaning = entries[0]
        said = f": {_line(meaning)}" if meaning else "."
        yield f"{section} {_prose(kind)}{said}"
    elif entries:
        items = (_item(names, [kind], said) for names, kind, said in _typed(entries))
        yield f"{section}\n\n" + "\n".join(items)


def _raises(doc: _Doc) -> Iterator[str]:
    for named, meaning in doc.sections.get("Raises", []):
        said = _line(meaning)
        when = f" i{said[1:]}" if said.startswith("If ") else f": {said}" if said else "."
        yield f"Raises `{named}`{when}"


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


def _line(text: str) -> str:
    return " ".join(_prose(text).split())
