"""Counts with their noun, one or many."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 class average``, ``1,234 class averages``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
