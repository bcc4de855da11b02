"""`rebalance diagnose` as a job: whether views are missing, or junk is in the way."""

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
from pipeliner.nodes import (
    NODE_DENSITYMAP,
    NODE_EVALUATIONMETRIC,
    NODE_MASK3D,
    NODE_PARTICLEGROUPMETADATA,
)
from pipeliner.results_display_objects import ResultsDisplayObject

from rebalance_ccpem.displays import displays_of_diagnosis
from rebalance_ccpem.form import Form, NodeKind
from rebalance_ccpem.job import RESULTS, RebalanceJob
from rebalance_ccpem.orientations_job import SHARED_LABELS, SHARED_LEFT_OUT
from rebalance_ccpem.papers import SCF

_HALF_MAP = NodeKind(NODE_DENSITYMAP, ("halfmap",), "Half map, not masked", (".mrc",))

FORM = Form(
    command="diagnose",
    labels={
        **SHARED_LABELS,
        "half_maps": "Half map",
        "mask": "Mask of the refinement",
        "pixel_size": "Voxel size of the half maps (Å)",
        "compare": "Particles to compare with",
        "compare_half_maps": "Half map to compare with",
    },
    main=("half_maps", "mask", "symmetry"),
    left_out=SHARED_LEFT_OUT,
    nodes={
        "half_maps": _HALF_MAP,
        "compare_half_maps": _HALF_MAP,
        "mask": NodeKind(NODE_MASK3D, (), "Mask", (".mrc",)),
        "compare": NodeKind(
            NODE_PARTICLEGROUPMETADATA, ("relion",), "Particles STAR file", (".star",)
        ),
    },
)


class DiagnoseOrientations(RebalanceJob):
    """Preferred orientation told from junk, by poses and half maps."""

    PROCESS_NAME = "rebalance.map_analysis.orientations"
    CATEGORY_LABEL = "Map Analysis"
    FORM = FORM

    def __init__(self) -> None:
        super().__init__()
        self.jobinfo.display_name = "Diagnose preferred orientation"
        self.jobinfo.short_desc = (
            "Show from poses and half maps whether views are missing, or junk is included"
        )
        self.jobinfo.long_desc = (
            "Measures how evenly the particles of a 3D refinement sample Fourier space (SCF*), "
            "and how well its half maps agree in each direction (cFAR). Explains what both mean "
            "together (missing views, or junk) and what to do."
        )
        self.jobinfo.references.append(SCF)

    def input_options(self) -> dict[str, JobOption]:
        return {
            "fn_data": InputNodeJobOption(
                label="Particles with poses",
                node_type=NODE_PARTICLEGROUPMETADATA,
                node_kwds=["relion"],
                pattern=FileDescription("Particles STAR file", EXT_STARFILE),
                help_text="run_data.star of a 3D refinement. Half maps in the same folder are "
                "used. Leave it empty to analyze half maps only.",
            )
        }

    def input_settings(self) -> dict[str, Any]:
        path = self.text("fn_data")
        return {"path": path} if path else {}

    def input_problems(self) -> list[JobOptionValidationResult]:
        if not any(self.text(name) for name in ("fn_data", "half_maps_1", "half_maps_2")):
            message = "Choose the particles of a 3D refinement, two half maps, or both."
            return [self.problem(message, "fn_data", "half_maps_1", "half_maps_2")]
        return self.problems_of_a_copy(
            "fn_data", "half maps and point group are searched for in its folder"
        )

    def create_output_nodes(self) -> None:
        self.add_output_node(
            f"{RESULTS}/summary.json", NODE_EVALUATIONMETRIC, ["rebalance", "orientations"]
        )
        self.add_logs()

    def create_results_display(self) -> Sequence[ResultsDisplayObject]:
        return displays_of_diagnosis(self.results, self.shown_summary())
