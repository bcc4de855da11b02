"""Options that are wrong in one way each, and words for a report that are."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from rebalance.contracts import Methods
from rebalance.options import Options, option


class RightOptions(Options):
    """One option, as it should be."""

    strength: float = option(1.0, "How much.", ge=0.0, le=2.0)


def _faulty(base: type[Options]) -> dict[str, type[Options]]:
    class Undocumented(base):
        silent: int = Field(3)

    class Doubling(base):
        """A value that is recorded comes back as another."""

        angle: Annotated[float, AfterValidator(lambda value: 2 * value)] = option(10.0, "Turned.")

    class AnythingGoes(base):
        """A mistyped option is taken, and does nothing."""

        model_config = ConfigDict(extra="ignore")

    return {
        "options-documented": Undocumented,
        "options-round-trip": Doubling,
        "options-refused": AnythingGoes,
    }


def says_too_little(options: Any) -> Methods:
    return Methods("nearest neighbours", ("Someone (1999) Something. Somewhere 1, 2",))


def option_faults(base: type) -> dict[str, Any]:
    """Plugins like ``base`` that are wrong in their options or in what they say of themselves."""

    def like(name: str, **attributes: Any) -> Any:
        made = type(name, (base,), {"__module__": base.__module__, **attributes})
        # Where pickle looks for it.
        setattr(sys.modules[base.__module__], name, made)
        return made()

    return {
        **{
            check: like(model.__name__, options_model=model)
            for check, model in _faulty(base.options_model).items()
        },
        "methods-paragraph": like(
            "NoPlaceForTheReference", methods=lambda self, options: says_too_little(options)
        ),
    }
