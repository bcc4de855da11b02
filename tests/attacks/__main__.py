"""`python -m tests.attacks`: the whole campaign, or some of its attacks; exit 1 on a finding."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.attacks.bench import Bench
from tests.attacks.campaign import ATTACKS, Attack
from tests.attacks.findings import keep

_SAID_EVERY = 20
"""Tries."""


def main() -> int:
    """Exit code 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument(
        "--attack", nargs="+", choices=[*ATTACKS], default=[*ATTACKS], help="All if none."
    )
    parser.add_argument("--tries", type=int, help="Of each attack; by default its own number.")
    parser.add_argument("--first", type=int, default=0, help="Number of the first try.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--save", type=Path, default=Path("attack_findings"), help="Folder for what is found."
    )
    asked = parser.parse_args()
    n_found = 0
    with (
        tempfile.TemporaryDirectory(prefix="rebalance-attacks-") as folder,
        Bench(Path(folder)) as bench,
    ):
        for name in asked.attack:
            n_found += _run(bench, ATTACKS[name], asked)
    return 1 if n_found else 0


def _run(bench: Bench, attack: Attack, asked: argparse.Namespace) -> int:
    reason = attack.why_not()
    if reason:
        _say(f"{attack.name}: skipped, {reason}")
        return 0
    began, n_found, ends = time.monotonic(), 0, Counter[str]()
    tries = attack.tries if asked.tries is None else asked.tries
    for done, number in enumerate(range(asked.first, asked.first + tries), start=1):
        tried = attack.attempt(bench, asked.seed, number)
        code = None if tried.ending is None else tried.ending.code
        ends[f"{tried.found or 'other'} after {code}" if tried.is_hit else "missed"] += 1
        if tried.problems:
            n_found += 1
            kept = keep(bench, asked.save, attack.name, asked.seed, number, tried)
            _say(f"  {kept.name}: {tried.scenario.name}, {tried.what}")
            for problem in tried.problems:
                _say(f"    {problem}")
        bench.clear()
        if done % _SAID_EVERY == 0 or done == tries:
            counted = ", ".join(f"{n} {end}" for end, n in sorted(ends.items()))
            seconds = time.monotonic() - began
            _say(
                f"{attack.name}: {done} of {tries} in {seconds:.0f} s, {n_found} found ({counted})"
            )
    return n_found


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
