"""Where averages stand beside each other: in one order, in a chain, on a map; arrays in and out."""
