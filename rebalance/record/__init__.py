"""What a run writes besides particles: affinity file, tables, summary and run record."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "read_affinity": "rebalance.record.affinity_file",
    "write_affinity": "rebalance.record.affinity_file",
    "summarise": "rebalance.record.summary",
    "ResultsFolder": "rebalance.record.results_folder",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'rebalance.record' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
