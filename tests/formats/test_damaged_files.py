"""Damaged files end in a clear error or are read; never in a traceback."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import RebalanceError

DAMAGES = 40


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, a piece cut out, or the end cut off."""
    damaged = bytearray(content)
    kind = int(rng.integers(3))
    at = int(rng.integers(len(damaged)) * rng.choice([0.1, 1.0]))
    if kind == 0:
        for place in rng.integers(at, min(at + 40, len(damaged)), size=4):
            damaged[place] = int(rng.integers(256))
    elif kind == 1:
        del damaged[at : at + int(rng.integers(1, 40))]
    else:
        del damaged[at:]
    return bytes(damaged)


def read_damaged(path: Path, start: Path, rng: np.random.Generator) -> None:
    whole = path.read_bytes()
    refused = 0
    for _ in range(DAMAGES):
        path.write_bytes(damage(whole, rng))
        with contextlib.suppress(RebalanceError):
            refused += 1
            data = formats.read(start)
            for name in data.particles.column_names:
                data.particles.column(name)
            refused -= 1
    path.write_bytes(whole)
    assert refused > 0
    assert formats.read(start).particles is not None


@pytest.mark.parametrize("part", ["data.star", "model.star", "optimiser.star", "classes.mrcs"])
def test_relion(relion_job, rng: np.random.Generator, part: str) -> None:
    relion_job.iteration("run_it025", [1, 2, 3, 4, 2, 2])
    path = relion_job.folder / f"run_it025_{part}"
    read_damaged(path, relion_job.folder / "run_it025_optimiser.star", rng)


@pytest.mark.parametrize("stream", [False, True], ids=["numpy", "stream"])
@pytest.mark.parametrize("part", ["particles.cs", "class_averages.cs", "class_averages.mrc"])
def test_cryosparc(cryosparc_job, rng: np.random.Generator, part: str, stream: bool) -> None:
    cryosparc_job.whole(stream)
    path = cryosparc_job.folder / f"J42_020_{part}"
    read_damaged(path, cryosparc_job.folder / "J42_020_particles.cs", rng)


def test_cryosparc_result_group(cryosparc_job, rng: np.random.Generator, write_back) -> None:
    cryosparc_job.whole()
    data = formats.read(cryosparc_job.folder)
    write_back(data, [True] * 40, cryosparc_job.folder / "group")
    group = cryosparc_job.folder / "group" / "particles_selected.csg"
    whole = group.read_bytes()
    for _ in range(DAMAGES):
        group.write_bytes(damage(whole, rng))
        with contextlib.suppress(RebalanceError):
            formats.read(group, need_class_averages=False)
