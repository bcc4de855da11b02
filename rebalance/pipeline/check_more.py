"""What is found wrong, before the work, with what a run is to write on request."""

from __future__ import annotations

from rebalance.errors import OptionError
from rebalance.model import Dataset
from rebalance.plugin_validation import overrides
from rebalance.registry import bind, registry
from rebalance.settings import RunSettings
from rebalance.settings.fields import AVERAGES, CLASSES, TABLES
from rebalance.strategies.caps import decide_cap
from rebalance.strategies.subsets import no_cap, no_order


def check_subsets(settings: RunSettings) -> None:
    """OptionError if subsets are asked for that nothing balances, or a strategy can't order."""
    if settings.subsets is None:
        return
    if decide_cap(1, settings.factor, settings.max_size).size is None:
        raise no_cap()
    strategy = bind("strategy", settings.strategy, settings.options_of("strategy"))
    if not overrides(strategy.plugin, "places"):
        raise no_order(strategy.name)


def check_more(settings: RunSettings, dataset: Dataset) -> None:
    """OptionError if there is nothing to make it of, or the format can't write it."""
    writes_particles = {
        "subsets": settings.subsets is not None,
        f'also="{CLASSES}"': CLASSES in settings.also,
        f'also="{TABLES}"': TABLES in settings.also,
    }
    writes_pictures = {
        "picking_templates": settings.picking_templates is not None,
        f'also="{AVERAGES}"': AVERAGES in settings.also,
    }
    for name in (name for name, is_asked in writes_particles.items() if is_asked):
        if dataset.particles is None:
            raise OptionError(
                f"`{name}` writes particles, but {settings.path} only has class averages.",
                hint="Give the particle table first and the class averages second.",
                setting=name.partition("=")[0],
            )
        if not overrides(registry().load("format", dataset.format), "write_particles"):
            raise OptionError(
                f"The format {dataset.format} only writes selected and excluded particles, so "
                f"`{name}` is not possible.",
                hint=f"Leave out `{name}`.",
                setting=name.partition("=")[0],
            )
    for name in (name for name, is_asked in writes_pictures.items() if is_asked):
        if dataset.class_averages is None:
            raise OptionError(
                f"`{name}` needs class averages, and none were read.",
                hint="Give the stack as `class_averages`.",
                setting=name.partition("=")[0],
            )
