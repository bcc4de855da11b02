"""The main job on real files, by the command that a person types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from rebalance.cli import app
from rebalance.simulate import simulate_class_averages, write_cryosparc


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(output: str, *words: object) -> dict[str, Any]:
    result = CliRunner().invoke(
        app, ["run", *map(str, words), "--json", "--no-figures", "-o", output]
    )
    assert result.exit_code == 0, result.output
    summary: dict[str, Any] = json.loads(result.stdout)
    return summary


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


def test_folder_optimiser_and_table_with_stack_are_one_job(real_data: Path) -> None:
    job = real_data / "relion31_70s"
    ways = {
        "folder": (job,),
        "optimiser": (job / "run_it020_optimiser.star",),
        "table": (job / "run_it020_data.star", job / "run_it020_classes.mrcs"),
    }
    for name, words in ways.items():
        summary = run(name, *words, "-k", 6, "-f", "0.5")
        assert summary["class_averages"]["read"] == 30
        assert len(summary["class_averages"]["empty"]) == 14
        assert len(summary["class_averages"]["without_particles"]) == 1
        assert summary["particles"]["read"] == 3_000
    for file in ("particles_selected.star", "superclasses.csv"):
        assert len({Path(name, file).read_bytes() for name in ways}) == 1


def test_a_bare_stack_of_real_averages_has_superclasses(real_data: Path) -> None:
    stack = real_data / "slicem_ribosomes" / "mixture_2D.mrcs"
    summary = run("out", stack, "-k", 12)
    averages = summary["class_averages"]
    assert averages["used"] + len(averages["set_aside"]) == 100
    assert len(averages["set_aside"]) < 10
    assert len(summary["superclasses"]) == 12
    assert summary["particles"] is None
    with np.load("out/affinity.npz") as content:
        assert content["values"].shape == (100, 100)


@pytest.mark.parametrize(
    "name",
    [
        "relion31_bgal_tables/Class2D_job013/run_it025_data.star",
        "relion31_bgal_tables/Select_job014/particles.star",
        "relion_old/ap_s_c2d.star",
    ],
)
def test_real_tables_are_balanced_without_losing_a_byte(real_data: Path, name: str) -> None:
    import starfile

    table = real_data / name
    summary = run("out", table, "--no-superclasses", "-f", "0.1")
    selected, excluded = Path("out/particles_selected.star"), Path("out/particles_excluded.star")
    whole, kept, dropped = (_frame(starfile.read(path)) for path in (table, selected, excluded))
    assert len(kept) == summary["particles"]["selected"]
    assert len(kept) + len(dropped) == len(whole)
    counts = kept["rlnClassNumber"].value_counts()
    assert counts.max() <= summary["balance"]["cap"]
    remaining = lines_of(table)
    for path in (selected, excluded):
        rows = [line for line in lines_of(path) if b"@" in line]
        assert len(rows) == len(kept if path == selected else dropped)
        places = _places_in_order(rows, remaining)
        assert places == sorted(places)


def _frame(content: Any) -> Any:
    return content["particles"] if isinstance(content, dict) else content


def _places_in_order(rows: list[bytes], lines: list[bytes]) -> list[int]:
    place = {line: number for number, line in enumerate(lines)}
    return [place[row] for row in rows]


def test_a_real_cryosparc_table_is_balanced(real_data: Path) -> None:
    from cryosparc.dataset import Dataset

    table = real_data / "cryosparc" / "cryosparc_J2_particles_exported.cs"
    summary = run("out", table, "--no-superclasses", "-f", 1)
    whole, kept, dropped = (
        Dataset.load(path)
        for path in (table, "out/particles_selected.cs", "out/particles_excluded.cs")
    )
    assert len(kept) == summary["particles"]["selected"]
    assert sorted([*kept["uid"], *dropped["uid"]]) == sorted(whole["uid"])
    assert len(set(np.unique(kept["alignments2D/class"], return_counts=True)[1])) == 1


def test_a_whole_cryosparc_job_does_the_whole_job(tmp_path: Path) -> None:
    from cryosparc.dataset import Dataset

    simulated = simulate_class_averages(
        {"n_averages": 20, "n_particles": 800, "n_views": 4, "box": 32, "seed": 2}
    )
    files = write_cryosparc(simulated, tmp_path / "project")
    summary = run("out", files.job, "-k", 4, "-f", "0.5")
    assert summary["format"] == "cryosparc"
    assert summary["class_averages"]["read"] == 20
    kept = Dataset.load("out/particles_selected.cs")
    assert len(kept) == summary["particles"]["selected"]
    classes = {number for row in summary["superclasses"] for number in row["class_ids"]}
    assert set(kept["alignments2D/class"].tolist()) <= classes
    assert list(Path("out").glob("*.csg"))
