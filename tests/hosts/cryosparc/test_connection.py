"""Who is logged in where, and what a person is told who is not."""

from __future__ import annotations

import importlib.metadata
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from rebalance.errors import HostError
from rebalance.hosts.cryosparc import connection
from rebalance.hosts.cryosparc.connection import connect
from tests.hosts.cryosparc.conftest import save_login
from tests.hosts.cryosparc.instance import Instance
from tests.hosts.cryosparc.server import served

LogIn = Callable[[Instance], str]


def test_the_only_login_says_which_cryosparc_is_meant(instance: Instance, log_in: LogIn) -> None:
    address = log_in(instance)
    assert connect().base_url == address
    assert connect(address).find_project("P3").title == "A project"


def test_of_several_logins_one_has_to_be_named(
    instance: Instance, log_in: LogIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = log_in(instance)
    save_login("https://another.example.org", tmp_path / "config", monkeypatch)
    with pytest.raises(HostError, match=r"several CryoSPARCs: .*another.*\n.*`url`"):
        connect()
    assert connect(address).base_url == address


def test_without_a_login_the_command_for_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_login("http://127.0.0.1:1", tmp_path / "config", monkeypatch)
    (login,) = (tmp_path / "config").rglob("auth.json")
    with pytest.raises(HostError, match=r"can't be reached(.|\n)*login --url http://127.0.0.1:1"):
        connect()
    login.unlink()
    with pytest.raises(HostError, match=r"python -m cryosparc.tools login --url https://"):
        connect()
    with pytest.raises(
        HostError, match=r"not logged in to CryoSPARC at http://x.*\n.*--url http://x"
    ):
        connect("http://x")


def test_a_login_that_expired_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_login("http://127.0.0.1:1", tmp_path / "config", monkeypatch)
    (login,) = (tmp_path / "config").rglob("auth.json")
    known = json.loads(login.read_text())
    known["http://127.0.0.1:1"]["ali@example.org"]["expires"] = "2020-01-01T00:00:00Z"
    login.write_text(json.dumps(known))
    with pytest.raises(HostError, match="address of CryoSPARC is unknown"):
        connect()


def test_what_is_no_cryosparc_can_not_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    save_login(address, tmp_path / "config", monkeypatch)
    with pytest.raises(HostError, match=f"CryoSPARC at {address} can't be reached"):
        connect(address)


def test_a_password_in_the_environment_is_used_and_never_shown(
    instance: Instance,
) -> None:
    """In a process of its own: cryosparc-tools reads the environment when it is imported."""
    import os
    import subprocess
    import sys

    code = "from rebalance.hosts.cryosparc.connection import connect; print(connect().user.name)"

    def run(password: str) -> subprocess.CompletedProcess[str]:
        own = {
            "CRYOSPARC_BASE_URL": address,
            "CRYOSPARC_EMAIL": "ali@example.org",
            "CRYOSPARC_PASSWORD": password,
        }
        return subprocess.run(
            [sys.executable, "-c", code], env=os.environ | own, capture_output=True, text=True
        )

    with served(instance) as address:
        assert run("secret").stdout == "ali\n"
        wrong = run("a-wrong-one")
    assert "Incorrect username or password" in wrong.stderr
    assert "a-wrong-one" not in wrong.stderr


def test_a_package_that_is_missing_or_old_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(connection, "version", missing)
    with pytest.raises(HostError, match=r"not installed(.|\n)*pip install 'cryosparc-tools>=5"):
        connect()
    monkeypatch.setattr(connection, "version", lambda _: "4.7.1")
    with pytest.raises(
        HostError, match=r"4\.7\.1 is installed, but version 5 or newer(.|\n)*pip inst"
    ):
        connect()
