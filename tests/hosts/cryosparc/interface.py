"""The interface of a CryoSPARC server, made of the stubs that cryosparc-tools ships.

``cryosparc/api.pyi`` names every function of the server, its arguments and what it gives. The real
client makes its functions from an OpenAPI description that the server sends; here that description
is made of the stubs, so that a call which the stubs don't allow is refused by the real client.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

BYTES = {"Dataset": "application/x-cryosparc-dataset", "Stream": "application/octet-stream"}
"""Arguments and results that are no JSON."""

_FORM = ("login",)


@dataclass(frozen=True)
class Function:
    """A function of the server.

    Parameters
    ----------
    name : str
        ``jobs.find_one``.
    in_path : tuple of str
        Arguments given by their place.
    in_query : mapping of str to type
        Arguments given by name; those of ``required`` must be.
    body : tuple of str and type, optional
        The argument that is the body of the request.
    body_kind, result : str
        As the stubs spell them.
    body_required : bool
    """

    name: str
    in_path: tuple[str, ...]
    in_query: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    body: tuple[str, Any] | None = None
    body_kind: str = ""
    result: str = "None"
    body_required: bool = False

    @property
    def path(self) -> str:
        parts = [*self.name.split("."), *(f"{{{one}}}" for one in self.in_path)]
        return "/" + "/".join(parts)

    @property
    def method(self) -> str:
        return "post" if self.body is not None or self.name in _FORM else "get"


@cache
def functions() -> dict[str, Function]:
    """Every function of the stubs, by its name."""
    import cryosparc

    assert cryosparc.__file__ is not None
    tree = ast.parse(Path(cryosparc.__file__).with_name("api.pyi").read_text(encoding="utf-8"))
    types: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            _import(node, types)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    spaces = {
        ast.unparse(node.annotation): ast.unparse(node.target)
        for node in classes["APIClient"].body
        if isinstance(node, ast.AnnAssign)
    }
    found = {}
    for class_name, space in [*spaces.items(), ("APIClient", "")]:
        for node in classes[class_name].body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                name = f"{space}.{node.name}".lstrip(".")
                found[name] = _function(name, node, types)
    return found


def _import(node: ast.ImportFrom | ast.Import, types: dict[str, Any]) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            types[alias.asname or alias.name] = import_module(alias.name)
        return
    module = import_module(f"cryosparc.{node.module}" if node.level else str(node.module))
    for alias in node.names:
        types[alias.asname or alias.name] = getattr(module, alias.name)


def _function(name: str, node: ast.FunctionDef, types: dict[str, Any]) -> Function:
    arguments = node.args
    in_path = [one.arg for one in arguments.posonlyargs if one.arg != "self"]
    bodies = [one for one in arguments.args if one.arg != "self"]
    assert len(bodies) <= 1, name
    in_query, required = {}, []
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        in_query[one.arg] = _type(one, types)
        if default is None:
            required.append(one.arg)
    body, kind = None, ""
    if bodies:
        assert bodies[0].annotation is not None
        kind = ast.unparse(bodies[0].annotation)
        body = (bodies[0].arg, None if kind in BYTES else _type(bodies[0], types))
    result = "None" if node.returns is None else ast.unparse(node.returns)
    is_needed = bool(bodies) and not arguments.defaults
    return Function(name, tuple(in_path), in_query, tuple(required), body, kind, result, is_needed)


def _type(argument: ast.arg, types: dict[str, Any]) -> Any:
    assert argument.annotation is not None
    return eval(ast.unparse(argument.annotation), types)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description that the server sends."""
    paths: dict[str, Any] = {}
    for one in functions().values():
        paths[one.path] = {one.method: _described(one)}
    return {"openapi": "3.1.0", "info": {"title": "simulated"}, "paths": paths, "components": {}}


def _described(one: Function) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True} for name in one.in_path]
    said: dict[str, Any] = {"summary": one.name, "responses": {"200": _response(one.result)}}
    if one.name in _FORM:
        content: dict[str, Any] = {"application/x-www-form-urlencoded": {"schema": {}}}
        return {**said, "requestBody": {"content": content}}
    parameters += [
        {"name": name, "in": "query", "required": name in one.required} for name in one.in_query
    ]
    if one.body is not None:
        media = BYTES.get(one.body_kind, "application/json")
        said["requestBody"] = {"content": {media: {"schema": {"title": one.body[0]}}}}
    return {**said, "parameters": parameters}


def _response(result: str) -> dict[str, Any]:
    if result == "None":
        return {}
    if result in BYTES:
        return {"content": {BYTES[result]: {"schema": {}}}}
    return {"content": {"application/json": {"schema": _schema(result)}}}


def _schema(result: str) -> dict[str, Any]:
    plain = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
    if result in plain:
        return {"type": plain[result]}
    if result.startswith("List["):
        return {"type": "array", "items": _schema(result[len("List[") : -1])}
    # What needs more than a name is given as it comes.
    return {"$ref": f"#/components/schemas/{result}"} if result.isidentifier() else {}
