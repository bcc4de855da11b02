"""Checks of the invariances that a metric declares and the transforms that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rebalance.contracts import ALIGNMENT
from rebalance.model import FloatArray, Transform
from rebalance.testing.example_images import Blobs, pictures, some_objects
from rebalance.testing.metric_subject import MetricSubject
from rebalance.testing.outcome import NotApplicable, broken, require

TOLERANCE = 0.02
"""Allowed change of an affinity that should stay the same."""

MOVED = 2
"""The average that is changed."""

QUARTER_TURNS = (90.0, 180.0)
TURNS = (37.0, -128.0)
BETWEEN_PIXELS = 0.05
"""Allowed change for rotations that need interpolation."""

SHIFTS = ((2.0, 0.0), (-1.0, 2.0))
KNOWN_MOTIONS = (
    Transform(30.0, (1.0, -2.0)),
    Transform(-115.0, (0.0, 2.0)),
    Transform(75.0, (-1.0, 1.0), True),
)
LARGEST_ANGLE, LARGEST_SHIFT = 3.0, 1.0
"""Allowed errors of a transform, degrees and pixels."""

CORRELATION = 0.02
"""Allowed difference between the correlation of the aligned pair and the stored value."""


def invariance_rotation(subject: MetricSubject) -> None:
    """Rotating one image doesn't change the value."""
    for angles, tolerance in ((QUARTER_TURNS, TOLERANCE), (TURNS, BETWEEN_PIXELS)):
        turned = {f"rotated by {angle:g}°": _drawn(Transform(angle)) for angle in angles}
        _invariant(subject, "rotation", turned, tolerance)


def invariance_shift(subject: MetricSubject) -> None:
    """Shifting one image by a few pixels doesn't change the value."""
    _invariant(
        subject,
        "shift",
        {f"shifted by {shift} px": _drawn(Transform(shift=shift)) for shift in SHIFTS},
    )


def invariance_mirror(subject: MetricSubject) -> None:
    """Mirroring one image doesn't change the value."""
    _invariant(subject, "mirror", {"mirrored": _drawn(Transform(mirror=True))})


def invariance_scale(subject: MetricSubject) -> None:
    """Multiplying one image by a number doesn't change the value."""
    _invariant(
        subject,
        "scale",
        {f"times {by}": _changed(by, 0.0) for by in (2.5, 0.04)},
    )


def invariance_offset(subject: MetricSubject) -> None:
    """Adding a constant to one image doesn't change the value."""
    _invariant(
        subject,
        "offset",
        {f"plus {by}": _changed(1.0, by) for by in (3.0, -0.5)},
    )


def _drawn(motion: Transform) -> Callable[[Blobs], FloatArray]:
    return lambda one: one.picture(motion)


def _changed(factor: float, constant: float) -> Callable[[Blobs], FloatArray]:
    return lambda one: np.float32(factor) * one.picture() + np.float32(constant)


def _invariant(
    subject: MetricSubject,
    word: str,
    changes: Mapping[str, Callable[[Blobs], FloatArray]],
    tolerance: float = TOLERANCE,
) -> None:
    if word not in subject.plugin.invariances:
        raise NotApplicable(f"It does not declare {word} among its invariances.")
    if subject.options != subject.plugin.options_model():
        raise NotApplicable(
            "Its invariances are declared for its default options, and these differ."
        )
    objects = some_objects()
    before = subject.compare(pictures(objects))
    for change, drawn in changes.items():
        images = pictures(objects)
        images[MOVED] = drawn(objects[MOVED])
        after = subject.compare(images)
        now, then = (subject.affinities(one.block.values) for one in (after, before))
        off = np.where(before.above, np.abs(now - then), 0.0)
        if not off.max() <= tolerance:
            i, j = np.unravel_index(int(np.argmax(off)), off.shape)
            broken(
                f"pair ({i}, {j}): {after.block.values[i, j]:.5g} with average {MOVED} {change}, "
                f"{before.block.values[i, j]:.5g} before; expected the same "
                f"{subject.within(tolerance)}."
            )


def transform_of_known_motion(subject: MetricSubject) -> None:
    """The transform between an average and a moved copy is that motion."""
    _gives_transforms(subject)
    still = some_objects()[0]
    others = pictures(some_objects()[1:3])
    can_mirror = bool(getattr(subject.options, "mirror", "mirror" in subject.plugin.invariances))
    for motion in KNOWN_MOTIONS:
        if motion.mirror and not can_mirror:
            continue
        images = np.stack((still.picture(motion), still.picture(), *others))
        found = _transform(subject.compare(images).block, 0, 1)
        turned = abs((found.rotation - motion.rotation + 180.0) % 360.0 - 180.0)
        moved = float(np.hypot(*np.subtract(found.shift, motion.shift)))
        require(
            turned <= LARGEST_ANGLE and moved <= LARGEST_SHIFT and found.mirror == motion.mirror,
            f"pair (0, 1): {_words(found)}; average 0 is average 1 moved by {_words(motion)}.",
        )


def transform_gives_the_value(subject: MetricSubject) -> None:
    """Applying the transform of a pair to the image gives the stored correlation."""
    _gives_transforms(subject)
    if subject.gives_distances:
        raise NotApplicable("It gives distances, not correlations.")
    # Whether or not objects are centred first, these are masked about the middle of the image.
    images = pictures([one.doubled() for one in some_objects()])
    compared = subject.compare(images)
    facts = subject.plugin.facts(compared.work.features)
    diameter = facts.get("mask_diameter_px")
    if diameter is None:
        raise NotApplicable(
            "Its facts() state no mask_diameter_px, so it is not known to be a masked correlation."
        )
    masked = [_masked_image(image, float(diameter) / 2) for image in images]
    for i, j in ((0, 1), (1, 3), (2, 4)):
        motion = _transform(compared.block, i, j)
        found = _correlation(masked[i], motion.apply(masked[j], order=5), facts)
        value = float(compared.block.values[i, j])
        require(
            abs(min(max(found, 0.0), 1.0) - value) <= CORRELATION,
            f"pair ({i}, {j}): {value:.5g} is stored; average {j} moved by {_words(motion)} "
            f"correlates with average {i} by {found:.5g}.",
        )


def _gives_transforms(subject: MetricSubject) -> None:
    block = subject.base.block
    if block.rotation is None or block.shift is None or block.mirror is None:
        require(
            ALIGNMENT not in subject.provides,
            "Its PluginSpec says that it provides the alignment; its blocks don't have it.",
        )
        raise NotApplicable("It gives no transforms.")


def _transform(block: Any, i: int, j: int) -> Transform:
    x, y = block.shift[i, j]
    return Transform(float(block.rotation[i, j]), (float(x), float(y)), bool(block.mirror[i, j]))


def _words(motion: Transform) -> str:
    x, y = motion.shift
    return (
        f"{motion.rotation:.1f}°, shift ({x:.2f}, {y:.2f}) px"
        f"{', mirrored' if motion.mirror else ''}"
    )


_PADDING = 4
"""Rings that are fine enough for the edges of the band."""

_FAINTEST = 1e-6
"""Power density, part of the strongest ring's, below which a ring is not raised further."""


def _masked_image(image: FloatArray, radius: float) -> FloatArray:
    """Under a soft disc, 1 up to 0.9 of its radius (pixels), less the mean under it."""
    axis = np.arange(len(image)) - len(image) // 2
    from_middle = np.hypot(axis[:, None], axis[None, :]) / radius
    disc = 0.5 + 0.5 * np.cos(np.pi * np.clip((from_middle - 0.9) / 0.1, 0, 1))
    return np.asarray(disc * (image - (disc * image).sum() / disc.sum()), dtype=np.float32)


def _correlation(first: FloatArray, second: FloatArray, facts: Mapping[str, Any]) -> float:
    """Normalised correlation of two masked images as they lie: what an affinity is the maximum of.

    Written plainly, as in docs/method.md: in a band of frequencies, rings whitened; by FFT on the
    pixel grid, where the kernels work in polar coordinates.

    Parameters
    ----------
    first, second : float32 (L, L)
    facts : mapping
        What the metric says of itself: ``low_pass_px`` and ``high_pass_px``, where None or absent
        sets no limit; ``whitening``, the exponent by which the amplitude about each ring is evened
        out, and with it ``mask_diameter_px``.
    """
    a, b = (_spectrum(image, facts) for image in (first, second))
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b).real) / norm if norm > 0 else 0.0


def _spectrum(image: FloatArray, facts: Mapping[str, Any]) -> npt.NDArray[np.complex128]:
    size = _PADDING * len(image)
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    low_pass, high_pass = facts.get("low_pass_px"), facts.get("high_pass_px")
    keep = np.ones_like(radius, dtype=np.bool_)
    if high_pass:
        keep &= radius >= 1.0 / high_pass
    if low_pass:
        keep &= radius <= 1.0 / low_pass
    spectrum = np.where(keep, np.fft.fft2(image.astype(np.float64), (size, size)), 0.0)
    whitening = float(facts.get("whitening") or 0.0)
    if whitening == 0.0:
        return spectrum
    ring = np.rint(radius * size).astype(np.int64)
    power = np.bincount(ring.ravel(), (np.abs(spectrum) ** 2).ravel())
    samples = np.bincount(ring.ravel(), keep.ravel())
    # A mask of radius R smears frequencies by about 1 / 2R.
    at = np.arange(len(power)) / size
    near = np.exp(-0.5 * (float(facts["mask_diameter_px"]) * (at[:, None] - at)) ** 2)
    density = (near @ power) / np.maximum(near @ samples, np.finfo(np.float64).tiny)
    inside = samples > 0
    density = np.maximum(density, _FAINTEST * density[inside].max())
    return np.asarray(spectrum * density[ring] ** (-whitening / 2))


MOTION_CHECKS = (
    invariance_rotation,
    invariance_shift,
    invariance_mirror,
    invariance_scale,
    invariance_offset,
    transform_of_known_motion,
    transform_gives_the_value,
)
