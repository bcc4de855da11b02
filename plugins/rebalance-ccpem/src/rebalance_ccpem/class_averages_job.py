"""`rebalance run` as a job: particles balanced by the superclasses of their class averages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeliner.job_options import (
    EXT_RELION_OPT,
    EXT_STARFILE,
    FileDescription,
    InputNodeJobOption,
    JobOption,
    JobOptionCondition,
    JobOptionValidationResult,
)
from pipeliner.nodes import (
    NODE_IMAGE2DGROUPMETADATA,
    NODE_IMAGE2DSTACK,
    NODE_OPTIMISERDATA,
    NODE_PARAMSDATA,
    NODE_PARTICLEGROUPMETADATA,
    NODE_PROCESSDATA,
)
from pipeliner.results_display_objects import ResultsDisplayObject

from rebalance_ccpem.displays import displays_of_run
from rebalance_ccpem.form import Form, NodeKind
from rebalance_ccpem.job import RESULTS, RebalanceJob

_OFF = ("superclasses", "=", False)
_NO_COMPARISON = JobOptionCondition([_OFF, ("affinity_file", "!=", "")])
_GIVEN = [_OFF, ("labels", "!=", ""), ("decisions", "!=", "")]
_OF_METRIC = ("mask_diameter", "low_pass", "high_pass", "max_shift", "symmetry")

FORM = Form(
    command="run",
    labels={
        "n_superclasses": "Number of superclasses",
        "view_width": "OR: angle between the views of a superclass (degrees)",
        "factor": "Rebalance factor",
        "max_size": "OR: largest superclass (particles)",
        "metric.symmetry": "Point group of the molecule",
        "junk": "Averages that look like junk",
        "junk_classes": "Junk classes",
        "decisions": "Decisions from the report page",
        "superclasses": "Group class averages into superclasses?",
        "labels": "Your own grouping",
        "clustering": "Clustering",
        "metric": "Metric",
        "metric.mask_diameter": "Mask diameter (Å, or 50px)",
        "metric.low_pass": "Low-pass filter (Å, or 2px)",
        "metric.high_pass": "High-pass filter (Å, or 40px)",
        "metric.max_shift": "Largest shift (Å, or 4px)",
        "affinity_file": "Affinity of an earlier run",
        "options": "Options of methods",
        "cap_from": "Smallest superclass that decides (particles)",
        "strategy": "Which particles to keep",
        "seed": "Seed",
        "exclude_classes": "Classes to leave out",
        "only_classes": "Classes to use",
        "min_class_particles": "Smallest class to use (particles)",
        "verdicts": "Verdicts on class averages",
        "strict": "Stop if particles belong to no class average?",
        "device": "Device",
        "pixel_size": "Pixel size of the class averages (Å)",
        "poses": "3D refinement of the same particles",
        "subsets": "Balanced subsets",
        "picking_templates": "Picking templates",
        "also": "Further results",
        "copy_templates": "Copy the stack of class averages?",
    },
    main=(
        *("n_superclasses", "view_width", "factor", "max_size", "metric.symmetry"),
        *("junk", "junk_classes", "decisions"),
    ),
    left_out={
        "path": "an input of the job",
        "class_averages": "an input of the job",
        "output": "the folder of the job",
        "overwrite": "a job that is run again replaces what it wrote",
        "figures": "Doppio shows them",
        "pdf": "Doppio shows pictures",
        "scale": "the report page has both",
        "threads": "the job has a number of threads",
        "executor": "a job is run on one machine",
        "scheduler": "a job is run on one machine",
        "use_cache": "the cache is the user's",
        "passthrough": "of CryoSPARC",
        "format": "files are those of RELION",
        "project": "jobs are run in the project",
        "metric.mirror": "rarely changed; among the options of methods",
    },
    defaults={"n_superclasses": "auto"},
    idle_if={
        "n_superclasses": JobOptionCondition([*_GIVEN, ("view_width", "!=", None)]),
        "clustering": JobOptionCondition([*_GIVEN]),
        "metric": _NO_COMPARISON,
        **{f"metric.{name}": _NO_COMPARISON for name in _OF_METRIC},
    },
    nodes={
        "decisions": NodeKind(NODE_PARAMSDATA, (), "Decisions", (".json",)),
        "labels": NodeKind(NODE_PARAMSDATA, (), "Table of class_id and superclass", (".csv",)),
        "affinity_file": NodeKind(
            NODE_PROCESSDATA, ("rebalance", "affinity"), "Affinity", (".npz",)
        ),
        "verdicts": NodeKind(NODE_PROCESSDATA, (), "Verdicts", (".star", ".txt")),
        "poses": NodeKind(
            NODE_PARTICLEGROUPMETADATA, ("relion",), "Particles STAR file", (".star",)
        ),
    },
)


class BalanceClassAverages(RebalanceJob):
    """Class averages in superclasses of similar view, and particles balanced between them."""

    PROCESS_NAME = "rebalance.select.class_averages"
    CATEGORY_LABEL = "Subset Selection"
    FORM = FORM

    def __init__(self) -> None:
        super().__init__()
        self.jobinfo.display_name = "Balance views by 2D class averages"
        self.jobinfo.short_desc = (
            "Group similar class averages into superclasses and balance the particles"
        )
        self.jobinfo.long_desc = (
            "Groups 2D class averages that show a similar view into superclasses, and drops "
            "particles of crowded superclasses, so that an initial model is not dominated by a "
            "few preferred views. Averages that look like junk are set aside. If the rebalance "
            "factor is left empty, no particle is dropped: look at the superclasses first. Use "
            "balanced particles to find a map, and refine the final map with all good particles."
        )

    def input_options(self) -> dict[str, JobOption]:
        return {
            "fn_opt": InputNodeJobOption(
                label="Optimiser of a 2D classification",
                node_type=NODE_OPTIMISERDATA,
                node_kwds=["relion", "class2d"],
                pattern=FileDescription("Optimiser STAR file", EXT_RELION_OPT),
                help_text="Its particles and class averages are found automatically.",
                deactivate_if=JobOptionCondition([("fn_data", "!=", "")]),
            ),
            "fn_data": InputNodeJobOption(
                label="OR: particles with 2D classes",
                node_type=NODE_PARTICLEGROUPMETADATA,
                node_kwds=["relion"],
                pattern=FileDescription("Particles STAR file", EXT_STARFILE),
                help_text="particles.star of a Select job, or run_it…_data.star of a Class2D job. "
                "The class averages are found if they are in the same folder.",
                deactivate_if=JobOptionCondition([("fn_opt", "!=", "")]),
            ),
            "fn_averages": InputNodeJobOption(
                label="Class averages of these particles",
                node_type=NODE_IMAGE2DGROUPMETADATA,
                node_kwds=["relion", "classaverages"],
                pattern=FileDescription("Class averages", [".star", ".mrcs"]),
                help_text="Only needed if they are not in the folder of the particles: "
                "class_averages.star of a Select job, a model STAR file, or a stack.",
                deactivate_if=JobOptionCondition([("fn_opt", "!=", ""), _OFF]),
            ),
        }

    def input_settings(self) -> dict[str, Any]:
        averages = self.text("fn_averages")
        is_used = averages and not self.check_joboption_is_now_deactivated("fn_averages")
        return {
            "path": self.text("fn_opt") or self.text("fn_data"),
            **({"class_averages": averages} if is_used else {}),
        }

    def input_problems(self) -> list[JobOptionValidationResult]:
        names = [name for name in ("fn_opt", "fn_data") if self.text(name)]
        if not names:
            message = "Choose an optimiser of a 2D classification, or particles."
            return [self.problem(message, "fn_opt", "fn_data")]
        if len(names) > 1:
            message = "The optimiser already defines the particles, so leave out one of these."
            return [self.problem(message, *names)]
        found_beside = {
            "fn_opt": "its particles and class averages are searched for in its folder",
            "poses": "the point group is searched for in its folder",
        }
        return [
            problem
            for name, why in found_beside.items()
            for problem in self.problems_of_a_copy(name, why)
        ]

    def create_output_nodes(self) -> None:
        self.add_particles("particles_selected.star")
        self.add_particles("particles_excluded.star", "excluded")
        self.add_logs()

    def create_post_run_output_nodes(self) -> None:
        averages = NODE_IMAGE2DGROUPMETADATA, ["relion", "classaverages"]
        stack = NODE_IMAGE2DSTACK
        found: dict[str, tuple[str, list[str]]] = {
            "templates.star": averages,
            "superclasses.csv": (NODE_PROCESSDATA, ["rebalance", "superclasses"]),
            "affinity.npz": (NODE_PROCESSDATA, ["rebalance", "affinity"]),
            "picking_templates.mrcs": (stack, ["rebalance", "picking_templates"]),
            "superclass_averages.mrcs": (stack, ["rebalance", "superclasses"]),
        }
        for name, (node_type, keywords) in found.items():
            if (self.results / name).is_file():
                self.add_output_node(f"{RESULTS}/{name}", node_type, keywords)
        more = [self.results / "particles_superclasses.star"]
        more += sorted((self.results / "subsets").glob("*.star"))
        more += sorted((self.results / "superclasses").glob("*.star"))
        for path in more:
            if path.is_file():
                self.add_particles(path.relative_to(self.results).as_posix(), path.stem)

    def create_results_display(self) -> Sequence[ResultsDisplayObject]:
        return displays_of_run(self.results, self.shown_summary(), self.output_dir)
