"""A simulated CryoSPARC: projects on disk, jobs, and the rules that its documentation states.

What the documentation leaves open is refused, so that nothing rests on it: outputs without rows,
outputs that were declared and never saved, fields that an output was not declared to have.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_NAME = re.compile(r"[A-Za-z][0-9A-Za-z_]*")
_ACTIVE = ("running", "waiting")
_PICTURES = ("png", "jpg", "jpeg", "gif", "svg", "pdf")


class Refused(Exception):
    """What the server answers with an error."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Gone(Exception):
    """The server ends before it answers."""


class Given(NamedTuple):
    """An output of a job that was run in CryoSPARC: its type, and the file of each slot."""

    type: str
    files: Mapping[str, str]
    passed: Sequence[str] = ()


class Instance:
    """One project, ``P3``, with a workspace, ``W1``.

    Parameters
    ----------
    folder : Path
        Of the project.
    shown_folder : Path, optional
        Where the server says that it is, if that is not where it is: as when this machine can't
        see it.
    """

    def __init__(self, folder: Path, shown_folder: Path | None = None) -> None:
        self.folder, self.shown_folder = folder, shown_folder or folder
        self.jobs: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.assets: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.refusing: dict[str, Refused | Gone] = {}
        """Functions that are refused, whatever is asked."""
        self.password = "secret"

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
            job_dir_size_last_updated=_NOW,
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

    # ---- what a client asks

    def login(self, username: str, password: str, **_: Any) -> Any:
        from hashlib import sha256

        from cryosparc.models.auth import Token

        if password != sha256(self.password.encode()).hexdigest():
            raise Refused(401, "Incorrect username or password")
        return Token(access_token="token", token_type="bearer")

    def users_me(self) -> Any:
        from cryosparc.models.user import User

        return User(name="ali", first_name="Ali", last_name="A")

    def config_get_version(self) -> str:
        return "v5.0.3"

    def projects_find_one(self, project_uid: str) -> Any:
        from cryosparc.models.project import Project

        self._project(project_uid)
        return Project(
            uid="P3",
            project_dir=str(self.shown_folder),
            owner_user_id="1",
            title="A project",
            size_last_updated=_NOW,
            uid_num=3,
        )

    def projects_get_directory(self, project_uid: str) -> str:
        self._project(project_uid)
        return str(self.shown_folder)

    def projects_download_file(self, project_uid: str, path: str) -> bytes:
        self._project(project_uid)
        file = self._inside(path)
        if not file.is_file():
            raise Refused(404, f"File {path} not found in project")
        return file.read_bytes()

    def projects_upload_file(
        self, project_uid: str, stream: bytes, path: str, overwrite: bool = False
    ) -> str:
        self._project(project_uid)
        file = self._inside(path)
        if not file.parent.is_dir():
            raise Refused(404, f"Folder of {path} does not exist")
        if file.exists() and not overwrite:
            raise Refused(409, f"{path} already exists")
        file.write_bytes(stream)
        return str(file)

    def projects_mkdir(
        self, project_uid: str, path: str, parents: bool = False, exist_ok: bool = False
    ) -> str:
        self._project(project_uid)
        try:
            self._inside(path).mkdir(parents=parents, exist_ok=exist_ok)
        except OSError as error:
            raise Refused(400, str(error)) from error
        return path

    def workspaces_find_one(self, project_uid: str, workspace_uid: str) -> Any:
        from cryosparc.models.workspace import Workspace

        self._project(project_uid)
        if workspace_uid != "W1":
            raise Refused(404, f"Workspace {project_uid} {workspace_uid} not found")
        return Workspace(
            uid="W1", project_uid="P3", workspace_type="base", uid_num=1, project_uid_num=3
        )

    def jobs_find_one(self, project_uid: str, job_uid: str) -> Any:
        self._project(project_uid)
        if job_uid not in self.jobs:
            raise Refused(404, f"Job {project_uid} {job_uid} not found")
        return self.jobs[job_uid]

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

        job = self._external(project_uid, job_uid, ("building", *_ACTIVE))
        self._check_spec(input_name, body)
        job.spec.inputs.root[input_name] = Input(**body.model_dump())
        return job

    def jobs_add_external_output(
        self, project_uid: str, job_uid: str, output_name: str, body: Any
    ) -> Any:
        from cryosparc.models.job_spec import Output

        job = self._external(project_uid, job_uid, ("building", *_ACTIVE))
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
        job = self._external(project_uid, job_uid, ("building", *_ACTIVE))
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
        job = self._external(project_uid, job_uid, ("killed", "failed", *_ACTIVE))
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

        job = self._external(project_uid, job_uid, _ACTIVE)
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

    def jobs_add_event_log(
        self, project_uid: str, job_uid: str, text: str, type: str = "text"
    ) -> Any:
        self.jobs_find_one(project_uid, job_uid)
        self.events.append({"job": job_uid, "type": type, "text": text})
        return self._text_event(job_uid, len(self.events) - 1)

    def jobs_update_event_log(
        self, project_uid: str, job_uid: str, event_id: str, text: str, type: str = "text"
    ) -> Any:
        at = int(event_id, 16)
        if self.events[at]["job"] != job_uid:
            raise Refused(404, "No such event")
        self.events[at] |= {"text": text, "type": type}
        return self._text_event(job_uid, at)

    def _text_event(self, job_uid: str, at: int) -> Any:
        from cryosparc.models.event import TextEvent

        said = self.events[at]
        return TextEvent(
            _id=f"{at:024x}",
            project_uid="P3",
            job_uid=job_uid,
            type=said["type"],
            text=said["text"],
        )

    def jobs_add_image_log(
        self,
        project_uid: str,
        job_uid: str,
        images: list[Any],
        text: str,
        flags: list[str] | None = None,
    ) -> Any:
        from cryosparc.models.event import ImageEvent

        for image in images:
            self._asset(image)
        self.events.append({"job": job_uid, "type": "image", "text": text, "images": images})
        return ImageEvent(project_uid="P3", job_uid=job_uid, type="image", text=text, imgfiles=[])

    def assets_upload(
        self,
        project_uid: str,
        job_uid: str,
        stream: bytes,
        filename: str | None = None,
        format: str | None = None,
    ) -> Any:
        from cryosparc.models.asset import GridFSAsset

        self.jobs_find_one(project_uid, job_uid)
        if format == "png":
            from PIL import Image

            Image.open(io.BytesIO(stream)).verify()
        elif format in ("csv", "html"):
            stream.decode("utf-8")
        if not stream or format is None:
            raise Refused(422, "An asset needs a format and content")
        asset = {
            "fileid": f"{len(self.assets):024x}",
            "filename": filename or f"{len(self.assets)}.{format}",
            "filetype": format,
        }
        self.assets[asset["fileid"]] = {**asset, "content": stream}
        return GridFSAsset(**asset)

    def jobs_set_tile_image(self, project_uid: str, job_uid: str, body: Any) -> Any:
        from cryosparc.models.job import UiTileImage

        job = self._external(project_uid, job_uid, ("building", "completed", *_ACTIVE))
        self._asset(body, pictures_only=True)
        job.ui_tile_images = [UiTileImage(name="tile0", fileid=body.fileid)]
        return job

    def jobs_set_output_image(
        self, project_uid: str, job_uid: str, output_name: str, body: Any
    ) -> Any:
        job = self._external(project_uid, job_uid, ("building", "completed", *_ACTIVE))
        self._asset(body, pictures_only=True)
        job.spec.outputs.root[output_name].image = body.fileid
        return job

    # ---- rules

    def _project(self, uid: str) -> None:
        if uid != "P3":
            raise Refused(404, f"Project {uid} not found")

    def _inside(self, path: str) -> Path:
        file = (self.folder / path).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            raise Refused(403, f"{path} is outside of the project")
        return file

    def _external(self, project_uid: str, job_uid: str, statuses: Sequence[str]) -> Any:
        job = self.jobs_find_one(project_uid, job_uid)
        if job.spec.type != "snowflake":
            raise Refused(422, f"{job_uid} is not an external job")
        if job.status not in statuses:
            raise Refused(422, f"{job_uid} is {job.status}; it must be one of {statuses}")
        return job

    def _check_spec(self, name: str, spec: Any) -> None:
        if not _NAME.fullmatch(name):
            raise Refused(422, f"Invalid name {name}")
        if not spec.slots:
            raise Refused(422, "At least one slot is needed")

    def _asset(self, asset: Any, *, pictures_only: bool = False) -> None:
        if asset.fileid not in self.assets:
            raise Refused(404, f"No asset {asset.fileid}")
        if pictures_only and asset.filetype not in _PICTURES:
            raise Refused(422, f"{asset.filetype} is no picture")

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
