"""The study file: which data, methods, numbers of superclasses and seeds are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from rebalance import defaults
from rebalance.errors import InputError
from rebalance.evaluation.scores import SCORES
from rebalance.text_files import read_toml

DEFAULT_SCORES = ("share_of_oracle_gain", "ari", "affinity_vs_angle")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _named(value: Any) -> Any:
    """``"average"`` for ``{name = "average"}``."""
    return [{"name": one} if isinstance(one, str) else one for one in _listed(value)]


Listed = BeforeValidator(_listed)
Named = BeforeValidator(_named)
Number = Annotated[int, Field(ge=1, strict=True)] | Literal["truth"]
Numbers = Annotated[tuple[Number, ...], Listed]
Seed = Annotated[int, Field(ge=0, strict=True)]
Seeds = Annotated[int, Field(ge=1, le=10_000, strict=True)] | tuple[Seed, ...]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Method(_Part):
    """A plugin with its options."""

    name: str = Field(description="Name of an installed plugin.")
    label: str = Field(default="", description="Name in tables and figures.")
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of the plugin; a list makes one method per value.",
    )


class Metric(Method):
    """A metric, and what clusters its affinity."""

    clustering: Annotated[tuple[str, ...], Listed] | None = Field(
        None, min_length=1, description="Only these, by name or label; by default all."
    )


class Data(_Part):
    """A classification of known views or groups: files, or a simulation."""

    name: str = Field(default="", description="Name in tables and figures.")
    path: Path | None = Field(None, description="Job folder, table or stack, as for run.")
    class_averages: Path | None = Field(None, description="Class averages, if they are elsewhere.")
    truth: Path | None = Field(
        None, description="Ground truth, as for evaluate; by default searched for near the path."
    )
    symmetry: str | None = Field(None, description="Point group, instead of the one in the truth.")
    simulate: dict[str, Any] | None = Field(
        None, description="Options of simulate; a list makes one data set per value."
    )
    n_superclasses: Numbers | None = Field(
        None, min_length=1, description="Instead of those of the study."
    )
    seeds: Seeds | None = Field(None, description="Instead of those of the study.")

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        if (self.path is None) == (self.simulate is None):
            raise ValueError("give either path or simulate, not both")
        if self.simulate is not None:
            given = [
                name
                for name in ("class_averages", "truth", "symmetry")
                if getattr(self, name) is not None
            ]
            if given:
                raise ValueError(
                    f"{', '.join(given)} can't be combined with simulate, only with a path"
                )
            _check_no_seed(self.simulate)
        _check_seeds_and_numbers(self)
        return self


class Study(_Part):
    """What a study file says."""

    data: Annotated[tuple[Data, ...], Field(min_length=1, description="Data sets.")]
    n_superclasses: Numbers = Field(
        ("truth",),
        min_length=1,
        description='Number of superclasses, K; "truth" for the number of true groups.',
    )
    metric: Annotated[tuple[Metric, ...], Named] = Field(
        (Metric(name=defaults.IMAGES, clustering=None),), min_length=1, description="Metrics."
    )
    clustering: Annotated[tuple[Method, ...], Named] = Field(
        (Method(name=defaults.CLUSTERING),), min_length=1, description="Clusterings."
    )
    strategy: Annotated[tuple[Method, ...], Named] = Field(
        (Method(name=defaults.STRATEGY),), min_length=1, description="Strategies."
    )
    seeds: Seeds = Field(
        1, description="Number of seeds, or a list of them, for simulations and clusterings."
    )
    simulate: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of every simulation that does not set them itself.",
    )
    particles_per_average: int | None = Field(
        None, ge=1, description="n_particles of simulations, for each of n_averages."
    )
    selections: int = Field(
        20, ge=1, description="Random selections averaged for each balance score."
    )
    factor: float | None = Field(
        None, ge=0, le=1, description="Rebalance factor for uniformity and entropy."
    )
    scores: Annotated[tuple[str, ...], Listed] = Field(
        DEFAULT_SCORES, min_length=1, description="Scores by which methods are ranked."
    )

    @model_validator(mode="after")
    def _known(self) -> Study:
        unknown = [key for key in self.scores if key not in SCORES]
        if unknown:
            raise ValueError(f"there is no score {unknown[0]!r}; there are {', '.join(SCORES)}")
        _check_seeds_and_numbers(self)
        _check_no_seed(self.simulate)
        if len(set(self.scores)) < len(self.scores):
            raise ValueError("scores: one occurs twice")
        return self

    def simulation_of(self, data: Data) -> dict[str, Any]:
        """Options of a simulation, lists and all: its own, and else those of the study."""
        own = data.simulate or {}
        return {**{k: v for k, v in self.simulate.items() if k not in own}, **own}

    def seeds_of(self, data: Data) -> tuple[int, ...]:
        """Its own or those of the study; 0 … n − 1 for a number n of seeds."""
        seeds = self.seeds if data.seeds is None else data.seeds
        return tuple(range(seeds)) if isinstance(seeds, int) else seeds

    def numbers_of(self, data: Data) -> tuple[int | Literal["truth"], ...]:
        """Numbers of superclasses: its own or those of the study."""
        return self.n_superclasses if data.n_superclasses is None else data.n_superclasses


def _check_no_seed(simulate: dict[str, Any]) -> None:
    if "seed" in simulate:
        raise ValueError("give seeds next to simulate or in the study, not inside simulate")


def _check_seeds_and_numbers(part: Data | Study) -> None:
    if part.seeds == ():
        raise ValueError("seeds: at least one is needed")
    for key in ("seeds", "n_superclasses"):
        listed = getattr(part, key)
        if isinstance(listed, tuple) and len(set(listed)) < len(listed):
            raise ValueError(f"{key}: one occurs twice")


def read_study(path: Path | str) -> Study:
    """Read a study file.

    Parameters
    ----------
    path : Path or str
        TOML.

    Raises
    ------
    InputError
        Names the key, what was found and what was expected.
    """
    path = Path(path)
    return parse_study(read_toml(path, hint="See docs/compare.md for a study file."), path)


def parse_study(content: dict[str, Any], path: Path | None = None) -> Study:
    """A study from the content of its file; InputError naming the key."""
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
    # Members of unions are named too; they mean nothing to a person.
    keys = [part for part in first["loc"] if isinstance(part, int) or part in _KEYS]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in keys)
    if first["type"] == "extra_forbidden":
        place += f".{first['loc'][-1]}"
        problem = "This key does not exist."
    elif first["type"] == "missing":
        place += "" if keys and keys[-1] == first["loc"][-1] else f".{first['loc'][-1]}"
        problem = "It is missing."
    else:
        problem = _PROBLEMS.get(first["type"], first["msg"].removeprefix("Value error, "))
        if not isinstance(first["input"], dict):
            problem += f", not {first['input']!r:.60}"
        problem += "."
    raise InputError(
        problem[0].upper() + problem[1:],
        path=path,
        location=f"key {place.removeprefix('.')}" if place else None,
        hint=f"Keys of a study: {', '.join(Study.model_fields)}; of data: "
        f"{', '.join(Data.model_fields)}; of methods: {', '.join(Method.model_fields)}; "
        "metrics also have clustering.",
    )


_PROBLEMS = {
    "tuple_type": "A list was expected",
    "too_short": "At least one was expected",
    "model_type": "A table of keys was expected",
}
"""Python's words for those in pydantic's messages."""
_KEYS = {*Study.model_fields, *Data.model_fields, *Metric.model_fields}
