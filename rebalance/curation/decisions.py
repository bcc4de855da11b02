"""What a person decided on the report page, as a file: superclasses, what is aside, junk, balance.

The page writes it, ``decisions=FILE`` of a run reads it, and a run with it makes the
superclasses and counts that the page showed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from rebalance.errors import InputError, OptionError
from rebalance.model import SET_ASIDE, UNASSIGNED, Classes
from rebalance.model.class_numbers import name_classes
from rebalance.model.counting import counted
from rebalance.settings import RunSettings
from rebalance.strategies.caps import parse_factor
from rebalance.text_files import read_json

VERSION = 1
_HINT = "Save it again from the report page (report.html) of a run."


_LARGEST = 2**62
ClassNumber = Annotated[StrictInt, Field(ge=-_LARGEST, le=_LARGEST)]
"""The largest that fits into arrays of class numbers."""


class GroupedBy(BaseModel):
    """Where the superclasses came from before a person changed them.

    Parameters
    ----------
    by : ``"clustering"``, ``"labels"``, ``"decisions"`` or ``"off"``
    clustering : str
        Its name.
    clustering_options : mapping, optional
        What it ran with; None where it is not known.
    n_superclasses : int, optional
        K of the clustering.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["clustering", "labels", "decisions", "off"] = "clustering"
    clustering: str = ""
    clustering_options: dict[str, Any] | None = None
    n_superclasses: StrictInt | None = None


class Decisions(BaseModel):
    """The content of a decisions file.

    Parameters
    ----------
    decisions_version : int
        Of this layout.
    rebalance : str
        Version of the program that wrote the page.
    job : str
    class_numbers : tuple of int
        Every class number that the page knew.
    averages_sha256 : str, optional
        Of the images of the class averages; None where none were read.
    affinity_key : str
        Of the affinity that the page showed; empty without one.
    superclasses : tuple of tuple of int
        The class numbers of each, largest superclass first.
    set_aside : tuple of int
        Class numbers in none of them whose particles stay.
    junk : tuple of int
        Class numbers left out as junk.
    factor : str, optional
        Rebalance factor, decimal text.
    max_size : int, optional
    seed : int ≥ 0
    moved : tuple of int
        Class numbers that were put into another superclass by hand.
    grouped_by : GroupedBy
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decisions_version: Literal[1]
    rebalance: str = ""
    job: str = ""
    class_numbers: tuple[ClassNumber, ...] = Field(min_length=1)
    averages_sha256: str | None = None
    affinity_key: str = ""
    superclasses: tuple[tuple[ClassNumber, ...], ...] = Field(min_length=1)
    set_aside: tuple[ClassNumber, ...] = ()
    junk: tuple[ClassNumber, ...] = ()
    factor: str | None = None
    max_size: StrictInt | None = Field(default=None, ge=1, le=_LARGEST)
    seed: StrictInt = Field(default=0, ge=0)
    moved: tuple[ClassNumber, ...] = ()
    grouped_by: GroupedBy = GroupedBy()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Decisions:
        if not all(self.superclasses):
            raise ValueError("a superclass has no class numbers")
        lists = (*self.superclasses, self.set_aside, self.junk)
        times = Counter(number for members in lists for number in members)
        twice = sorted(number for number, count in times.items() if count > 1)
        if twice:
            are = "is" if len(twice) == 1 else "are"
            raise ValueError(
                f"{name_classes(twice)} {are} in more than one place among superclasses, "
                "set_aside and junk"
            )
        unknown = sorted(times.keys() - set(self.class_numbers))
        if unknown:
            are = "is" if len(unknown) == 1 else "are"
            raise ValueError(f"{name_classes(unknown)} {are} not among class_numbers")
        if self.factor is not None:
            try:
                parse_factor(self.factor)
            except OptionError as error:
                problem = error.problem.rstrip(".")
                raise ValueError(f"factor is {self.factor!r}: {problem}") from None
        return self

    @property
    def labels(self) -> dict[int, str]:
        """Superclass of every class number; −2 for those set aside, −1 for others in none."""
        of = dict.fromkeys(self.set_aside, str(SET_ASIDE))
        of |= {number: str(k) for k, members in enumerate(self.superclasses) for number in members}
        return {number: of.get(number, str(UNASSIGNED)) for number in self.class_numbers}


def read_decisions(path: Path) -> Decisions:
    """Read a decisions file.

    Raises
    ------
    InputError
        If it can't be read, is no decisions file, is of a newer version, or a field of it is not
        what it should be.
    """
    content = read_json(path, "decisions file", hint=_HINT)
    if "decisions_version" not in content:
        raise InputError(
            "It is not a decisions file: it has no decisions_version.", path=path, hint=_HINT
        )
    version = content["decisions_version"]
    if version != VERSION:
        raise InputError(
            f"It has version {version!r:.60} of the decisions file, written by rebalance "
            f"{content.get('rebalance')!s:.60}; this program reads version {VERSION}.",
            path=path,
            location="decisions_version",
            hint="Use the version of rebalance that wrote it, or save it again from a report page "
            "of this version.",
        )
    try:
        return Decisions.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors()[0]
    raise InputError(
        f"{first['msg'].removeprefix('Value error, ')}{_found(first)}.",
        path=path,
        location=".".join(map(str, first["loc"])) or None,
        hint=_HINT,
    )


def _found(error: Mapping[str, Any]) -> str:
    if not error["loc"] or error["type"] == "missing":
        return ""
    return f", not {error['input']!r:.60}"


def with_decisions(settings: RunSettings, decided: Decisions) -> RunSettings:
    """The settings with what a decisions file decides beside the superclasses.

    What the request says itself of balance (``factor`` or ``max_size``) and seed (unless 0) goes
    before the file.
    """
    changed: dict[str, Any] = {
        "junk_classes": tuple(sorted({*settings.junk_classes, *decided.junk})),
        "seed": settings.seed or decided.seed,
    }
    if settings.factor is None and settings.max_size is None:
        changed |= {"factor": decided.factor, "max_size": decided.max_size}
    return replace(settings, **changed)


def check_decisions(
    decided: Decisions, path: Path, classes: Classes, averages_sha256: str | None
) -> None:
    """Hold decisions against the classes that there are.

    Parameters
    ----------
    decided : Decisions
    path : Path
        Of their file.
    classes : Classes
    averages_sha256 : str or None
        Digest of the images, where there are any.

    Raises
    ------
    InputError
        If they are of other class numbers or other images, or say nothing of a class that takes
        part.
    """
    there = set(classes.class_id.tolist())
    lists = (*decided.superclasses, decided.set_aside, decided.junk)
    named = {number for members in lists for number in members}
    unknown = sorted(named - there)
    if unknown:
        raise InputError(
            f"It names {name_classes(unknown)}, which {'does' if len(unknown) == 1 else 'do'} "
            f"not exist here. Existing: {name_classes(sorted(there))}.",
            path=path,
            hint=_of_other_data(decided),
        )
    both_known = decided.averages_sha256 is not None and averages_sha256 is not None
    if both_known and decided.averages_sha256 != averages_sha256:
        raise InputError(
            "Its class averages have the same numbers, but their images differ.",
            path=path,
            location="averages_sha256",
            hint=_of_other_data(decided),
        )
    taking_part = set(classes.class_id[classes.takes_part].tolist())
    unmentioned = sorted(taking_part - set(decided.class_numbers))
    if unmentioned:
        raise InputError(
            f"It does not mention {name_classes(unmentioned)}.",
            path=path,
            location="class_numbers",
            hint=_of_other_data(decided),
        )


def _of_other_data(decided: Decisions) -> str:
    return (
        f"It was saved for {decided.job or 'another job'}. Use it there, or save a new one from a "
        "report page of this job."
    )


def about_decisions(settings: RunSettings, decided: Decisions, name: str) -> list[str]:
    """Sentences on what a run took from its decisions file, called ``name``, and what not."""
    by_hand = f"{name_classes(sorted(decided.moved))} moved by hand" if decided.moved else ""
    aside = f"{name_classes(sorted(decided.set_aside))} set aside" if decided.set_aside else ""
    junk = f"{name_classes(sorted(decided.junk))} junk" if decided.junk else ""
    parts = ", ".join(part for part in (by_hand, aside, junk) if part) or "nothing changed by hand"
    origin = "; ".join(part for part in (_origin(decided.grouped_by), parts) if part)
    said = [f"Superclasses are from {name} ({origin})."]
    given = (settings.factor, settings.max_size)
    if given != (decided.factor, decided.max_size):
        said.append(
            f"The balance saved in {name} ({_balance(decided)}) is not used, because another was "
            "given."
        )
    if settings.seed != decided.seed:
        said.append(
            f"The seed {decided.seed} saved in {name} is not used, because {settings.seed} was "
            "given."
        )
    return said


def _origin(how: GroupedBy) -> str:
    if how.by == "clustering":
        number = how.n_superclasses
        many = "" if number is None else counted(number, "superclass", "superclasses")
        return ", ".join(part for part in (how.clustering, many) if part)
    return {
        "labels": "labels from a person",
        "decisions": "earlier decisions",
        "off": "each class its own superclass",
    }[how.by]


def about_decided(decided: Decisions) -> dict[str, Any]:
    """What a person changed, and what there was before: for `summary.json`."""
    return {
        "grouped_by": decided.grouped_by.model_dump(),
        "moved": sorted(decided.moved),
        "set_aside": sorted(decided.set_aside),
        "junk": sorted(decided.junk),
    }


def _balance(decided: Decisions) -> str:
    if decided.max_size is not None:
        return f"at most {decided.max_size:,}"
    return f"f = {decided.factor or 0}"
