"""RELION_OUTPUT_NODES.star: the files of a job that other jobs may take, in three spellings.

RELION reads it when a job has ended well, and adds the nodes to the pipeline. What a node is has a
number in 3.1, a label in 4, and another label in 5; the GUI of one offers nothing of another. Which
of them runs the project is told by its default_pipeline.star.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from rebalance.errors import InputError
from rebalance.formats.star_file import StarFile
from rebalance.star_writer import loop_block

OUTPUT_NODES = "RELION_OUTPUT_NODES.star"
PIPELINE = "default_pipeline.star"

_NUMBER, _LABEL = "rlnPipeLineNodeType", "rlnPipeLineNodeTypeLabel"
_ONLY_IN_5 = "GroupMetadata."
"""In ``MicrographGroupMetadata.star.relion``, where 4 has ``MicrographsData.star.relion``."""

_VERSION_OF_5 = b"# version 5"


class Node(NamedTuple):
    """What a file is, as the spellings of `Spelling` say it."""

    in_3: int
    in_4: str
    in_5: str


PARTICLES = Node(3, "ParticlesData.star.relion", "ParticleGroupMetadata.star.relion")
AVERAGES = Node(
    5,
    "ImagesData.star.relion.classaverages",
    "Image2DGroupMetadata.star.relion.classaverages",
)
LOGFILE = Node(13, "LogFile.pdf.relion", "LogFile.pdf.relion")


class Spelling(IntEnum):
    """Of nodes, by the version of RELION; the place in a `Node`."""

    RELION_3 = 0
    RELION_4 = 1
    RELION_5 = 2


def spelling_of(project: Path) -> Spelling:
    """How the RELION that runs a project spells nodes; the newest where that can't be told."""
    try:
        star = StarFile(project / PIPELINE)
        block = star.block("pipeline_nodes")
        if block is None or block.loop is None:
            is_5 = _VERSION_OF_5 in star.text.slice(0, 200)
            return Spelling.RELION_5 if is_5 else _by_processes(star)
        if _LABEL not in block.loop.labels:
            return Spelling.RELION_3
        labels = [str(label) for label in block.loop.read_column(_LABEL)]
    except InputError:
        return Spelling.RELION_5
    is_5 = any(_ONLY_IN_5 in label for label in labels)
    return Spelling.RELION_5 if is_5 else Spelling.RELION_4


def _by_processes(star: StarFile) -> Spelling:
    """Of a pipeline without a node: 3.1 has numbers for the types of jobs, too."""
    block = star.block("pipeline_processes")
    labels = () if block is None or block.loop is None else block.loop.labels
    return Spelling.RELION_3 if "rlnPipeLineProcessType" in labels else Spelling.RELION_4


def output_nodes(nodes: Mapping[str, Node], spelling: Spelling) -> bytes:
    """The content of the file.

    Parameters
    ----------
    nodes : mapping of str to Node
        By path relative to the project.
    spelling : Spelling
    """
    label = _NUMBER if spelling is Spelling.RELION_3 else _LABEL
    columns = {
        "PipeLineNodeName": [*nodes],
        label.removeprefix("rln"): [str(node[spelling]) for node in nodes.values()],
    }
    return loop_block("output_nodes", columns).encode("utf-8", "surrogateescape")
