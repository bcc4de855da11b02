"""How a group is called in a message: a superclass, a bin."""

from __future__ import annotations


def plural(word: str) -> str:
    """superclasses, bins."""
    return f"{word}es" if word.endswith("s") else f"{word}s"
