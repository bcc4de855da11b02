"""A metric ``views`` whose directions come from the class numbers: what is done with views can be
tested without finding any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from rebalance.contracts import Advice, Block, Metric
from rebalance.hookspecs import PluginSpec, hookimpl
from rebalance.model import ClassAverages, DoubleArray, FloatArray, IntArray, Views
from rebalance.options import Options, option
from rebalance.point_groups import operations_of, parse_symmetry
from rebalance.registry import registry

UNTRUSTED = 13
"""The seed with which views are not trusted."""

MISFITS = (2, 5)
"""Class numbers of averages that fit nothing."""


def numbered_views(
    class_id: IntArray, symmetry: str = "C1", *, trusted: bool = True, n_sampled: int = 60
) -> Views:
    """Views of averages by their class numbers: the same number, the same direction."""
    n = len(class_id)
    frames = np.array([_frame(number) for number in class_id.tolist()]).reshape(n, 3, 3)
    half = n_sampled // 2
    z = (np.arange(half) + 0.5) / half
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(half)
    radius = np.sqrt(1 - z**2)
    up = np.stack([radius * np.cos(turn), radius * np.sin(turn), z], axis=1)
    sampled = np.concatenate([up, -up])
    group = operations_of(symmetry)
    posterior = np.exp(20 * (frames[:, 2] @ sampled.T - 1))
    posterior /= posterior.sum(axis=1, keepdims=True)
    fit = np.where(np.isin(class_id, MISFITS), 0.3, 0.9)
    return Views(
        class_id=class_id,
        sampled=sampled,
        posterior=posterior.astype(np.float32),
        rotation=frames,
        shift=np.stack([class_id % 3 - 1.0, class_id % 5 - 2.0], axis=1),
        fit=fit,
        is_misfit=fit < 0.5,
        angle=_angles(frames[:, 2], group),
        start_agreement=np.eye(2, dtype=np.float32),
        in_agreement=np.array([True, True]),
        agreement=0.97 if trusted else 0.31,
        trusted=trusted,
        reason="" if trusted else "The starts agree to 0.31 only.",
        map=np.random.default_rng(0).normal(size=(8, 8, 8)).astype(np.float32),
        voxel_size=3.5,
        symmetry=symmetry,
        operations=group,
    )


def _frame(number: int) -> DoubleArray:
    frame: DoubleArray = np.linalg.qr(np.random.default_rng(number).normal(size=(3, 3)))[0]
    return frame * np.linalg.det(frame)


def _angles(direction: DoubleArray, group: DoubleArray) -> FloatArray:
    cosine = np.abs(np.einsum("ni,gij,mj->gnm", direction, group, direction)).max(axis=0)
    angle = np.rad2deg(np.arccos(np.clip(cosine, 0, 1)))
    np.fill_diagonal(angle, 0)
    symmetric: FloatArray = np.minimum(angle, angle.T).astype(np.float32)
    return symmetric


class NumberedOptions(Options):
    symmetry: str = option("auto", "Point group; auto means C1.")
    seed: int = option(0, "Of the starts.", ge=0)


class NumberedViews(Metric):
    """One minus the angle between views."""

    options_model = NumberedOptions
    depends_on = "all"

    def prepare(
        self, class_averages: ClassAverages, options: NumberedOptions, device: str
    ) -> dict[str, Any]:
        views = numbered_views(
            class_averages.class_id,
            "C1" if options.symmetry == "auto" else parse_symmetry(options.symmetry),
            trusted=options.seed != UNTRUSTED,
        )
        return {"views": views}

    def tile(self, features: Any, rows: range, columns: range, **_: Any) -> Block:
        angle = features["views"].angle[rows.start : rows.stop, columns.start : columns.stop]
        return Block(np.float32(1) - angle / np.float32(90))

    def facts(self, features: Any) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = features["views"].as_facts()
        return facts

    def results(self, features: Any) -> Mapping[str, Any]:
        results: Mapping[str, Any] = features["views"].as_results()
        return results

    def notes(self, features: Any) -> Sequence[str]:
        views = features["views"]
        return () if views.trusted else (f"The views are not used. {views.reason}",)

    def advice(self, options: NumberedOptions) -> Advice:
        options = {"linkage": "average", "path_neighbors": 0}
        return Advice("hierarchical", options, where="views_trusted")


@hookimpl
def rebalance_metrics() -> list[PluginSpec]:
    return [PluginSpec("views", "Views by class number.", "tests.numbered_views:NumberedViews")]


def install_numbered_views(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the name ``views`` mean this metric."""
    from tests import numbered_views as here

    others = {key: one for key, one in registry()._plugins.items() if key[1] != "views"}
    monkeypatch.setattr(registry(), "_plugins", others)
    monkeypatch.setattr(registry(), "problems", [])
    registry().add(here, package="numbered-views", version="1")
    assert registry().problems == []
