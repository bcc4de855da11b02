"""Which class averages take part: left out by number or count, as junk, or by decisions."""
