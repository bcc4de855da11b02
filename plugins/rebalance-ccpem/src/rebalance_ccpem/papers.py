"""What a job cites whatever its options are; a report adds the methods of its run."""

from __future__ import annotations

from pipeliner.pipeliner_job import Ref

SOFTWARE = Ref(
    authors=["The rebalance developers"], title="rebalance", journal="Software", year="2026"
)

SCF = Ref(
    authors=["Baldwin PR", "Lyumkis D"],
    title="Non-uniformity of projection distributions attenuates resolution in cryo-EM",
    journal="Prog. Biophys. Mol. Biol.",
    year="2020",
    volume="150",
    pages="160-183",
    doi="10.1016/j.pbiomolbio.2019.09.002",
)
"""The measure SCF*."""
