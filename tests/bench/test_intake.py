from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from bench.intake import buffered, look_again_in, pages

PAGE = """# TYPE millwright_sink_buffered_records gauge
millwright_sink_buffered_records{partition="0",topic="equipment-sensors"} 1200.0
millwright_sink_buffered_records{topic="equipment-sensors",partition="11"} 1.2e+06
millwright_sink_buffered_bytes{partition="0",topic="equipment-sensors"} 99999.0
"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def test_what_workers_hold_is_read_from_the_pages_that_their_log_names() -> None:
    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        found = pages(f"2026-11-21 12:00:00,123 INFO metrics at {address}\n... INFO reading 3 partitions\n")
        assert found == [address]
        assert buffered(found) == {0: 1200, 11: 1_200_000}
    finally:
        server.shutdown()
        server.server_close()
    assert buffered(found) == {}


def test_the_end_is_looked_for_more_often_the_nearer_it_is() -> None:
    assert look_again_in(unread=5_000_000, read=0, seconds=0) == 0.2
    assert look_again_in(unread=4_000_000, read=1_000_000, seconds=1) == 0.5
    assert look_again_in(unread=400_000, read=1_000_000, seconds=1) == pytest.approx(0.2)
    assert look_again_in(unread=0, read=5_000_000, seconds=4) == 0.02
