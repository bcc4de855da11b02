"""Attacks on whole runs: `python -m tests.attacks --help`.

Each try runs the command as a process in a fresh folder, and does something to it at a moment drawn
from a seeded generator. Then it asks: are the inputs as they were, is every result whole or absent,
was an error said in a sentence, and does the next run end in the bytes of an undisturbed one? An
attack is a function in a file of its own, and an entry in `campaign.py`; `bench.py` has the folder,
`judge.py` the questions.
"""
