"""The estimate of views: starts, agreement, removal of misfits, symmetry, poses, and verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rebalance import blas
from rebalance.imaging.objects import why_no_object
from rebalance.model import BoolArray, ClassAverages, DoubleArray, FloatArray, Views
from rebalance.point_groups import parse_symmetry
from rebalance.views import gate
from rebalance.views.fit import find_misfits
from rebalance.views.fourier_map import BOX
from rebalance.views.judge import Judged, judge
from rebalance.views.polar_images import PolarImages, image_weights, polar_images
from rebalance.views.standard_frame import in_standard_frame
from rebalance.views.starts import CENTRED, Run, best_runs, centred, refine, workers
from rebalance.views.symmetry_search import AUTO, find_symmetry, with_symmetry

ComplexArray = npt.NDArray[np.complex64]

MOST_ROUNDS = 3
"""Of starts, each without the misfits of the round before."""
FEW_MISFITS = 0.05
"""Part of the averages that changes so little of the map that no new round is needed."""


def estimate(
    averages: ClassAverages,
    radius: float,
    centre: DoubleArray,
    *,
    symmetry: str = AUTO,
    seed: int = 0,
    axial: bool = True,
    threads: int = 1,
) -> Views:
    """Viewing directions of class averages, by expectation–maximization from random starts.

    Parameters
    ----------
    averages : ClassAverages
        None empty.
    radius : float
        Of the mask about each object, pixels.
    centre : float64 (N, 2)
        (x, y) of each object from pixel (L/2, L/2), pixels.
    symmetry : str
        Point group; ``auto`` takes one where the averages bear it out.
    seed : int
    axial : bool
        Opposite views, whose pictures are mirror images, count as the same.
    threads : int
        They change no byte of the result.

    Notes
    -----
    Maximum likelihood as of Sigworth 1998 (doi:10.1006/jsbi.1998.4014) and Scheres et al. 2007
    (doi:10.1038/nmeth992), with poses of a given perplexity in place of a model of the noise.
    """
    group = AUTO if symmetry.strip().lower() == AUTO else parse_symmetry(symmetry)
    if len(averages) < gate.FEWEST:
        return _too_few(averages, group)
    images = polar_images(averages, radius, centre)
    weight = image_weights(averages.n_particles, len(averages))
    no_object = _no_object(averages, radius)
    with blas.single_threaded():
        misfits = no_object
        for number in range(MOST_ROUNDS):
            left_out = misfits
            judged = _round(images.samples, weight, left_out, seed + number, axial, threads)
            misfits = _misfits(judged, left_out) | no_object
            if _are_most(misfits, no_object):
                misfits = left_out
            if (misfits != left_out).mean() <= FEW_MISFITS:
                break
        if (misfits != left_out).any():
            judged = _without(judged, weight, misfits, seed, axial, threads)
        if group != "C1":
            group, judged = _with_symmetry(judged, weight, misfits, group, seed, axial, threads)
        return in_standard_frame(_views(averages, images, judged, misfits, no_object, group))


def _are_most(misfits: BoolArray, no_object: BoolArray) -> bool:
    """Whether there are so many misfits that the map itself is probably wrong."""
    fitting = int((~misfits).sum())
    return fitting < max(gate.FEWEST, (1 - gate.LARGEST_MISFIT_SHARE) * (~no_object).sum())


def _no_object(averages: ClassAverages, radius: float) -> BoolArray:
    """Averages without an object in their middle, which are not used for the map.

    None if too few others would be left.
    """
    said = why_no_object(averages.images, radius, averages.n_particles)
    without = np.array([bool(words) for words in said], dtype=np.bool_)
    return without if (~without).sum() >= gate.FEWEST else np.zeros_like(without)


def _round(
    samples: ComplexArray,
    weight: FloatArray,
    left_out: BoolArray,
    seed: int,
    axial: bool,
    threads: int,
) -> list[Judged]:
    """Runs of the images that are not left out, and what they say of all."""
    used = np.flatnonzero(~left_out)
    runs = best_runs(samples[used], weight[used], seed, threads=threads)
    counted = np.where(left_out, 0, weight).astype(np.float32)

    def of(run: Run) -> Judged:
        if left_out.any():
            shift = np.zeros((len(samples), 2))
            whole = centred(replace(run, samples=samples, shift=shift))
            whole.samples[used], whole.shift[used] = run.samples, run.shift
            run = whole
        return judge(run, counted, seed, axial=axial)

    with workers(threads, len(runs)) as (outer, _):
        return list(outer(of, runs))


def _without(
    judged: list[Judged],
    weight: FloatArray,
    misfits: BoolArray,
    seed: int,
    axial: bool,
    threads: int,
) -> list[Judged]:
    """The same runs with maps to which the misfits don't contribute."""
    counted = np.where(misfits, 0, weight).astype(np.float32)

    def of(one: Judged) -> Judged:
        return judge(refine(one.run, counted, CENTRED), counted, seed, axial=axial)

    with workers(threads, len(judged)) as (outer, _):
        return list(outer(of, judged))


def _with_symmetry(
    judged: list[Judged],
    weight: FloatArray,
    misfits: BoolArray,
    group: str,
    seed: int,
    axial: bool,
    threads: int,
) -> tuple[str, list[Judged]]:
    """The runs made with the point group that was named, or that the averages bear out."""
    counted = np.where(misfits, 0, weight).astype(np.float32)
    if group == AUTO:
        with workers(threads, 4) as (outer, _):
            group = find_symmetry(judged[0].run, counted, seed, outer)
        if group == "C1":
            return group, judged

    def of(one: Judged) -> Judged:
        made = with_symmetry(one.run, counted, group, seed)
        assert made is not None
        return judge(made[1], counted, seed, axial=axial)

    with workers(threads, len(judged)) as (outer, _):
        found = list(outer(of, judged))
    return group, sorted(found, key=lambda one: -one.run.score)


def _agreement(judged: list[Judged], misfits: BoolArray) -> FloatArray:
    rows = np.flatnonzero(~misfits)
    return gate.agreement([one.angle[np.ix_(rows, rows)] for one in judged])


def _misfits(judged: list[Judged], left_out: BoolArray) -> BoolArray:
    """Averages that fit badly the maps with them and those without them.

    Those without alone would name rare views, which have no others beside them.
    """
    agreeing = [judged[n] for n in gate.largest_group(_agreement(judged, left_out))]
    without = np.mean([one.fit for one in agreeing], axis=0)
    with_it = np.mean([one.own_fit for one in agreeing], axis=0)
    return find_misfits(without, left_out) & find_misfits(with_it, left_out)


def _views(
    averages: ClassAverages,
    images: PolarImages,
    judged: list[Judged],
    misfits: BoolArray,
    no_object: BoolArray,
    group: str,
) -> Views:
    agreement = _agreement(judged, misfits)
    agreeing = gate.largest_group(agreement)
    best = judged[agreeing[0]]
    in_agreement = np.isin(np.arange(len(judged)), agreeing)
    angle = np.mean([judged[n].angle for n in agreeing], axis=0)
    fit = np.mean([judged[n].fit for n in agreeing], axis=0)
    typical = gate.typical(agreement)
    share, of = _share(averages.subset(~no_object), misfits[~no_object])
    reason = gate.why_not(typical, int((~misfits).sum()), share, of=of)
    return Views(
        class_id=averages.class_id,
        sampled=best.sampled,
        posterior=best.posterior,
        rotation=best.rotation,
        shift=images.centre + best.run.shift * images.radius,
        fit=fit,
        is_misfit=misfits,
        angle=angle.astype(np.float32),
        start_agreement=agreement,
        in_agreement=in_agreement,
        agreement=typical,
        trusted=not reason,
        reason=reason,
        map=images.unwhitened(best.run.volume),
        voxel_size=2 * BOX * images.radius / len(best.run.volume),
        symmetry=group,
        operations=best.run.operations,
    )


def _share(averages: ClassAverages, misfits: BoolArray) -> tuple[float, str]:
    """Part of the class averages that don't fit, or of the particles if it is larger."""
    share, of = float(misfits.mean()), "class averages"
    if averages.n_particles is not None:
        of_particles = float(np.average(misfits, weights=averages.n_particles))
        if of_particles > share:
            return of_particles, "particles"
    return share, of


def _too_few(averages: ClassAverages, group: str) -> Views:
    """The result for too few averages: no views."""
    n = len(averages)
    angle = np.full((n, n), 90.0, dtype=np.float32)
    np.fill_diagonal(angle, 0)
    return Views(
        class_id=averages.class_id,
        sampled=np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]),
        posterior=np.full((n, 2), 0.5, dtype=np.float32),
        rotation=np.full((n, 3, 3), np.nan),
        shift=np.zeros((n, 2)),
        fit=np.full(n, np.nan),
        is_misfit=np.zeros(n, dtype=np.bool_),
        angle=angle,
        start_agreement=np.ones((1, 1), dtype=np.float32),
        in_agreement=np.ones(1, dtype=np.bool_),
        agreement=0.0,
        trusted=False,
        reason=gate.too_few(n),
        map=np.zeros((2, 2, 2), dtype=np.float32),
        voxel_size=1.0,
        symmetry="C1" if group == AUTO else group,
        operations=np.eye(3)[None],
        notes=(gate.too_few(n),),
    )
