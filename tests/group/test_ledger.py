"""The ledger keeps what it acknowledged: the same events, the same bytes, in a file and in a database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy.exc import DBAPIError

from crmxl.errors import CrmxlError
from crmxl.group import ledger_place
from crmxl.group.acts import Act, Nil, Refused, canonical, to_json
from crmxl.group.ledger import BATCH, DamagedError, Ledger
from tests.group.entries import ACTS, AT, ROUND, TOTALS, fill, received

ROOT = Path(__file__).parent.parent.parent
NOTHING = Nil("HN", "t@1", 1, "无")


def connected(place: Path | str) -> sqlite3.Connection | psycopg.Connection:
    """The database by itself, as another program sees it; every statement is committed."""
    if isinstance(place, Path):
        return sqlite3.connect(place, isolation_level=None)
    return psycopg.connect(place.replace("+psycopg", ""), autocommit=True)


# ---- what is written is what is read -----------------------------------------------------------------------------


def test_what_was_appended_is_read_again_by_others(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        made = fill(ledger, 30)
        assert ledger.events() == made
    with Ledger.open(place, ROUND) as ledger:
        assert ledger.events() == made
        assert ledger.events(27) == made[27:] and ledger.events(30) == []
        assert ledger.verify(event.receipt for event in made) == []
        assert ledger.count() == (30, 24)


def test_positions_have_no_gaps_and_the_hash_is_the_one_that_is_documented(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        made = fill(ledger, 8)
    previous = sha256(ROUND.encode()).hexdigest()
    for number, event in enumerate(made, 1):
        act = event.act
        columns = [number, AT, "张三", act.kind, getattr(act, "unit", ""), getattr(act, "template", ""), to_json(act)]
        kept = (
            [getattr(act, name, None) for name in ("file", "record", "total")] if act.kind == "received" else [None] * 3
        )
        assert event.previous == previous
        previous = sha256((previous + canonical([*columns, *kept])).encode()).hexdigest()
        assert (event.position, event.hash) == (number, previous)


def test_contents_are_kept_once_and_come_in_the_order_asked_for(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        with ledger.writing() as writing:
            acts = [received(writing, 1 + number // 2) for number in range(2 * BATCH + 6)]
            for act in acts:
                writing.append(AT, "a", act)
        digests = [act.file for act in reversed(acts)]
        assert [digest for digest, _ in ledger.contents(digests)] == digests
        assert all(sha256(content).hexdigest() == digest for digest, content in ledger.contents(digests))
        assert ledger.content(acts[0].record).startswith(b"HN record 1 ")
        assert ledger.count() == (len(acts), len(acts))
        assert list(ledger.contents([])) == []
        with pytest.raises(DamagedError, match=r"0{64}"):
            ledger.content("0" * 64)


@pytest.fixture(scope="module")
def any_ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger.create(tmp_path_factory.mktemp("any") / "ledger.db", ROUND)


def says_any_text(ledger: Ledger, acts: list[Act], by: str) -> None:
    with ledger.writing() as writing:
        made = [writing.append(AT, by, act) for act in acts]
        assert [event.act for event in made] == [event.act for event in writing.events(made[0].position - 1)]
    assert ledger.events(made[0].position - 1) == made
    assert ledger.verify() == []
    for event, act in zip(made, acts, strict=True):
        if "\\ud" not in ascii(act):  # two halves that stand side by side are read as the sign that they make
            assert event.act == act


@settings(max_examples=60)
@given(some.lists(ACTS, min_size=1, max_size=4), some.text(some.characters(), max_size=5))
def test_any_text_is_kept_in_a_file(any_ledger: Ledger, acts: list[Act], by: str) -> None:
    says_any_text(any_ledger, acts, by)


@pytest.fixture(scope="module")
def any_database(postgresql_server: str) -> Ledger:
    with psycopg.connect(f"{postgresql_server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE any_text")
    return Ledger.create(f"{postgresql_server}/any_text", ROUND)


@settings(max_examples=30)
@given(some.lists(ACTS, min_size=1, max_size=4), some.text(some.characters(), max_size=5))
def test_any_text_is_kept_in_a_database(any_database: Ledger, acts: list[Act], by: str) -> None:
    says_any_text(any_database, acts, by)


@given(TOTALS)
def test_a_total_of_any_size_is_exact(any_ledger: Ledger, total: int | None) -> None:
    with any_ledger.writing() as writing:
        act = received(writing, 1)
        event = writing.append(
            AT, "a", type(act)(**{name: getattr(act, name) for name in act.__slots__} | {"total": total})
        )
    assert any_ledger.events(event.position - 1)[0].act.total == total  # type: ignore[union-attr]
    assert any_ledger.verify() == []


# ---- all or nothing ----------------------------------------------------------------------------------------------


def test_an_exception_undoes_everything_in_the_block(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        made = fill(ledger, 4)
        with pytest.raises(ZeroDivisionError), ledger.writing() as writing:
            writing.append(AT, "a", received(writing, 9))
            assert [event.position for event in writing.events(4)] == [5]
            raise ZeroDivisionError
        assert ledger.events() == made and ledger.count() == (4, 4) and ledger.verify() == []


def test_what_is_not_committed_is_seen_by_nobody_else(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger, Ledger.open(place, ROUND) as other:
        with ledger.writing() as writing:
            act = received(writing, 1)
            writing.append(AT, "a", act)
            assert other.events() == [] == ledger.events()
            with pytest.raises(DamagedError):
                ledger.content(act.file)
        assert len(other.events()) == 1 and other.content(act.file)


def test_content_that_no_act_names_is_not_kept(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        with ledger.writing() as writing:
            writing.store(b"foreign")
            writing.append(AT, "a", Refused("x.xlsx", sha256(b"foreign").hexdigest(), "foreign"))
        assert ledger.count() == (1, 0) and ledger.verify() == []


def test_an_act_cannot_name_what_was_never_stored(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger, Ledger.create(elsewhere(place), ROUND) as other:
        with other.writing() as writing:
            act = received(writing, 1)
        with pytest.raises(ValueError, match=f"not stored: {act.file}"), ledger.writing() as writing:
            writing.append(AT, "a", act)
        assert ledger.count() == (0, 0)


def elsewhere(place: Path | str) -> Path | str:
    """A second place of that kind: a file beside, a schema of the same database."""
    if isinstance(place, Path):
        return place.with_name("other.db")
    with closing(connected(place)) as connection:
        connection.execute("CREATE SCHEMA beside")
    return f"{place}?options=-csearch_path%3Dbeside"


# ---- only growing ------------------------------------------------------------------------------------------------

AGAINST = [
    "UPDATE event SET total = 1 WHERE position = 3",
    "DELETE FROM event WHERE position = 4",
    "UPDATE content SET bytes = bytes",
    "DELETE FROM content",
    "UPDATE meta SET value = 'x' WHERE name = 'round'",
    "UPDATE meta SET value = '1' WHERE name = 'schema'",
    "UPDATE meta SET value = '9' WHERE name = 'schema'",
    "DELETE FROM meta",
]
EVENT = 'INSERT {} INTO event SELECT {}, at, "by", kind, unit, template, body, file, record, total, {}, {} FROM event'
NEW = "'" + "f" * 64 + "'"
AGAINST_SQLITE = [
    *("INSERT OR REPLACE INTO meta VALUES ('round', 'x')", "INSERT OR REPLACE INTO content SELECT * FROM content"),
    EVENT.format("OR REPLACE", "position", "previous", "hash"),
    EVENT.format("OR REPLACE", "5", "hash", "hash") + " WHERE position = 4",
    EVENT.format("", "7", "hash", NEW) + " WHERE position = 4",
    EVENT.format("", "5", "previous", NEW) + " WHERE position = 4",
    EVENT.format("", "5", "hash", "7") + " WHERE position = 4",
]
AGAINST_POSTGRESQL = [
    *("TRUNCATE event", "TRUNCATE content CASCADE", "TRUNCATE meta", "DROP TABLE content"),
    EVENT.format("", "7", "hash", NEW) + " WHERE position = 4",
    EVENT.format("", "5", "previous", NEW) + " WHERE position = 4",
    "INSERT INTO meta VALUES ('round', 'x') ON CONFLICT (name) DO UPDATE SET value = 'x'",
]


def test_the_tables_refuse_whatever_is_no_next_event(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        made = fill(ledger, 4)
        with closing(connected(place)) as connection:
            own = AGAINST_SQLITE if isinstance(place, Path) else AGAINST_POSTGRESQL
            for statement in [*AGAINST, *own]:
                with pytest.raises((sqlite3.IntegrityError, psycopg.DatabaseError)):
                    connection.execute(statement)
        assert ledger.events() == made and ledger.verify() == [] and ledger.count() == (4, 4)


# ---- what is no ledger of this round -----------------------------------------------------------------------------


def refused(place: Path | str, *words: str, name: str = ROUND) -> str:
    with pytest.raises(CrmxlError) as caught:
        Ledger.open(place, name)
    said = str(caught.value)
    assert " · " in said and "\n" not in said and all(word in said for word in words), said
    return said


def test_a_ledger_is_made_once(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        fill(ledger, 2)
    for name in (ROUND, "another"):
        with pytest.raises(CrmxlError, match="已有台账"):
            Ledger.create(place, name)
    with Ledger.open(place, ROUND) as ledger:
        assert ledger.count() == (2, 0) and ledger.verify() == []
    refused(place, "另一轮次", ROUND, "another", name="another")


def test_what_is_no_ledger_is_told_from_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with pytest.raises(CrmxlError, match=r"没有台账.*备份.*no ledger: restore the backup") as caught:
        Ledger.open(path, ROUND)
    assert str(path) in str(caught.value) and "init" not in str(caught.value)
    path.write_bytes(b"")
    refused(path, "是空的")
    path.write_bytes(b"PK\x03\x04 not a database" * 400)
    refused(path, "已损坏", "file is not a database")
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (id)")
    refused(path, "不是 crmxl 的台账")
    with closing(sqlite3.connect(path)) as connection:
        for table in ("meta", "event", "content"):
            connection.execute(f"CREATE TABLE {table} (id)")
    refused(path, "不是 crmxl 的台账", "application_id 0")
    refused(tmp_path, "没有台账")
    with pytest.raises(CrmxlError, match="打不开"):
        Ledger.create(tmp_path / "no folder" / "ledger.db", ROUND)


def test_an_empty_database_has_no_ledger_and_a_full_one_is_somebody_elses(postgresql: str) -> None:
    refused(postgresql, "是空的")
    with closing(connected(postgresql)) as connection:
        connection.execute("CREATE TABLE photos (id integer)")
    refused(postgresql, "不是 crmxl 的台账")
    with pytest.raises(CrmxlError, match="其他数据"):
        Ledger.create(postgresql, ROUND)


@pytest.mark.parametrize("cut", [1, 100, 4096, 4097, 20_000])
def test_a_file_cut_short_is_named_as_damaged(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.create(path, ROUND) as ledger:
        fill(ledger, 40)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DamagedError, match=r"已损坏|被改动过"), Ledger.open(path, ROUND) as ledger:
        ledger.events()
    path.write_bytes(path.read_bytes()[:cut])
    refused(path)


@pytest.mark.parametrize(
    "address",
    [
        "mysql://me:secret@127.0.0.1/x",
        "sqlite:///x.db",
        "postgresql+asyncpg://me:secret@h/x",
        "postgresql://me:secret@h:port/x",
        "postgresql://me:secret@127.0.0.1:1/x",
        "postgresql+psycopg://127.0.0.1:1/x?user=me&password=secret",
        "://secret",
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(address: str) -> None:
    said = refused(address, "postgresql")
    assert "secret" not in said


def test_a_wrong_password_and_a_missing_database_are_told(postgresql_server: str) -> None:
    refused(f"{postgresql_server}/nowhere", "连不上", 'database "nowhere" does not exist')


def test_a_database_of_another_encoding_is_refused(postgresql_server: str) -> None:
    with psycopg.connect(f"{postgresql_server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0")
    refused(f"{postgresql_server}/latin", "UTF8", "SQL_ASCII")


# ---- together ----------------------------------------------------------------------------------------------------


def test_who_waits_too_long_is_told(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_place, "PATIENCE", 1)
    with Ledger.create(place, ROUND) as ledger, Ledger.open(place, ROUND) as other:
        with ledger.writing() as writing:
            with pytest.raises(CrmxlError, match="占用台账太久"), other.writing():
                raise AssertionError("two write at once")
            writing.append(AT, "a", NOTHING)
        with other.writing() as writing:
            assert [event.position for event in writing.events(0)] == [1]


def test_a_mistake_of_ours_is_no_message_for_people(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger, pytest.raises(DBAPIError, match="ledger"), ledger.writing() as writing:
        writing.append(AT, "a", NOTHING)
        writing._position = 0
        writing.append(AT, "a", NOTHING)


# ---- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("safe", [True, False])
def test_sqlite_is_set_so_that_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, safe: bool) -> None:
    monkeypatch.setattr(ledger_place, "SAFE_WAL", (3, 0, 0) if safe else (4, 0, 0))
    with Ledger.create(tmp_path / "ledger.db", ROUND) as ledger:
        made = fill(ledger, 3)
        with ledger._place.reading() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout")
            }
        mode = {"journal_mode": "wal", "synchronous": 2} if safe else {"journal_mode": "delete", "synchronous": 3}
        assert found == {**mode, "foreign_keys": 1, "trusted_schema": 0, "busy_timeout": 30_000}
    monkeypatch.setattr(ledger_place, "SAFE_WAL", (4, 0, 0))
    with Ledger.open(tmp_path / "ledger.db", ROUND) as ledger:  # written by a newer SQLite, read by an older one
        assert ledger.events() == made and ledger.verify() == []


def test_a_setting_that_does_not_take_is_no_silent_risk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    monkeypatch.setattr(ledger_place, "PATIENCE", 0)
    monkeypatch.setattr(ledger_place, "SAFE_WAL", (3, 0, 0))
    with Ledger.create(path, ROUND) as ledger, closing(connected(path)) as reader:
        fill(ledger, 2)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM event").fetchall()
        monkeypatch.setattr(ledger_place, "SAFE_WAL", (4, 0, 0))
        refused(path, str(path))  # others use it in a mode that this SQLite is not safe in


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(CrmxlError, match=r"3\.37"):
        Ledger.create(tmp_path / "ledger.db", ROUND)


def test_a_database_that_commits_before_it_has_written_is_told_not_to(postgresql: str) -> None:
    with closing(connected(postgresql)) as connection:
        connection.execute("ALTER ROLE postgres SET synchronous_commit = off")
        try:
            with Ledger.create(postgresql, ROUND) as ledger, ledger._place.reading() as reading:
                assert reading.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        finally:
            connection.execute("ALTER ROLE postgres RESET synchronous_commit")


def test_a_read_only_copy_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "归档 #1?%41.db"
    with Ledger.create(path, ROUND) as ledger:
        made = fill(ledger, 5)
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with Ledger.open(path, ROUND) as ledger:
        assert ledger.events() == made and ledger.verify() == []
        with pytest.raises(CrmxlError, match="只读"), ledger.writing():
            raise AssertionError("written")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_sqlalchemy_is_not_imported_before_a_ledger_is_opened() -> None:
    script = "import sys, crmxl.group.register, crmxl.commands.rounds_folder\nassert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
