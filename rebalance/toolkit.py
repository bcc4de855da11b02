"""What plugins may use beside the contracts: small tools that are promised, as the contracts are.

============================  =====================================================================
images, metrics
`soft_disc`                   a round mask with a cosine edge
`mask_about`                  images without their mean under a soft disc, and 0 outside of it
`mask_radius`                 radius of the mask in pixels: as asked for, or found from the images
`centred_masks`               centres of the objects, and the radius of a mask about them
`estimate_radius`             radius that holds the objects, from the images alone
`radius_of_pixels`            distance of each pixel from the middle of the image
`PolarGrid`, `polar_fourier`  samples of the Fourier transform on rings and angles
affinities, clusterings
`in_canonical_order`          labels that do not depend on the order of the averages
`canonical_order`             the order by which it does that
particles, strategies
`rows_by_group`               the rows of each group, those that are out left away
`in_proportion`               rows reordered so that each prefix holds the classes in proportion
files, formats
`guarded_writing`             writing that ends in a clear error where there is no room or no right
jobs in other programs
`settings_of_command`         what a command can be told, as plain data for a form
`ListedSetting`               one of these: help, default, kind, choices, bounds
`words_of_command`            the words that a person would type for settings
`check_command`               what is found wrong with settings before the command is run
============================  =====================================================================

They load nothing heavy until they are called.
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
