"""Small tables are read with NumPy alone: the same as by the compiled passes, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rebalance.formats import star_arrays, star_scan
from rebalance.formats.star_bytes import OTHER

ALPHABETS = {
    "numbers": b"  \n\n\t0019.5-+eE_",
    "words": b" \n\tab0_@\xc3\xa9\r",
    "quotes and comments": b"  \n\n\tab1\"'#",
    "damaged": b"  \n\nab\0#",
}


def rows(passes: ModuleType, text: Any, n_columns: int, column: int, name: int) -> tuple[Any, ...]:
    """Everything that `find_rows` fills in."""
    lines = passes.count_lines(text)
    places = [np.full(lines, -7, dtype=np.int64) for _ in range(3)]
    digest = np.zeros(lines if name >= 0 else 0, dtype=np.uint64)
    n, *rest = passes.find_rows(text, n_columns, column, name, *places, digest)
    return lines, n, rest, [place[:n].tolist() for place in places], digest[:n].tolist()


def tokens(passes: ModuleType, text: Any, begin: Any, end: Any, column: int) -> tuple[Any, ...]:
    """Where the tokens of a column are, and what they say."""
    first, last = np.empty_like(begin), np.empty_like(begin)
    passes.find_tokens(text, begin, end, column, first)
    passes.end_tokens(text, end, first, last)
    words = np.zeros((len(begin), int((last - first).max())), dtype=np.uint8)
    passes.gather_tokens(text, first, last, words)
    whole, real = np.zeros(len(begin), dtype=np.int64), np.zeros(len(begin))
    kind = np.zeros(len(begin), dtype=np.uint8)
    passes.read_numbers(text, first, last, whole, real, kind)
    numbers = list(zip(kind.tolist(), whole.tolist(), real.tolist(), strict=True))
    return first.tolist(), last.tolist(), words.tolist(), numbers


@pytest.mark.parametrize("letters", ALPHABETS.values(), ids=ALPHABETS)
def test_both_find_the_same_in_any_text(letters: bytes) -> None:
    rng = np.random.default_rng(len(letters))
    found = 0
    for _ in range(600):
        text = rng.choice(np.frombuffer(letters, dtype=np.uint8), rng.integers(0, 60))
        n_columns = int(rng.integers(1, 4))
        column, name = (int(at) for at in rng.integers(-1, n_columns, 2))
        one = rows(star_arrays, text, n_columns, column, name)
        assert one == rows(star_scan, text, n_columns, column, name), bytes(text)
        if one[1] == 0:
            continue
        begin, end = (np.array(place) for place in one[3][:2])
        for at in range(n_columns):
            *places, numbers = tokens(star_arrays, text, begin, end, at)
            *expected, others = tokens(star_scan, text, begin, end, at)
            assert places == expected, bytes(text)
            for number, other in zip(numbers, others, strict=True):
                # What has an exponent may be left for Python to read.
                assert number == other or number[0] == OTHER, bytes(text)
        keep = rng.random(len(begin)) < 0.5
        kept = []
        for passes in (star_arrays, star_scan):
            out = np.zeros_like(text)
            size = passes.copy_kept(text, begin, end, keep, out)
            kept.append(out[:size].tobytes())
        assert kept[0] == kept[1]
        found += 1
    assert found > 50


def test_numbers_are_read_to_the_last_bit() -> None:
    rng = np.random.default_rng(4)
    words = [f"{value:.6f}" for value in rng.normal(scale=1e4, size=2_000)]
    words += ["-0.0", "0.1", ".5", "5.", "007", "123456789012345678", "9007199254740993.0"]
    text = np.frombuffer(("\n".join(words) + "\n").encode(), dtype=np.uint8)
    _, n, _, (begin, end, _), _ = rows(star_arrays, text, 1, -1, -1)
    assert n == len(words)
    *_, numbers = tokens(star_arrays, text, np.array(begin), np.array(end), 0)
    for word, (kind, _, real) in zip(words, numbers, strict=True):
        assert kind == OTHER or real == float(word), word
    assert sum(kind == OTHER for kind, _, _ in numbers) == 1


def test_a_small_table_needs_no_compiler(simulated_job: Path) -> None:
    script = (
        "import sys, rebalance; rebalance.read(sys.argv[1]);"
        "loaded = {'numba', 'scipy', 'matplotlib', 'sklearn'} & set(sys.modules);"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", script, str(simulated_job)], check=True)
