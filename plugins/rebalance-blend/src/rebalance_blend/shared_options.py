"""The options of the in-plane search, which are handed down to the metrics that are required."""

from __future__ import annotations

from rebalance.options import Length, Options, option


class SharedOptions(Options):
    """What `rotational-cc`, and metrics that stand on it, know under the same names."""

    mask_diameter: Length | None = option(
        None, "Diameter of the soft circular mask; auto: from the images.", unit="Å or px"
    )
    max_shift: Length | None = option(
        None, "Largest shift in any direction; auto: 8 % of the box.", unit="Å or px"
    )
    mirror: bool = option(True, "Also compare with the mirror image.")
    center: bool = option(True, "Center the objects first; max_shift is relative to that.")


def check_lengths(options: Options, pixel_size: float | None) -> None:
    """Refuse lengths in Å where there is no pixel size.

    Parameters
    ----------
    options : Options
    pixel_size : float or None
        Å per pixel.

    Raises
    ------
    OptionError
    """
    for name in type(options).model_fields:
        length = getattr(options, name)
        if isinstance(length, Length):
            length.pixels(pixel_size, name)
