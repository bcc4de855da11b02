"""Jobs of rebalance for the CCP-EM pipeliner: options, nodes and displays of its commands."""
