"""What a person asked of a run: one frozen dataclass from the command line, Python or a record."""

from __future__ import annotations

from rebalance.request.run_request import RunRequest, named_files
from rebalance.request.words import AUTO, IDENTITY, KINDS_WITH_OPTIONS, plugin_name

__all__ = [
    "AUTO",
    "IDENTITY",
    "KINDS_WITH_OPTIONS",
    "RunRequest",
    "named_files",
    "plugin_name",
]
