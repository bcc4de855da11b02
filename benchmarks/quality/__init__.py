"""How well superclasses follow known views; writes the tables and pictures of docs/science.md."""
