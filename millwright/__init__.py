"""The kernel: settings, contracts, lake layout, warehouse access and the command line."""
