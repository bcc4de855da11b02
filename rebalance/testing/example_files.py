"""Small classifications on disk, of every format that the package writes, and files of no format.

What a format is checked with when no examples are given, and what is foreign to it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rebalance.simulate import simulate_class_averages, write_cryosparc, write_relion

_SETTINGS = {
    "n_averages": 10,
    "n_particles": 60,
    "n_views": 3,
    "box": 16,
    "pixel_size": 12.0,
    "n_empty": 1,
    "n_junk": 0,
    "n_noise": 0,
    "seed": 3,
}


def classifications(folder: Path) -> list[Path]:
    """Write simulated jobs; the paths that a person would point at."""
    simulated = simulate_class_averages(_SETTINGS)
    relion = write_relion(simulated, folder / "relion")
    cryosparc = write_cryosparc(simulated, folder / "cryosparc")
    # A stack that nothing lies beside: what is beside it says more than the stack itself.
    bare = folder / "stack" / "averages.mrcs"
    bare.parent.mkdir()
    bare.write_bytes(cryosparc.stack.read_bytes())
    return [
        relion.job,
        next(path for path in relion if path.name.endswith("_data.star")),
        cryosparc.job,
        cryosparc.particles,
        bare,
    ]


def oddments(folder: Path) -> list[Path]:
    """Write files that are of no format, and a folder; one of the paths does not exist."""
    folder.mkdir()
    noise = np.random.default_rng(1).bytes(3000)
    for name, content in (
        ("empty", b""),
        ("empty.star", b""),
        ("notes.txt", b"Class averages of the third data set.\n" * 40),
        ("table.csv", b"class,particles\n1,200\n2,100\n"),
        ("binary.dat", noise),
        ("zeros.bin", bytes(4096)),
        ("settings.json", b'{"n_classes": 50}\n'),
        ("latin.txt", "Ångström\n".encode("latin-1") * 30),
    ):
        (folder / name).write_bytes(content)
    (folder / "nothing_in_it").mkdir()
    return [*sorted(folder.iterdir()), folder / "not_there.star"]
