"""What both formats do alike: a request checked, a data set made of images."""

from __future__ import annotations

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError

NO_PARTICLES = (
    "This is a stack of class averages, so there are no particles to select; superclasses and "
    "pictures are made."
)


def check_request(request: ReadRequest, kind: str) -> None:
    """Refuse what has no place beside a stack of averages.

    Raises
    ------
    InputError
        If other class averages are given too.
    """
    if request.class_averages is not None:
        raise InputError(
            f"Both files are class averages. {request.class_averages} can't be combined with a "
            f"stack of {kind}.",
            path=request.path,
            hint="Give only the stack.",
        )


def job_of(request: ReadRequest) -> str:
    """A short name for folders and titles: the folder that EMAN2 numbers, or the file."""
    path = request.path.absolute()
    folder = path.parent.name
    name = f"{folder}_{path.stem}" if folder.startswith("r2d_") else path.stem
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name).strip("._") or "job"
