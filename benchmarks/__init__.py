"""Speed, scale and scientific quality, each a command that prints a table and writes JSON."""
