"""The pipeliner offers the jobs, says what they need, and why one can't be run."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

import rebalance

pytest.importorskip("pipeliner", reason="ccpem-pipeliner is not installed")

from pipeliner import job_factory
from pipeliner.pipeliner_job import PipelinerJob
from rebalance_ccpem.papers import SCF, SOFTWARE

GROUP = "ccpem_pipeliner.jobs"
JOBS = {
    "rebalance.select.class_averages": "Subset Selection",
    "rebalance.select.orientations": "Subset Selection",
    "rebalance.map_analysis.orientations": "Map Analysis",
}

if not metadata.entry_points(group=GROUP, name=next(iter(JOBS))):
    pytest.skip("rebalance-ccpem is not installed", allow_module_level=True)


@pytest.fixture(params=JOBS)
def job(request: pytest.FixtureRequest, project: Path) -> PipelinerJob:
    return job_factory.new_job_of_type(request.param)


def test_they_are_all_the_jobs_of_the_package() -> None:
    distribution = metadata.distribution("rebalance-ccpem")
    assert {point.name for point in distribution.entry_points if point.group == GROUP} == set(JOBS)


def test_the_pipeliner_offers_them(project: Path) -> None:
    offered = {one.PROCESS_NAME: one for one in job_factory.get_job_types("rebalance")}
    assert set(offered) == set(JOBS)
    assert {name: one.get_category_label() for name, one in offered.items()} == JOBS


def test_a_job_is_named_as_its_entry_point(job: PipelinerJob) -> None:
    (point,) = metadata.entry_points(group=GROUP, name=job.PROCESS_NAME)
    assert point.load() is type(job)


def test_a_job_can_be_run_where_rebalance_is_found(job: PipelinerJob) -> None:
    assert job.jobinfo.is_available, job.jobinfo.unavailable_message


def test_a_job_says_what_is_missing(
    job: PipelinerJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    made = job_factory.new_job_of_type(job.PROCESS_NAME)
    assert not made.jobinfo.is_available
    assert "executable 'rebalance' not found" in made.jobinfo.unavailable_message


def test_the_version_of_the_program_is_found(job: PipelinerJob) -> None:
    (program,) = job.jobinfo.programs
    assert program.get_version(timeout=60) == rebalance.__version__


def test_a_job_says_what_it_does_and_whom_to_cite(job: PipelinerJob) -> None:
    info = job.jobinfo
    assert "No " not in info.short_desc[:3]
    assert len(info.long_desc) > 2 * len(info.short_desc)
    assert info.references[0] is SOFTWARE
    assert (SCF in info.references) == job.PROCESS_NAME.endswith("orientations")


def test_the_program_is_cited_as_it_asks_to_be() -> None:
    yaml = pytest.importorskip("yaml")
    citation = Path(__file__).parents[3] / "CITATION.cff"
    if not citation.is_file():
        pytest.skip("this copy of the package lies outside of the repository")
    said = yaml.safe_load(citation.read_text(encoding="utf-8"))
    assert SOFTWARE.title == said["title"]
    assert SOFTWARE.authors == [one["name"] for one in said["authors"]]
    assert SOFTWARE.year == str(said["date-released"].year)
