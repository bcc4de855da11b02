"""How well the views of class averages are found, where they are known."""
