"""The rows of the table, from what was measured of single sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

METHODS = ("image", "typed", "named", "true")


def summarise(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Means over the sets of each row, with standard errors."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for key, result in kept.items():
        row, molecule, _ = key.split(" | ")
        rows.setdefault(molecule if row == "real" else row, []).append(result)
    return {name: _row(results) for name, results in rows.items()}


def _row(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {"sets": len(results)}
    if "typed" not in results[0]:
        out["open"] = sum(one["trusted"] for one in results)
        out["agreement"] = _mean([one["agreement"] for one in results])
        return out
    for what in ("typed", "named"):
        of = [one[what] for one in results]
        out[what] = {
            "open": sum(one["trusted"] for one in of),
            "agreement": _mean([one["agreement"] for one in of]),
            "rho": _mean([one["rho"] for one in of]),
            "error_deg": _mean([one["error_deg"] for one in of]),
            "views_named": _ratio(of, "views_named", "views"),
            "seconds": _mean([one["seconds"] for one in of]),
        }
        if any("junk" in one for one in of):
            of = [one for one in of if "junk" in one]
            out[what]["junk_named"] = _ratio(of, "junk_named", "junk")
            out[what]["junk_below_1_percent"] = _ratio(of, "junk_below_1_percent", "junk")
    out["image_rho"] = _mean([one["image"]["rho"] for one in results])
    shares = [one["gains"] for one in results if "gains" in one]
    if shares:
        out["share"] = {method: _share(shares, method) for method in METHODS}
        out["difference"] = {method: _difference(shares, method) for method in ("typed", "named")}
    return out


Mean = list[float | None]
"""A mean, and its standard error; None of one set."""


def _mean(values: Sequence[float]) -> Mean:
    mean = round(float(np.mean(values)), 3)
    if len(values) < 2:
        return [mean, None]
    return [mean, round(float(np.std(values, ddof=1) / np.sqrt(len(values))), 3)]


def _ratio(of: Sequence[Mapping[str, Any]], part: str, whole: str) -> list[int]:
    return [sum(one[part] for one in of), sum(one[whole] for one in of)]


def _share(gains: Sequence[Mapping[str, Any]], method: str) -> Mean:
    """Sum of gains over that of the oracle's, and its jackknife standard error."""
    return _jackknife(np.array([one[method] for one in gains]))


def _difference(gains: Sequence[Mapping[str, Any]], method: str) -> Mean:
    """Share of a method less that of the image affinity, paired."""
    ours = np.array([one[method] for one in gains])
    theirs = np.array([one["image"] for one in gains])
    both = np.stack([ours[:, 0] - theirs[:, 0], ours[:, 1]], axis=1)
    return _jackknife(both)


def _jackknife(pairs: Any) -> Mean:
    whole = pairs.sum(axis=0)
    n = len(pairs)
    if n < 2:
        return [round(float(whole[0] / whole[1]), 3), None]
    without = whole - pairs
    shares = without[:, 0] / without[:, 1]
    error = np.sqrt((n - 1) / n * ((shares - shares.mean()) ** 2).sum())
    return [round(float(whole[0] / whole[1]), 3), round(float(error), 3)]


def table(summary: Mapping[str, Any]) -> str:
    """The table of the page, in Markdown."""
    lines = [
        "| classification | sets | image affinity | views | views, symmetry named | true angles "
        "| rho, image → views | error, ° | gate open |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in summary.items():
        if "typed" not in row:
            lines.append(f"| {name} | {row['sets']} | | | | | | | {row['open']} of {row['sets']} |")
            continue
        share = row.get("share", {})
        cells = [_cell(share.get(method)) for method in METHODS]
        typed = row["typed"]
        rho = f"{-row['image_rho'][0]:.2f} → {typed['rho'][0]:.2f}".replace("-", "−")
        cells += [rho, _cell(typed["error_deg"], 1), f"{typed['open']} of {row['sets']}"]
        lines.append(f"| {name} | {row['sets']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(mean: Mean | None, digits: int = 2) -> str:
    if mean is None:
        return ""
    if mean[1] is None:
        return f"{mean[0]:.{digits}f}"
    return f"{mean[0]:.{digits}f} ± {mean[1]:.{digits}f}"
