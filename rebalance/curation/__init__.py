"""Which class averages are used: left out by number or count, as junk, or by decisions."""
