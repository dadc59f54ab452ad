"""Ledgers of every earlier version open, keep everything, and can be copied; newer ones are left alone."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from crmxl.errors import CrmxlError
from crmxl.group.ledger import DamagedError, Ledger, Writing
from crmxl.group.ledger_place import open_place
from crmxl.group.ledger_schema import META, STEPS, VERSION
from crmxl.group.ledger_versions import make
from tests.group.entries import AT, ROUND, fill, received, varied
from tests.group.make_ledgers import EVENTS, FROZEN, as_text, made

EARLIER = range(1, VERSION)


def thawed(path: Path, version: int) -> Path:
    """The frozen ledger of that version as a file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((FROZEN / f"v{version}.sql").read_text(encoding="utf-8"))
    return path


def rows(path: Path) -> list[tuple[object, ...]]:
    """Everything that the file holds but for its schema's number."""
    with closing(sqlite3.connect(path)) as connection:
        said = [connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("event", "content")]
    return [row for table in said for row in table]


def tables(text: str) -> list[str]:
    """The statements that make tables, without what is in them: acts may get new fields."""
    return [line for line in text.splitlines() if not line.startswith("INSERT INTO")]


# ---- earlier versions --------------------------------------------------------------------------------------------


def test_every_version_is_frozen_and_no_step_was_changed_since(tmp_path: Path) -> None:
    assert sorted(one.name for one in FROZEN.iterdir()) == [f"v{version}.sql" for version in range(1, VERSION + 1)]
    for version in range(1, VERSION + 1):
        path = made(tmp_path / f"{version}.db", version)
        assert tables(as_text(path)) == tables((FROZEN / f"v{version}.sql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_ledger_is_brought_up_to_date_with_every_event_and_hash(tmp_path: Path, version: int) -> None:
    path = thawed(tmp_path / "ledger.db", version)
    before, bytes_before = rows(path), path.read_bytes()
    with Ledger.open(path, ROUND) as ledger:
        assert len(ledger.events()) == EVENTS
        assert ledger.verify(event.receipt for event in ledger.events()) == []
        with ledger.writing() as writing:
            writing.append(AT, "李四", received(writing, 99))
        assert ledger.verify() == []
    assert rows(path)[:EVENTS] == before[:EVENTS] and set(before) < set(rows(path))
    copy = tmp_path / f"ledger.v{version}.db"
    assert copy.read_bytes() == bytes_before or rows(copy) == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["ledger.db", copy.name]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == (str(VERSION),)


def test_a_second_migration_does_not_replace_the_first_copy(tmp_path: Path) -> None:
    for expected in (["ledger.db", "ledger.v1.db"], ["ledger.db", "ledger.v1-2.db", "ledger.v1.db"]):
        (tmp_path / "ledger.db").unlink(missing_ok=True)
        Ledger.open(thawed(tmp_path / "ledger.db", 1), ROUND).close()
        assert sorted(one.name for one in tmp_path.iterdir()) == expected


def test_a_migrated_ledger_is_the_same_as_a_new_one(tmp_path: Path) -> None:
    Ledger.open(made(tmp_path / "old.db", 1), ROUND).close()
    assert as_text(tmp_path / "old.db") == as_text(made(tmp_path / "new.db", VERSION))


def test_an_earlier_ledger_in_a_database_is_brought_up_to_date(postgresql: str) -> None:
    place = open_place(postgresql, new=True)
    make(place, ROUND, 1)
    with place.writing("event") as connection:
        writing = Writing(connection, ROUND, place.shown)
        events = [writing.append(AT, "张三", varied(writing, number)) for number in range(1, 9)]
    with place.reading() as connection:
        assert "event_by_unit" not in {index["name"] for index in inspect(connection).get_indexes("event")}
    place.engine.dispose()
    with Ledger.open(postgresql, ROUND) as ledger:
        assert ledger.events() == events and ledger.verify() == []
        with ledger._place.reading() as connection:
            indexes = {index["name"] for index in inspect(connection).get_indexes("event")}
            assert {"event_by_unit", "event_by_file"} <= indexes
            known = {row.name: row.value for row in connection.execute(META.select())}
            assert known == {"schema": str(VERSION), "round": ROUND}


def test_many_open_an_earlier_ledger_at_once(tmp_path: Path) -> None:
    path = thawed(tmp_path / "ledger.db", 1)
    counted: list[int] = []

    def look() -> None:
        with Ledger.open(path, ROUND) as ledger:
            counted.append(len(ledger.events()) + len(ledger.verify()))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == [EVENTS] * 6


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    path = thawed(tmp_path / "ledger.db", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE event_by_file (in_the_way)")
    before = as_text(path)
    with pytest.raises(CrmxlError, match=r"已损坏.*event_by_file"):
        Ledger.open(path, ROUND)
    assert as_text(path) == before


def test_an_earlier_ledger_that_is_read_only_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = thawed(tmp_path / "ledger.db", 1)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(CrmxlError, match="复制到可写的文件夹"):
        Ledger.open(path, ROUND)


# ---- other versions ----------------------------------------------------------------------------------------------


def with_schema(path: Path, value: str) -> Path:
    """The ledger with another number on it, which its tables do not allow."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER meta_update")
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema'", [value])
    return path


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.db", VERSION)
    with Ledger.open(path, ROUND) as opened:
        with_schema(path, str(VERSION + 1))
        with pytest.raises(CrmxlError, match="升级 crmxl"), opened.writing():
            raise AssertionError("written by an old program")
    with pytest.raises(CrmxlError, match="升级 crmxl"):
        Ledger.open(path, ROUND)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("value", ["", "0", "-1", "x", "٢", "2.0"])
def test_a_version_that_is_none_is_damage(tmp_path: Path, value: str) -> None:
    with pytest.raises(DamagedError, match="schema"):
        Ledger.open(with_schema(made(tmp_path / "ledger.db", VERSION), value), ROUND)


def test_steps_for_both_databases_make_the_same_tables(tmp_path: Path, postgresql: str) -> None:
    columns = []
    for place in (tmp_path / "ledger.db", postgresql):
        with Ledger.create(place, ROUND) as ledger, ledger._place.reading() as connection:
            there = inspect(connection)
            columns.append(
                {
                    table: [(column["name"], column["nullable"]) for column in there.get_columns(table)]
                    for table in there.get_table_names()
                }
            )
    assert columns[0] == columns[1] and all(step.sqlite and step.postgresql for step in STEPS)


# ---- backup ------------------------------------------------------------------------------------------------------


def test_a_backup_is_a_ledger_with_the_same_events_and_contents(place: Path | str, tmp_path: Path) -> None:
    with Ledger.create(place, ROUND) as ledger:
        events = fill(ledger, 20)
        ledger.backup(tmp_path / "备份" / "一上.db")
        fill(ledger, 1)
    with Ledger.open(tmp_path / "备份" / "一上.db", ROUND) as copy:
        assert copy.events() == events and copy.verify(event.receipt for event in events) == []
        assert copy.count() == (20, 16)
        fill(copy, 3)  # it can take the ledger's place
        assert copy.verify() == []
    assert [one.name for one in (tmp_path / "备份").iterdir()] == ["一上.db"]


def test_a_backup_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.create(path, ROUND) as ledger:
        fill(ledger, 3)
        with pytest.raises(CrmxlError, match="新的文件名"):
            ledger.backup(path)
        assert ledger.verify() == [] and ledger.count() == (3, 2)


def test_a_backup_made_while_others_write_is_one_state(place: Path | str, tmp_path: Path) -> None:
    stop = threading.Event()

    def go_on() -> None:
        with Ledger.open(place, ROUND) as other:
            while not stop.is_set():
                fill(other, 3, size=20_000)

    with Ledger.create(place, ROUND) as ledger:
        fill(ledger, 10)
        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            copies = [tmp_path / f"{number}.db" for number in range(8)]
            for copy in copies:
                ledger.backup(copy)
        finally:
            stop.set()
            thread.join()
        events = ledger.events()
    counts = []
    for copy in copies:
        with Ledger.open(copy, ROUND) as one:
            assert one.verify() == []
            counts.append(len(one.events()))
            assert one.events() == events[: counts[-1]]
    assert counts == sorted(counts) and counts[-1] > 10
