"""What the marts say of each rule now: the hours of the last day, silences, and tests."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from psycopg2.extensions import cursor as Cursor

from quality.judge import WAREHOUSE, About, Finding
from quality.sentences import of_hour, of_silence, of_test

# Hours before that are trends: nobody is told of what was over long ago when a lake is measured for the first time.
_LOOK_BACK = timedelta(hours=24)
_TEST_GONE = timedelta(days=7)  # a test that is not run any more

Findings = dict[About, list[Finding]]


def findings(cursor: Cursor, now: datetime) -> Findings:
    """Every rule's findings in order of time; `now` decides what is stale."""
    return _hours(cursor, now) | _silences(cursor, now) | _tests(cursor, now)


def _hours(cursor: Cursor, now: datetime) -> Findings:
    cursor.execute(
        "select stream, hour, rule, field, value, usual, threshold, records, is_judged, is_breached, severity"
        " from marts.mart_data_quality where hour > %s order by hour",
        (now - _LOOK_BACK,),
    )
    found: Findings = defaultdict(list)
    for stream, hour, rule, field, value, usual, threshold, records, judged, breached, severity in cursor.fetchall():
        if not judged and threshold is not None:
            continue
        said = f"{stream}: {rule} is not judged any more."
        if judged:
            said = of_hour(stream, hour, rule, field, value, usual, threshold, records, breached)
        finding = Finding(hour, breached, severity, said, value=value, threshold=threshold)
        found[stream, rule, field or ""].append(finding)
    return dict(found)


def _silences(cursor: Cursor, now: datetime) -> Findings:
    cursor.execute(
        "select stream, machine, newest_append_time, allowed_seconds, stale_at, is_judged, severity"
        " from marts.mart_data_freshness order by stream, machine"
    )
    found: Findings = {}
    for stream, machine, newest, allowed, stale_at, judged, severity in cursor.fetchall():
        stale = judged and stale_at <= now
        about = (stream, "freshness" if machine is None else "machine_freshness", machine or "")
        said = of_silence(stream, machine, newest, allowed or 0.0, stale)
        silence = (now - newest).total_seconds() if stale else None
        found[about] = [Finding(newest, stale, severity, said, stale_at, silence, allowed)]
    return found


def _tests(cursor: Cursor, now: datetime) -> Findings:
    cursor.execute("select threshold, severity from reference.quality_rules where rule = 'failed_tests' limit 1")
    threshold, severity = cursor.fetchone() or (0.0, None)
    cursor.execute(
        "select distinct on (name) name, status, failures, message, first_at, last_at from platform.dbt_results"
        " where kind = 'test' and status <> 'skipped' order by name, result_id desc"
    )
    found: Findings = {}
    for name, status, failures, message, first, last in cursor.fetchall():
        failing = (status == "error" or (status == "fail" and failures > threshold)) and last > now - _TEST_GONE
        said = of_test(name, failures, failing, message)
        found[WAREHOUSE, "failed_tests", name] = [
            Finding(first, failing, severity, said, value=float(failures), threshold=threshold)
        ]
    return found
