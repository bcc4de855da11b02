"""RELION puts both halves of a selection together again, by the command of docs/howto-relion.md."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import rebalance
from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import commands

COMMAND = next(
    commands(block.text)[0][0]
    for block in pages.blocks((ROOT / "docs" / "howto-relion.md").read_text(encoding="utf-8"))
    if block.options.get("elsewhere") == Path(__file__).relative_to(ROOT).as_posix()
)


@pytest.mark.skipif(not shutil.which("relion_star_handler"), reason="RELION is not installed")
def test_both_halves_combine_to_the_input(simulated_job: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    result = rebalance.run(
        simulated_job, n_superclasses=4, factor="0.5", output=results, figures=False
    )
    assert result.selection is not None
    assert 0 < result.selection.selected.sum() < len(result.selection)
    subprocess.run(shlex.split(COMMAND), cwd=results, check=True, capture_output=True)
    both = rebalance.read(results / "all.star", simulated_job / "run_it025_classes.mrcs")
    data = rebalance.read(simulated_job)
    assert both.particles is not None
    assert data.particles is not None
    assert sorted(both.particles.column("rlnImageName")) == sorted(
        data.particles.column("rlnImageName")
    )
