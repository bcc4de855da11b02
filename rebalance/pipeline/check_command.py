"""What is found wrong with what a form asks for, before its command is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rebalance.pipeline.check_more import check_subsets
from rebalance.pipeline.check_settings import check_number_is_given, check_settings
from rebalance.point_groups import parse_symmetry
from rebalance.registry import bind
from rebalance.seeds import generator
from rebalance.settings import OrientationSettings, RunSettings
from rebalance.settings.listed import settings_made
from rebalance.strategies.caps import decide_cap


def check_command(command: str, settings: Mapping[str, Any]) -> None:
    """Find mistakes in the settings of a command without reading its data.

    It checks names of plugins and their options, ranges, conflicting and missing settings, and that
    files other than the input exist.

    Parameters
    ----------
    command : ``"run"``, ``"orientations"`` or ``"diagnose"``
    settings : mapping
        By name, see `rebalance.toolkit.settings_of_command`.

    Raises
    ------
    RebalanceError
        The first mistake found. An `OptionError` may name the setting.
    """
    made = settings_made(command, settings)
    if isinstance(made, RunSettings):
        check_settings(made)
        check_number_is_given(made)
        check_subsets(made)
        return
    generator(made.seed)
    if made.symmetry is not None:
        # Whose data it is, is not known yet; RELION knows every name that there is.
        parse_symmetry(made.symmetry, "relion")
    if isinstance(made, OrientationSettings):
        decide_cap(1, made.factor, made.max_size, made.cut_at, word="bin")
        bind("strategy", made.strategy, made.options.get("strategy"))
