"""Views of class averages as an estimate might find them: made up, or from a simulation's truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from rebalance.model import Affinity, Views, results_without
from rebalance.point_groups import operations_of
from rebalance.simulate.blobs import Blobs
from rebalance.simulate.classification import SimulatedClassification
from rebalance.simulate.projection import in_plane
from rebalance.simulate.viewing_directions import uniform, view_frames
from rebalance.simulate.volume import Volume
from rebalance.views.uniformity import fourier_directions


def made_up_views(
    n: int,
    rng: np.random.Generator,
    *,
    symmetry: str = "C1",
    no_part: int = 0,
    misfits: int = 0,
    voxel_size: float = 1.5,
    side: int = 16,
    trusted: bool = True,
) -> Views:
    """Random poses of a map of a few blobs; the first rows took no part, the next are misfits."""
    rotation = in_plane(rng.uniform(-180, 180, n)) @ view_frames(uniform(n, rng))
    rotation[:no_part] = np.nan
    shift = np.where(np.isnan(rotation[:, 0, :2]), np.nan, rng.uniform(-2, 2, (n, 2)))
    fit = np.clip(rng.normal(0.93, 0.02, n), 0, 1)
    is_misfit = np.zeros(n, dtype=bool)
    is_misfit[no_part : no_part + misfits] = True
    fit[is_misfit] = rng.uniform(0.3, 0.5, misfits)
    fit[:no_part] = np.nan
    line = (np.arange(side) - side // 2) / side
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    density = np.zeros((side,) * 3)
    for at in rng.normal(0, 0.12, (6, 3)):
        for cx, cy, cz in operations_of(symmetry) @ at:
            density += np.exp(-((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / 0.02)
    return views_of_poses(
        np.arange(1, n + 1),
        rotation,
        shift,
        density.astype(np.float32),
        voxel_size,
        symmetry,
        fit=fit,
        is_misfit=is_misfit,
        trusted=trusted,
    )


def views_of_poses(
    class_id: np.ndarray,
    rotation: np.ndarray,
    shift: np.ndarray,
    density: np.ndarray,
    voxel_size: float,
    symmetry: str,
    *,
    fit: np.ndarray,
    is_misfit: np.ndarray | None = None,
    trusted: bool = True,
    width: float = 5.0,
) -> Views:
    """Views of known poses; posteriors are Gaussians of so many degrees about the direction."""
    n = len(class_id)
    half = fourier_directions(300)
    sampled = np.concatenate([half, -half])
    known = np.isfinite(rotation[:, 2, 0])
    group = operations_of(symmetry)
    posterior = np.zeros((n, len(sampled)), dtype=np.float32)
    direction = rotation[known, 2]
    off = np.rad2deg(np.arccos(np.clip(direction @ sampled.T, -1, 1)))
    weight = np.exp(-0.5 * (off / width) ** 2)
    posterior[known] = weight / weight.sum(axis=1, keepdims=True)
    cosine = np.abs(np.einsum("ai,gij,bj->gab", direction, group, direction)).max(axis=0)
    angle = np.full((n, n), np.nan, dtype=np.float32)
    angle[np.ix_(known, known)] = np.rad2deg(np.arccos(np.clip(cosine, 0, 1)))
    angle[np.flatnonzero(known), np.flatnonzero(known)] = 0
    agreement = 0.94 if trusted else 0.31
    starts = np.full((4, 4), agreement, dtype=np.float32)
    starts[3, :3] = starts[:3, 3] = 0.42 if trusted else 0.18
    np.fill_diagonal(starts, 1)
    return Views(
        class_id=class_id,
        sampled=sampled,
        posterior=posterior,
        rotation=rotation,
        shift=shift,
        fit=fit,
        is_misfit=np.zeros(n, dtype=bool) if is_misfit is None else is_misfit,
        angle=angle,
        start_agreement=starts,
        in_agreement=np.array([True, True, True, False]),
        agreement=agreement,
        trusted=trusted,
        reason="" if trusted else "The starts found different views (agreement 0.31).",
        map=density,
        voxel_size=voxel_size,
        symmetry=symmetry,
        operations=group,
    )


def carrying(affinity: Affinity, views: Views) -> Affinity:
    """The affinity with the views of the averages that it compared."""
    used = ~affinity.is_empty
    return replace(
        affinity,
        facts={**affinity.facts, **views.as_facts()},
        results=results_without(views.as_results(), len(views), used),
        notes=views.notes,
    )


def true_views(simulated: SimulatedClassification, rng: np.random.Generator) -> Views:
    """The true poses of a simulated classification; junk has poses at random and fits badly."""
    averages, molecule = simulated.class_averages, simulated.molecule
    n, box, pixel_size = len(averages), averages.box, averages.pixel_size
    assert pixel_size is not None
    view = np.where(np.isnan(simulated.view), uniform(n, rng), simulated.view)
    turn = np.where(np.isnan(simulated.in_plane), 0, simulated.in_plane)
    rotation = in_plane(turn) @ view_frames(view)
    shift = np.nan_to_num(simulated.shift)
    took_part = np.isin(simulated.kind, ["view", "junk"])
    rotation[~took_part], shift[~took_part] = np.nan, np.nan
    side, voxel_size = 24, box / 24
    line = (np.arange(side) - side // 2) * voxel_size * pixel_size
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    density = _density_at(molecule.density, np.stack([x, y, z], axis=-1))
    fit = np.clip(rng.normal(0.93, 0.02, n), 0, 1)
    fit[simulated.kind == "junk"] = 0.4
    fit[~took_part] = np.nan
    views = views_of_poses(
        averages.class_id,
        rotation,
        shift,
        density,
        voxel_size,
        simulated.symmetry,
        fit=fit,
        is_misfit=simulated.kind == "junk",
    )
    return replace(views, operations=simulated.operators)


def _density_at(source: Blobs | Volume, points: np.ndarray) -> np.ndarray:
    """At points (..., 3), x, y, z in Å; a volume smoothed to about the distance of the points."""
    if isinstance(source, Blobs):
        return source.density(points).astype(np.float32)
    step = float(points[0, 0, 1, 0] - points[0, 0, 0, 0])
    smooth = gaussian_filter(source.density, 0.5 * step / source.voxel_size)
    place = np.moveaxis(points[..., ::-1], -1, 0) / source.voxel_size + len(smooth) // 2
    return map_coordinates(smooth, place, order=1).astype(np.float32)
