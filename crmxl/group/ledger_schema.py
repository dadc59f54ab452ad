"""The ledger's tables: the statements that made each version of them, and the questions that are asked of them.

A step makes one schema version out of the one before it. A step that was released never changes, since ledgers made by
it are out there; what is to be different becomes a further step. The tables refuse whatever is not a next event:
that guards against mistakes and other programs, while ``ledger_check`` finds what somebody did beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

APPLICATION = 0x43524D4C
"""``CRML``: by what a SQLite file is known to be a ledger of ours."""


@dataclass(frozen=True, slots=True)
class Step:
    """What makes one schema version out of the one before it."""

    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


_TABLES_SQLITE = (
    f"PRAGMA application_id = {APPLICATION}",
    "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE content (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
    size INTEGER NOT NULL CHECK (size = length(bytes)),
    bytes BLOB NOT NULL
) STRICT""",
    """CREATE TABLE event (
    "position" INTEGER NOT NULL PRIMARY KEY CHECK ("position" > 0),
    "at" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    template TEXT NOT NULL,
    body TEXT NOT NULL,
    file TEXT REFERENCES content (digest),
    record TEXT REFERENCES content (digest),
    total INTEGER CHECK (total BETWEEN -1000000000000000000 AND 1000000000000000000),
    previous TEXT NOT NULL CHECK (length(previous) = 64),
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT""",
    # INSERT OR REPLACE removes the row in its way without asking the triggers on DELETE; those on INSERT come first.
    """CREATE TRIGGER event_follows BEFORE INSERT ON event
WHEN NEW."position" IS NOT (SELECT coalesce(max("position"), 0) + 1 FROM event)
    OR EXISTS (SELECT 1 FROM event WHERE "position" = NEW."position" - 1 AND hash IS NOT NEW.previous)
    OR EXISTS (SELECT 1 FROM event WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'the ledger takes the next event only'); END""",
    """CREATE TRIGGER content_is_new BEFORE INSERT ON content
WHEN EXISTS (SELECT 1 FROM content WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'the ledger has this content'); END""",
    """CREATE TRIGGER meta_is_new BEFORE INSERT ON meta
WHEN EXISTS (SELECT 1 FROM meta WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'the ledger knows this already'); END""",
    *(
        f"CREATE TRIGGER {table}_{what.lower()} BEFORE {what} ON {table}\n"
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
        for table, what in (
            ("event", "UPDATE"),
            ("event", "DELETE"),
            ("content", "UPDATE"),
            ("content", "DELETE"),
            ("meta", "DELETE"),
        )
    ),
    """CREATE TRIGGER meta_update BEFORE UPDATE ON meta
WHEN NOT (OLD.name = 'schema' AND NEW.name = 'schema' AND CAST(NEW.value AS INTEGER) = CAST(OLD.value AS INTEGER) + 1)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END""",
)
_TABLES_POSTGRESQL = (
    "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE content (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
    size BIGINT NOT NULL CHECK (size = octet_length(bytes)),
    bytes BYTEA NOT NULL
)""",
    """CREATE TABLE event (
    "position" BIGINT NOT NULL PRIMARY KEY CHECK ("position" > 0),
    "at" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    template TEXT NOT NULL,
    body TEXT NOT NULL,
    file TEXT REFERENCES content (digest),
    record TEXT REFERENCES content (digest),
    total BIGINT CHECK (total BETWEEN -1000000000000000000 AND 1000000000000000000),
    previous TEXT NOT NULL CHECK (length(previous) = 64),
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
)""",
    """CREATE FUNCTION ledger_follows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW."position" IS DISTINCT FROM (SELECT coalesce(max("position"), 0) + 1 FROM event)
        OR EXISTS (SELECT 1 FROM event WHERE "position" = NEW."position" - 1 AND hash IS DISTINCT FROM NEW.previous)
    THEN RAISE EXCEPTION 'the ledger takes the next event only';
    END IF;
    RETURN NEW;
END $$""",
    """CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows';
END $$""",
    """CREATE FUNCTION ledger_schema_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.name = 'schema' AND NEW.name = 'schema' AND NEW.value::integer = OLD.value::integer + 1 THEN RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger only grows';
END $$""",
    "CREATE TRIGGER event_follows BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION ledger_follows()",
    *(
        f"CREATE TRIGGER {table}_changes BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()"
        for table in ("event", "content")
    ),
    "CREATE TRIGGER meta_delete BEFORE DELETE ON meta FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()",
    "CREATE TRIGGER meta_update BEFORE UPDATE ON meta FOR EACH ROW EXECUTE FUNCTION ledger_schema_rises()",
    *(
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows()"
        for table in ("event", "content", "meta")
    ),
)
_INDEXES = (
    'CREATE INDEX event_by_unit ON event (unit, template, "position")',
    "CREATE INDEX event_by_file ON event (file)",
)

STEPS = (Step(_TABLES_SQLITE, _TABLES_POSTGRESQL), Step(_INDEXES, _INDEXES))
"""By schema version, from 1."""
VERSION = len(STEPS)
"""The schema version that this program reads and writes."""

_TABLES = MetaData()
META = Table("meta", _TABLES, Column("name", Text, primary_key=True), Column("value", Text))
CONTENT = Table(
    "content",
    _TABLES,
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger),
    Column("bytes", LargeBinary),
)
EVENT = Table(
    "event",
    _TABLES,
    Column("position", BigInteger, primary_key=True, quote=True),
    *(Column(name, Text, quote=True) for name in ("at", "by", "kind", "unit", "template", "body", "file", "record")),
    Column("total", BigInteger),
    *(Column(name, Text) for name in ("previous", "hash")),
)

EVENTS = select(EVENT).where(EVENT.c.position >= bindparam("start")).order_by(EVENT.c.position)
LAST = select(EVENT.c.position, EVENT.c.hash).order_by(EVENT.c.position.desc()).limit(1)
DIGESTS = select(CONTENT.c.digest, CONTENT.c.size).order_by(CONTENT.c.digest)
HAS = select(CONTENT.c.size).where(CONTENT.c.digest == bindparam("digest"))
CONTENTS = select(CONTENT.c.digest, CONTENT.c.bytes).where(
    CONTENT.c.digest.in_(bindparam("digests", expanding=True)),
)
COUNTS = select(
    select(func.count()).select_from(EVENT).scalar_subquery(),
    select(func.count()).select_from(CONTENT).scalar_subquery(),
)
_SCHEMA = update(META).where(META.c.name == "schema")


def build(connection: Connection, name: str, version: int = VERSION) -> None:
    """Make the tables of a new ledger for the round called ``name``, as that schema version had them."""
    for number in range(1, version + 1):
        run_step(connection, number)
    connection.execute(insert(META), [{"name": "schema", "value": str(version)}, {"name": "round", "value": name}])


def raise_schema(connection: Connection, version: int) -> None:
    """Make the schema ``version`` out of the one before it."""
    run_step(connection, version)
    connection.execute(_SCHEMA.values(value=str(version)))


def run_step(connection: Connection, version: int) -> None:
    """The statements of one step, in the words of the connection's database."""
    for statement in getattr(STEPS[version - 1], connection.dialect.name):
        connection.exec_driver_sql(statement)


def triggers() -> frozenset[str]:
    """Names of the triggers that a ledger on PostgreSQL has."""
    return _made("TRIGGER")


def indexes() -> frozenset[str]:
    """Names of the indexes that a ledger on PostgreSQL has, beside those of its keys."""
    return _made("INDEX")


def _made(what: str) -> frozenset[str]:
    words = (re.match(rf"CREATE {what} (\w+)", statement) for step in STEPS for statement in step.postgresql)
    return frozenset(found[1] for found in words if found)
