"""One search finds a record's way, in lines as each process writes them."""

from __future__ import annotations

import pytest

from infra.monitoring.trace import parse, read_line, way
from millwright.errors import MillwrightError

_SINK = """\
{"time": "2026-01-01T10:00:00.100+00:00", "level": "info", "logger": "streaming.sink.worker", "run": "5f", "message": \
"published", "stream": "s", "file": "bronze/s/p=3/date=2026-01-01/00000000000000000000.avro", "offsets": "3:0-40"}
{"time": "2026-01-01T10:00:10.100+00:00", "level": "info", "logger": "streaming.sink.worker", "run": "5f", "message": \
"published", "stream": "s", "file": "bronze/s/p=3/date=2026-01-01/00000000000000000040.avro", "offsets": "3:40-90"}
"""
# As Airflow's tasks write what a library logs: the ids stand in the event.
_TASKS = """\
{"timestamp":"2026-01-01T10:01:00.5Z","level":"info","event":"cleansed stream=s silver=6 offsets=1:0-70,3:0-40"}
{"timestamp":"2026-01-01T10:01:01.5Z","level":"info","event":"cleansed stream=s silver=7 file=x offsets=2:0-70,3:40-90"}
{"timestamp":"2026-01-01T10:01:02.5Z","level":"info","event":"loaded stream=t silver=9 load=4 inserted=1"}
{"timestamp":"2026-01-01T10:01:03.5Z","level":"info","event":"loaded stream=s silver=7 load=5 inserted=50"}
{"timestamp":"2026-01-01T10:09:03.5Z","level":"info","event":"loaded stream=s silver=8 load=6 inserted=50"}
"""
_PREDICT = """\
2026-01-01 09:59:00,000 INFO predicted model=failure version=3 watermark=2026-01-01T09:55:00
2026-01-01 10:05:00,000 INFO predicted model=failure version=3 watermark=2026-01-01T10:00:10
2026-01-01 10:06:00,000 INFO predicted model=failure version=3 watermark=2026-01-01T10:00:10
"""


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "sink.log").write_text(_SINK)
    (tmp_path / "tasks" / "attempt=1.log").write_text(_TASKS)
    (tmp_path / "predict.log").write_text("Some other line.\n" + _PREDICT)
    return [tmp_path]


def test_a_record_is_followed_from_its_file_to_what_was_predicted_next(logs):
    found = way(parse("s/3/41"), logs)
    assert [line.sentence for line in found] == ["published", "cleansed", "loaded", "predicted"]
    assert found[0].ids["file"].endswith("40.avro")
    assert (found[1].ids["silver"], found[2].ids["load"], found[3].at.minute) == ("7", "5", 5)


def test_a_record_that_has_not_been_cleansed_yet_ends_at_its_file(logs):
    logs[0].joinpath("tasks", "attempt=1.log").unlink()
    assert [line.sentence for line in way(parse("s/3/41"), logs)] == ["published"]


def test_a_record_of_which_nobody_tells_is_said_so(logs):
    with pytest.raises(MillwrightError, match="No line tells of s/3/90"):
        way(parse("s/3/90"), logs)


@pytest.mark.parametrize("text", ["s", "s/3", "s/x/1", "s/1/2/3"])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(MillwrightError, match="expected STREAM/PARTITION/OFFSET"):
        parse(text)


@pytest.mark.parametrize("line", ["", "{broken", '{"message": "published"}', "published stream=s", '{"event": "x"}'])
def test_lines_that_tell_of_no_step_are_passed_over(line):
    assert read_line(line) is None
