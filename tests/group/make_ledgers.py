"""``python -m tests.group.make_ledgers`` freezes a ledger of the newest schema version, once: ``ledgers/v2.sql``.

Later versions must open it, so a frozen one never changes; where it is there already, nothing is done.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from crmxl.group.ledger import Writing
from crmxl.group.ledger_place import open_place
from crmxl.group.ledger_schema import APPLICATION, VERSION
from crmxl.group.ledger_versions import make
from tests.group.entries import AT, ROUND, varied

FROZEN = Path(__file__).parent / "ledgers"
EVENTS = 24


def made(path: Path, version: int) -> Path:
    """A ledger as that schema version had it, with some events."""
    place = open_place(path, new=True)
    make(place, ROUND, version)
    with place.writing("event") as connection:
        writing = Writing(connection, ROUND, place.shown)
        for number in range(1, EVENTS + 1):
            writing.append(AT, "张三", varied(writing, number))
    place.engine.dispose()
    return path


def as_text(path: Path) -> str:
    """The whole file as statements that make it again."""
    with closing(sqlite3.connect(path)) as connection:
        lines = [f"PRAGMA application_id = {APPLICATION};", *connection.iterdump()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Freeze the newest version, or the one given."""
    version = int(sys.argv[1]) if len(sys.argv) > 1 else VERSION
    frozen = FROZEN / f"v{version}.sql"
    if frozen.exists():
        return
    path = made(frozen.with_suffix(".db"), version)
    frozen.write_text(as_text(path), encoding="utf-8")
    path.unlink()


if __name__ == "__main__":
    main()
