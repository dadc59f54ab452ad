"""A real PostgreSQL server for the tests, on loopback, in a temporary folder, gone when they are done.

Each worker of pytest-xdist that needs one starts its own: it takes about two seconds.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import CI

USER = "postgres"
"""Whom the server runs as where the tests run as root, which it refuses to."""


class NoPostgresqlWarning(UserWarning):
    """Tests with PostgreSQL did not run."""


def programs() -> Path | None:
    """The folder with the server's programs, of the newest version; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """The address of a running server, as a URL without a database."""
    import pwd  # not on Windows, where tests with a server are skipped

    owner = pwd.getpwnam(USER) if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="crmxl-postgresql-"))
    rights = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = str(folder / "data")
        make = [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=False, **rights)  # type: ignore[call-overload]
        assert made.returncode == 0, made.stderr
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        start = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(start, cwd=folder, stdout=log, stderr=log, **rights)  # type: ignore[call-overload]
        try:
            address = f"127.0.0.1:{port}"
            _wait(running, f"postgresql://{USER}@{address}/postgres", folder / "log")
            yield f"postgresql+psycopg://{USER}@{address}"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(running: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return once the server answers."""
    end = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > end:
                raise AssertionError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The server's address; where there is no PostgreSQL, tests fail in CI and are skipped aloud elsewhere."""
    there = programs()
    if there is None:
        why = "no PostgreSQL here: apt-get install postgresql"
        if CI:
            pytest.fail(f"CI=true, and {why}", pytrace=False)
        warnings.warn(f"tests with PostgreSQL NOT RUN: {why}", NoPostgresqlWarning, stacklevel=2)
        pytest.skip(why)
    with server(there) as address:
        yield address


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database, gone after the test."""
    name = f"ledger_{uuid.uuid4().hex}"
    plain = postgresql_server.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield f"{postgresql_server}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
