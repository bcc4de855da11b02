"""The default with one thing changed at a time; its tables are in docs/science.md."""
