"""What docs/howto-cryosparc.md says of External jobs is what happens in the simulated CryoSPARC."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from docs.tools import pages
from docs.tools.pages import ROOT
from docs.tools.session import Session, commands, same
from rebalance.cli import app
from rebalance.simulate import simulate_class_averages, write_cryosparc
from tests.hosts.cryosparc.instance import Given, Instance
from tests.hosts.cryosparc.server import served

LogIn = Callable[[Instance], str]

PAGE = ROOT / "docs" / "howto-cryosparc.md"
HERE = Path(__file__).relative_to(ROOT).as_posix()
TEXT = PAGE.read_text(encoding="utf-8")
FIRST, SECOND = [b for b in pages.blocks(TEXT) if b.options.get("elsewhere") == HERE]


@pytest.fixture
def page_instance(tmp_path: Path) -> Instance:
    """With the job of the page's other examples."""
    simulated = simulate_class_averages({"n_averages": 30, "n_particles": 2_000, "n_junk": 1})
    instance = Instance(write_cryosparc(simulated, tmp_path / "work/project").project)
    main, rest = "J3/J3_020_particles.cs", "J3/J3_passthrough_particles.cs"
    slots = {"blob": main, "alignments2D": main, "ctf": rest, "location": rest}
    instance.add_job(
        "J3",
        "class_2D_new",
        {
            "particles": Given("particle", slots, ("ctf", "location")),
            "class_averages": Given("template", {"blob": "J3/J3_020_class_averages.cs"}),
        },
    )
    return instance


def test_the_page_shows_what_is_printed_and_names_what_there_is(
    page_instance: Instance, log_in: LogIn, tmp_path: Path
) -> None:
    log_in(page_instance)
    session = Session(tmp_path / "work", {"rebalance_P3_J3_k8_f0.3"})
    for one in session.run(replace(SECOND, options={})):
        assert one.exit_code == 0, one.printed
        assert same(one.shown, one.printed), f"{one.typed}\n{one.printed}"
    job = page_instance.jobs["J4"]
    assert f"*{job.title}*" in TEXT
    assert set(re.findall(r"^\| output `(\w+)`", TEXT, re.M)) == set(job.spec.outputs.root)
    assert (page_instance.folder / "J4/rebalance/report.html").is_file()
    attached = {
        one.filetype
        for event in page_instance.events
        if event["type"] == "image"
        for one in event["images"]
    }
    assert attached == {"png", "csv", "html"}


def test_the_login_of_the_page_is_one_that_is_found(
    page_instance: Instance, tmp_path: Path
) -> None:
    (_, _), (login, _) = commands(FIRST.text)
    with served(page_instance) as address:
        words = shlex.split(login)
        words[words.index("--url") + 1] = address
        env = {k: v for k, v in os.environ.items() if not k.startswith("CRYOSPARC_")}
        env["XDG_CONFIG_HOME"] = str(tmp_path)
        # The terminal is asked for these.
        asked = ["--email", "ali@example.org", "--password", "secret"]
        done = subprocess.run(
            [sys.executable, *words[1:], *asked], env=env, capture_output=True, text=True
        )
        assert "Success" in done.stdout, done.stderr
        code = "from rebalance.hosts.cryosparc.connection import connect; print(connect().base_url)"
        found = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True
        )
        assert found.stdout.strip() == address, found.stderr


def test_the_extra_and_the_options_of_the_page_are_there() -> None:
    import tomllib

    from typer.main import get_command

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (extra,) = re.findall(r"\.\[(\w+)\]", FIRST.text)
    assert extra in project["project"]["optional-dependencies"]
    known = get_command(app).commands  # type: ignore[attr-defined]
    assert {"cryosparc", "cryosparc-orientations"} <= set(known)
