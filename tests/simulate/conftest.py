"""Simulations small enough to make in a moment."""

from __future__ import annotations

from typing import Any

import pytest

from rebalance.simulate import SimulatedClassification, simulate_class_averages

SMALL: dict[str, Any] = {
    "n_averages": 24,
    "n_particles": 900,
    "n_views": 5,
    "box": 40,
    "pixel_size": 6.4,
    "n_empty": 3,
    "n_noise": 1,
    "n_junk": 1,
    "seed": 3,
}


@pytest.fixture
def small_options() -> dict[str, Any]:
    """What `small` is made with."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def small() -> SimulatedClassification:
    return simulate_class_averages(SMALL)


@pytest.fixture(scope="session")
def with_images() -> SimulatedClassification:
    """Particle images in strong light, without CTF."""
    return simulate_class_averages(
        SMALL | {"n_particles": 300, "particle_images": True, "ctf": False, "snr": 0.5}
    )
