"""What rebalance says of settings, in the words of a form."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from rebalance.errors import RebalanceError

_CODE = re.compile(r"`([^`\n]+)`")
_FLAG = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)(?: (auto|none|[\d.,-]*\d|[A-Z]\d*)(?![\w-]))?")


def as_labelled(text: str, labels: Mapping[str, str]) -> str:
    """A text with each setting as a form calls it.

    ```n_superclasses=8``` becomes “Number of superclasses” = 8. What has no label stays as it is
    typed in Python, without the backticks.

    Parameters
    ----------
    text : str
    labels : mapping of setting to label
    """
    return _CODE.sub(lambda code: _labelled(code[1], labels) or code[1], text)


def without_flags(text: str, labels: Mapping[str, str]) -> str:
    """A text for a terminal with what is typed as a form calls it: ``-k 20``, ``--mask``.

    Parameters
    ----------
    text : str
    labels : mapping of flag to label
        Flags without one stay as they are.
    """

    def labelled(found: re.Match[str]) -> str:
        label = labels.get(found[1])
        if label is None:
            return found[0]
        return f"“{label}” = {found[2]}" if found[2] else f"“{label}”"

    return _FLAG.sub(labelled, text)


def told(error: RebalanceError, labels: Mapping[str, str]) -> str:
    """An error for a person who filled in a form: what is wrong, and what to do."""
    where = "" if error.path is None else f"{error.path}: "
    return as_labelled(f"{where}{error.problem} {error.hint or ''}".strip(), labels)


def _labelled(code: str, labels: Mapping[str, str]) -> str | None:
    if code in labels:
        return f"“{labels[code]}”"
    name, _, value = code.partition("=")
    if "." in name:
        return f"“{labels[name]}” = {value}" if name in labels else None
    try:
        call = ast.parse(f"f({code})", mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call) or call.args or not call.keywords:
        return None
    if not all(one.arg in labels for one in call.keywords):
        return None
    return " and ".join(f"“{labels[one.arg or '']}” = {_shown(one.value)}" for one in call.keywords)


def _shown(node: ast.expr) -> str:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)
