"""`rebalance plugins new`: a package of one's own that installs and passes its tests as it is."""

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
        Of the plugin, as it will be typed: lower case, words joined by hyphens.
    folder : Path, optional
        A folder that is not there yet, or empty; ``rebalance-NAME`` in the current one by default.
    summary : str
        One line of what the plugin does, as it will be listed; by default it has only the name.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OptionError
        If there is no such kind, the name is no name of a plugin, or is taken, or the summary is no
        line of text.
    OutputError
        If the folder has something in it, or can't be written.
    """
    _check(kind, name)
    summary = _checked_summary(summary or f"The {kind} {name} (no summary yet).")
    distribution = distribution_name(name)
    folder = folder or Path(distribution)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "It is there already.", path=folder, hint="Name another place with `folder`."
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
        raise OutputError(f"It can't be written: {error.strerror}.", path=folder) from error
    return written


def _files(kind: str, package: str) -> Iterator[tuple[str, str]]:
    """Where each file goes, and its template."""
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
    """GreyLevels of grey-levels; GreyLevelsMetric where the new files use that word already."""
    camel = "".join(part.capitalize() for part in name.split("-"))
    taken = {word for _, text in _files(kind, "") for word in re.findall(r"\b[A-Z]\w*", text)}
    is_free = camel not in taken and not keyword.iskeyword(camel)
    return camel if is_free else f"{camel}{kind.capitalize()}"


def _checked_summary(text: str) -> str:
    """One sentence that can stand in code, in a table and in a project file."""
    text = " ".join(text.split())
    if not text or len(text) >= LONGEST_SUMMARY or set(text) & set('"\\$'):
        raise OptionError(
            f"{text!r} is no summary of a plugin.",
            hint=f"One line of less than {LONGEST_SUMMARY} letters, without quotes and dollars.",
        )
    return text if text[-1] in ".!?" else f"{text}."


def _check(kind: str, name: str) -> None:
    if kind not in KINDS:
        raise OptionError(
            f"There is no kind of plugin {kind!r}.", hint=f"Choose {', '.join(KINDS)}."
        )
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise OptionError(
            f"{name!r} is no name of a plugin.",
            hint=f"Lower-case words and numbers joined by hyphens, at most {LONGEST} letters: "
            "grey-levels.",
        )
    for plugin in registry().of_kind(kind):
        if plugin.name == name:
            raise OptionError(
                f"There is a {kind} {name!r} already, in package {plugin.package}.",
                hint="Choose another name, or uninstall that package.",
            )
    distribution = distribution_name(name)
    if any(metadata.distributions(name=distribution)):
        raise OptionError(
            f"The package of {name!r} would be called {distribution}, and one of that name is "
            "installed.",
            hint="Choose another name: installing the new package would remove that one.",
        )
