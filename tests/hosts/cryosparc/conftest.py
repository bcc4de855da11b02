"""A simulated classification in a simulated CryoSPARC, and who is logged in."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip(
    "cryosparc.tools", reason="cryosparc-tools is not installed", exc_type=ImportError
)

from rebalance.hosts.cryosparc.run import Request
from tests.hosts.cryosparc.instance import Given, Instance
from tests.hosts.cryosparc.server import served

REQUEST = Request("P3", "W1", "J3")
"""The job of `classified`."""


@pytest.fixture(scope="session")
def simulated_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a 2D Classification, J3, and a Select 2D, J4; read only."""
    from rebalance.simulate import simulate_class_averages, write_cryosparc
    from rebalance.simulate.cryosparc_writer import write_cryosparc_selection

    settings = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}
    simulated = simulate_class_averages(settings)
    files = write_cryosparc(simulated, tmp_path_factory.mktemp("simulated") / "CS-p3")
    write_cryosparc_selection(simulated, files, range(1, 13))
    return files.project


@pytest.fixture
def project(simulated_project: Path, tmp_path: Path) -> Path:
    """A copy of it, which may be written to."""
    return Path(shutil.copytree(simulated_project, tmp_path / "server/CS-p3"))


def classified(instance: Instance) -> Instance:
    """With the jobs of the simulated project."""
    main, rest = "J3/J3_020_particles.cs", "J3/J3_passthrough_particles.cs"
    particles = {"blob": main, "alignments2D": main, "ctf": rest, "location": rest}
    averages = {"blob": "J3/J3_020_class_averages.cs"}
    instance.add_job(
        "J3",
        "class_2D_new",
        {
            "particles": Given("particle", particles, ("ctf", "location")),
            "class_averages": Given("template", averages),
        },
        title="All picks",
    )
    main, rest = "J4/particles_selected.cs", "J4/J4_passthrough_particles_selected.cs"
    selected = {"blob": main, "alignments2D": main, "ctf": rest, "location": rest}
    instance.add_job(
        "J4",
        "select_2D",
        {
            "particles_selected": Given("particle", selected, ("ctf", "location")),
            "templates_selected": Given("template", {"blob": "J4/templates_selected.cs"}),
        },
        {"particles": ("J3", "particles"), "templates": ("J3", "class_averages")},
    )
    return instance


@pytest.fixture
def instance(project: Path) -> Instance:
    return classified(Instance(project))


@pytest.fixture
def far_instance(project: Path, tmp_path: Path) -> Instance:
    """Whose project folder this machine can't see."""
    return classified(Instance(project, tmp_path / "not/here/CS-p3"))


@pytest.fixture
def log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Instance], str]]:
    """Serve an instance, log in there, and work in an empty folder; gives the address."""
    from contextlib import ExitStack

    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    monkeypatch.chdir(work)
    with ExitStack() as stack:

        def start(instance: Instance) -> str:
            address = stack.enter_context(served(instance))
            save_login(address, tmp_path / "config", monkeypatch)
            return address

        yield start
    # The client closes its connections when it is collected, and has no other way to do so.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def save_login(address: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``python -m cryosparc.tools login`` does it, in a folder of its own."""
    from datetime import UTC, datetime, timedelta

    from cryosparc import auth
    from cryosparc.models.auth import Token

    for name in [name for name in os.environ if name.startswith("CRYOSPARC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    auth.get_default_auth_config_path.cache_clear()
    sessions = auth.InstanceAuthSessions.load()
    token = Token(access_token="token", token_type="bearer")
    sessions.insert(address, "ali@example.org", token, datetime.now(UTC) + timedelta(days=1))
    sessions.save()
