"""Ab initio maps of RELION before and after balancing, against the molecule that was simulated.

The order: `particles` simulates a job with preferred views and says which particles each condition
keeps; `relion` makes an initial model of them; `align_map` lays it on the true map, and `scores`
compares the two; `summary` pairs the scores by seed, and `pictures` draws one seed.
"""
