"""The checks of a format, in the order in which they run."""

from __future__ import annotations

from rebalance.testing.format_reading import (
    contract,
    knows_its_own,
    pixel_size_given,
    reads_a_dataset,
    reads_the_same_again,
    refuses_foreign_files,
    refuses_truncated_files,
    sniff_never_raises,
)
from rebalance.testing.format_writing import (
    all_or_none,
    any_rows_written,
    inputs_unchanged,
    orientations_read,
    pictures_written,
    poses_written,
    round_trip,
    rows_byte_for_byte,
    says_what_it_writes,
    templates_written,
)
from rebalance.testing.outcome import named

FORMAT_CHECKS = named(
    (
        contract,
        knows_its_own,
        sniff_never_raises,
        reads_a_dataset,
        reads_the_same_again,
        pixel_size_given,
        refuses_foreign_files,
        refuses_truncated_files,
        round_trip,
        rows_byte_for_byte,
        all_or_none,
        says_what_it_writes,
        templates_written,
        any_rows_written,
        pictures_written,
        poses_written,
        orientations_read,
        inputs_unchanged,
    )
)
