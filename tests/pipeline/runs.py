"""Runs without the long work, and what their files hold, read with other eyes than ours."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import rebalance
from rebalance.contracts import Block
from rebalance.model import ClassAverages
from rebalance.options import NoOptions


class Correlation:
    """A metric of no package: plain correlation; counts the tiles it was asked for."""

    version = "1"
    options_model: ClassVar = NoOptions
    returns: ClassVar[str] = "affinity"
    requires: ClassVar[tuple[str, ...]] = ()
    invariances: ClassVar[tuple[str, ...]] = ("scale", "offset")
    tiles = 0

    def prepare(self, class_averages: ClassAverages, options: Any, device: str) -> Any:
        flat = class_averages.images.reshape(len(class_averages), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    def tile(self, features: Any, rows: range, columns: range, **_: Any) -> Block:
        type(self).tiles += 1
        values = features[rows.start : rows.stop] @ features[columns.start : columns.stop].T
        return Block(np.clip(values, 0, 1).astype(np.float32))

    def facts(self, features: Any) -> dict[str, Any]:
        return {}


def quick_run(job: Path, **settings: Any) -> rebalance.RunResult:
    """Without figures, and with a metric that needs no compilation."""
    settings = {"metric": Correlation(), "figures": False, "n_superclasses": 5} | settings
    return rebalance.run(job, **settings)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def star_rows(path: Path) -> list[bytes]:
    """Lines of the particle loop, found with other eyes than the package's."""
    lines = path.read_bytes().split(b"\n")
    start = max(i for i, line in enumerate(lines) if line.startswith(b"_rln")) + 1
    return [line for line in lines[start:] if line.strip()]


def data_star(job: Path) -> Path:
    return next(job.glob("*_data.star"))


def class_column(path: Path) -> int:
    labels = [line for line in path.read_text().splitlines() if line.startswith("_rlnClassNumber")]
    return int(labels[0].split("#")[1]) - 1


def no_comparison(*_: Any, **__: Any) -> None:
    pytest.fail("class averages were compared")
