"""The folder that results go to when none is named."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rebalance.settings.run_settings import RunSettings


def results_folder_name(request: RunSettings, job: str) -> str:
    """``rebalance_job013_k8_f0.8``: the job, what groups, and how superclasses are balanced."""
    parts = ["rebalance", _plain(job)]
    if request.is_off:
        parts.append("classes")
    elif request.labels is not None:
        parts.append(_plain(request.labels.stem))
    elif request.decisions is not None:
        parts.append(_plain(request.decisions.stem))
    elif request.n_superclasses is not None:
        parts.append(f"k{request.n_superclasses}")
    else:
        parts.append(_plain(str(request.clustering)))
    if request.max_size is not None and request.factor is None:
        parts.append(f"max{request.max_size}")
    else:
        parts.append(f"f{_plain(_shortest(request.factor or '0'))}")
    return "_".join(parts)


def scan_folder_name(job: str) -> str:
    """``rebalance_job013_scan``."""
    return f"rebalance_{_plain(job)}_scan"


def _plain(text: str) -> str:
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else "_" for c in text)
    return cleaned.strip("._")[:80] or "job"


def _shortest(number: str) -> str:
    try:
        return format(Decimal(number).normalize(), "f")
    except InvalidOperation:
        return number
