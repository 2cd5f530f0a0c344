import json

import pytest
from click.testing import CliRunner

from millwright.errors import MillwrightError
from streaming.replay.cli import replay

_MAPPING = (
    "stream: quality-metrics\nfields: {equipment_id: m, event_time: t, inspection_id: i, product_id: p, result: r}\n"
)
_ROWS = (
    "m,t,i,p,r\nreplay-test,2026-03-01,1,p,Good\nreplay-test,x,2,p,Good\n" + "replay-test,2026-03-02,3,p,Reject\n" * 2
)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "f.csv").write_text(_ROWS)
    (tmp_path / "m.yml").write_text(_MAPPING)
    return tmp_path


def _run(files, *more):
    command = ["csv", str(files / "f.csv"), "--mapping", str(files / "m.yml"), f"--summary={files / 's.json'}", *more]
    return CliRunner().invoke(replay, command)


def test_rows_are_sent_and_those_left_out_are_counted_and_listed(sent, files):
    done = _run(files, "--skip-bad-rows")
    assert done.exit_code == 0
    assert "1 rows were left out" in done.output
    assert "row 3: t is 'x', where a time is wanted" in done.output
    summary = json.loads((files / "s.json").read_text())
    assert summary["sent"] == {"quality-metrics": 3}
    assert summary["good"] == {"quality-metrics": 2}  # one was there twice
    assert summary["left_out"] == 1
    ids = [row["inspection_id"] for row in sent("quality-metrics") if row["equipment_id"] == "replay-test"]
    assert sorted(ids) == ["1", "3", "3"]


def test_a_bad_row_stops_unless_it_is_to_be_skipped(stack, files):
    done = _run(files)
    assert isinstance(done.exception, MillwrightError)
    assert done.exception.message == "f.csv, row 3: t is 'x', where a time is wanted."
    assert not (files / "s.json").exists()
