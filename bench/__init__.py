"""The benchmarks behind the figures in the README: ratios against a peer, in one run on one machine."""
