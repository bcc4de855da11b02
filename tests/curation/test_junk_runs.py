"""`--junk aside`, `off`, `list` and `auto`, in runs and scans."""

from __future__ import annotations

import csv
import json
from collections import Counter
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


def of_class(path: Path) -> Counter[int]:
    import starfile

    return Counter(starfile.read(path)["particles"]["rlnClassNumber"].tolist())


def test_off_looks_at_nothing_and_list_changes_no_particle(job: Path, tmp_path: Path) -> None:
    plain = run(job, "plain", "--junk", "off")
    listed = run(job, "listed", "--junk", "list")
    assert "junk_suspected" not in plain["class_averages"]
    assert not (tmp_path / "plain" / "junk.csv").exists()
    for name in TABLES:
        same = (tmp_path / "plain" / name).read_bytes()
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


def test_suspects_are_set_aside_by_default_and_no_particle_is_dropped_for_it(
    job: Path, tmp_path: Path
) -> None:
    listed = run(job, "listed", "--junk", "list")
    suspects = [row["class_id"] for row in listed["class_averages"]["junk_suspected"]]
    whole = run(job, "whole")
    assert whole["class_averages"]["set_aside"] == suspects
    assert whole["class_averages"]["junk"] == []
    assert not {*suspects} & {n for row in whole["superclasses"] for n in row["class_ids"]}
    assert len(whole["superclasses"]) == 6
    assert whole["particles"]["excluded"] == 0
    particles = of_class(tmp_path / "whole" / "particles_selected.star")
    in_them = sum(particles[number] for number in suspects)
    assert whole["set_aside"] == {
        "averages": len(suspects),
        "particles_before": in_them,
        "particles_after": in_them,
        "because": {"by image": len(suspects)},
    }
    sentence = (
        f"Set aside: {len(suspects)} averages, {in_them} particles ({len(suspects)} by image); "
        "nothing was dropped."
    )
    shown = command("run", job, "-k", 6, "-o", "shown", "--no-figures")
    assert sentence in " ".join(shown.stdout.split())
    report = (tmp_path / "whole" / "report.md").read_text(encoding="utf-8")
    assert sentence in report
    assert f"{len(suspects)} class averages that looked like junk were set aside" in report
    with (tmp_path / "whole" / "superclasses.csv").open(encoding="utf-8", newline="") as stream:
        table = {int(row["class_id"]): row for row in csv.DictReader(stream)}
    for number, row in table.items():
        is_aside = number in suspects
        assert (row["status"] == "set aside") == is_aside
        assert (row["superclass"] == "-2") == is_aside
        assert is_aside <= (row["particles_after"] == str(particles[number]))
    # The superclasses are those of the same job without them.
    words = ("--junk", "off", "--exclude-classes", ",".join(map(str, suspects)))
    out = run(job, "out", *words)
    ids = [[row["class_ids"] for row in found["superclasses"]] for found in (whole, out)]
    assert ids[0] == ids[1]
    assert command("rerun", "whole", "-o", "again").exit_code == 0


def test_with_a_factor_each_is_capped_by_the_superclasses_and_none_is_excluded_for_it(
    job: Path, tmp_path: Path
) -> None:
    whole = run(job, "whole")
    balanced = run(job, "balanced", "-f", "0.9")
    cap = balanced["balance"]["cap"]
    deciding = [row["particles_before"] for row in balanced["superclasses"] if row["decides_cap"]]
    assert cap == min(deciding) * 10 // 9
    before = of_class(tmp_path / "whole" / "particles_selected.star")
    after = of_class(tmp_path / "balanced" / "particles_selected.star")
    suspects = balanced["class_averages"]["set_aside"]
    assert suspects == whole["class_averages"]["set_aside"]
    assert [after[number] for number in suspects] == [min(before[n], cap) for n in suspects]
    assert set(balanced["particles"]["excluded_because"]) == {"balanced"}
    kept = sum(after[number] for number in suspects)
    assert balanced["set_aside"]["particles_after"] == kept
    rows = balanced["superclasses"]
    assert sum(row["particles_after"] for row in rows) + kept == balanced["particles"]["selected"]


def test_what_a_person_groups_is_not_set_aside_and_what_is_aside_stays_so_in_labels(
    job: Path, tmp_path: Path
) -> None:
    whole = run(job, "whole")
    aside = whole["class_averages"]["set_aside"]
    words = ("--no-figures", "--json")
    labels = ("--labels", "whole/superclasses.csv")
    again = command("run", job, *labels, "-o", "again", *words)
    assert again.exit_code == 0, again.stderr
    content = json.loads(again.stdout)
    assert content["class_averages"]["set_aside"] == aside
    ids = [[{*row["class_ids"]} for row in of["superclasses"]] for of in (content, whole)]
    assert ids[0] == ids[1]
    assert content["particles"]["excluded"] == 0
    table = tmp_path / "mine.csv"
    text = (tmp_path / "whole" / "superclasses.csv").read_text(encoding="utf-8")
    back = aside[0]
    lines = [
        line.replace(f"{back},-2,", f"{back},0,") if line.startswith(f"{back},") else line
        for line in text.splitlines()
    ]
    table.write_text("\n".join(lines), encoding="utf-8")
    mine = command("run", job, "--labels", table, "-o", "mine", *words)
    assert json.loads(mine.stdout)["class_averages"]["set_aside"] == aside[1:]
    each = command("run", job, "--no-superclasses", "-f", "0.5", "-o", "each", *words)
    assert each.exit_code == 0, each.stderr
    content = json.loads(each.stdout)
    assert content["class_averages"]["set_aside"] == []
    assert content["set_aside"]["averages"] == 0
    assert not (tmp_path / "each" / "junk.csv").exists()


def test_more_superclasses_than_there_are_averages_to_group_are_refused_with_the_way_out(
    job: Path,
) -> None:
    few = command("run", job, "-k", 34, "-o", "few", "--no-figures")
    assert few.exit_code == 2
    assert "set aside as junk" in " ".join(few.stderr.split())
    assert "--junk off" in few.stderr


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
    assert any("junk and are left out" in note for note in auto["notes"])
    again = command("rerun", "auto", "-o", "again")
    assert again.exit_code == 0, again.stdout + again.stderr
    few = command("run", job, "-k", 34, "-o", "few", "--no-figures", "--junk", "auto")
    assert few.exit_code == 2
    assert not (tmp_path / "few").exists()


@pytest.mark.parametrize("junk", ["aside", "list", "auto"])
def test_a_dry_run_gives_the_reasons_that_the_run_gives(job: Path, junk: str) -> None:
    words = ("run", job, "-k", 6, "-o", "planned", "--no-figures", "--junk", junk)
    # Without an affinity nobody knows yet, and that is said.
    unknown = command(*words, "--dry-run", "--no-cache")
    assert "known after comparing" in unknown.stdout
    ran = run(job, f"ran_{junk}", "--junk", junk)
    suspects = ran["class_averages"]["junk_suspected"]
    shown = " ".join(command(*words, "--dry-run").stdout.split())
    assert suspects
    for row in suspects if junk != "aside" else ():
        assert f"Class {row['class_id']}: {'; '.join(row['reasons'])}." in shown
    if junk == "aside":
        assert f"Set aside: {len(suspects)} averages" in shown
    planned = json.loads(command(*words, "--dry-run", "--json").stdout)["summary"]
    assert planned["class_averages"] == ran["class_averages"]
    assert set(planned["notes"]) <= set(ran["notes"])


def test_a_scan_takes_it_too(job: Path, tmp_path: Path) -> None:
    off = ("--junk", "off")
    plain = command("scan", job, "--range", "3-6", "--json", *off, "-o", "plain")
    aside = json.loads(command("scan", job, "--range", "3-6", "--json", "-o", "aside").stdout)
    auto = command("scan", job, "--range", "3-6", "--json", "--junk", "auto", "-o", "auto")
    assert auto.exit_code == 0, auto.stderr
    content = json.loads(auto.stdout)
    assert content["junk_suspected"]
    assert content["used"] == json.loads(plain.stdout)["used"] - len(content["junk_suspected"])
    assert (tmp_path / "auto" / "junk.csv").is_file()
    # By default they are set aside, and that is said.
    assert aside["used"] == content["used"]
    assert aside["set_aside"]["averages"] == len(content["junk_suspected"])
    assert any(note.startswith("Set aside: ") for note in aside["notes"])
    assert [row["silhouette"] for row in aside["numbers"]] == [
        row["silhouette"] for row in content["numbers"]
    ]
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
        "--junk has no effect: no class averages were read." in json.loads(done.stdout)["warnings"]
    )


def test_wrong_words_and_decisions_are_refused() -> None:
    assert command("run", "x", "--junk", "maybe").exit_code == 2
    with pytest.raises(OptionError, match="`junk` is 'yes'"):
        RunSettings("x", n_superclasses=3, junk="yes")
    with pytest.raises(OptionError, match="can't be combined"):
        RunSettings("x", decisions="y.json", junk="auto")
    assert RunSettings("x", decisions="y.json", junk="list").junk == "list"
