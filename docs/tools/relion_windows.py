"""Screenshots of RELION's windows with an External job, for the documentation.

    python -m docs.tools.relion_windows

simulates a project, lets RELION add an External job, and takes screenshots on a virtual screen. It
needs RELION 3.1 with its windows, Xvfb, and the package python-xlib.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from docs.tools import images
from docs.tools.pages import ROOT
from rebalance.simulate import simulate_class_averages, write_relion, write_relion_selection

DISPLAY = ":79"
WIDTH, HEIGHT = 800, 800
IMAGES = ROOT / "docs" / "images"

EXTERNAL_IN_THE_LIST = (60, 330)
INPUT_TAB, PARAMS_TAB = (225, 15), (282, 15)
PANEL = (196, 0, 797, 366)
"""Pixels of RELION's window: left, upper, right, lower."""

ABOVE_THE_MIDDLE = (196, 0, 797, 190)
CLASSES = (0, 20, 681, 428)

SIMULATED = {
    "n_averages": 60,
    "n_particles": 6_000,
    "n_views": 9,
    "snr": 0.5,
    "n_edge": 2,
    "n_junk_noise": 2,
    "n_ice": 1,
    "seed": 49102,
}

MODEL, PARTICLES, JOB = (
    "Class2D/job003/run_it025_model.star",
    "Select/job004/particles.star",
    "External/job005",
)
LABELS = {"k": "8", "factor": "0.5"}


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as name:
        project, screen = Path(name) / "project", Path(name) / "screen"
        screen.mkdir()
        _prepare(project)
        with _running("Xvfb", DISPLAY, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", screen):
            time.sleep(2)
            external = Path(name) / "external.png"
            _photograph_external(project, screen).save(external)
            images.shrink(external, IMAGES / "relion_external.png")
            select = Path(name) / "select.png"
            _photograph_select(project, screen).save(select)
            images.shrink(select, IMAGES / "relion_select.png")


def _prepare(project: Path) -> None:
    """A project with a classification, a Select job and a finished External job."""
    simulated = simulate_class_averages(SIMULATED)
    counts = simulated.class_averages.n_particles
    assert counts is not None
    chosen = simulated.class_averages.class_id[counts > 0].tolist()
    write_relion_selection(simulated, write_relion(simulated, project), chosen)
    (project / ".gui_projectdir").touch()
    given = {"fn_exe": "rebalance relion", "in_part": PARTICLES, "nr_threads": "2"}
    for number, (label, value) in enumerate(LABELS.items(), start=1):
        given |= {f"param{number}_label": label, f"param{number}_value": value}
    options = ";".join(f"{name} == {value}" for name, value in given.items())
    adds = ["relion_pipeliner", "--addJob", "External", "--addJobOptions", options]
    subprocess.run(adds, cwd=project, check=True)
    labels = [word for label, value in LABELS.items() for word in (f"--{label}", value)]
    rebalance = [sys.executable, "-c", "from rebalance.cli import main; main()"]
    words = ["relion", "--o", JOB, "--in_parts", PARTICLES, *labels, "--j", "2"]
    subprocess.run([*rebalance, *words], cwd=project, check=True)


@contextmanager
def _running(*words: str | Path, where: Path | None = None) -> Iterator[None]:
    environment = os.environ | {"DISPLAY": DISPLAY}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        list(map(str, words)), cwd=where, env=environment, stdout=quiet, stderr=quiet
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _photograph_external(project: Path, screen: Path) -> Image.Image:
    """The tabs Input and Params, stacked."""
    with _running("relion", where=project):
        time.sleep(8)
        _click(*EXTERNAL_IN_THE_LIST)
        _click(*INPUT_TAB)
        upper = _photograph(screen).crop(PANEL)
        _click(*PARAMS_TAB)
        lower = _photograph(screen).crop(ABOVE_THE_MIDDLE)
    both = Image.new("RGB", (upper.width, upper.height + lower.height + 12), "white")
    both.paste(upper, (0, 0))
    both.paste(lower, (0, upper.height + 12))
    return both


def _photograph_select(project: Path, screen: Path) -> Image.Image:
    """The window for selecting classes, opened with our backup_selection.star."""
    shown = ("--class", "--allow_save", "--display", "rlnReferenceImage", "--scale", "1")
    shown += ("--sort", "rlnClassDistribution", "--reverse", "--col", "10")
    words = ("--i", MODEL, *shown, "--fn_imgs", f"{JOB}/class_averages.star")
    with _running("relion_display", *words, where=project):
        time.sleep(5)
        return _photograph(screen).crop(CLASSES)


def _click(x: int, y: int) -> None:
    from Xlib import X, display
    from Xlib.ext import xtest

    server = display.Display(DISPLAY)
    for event, given in (
        (X.MotionNotify, {"x": x, "y": y}),
        (X.ButtonPress, {"detail": 1}),
        (X.ButtonRelease, {"detail": 1}),
    ):
        xtest.fake_input(server, event, **given)
        server.sync()
        time.sleep(0.3)
    server.close()
    time.sleep(1)


def _photograph(screen: Path) -> Image.Image:
    """The screen, from an X window dump, version 7."""
    content = (screen / "Xvfb_screen0").read_bytes()
    header = struct.unpack(">25I", content[:100])
    size, width, height, row_bytes, n_colours = (header[n] for n in (0, 4, 5, 12, 19))
    begin = size + 12 * n_colours
    rows = np.frombuffer(content, np.uint8, row_bytes * height, begin).reshape(height, row_bytes)
    pixels = rows[:, : 4 * width].reshape(height, width, 4)
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, 2::-1]))


if __name__ == "__main__":
    main()
