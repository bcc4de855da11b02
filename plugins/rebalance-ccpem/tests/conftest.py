"""A RELION project as the pipeliner has them: a classification, a refinement, jobs to be run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Compiled kernels outlast a session of tests, as in tests/conftest.py of the repository.
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(Path(__file__).parents[3] / ".pytest_cache" / "compiled")
)


@pytest.fixture(scope="session")
def finished_jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 2D classification and a refinement of its particles, simulated; to be copied."""
    from rebalance.simulate import simulate_class_averages, write_job, write_refinement

    folder = tmp_path_factory.mktemp("relion") / "project"
    options = {"n_averages": 14, "n_views": 6, "n_particles": 600, "box": 32, "pixel_size": 8.0}
    simulated = simulate_class_averages({**options, "preferred_share": 0.8, "seed": 5})
    write_job(simulated, folder, "relion")
    write_refinement(simulated, folder, "relion")
    # The pipeliner keeps a pipeline of its own.
    (folder / "default_pipeline.star").unlink()
    return folder


@pytest.fixture(scope="module")
def project(finished_jobs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project of the pipeliner, the current folder, in which ``rebalance`` is found."""
    from pipeliner.api.manage_project import PipelinerProject

    folder = tmp_path_factory.mktemp("pipeliner") / "project"
    shutil.copytree(finished_jobs, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        programs = str(Path(sys.executable).parent)
        patch.setenv("PATH", os.pathsep.join((programs, os.environ["PATH"])))
        PipelinerProject(make_new_project=True)
        yield folder
