"""`rebalance scan` and `-k auto` on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app

HINT = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env=HINT)


def test_a_scan_writes_table_and_figure_and_names_the_next_command(
    simulated_job: Path, tmp_path: Path
) -> None:
    done = command("scan", simulated_job, "-f", "0.5", "--range", "2-12")
    assert done.exit_code == 0, done.stderr
    folder = tmp_path / f"rebalance_{simulated_job.name}_scan"
    names = {path.name for path in folder.iterdir()}
    tables = {"scan.csv", "junk.csv"}
    assert names == {*tables, "scan.json", "scan.png", "run.json"}
    content = json.loads((folder / "scan.json").read_text())
    with (folder / "scan.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["n_superclasses"]) for row in rows] == list(range(2, 13))
    (first,) = [row for row in rows if row["suggested"] == "1"]
    assert int(first["n_superclasses"]) == content["suggested"]
    assert f"-k {content['suggested']} -f 0.5" in done.stdout

    again = command("scan", simulated_job)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    assert command("rerun", folder).exit_code == 2
    replaced = command("scan", simulated_job, "--range", "3,5,7", "--json", "--overwrite")
    assert [row["n_superclasses"] for row in json.loads(replaced.stdout)["numbers"]] == [3, 5, 7]


def test_particles_of_classes_without_an_average_are_counted(
    simulated_job: Path, tmp_path: Path
) -> None:
    stack = next(simulated_job.glob("*_classes.mrcs"))
    table = next(simulated_job.glob("*_data.star"))
    numbers = (1, 2, 3, 4, 8, 9, 10, 11)
    (tmp_path / "chosen.star").write_text(
        "data_\n\nloop_\n_rlnReferenceImage #1\n_rlnClassNumber #2\n"
        + "".join(f"{number:06d}@{stack} {number}\n" for number in numbers)
    )
    done = command("scan", table, "chosen.star", "--range", "2-4", "--json")
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    (warning,) = content["warnings"]
    assert warning.startswith(f"{1_200 - content['particles']:,} of 1,200 particles are excluded")


def test_a_run_with_auto_is_that_with_the_suggested_number(
    simulated_job: Path, tmp_path: Path
) -> None:
    auto = command("run", simulated_job, "-k", "auto", "-o", "auto", "--json", "--no-figures")
    assert auto.exit_code == 0, auto.stderr
    summary = json.loads(auto.stdout)
    number = summary["superclassification"]["scan"]["suggested"]
    assert (tmp_path / "auto" / "scan.csv").is_file()
    alone = command("run", simulated_job, "-k", str(number), "-o", "k", "-q", "--no-figures")
    assert alone.exit_code == 0, alone.stderr
    for name in ("superclasses.csv", "particles_selected.star"):
        assert (tmp_path / "auto" / name).read_bytes() == (tmp_path / "k" / name).read_bytes()
    record = json.loads((tmp_path / "auto" / "run.json").read_text())
    assert record["request"]["n_superclasses"] == "auto"
    again = command("rerun", "auto", "-q")
    assert again.exit_code == 0, again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-k", "many"], "-k many is not a number"),
        (["-k", "auto", "--no-superclasses"], "is its own superclass"),
        (["-k", "auto", "--clustering", "identity"], "no numbers of superclasses to try"),
    ],
)
def test_what_can_not_be_is_said(
    simulated_job: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = command("run", simulated_job, *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--range", "a-b"], "'a-b' is not a number or range"),
        (["--range", ""], "--range names no number"),
        (["--range", "3-3000"], "must be from 2 to"),
        (["--range", "1"], "must be from 2 to"),
        (["--clustering", "identity"], "no numbers of superclasses to try"),
        (["--only-classes", "1"], "at least four usable class averages"),
    ],
)
def test_a_scan_that_can_not_be_is_refused_before_averages_are_compared(
    simulated_job: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = command("scan", simulated_job, *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert "Comparing" not in done.stderr
    assert not list(tmp_path.iterdir())
