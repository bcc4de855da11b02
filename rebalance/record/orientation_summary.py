"""`summary.json` of balanced orientations and of a diagnosis: JSON values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import rebalance
from rebalance.model import (
    KEPT,
    REASONS,
    Diagnosis,
    FourierSampling,
    HalfMapSignal,
    Posed,
    Selection,
    SphereBins,
)
from rebalance.record.reading import EVEN_CFAR, EVEN_SCF_STAR, reading
from rebalance.settings import OrientationSettings, with_flags


def summarise_orientations(
    settings: OrientationSettings,
    posed: Posed,
    bins: SphereBins,
    selection: Selection,
    before: FourierSampling,
    after: FourierSampling,
    *,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of `summary.json` of balanced orientations.

    Parameters
    ----------
    settings : OrientationSettings
    posed, bins, selection
    before, after : FourierSampling
        The first knows SCF* of as many at random as are selected.
    warnings, notes : sequence of str
        One sentence each; settings are written as they are typed.
    """
    kept = int(np.count_nonzero(selection.selected))
    excluded = {
        reason: count for reason in REASONS if reason != KEPT and (count := selection.count(reason))
    }
    return {
        "rebalance": rebalance.__version__,
        "command": settings.command,
        **_about_posed(posed),
        "bins": _about_bins(bins, selection.before),
        "particles": {
            "read": len(selection),
            "selected": kept,
            "excluded": len(selection) - kept,
            "excluded_because": excluded,
        },
        "balance": {
            "percentile": settings.cut_at,
            "factor": settings.factor,
            "max_size": settings.max_size,
            "cap": selection.cap,
            "bins_cut": int(np.count_nonzero(selection.after < selection.before)),
            "strategy": selection.strategy,
            "strategy_options": dict(selection.options),
        },
        "sampling": about_sampling(before),
        "sampling_after": about_sampling(after),
        "scf_star_at_random": at_random(before, kept),
        "seed": settings.seed,
        "warnings": [with_flags(text) for text in warnings],
        "notes": [with_flags(text) for text in notes],
    }


def summarise_diagnosis(
    first: Diagnosis,
    second: Diagnosis | None,
    *,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of `summary.json` of a diagnosis.

    Parameters
    ----------
    first : Diagnosis
    second : Diagnosis, optional
        Of what it is compared with.
    warnings, notes : sequence of str
    """
    content: dict[str, Any] = {
        "rebalance": rebalance.__version__,
        "command": "diagnose",
        **_about(first),
        "compared": None if second is None else _about(second),
    }
    if second is not None and first.sampling is not None and second.sampling is not None:
        content["scf_star_at_random"] = at_random(first.sampling, second.sampling.n_particles)
    return {
        **content,
        "warnings": [with_flags(text) for text in warnings],
        "notes": [with_flags(text) for text in notes],
    }


def at_random(sampling: FourierSampling, n: int) -> dict[str, Any] | None:
    """SCF* of so many particles drawn at random; None where no one drew so many."""
    found = sampling.at_random(n)
    if found is None:
        return None
    return {"particles": int(n), "mean": round(found[0], 4), "sd": round(found[1], 4)}


def about_sampling(sampling: FourierSampling) -> dict[str, Any]:
    """What poses say of Fourier space. SCF is left out where it is no measure."""
    return {
        "particles": sampling.n_particles,
        "scf_star": round(sampling.scf_star, 4),
        "scf": None if sampling.unsampled > 0 else round(sampling.scf, 4),
        "uniformity": round(sampling.uniformity, 4),
        "unsampled": round(sampling.unsampled, 4),
        "scf_star_threshold": EVEN_SCF_STAR,
    }


def about_half_maps(signal: HalfMapSignal) -> dict[str, Any]:
    """What half maps say of each direction, in a few numbers."""
    finite = signal.resolution[np.isfinite(signal.resolution)]
    return {
        "box": signal.box,
        "voxel_size_A": round(signal.voxel_size, 5),
        "cfar": round(signal.cfar, 4),
        "cfar_threshold": EVEN_CFAR,
        "tfar": round(signal.tfar, 4),
        "best_resolution_A": round(float(finite.min()), 3) if len(finite) else None,
        "worst_resolution_A": round(float(signal.resolution.max()), 3)
        if len(finite) == len(signal.resolution)
        else None,
        "directions": len(signal.axes),
        "cone_deg": signal.cone,
        "band_deg": signal.band,
        "fsc_threshold": signal.threshold,
    }


def _about(one: Diagnosis) -> dict[str, Any]:
    content: dict[str, Any] = {"job": one.name}
    if one.posed is not None:
        content = _about_posed(one.posed)
    scf_star = None if one.sampling is None else one.sampling.scf_star
    cfar = None if one.half_maps is None else one.half_maps.cfar
    read = reading(scf_star, cfar)
    counts = None
    if one.bins is not None and one.bin is not None:
        counts = np.bincount(one.bin[one.bin >= 0], minlength=len(one.bins))
    return content | {
        "verdict": read.verdict,
        "why": read.why,
        "next": with_flags(read.todo),
        "bins": None if one.bins is None else _about_bins(one.bins, counts),
        "sampling": None if one.sampling is None else about_sampling(one.sampling),
        "half_maps": None if one.half_maps is None else about_half_maps(one.half_maps),
    }


def _about_posed(posed: Posed) -> dict[str, Any]:
    return {
        "job": posed.dataset.job,
        "format": posed.dataset.format,
        "poses_from": list(posed.orientations.columns),
        "particles_read": len(posed),
        "particles_used": int(np.count_nonzero(posed.is_used)),
        "symmetry": posed.symmetry,
    }


def _about_bins(bins: SphereBins, counts: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "number": len(bins),
        "scheme": bins.scheme,
        "antipodal": bins.antipodal,
    }
    if counts is not None:
        counts = np.asarray(counts)
        occupied = counts[counts > 0]
        content |= {
            "occupied": len(occupied),
            "smallest": int(occupied.min()) if len(occupied) else 0,
            "median": float(np.median(occupied)) if len(occupied) else 0.0,
            "largest": int(occupied.max()) if len(occupied) else 0,
        }
    return content


def particles_line(summary: Mapping[str, Any]) -> str:
    """``job021: 52,000 particles with poses, point group D7``."""
    if "particles_used" not in summary:
        return str(summary["job"])
    used, read = summary["particles_used"], summary["particles_read"]
    of = f"{used:,} of {read:,}" if used < read else f"{used:,}"
    noun = "particle" if read == 1 else "particles"
    return f"{summary['job']}: {of} {noun} with poses, point group {summary['symmetry']}"


def balance_lines(summary: Mapping[str, Any]) -> list[str]:
    """What balancing did to the bins, and to SCF*, in a few sentences."""
    balance, bins, counts = summary["balance"], summary["bins"], summary["particles"]
    share = counts["selected"] / counts["read"] if counts["read"] else 0.0
    lines = [
        f"{bins['occupied']:,} of {bins['number']:,} bins are occupied, with {bins['smallest']:,} "
        f"to {bins['largest']:,} particles each."
    ]
    if balance["cap"] is None:
        lines.append("No cap.")
    else:
        lines.append(
            f"{balance['bins_cut']:,} of them were cut to {balance['cap']:,} particles"
            f"{_by(balance)}."
        )
    reasons = ", ".join(
        f"{count:,} {'to balance' if reason == 'balanced' else reason}"
        for reason, count in counts["excluded_because"].items()
    )
    lines.append(
        f"Selected {counts['selected']:,} of {counts['read']:,} particles ({share:.0%})"
        + (f"; excluded: {reasons}." if reasons else ".")
    )
    lines.append(scf_star_line(summary))
    return lines


def _by(balance: Mapping[str, Any]) -> str:
    if balance["percentile"] is not None:
        return f" (percentile {balance['percentile']} of the occupied bins)"
    if balance["factor"] is not None:
        return f" (factor {balance['factor']})"
    return ""


def scf_star_line(summary: Mapping[str, Any]) -> str:
    """SCF* before and after, next to that of as many particles dropped at random."""
    before, after = summary["sampling"], summary["sampling_after"]
    random = summary["scf_star_at_random"]
    line = f"SCF* {before['scf_star']:.2f} before, {after['scf_star']:.2f} after"
    if random is not None:
        line += f"; {random['mean']:.2f} if as many are dropped at random"
    return f"{line} ({EVEN_SCF_STAR} or higher is even)."
