"""The simulated CryoSPARC as a server on this machine, which the real client talks to by HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hosts.cryosparc.instance import Instance
from tests.hosts.cryosparc.interface import BYTES, Function, description, functions
from tests.hosts.cryosparc.project import Gone, Refused

ROOT = "/api/cmd"


@contextmanager
def served(instance: Instance) -> Iterator[str]:
    """Serve an instance; gives its address."""

    class Handler(_Handler):
        served = instance

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Instance

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self._read()
        url = urlsplit(self.path)
        path = url.path.removeprefix(ROOT)
        try:
            if path == "/openapi.json":
                self._send(200, description())
                return
            function, in_path = _function(path)
            self.served.calls.append(function.name)
            if self.served.refusing.get(function.name) is not None:
                raise self.served.refusing[function.name]
            given = _arguments(function, in_path, parse_qs(url.query), body)
            answer = getattr(self.served, function.name.replace(".", "_"), None)
            if answer is None:
                raise Refused(501, f"{function.name} is not simulated")
            self._send(200, answer(**given), function.result)
        except Gone:
            self.close_connection = True
        except Refused as refused:
            self._send(refused.code, {"detail": refused.detail})

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, code: int, content: Any, result: str = "") -> None:
        media = BYTES.get(result, "application/json")
        if result == "Dataset":
            sent = b"".join(content.stream())
        elif result == "Stream":
            sent = content
        else:
            sent = json.dumps(_plain(content)).encode()
        self.send_response(code)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)


def _plain(content: Any) -> Any:
    from pydantic import BaseModel

    if isinstance(content, BaseModel):
        return content.model_dump(mode="json", by_alias=True)
    return content


def _function(path: str) -> tuple[Function, list[str]]:
    parts = [unquote(part) for part in path.strip("/").split("/")]
    for n_name in (1, 2):
        found = functions().get(".".join(parts[:n_name]))
        if found is not None and len(parts) - n_name == len(found.in_path):
            return found, parts[n_name:]
    raise Refused(404, f"There is no {path}")


def _arguments(
    function: Function, in_path: list[str], query: dict[str, list[str]], body: bytes
) -> dict[str, Any]:
    """What is given for each argument, of the type that the stubs say."""
    from cryosparc.dataset import Dataset
    from pydantic import TypeAdapter, ValidationError

    given: dict[str, Any] = dict(zip(function.in_path, in_path, strict=True))
    if function.name == "login":
        return {name: one[0] for name, one in parse_qs(body.decode()).items()}
    try:
        for name, words in query.items():
            given[name] = _value(TypeAdapter(function.in_query[name]), words)
        if function.body is not None:
            name, kind = function.body
            if function.body_kind == "Dataset":
                given[name] = Dataset.from_iterator(iter([body]))
            elif function.body_kind == "Stream":
                given[name] = body
            elif body or function.body_required:
                given[name] = TypeAdapter(kind).validate_python(json.loads(body))
    except ValidationError as error:
        detail = [{"loc": list(one["loc"]), "msg": one["msg"]} for one in error.errors()]
        raise Refused(422, detail) from error
    return given


def _value(adapter: Any, words: list[str]) -> Any:
    from pydantic import ValidationError

    if len(words) == 1:
        try:
            return adapter.validate_python(words[0])
        except ValidationError:
            pass
    return adapter.validate_python(words)
