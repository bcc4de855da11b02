"""What within a request contradicts itself or is out of range, found before any file is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rebalance.errors import OptionError
from rebalance.settings.values import AUTO, KINDS_WITH_OPTIONS, plugin_name

if TYPE_CHECKING:
    from rebalance.settings.run_settings import RunSettings


def refuse_contradictions(request: RunSettings) -> None:
    """Raise an `OptionError` for the first that is found."""
    _check_grouping(request)
    for kind in request.options:
        if kind not in KINDS_WITH_OPTIONS:
            raise OptionError(
                f"There are no options of {kind!r}.",
                hint=f"Options belong to {', '.join(KINDS_WITH_OPTIONS)}: "
                "--set metric.max_shift=40.",
            )
    if request.threads is not None and request.threads < 1:
        raise OptionError(f"--threads is {request.threads}; at least 1 is needed.")
    if request.pixel_size is not None and not 0 < request.pixel_size < float("inf"):
        raise OptionError(f"The pixel size is {request.pixel_size:g} Å; it must be above 0.")
    if request.device not in ("auto", "cpu", "cuda"):
        raise OptionError(
            f"There is no device {request.device!r}.", hint="Choose auto, cpu or cuda."
        )
    if request.junk not in ("off", "auto", "list"):
        raise OptionError(
            f"--junk is {request.junk!r}.",
            hint="Choose off, list (name what looks like junk) or auto (leave it out).",
        )
    if request.scale not in ("percentile", "full"):
        raise OptionError(
            f"There is no colour scale {request.scale!r}.", hint="Choose percentile or full."
        )


def _check_grouping(request: RunSettings) -> None:
    if isinstance(request.n_superclasses, str):
        _check_auto(request)
    if request.labels is not None:
        if request.is_off:
            raise OptionError("--labels and --no-superclasses exclude each other.")
        if request.n_superclasses is not None:
            raise OptionError(
                "--labels says itself how many superclasses there are.",
                hint="Leave out -k, or leave out --labels.",
            )
    if request.decisions is not None:
        others = {
            "-k": request.n_superclasses is not None,
            "--labels": request.labels is not None,
            "--no-superclasses": request.is_off,
            "--junk auto": request.junk == "auto",
        }
        for flag, is_given in others.items():
            if is_given:
                raise OptionError(
                    f"--decisions says itself what the superclasses are; {flag} is given too.",
                    hint=f"Leave out {flag}, or leave out --decisions.",
                )
    if request.affinity_file is not None and request.is_off:
        raise OptionError("--affinity is of no use when superclassification is off.")


def _check_auto(request: RunSettings) -> None:
    if request.n_superclasses != AUTO:
        raise OptionError(
            f"The number of superclasses is {request.n_superclasses!r}.",
            hint="Give a whole number, or auto for the one that a scan suggests.",
        )
    if request.is_off:
        raise OptionError(
            "Each class average is by itself (--no-superclasses, or the clustering identity): "
            "there is no number of superclasses to try.",
            hint="Choose another clustering, e.g. --clustering hierarchical.",
        )
    if request.finds_number:
        raise OptionError(
            f"The clustering {plugin_name(request.clustering)} finds the number of superclasses "
            "itself.",
            hint="Leave out -k; or choose a clustering that is told the number, e.g. "
            "--clustering hierarchical.",
        )
