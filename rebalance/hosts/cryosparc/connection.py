"""The connection to CryoSPARC, and what it refuses, told to a person.

Who you are is known to cryosparc-tools: by its own login, or by environment variables.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from rebalance.errors import HostError

if TYPE_CHECKING:
    from cryosparc.tools import CryoSPARC

_FIRST_VERSION = 5
_INSTALL = "pip install 'cryosparc-tools>=5.0,<6'"
_LOG_IN = "python -m cryosparc.tools login --url {}"
_AN_ADDRESS = "https://cryosparc.example.org:61000"
_WHERE = ("CRYOSPARC_BASE_URL", "CRYOSPARC_MASTER_HOSTNAME", "CRYOSPARC_BASE_PORT")


def connect(url: str | None = None) -> CryoSPARC:
    """A connection to the CryoSPARC that is meant.

    Parameters
    ----------
    url : str, optional
        Its address, as in the browser. By default that of the environment variable
        CRYOSPARC_BASE_URL, else of the only instance that cryosparc-tools has logged in to.

    Raises
    ------
    HostError
        If cryosparc-tools is not installed or too old, if it is not known which instance is meant,
        or if that can't be reached or refuses the login.
    """
    _check_package()
    from cryosparc.tools import CryoSPARC

    address = _address(url)
    shown = address.get("base_url") or "the address in the environment"
    try:
        with warnings.catch_warnings():
            # Versions that differ a little mostly work; what does not is refused, and told then.
            warnings.simplefilter("ignore")
            return CryoSPARC(**address)
    except TypeError as error:
        raise HostError(
            f"The environment does not define which CryoSPARC to use: {error}.",
            hint=f"Set either {_WHERE[0]}, or {_WHERE[1]} and {_WHERE[2]}; or give `url`.",
        ) from error
    except ValueError as error:
        raise HostError(
            f"You are not logged in to CryoSPARC at {shown}, or the login has expired.",
            hint=f"Log in once with: {_LOG_IN.format(address.get('base_url', _AN_ADDRESS))}",
        ) from error
    except RuntimeError as error:
        raise HostError(
            f"CryoSPARC at {shown} can't be reached, or refused the login: "
            f"{_reason(error.__cause__ or error)}",
            hint="Check that CryoSPARC is running and the address is the same as in your browser. "
            f"Or log in again: {_LOG_IN.format(address.get('base_url', _AN_ADDRESS))}",
        ) from error


def _check_package() -> None:
    try:
        found = version("cryosparc-tools")
    except PackageNotFoundError as error:
        raise HostError(
            "To work with CryoSPARC, rebalance needs the package cryosparc-tools, which is not "
            "installed.",
            hint=f"{_INSTALL}. Without it, use Import Result Group in CryoSPARC on the results of "
            "rebalance run.",
        ) from error
    if int(found.partition(".")[0]) < _FIRST_VERSION:
        raise HostError(
            f"cryosparc-tools {found} is installed, but version {_FIRST_VERSION} or newer is "
            "needed (for CryoSPARC 5).",
            hint=f"{_INSTALL}. With an older CryoSPARC, use Import Result Group on the results of "
            "rebalance run.",
        )


def _address(url: str | None) -> dict[str, Any]:
    """What `CryoSPARC` is told of where it is."""
    import os

    if url is not None:
        return {"base_url": url, "host": None, "base_port": None}
    if any(os.environ.get(name) for name in _WHERE):
        base_url = os.environ.get(_WHERE[0])
        return {} if base_url is None else {"base_url": base_url}
    from cryosparc.auth import InstanceAuthSessions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = InstanceAuthSessions.load().root
    urls = [one for one, sessions in known.items() if sessions.root]
    if len(urls) == 1:
        return {"base_url": urls[0], "host": None, "base_port": None}
    if urls:
        raise HostError(
            f"You are logged in to several CryoSPARCs: {', '.join(urls)}.",
            hint="Choose one with `url`.",
        )
    raise HostError(
        "The address of CryoSPARC is unknown, and you are not logged in.",
        hint=f"Log in once with: {_LOG_IN.format(_AN_ADDRESS)}",
    )


@contextmanager
def refusals_told() -> Iterator[None]:
    """What CryoSPARC refuses, and a connection that breaks, are raised as `HostError`."""
    import httpx
    from cryosparc.errors import APIError
    from pydantic import ValidationError

    try:
        with warnings.catch_warnings():
            # It tries three times, and warns of each.
            warnings.simplefilter("ignore")
            yield
    except APIError as error:
        said = f"CryoSPARC refused the request ({error.code}): {_reason(error)}"
        hint = "Log in again." if error.code == 401 else None
        raise HostError(said, hint=hint) from error
    except httpx.HTTPError as error:
        raise HostError(
            "The connection to CryoSPARC was lost: "
            f"{_sentence(str(error) or type(error).__name__)}",
            hint="Check that CryoSPARC is running and the network is up, then run the command "
            "again.",
        ) from error
    except ValidationError as error:
        raise HostError(
            "This version of cryosparc-tools does not understand CryoSPARC's answer.",
            hint="Install the cryosparc-tools that match your version of CryoSPARC.",
        ) from error


def _reason(error: BaseException) -> str:
    """What the server said of it, in a sentence."""
    detail: Any = getattr(error, "data", None)
    if isinstance(detail, Mapping):
        detail = detail.get("detail", detail.get("message", detail))
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(map(str, one.get('loc', ())))}: {one.get('msg', one)}".lstrip(": ")
            if isinstance(one, Mapping)
            else str(one)
            for one in detail
        )
    return _sentence(str(detail or error).strip())


def _sentence(text: str) -> str:
    text = text or "no reason was given"
    return text if text.endswith((".", "!", "?")) else f"{text}."
