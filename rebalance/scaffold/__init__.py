"""`rebalance plugins new`: write a plugin package that installs and passes its tests at once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from string import Template

import rebalance
from rebalance.errors import OptionError, OutputError
from rebalance.hookspecs import HOOK_VERSION
from rebalance.plugin_validation import CONTRACTS
from rebalance.registry import HOOKS, KINDS, registry

__all__ = ["distribution_name", "write_package"]

LONGEST = 40
LONGEST_SUMMARY = 80
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

USES = {
    "metric": "$ rebalance run JOB -k 8 --metric {}",
    "clustering": "$ rebalance run JOB --clustering {}",
    "strategy": "$ rebalance run JOB -k 8 -f 0.8 --strategy {}",
    "format": "$ rebalance run particles.csv --format {} -k 8",
}


def distribution_name(name: str) -> str:
    """The package of a plugin: ``rebalance-NAME``."""
    return f"rebalance-{name.removeprefix('rebalance-')}"


def write_package(
    kind: str, name: str, folder: Path | None = None, *, summary: str = ""
) -> list[Path]:
    """Write a plugin package: project file, module, options, tests, README.

    Parameters
    ----------
    kind : {"metric", "clustering", "strategy", "format"}
    name : str
        Name of the plugin, as it will be typed: lower case, with hyphens.
    folder : Path, optional
        A new or empty folder; by default ``rebalance-NAME`` in the current one.
    summary : str
        What the plugin does, in one line for the list of plugins.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OptionError
        If there is no such kind, the name is invalid or taken, or the summary is not one line of
        text.
    OutputError
        If the folder is not empty or can't be written.
    """
    _check(kind, name)
    summary = _checked_summary(summary or f"The {kind} {name} (no summary yet).")
    distribution = distribution_name(name)
    folder = folder or Path(distribution)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "The folder already exists.", path=folder, hint="Choose another with `folder`."
        )
    package = distribution.replace("-", "_")
    words = {
        "kind": kind,
        "name": name,
        "distribution": distribution,
        "package": package,
        "class_name": _class_name(kind, name),
        "summary": summary,
        "contract": CONTRACTS[kind].__name__,
        "hook": HOOKS[kind],
        "hook_version": str(HOOK_VERSION),
        "version": rebalance.__version__,
        "check_words": " --example particles.csv" if kind == "format" else "",
        "use": USES[kind].format(name),
    }
    written = []
    try:
        for path, text in _files(kind, package):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(text).substitute(words), encoding="utf-8")
            written.append(target)
    except OSError as error:
        raise OutputError(
            f"The package can't be written: {error.strerror}.", path=folder
        ) from error
    return written


def _files(kind: str, package: str) -> Iterator[tuple[str, str]]:
    """The path of each file, and its template."""
    templates = resources.files("rebalance.scaffold") / "templates"
    for target, room, template in (
        ("pyproject.toml", "common", "pyproject.toml"),
        ("README.md", "common", "README.md"),
        ("LICENSE", "common", "LICENSE"),
        (".gitignore", "common", "gitignore"),
        (f"src/{package}/__init__.py", "common", "init.py"),
        (f"src/{package}/py.typed", "common", "py.typed"),
        (f"src/{package}/{kind}.py", kind, f"{kind}.py"),
        (f"tests/test_{kind}.py", kind, "test.py"),
    ):
        yield target, (templates / room / f"{template}.in").read_text(encoding="utf-8")


def _class_name(kind: str, name: str) -> str:
    """GreyLevels for grey-levels; GreyLevelsMetric if the new files already use that word."""
    camel = "".join(part.capitalize() for part in name.split("-"))
    taken = {word for _, text in _files(kind, "") for word in re.findall(r"\b[A-Z]\w*", text)}
    is_free = camel not in taken and not keyword.iskeyword(camel)
    return camel if is_free else f"{camel}{kind.capitalize()}"


def _checked_summary(text: str) -> str:
    """One sentence that fits into code, a table and a project file."""
    text = " ".join(text.split())
    if not text or len(text) >= LONGEST_SUMMARY or set(text) & set('"\\$'):
        raise OptionError(
            f"{text!r} can't be the summary of a plugin.",
            hint=f"Give one line below {LONGEST_SUMMARY} letters, without quotes and dollar signs.",
        )
    return text if text[-1] in ".!?" else f"{text}."


def _check(kind: str, name: str) -> None:
    if kind not in KINDS:
        raise OptionError(
            f"There is no kind of plugin {kind!r}.", hint=f"Choose {', '.join(KINDS)}."
        )
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise OptionError(
            f"{name!r} can't be the name of a plugin.",
            hint="Use lower-case words and numbers joined by hyphens, such as grey-levels; at most "
            f"{LONGEST} letters.",
        )
    for plugin in registry().of_kind(kind):
        if plugin.name == name:
            raise OptionError(
                f"There is already a {kind} {name!r}, in package {plugin.package}.",
                hint="Choose another name, or uninstall that package.",
            )
    distribution = distribution_name(name)
    if any(metadata.distributions(name=distribution)):
        raise OptionError(
            f"The package of {name!r} would be called {distribution}, but a package of that name "
            "is installed.",
            hint="Choose another name, since installing the new package would remove that one.",
        )
