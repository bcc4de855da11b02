"""How long an affinity takes, beside its floor: a row for each stack and setting."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import rebalance
from benchmarks.affinity.floor import floor_operations, whole_pixel_shifts
from benchmarks.affinity.matrix_product_rate import cgemm_rate
from benchmarks.affinity.settings import DEFAULTS, FAR, SETTINGS
from benchmarks.affinity.stacks import Stack
from benchmarks.results_table import Row, row
from rebalance.metrics.search_options import Search, SearchOptions, resolve_search
from rebalance.model import Affinity, ClassAverages

MOST_US = 10.0
"""Target of a pair at 128 px and the defaults, µs."""

MOST_OVER_FLOOR = {DEFAULTS: 6.0, FAR: 1 / 3}
"""Targets by setting."""

_FEWEST = 100
"""Averages from which on there are targets: to prepare fewer takes longer than to compare them."""

_LONG = 4.0
"""Seconds after which nothing is timed again."""


@dataclass(frozen=True)
class Timing:
    """What one stack at one setting took.

    Parameters
    ----------
    stack : str
        Its name.
    setting : str
    n, box : int
    seconds : float
    affinity : Affinity, optional
        None where another process has it.
    search : Search
    """

    stack: str
    setting: str
    n: int
    box: int
    seconds: float
    affinity: Affinity | None
    search: Search

    @property
    def per_pair(self) -> float:
        """Seconds."""
        return self.seconds / (self.n * (self.n - 1) / 2)

    def as_row(self, rate: float) -> Row:
        """Beside the floor at a rate of products."""
        grid = self.search.grid
        floor = floor_operations(grid) / rate
        ratio = self.per_pair / floor
        at_most = MOST_OVER_FLOOR.get(self.setting)
        target, met = "", None
        if at_most is not None and self.n >= _FEWEST:
            target, met = f"≤ {at_most:.2g} × the floor", ratio <= at_most
            if self.setting == DEFAULTS and self.box == 128:
                target = f"≤ {MOST_US:g} µs, {target}"
                met = met and self.per_pair * 1e6 <= MOST_US
        return row(
            f"{self.stack}, {self.n:,} × {self.box} px: {self.setting}",
            f"{self.seconds:.2f} s, {self.per_pair * 1e6:.1f} µs a pair",
            ceiling=f"{floor * 1e6:.2f} µs (floor, {whole_pixel_shifts(grid.max_shift)} shifts)",
            ratio=ratio,
            target=target,
            met=met,
        )


def timed(call: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """The shortest of several runs, fewer of long ones, and the result of the last."""
    seconds: list[float] = []
    result = None
    while len(seconds) < repeats and sum(seconds) < _LONG:
        began = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - began)
    return min(seconds), result


def compute(averages: ClassAverages, setting: str, threads: int) -> Affinity:
    """The affinity at a setting."""
    return rebalance.affinity(averages, "rotational-cc", options=SETTINGS[setting], threads=threads)


def warm_up(averages: ClassAverages, setting: str) -> None:
    """Compile what a setting runs, on eight averages."""
    compute(averages.subset(np.arange(min(8, len(averages)))), setting, 1)


def search_of(averages: ClassAverages, setting: str) -> Search:
    """The search at a setting, in pixels."""
    return resolve_search(averages, SearchOptions.model_validate(SETTINGS[setting]))


def time_stack(stack: Stack, averages: ClassAverages, setting: str, threads: int) -> Timing:
    """Time one stack at one setting, after a warm-up."""
    warm_up(averages, setting)
    seconds, affinity = timed(lambda: compute(averages, setting, threads))
    return Timing(
        stack=stack.name,
        setting=setting,
        n=len(averages),
        box=averages.box,
        seconds=seconds,
        affinity=affinity,
        search=search_of(averages, setting),
    )


def evenness(timings: list[Timing], box: int = 128) -> Row:
    """How far the time of a pair depends on the data, at the defaults."""
    alike = [one for one in timings if one.setting == DEFAULTS and one.box == box]
    slow, fast = (pick(alike, key=lambda one: one.per_pair) for pick in (max, min))
    ratio = slow.per_pair / fast.per_pair
    return row(
        f"slowest ÷ fastest stack, per pair, {box} px, {DEFAULTS}",
        f"{slow.per_pair * 1e6:.1f} µs ({slow.stack})",
        ceiling=f"{fast.per_pair * 1e6:.1f} µs ({fast.stack})",
        ratio=ratio,
        target="≤ 1.5",
        met=ratio <= 1.5,
    )


def scaling(averages: ClassAverages, together: Timing, threads: int) -> Row:
    """What more threads gain, beside what a matrix product gains."""
    one, _ = timed(lambda: compute(averages, together.setting, 1))
    rates = [cgemm_rate(2048, 2048, 2048, count, seconds=1.0) for count in (1, threads)]
    gain, of_product = one / together.seconds, rates[1] / rates[0]
    return row(
        f"{together.stack}, {together.setting}: gain with {threads} threads ÷ that of a "
        "matrix product",
        f"{gain:.2f}",
        ceiling=f"{of_product:.2f}",
        ratio=gain / of_product,
        target="≥ 0.90",
        met=gain / of_product >= 0.9,
    )
