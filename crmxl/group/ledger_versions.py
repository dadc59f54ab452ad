"""Ledgers as wholes: made new, recognised, brought from an earlier schema version to this one, copied into a file.

Every version that was ever released can be opened. Each step is one transaction; before the first, a file is copied
beside itself as it was.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, create_engine, insert, inspect, select
from sqlalchemy.pool import StaticPool

from crmxl.errors import CrmxlError
from crmxl.files import write_atomically
from crmxl.group.ledger_chain import DamagedError, plain
from crmxl.group.ledger_place import DAMAGED, Place, trouble
from crmxl.group.ledger_schema import (
    APPLICATION,
    CONTENT,
    CONTENTS,
    DIGESTS,
    EVENT,
    EVENTS,
    META,
    VERSION,
    build,
    raise_schema,
)
from crmxl.model import Text

_TABLES = frozenset({"meta", "content", "event"})
_THERE = Text("这里已有台账或其他数据", "there is a ledger or something else already")
_FOREIGN = Text("不是 crmxl 的台账", "is no ledger of crmxl")
_EMPTY = Text(
    "是空的，里面没有台账；如有备份请恢复", "is empty, there is no ledger in it; restore a backup where there is one"
)
_OTHER = Text("是另一轮次的台账", "is the ledger of another round")
_NEWER = Text(
    "台账由更新版本的 crmxl 写成，请先升级 crmxl", "the ledger was written by a newer crmxl; update crmxl first"
)
_OLD = Text(
    "台账是旧版格式，这里只读、无法升级；请复制到可写的文件夹再打开",
    "the ledger has an older form, and cannot be brought up to date here, being read-only; copy it to where it can",
)


def make(place: Place, name: str, version: int = VERSION) -> None:
    """Put an empty ledger for the round called ``name`` there; raises CrmxlError where anything is already."""
    with place.writing() as connection:
        if place.file is None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION})")
        if inspect(connection).get_table_names():
            raise CrmxlError(trouble(place.shown, _THERE))
        build(connection, plain(name), version)


def recognise(place: Place, name: str) -> int:
    """The schema version of the ledger; raises CrmxlError where it is none, or not that of the round ``name``."""
    with place.reading() as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables & _TABLES:
            raise CrmxlError(trouble(place.shown, _FOREIGN if tables else _EMPTY))
        if place.file is not None:
            application = connection.exec_driver_sql("PRAGMA application_id").scalar()
            if application != APPLICATION:
                raise CrmxlError(trouble(place.shown, _FOREIGN, f"application_id {application}"))
        if not tables >= _TABLES:
            raise CrmxlError(trouble(place.shown, _FOREIGN, ", ".join(sorted(tables))))
        known = {row.name: row.value for row in connection.execute(select(META))}
    version, round = str(known.get("schema", "")), known.get("round")
    if not (version.isascii() and version.isdecimal() and int(version) > 0) or round is None:
        raise DamagedError(trouble(place.shown, DAMAGED, f"meta: schema {version!r}, round {round!r}"))
    if round != plain(name):
        raise CrmxlError(trouble(place.shown, _OTHER, f"{round!r} ≠ {name!r}"))
    return int(version)


def bring_up_to_date(place: Place, name: str) -> Path | None:
    """Raise the ledger to this program's schema version; the copy of the file as it was, where there was need.

    Raises CrmxlError for a newer version, and where an older one cannot be written.
    """
    found, copy = recognise(place, name), None
    if found < VERSION and place.file is not None:
        if not place.writable:
            raise CrmxlError(trouble(place.shown, _OLD, f"{found} < {VERSION}"))
        copy = _free(place.file, found)
        write_atomically(copy, file_of(place))
    while found < VERSION:
        with place.writing("event") as connection:
            found = _version(connection)  # another program may have been faster
            if found < VERSION:
                found += 1
                raise_schema(connection, found)
    if found > VERSION:
        raise CrmxlError(trouble(place.shown, _NEWER, f"{found} > {VERSION}"))
    return copy


def refuse_another_version(place: Place, connection: Connection) -> None:
    """Raise CrmxlError where another program has raised the ledger's version since it was opened here."""
    if (found := _version(connection)) != VERSION:
        raise CrmxlError(trouble(place.shown, _NEWER, f"{found} ≠ {VERSION}"))


def _version(connection: Connection) -> int:
    return int(connection.execute(select(META.c.value).where(META.c.name == "schema")).scalar_one())


def _free(file: Path, version: int) -> Path:
    """A name beside the ledger for what it was: ``ledger.v1.db``, with a number where that is taken."""
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    names = (file.with_name(f"{file.stem}.v{version}{number}{file.suffix}") for number in numbers)
    return next(name for name in names if not name.exists())


def file_of(place: Place) -> bytes:
    """One state of the ledger as a SQLite file: of a file its pages, of a database its rows."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with place.reading() as source:
            if place.file is not None:
                driver = source.connection.driver_connection
                assert isinstance(driver, sqlite3.Connection)
                driver.backup(copy)
            else:
                _copy_rows(source, copy)
        return copy.serialize()
    finally:
        copy.close()


def _copy_rows(source: Connection, into: sqlite3.Connection) -> None:
    engine = create_engine("sqlite://", creator=lambda: into, poolclass=StaticPool, hide_parameters=True)
    with engine.begin() as copy:
        name = source.execute(select(META.c.value).where(META.c.name == "round")).scalar_one()
        build(copy, name)
        for digest, size in source.execute(DIGESTS).all():
            (kept,) = source.execute(CONTENTS, {"digests": [digest]}).all()
            copy.execute(insert(CONTENT), {"digest": digest, "size": size, "bytes": kept.bytes})
        for row in source.execute(EVENTS, {"start": 1}):
            copy.execute(insert(EVENT), dict(row._mapping))
