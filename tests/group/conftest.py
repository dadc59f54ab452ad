"""What tests of the ledger share: a server, and both kinds of places to keep a ledger in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.group.postgres import postgresql, postgresql_server

__all__ = ["place", "postgresql", "postgresql_server"]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new ledger can be made: a file, then a database."""
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    url: str = request.getfixturevalue("postgresql")
    return url
