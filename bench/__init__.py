"""The benchmarks behind the figures in the README: each beside a bound or a peer, in one run on one machine."""
