"""Tools for plugin authors, as stable as the contracts.

============================  =====================================================================
images, metrics
`soft_disc`                   a round mask with a cosine edge
`mask_about`                  images masked by a soft disc, with mean 0 under it
`mask_radius`                 radius of the mask in pixels: as given, or found from the images
`centred_masks`               centers of the objects, and the radius of a mask around them
`estimate_radius`             radius that contains the objects, from the images alone
`radius_of_pixels`            distance of each pixel from the middle of the image
`PolarGrid`, `polar_fourier`  samples of the Fourier transform on rings and angles
affinities, clusterings
`in_canonical_order`          labels that do not depend on the order of the averages
`canonical_order`             the order used for that
particles, strategies
`rows_by_group`               the rows of each group, without excluded ones
`in_proportion`               rows reordered so that each prefix has the classes in proportion
files, formats
`guarded_writing`             writing with a clear error for a full disk or missing permission
jobs in other programs
`settings_of_command`         the settings of a command, as plain data for a form
`ListedSetting`               one of these: help, default, kind, choices, bounds
`words_of_command`            the command to type for given settings
`check_command`               finds mistakes in settings before the command is run
============================  =====================================================================

Heavy libraries are loaded only when a tool is called.
"""

from __future__ import annotations

from rebalance.clusterings.canonical_order import canonical_order, in_canonical_order
from rebalance.formats.writing import guarded_writing
from rebalance.imaging.masks import estimate_radius, mask_about, radius_of_pixels, soft_disc
from rebalance.imaging.polar import PolarGrid, polar_fourier
from rebalance.metrics.search_options import centred_masks, mask_radius
from rebalance.pipeline.check_command import check_command
from rebalance.settings.listed import ListedSetting, settings_of_command, words_of_command
from rebalance.strategies.order import in_proportion, rows_by_group

__all__ = [
    "ListedSetting",
    "PolarGrid",
    "canonical_order",
    "centred_masks",
    "check_command",
    "estimate_radius",
    "guarded_writing",
    "in_canonical_order",
    "in_proportion",
    "mask_about",
    "mask_radius",
    "polar_fourier",
    "radius_of_pixels",
    "rows_by_group",
    "settings_of_command",
    "soft_disc",
    "words_of_command",
]
