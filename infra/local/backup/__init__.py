"""A copy of all that cannot be made anew from the lake: databases, MLflow's artifacts, positions. And back again.

A backup is a folder. Its manifest is written last, into a folder that is renamed after that, so half a one has neither
name nor manifest.
"""
