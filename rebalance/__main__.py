"""`python -m rebalance`, the same as `rebalance`."""

from rebalance.cli import main

if __name__ == "__main__":
    main()
