"""The project of a simulated CryoSPARC: who may see it, its folder on disk, its assets."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_PICTURES = ("png", "jpg", "jpeg", "gif", "svg", "pdf")


class Refused(Exception):
    """What the server answers with an error."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Gone(Exception):
    """The server ends before it answers."""


class Project:
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
        self.assets: dict[str, dict[str, Any]] = {}
        self.password = "secret"

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
            size_last_updated=NOW,
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

    def assets_upload(
        self,
        project_uid: str,
        job_uid: str,
        stream: bytes,
        filename: str | None = None,
        format: str | None = None,
    ) -> Any:
        from cryosparc.models.asset import GridFSAsset

        self._project(project_uid)
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

    def _project(self, uid: str) -> None:
        if uid != "P3":
            raise Refused(404, f"Project {uid} not found")

    def _inside(self, path: str) -> Path:
        file = (self.folder / path).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            raise Refused(403, f"{path} is outside of the project")
        return file

    def _asset(self, asset: Any, *, pictures_only: bool = False) -> None:
        if asset.fileid not in self.assets:
            raise Refused(404, f"No asset {asset.fileid}")
        if pictures_only and asset.filetype not in _PICTURES:
            raise Refused(422, f"{asset.filetype} is no picture")
