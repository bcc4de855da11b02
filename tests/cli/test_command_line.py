"""What a person types, reads, and gets as exit code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import rebalance
from rebalance.cli import app
from rebalance.cli.cache import shown_bytes
from rebalance.cli.result_view import next_step
from rebalance.clusterings import from_labels
from rebalance.model import Classes, Dataset, RunResult
from rebalance.settings import RunSettings
from rebalance.strategies import select
from tests.strategies.tables import table

HINT = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def type_in(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env=HINT)


def run(job: Path, *words: object) -> Result:
    return type_in("run", job, "--no-figures", *words)


def test_a_run_prints_its_superclasses_and_where_they_are(simulated_job: Path) -> None:
    result = run(simulated_job, "-k", 5, "-f", "0.4")
    assert result.exit_code == 0, result.output
    summary = json.loads(next(Path().glob("rebalance_*/summary.json")).read_text())
    rows = [line.split() for line in result.stdout.splitlines()]
    for row in summary["superclasses"]:
        expected = [
            str(row["superclass"]),
            str(len(row["class_ids"])),
            f"{row['particles_before']:,}",
            f"{row['particles_after']:,}",
        ]
        assert any(line[:4] == expected for line in rows)
    assert f"Selected {summary['particles']['selected']:,} of 1,200" in result.stdout
    assert "rebalance_job003_k5_f0.4/particles_selected.star" in result.stdout


def test_the_screen_is_80_columns_wide_at_most(simulated_job: Path) -> None:
    for words in (("-k", 3), ("-k", 3, "-f", 1), ("--no-superclasses", "-f", "0.9")):
        result = run(simulated_job, *words)
        assert result.exit_code == 0, result.output
        commands = [line for line in result.output.splitlines() if line.startswith("  rebalance")]
        others = [line for line in result.output.splitlines() if line not in commands]
        assert max(map(len, others)) <= 80


def test_the_next_command_is_one_that_works(simulated_job: Path) -> None:
    first = run(simulated_job, "-k", 5, "-o", "out")
    assert first.exit_code == 0, first.output
    match = re.search(r"would keep ([\d,]+) of 1,200 particles:\n\s+rebalance (.*)", first.stdout)
    assert match is not None
    second = type_in(*match[2].split())
    assert second.exit_code == 0, second.output
    assert f"Selected {match[1]} of 1,200" in second.stdout


def test_json_is_all_there_is_on_standard_output(simulated_job: Path) -> None:
    result = run(simulated_job, "-k", 5, "-f", "0.5", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    folder = Path(printed.pop("folder"))
    for name in printed.pop("files"):
        assert (folder / name).is_file()
    assert printed == json.loads((folder / "summary.json").read_text())


def test_quiet_prints_nothing_but_errors(simulated_job: Path) -> None:
    words = ("-k", 5, "-f", 1, "--quiet", "-o", "out")
    result = run(simulated_job, *words)
    assert result.exit_code == 0
    assert result.output == ""
    result = run(simulated_job, *words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--overwrite" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-k", "0"), "at least 1, not 0"),
        (("-k", "-3"), "at least 1, not -3"),
        (("-k", "99"), "can't be divided into 99 superclasses"),
        (("-k", "many"), "is not a number of superclasses"),
        ((), "needs the number of superclasses"),
        (("-k", "5", "-f", "1.2"), "from 0 to 1, not 1.2"),
        (("-k", "5", "-f", "-0.1"), "from 0 to 1, not -0.1"),
        (("-k", "5", "-f", "half"), "from 0 to 1, not half"),
        (("-k", "5", "-f", "0,5"), "For 0,5, use -f 0.5."),
        (("-k", "5", "-f", "50%"), "For 50%, use -f 0.5."),
        (("-k", "5", "-f", "2,5"), "0 keeps every particle"),
        (("-k", "5", "--subsets", "3"), "nothing is balanced"),
        (("-k", "5", "--subsets", "3", "--dry-run"), "nothing is balanced"),
        ((), "-k auto to try every number"),
        (("-k", "5", "--max-size", "0"), "maximum superclass size"),
        (("-k", "5", "--metric", "rotatonal-cc"), "did you mean 'rotational-cc'"),
        (("-k", "5", "--clustering", "hierachical"), "did you mean 'hierarchical'"),
        (("-k", "5", "--set", "metric.max_shft=3"), "no option 'max_shft'"),
        (("-k", "5", "--set", "max_shift=3"), "--set max_shift=3 is not understood"),
        (("-k", "5", "--max-shift", "3", "--set", "metric.max_shift=4"), "given twice"),
        (("-k", "5", "--max-shift", "3 miles"), "3 miles"),
        (("-k", "5", "--exclude-classes", "a-b"), "not a class number or range"),
        (("-k", "5", "--exclude-classes", "77"), "class 77"),
        (("-k", "5", "--only-classes", ","), "names no class"),
        (("-k", "5", "--only-classes", ""), "--only-classes names no class"),
        (("-k", "5", "--exclude-classes", ""), "--exclude-classes names no class"),
        (("-k", "5", "--format", "frealign"), "no format 'frealign'"),
        (("-k", "5", "--labels", "x.csv"), "--labels"),
        (("--no-superclasses", "-k", "7"), "K = 7"),
        (("-k", "5", "--nonsense"), "--nonsense"),
        (("-k", "5", "--junk", "foo"), "'--junk': 'foo' is not one of"),
        (("-k", "5", "--seed", "-1"), "seed"),
        (("-k", "5", "--affinity", "none.npz"), "none.npz"),
    ],
)
def test_a_mistake_ends_in_one_message_and_exit_code_2(
    simulated_job: Path, words: tuple[str, ...], message: str
) -> None:
    result = run(simulated_job, *words)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert list(Path().iterdir()) == []


def test_a_folder_too_high_swapped_arguments_and_results_are_recognised(
    simulated_job: Path,
) -> None:
    above = type_in("run", simulated_job.parent, "-k", 5)
    assert above.exit_code == 2
    assert f"Give {simulated_job}." in above.stderr
    star, stack = (simulated_job / f"run_it025_{name}" for name in ("data.star", "classes.mrcs"))
    assert "They are swapped." in " ".join(type_in("run", stack, star, "-k", 5).stderr.split())
    assert run(simulated_job, "-k", 5, "-f", "0.5", "-o", "out").exit_code == 0
    assert "These are results of rebalance" in type_in("run", "out", "-k", 5).stderr


def test_what_is_piped_has_no_blanks_at_its_ends_and_no_broken_paths(
    simulated_job: Path,
) -> None:
    folder = Path("a_long_name_of_a_folder" * 5)
    result = run(simulated_job, "-k", 3, "-f", 0.5, "-o", folder)
    assert result.exit_code == 0, result.output
    assert not re.search(r"[ \t]+$", result.output, re.MULTILINE)
    assert f"{folder}/particles_selected.star" in result.stdout
    again = run(simulated_job, "-k", 3, "-f", 0.5, "-o", folder)
    assert str(folder) in again.stderr
    missing = type_in("run", folder / "nothing_at_all.star", "-k", 3)
    assert f"{folder}/nothing_at_all.star" in missing.stderr


def test_a_number_that_was_left_to_it_is_said_and_where_to_look(simulated_job: Path) -> None:
    result = type_in("run", simulated_job, "-k", "auto", "-o", "out")
    assert result.exit_code == 0, result.output
    made = len(json.loads(Path("out/summary.json").read_text())["superclasses"])
    assert f"{made} superclasses were made" in " ".join(result.output.split())
    lines = result.stdout.splitlines()
    at = lines.index("Next: look at the superclasses in a browser:")
    assert lines[at + 1] == f"  {Path('out/report.html').resolve()}"


def test_a_missing_input_is_exit_code_2() -> None:
    result = run(Path("nowhere"), "-k", 5)
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_name_from_a_file_does_not_colour_the_terminal() -> None:
    done = run(Path("\x1b[31mred\x07.star"), "-k", 3)
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
    assert "[31mred" in done.stderr


def test_a_bug_is_exit_code_1_and_says_so(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("rebalance.strategies.select", broken)
    result = run(simulated_job, "-k", 5)
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)
    assert any("bug in rebalance" in note for note in result.exception.__notes__)
    assert list(Path().iterdir()) == []


def test_ctrl_c_is_exit_code_130(simulated_job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rebalance.strategies.select", interrupted)
    result = run(simulated_job, "-k", 5)
    assert result.exit_code == 130
    assert list(Path().iterdir()) == []


def test_the_factor_reaches_the_balance_as_it_was_typed(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rebalance.strategies

    seen = []
    select = rebalance.strategies.select

    def spy(*args: object, **settings: object) -> object:
        seen.append(settings["factor"])
        return select(*args, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("rebalance.strategies.select", spy)
    assert run(simulated_job, "-k", 5, "-f", "0.070").exit_code == 0
    assert run(simulated_job, "-k", 4).exit_code == 0
    assert seen == ["0.070", None]


def test_flags_of_the_metric_and_settings_are_the_same(simulated_job: Path) -> None:
    one = run(
        simulated_job, "-k", 5, "-o", "one", "--max-shift", "4px", "--no-mirror",
        "--mask-diameter", "100", "--low-pass", "20A",
    )  # fmt: skip
    two = run(
        simulated_job, "-k", 5, "-o", "two", "--set", "metric.max_shift=4px",
        "--set", "metric.mirror=false", "--set", "metric.mask-diameter=100A",
        "--set", "metric.low_pass=20",
    )  # fmt: skip
    assert (one.exit_code, two.exit_code) == (0, 0), one.output + two.output
    assert Path("one/affinity.npz").read_bytes() == Path("two/affinity.npz").read_bytes()
    options = json.loads(Path("one/run.json").read_text())["request"]["options"]["metric"]
    assert options["max_shift"] == "4px"
    assert options["mirror"] is False


def test_a_dry_run_says_what_else_would_be_written(simulated_job: Path) -> None:
    given = (simulated_job, "-k", 6, "-f", 0.5, "--dry-run", "--no-cache")
    asked = ("--subsets", 1, "--picking-templates", "medoid", "--also", "tables,classes,averages")
    printed = run(*given, *asked).stdout
    lines = [line.split(maxsplit=1)[1] for line in printed.splitlines() if line.startswith("Also:")]
    assert lines == [
        "1 balanced subset",
        "a particle table with superclasses as class numbers",
        "a particle table for each superclass",
        "the mean image of each superclass",
        "picking templates: the medoid of each superclass",
    ]
    assert json.loads(run(*given, *asked, "--json").stdout)["also"] == lines
    assert json.loads(run(*given, "--json").stdout)["also"] == []
    assert "Also:    as many balanced subsets as it takes to use every particle" in (
        run(*given, "--subsets", "auto").stdout
    )


def test_a_dry_run_says_what_would_happen_and_writes_nothing(simulated_job: Path) -> None:
    result = run(simulated_job, "-k", 6, "--dry-run", "--no-cache")
    assert result.exit_code == 0, result.output
    assert "153 pairs with views" in result.stdout
    assert "6 superclasses with hierarchical" in result.stdout
    assert "nothing was written" in result.stdout
    assert list(Path().iterdir()) == []
    printed = json.loads(run(simulated_job, "-k", 6, "--dry-run", "--json", "--no-cache").stdout)
    assert (printed["pairs"], printed["particles"], printed["classes"]) == (153, 1_200, 24)
    assert printed["folder"].endswith("rebalance_job003_k6_f0")


def test_warnings_are_seen(simulated_job: Path) -> None:
    result = run(simulated_job, "-k", 5, "-f", 0, "--max-size", 10)
    assert result.exit_code == 0
    assert "Warning" in result.stderr
    assert "maximum superclass size 10 is ignored" in " ".join(result.stderr.split())


def test_version_and_help() -> None:
    assert type_in("--version").stdout == f"rebalance {rebalance.__version__}\n"
    for words in (("--help",), ("-h",), ("run", "-h"), ("plugins", "show", "-h")):
        result = type_in(*words)
        assert result.exit_code == 0
        assert "Usage" in result.stdout
    assert type_in("run").exit_code == 2


def test_every_command_has_a_help_text_and_a_file_of_its_own() -> None:
    listed = type_in("--help").stdout
    folder = Path(rebalance.__file__).parent / "cli"
    for name in ("run", "demo", "inspect", "plugins", "cache", "rerun"):
        assert re.search(rf"│ {name}\s+\w", listed)
        assert (folder / f"{name}.py").is_file()


def test_inspect_says_what_a_run_would_do(simulated_job: Path) -> None:
    result = type_in("inspect", simulated_job, next(simulated_job.glob("*_classes.mrcs")))
    assert result.exit_code == 0, result.output
    assert "relion" in result.stdout
    assert "stack" in result.stdout
    assert re.search(r"1,?200", result.stdout)
    printed = json.loads(type_in("inspect", "--json", simulated_job).stdout)
    assert printed["files"][0]["format"] == "relion"


def test_inspect_gives_the_next_command_a_line_of_its_own(
    simulated_job: Path, tmp_path: Path
) -> None:
    far = tmp_path / ("a folder of a " + "very " * 12 + "long name")
    shutil.copytree(simulated_job, far)
    command = f"rebalance run {shlex.quote(str(far))} -k auto"
    assert f"  {command}" in type_in("inspect", far).stdout.splitlines()
    assert json.loads(type_in("inspect", "--json", far).stdout)["files"][0]["command"] == command


def test_inspect_goes_on_after_a_broken_file(simulated_job: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.cs").write_text("this is no array")
    result = type_in("inspect", "broken.cs", "missing.star", simulated_job)
    assert result.exit_code == 2
    assert "broken.cs" in result.stderr
    assert "missing.star" in result.stderr
    assert "relion" in result.stdout


def test_cache_shows_and_empties(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "kept"))
    assert "0 affinities" in type_in("cache").stdout
    assert run(simulated_job, "-k", 5, "--metric", "rotational-cc").exit_code == 0
    shown = type_in("cache").stdout
    assert str(tmp_path / "kept") in shown
    assert "1 affinity" in shown
    assert "Deleted 1 affinity" in type_in("cache", "--clear").stdout
    printed = json.loads(type_in("cache", "--json").stdout)
    assert (printed["affinities"], printed["bytes"]) == (0, 0)


@pytest.mark.parametrize(
    ("n_bytes", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (12_345, "12.3 kB"),
        (999_949, "999.9 kB"),
        (999_999, "1.0 MB"),
        (500_000_000, "500.0 MB"),
        (2_000_000_000, "2.0 GB"),
    ],
)
def test_sizes_are_shown_in_the_largest_unit_that_fits(n_bytes: int, shown: str) -> None:
    assert shown_bytes(n_bytes) == shown


def test_no_cache_neither_reads_nor_fills(
    simulated_job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REBALANCE_CACHE_DIR", str(tmp_path / "kept"))
    assert run(simulated_job, "-k", 5, "--no-cache").exit_code == 0
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(("flag", "value"), [("-k", "0"), ("-k", "101"), ("-f", "2"), ("-f", "x")])
def test_the_demo_refuses_before_it_simulates(flag: str, value: str) -> None:
    done = type_in("demo", "new", flag, value)
    assert done.exit_code == 2
    assert value in done.stderr
    assert not Path("new").exists()


def test_the_demo_is_mended_by_another_folder_not_by_a_flag_it_lacks() -> None:
    Path("taken/results").mkdir(parents=True)
    Path("taken/results/mine").write_text("mine")
    done = type_in("demo", "taken")
    assert done.exit_code == 2
    assert "Use another folder." in done.stderr
    assert [path.name for path in Path("taken").iterdir()] == ["results"]


def test_rerun_shows_how_to_see_what_differs(simulated_job: Path) -> None:
    assert run(simulated_job, "-k", 5, "-f", 0.5, "-o", "out").exit_code == 0
    record = json.loads(Path("out/run.json").read_text())
    record["request"]["seed"] += 1
    Path("out/run.json").write_text(json.dumps(record))
    assert "diff out/report.md out_rerun/report.md" in type_in("rerun", "out").stdout
    # Nothing to compare with.
    Path("out/report.md").unlink()
    result = type_in("rerun", "out", "-o", "third")
    assert result.exit_code == 0, result.output
    assert "Next" not in result.stdout


def test_rerun_says_that_nothing_differs(simulated_job: Path) -> None:
    assert run(simulated_job, "-k", 5, "-f", "0.5", "-o", "out").exit_code == 0
    result = type_in("rerun", "out/run.json")
    assert result.exit_code == 0, result.output
    assert "same bytes in every file" in result.stdout
    printed = json.loads(type_in("rerun", "out", "-o", "third", "--json").stdout)
    assert printed["same"] is True
    assert type_in("rerun", "nothing.json").exit_code == 2


def test_superclasses_that_are_even_already_are_told_and_no_factor_is_suggested(
    tmp_path: Path,
) -> None:
    numbers, sizes = range(1, 6), (1_000, 950, 900, 3, 850)
    labels = {number: number for number in numbers}
    counts = dict(zip(numbers, sizes, strict=True))
    groups = from_labels(Classes.of(list(labels), list(counts.values())), labels)
    particles = table(np.repeat(list(labels), list(counts.values())))
    written = (tmp_path / "particles_selected.star",)
    settings = RunSettings("job", n_superclasses=5)

    def said(**named: object) -> str:
        selection = select(particles, groups, **named)
        result = RunResult(Dataset("relion", particles), groups, None, selection, files=written)
        return next_step(settings, result, "out")[0]

    assert "no need to balance" in said()
    assert "smallest ÷ largest superclass is 0.85" in said()
    # By the guide a crumb makes them uneven.
    assert "no need to balance" not in said(cap_from=0)
