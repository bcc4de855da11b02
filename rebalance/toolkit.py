"""What plugin authors may rely on beside the contracts: safe writing of output files."""

from __future__ import annotations

from rebalance.formats.writing import guarded_writing

__all__ = ["guarded_writing"]
