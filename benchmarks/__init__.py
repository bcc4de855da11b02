"""Speed, scale and scientific quality, each measured by a command: README.md lists them."""
