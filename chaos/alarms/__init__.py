"""A fire drill: the faults that Prometheus' rules are for, made on purpose, and how soon each alert fires."""
