"""The command as a process of its own: start-up, signals, pipes, completion."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "rebalance"]

HEAVY = ("numba", "scipy", "sklearn", "matplotlib", "pandas", "dask", "numpy")


def loaded_after(*words: str) -> set[str]:
    """Heavy packages that a command has imported by the time it ends."""
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('LOADED', *({HEAVY!r} & sys.modules.keys())"
        ", file=sys.stderr))\n"
        "from rebalance.cli import main\n"
        f"sys.argv = ['rebalance', *{words!r}]\n"
        "main()\n"
    ).replace(repr(HEAVY), repr(set(HEAVY)))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


@pytest.mark.parametrize(
    "words", [("--help",), ("run", "--help"), ("--version",), ("cache", "-h"), ("relion", "-h")]
)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert loaded_after(*words) == set()


def test_plugins_imports_no_compiler_and_no_plot(tmp_path: Path) -> None:
    assert not loaded_after("plugins") & {"numba", "scipy", "sklearn", "matplotlib", "pandas"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("words", ["--version", "--help", "cache", "plugins --json"])
def test_a_full_disk_behind_standard_output_is_no_bug(words: str, unbuffered: str) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *words.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            check=False,
        )
    assert done.returncode == 2
    assert "Can't write to standard output: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_completion_answers_with_plugin_names() -> None:
    environment = os.environ | {
        "_REBALANCE_COMPLETE": "complete_bash",
        "COMP_WORDS": "rebalance run job -k 8 --metric ro",
        "COMP_CWORD": "6",
    }
    program = "import sys; sys.argv = ['rebalance']; from rebalance.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "rotational-cc" in done.stdout, done.stderr
    assert "spectral" not in done.stdout


_SLOW = """
import sys, time
from rebalance import engine

def slow(averages, *_, progress=None, **__):
    progress(0, 100)
    print("comparing", flush=True)
    for step in range(600):
        time.sleep(0.05)
        progress(min(step, 99), 100)
        # A stage gets a line of progress once it has taken a second.
        if step == 30:
            print("shown", flush=True)

engine.affinity = slow
from rebalance.cli import main
main()
"""


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "kill"]
)
def test_a_run_that_is_stopped_leaves_nothing(
    simulated_job: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    # An affinity that another test has kept would not be computed.
    words = ["run", str(simulated_job), "-k", "5", "-o", "out", "--no-cache"]
    running = subprocess.Popen(
        [sys.executable, "-c", _SLOW, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell ignore ctrl-c, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "comparing\n"
    assert running.stdout.readline() == "shown\n"
    running.send_signal(sent)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == code, errors
    assert "Comparing 18 class averages (153 pairs)" in errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_bug_shows_its_traceback_and_exits_1(simulated_job: Path, tmp_path: Path) -> None:
    program = (
        "from rebalance import strategies\n"
        "strategies.select = lambda *_, **__: 1 / 0\n"
        "from rebalance.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "run", str(simulated_job), "--no-superclasses"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "This is a bug in rebalance" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_processes_agree_to_the_byte(simulated_job: Path, tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("two", "2")):
        done = subprocess.run(
            [*COMMAND, "run", str(simulated_job), "-k", "5", "-f", "0.5", "-o", name, "--json",
             "--no-cache", "--no-figures"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["folder"] == str(tmp_path / name)
    first = {path.name: path.read_bytes() for path in _files(tmp_path / "one")}
    second = {path.name: path.read_bytes() for path in _files(tmp_path / "two")}
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert "affinity.npz" in first


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "run.json"]
