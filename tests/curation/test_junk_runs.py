"""`--junk off`, `list` and `auto`, in runs and scans."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rebalance.cli import app
from rebalance.errors import OptionError
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages, write_relion

HINT = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
TABLES = ("superclasses.csv", "particles_selected.star", "particles_excluded.star", "affinity.npz")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clear views, and two films with their particles."""
    settings = {
        "n_averages": 40, "n_particles": 2_000, "n_views": 6, "box": 32, "pixel_size": 8.0,
        "n_noise": 0, "n_junk": 0, "n_edge": 2, "n_junk_noise": 2, "snr": 0.5, "seed": 42,
    }  # fmt: skip
    return write_relion(simulate_class_averages(settings), tmp_path_factory.mktemp("junk")).job


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env=HINT)


def run(job: Path, name: str, *words: object) -> dict[str, object]:
    done = command("run", job, "-k", 6, "-o", name, "--no-figures", "--json", *words)
    assert done.exit_code == 0, done.stderr
    content: dict[str, object] = json.loads(done.stdout)
    return content


def test_off_is_the_default_and_list_changes_no_particle(job: Path, tmp_path: Path) -> None:
    plain = run(job, "plain")
    run(job, "off", "--junk", "off")
    listed = run(job, "listed", "--junk", "list")
    assert "junk_suspected" not in plain["class_averages"]
    assert not (tmp_path / "plain" / "junk.csv").exists()
    for name in (*TABLES, "summary.json", "report.md"):
        same = (tmp_path / "plain" / name).read_bytes()
        assert (tmp_path / "off" / name).read_bytes() == same
        if name in TABLES:
            assert (tmp_path / "listed" / name).read_bytes() == same
    suspected = listed["class_averages"]["junk_suspected"]
    assert suspected
    assert listed["class_averages"]["junk"] == []
    report = (tmp_path / "listed" / "report.md").read_text(encoding="utf-8")
    for row in suspected:
        assert row["reasons"]
        assert f"Class {row['class_id']}: {row['reasons'][0]}" in report
    with (tmp_path / "listed" / "junk.csv").open(encoding="utf-8", newline="") as stream:
        table = {int(row["class_id"]): row for row in csv.DictReader(stream)}
    assert [n for n, row in table.items() if row["suspected"] == "1"] == [
        row["class_id"] for row in suspected
    ]
    assert len(table) == listed["class_averages"]["read"]
    first = suspected[0]
    assert table[first["class_id"]]["reasons"] == "; ".join(first["reasons"])


def test_auto_leaves_them_out_as_junk_beside_those_a_person_names(
    job: Path, tmp_path: Path
) -> None:
    import starfile

    listed = run(job, "listed", "--junk", "list")
    suspects = [row["class_id"] for row in listed["class_averages"]["junk_suspected"]]
    named = next(
        number
        for row in listed["superclasses"]
        for number in row["class_ids"]
        if number not in suspects
    )
    auto = run(job, "auto", "--junk", "auto", "--junk-classes", named)
    assert auto["class_averages"]["junk"] == sorted([*suspects, named])
    assert not {*suspects, named} & {n for row in auto["superclasses"] for n in row["class_ids"]}
    excluded = starfile.read(tmp_path / "auto" / "particles_excluded.star")["particles"]
    assert set(excluded["rlnClassNumber"]) == {*suspects, named}
    assert auto["particles"]["excluded_because"] == {"junk": len(excluded)}
    assert any("suspected of being junk and left out" in note for note in auto["notes"])
    again = command("rerun", "auto", "-o", "again")
    assert again.exit_code == 0, again.stdout + again.stderr
    few = command("run", job, "-k", 34, "-o", "few", "--no-figures", "--junk", "auto")
    assert few.exit_code == 2
    assert not (tmp_path / "few").exists()


@pytest.mark.parametrize("junk", ["list", "auto"])
def test_a_dry_run_gives_the_reasons_that_the_run_gives(job: Path, junk: str) -> None:
    words = ("run", job, "-k", 6, "-o", "planned", "--no-figures", "--junk", junk)
    # Without an affinity nobody knows yet, and that is said.
    unknown = command(*words, "--dry-run", "--no-cache")
    assert "known after comparing" in unknown.stdout
    ran = run(job, f"ran_{junk}", "--junk", junk)
    suspects = ran["class_averages"]["junk_suspected"]
    shown = " ".join(command(*words, "--dry-run").stdout.split())
    assert suspects
    for row in suspects:
        assert f"Class {row['class_id']}: {'; '.join(row['reasons'])}." in shown
    planned = json.loads(command(*words, "--dry-run", "--json").stdout)["summary"]
    assert planned["class_averages"] == ran["class_averages"]
    assert set(planned["notes"]) <= set(ran["notes"])


def test_a_scan_takes_it_too(job: Path, tmp_path: Path) -> None:
    plain = command("scan", job, "--range", "3-6", "--json", "-o", "plain")
    auto = command("scan", job, "--range", "3-6", "--json", "--junk", "auto", "-o", "auto")
    assert auto.exit_code == 0, auto.stderr
    content = json.loads(auto.stdout)
    assert content["junk_suspected"]
    assert content["used"] == json.loads(plain.stdout)["used"] - len(content["junk_suspected"])
    assert (tmp_path / "auto" / "junk.csv").is_file()
    assert not (tmp_path / "plain" / "junk.csv").exists()


def test_superclassification_off_judges_the_pictures_alone(job: Path) -> None:
    done = command(
        "run", job, "--no-superclasses", "--junk", "auto", "-o", "each", "--no-figures", "--json"
    )
    assert done.exit_code == 0, done.stderr
    suspected = json.loads(done.stdout)["class_averages"]["junk_suspected"]
    assert not any("no other average" in reason for row in suspected for reason in row["reasons"])


def test_without_images_it_is_said_that_nothing_is_judged(job: Path, tmp_path: Path) -> None:
    table = tmp_path / "particles.star"
    table.write_bytes(next(job.glob("*_data.star")).read_bytes())
    words = ("--no-superclasses", "--junk", "list", "--no-figures", "--json")
    done = command("run", table, *words, "-o", "each")
    assert done.exit_code == 0, done.stderr
    assert (
        "--junk has no effect: no class averages are read." in json.loads(done.stdout)["warnings"]
    )


def test_wrong_words_and_decisions_are_refused() -> None:
    assert command("run", "x", "--junk", "maybe").exit_code == 2
    with pytest.raises(OptionError, match="`junk` is 'yes'"):
        RunSettings("x", n_superclasses=3, junk="yes")
    with pytest.raises(OptionError, match='`junk="auto"` is given too'):
        RunSettings("x", decisions="y.json", junk="auto")
    assert RunSettings("x", decisions="y.json", junk="list").junk == "list"
