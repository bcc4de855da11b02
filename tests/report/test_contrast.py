"""Colours of the report page have the contrast of WCAG 2: 4.5 for text, 3 for what is drawn."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from rebalance.figures import style

CSS = (resources.files("rebalance.report") / "page" / "style.css").read_text(encoding="utf-8")
SURFACES = ("paper", "ground", "pale")
ON_THEIR_OWN = {"on-accent": "accent", "warn-ink": "warn", "ground": "ink"}
"""Text that stands on one colour only."""
ORNAMENTS = ("rule", "warn-rule", "pale")
"""Lines between parts, grid lines and the like: nothing is lost without them."""


def variables(selector: str) -> dict[str, str]:
    """Colours by name, in the first block of a selector."""
    block = CSS[CSS.index(f"{selector} {{") :]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[: block.index("}")]))


LIGHT = variables(":root")
DARK = LIGHT | variables(':root[data-theme="dark"]')
PRINT = LIGHT | variables("@media print {\n  :root")
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2, of #rgb or #rrggbb."""
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Ratio by WCAG 2.2, 1 to 21."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def used(*properties: str) -> set[str]:
    """Names of the colours that are given to any of these properties."""
    names = "|".join(properties)
    found = re.findall(rf"(?<![\w-])(?:{names}): ([^;}}]*)", CSS)
    return {name for value in found for name in re.findall(r"var\(--([\w-]+)\)", value)} & set(
        LIGHT
    )


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_both_ways_to_be_dark_have_the_same_colours() -> None:
    assert variables(':root:not([data-theme="light"])') == variables(':root[data-theme="dark"]')


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read(theme: str) -> None:
    colors, names = THEMES[theme], used("color")
    assert {"ink", "muted", "focus", "on-accent"} <= names
    for name in sorted(names):
        for surface in [ON_THEIR_OWN[name]] if name in ON_THEIR_OWN else SURFACES:
            ratio = contrast(colors[name], colors[surface])
            assert ratio >= 4.5, f"{name} on {surface}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_drawn_can_be_seen(theme: str) -> None:
    colors = THEMES[theme]
    names = used("stroke", "border(?:-[a-z]+)?", "outline", "box-shadow") - set(ORNAMENTS)
    names |= {"accent", "focus", "muted"}
    assert {"edge", "outline"} <= names
    for name in sorted(names - {"paper", "ground"}):
        for surface in SURFACES:
            ratio = contrast(colors[name], colors[surface])
            assert ratio >= 3, f"{name} on {surface}: {ratio:.2f}"


@pytest.mark.parametrize("color", style.PALETTE)
def test_numbers_on_colours_of_superclasses_can_be_read(color: str) -> None:
    # As inkOn in data.js chooses.
    ink = "#ffffff" if luminance(color) < 0.18 else "#111111"
    assert contrast(ink, color) >= 4.5
