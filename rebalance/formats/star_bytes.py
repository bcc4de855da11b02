"""Bytes that mean something in a star file, and what a pass over them found."""

from __future__ import annotations

NUL, NEWLINE, SPACE = 0, 10, 32
DOUBLE_QUOTE, HASH, SINGLE_QUOTE = 34, 35, 39
PLUS, MINUS, POINT, ZERO, NINE = 43, 45, 46, 48, 57

WHOLE, REAL, OTHER = 0, 1, 2
"""What `read_numbers` found: an integer, an exactly rounded float, or something for Python."""

NUL_FOUND = -1
"""In place of the number of tokens, for a line with a byte that is not text."""
