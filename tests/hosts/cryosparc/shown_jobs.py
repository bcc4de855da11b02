"""What a job of the simulated CryoSPARC shows: its event log, and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.hosts.cryosparc.project import Project, Refused

ACTIVE = ("running", "waiting")


class ShownJobs(Project):
    """A project whose jobs have event logs.

    Parameters
    ----------
    folder, shown_folder
        Those of `Project`.
    """

    def __init__(self, folder: Path, shown_folder: Path | None = None) -> None:
        super().__init__(folder, shown_folder)
        self.jobs: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []

    def jobs_find_one(self, project_uid: str, job_uid: str) -> Any:
        self._project(project_uid)
        if job_uid not in self.jobs:
            raise Refused(404, f"Job {project_uid} {job_uid} not found")
        return self.jobs[job_uid]

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

    def jobs_set_tile_image(self, project_uid: str, job_uid: str, body: Any) -> Any:
        from cryosparc.models.job import UiTileImage

        job = self._external(project_uid, job_uid, ("building", "completed", *ACTIVE))
        self._asset(body, pictures_only=True)
        job.ui_tile_images = [UiTileImage(name="tile0", fileid=body.fileid)]
        return job

    def jobs_set_output_image(
        self, project_uid: str, job_uid: str, output_name: str, body: Any
    ) -> Any:
        job = self._external(project_uid, job_uid, ("building", "completed", *ACTIVE))
        self._asset(body, pictures_only=True)
        job.spec.outputs.root[output_name].image = body.fileid
        return job

    def _external(self, project_uid: str, job_uid: str, statuses: Sequence[str]) -> Any:
        job = self.jobs_find_one(project_uid, job_uid)
        if job.spec.type != "snowflake":
            raise Refused(422, f"{job_uid} is not an external job")
        if job.status not in statuses:
            raise Refused(422, f"{job_uid} is {job.status}; it must be one of {statuses}")
        return job
