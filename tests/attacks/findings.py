"""What is kept of a finding: the arena as it was left, and all that is needed to do it again."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

from tests.attacks.bench import Bench
from tests.attacks.judge import Try


def keep(bench: Bench, folder: Path, attack: str, seed: int, number: int, tried: Try) -> Path:
    """Write the finding in a folder of its own."""
    kept = folder / f"{attack}-{seed}-{number}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for path in (*bench.folder.glob("*.out"), *bench.folder.glob("*.err")):
        shutil.copy2(path, kept)
    if bench.arena.is_dir():
        shutil.copytree(bench.arena, kept / "arena", symlinks=True)
    again = f"python -m tests.attacks --attack {attack} --seed {seed} --first {number} --tries 1"
    found = {
        "again": again,
        "scenario": tried.scenario.name,
        "command": shlex.join(["rebalance", *tried.scenario.command()]),
        "attack": tried.what,
        "code": None if tried.ending is None else tried.ending.code,
        "found": tried.found,
        "problems": tried.problems,
    }
    (kept / "finding.json").write_text(json.dumps(found, indent=2) + "\n")
    return kept
