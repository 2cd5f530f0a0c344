"""A real S3 server for the tests: versitygw on a folder, built once as a Go module and kept in the user's cache.

Its conditional PUT is atomic (v1.8.0 evaluates the condition again under the lock of the name, as it publishes);
tests/millwright/test_object_store.py races for names to see that it stays so.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from infra.local.temporary import free_ports

_MODULE, _VERSION = "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"
KEY_ID, SECRET = "test-key", "test-secret"
BUCKET = "lake-bucket"


def _binary() -> Path:
    """The server's program, built by whoever comes first (80 s on two idle cores, 60 MB), which is `make test`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "millwright"
    cache.mkdir(parents=True, exist_ok=True)
    program = cache / f"versitygw-{_VERSION}"
    with (cache / "versitygw.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    go = shutil.which("go")
    if go is None:
        if "CI" in os.environ:
            pytest.fail("The S3 server of the tests is built with Go 1.25 or newer: install Go.")
        pytest.skip("The S3 server of the tests is built with Go 1.25 or newer, and there is no Go.")
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        # Nothing of the build's 800 MB is left behind.
        own = {"GOPATH": f"{folder}/path", "GOBIN": f"{folder}/bin", "GOCACHE": f"{folder}/cache"}
        command = [go, "install", "-trimpath", "-modcacherw", "-ldflags=-s -w", f"{_MODULE}@{_VERSION}"]
        subprocess.run(command, env={**os.environ, **own}, cwd=folder, check=True)
        (Path(folder) / "bin" / "versitygw").replace(program)


class S3Server:
    """The server and its one bucket; it may be stopped, killed and started again on the same files and port."""

    def __init__(self) -> None:
        self._program = _binary()
        self.root = Path(tempfile.mkdtemp(prefix="millwright-test-s3-", dir="/tmp"))
        (self.root / BUCKET).mkdir()
        [self.port] = free_ports(1)
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        own = {"ROOT_ACCESS_KEY": KEY_ID, "ROOT_SECRET_KEY": SECRET}
        command = [str(self._program), "--port", f"127.0.0.1:{self.port}", "--keep-alive", "--quiet", "posix"]
        with (self.root.parent / f"{self.root.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self.root)], env={**os.environ, **own}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "the S3 server does not start"
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        self.kill()
        shutil.rmtree(self.root)
        (self.root.parent / f"{self.root.name}.log").unlink()


if __name__ == "__main__":  # beside two processes of tests the build would take longer than a test may
    if shutil.which("go"):
        _binary()
