"""`rebalance plugins new` writes a package that installs and keeps its promises as it is."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rebalance.cli import app
from rebalance.errors import OptionError, OutputError
from rebalance.registry import KINDS, Registry, registry
from rebalance.scaffold import distribution_name, write_package
from tests.environment import Environment
from tests.strict_typing import require_strict_types

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_package_installs_and_passes_its_own_tests(
    kind: str, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"new-{kind}"
    done = CliRunner().invoke(app, ["plugins", "new", kind, name])
    assert done.exit_code == 0, done.output
    folder = tmp_path / f"rebalance-{name}"
    assert f"pip install -e {folder.name}" in done.output
    assert (folder / ".gitignore").is_file()
    assert (folder / "src" / folder.name.replace("-", "_") / "py.typed").is_file()
    assert "No license has been chosen" in (folder / "LICENSE").read_text()

    environment.install("-e", str(folder))
    try:
        assert f"{kind} {name}" in environment.rebalance("plugins", "show", name)
        out = environment.run("-m", "pytest", "-q", "-W", "error", where=folder)
        assert " passed" in out
        assert "failed" not in out
    finally:
        environment.uninstall(folder.name)
    assert f"no plugin '{name}'" in environment.rebalance("plugins", "show", name, exit_code=2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_formatted_and_names_no_one_else(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    files = write_package(kind, "a-b2", folder)
    assert sorted(files) == sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        text = path.read_text()
        assert "$" not in text or path.name == "README.md"
        assert text.endswith("\n")
        if path.suffix == ".py":
            compile(text, str(path), "exec")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "rebalance-a-b2"
    assert project["entry-points"]["rebalance"] == {"a-b2": "rebalance_a_b2"}
    for words in (["format", "--check"], ["check", "--isolated", "--select=E,F,W,B,UP,SIM,RUF"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--line-length=100", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_what_is_written_is_strictly_typed(tmp_path: Path) -> None:
    folders = [tmp_path / kind for kind in KINDS]
    for kind, folder in zip(KINDS, folders, strict=True):
        write_package(kind, f"new-{kind}", folder)
    files = [path for folder in folders for path in folder.rglob("*.py")]
    require_strict_types(files, path=[folder / "src" for folder in folders])


def test_a_summary_of_ones_own_goes_wherever_it_is_shown(tmp_path: Path) -> None:
    words = ["plugins", "new", "metric", "a-b", "--folder", str(tmp_path / "a")]
    done = CliRunner().invoke(app, [*words, "--summary", "Rank correlation\n of profiles"])
    assert done.exit_code == 0, done.output
    files = [path.read_text() for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert sum("Rank correlation of profiles." in text for text in files) == 4
    assert not any("Differences of grey levels" in text for text in files)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_summary_the_package_does_not_say_what_it_does(kind: str, tmp_path: Path) -> None:
    name = "a" * 40
    write_package(kind, name, tmp_path / "a")
    project = tomllib.loads((tmp_path / "a" / "pyproject.toml").read_text())["project"]
    assert project["description"] == f"The {kind} {name} (no summary yet)."


def test_the_tests_of_a_new_strategy_tell_places_from_an_order(tmp_path: Path) -> None:
    right, wrong = "place[in_order] = np.arange(len(rows))", "place[rows] = np.argsort(-score)"
    write_package("strategy", "mine", tmp_path / "mine")
    module = tmp_path / "mine" / "src" / "rebalance_mine" / "strategy.py"
    text = module.read_text()
    assert right in text
    module.write_text(text.replace(right, wrong))
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "highest"]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, cwd=module.parents[2]
    )
    assert "1 failed" in done.stdout, done.stdout


@pytest.mark.parametrize("summary", ['Says "so"', "a" * 80, "a\\b"])
def test_a_summary_that_will_not_do_is_refused(summary: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="can't be the summary"):
        write_package("metric", "mine", tmp_path / "package", summary=summary)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("metrik", "mine", "metric, clustering, strategy, format"),
        ("metric", "Mine", "joined by hyphens"),
        ("metric", "my_metric", "joined by hyphens"),
        ("metric", "2d", "joined by hyphens"),
        ("metric", "-x", "joined by hyphens"),
        ("metric", "a" * 60, "at most 40"),
        ("metric", "../mine", "joined by hyphens"),
        ("metric", "frc", "in package rebalance-em"),
        ("metric", "em", "rebalance-em, but a package of that name is installed"),
        ("strategy", "rebalance-em", "rebalance-em, but a package of that name is installed"),
    ],
)
def test_a_kind_or_name_that_will_not_do_is_refused(
    kind: str, name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=words):
        write_package(kind, name, tmp_path / "package")
    assert not list(tmp_path.iterdir())


def test_a_name_that_another_kind_has_is_free(tmp_path: Path) -> None:
    assert registry().find("metric", "frc")
    assert write_package("strategy", "frc", tmp_path / "package")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("metric", "true"),
        ("clustering", "none"),
        ("format", "rows"),
        ("format", "dataset"),
        ("metric", "pair-metric"),
        ("strategy", "options"),
    ],
)
def test_a_class_is_not_named_like_a_word_of_the_new_files(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(kind, name, tmp_path / "package")
    package = f"rebalance_{name.replace('-', '_')}"
    monkeypatch.syspath_prepend(tmp_path / "package" / "src")
    found = Registry(discover=False)
    found.add(importlib.import_module(package), package=package)
    camel = "".join(part.capitalize() for part in name.split("-"))
    assert type(found.load(kind, name)).__name__ == f"{camel}{kind.capitalize()}"


def test_commands_to_type_next_quote_a_folder_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["plugins", "new", "metric", "mine", "--folder", "my work/mine"]
    done = CliRunner().invoke(app, words)
    assert "pip install -e 'my work/mine'" in done.output
    assert "python -m pytest 'my work/mine'" in done.output


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_package("metric", "mine", tmp_path / "mine")
    with pytest.raises(OutputError, match="already exists"):
        write_package("metric", "mine", tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="already exists"):
        write_package("metric", "mine", tmp_path / "file")
    with pytest.raises(OutputError, match="can't be written"):
        write_package("metric", "mine", tmp_path / "file" / "below")


def test_the_wheel_brings_the_templates(environment: Environment, tmp_path: Path) -> None:
    environment.run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), where=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
    templates = (ROOT / "rebalance" / "scaffold" / "templates").rglob("*.in")
    assert {path.relative_to(ROOT).as_posix() for path in templates} <= names


def test_a_package_is_not_named_rebalance_twice() -> None:
    assert distribution_name("rebalance-mine") == distribution_name("mine") == "rebalance-mine"
