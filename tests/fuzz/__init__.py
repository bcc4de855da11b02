"""Mutation fuzzing of every reader: `python -m tests.fuzz --help`.

A reader joins by one entry in `tests.fuzz.readers.READERS`: how its seeds are made, how they are
mutated, and what is done with a mutant. Any exception but a `RebalanceError`, a warning, more than
10 s, or more memory than 4 × the file + 200 MB is a finding. What was found and mended lies in
`found/`, a folder for each reader, and is read by the tests.
"""
