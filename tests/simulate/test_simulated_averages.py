"""A simulated classification has the views, sizes, empties and noise that it says it has."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import OptionError
from rebalance.model import Transform
from rebalance.simulate import SimulatedClassification, simulate_class_averages


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def upright(simulated: SimulatedClassification, row: int) -> np.ndarray:
    """The picture of a view as it was before it was turned and moved."""
    motion = Transform(float(simulated.in_plane[row]), tuple(simulated.shift[row]))
    return motion.inverse().apply(simulated.class_averages.images[row])


def test_one_seed_gives_one_data_set(
    small: SimulatedClassification, small_options: dict[str, Any]
) -> None:
    again = simulate_class_averages(small_options)
    for field in dataclasses.fields(small):
        one, two = getattr(small, field.name), getattr(again, field.name)
        if isinstance(one, np.ndarray):
            assert one.tobytes() == two.tobytes(), field.name
    assert small.class_averages.images.tobytes() == again.class_averages.images.tobytes()
    other = simulate_class_averages(small_options | {"seed": 4})
    assert not np.array_equal(other.class_averages.images, small.class_averages.images)
    assert not np.array_equal(other.particle_class, small.particle_class)


def test_counts_are_as_asked(small: SimulatedClassification) -> None:
    averages = small.class_averages
    assert len(averages) == 24
    np.testing.assert_array_equal(averages.class_id, np.arange(1, 25))
    counted = np.bincount(small.particle_class - 1, minlength=24)
    np.testing.assert_array_equal(averages.n_particles, counted)
    assert counted.sum() == len(small.particle_view) == 900
    kinds = {str(kind): int((small.kind == kind).sum()) for kind in np.unique(small.kind)}
    assert kinds == {"view": 19, "empty": 3, "noise": 1, "junk": 1}
    assert set(small.superclass[small.kind == "view"]) == set(range(5))
    assert (small.superclass[small.kind != "view"] == -1).all()


def test_empties_are_blank_and_noise_is_not_but_neither_has_particles(
    small: SimulatedClassification,
) -> None:
    averages = small.class_averages
    assert averages.n_particles is not None
    without = np.isin(small.kind, ["empty", "noise"])
    np.testing.assert_array_equal(averages.n_particles == 0, without)
    np.testing.assert_array_equal(averages.is_empty, without)
    assert not averages.images[small.kind == "empty"].any()
    assert averages.images[small.kind == "noise"].std() > 0.1


@pytest.mark.parametrize("preferred_share", [0.0, 0.75])
def test_class_sizes_follow_the_views(preferred_share: float) -> None:
    simulated = simulate_class_averages(
        {
            "n_averages": 60,
            "n_particles": 8000,
            "n_views": 10,
            "box": 16,
            "preferred_share": preferred_share,
        }
    )
    own = simulated.particle_superclass
    observed = np.bincount(own[own >= 0], minlength=10)
    expected = simulated.popularity * observed.sum()
    assert (np.abs(observed - expected) < 5 * np.sqrt(expected) + 5).all()
    if preferred_share:
        assert np.sort(simulated.popularity)[-2:].sum() > 0.45
    else:
        np.testing.assert_allclose(simulated.popularity, 0.1)


def test_particles_lie_near_the_view_of_their_average(small: SimulatedClassification) -> None:
    kind = small.kind[small.particle_class - 1]
    own = small.view[small.particle_class - 1]
    angle = np.rad2deg(np.arccos(np.clip((own * small.particle_view).sum(axis=1), -1, 1)))
    spread = np.sqrt((angle[kind == "view"] ** 2).mean())
    assert spread == pytest.approx(small.options.particle_spread, rel=0.1)
    assert np.isnan(angle[kind == "junk"]).all()
    junk = small.particle_view[kind == "junk"]
    assert np.linalg.norm(junk.mean(axis=0)) < 0.5


def test_average_and_superclass_agree_with_the_axes(small: SimulatedClassification) -> None:
    shown = small.kind == "view"
    sign = np.where(small.mirrored[shown], -1, 1)[:, None]
    axis = sign * small.axes[small.superclass[shown]]
    angle = np.rad2deg(np.arccos((axis * small.view[shown]).sum(axis=1)))
    assert angle.max() < 5 * small.options.class_spread
    assert 0 < small.mirrored[shown].sum() < shown.sum()


def test_averages_of_one_view_look_alike_and_its_opposite_is_the_mirror_image(
    small_options: dict[str, Any],
) -> None:
    simulated = simulate_class_averages(
        {
            **small_options,
            "n_views": 2,
            "n_particles": 200_000,
            "class_spread": 0.0,
            "particle_spread": 1.0,
            "mirror_share": 0.5,
            "snr": 1.0,
        }
    )
    shown = np.flatnonzero(simulated.kind == "view")
    pictures = {row: upright(simulated, row) for row in shown}
    # The frame of the opposite view has y the other way round and x kept.
    for one in shown:
        for two in shown:
            same = simulated.superclass[one] == simulated.superclass[two]
            mirrored = simulated.mirrored[one] != simulated.mirrored[two]
            picture = pictures[two]
            flipped = np.roll(picture[::-1], 1, axis=0)
            alike = correlation(pictures[one], flipped if mirrored else picture)
            assert (alike > 0.95) == same, (one, two, alike)


def test_fewer_particles_make_a_noisier_average(small_options: dict[str, Any]) -> None:
    noise = []
    for n_particles in (50, 500, 5000):
        simulated = simulate_class_averages(
            {
                **small_options,
                "n_averages": 1,
                "n_views": 1,
                "n_empty": 0,
                "n_noise": 0,
                "n_junk": 0,
                "n_particles": n_particles,
                "class_spread": 0.0,
                "particle_spread": 0.0,
                "psi_error": 0.0,
                "shift_error": 0.0,
            }
        )
        clear = simulate_class_averages(simulated.options.model_copy(update={"snr": 1e6}))
        noise.append(1 - correlation(simulated.class_averages.images, clear.class_averages.images))
        assert simulated.class_averages.resolution is not None
    assert noise[0] > 1.5 * noise[1] > 2 * noise[2] > 0


def test_averaging_the_particle_images_gives_the_class_average(
    with_images: SimulatedClassification,
) -> None:
    averages = with_images.class_averages
    images = with_images.particle_images
    assert images is not None
    assert averages.n_particles is not None
    shown = np.flatnonzero(with_images.kind == "view")
    largest = shown[np.argmax(averages.n_particles[shown])]
    members = np.flatnonzero(with_images.particle_class == averages.class_id[largest])
    laid_back = [
        Transform(float(with_images.particle_psi[p]), tuple(with_images.particle_shift[p]))
        .inverse()
        .apply(images[p])
        for p in members
    ]
    middle = slice(8, 32)
    alike = correlation(
        np.mean(laid_back, axis=0)[middle, middle], averages.images[largest][middle, middle]
    )
    assert alike > 0.9


def test_particle_images_have_the_signal_to_noise_ratio_asked_for(
    small_options: dict[str, Any],
) -> None:
    simulated = simulate_class_averages(
        small_options | {"snr": 4.0, "particle_images": True, "ctf": False}
    )
    images = simulated.particle_images
    assert images is not None
    corner = images[:, :5, :5]
    assert corner.std() == pytest.approx(1, abs=0.02)
    axis = np.arange(40) - 20
    inside = np.hypot(axis[:, None], axis) < 0.5 * 230 / 6.4
    signal = images[:, inside].var(axis=1).mean() - 1
    assert signal == pytest.approx(4.0, rel=0.2)


def test_continuous_views_are_crowded_but_not_repeated(small_options: dict[str, Any]) -> None:
    simulated = simulate_class_averages(
        small_options | {"continuous": True, "n_averages": 205, "n_particles": 2000, "box": 16}
    )
    view = simulated.view[simulated.kind == "view"]
    cosine = np.abs(view @ view.T) - 2 * np.eye(len(view))
    nearest = np.rad2deg(np.arccos(np.clip(cosine.max(axis=1), -1, 1)))
    assert np.percentile(nearest, 95) > 6
    largest = np.bincount(simulated.superclass[simulated.kind == "view"]).max()
    assert largest > 0.35 * len(view)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_averages": 10}, "n_averages = 10 is too few: 12 views need"),
        (
            {"n_averages": 5},
            r"Use `n_averages=20` or more, or fewer of the others",
        ),
        ({"n_averages": 10}, r"Use `n_averages=20` or more, or `n_views=2` or fewer"),
        ({"n_particles": 20}, "n_particles = 20 is too few for 74"),
        ({"snr": -1}, "snr"),
        ({"views": 3}, "no option 'views'"),
    ],
)
def test_impossible_wishes_name_the_option(options: dict[str, float], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        simulate_class_averages(options)


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_whatever_is_asked_for_is_there_and_finite(data: st.DataObject) -> None:
    kinds = ("junk", "edge", "double", "ice", "junk_noise")
    aside = {f"n_{name}": data.draw(st.integers(0, 2)) for name in ("empty", "noise", *kinds)}
    n_views = data.draw(st.integers(1, 6))
    n_averages = data.draw(st.integers(n_views, 15)) + sum(aside.values())
    options = {
        **aside,
        "n_views": n_views,
        "n_averages": n_averages,
        "n_particles": data.draw(st.integers(n_averages, 300)),
        "box": data.draw(st.integers(8, 25)),
        "pixel_size": 10.0,
        "n_preferred": data.draw(st.integers(0, 8)),
        "continuous": data.draw(st.booleans()),
        "snr": data.draw(st.sampled_from([1e-4, 0.1, 1e3])),
        "averaging": data.draw(st.sampled_from(["wiener", "phase-flip"])),
        "noise_length": data.draw(st.sampled_from([0.0, 25.0])),
        "neighbour_share": data.draw(st.sampled_from([0.0, 0.5])),
        "particle_images": data.draw(st.booleans()),
        "seed": data.draw(st.integers(0, 99)),
    }
    simulated = simulate_class_averages(options)
    averages = simulated.class_averages
    assert averages.n_particles is not None
    assert averages.n_particles.sum() == options["n_particles"]
    assert np.isfinite(averages.images).all()
    occupied = np.isin(simulated.kind, ["view", "junk"])
    np.testing.assert_array_equal(~averages.is_empty, occupied)
    for kind in ("empty", "noise"):
        assert (simulated.kind == kind).sum() == aside[f"n_{kind}"]
    for kind, word in zip(kinds, ("mixed", "edge", "double", "ice", "noise"), strict=True):
        of_kind = (simulated.kind == "junk") & (simulated.junk_kind == word)
        assert of_kind.sum() == aside[f"n_{kind}"]
    if simulated.particle_images is not None:
        assert np.isfinite(simulated.particle_images).all()
    if not options["continuous"]:
        assert set(simulated.superclass[simulated.kind == "view"]) == set(range(n_views))


def test_the_smallest_simulation_there_is() -> None:
    simulated = simulate_class_averages(
        {"n_averages": 1, "n_particles": 1, "n_views": 1, "n_empty": 0, "n_noise": 0, "n_junk": 0}
    )
    assert simulated.class_averages.images.any()
