"""What `--junk off`, `list` and `auto` make of the averages that look like junk."""

from __future__ import annotations

from rebalance.model import Affinity, AverageQuality, Dataset
from rebalance.pipeline.check_settings import Classes, check_grouping
from rebalance.settings import RunSettings


def judge(
    request: RunSettings, dataset: Dataset, classes: Classes, affinity: Affinity | None
) -> tuple[AverageQuality | None, Classes]:
    """What the averages tell of their quality, where asked; and the classes that are used.

    Parameters
    ----------
    request : RunSettings
        Its ``junk``: with ``auto`` the suspects are left out as junk.
    dataset, classes
    affinity : Affinity or None

    Raises
    ------
    OptionError
        If fewer usable class averages are left than superclasses are asked for.
    """
    if request.junk == "off" or dataset.class_averages is None:
        return None, classes
    from rebalance.curation.junk import score

    quality = score(dataset.class_averages, affinity, left_out=classes.left_out)
    if request.junk == "auto" and quality.suspects:
        classes = classes.without_junk(quality.suspects)
        check_grouping(request, classes)
    return quality, classes


def about_junk(request: RunSettings, quality: AverageQuality | None) -> list[str]:
    """What is said of averages that look like junk; nothing where nobody asked."""
    from rebalance.curation.junk import about_quality

    return about_quality(quality, left_out=request.junk == "auto")
