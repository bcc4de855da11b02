"""The readers that are fuzzed: their seeds, their mutations, and what is done with a file."""

from tests.fuzz.readers.jobs import OF_JOBS
from tests.fuzz.readers.molecules import MOLECULES
from tests.fuzz.readers.prepared import Prepared, Reader
from tests.fuzz.readers.refinements import OF_REFINEMENTS
from tests.fuzz.readers.truths import TRUTHS
from tests.fuzz.readers.written import WRITTEN

READERS = {
    reader.name: reader for reader in (*OF_JOBS, *OF_REFINEMENTS, *WRITTEN, *TRUTHS, *MOLECULES)
}
"""By name; a new reader is one entry more in its room."""

__all__ = ["READERS", "Prepared", "Reader"]
