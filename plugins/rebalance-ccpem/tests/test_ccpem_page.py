"""The job and the commands that docs/howto-ccpem.md shows can be run and typed."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

pytest.importorskip("pipeliner", reason="ccpem-pipeliner is not installed")

from pipeliner.job_factory import read_job

if not metadata.entry_points(group="ccpem_pipeliner.jobs", name="rebalance.select.class_averages"):
    pytest.skip("rebalance-ccpem is not installed", allow_module_level=True)

PAGE = Path(__file__).parents[3] / "docs" / "howto-ccpem.md"
if not PAGE.is_file():
    pytest.skip("this copy of the package lies outside of the repository", allow_module_level=True)

TEXT = PAGE.read_text(encoding="utf-8")
OPTIMISER = "Class2D/job003/run_it025_optimiser.star"


@pytest.fixture
def job_file(project: Path) -> str:
    """The file of the page, under the name that it has there."""
    (shown,) = re.findall(r"^```\n(data_job.*?)^```$", TEXT, re.S | re.M)
    Path("balance_job.star").write_text(shown)
    return "balance_job.star"


def test_its_job_is_the_command_that_it_speaks_of(job_file: str) -> None:
    job = read_job(job_file)
    assert [found.message for found in job.validate_joboptions() if found.type == "error"] == []
    job.output_dir = "Rebalance/job099/"
    _, command = job.get_commands()
    said = f"rebalance run {OPTIMISER} -k auto -f 0.3 --threads 8"
    assert " ".join(command.cmd).startswith(said)


def test_its_commands_can_be_typed(job_file: str) -> None:
    typed = [line[2:].split() for line in TEXT.splitlines() if line.startswith("$ pipeliner ")]
    elsewhere = {"--new_project", "--run_job"}
    """Done for these tests already, and in test_ccpem_running.py."""
    assert elsewhere < {words[1] for words in typed}
    for words in typed:
        if words[1] not in elsewhere:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert "rebalance" in done.stdout + done.stderr
    assert Path("rebalance_select_class_averages_job.star").is_file()


def test_it_names_every_job_and_the_fields_as_they_are_called(project: Path) -> None:
    from rebalance_ccpem.class_averages_job import BalanceClassAverages
    from rebalance_ccpem.diagnosis_job import DiagnoseOrientations
    from rebalance_ccpem.orientations_job import BalanceOrientations

    labels = set()
    for kind in (BalanceClassAverages, BalanceOrientations, DiagnoseOrientations):
        job = kind()
        assert f"*{job.jobinfo.display_name}*, under {job.get_category_label()}" in TEXT
        assert f"`{job.PROCESS_NAME}`" in TEXT
        labels |= {
            option.label.removeprefix("OR: ").rstrip(":").lower()
            for option in job.joboptions.values()
        }
    named = re.findall(r"\*\*(.+?)\*\*", TEXT)
    assert named
    assert {name.lower() for name in named} <= labels
