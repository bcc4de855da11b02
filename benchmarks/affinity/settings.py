"""The settings at which the affinity is measured: the defaults, and others beside them."""

from __future__ import annotations

DEFAULTS = "defaults"
PLAIN = "plain correlation"
FAR_PLAIN = "plain correlation, ±10 px"
FAR = "default whitening, ±10 px"

SETTINGS: dict[str, dict[str, str]] = {
    DEFAULTS: {},
    PLAIN: {"whitening": "0"},
    FAR_PLAIN: {"whitening": "0", "max_shift": "10px"},
    FAR: {"max_shift": "10px"},
}
"""Options of `rotational-cc` by the name of a setting."""
