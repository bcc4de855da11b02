"""What the jobs have in common: a form, the command that it comes to, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from pipeliner.external_program_utils import ExternalProgram
from pipeliner.job_options import JobOption, JobOptionValidationResult
from pipeliner.nodes import NODE_LOGFILE, NODE_PARTICLEGROUPMETADATA
from pipeliner.pipeliner_job import PipelinerCommand, PipelinerJob, Ref

from rebalance.errors import InputError, OptionError, RebalanceError
from rebalance.toolkit import check_command, words_of_command
from rebalance_ccpem.form import Form, keys
from rebalance_ccpem.messages import told, without_flags
from rebalance_ccpem.papers import SOFTWARE
from rebalance_ccpem.report import Report

RESULTS = "results"
"""Folder in the job's folder that the command writes to."""


class RebalanceJob(PipelinerJob):
    """A job that runs one command of rebalance.

    A subclass has a form, adds the options that are its input, says in `input_settings` what they
    mean, and makes nodes and displays of the results.
    """

    OUT_DIR = "Rebalance"
    FORM: ClassVar[Form]

    def __init__(self) -> None:
        super().__init__()
        self.jobinfo.version = "0.1"
        self.jobinfo.job_author = "The rebalance developers"
        self.jobinfo.programs = [ExternalProgram("rebalance", vers_com=["rebalance", "--version"])]
        self.jobinfo.references = [SOFTWARE]
        self.jobinfo.documentation = "docs/howto-ccpem.md of rebalance"
        self.joboptions.update(self.input_options())
        self.joboptions.update(self.FORM.options())
        self.get_runtab_options(threads=True, addtl_args=True)
        self.joboptions[
            "other_args"
        ].help_text = f"Any options of rebalance {self.FORM.command}, as on a command line."

    def input_options(self) -> dict[str, JobOption]:
        """The options that say what is read."""
        raise NotImplementedError

    def input_settings(self) -> dict[str, Any]:
        """What these options come to, by the names of settings."""
        raise NotImplementedError

    def input_problems(self) -> list[JobOptionValidationResult]:
        """What is wrong with these options."""
        return []

    @property
    def settings(self) -> dict[str, Any]:
        """What the command is told, by the names of settings; where it writes is not among it."""
        return {
            **self.input_settings(),
            **self.FORM.given(self.joboptions),
            "threads": self.get_nr_threads(),
        }

    def text(self, name: str) -> str:
        """What is written in an option; empty where nothing is."""
        return str(self.joboptions[name].value or "").strip()

    @property
    def results(self) -> Path:
        """The results folder, from the project."""
        return Path(self.output_dir) / RESULTS

    def get_commands(self) -> list[PipelinerCommand]:
        words = words_of_command(self.FORM.command, self.settings)
        # What was added by hand comes before the folder, where the job looks for results.
        words += [*self.parse_additional_args(), "--output", str(self.results), "--overwrite"]
        return [*self.get_program_version_commands(), PipelinerCommand(words)]

    def additional_joboption_validation(self) -> list[JobOptionValidationResult]:
        problems = self.input_problems() + self._problem_of_words()
        is_wrong = any(found.type == "error" for found in problems) or any(
            found.type == "error"
            for option in self.joboptions.values()
            for found in option.validate()
        )
        # An option that is wrong by itself has been told already.
        return problems if is_wrong else self._problem_of_settings()

    def _problem_of_words(self) -> list[JobOptionValidationResult]:
        try:
            self.parse_additional_args()
        except ValueError as error:
            option = self.joboptions["other_args"]
            return [_error([option], f"This is not a valid list of arguments: {error}.")]
        return []

    def _problem_of_settings(self) -> list[JobOptionValidationResult]:
        # Arguments that are added by hand may give what is missing; the command looks at them all.
        check = words_of_command if self.text("other_args") else check_command
        try:
            check(self.FORM.command, self.settings)
        except InputError as error:
            # A job may be scheduled before its files are there; they are looked for when it runs.
            if error.path is not None and not error.path.exists():
                return []
            return [_error(self._at_fault(error), told(error, self.FORM.called))]
        except RebalanceError as error:
            return [_error(self._at_fault(error), told(error, self.FORM.called))]
        return []

    def _at_fault(self, error: RebalanceError) -> list[JobOption]:
        """The options that an error is about; the first one of the job where it doesn't say."""
        setting = error.setting if isinstance(error, OptionError) else None
        asked = {one.name: one for one in self.FORM.asked}
        # Options of plugins without a field of their own are in one for all of them.
        likely = [setting, f"metric.{setting}", "options" if setting and "." in setting else None]
        found = next((keys(asked[name]) for name in likely if name in asked), [])
        return [self.joboptions[name] for name in found or list(self.joboptions)[:1]]

    def problems_of_a_copy(self, name: str, why: str) -> list[JobOptionValidationResult]:
        """An error where a file is not where its job wrote it: a copy of it would lie alone."""
        if not self.text(name).startswith(("/", "~/", "../", "DoppioUploads/")):
            return []
        message = f"Choose a file of a job in this project, not a copy, because {why}."
        return [_error([self.joboptions[name]], message)]

    def problem(self, message: str, *names: str) -> JobOptionValidationResult:
        """An error about some options."""
        return _error([self.joboptions[name] for name in names], message)

    def add_particles(self, name: str, *keywords: str) -> None:
        """A node of a particle table among the results."""
        self.add_output_node(
            f"{RESULTS}/{name}", NODE_PARTICLEGROUPMETADATA, ["relion", "rebalance", *keywords]
        )

    def add_logs(self) -> None:
        """Nodes of the report page and of what the command says."""
        self.add_output_node(f"{RESULTS}/report.html", NODE_LOGFILE, ["rebalance", "report"])
        self.add_output_node("run.out", NODE_LOGFILE, ["rebalance"])

    def summary(self) -> dict[str, Any]:
        """What the command says of its results, `summary.json`."""
        content: dict[str, Any] = json.loads(
            (self.results / "summary.json").read_text(encoding="utf-8")
        )
        return content

    def shown_summary(self) -> dict[str, Any]:
        """The summary with its sentences in the words of the form."""
        said = self.summary()
        flags = self.FORM.flags
        for name in ("warnings", "notes"):
            said[name] = [without_flags(sentence, flags) for sentence in said[name]]
        return said

    def gather_metadata(self) -> dict[str, Any]:
        return self.summary()

    def get_additional_reference_info(self) -> list[Ref]:
        """The papers of the methods that this run used."""
        return Report.read(self.results / "report.md").references()

    def prepare_clean_up_lists(self, do_harsh: bool = False) -> tuple[list[str], list[str]]:
        affinity = self.results / "affinity.npz"
        return ([str(affinity)] if do_harsh and affinity.is_file() else []), []


def _error(raised_by: list[JobOption], message: str) -> JobOptionValidationResult:
    return JobOptionValidationResult("error", raised_by, message)
