"""Whether there is enough normal operation to tell what share of it a threshold lets through."""

from __future__ import annotations

from ml.spec.anomaly import AnomalySpec

LEAST = 4.0  # false alarms expected among held-back rows: with fewer, chance doubles or halves their share


def too_short(rows: int, spec: AnomalySpec) -> str:
    """In one sentence why the share of false alarms asked for may be missed by far; empty when it is known well enough.

    `rows` of normal operation, all held back once. Rows that share what they are averaged over count as one.
    """
    shared, share = spec.average + spec.smooth, spec.false_positive_rate
    if rows / shared * share >= LEAST:
        return ""
    return (
        f"{rows} rows of normal operation are too few to tell which score a share of {share:g} exceeds: each score is "
        f"made of {shared} rows, so {LEAST * shared / share:.0f} are needed. False alarms may be several times as many."
    )
