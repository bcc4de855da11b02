"""The words to type that make a request."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rebalance.settings import RunSettings

_FLAGS = {
    "n_superclasses": "-k",
    "factor": "-f",
    "output": "-o",
    "affinity_file": "--affinity",
}
_SWITCHES = {
    "superclasses": (None, "--no-superclasses"),
    "figures": (None, "--no-figures"),
    "use_cache": (None, "--no-cache"),
    "overwrite": ("--overwrite", None),
    "strict": ("--strict", None),
    "copy_templates": ("--copy-templates", None),
}


def as_command(request: RunSettings, **changed: Any) -> list[str]:
    """The words that make a request, defaults left out.

    Parameters
    ----------
    request : RunSettings
    **changed
        Fields to be something else.
    """
    words = ["rebalance", "run", str(request.path)]
    if request.class_averages is not None:
        words.append(str(request.class_averages))
    for item in fields(request):
        name, value = item.name, changed.get(item.name, getattr(request, item.name))
        if name in ("path", "class_averages", "options") or value == item.default:
            continue
        if name in _SWITCHES:
            switch = _SWITCHES[name][0 if value else 1]
            words += [switch] if switch else []
        elif name == "passthrough":
            words += [word for path in value for word in ("--passthrough", str(path))]
        else:
            flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
            words += [flag, ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    for kind, options in request.options.items():
        for name, value in options.items():
            words += ["--set", f"{kind}.{name}={value}"]
    return words
