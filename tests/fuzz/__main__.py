"""`python -m tests.fuzz`: long runs, one process a reader, so that a crash ends only its own."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import MUTANT, Outcome, in_a_child, run_campaign
from tests.fuzz.readers import READERS


def main() -> int:
    """Exit code 1 where something was found, 2 where the fuzzer itself failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--format", nargs="+", choices=[*READERS], default=[*READERS], help="Readers; all if none."
    )
    parser.add_argument("--mutants", type=int, default=10_000, help="For each reader.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="For each reader.")
    parser.add_argument(
        "--save", type=Path, default=Path("fuzz_findings"), help="Folder for what is found."
    )
    asked = parser.parse_args()
    is_clean = True
    for name in asked.format:
        with tempfile.TemporaryDirectory(prefix="rebalance-fuzz-") as folder:

            def work(name: str = name, folder: str = folder) -> Outcome:
                return run_campaign(
                    READERS[name],
                    Path(folder),
                    mutants=asked.mutants,
                    seed=asked.seed,
                    seconds=asked.seconds,
                    save_in=asked.save,
                    say=lambda text: _say(f"  {text}"),
                )

            outcome = in_a_child(work)
            if outcome is None:
                return 2
            if isinstance(outcome, int):
                _say(f"{name}: ended by signal {outcome}")
                asked.save.mkdir(parents=True, exist_ok=True)
                mutant = Path((Path(folder) / MUTANT).read_text())
                mutant.rename(asked.save / f"{name}_killed.bin")
                is_clean = False
                continue
        _say(f"{name}: {outcome}")
        is_clean = is_clean and not outcome.findings
    return 0 if is_clean else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
