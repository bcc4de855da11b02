"""What both formats do alike: a request checked, a data set made of images."""

from __future__ import annotations

import math

from rebalance.contracts import ReadRequest
from rebalance.errors import InputError, OptionError

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
    OptionError
        If the pixel size is no positive number.
    """
    if request.class_averages is not None:
        raise InputError(
            f"Both files are class averages. {request.class_averages} can't be combined with a "
            f"stack of {kind}.",
            path=request.path,
            hint="Give only the stack.",
        )
    size = request.pixel_size
    if size is not None and not (math.isfinite(size) and size > 0):
        raise OptionError(
            f"The pixel size is {size:g} Å, but a positive number was expected.",
            hint="Give `pixel_size` in Å, e.g. `pixel_size=1.06`.",
        )


def job_of(request: ReadRequest) -> str:
    """A short name for folders and titles: the folder that EMAN2 numbers, or the file."""
    path = request.path.absolute()
    folder = path.parent.name
    name = f"{folder}_{path.stem}" if folder.startswith("r2d_") else path.stem
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name).strip("._") or "job"
