"""What a person asked of a run: every setting declared once, for the command line and Python."""

from __future__ import annotations

from rebalance.settings.diagnose_settings import DiagnoseSettings
from rebalance.settings.flags import with_flags
from rebalance.settings.orientation_settings import OrientationSettings
from rebalance.settings.run_settings import RunSettings, named_files
from rebalance.settings.values import AUTO, IDENTITY, KINDS_WITH_OPTIONS, plugin_name

__all__ = [
    "AUTO",
    "IDENTITY",
    "KINDS_WITH_OPTIONS",
    "DiagnoseSettings",
    "OrientationSettings",
    "RunSettings",
    "named_files",
    "plugin_name",
    "with_flags",
]
