"""The checks of a metric, in order; here those of its declarations and reports."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import get_args

import numpy as np

from rebalance.contracts import Advice, AverageColumn, DeviceName, Invariance
from rebalance.engine.requirements import required
from rebalance.engine.schedule import Tile
from rebalance.errors import OptionError, PluginError, RebalanceError
from rebalance.options import Length
from rebalance.plugin_validation import overrides
from rebalance.registry import bind
from rebalance.testing.common_checks import COMMON_CHECKS, lengths_of, require_sentences
from rebalance.testing.example_images import averages_of, some_images
from rebalance.testing.metric_devices import cuda_agrees
from rebalance.testing.metric_motions import MOTION_CHECKS
from rebalance.testing.metric_subject import MetricSubject, first_difference
from rebalance.testing.metric_values import VALUE_CHECKS
from rebalance.testing.outcome import NotApplicable, broken, named, require

CURVE_ROUNDING = 1e-5
"""By how much a curve may exceed -1 and 1."""


def contract(subject: MetricSubject) -> None:
    """Its declarations follow rebalance.contracts.Metric and use known words."""
    plugin = subject.plugin
    for name, known in (
        ("invariances", get_args(Invariance)),
        ("devices", get_args(DeviceName)),
        ("reads", get_args(AverageColumn)),
    ):
        words = getattr(plugin, name)
        unknown = [word for word in words if word not in known]
        require(not unknown, f"{name} has {unknown}, expected words of {known}.")
    require(
        plugin.depends_on in ("pair", "all"),
        f"depends_on = {plugin.depends_on!r}, expected 'pair' or 'all'.",
    )
    for word in plugin.requirements(subject.options):
        required(word)
    require("cpu" in plugin.devices, "devices has no 'cpu'.")
    for device, shape in plugin.tile_shapes.items():
        require(
            device in ("cpu", "cuda") and len(shape) == 2 and min(shape) >= 1,
            f"tile_shapes has {device!r}: {shape!r}, expected rows and columns of a device.",
        )


def lengths_refused(subject: MetricSubject) -> None:
    """A length in Å without a pixel size, or out of range, raises OptionError."""
    lengths = lengths_of(subject.plugin.options_model)
    if not lengths:
        raise NotApplicable("None of its options is a length.")
    for name in lengths:
        error = _prepared(subject, name, "10A", None)
        require(
            isinstance(error, OptionError),
            f"{name} = 10A was accepted without a pixel size, expected an OptionError."
            if error is None
            else f"{name} = 10A without a pixel size raised {type(error).__name__}, expected "
            f"OptionError: {error}",
        )
        for text in ("0px", "1e9px"):
            error = _prepared(subject, name, text, 4.0)
            require(
                error is None or isinstance(error, RebalanceError),
                f"{name} = {text} raised {type(error).__name__}, expected OptionError: {error}",
            )


def pixel_size_unknown(subject: MetricSubject) -> None:
    """Without a pixel size it works or raises OptionError."""
    averages = averages_of(some_images()[:3], pixel_size=None)
    try:
        work = subject.fresh_work(averages)
        block = work(Tile(range(3), range(3)))
    except OptionError:
        return
    require(
        np.isfinite(block.values[np.triu_indices(3, 1)]).all(),
        f"Without a pixel size values are {block.values.tolist()}, expected numbers.",
    )


def _prepared(
    subject: MetricSubject, name: str, text: str, pixel_size: float | None
) -> Exception | None:
    try:
        given = {**subject.options.model_dump(), name: Length.parse(text)}
        options = subject.plugin.options_model.model_validate(given)
    except ValueError as error:
        # The model itself refuses it: parse_options makes an OptionError of that.
        return OptionError(str(error))
    try:
        subject.plugin.prepare(
            averages_of(some_images()[:3], pixel_size=pixel_size), options, "cpu"
        )
    except PluginError:
        # The metric breaks its contract, whatever the length.
        raise
    except Exception as error:
        return error
    return None


def features_picklable(subject: MetricSubject) -> None:
    """Features can be pickled for remote workers, and then give the same bytes."""
    _pickled(subject, "features")


def metric_picklable(subject: MetricSubject) -> None:
    """The metric can be pickled for remote workers, and then gives the same bytes."""
    _pickled(subject, "metric")


def _pickled(subject: MetricSubject, part: str) -> None:
    work = subject.fresh_work(averages_of(some_images()))
    thing = getattr(work, part)
    try:
        again = pickle.loads(pickle.dumps(thing))
    except Exception as error:
        broken(f"Pickling the {part} raised {type(error).__name__}: {error}")
    tile = Tile(range(subject.base.n), range(subject.base.n))
    metric, features = (again, work.features) if part == "metric" else (work.metric, again)
    block = metric.tile(features, tile.rows, tile.columns, **work.given(tile))
    difference = first_difference(subject.base.block, tile, block)
    require(difference is None, f"After pickling the {part}: {difference} before.")


def facts_are_json(subject: MetricSubject) -> None:
    """facts() can be written as JSON, with text as names."""
    facts = subject.plugin.facts(subject.base.work.features)
    for name, value in facts.items():
        require(isinstance(name, str), f"facts() has the name {name!r}, expected text.")
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            broken(f"facts()[{name!r}] = {value!r} is not a JSON value: {error}.")


def notes_are_sentences(subject: MetricSubject) -> None:
    """notes() are full sentences."""
    _gives(subject, "notes")
    require_sentences(subject.plugin.notes(subject.base.work.features), "notes()")


def results_can_be_kept(subject: MetricSubject) -> None:
    """results() are named arrays of numbers that can be saved."""
    _gives(subject, "results")
    results = subject.plugin.results(subject.base.work.features)
    require(
        isinstance(results, Mapping) and all(isinstance(name, str) for name in results),
        f"results() gave {results!r}, expected values by their names.",
    )
    for name, value in results.items():
        kind = np.asarray(value).dtype
        require(
            kind.kind in "fiub", f"results()[{name!r}] is {kind}, expected an array of numbers."
        )


def advice_can_be_followed(subject: MetricSubject) -> None:
    """advice() names an installed clustering, valid options of it and, if any, an existing fact."""
    _gives(subject, "advice")
    advice = subject.plugin.advice(subject.options)
    if advice is None:
        return
    require(isinstance(advice, Advice), f"advice() gave {advice!r}, expected Advice or None.")
    try:
        bind("clustering", advice.clustering, advice.options)
    except (PluginError, OptionError) as error:
        broken(f"advice() names what can't be used: {error.problem}")
    facts = subject.plugin.facts(subject.base.work.features)
    require(
        not advice.where or isinstance(facts.get(advice.where), bool),
        f"advice() holds where the fact {advice.where!r} is True, which is "
        f"{facts.get(advice.where)!r}, expected True or False.",
    )


def curves_fit_their_axis(subject: MetricSubject) -> None:
    """Curves have values from -1 to 1 for each pair and each point of a rising axis."""
    _gives(subject, "curve_axis")
    work, n = subject.base.work, subject.base.n
    axis = subject.plugin.curve_axis(work.features)
    if axis is None:
        raise NotApplicable("It has no curves with these options.")
    require(
        isinstance(axis, np.ndarray) and axis.dtype == np.float64 and axis.ndim == 1,
        f"curve_axis() gave {getattr(axis, 'dtype', type(axis).__name__)} {np.shape(axis)}, "
        "expected float64 (points,).",
    )
    require(bool((np.diff(axis) > 0).all()), "curve_axis() does not rise.")
    tile = Tile(range(1, 3), range(3, n))
    given = {name: part for name, part in work.given(tile).items() if name == "alignment"}
    curves = subject.plugin.curves(work.features, tile.rows, tile.columns, **given)
    wanted = (len(tile.rows), len(tile.columns), len(axis))
    require(
        isinstance(curves, np.ndarray) and curves.dtype == np.float32 and curves.shape == wanted,
        f"curves() gave {getattr(curves, 'dtype', type(curves).__name__)} {np.shape(curves)}, "
        f"expected float32 {wanted}.",
    )
    lowest, highest = float(curves.min()), float(curves.max())
    require(
        lowest >= -1 - CURVE_ROUNDING and highest <= 1 + CURVE_ROUNDING,
        f"curves() has values from {lowest:.6g} to {highest:.6g}, expected -1 to 1.",
    )


def _gives(subject: MetricSubject, name: str) -> None:
    if not overrides(subject.plugin, name):
        raise NotApplicable(f"It has no {name}().")


METRIC_CHECKS = named(
    (
        contract,
        *COMMON_CHECKS,
        *VALUE_CHECKS,
        lengths_refused,
        pixel_size_unknown,
        features_picklable,
        metric_picklable,
        facts_are_json,
        notes_are_sentences,
        results_can_be_kept,
        advice_can_be_followed,
        curves_fit_their_axis,
        *MOTION_CHECKS,
        cuda_agrees,
    )
)
