"""What is kept for other programs: the SLURM script, the Snakefile, the recipe for conda-forge."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import rebalance
from docs.tools.pages import ROOT

EXAMPLES = ROOT / "docs" / "examples"
RECIPE = ROOT / "packaging" / "conda-forge" / "recipe.yaml"
OTHER_NAMES = {"matplotlib": "matplotlib-base"}
"""What a package of PyPI is called on conda-forge, where that is another name."""


COMMANDS = Path(sys.executable).parent
"""Where ``rebalance`` and ``dask`` of this Python are."""

installed = pytest.mark.skipif(
    not (COMMANDS / "rebalance").is_file(), reason="rebalance is not installed in this environment"
)


def environment_of(*folders: Path) -> dict[str, str]:
    """One in which the commands of some folders come first."""
    return {**os.environ, "PATH": ":".join(map(str, [*folders, os.environ["PATH"]]))}


@installed
@pytest.mark.skipif(not (COMMANDS / "dask").is_file(), reason="Dask is not installed")
def test_the_slurm_script_compares_on_the_nodes(simulated_job: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    environment = environment_of(tmp_path / "bin", COMMANDS)
    # Each node runs the command of srun; here that is this machine, twice.
    srun = tmp_path / "bin" / "srun"
    srun.write_text('#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\n"$@" & "$@" & wait\n')
    srun.chmod(0o755)
    environment |= {"SLURM_SUBMIT_DIR": str(tmp_path), "SLURM_JOB_ID": "7"}
    environment |= {"SLURM_CPUS_PER_TASK": "1"}
    done = subprocess.run(
        ["bash", str(EXAMPLES / "slurm.sh"), str(simulated_job)],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300,
        start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "rebalance_7" / "results" / "particles_selected.star").is_file()


@installed
@pytest.mark.skipif(shutil.which("snakemake") is None, reason="snakemake is not installed")
def test_snakemake_balances_every_classification(simulated_job: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(simulated_job.parents[1], project)
    done = subprocess.run(
        ["snakemake", "--cores", "2", "--snakefile", str(EXAMPLES / "Snakefile")],
        env=environment_of(COMMANDS), cwd=project, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "balanced" / simulated_job.name / "particles_selected.star").is_file()


def test_the_recipe_has_the_package_as_it_is() -> None:
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert recipe["context"]["version"] == rebalance.__version__
    assert recipe["package"]["name"] == project["name"]
    assert recipe["about"]["license"] == project["license"]
    needed = set()
    for one in project["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)(\S*)", one).groups()  # type: ignore[union-attr]
        needed.add(f"{OTHER_NAMES.get(name, name)} {bound}".strip())
    run = set(recipe["requirements"]["run"])
    assert run - {"python >=${{ python_min }}"} == needed
    scripts = {f"{name} = {place}" for name, place in project["scripts"].items()}
    assert set(recipe["build"]["python"]["entry_points"]) == scripts


@pytest.mark.skipif(
    importlib.util.find_spec("rattler_build") is None, reason="py-rattler-build is not installed"
)
def test_the_recipe_renders() -> None:
    from rattler_build import Stage0Recipe, VariantConfig

    recipe = Stage0Recipe.from_yaml(RECIPE.read_text(encoding="utf-8"))
    (rendered,) = recipe.render(VariantConfig({"python_min": ["3.11"]}))
    assert "rebalance-em" in str(rendered.recipe.package)
