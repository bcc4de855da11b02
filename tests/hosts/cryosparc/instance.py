"""A simulated CryoSPARC: projects on disk, jobs, and the rules that its documentation states.

What the documentation leaves open is refused, so that nothing rests on it: outputs without rows,
outputs that were declared and never saved, fields that an output was not declared to have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.hosts.cryosparc.project import NOW, Gone, Refused
from tests.hosts.cryosparc.shown_jobs import ACTIVE, ShownJobs

_NAME = re.compile(r"[A-Za-z][0-9A-Za-z_]*")


class Given(NamedTuple):
    """An output of a job that was run in CryoSPARC: its type, and the file of each slot."""

    type: str
    files: Mapping[str, str]
    passed: Sequence[str] = ()


class Instance(ShownJobs):
    """All of it, and what was asked.

    Parameters
    ----------
    folder, shown_folder
        Those of `Project`.
    """

    def __init__(self, folder: Path, shown_folder: Path | None = None) -> None:
        super().__init__(folder, shown_folder)
        self.calls: list[str] = []
        self.refusing: dict[str, Refused | Gone] = {}
        """Functions that are refused, whatever is asked."""

    def add_job(
        self,
        uid: str,
        type: str,
        outputs: Mapping[str, Given] | None = None,
        inputs: Mapping[str, tuple[str, str]] | None = None,
        *,
        status: str = "completed",
        title: str = "",
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """A job that is there already.

        Parameters
        ----------
        uid, type, status, title : str
        outputs : mapping of str to Given
        inputs : mapping of str to (job, output)
            All results of that output are connected.
        params : mapping
        """
        job = self._new_job(uid, type, title, "", status)
        for name, value in (params or {}).items():
            setattr(job.spec.params, name, value)
        for name, given in (outputs or {}).items():
            job.spec.outputs.root[name] = self._output(given)
        for name, (parent, output) in (inputs or {}).items():
            from cryosparc.models.job_spec import Input

            kind = self.jobs[parent].spec.outputs.root[output].type
            job.spec.inputs.root[name] = Input(type=kind, title=name)
            self._connect(job, name, parent, output)
        return job

    def _output(self, given: Given) -> Any:
        from cryosparc.models.job_spec import Output, OutputResult

        results = []
        rows = {file: len(self._table(file)) for file in set(given.files.values()) if file}
        n_items = max(rows.values(), default=0)
        for slot, file in given.files.items():
            results.append(
                OutputResult(
                    name=slot,
                    dtype=slot,
                    versions=[0, 20] if file else [],
                    metafiles=[f"{file}.before", file] if file else [],
                    num_items=[1, n_items] if file else [],
                    passthrough=slot in given.passed,
                )
            )
        return Output(type=given.type, title="", results=results, num_items=n_items)

    def _new_job(self, uid: str, type: str, title: str, description: str, status: str) -> Any:
        from cryosparc.models.job import Job
        from cryosparc.models.job_spec import JobSpec
        from cryosparc.models.resource import ResourceSpec

        job = Job(
            uid=uid,
            project_uid="P3",
            spec=JobSpec(
                type=type, ui_tile_width=1, ui_tile_height=1, resource_spec=ResourceSpec()
            ),
            job_dir=uid,
            job_dir_size_last_updated=NOW,
            title=title,
            description=description,
            status=status,
            uid_num=int(uid[1:]),
            project_uid_num=3,
            status_num=0,
            build_errors=[],
        )
        self.jobs[uid] = job
        (self.folder / uid).mkdir(exist_ok=True)
        return job

    def jobs_create(
        self,
        project_uid: str,
        workspace_uid: str,
        type: str,
        params: Any = None,
        title: str = "",
        description: str = "",
    ) -> Any:
        self.workspaces_find_one(project_uid, workspace_uid)
        number = max((int(uid[1:]) for uid in self.jobs), default=0) + 1
        return self._new_job(f"J{number}", type, title, description, "building")

    def jobs_add_external_input(
        self, project_uid: str, job_uid: str, input_name: str, body: Any
    ) -> Any:
        from cryosparc.models.job_spec import Input

        job = self._external(project_uid, job_uid, ("building", *ACTIVE))
        self._check_spec(input_name, body)
        job.spec.inputs.root[input_name] = Input(**body.model_dump())
        return job

    def jobs_add_external_output(
        self, project_uid: str, job_uid: str, output_name: str, body: Any
    ) -> Any:
        from cryosparc.models.job_spec import Output

        job = self._external(project_uid, job_uid, ("building", *ACTIVE))
        self._check_spec(output_name, body)
        if body.passthrough is not None:
            source = job.spec.inputs.root.get(body.passthrough)
            if source is None or source.type != body.type:
                raise Refused(422, f"No input {body.passthrough} of type {body.type}")
        job.spec.outputs.root[output_name] = Output(**body.model_dump())
        return job

    def jobs_connect(
        self,
        project_uid: str,
        job_uid: str,
        input_name: str,
        source_output_name: str,
        source_job_uid: str,
    ) -> Any:
        job = self._external(project_uid, job_uid, ("building",))
        source = self.jobs_find_one(project_uid, source_job_uid)
        given = job.spec.inputs.root.get(input_name)
        output = source.spec.outputs.root.get(source_output_name)
        if given is None or output is None:
            raise Refused(422, "There is no such input or output")
        if given.type != output.type:
            raise Refused(422, f"Cannot connect a {output.type} to an input of {given.type}")
        self._connect(job, input_name, source_job_uid, source_output_name)
        return job

    def jobs_mark_running(self, project_uid: str, job_uid: str, status: str = "running") -> Any:
        job = self._external(project_uid, job_uid, ("building", *ACTIVE))
        for name, given in job.spec.inputs.root.items():
            if len(given.connections) < given.count_min:
                raise Refused(422, f"Input {name} is not connected")
            for connection in given.connections:
                has = {result.result for result in connection.results}
                missing = {slot.name for slot in given.slots if slot.required} - has
                if missing:
                    raise Refused(422, f"Input {name} lacks the slots {sorted(missing)}")
        job.status = status
        return job

    def jobs_mark_completed(self, project_uid: str, job_uid: str) -> Any:
        job = self._external(project_uid, job_uid, ("killed", "failed", *ACTIVE))
        unsaved = [name for name, one in job.spec.outputs.root.items() if not one.results]
        if unsaved:
            raise Refused(422, f"Outputs {unsaved} were never saved")
        job.status = "completed"
        return job

    def jobs_mark_failed(self, project_uid: str, job_uid: str, error: str | None = None) -> Any:
        job = self.jobs_find_one(project_uid, job_uid)
        if job.status == "completed":
            raise Refused(422, "The job is completed")
        job.status = "failed"
        self.events.append({"job": job_uid, "type": "error", "text": error})
        return job

    def jobs_load_output(
        self, project_uid: str, job_uid: str, output_name: str, slots: Any = "default", **_: Any
    ) -> Any:
        job = self.jobs_find_one(project_uid, job_uid)
        output = job.spec.outputs.root.get(output_name)
        if output is None:
            raise Refused(404, f"No output {output_name}")
        files = {one.name: one.metafiles[-1] for one in output.results if one.metafiles}
        return self._joined(files, slots)

    def jobs_load_input(
        self, project_uid: str, job_uid: str, input_name: str, slots: Any = "default", **_: Any
    ) -> Any:
        job = self.jobs_find_one(project_uid, job_uid)
        given = job.spec.inputs.root.get(input_name)
        if given is None or not given.connections:
            raise Refused(422, f"Input {input_name} is not connected")
        files: dict[str, str] = {}
        for result in given.connections[0].results:
            source = self.jobs[result.job_uid].spec.outputs.root[result.output]
            files |= {
                one.name: one.metafiles[-1]
                for one in source.results
                if one.name == result.result and one.metafiles
            }
        return self._joined(files, slots)

    def jobs_save_output(
        self, project_uid: str, job_uid: str, output_name: str, dataset: Any, version: int = 0
    ) -> Any:
        from cryosparc.models.job_spec import OutputResult

        job = self._external(project_uid, job_uid, ACTIVE)
        output = job.spec.outputs.root.get(output_name)
        if output is None:
            raise Refused(422, f"No output {output_name}")
        slots = {slot.name for slot in output.slots}
        if len(dataset) == 0:
            raise Refused(422, "The dataset is empty")
        if set(dataset.prefixes()) != slots:
            raise Refused(422, f"The fields are of {dataset.prefixes()}; {slots} were declared")
        uids = np.asarray(dataset["uid"])
        if len(np.unique(uids)) != len(uids):
            raise Refused(422, "A uid is there twice")
        files = dict.fromkeys(slots, f"{job_uid}/{output_name}.cs")
        dataset.save(self.folder / files[next(iter(slots))])
        if output.passthrough is not None:
            whole = self.jobs_load_input("P3", job_uid, output.passthrough, "all")
            inherited = [one for one in whole.prefixes() if one not in slots]
            rows = np.isin(np.asarray(whole["uid"]), uids)
            if np.count_nonzero(rows) != len(uids):
                raise Refused(422, "Uids that are not in the input")
            passed = f"{job_uid}/{job_uid}_passthrough_{output_name}.cs"
            if inherited:
                whole.mask(rows).filter_prefixes(inherited).save(self.folder / passed)
            files |= dict.fromkeys(inherited, passed)
        output.results = [
            OutputResult(
                name=slot,
                dtype=slot,
                versions=[version],
                metafiles=[file],
                num_items=[len(uids)],
                passthrough=slot not in slots,
            )
            for slot, file in files.items()
        ]
        output.num_items = len(uids)
        return job

    def _check_spec(self, name: str, spec: Any) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(422, f"Invalid name {name}")
        if not spec.slots:
            raise Refused(422, "At least one slot is needed")

    def _connect(self, job: Any, name: str, source: str, output: str) -> None:
        from cryosparc.models.job_spec import Connection, InputResult

        given = job.spec.inputs.root[name]
        named = {slot.name for slot in given.slots}
        results = [
            InputResult(
                name=one.name if one.name in named else None,
                dtype=one.dtype,
                job_uid=source,
                output=output,
                result=one.name,
            )
            for one in self.jobs[source].spec.outputs.root[output].results
        ]
        given.connections.append(Connection(job_uid=source, output=output, results=results))

    def _table(self, file: str) -> Any:
        from cryosparc.dataset import Dataset

        return Dataset.load(self.folder / file)

    def _joined(self, files: Mapping[str, str], slots: Any) -> Any:
        asked = list(files) if isinstance(slots, str) else slots
        missing = [slot for slot in asked if slot not in files]
        if missing:
            raise Refused(422, f"There are no slots {missing}")
        found = None
        for file in dict.fromkeys(files[slot] for slot in asked):
            table = self._table(file)
            table = table.filter_prefixes([slot for slot in asked if files[slot] == file])
            found = table if found is None else found.innerjoin(table)
        if found is None:
            raise Refused(422, "Nothing was asked for")
        return found
