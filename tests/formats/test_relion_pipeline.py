"""Particles that were split, filtered or joined are traced to their class averages by the jobs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.relion_jobs import CLASSES, select_job

OPTIONS = """
data_job

_rlnJobType 7

data_joboptions_values

loop_
_rlnJobOptionVariable #1
_rlnJobOptionValue #2
fn_data {}
fn_exe "rebalance relion"
"""


def edges(*pairs: tuple[str, str]) -> str:
    rows = "".join(f"{name} {job}/ \n" for name, job in pairs)
    return (
        "\n# version 30001\n\ndata_pipeline_input_edges\n\nloop_\n_rlnPipeLineEdgeFromNode #1\n"
        f"_rlnPipeLineEdgeProcess #2\n{rows} \n"
    )


class Project:
    """A Class2D job, and tables of other jobs without averages beside them."""

    def __init__(self, relion_job) -> None:
        self.folder: Path = relion_job.project
        self.rows = relion_job.rows
        self.data: Path = relion_job.iteration("run_it025", CLASSES)
        (self.folder / ".gui_projectdir").touch()

    def table(self, name: str, rows: slice = slice(None)) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self.data.read_text()
        path.write_text(text.replace(self.rows(CLASSES), self.rows(CLASSES[rows])))
        return path

    def comes_from(self, job: str, *names: str, by: str = "job_pipeline.star") -> None:
        if by == "job.star":
            (self.folder / job / by).write_text(OPTIONS.format(names[0]))
            return
        path = self.folder / (by if by == "default_pipeline.star" else f"{job}/{by}")
        path.write_text(edges(*((name, job) for name in names)))


@pytest.fixture
def project(relion_job) -> Project:
    return Project(relion_job)


@pytest.mark.parametrize("by", ["job_pipeline.star", "default_pipeline.star", "job.star"])
@pytest.mark.parametrize("came", ["data", "model", "optimiser"])
def test_a_split_finds_its_averages_through_its_job(project: Project, by: str, came: str) -> None:
    split = project.table("Select/job008/particles_split1.star", slice(6))
    project.comes_from("Select/job008", f"Class2D/job007/run_it025_{came}.star", by=by)
    data = formats.read(split)
    assert data.class_averages is not None
    assert data.class_averages.class_id.tolist() == [1, 2, 3, 4]
    assert data.class_averages.n_particles is not None
    assert data.class_averages.n_particles.sum() == 6
    note = (
        "Using the class averages of Class2D/job007/run_it025_model.star, where "
        "particles_split1.star comes from."
    )
    assert note in data.notes
    # That it holds less than the job is what a split is for.
    assert data.warnings == ()


def test_it_goes_on_through_several_jobs_to_the_nearest_averages(relion_job) -> None:
    select_job(relion_job, [2, 4], [2, 4, 2])
    relion_job.project.joinpath("default_pipeline.star").write_text(
        edges(
            ("Class2D/job007/run_it025_model.star", "Select/job008"),
            ("Select/job008/particles.star", "Extract/job009"),
            ("Extract/job009/particles.star", "JoinStar/job010"),
        )
    )
    for job in ("Extract/job009/particles.star", "JoinStar/job010/join_particles.star"):
        path = relion_job.project / job
        path.parent.mkdir(parents=True)
        shutil.copy(relion_job.project / "Select/job008/particles.star", path)
    data = formats.read(path)
    assert data.class_averages is not None
    assert data.class_averages.class_id.tolist() == [2, 4]


def test_an_alias_of_a_job_is_followed(project: Project) -> None:
    project.table("Select/job008/particles_split1.star", slice(6))
    project.comes_from("Select/job008", "Class2D/job007/run_it025_data.star")
    (project.folder / "Select" / "first_half").symlink_to("job008")
    data = formats.read(project.folder / "Select/first_half/particles_split1.star")
    assert data.class_averages is not None


def test_several_classifications_are_named_and_none_is_taken(project: Project, relion_job) -> None:
    joined = project.table("JoinStar/job010/join_particles.star")
    for path in sorted(project.data.parent.iterdir()):
        shutil.copy(path, path.with_name(path.name.replace("it025", "it020")))
    project.comes_from(
        "JoinStar/job010",
        "Class2D/job007/run_it025_data.star",
        "Class2D/job007/run_it020_data.star",
    )
    with pytest.raises(InputError) as caught:
        formats.read(joined)
    assert "several classifications" in (caught.value.hint or "")
    assert "run_it020_model.star" in (caught.value.hint or "")
    assert formats.read(joined, need_class_averages=False).class_averages is None


def test_maps_of_a_refinement_are_no_class_averages(project: Project) -> None:
    shiny = project.table("Polish/job012/shiny.star")
    refined = project.folder / "Refine3D" / "job011"
    refined.mkdir(parents=True)
    shutil.copy(project.data, refined / "run_data.star")
    model = project.data.with_name("run_it025_model.star").read_text()
    (refined / "run_model.star").write_text(
        model.replace("Dimensionality                        2", "Dimensionality 3")
    )
    project.comes_from("Polish/job012", "Refine3D/job011/run_data.star")
    project.comes_from("Refine3D/job011", "Class2D/job007/run_it025_data.star")
    assert formats.read(shiny, need_class_averages=False).class_averages is None
    with pytest.raises(InputError):
        formats.read(shiny)


def test_jobs_in_a_circle_end(project: Project) -> None:
    table = project.table("Select/job008/particles_split1.star")
    project.table("Select/job009/particles_split1.star")
    project.comes_from("Select/job008", "Select/job009/particles_split1.star")
    project.comes_from("Select/job009", "Select/job008/particles_split1.star")
    with pytest.raises(InputError):
        formats.read(table)


def test_a_copy_of_the_pipeline_in_a_jobs_folder_is_no_project(project: Project) -> None:
    """RELION puts one there; paths still start from the project above."""
    split = project.table("Select/job008/particles_split1.star")
    project.comes_from("Select/job008", "Class2D/job007/run_it025_data.star")
    shutil.copy(split.with_name("job_pipeline.star"), split.with_name("default_pipeline.star"))
    data = formats.read(split)
    assert data.class_averages is not None
    assert not [note for note in data.notes if "above the project" in note]
