"""What type checkers make of a call of `rebalance.run`, and of an author's options."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

CODE = """
from pathlib import Path
from typing import Literal

import rebalance
from rebalance.options import Length, Options, option
from rebalance.settings import RunSettings


class MyOptions(Options):
    sigma: float = option(1.0, "Width.", unit="pixels", ge=0.1, le=10.0)
    steps: int = option(3, "Steps.", gt=0)
    max_shift: Length | None = option(None, "Largest shift.", unit="Å or px")
    mask: Length = option(Length(100.0), "Mask.", unit="Å or px")
    mode: Literal["auto", "full"] = option("auto", "How.")
    wrong: int = option("3", "Wrong.")  # error
    wrong_mode: Literal["auto", "full"] = option("half", "How.")  # error
    wrong_limit: int = option(3, "Wrong.", at_least=3)  # error


def sigma_of(options: MyOptions) -> float:
    return options.sigma


rebalance.run("job", n_superclasses=8, factor=0.3, only_classes=[1, 2], progress=None)
rebalance.run(Path("job"), "stack.mrcs", n_superclasses="auto", output=Path("out"))
rebalance.run("job", n_superclases=8)  # error
rebalance.run("job", seed="a")  # error
rebalance.run("job", junk="perhaps")  # error
rebalance.run("job", None, 8)  # error
rebalance.run()  # error

settings = RunSettings("job", only_classes="3-5")
path: Path = settings.path
numbers: tuple[int, ...] | None = settings.only_classes
factor: str | None = settings.factor
settings.seed = 3  # error
rebalance.run("job").selection.after  # error
"""


def test_type_checkers_see_settings_and_options(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(CODE, encoding="utf-8")
    said, problems, _ = api.run(
        ["--strict", "--config-file=", "--follow-imports=silent", "--no-incremental", str(path)]
    )
    assert not problems
    found = {int(number) for number in re.findall(r"example\.py:(\d+): error", said)}
    lines = enumerate(CODE.splitlines(), start=1)
    assert found == {number for number, line in lines if line.endswith("# error")}, said
