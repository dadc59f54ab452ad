"""Whoever changes a ledger beside crmxl, man or disk, is found out: the check names what is not as it was written."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from crmxl.errors import CrmxlError
from crmxl.group.acts import Event, Received
from crmxl.group.ledger import DamagedError, Ledger
from crmxl.group.ledger_chain import Row, hash_of
from tests.group.entries import AT, ROUND, fill, received

FLIPS = int(os.environ.get("CRMXL_FLIPS", "250"))


class Tampering:
    """Somebody with a program for databases, and every right."""

    def __init__(self, place: Path | str) -> None:
        self.place = place
        if isinstance(place, Path):
            self.connection: sqlite3.Connection | psycopg.Connection = sqlite3.connect(place, isolation_level=None)
            self.triggers = self.run("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        else:
            self.connection = psycopg.connect(place.replace("+psycopg", ""), autocommit=True)

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        cursor: sqlite3.Cursor | psycopg.Cursor[tuple[object, ...]]
        if isinstance(self.connection, sqlite3.Connection):
            cursor = self.connection.execute(statement, values)
        else:
            cursor = self.connection.execute(statement.replace("?", "%s").encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def __enter__(self) -> Tampering:
        """Put the guards aside."""
        if isinstance(self.place, Path):
            for name, _ in self.triggers:
                self.run(f"DROP TRIGGER {name}")
        else:
            self.run("SET session_replication_role = replica")
        return self

    def __exit__(self, *end: object) -> None:
        """Leave no other trace."""
        if isinstance(self.place, Path):
            for _, guard in self.triggers:
                self.run(str(guard))
        self.connection.close()

    def row(self, position: int) -> Row:
        (found,) = self.run('SELECT * FROM event WHERE "position" = ?', position)
        return Row._make(found)

    def put(self, row: Row) -> None:
        """The row in place of the one with its position."""
        self.run('DELETE FROM event WHERE "position" = ?', row.position)
        self.run(f"INSERT INTO event VALUES ({', '.join('?' * len(row))})", *row)


@dataclass(frozen=True)
class Kept:
    place: Path | str
    ledger: Ledger
    events: list[Event]

    @property
    def found(self) -> list[str]:
        """Where the faults are."""
        return [fault.where for fault in self.ledger.verify()]

    @property
    def said(self) -> str:
        faults = self.ledger.verify()
        assert all(fault.said.zh and fault.said.en for fault in faults)
        return "\n".join(f"{fault.said.zh} · {fault.said.en}" for fault in faults)


@pytest.fixture
def kept(place: Path | str) -> Iterator[Kept]:
    with Ledger.create(place, ROUND) as ledger:
        yield Kept(place, ledger, fill(ledger, 12))


# ---- what somebody changed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("at", "2025-01-01T00:00:00+08:00", "时间、经办人"),
        ("by", "李四", "时间、经办人"),
        ("kind", "nil", "读不懂"),
        ("unit", "HD", "unit 列是 HD，与内容（HN）不符"),
        ("template", "x@1", "template 列是 x@1"),
        ("total", 5, "total 列是 5，与内容（98760）不符"),
        ("body", "{}", "读不懂"),
        ("body", "[", "读不懂"),
        ("file", None, "file 列是 None"),
        ("hash", "0" * 64, "校验值"),
    ],
)
def test_a_changed_column_is_named_with_its_event(kept: Kept, column: str, value: object, words: str) -> None:
    with Tampering(kept.place) as somebody:
        somebody.run(f'UPDATE event SET "{column}" = ? WHERE "position" = 8', value)
    assert kept.found[0] == "event 8" and words in kept.said.splitlines()[0]
    others = set(kept.found) - {"event 8"}
    act = kept.events[7].act
    assert isinstance(act, Received)
    assert others <= ({"event 9"} if column == "hash" else {f"content {act.file}"} if column == "file" else set())
    with pytest.raises(DamagedError, match=r"event 8 .*ledger verify"):
        kept.ledger.events()


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("INSERT INTO meta VALUES ('more', 'x')", "meta more"),
        ("UPDATE meta SET value = 'another' WHERE name = 'round'", "meta round"),
        ("UPDATE meta SET value = '1' WHERE name = 'schema'", "meta schema"),
        ("UPDATE meta SET value = '99' WHERE name = 'schema'", "meta schema"),
        ("UPDATE meta SET value = 'x' WHERE name = 'schema'", "meta schema"),
        ("DELETE FROM meta WHERE name = 'schema'", "meta schema"),
    ],
)
def test_what_the_ledger_says_of_itself_is_looked_at_too(kept: Kept, statement: str, where: str) -> None:
    with Tampering(kept.place) as somebody:
        somebody.run(statement)
    with Ledger.examine(kept.place, ROUND) as ledger:
        assert [fault.where for fault in ledger.verify()] == [where]


def test_another_rounds_ledger_is_refused_when_it_is_examined_too(kept: Kept) -> None:
    with pytest.raises(CrmxlError, match="另一轮次"):
        Ledger.examine(kept.place, "another")


def test_a_changed_body_whose_hash_was_made_to_fit_breaks_the_chain_behind_it(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        row = somebody.row(8)
        row = row._replace(body=row.body.replace('"total":98760', '"total":98761'), total=98761)
        assert '"total":98761' in row.body
        somebody.put(row._replace(hash=hash_of(row)))
    assert kept.found == ["event 9"] and "接不上" in kept.said and "does not follow event 8" in kept.said
    with pytest.raises(DamagedError, match="event 9 "):
        kept.ledger.events(8)


def test_a_chain_made_anew_to_its_end_is_told_by_a_receipt(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        previous = ""
        for position in range(8, 13):
            row = somebody.row(position)
            row = row._replace(by="李四", previous=previous or row.previous)
            row = row._replace(hash=hash_of(row))
            somebody.put(row)
            previous = row.hash
    assert kept.found == []
    faults = kept.ledger.verify(event.receipt for event in kept.events)
    assert [fault.where for fault in faults] == [f"receipt {event.receipt}" for event in kept.events[7:]]


@pytest.mark.parametrize(
    ("first", "last", "where"), [(5, 5, "event 5"), (5, 7, "events 5-7"), (1, 1, "event 1"), (1, 4, "events 1-4")]
)
def test_removed_events_are_named(kept: Kept, first: int, last: int, where: str) -> None:
    with Tampering(kept.place) as somebody:
        somebody.run('DELETE FROM event WHERE "position" BETWEEN ? AND ?', first, last)
    orphans = [name for name in kept.found if name.startswith("content ")]
    assert kept.found == [where, *orphans] and "缺失" in kept.said
    gone = [event.act for event in kept.events[first - 1 : last]]
    assert len(orphans) == 2 * sum(isinstance(act, Received) for act in gone)
    with pytest.raises(DamagedError):
        kept.ledger.events()


def test_events_cut_off_the_end_are_told_by_their_receipts(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        somebody.run('DELETE FROM event WHERE "position" > 9')
    with pytest.raises(DamagedError, match="event 12"):
        kept.ledger.events(12)  # who had read on before notices too
    faults = kept.ledger.verify([event.receipt.lower() for event in kept.events])
    assert [fault.where for fault in faults] == [f"receipt {event.receipt.lower()}" for event in kept.events[9:]]
    assert "末尾的记录被删除" in faults[0].said.zh


@pytest.mark.parametrize("receipt", ["", "R1", "R000000-000000000000", "R٣-ab12cd34ef56", "x", "R000001-zzzzzzzzzzzz"])
def test_what_is_no_receipt_is_told(kept: Kept, receipt: str) -> None:
    (fault,) = kept.ledger.verify([receipt])
    assert "不是回执号" in fault.said.zh
    assert kept.ledger.verify([f" {kept.events[0].receipt} "]) == []


def test_events_that_changed_places_are_named(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        first, second = somebody.row(3), somebody.row(4)
        for row in (first, second):
            somebody.run('DELETE FROM event WHERE "position" = ?', row.position)
        somebody.put(first._replace(position=4))
        somebody.put(second._replace(position=3))
    assert {"event 3", "event 4", "event 5"} == set(kept.found)


def test_an_event_slipped_in_is_named(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        row = somebody.row(12)
        somebody.put(row._replace(position=13, hash="1" * 64))
    assert set(kept.found) == {"event 13"}


def test_another_rounds_events_are_not_this_rounds(kept: Kept) -> None:
    with Tampering(kept.place) as somebody:
        somebody.run("UPDATE meta SET value = 'another' WHERE name = 'round'")
    with pytest.raises(CrmxlError, match="另一轮次"):
        Ledger.open(kept.place, ROUND)
    with Ledger.open(kept.place, "another") as ledger:
        assert [fault.where for fault in ledger.verify()] == ["event 1"]
        with pytest.raises(DamagedError, match="event 1 "):
            ledger.events()


# ---- what somebody did to stored files ---------------------------------------------------------------------------


def stored(kept: Kept, position: int) -> str:
    act = kept.events[position - 1].act
    assert isinstance(act, Received)
    return act.file


def test_one_changed_byte_of_a_stored_file_is_named_with_its_event(kept: Kept) -> None:
    digest = stored(kept, 8)
    content = kept.ledger.content(digest)
    with Tampering(kept.place) as somebody:
        somebody.run("UPDATE content SET bytes = ? WHERE digest = ?", b"\0" + content[1:], digest)
    assert kept.found == [f"content {digest}"] and "（事件 8）的内容被改动过" in kept.said
    with pytest.raises(DamagedError, match=digest):
        kept.ledger.content(digest)


def test_a_stored_file_removed_or_added_is_named(kept: Kept) -> None:
    digest = stored(kept, 8)
    with Tampering(kept.place) as somebody:
        somebody.run("DELETE FROM content WHERE digest = ?", digest)
        somebody.run("INSERT INTO content VALUES (?, 1, ?)", "0" * 64, b"x")
    assert set(kept.found) == {f"content {digest}", "content " + "0" * 64}
    assert f"事件 8 的存档 {digest} 缺失" in kept.said and "的内容被改动过" in kept.said
    with pytest.raises(DamagedError, match=digest):
        kept.ledger.content(digest)


def test_a_stored_file_that_no_event_knows_is_named(kept: Kept) -> None:
    digest = sha256(b"x").hexdigest()
    with Tampering(kept.place) as somebody:
        somebody.run("INSERT INTO content VALUES (?, 1, ?)", digest, b"x")
    assert kept.found == [f"content {digest}"] and "没有任何事件用到" in kept.said


# ---- what somebody did to the tables -----------------------------------------------------------------------------


def test_a_guard_that_is_gone_or_false_is_named(kept: Kept) -> None:
    if isinstance(kept.place, Path):
        with closing(sqlite3.connect(kept.place)) as connection:
            connection.execute("DROP TRIGGER event_update")
            connection.execute("DROP INDEX event_by_file")
            connection.execute("CREATE TRIGGER more AFTER INSERT ON event BEGIN DELETE FROM meta; END")
        assert kept.found == ["index event_by_file", "trigger event_update", "trigger more"]
        return
    with psycopg.connect(kept.place.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP TRIGGER event_changes ON event")
        connection.execute("ALTER TABLE content DISABLE TRIGGER content_truncate")
        connection.execute(
            "CREATE OR REPLACE FUNCTION ledger_schema_rises() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RETURN NEW; END $$"
        )
    assert kept.found == ["trigger content_truncate", "trigger event_changes", "trigger meta_update"]


# ---- what the disk did -------------------------------------------------------------------------------------------


def state(path: Path) -> tuple[list[Event], dict[str, bytes]]:
    """All that a reader of the ledger gets to see."""
    with Ledger.open(path, ROUND) as ledger:
        events = ledger.events()
        acts = [event.act for event in events if isinstance(event.act, Received)]
        digests = [digest for act in acts for digest in (act.file, act.record)]
        return events, dict(ledger.contents(digests))


def told(path: Path) -> list[str]:
    """What the check, or already opening, says; fails for anything but that."""
    try:
        with Ledger.open(path, ROUND) as ledger:
            return [f"{fault.where}: {fault.said.zh}" for fault in ledger.verify()]
    except CrmxlError as error:
        return [str(error)]


def test_one_flipped_byte_anywhere_is_named_or_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``CRMXL_FLIPS=20000 pytest -s`` tries more."""
    path = tmp_path / "ledger.db"
    with Ledger.create(path, ROUND) as ledger:
        fill(ledger, 200, size=300)
        with ledger.writing() as writing:
            writing.append(AT, "a", received(writing, 1000, size=30_000))
    whole, data = state(path), path.read_bytes()
    chance = random.Random(os.environ.get("CRMXL_SEED", "5"))
    named = harmless = 0
    for trial in range(FLIPS):
        # Half of them among the first pages, where the header and the tables' own statements are.
        at = chance.randrange(len(data) if trial % 2 else 3 * 4096)
        flipped = bytearray(data)
        flipped[at] ^= 1 << chance.randrange(8) if trial % 3 else chance.randrange(1, 256)
        path.write_bytes(flipped)
        if told(path):
            named += 1
        else:
            harmless += 1
            assert state(path) == whole, f"byte {at}: {data[at]} → {flipped[at]}"
    with capsys.disabled():
        if "CRMXL_FLIPS" in os.environ:
            print(f"\n{FLIPS} flipped bytes of {len(data):,}: {named} named, {harmless} change nothing")
    assert named > FLIPS / 3


def test_a_table_with_other_columns_is_damage(place: Path | str) -> None:
    Ledger.create(place, ROUND).close()
    with Tampering(place) as somebody:
        somebody.run("ALTER TABLE event RENAME COLUMN unit TO units")
    with Ledger.open(place, ROUND) as ledger:
        faults = [fault.where for fault in ledger.verify(["R000001-ab12cd34ef56"])]
        assert faults[-1] == "events"  # nothing is said of what could not be read
        with pytest.raises(DamagedError, match=r"已损坏.*unit"):
            ledger.events()


@pytest.mark.parametrize("pages", [(1, 2), (5, 6), (20, 40)])
def test_a_page_of_nothing_is_named(tmp_path: Path, pages: tuple[int, int]) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.create(path, ROUND) as ledger:
        fill(ledger, 100, size=3000)
    data = bytearray(path.read_bytes())
    first, last = (page * 4096 for page in pages)
    data[first:last] = bytes(last - first)
    path.write_bytes(data)
    assert told(path)
