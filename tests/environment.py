"""An environment of its own, with all that this one has, into which packages can be installed."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("pip", "hatchling")


class Environment:
    """A virtual environment that sees the packages of this one.

    Parameters
    ----------
    folder : Path
        Not there yet.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        self.packages = next((folder / "lib").glob("python*/site-packages"))
        # As this process finds them, with what is installed to be edited; of this package the code
        # that is tested, wherever another copy of it may be installed from.
        (self.packages / "_all_of_the_other.pth").write_text(
            f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        )

    def run(self, *words: str, where: Path | None = None, exit_code: int = 0) -> str:
        """What ``python WORDS`` prints; its exit code must be this one."""
        environment = {**os.environ, "COLUMNS": "120", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            [str(self.python), *words],
            cwd=where,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == exit_code, done.stdout
        return done.stdout

    def rebalance(self, *words: str, where: Path | None = None, exit_code: int = 0) -> str:
        """What ``rebalance WORDS`` prints."""
        code = "from rebalance.cli import main; main()"
        return self.run("-c", code, *words, where=where, exit_code=exit_code)

    def install(self, *what: str, where: Path | None = None) -> None:
        """``pip install`` without the network."""
        offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
        self.run("-m", "pip", "install", *offline, *what, where=where)

    def uninstall(self, name: str) -> None:
        """``pip uninstall``."""
        self.run("-m", "pip", "uninstall", "--yes", "--quiet", name)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment to install plugin packages in; skipped where they can't be built."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        pytest.skip(f"plugin packages are built by {', '.join(missing)}, not installed here")
    return Environment(tmp_path_factory.mktemp("environment") / "venv")
