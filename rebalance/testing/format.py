"""The named checks of a format, in the order in which they are run."""

from __future__ import annotations

from rebalance.testing.format_checks import READING_CHECKS
from rebalance.testing.format_writing import WRITING_CHECKS
from rebalance.testing.outcome import named

FORMAT_CHECKS = named((*READING_CHECKS, *WRITING_CHECKS))
