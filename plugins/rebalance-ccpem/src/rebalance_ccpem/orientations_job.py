"""`rebalance orientations` as a job: particles of crowded viewing directions dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeliner.job_options import (
    EXT_STARFILE,
    FileDescription,
    InputNodeJobOption,
    JobOption,
    JobOptionValidationResult,
)
from pipeliner.nodes import NODE_PARTICLEGROUPMETADATA, NODE_PROCESSDATA
from pipeliner.results_display_objects import ResultsDisplayObject

from rebalance_ccpem.displays import displays_of_orientations
from rebalance_ccpem.form import Form
from rebalance_ccpem.job import RESULTS, RebalanceJob
from rebalance_ccpem.papers import SCF

SHARED_LABELS = {
    "symmetry": "Point group",
    "n_bins": "Bins of viewing directions",
    "binning": "How the sphere is divided",
    "antipodal": "Count opposite directions as one?",
    "only_classes": "3D classes to use",
    "seed": "Seed",
}
"""Also used by the diagnosis job."""

SHARED_LEFT_OUT = {
    "path": "an input of the job",
    "output": "the folder of the job",
    "overwrite": "a job that is run again replaces what it wrote",
    "figures": "Doppio shows them",
    "pdf": "Doppio shows pictures",
    "threads": "the job has a number of threads",
    "passthrough": "of CryoSPARC",
    "format": "files are those of RELION",
    "project": "jobs are run in the project",
}

FORM = Form(
    command="orientations",
    labels={
        **SHARED_LABELS,
        "percentile": "Percentile",
        "factor": "OR: rebalance factor",
        "max_size": "OR: most particles per bin",
        "strategy": "Which particles to keep",
        "options": "Options of the strategy",
    },
    main=("symmetry", "percentile", "factor", "max_size"),
    left_out=SHARED_LEFT_OUT,
)


class BalanceOrientations(RebalanceJob):
    """Particles of crowded viewing directions dropped, once poses exist."""

    PROCESS_NAME = "rebalance.select.orientations"
    CATEGORY_LABEL = "Subset Selection"
    FORM = FORM

    def __init__(self) -> None:
        super().__init__()
        self.jobinfo.display_name = "Balance orientations"
        self.jobinfo.short_desc = "Drop particles of crowded viewing directions"
        self.jobinfo.long_desc = (
            "Sorts the particles of a 3D refinement, 3D classification or initial model into bins "
            "of viewing directions, and drops particles of crowded bins. Shows how evenly Fourier "
            "space is sampled before and after (SCF*), compared with as many particles dropped at "
            "random. Use the selected particles to find a better map, and refine the final map "
            "with all good particles."
        )
        self.jobinfo.references.append(SCF)

    def input_options(self) -> dict[str, JobOption]:
        return {
            "fn_data": InputNodeJobOption(
                label="Particles with poses",
                node_type=NODE_PARTICLEGROUPMETADATA,
                node_kwds=["relion"],
                pattern=FileDescription("Particles STAR file", EXT_STARFILE),
                help_text="run_data.star of a 3D refinement, 3D classification or initial model.",
                is_required=True,
            )
        }

    def input_settings(self) -> dict[str, Any]:
        return {"path": self.text("fn_data")}

    def input_problems(self) -> list[JobOptionValidationResult]:
        return self.problems_of_a_copy("fn_data", "the point group is searched for in its folder")

    def create_output_nodes(self) -> None:
        self.add_particles("particles_selected.star")
        self.add_particles("particles_excluded.star", "excluded")
        self.add_output_node(f"{RESULTS}/bins.csv", NODE_PROCESSDATA, ["rebalance", "orientations"])
        self.add_logs()

    def create_results_display(self) -> Sequence[ResultsDisplayObject]:
        return displays_of_orientations(self.results, self.shown_summary())
