"""Output nodes are spelt as the RELION that runs the project spells them."""

from __future__ import annotations

from pathlib import Path

import pytest
import starfile

from rebalance.hosts.relion.output_nodes import (
    AVERAGES,
    LOGFILE,
    PARTICLES,
    Spelling,
    output_nodes,
    spelling_of,
)

NODES = {
    "External/job007/particles_selected.star": PARTICLES,
    "External/job007/class_averages.star": AVERAGES,
    "External/job007/logfile.pdf": LOGFILE,
}

PROCESSES = {
    "3.1": "_rlnPipeLineProcessType #3\n_rlnPipeLineProcessStatus #4\nClass2D/job003/ None 8 2\n",
    "4.0": "_rlnPipeLineProcessTypeLabel #3\n_rlnPipeLineProcessStatusLabel #4\n"
    "Class2D/job003/ None relion.class2d.em Succeeded\n",
}
TYPES = {
    "3.1": ("_rlnPipeLineNodeType", "3", "13"),
    "4.0": ("_rlnPipeLineNodeTypeLabel", "ParticlesData.star.relion", "LogFile.pdf.relion"),
    "5.0": (
        "_rlnPipeLineNodeTypeLabel",
        "ParticleGroupMetadata.star.relion",
        "LogFile.pdf.relion",
    ),
}


def write_pipeline(project: Path, version: str, *, nodes: bool = True) -> None:
    """A default_pipeline.star of a version."""
    comment = 50001 if version == "5.0" else 30001
    label, particles, logfile = TYPES[version]
    text = (
        f"\n# version {comment}\n\ndata_pipeline_general\n\n_rlnPipeLineJobCounter 4\n\n"
        f"\n# version {comment}\n\ndata_pipeline_processes\n\nloop_\n_rlnPipeLineProcessName #1\n"
        f"_rlnPipeLineProcessAlias #2\n{PROCESSES['3.1' if version == '3.1' else '4.0']}\n"
    )
    if nodes:
        text += (
            f"\n# version {comment}\n\ndata_pipeline_nodes\n\nloop_\n_rlnPipeLineNodeName #1\n"
            f"{label} #2\nClass2D/job003/run_it025_data.star {particles}\n"
            f"PostProcess/job004/logfile.pdf {logfile}\n\n"
        )
    (project / "default_pipeline.star").write_text(text)


@pytest.mark.parametrize("nodes", [True, False], ids=["with nodes", "without a node yet"])
@pytest.mark.parametrize(
    ("version", "spelling"),
    [("3.1", Spelling.RELION_3), ("4.0", Spelling.RELION_4), ("5.0", Spelling.RELION_5)],
)
def test_the_spelling_is_told_by_the_pipeline(
    tmp_path: Path, version: str, spelling: Spelling, nodes: bool
) -> None:
    write_pipeline(tmp_path, version, nodes=nodes)
    assert spelling_of(tmp_path) is spelling


def test_a_pipeline_of_a_real_project(real_data: Path) -> None:
    assert spelling_of(real_data / "star_variants" / "starfile_tests") is Spelling.RELION_3


def test_without_a_pipeline_it_is_the_newest(tmp_path: Path) -> None:
    assert spelling_of(tmp_path) is Spelling.RELION_5
    (tmp_path / "default_pipeline.star").write_text("nothing of the kind\n")
    assert spelling_of(tmp_path) is Spelling.RELION_5


@pytest.mark.parametrize(
    ("spelling", "column", "kinds"),
    [
        (Spelling.RELION_3, "rlnPipeLineNodeType", [3, 5, 13]),
        (
            Spelling.RELION_4,
            "rlnPipeLineNodeTypeLabel",
            [
                "ParticlesData.star.relion",
                "ImagesData.star.relion.classaverages",
                "LogFile.pdf.relion",
            ],
        ),
        (
            Spelling.RELION_5,
            "rlnPipeLineNodeTypeLabel",
            [
                "ParticleGroupMetadata.star.relion",
                "Image2DGroupMetadata.star.relion.classaverages",
                "LogFile.pdf.relion",
            ],
        ),
    ],
)
def test_every_node_has_its_name_in_the_project_and_its_kind(
    tmp_path: Path, spelling: Spelling, column: str, kinds: list[object]
) -> None:
    (tmp_path / "nodes.star").write_bytes(output_nodes(NODES, spelling))
    table = starfile.read(tmp_path / "nodes.star", always_dict=True)["output_nodes"]
    assert table.columns.tolist() == ["rlnPipeLineNodeName", column]
    assert table["rlnPipeLineNodeName"].tolist() == [*NODES]
    assert table[column].tolist() == kinds
