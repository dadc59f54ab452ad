"""Where a ledger is kept: a SQLite file or a PostgreSQL database, opened so that what it acknowledges stays.

Owns connections, their settings, transactions, and how a database's troubles are told. Knows nothing of tables.

SQLite: WAL only from 3.51.3 on (earlier ones can corrupt a file by resetting the WAL), else a rollback journal with
``synchronous=EXTRA``, which puts the removal of the journal on the disk too; every setting is read back. Writing begins
with BEGIN IMMEDIATE: a plain BEGIN finds out too late that somebody else has written. PostgreSQL: writers take turns at
a lock on the table of events.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from crmxl.errors import CrmxlError
from crmxl.group.ledger_chain import DamagedError
from crmxl.model import Text

PATIENCE = 30
"""Seconds to wait for other writers."""
CONNECTING = 10
"""Seconds to wait for a server."""
SQLITE = (3, 37)
"""The first SQLite with strict tables."""
SAFE_WAL = (3, 51, 3)
"""The first SQLite whose write-ahead log cannot corrupt the file."""

BUSY = Text("其他程序占用台账太久，请稍后重试", "another program holds the ledger; try again later")
DAMAGED = Text(
    "台账文件已损坏：请先原样复制一份，再用 crmxl ledger verify 查明，用备份恢复",
    "the ledger is damaged: copy it as it is, see what crmxl ledger verify names, and restore a backup",
)
_READ_ONLY = Text("台账是只读的，不能写入", "the ledger is read-only and cannot be written")
_FULL = Text("磁盘空间不足，请清理后重试", "free some space and try again")
_UNREAD = Text("读写出错，请检查磁盘或网络", "cannot be read or written; check the disk or the network")
_CLOSED = Text("打不开，请检查路径和权限", "cannot be opened; check the path and your rights")
_NO_SERVER = Text("数据库连不上或中断了，请检查地址、用户和网络", "no connection: check address, user and network")
_NO_RIGHTS = Text("数据库用户没有这个权限", "the database user has no right to do that")
_SQLITE_TROUBLES: Mapping[int, Text] = {
    sqlite3.SQLITE_ERROR: DAMAGED,  # our statements fit our tables: then these are ours no more
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _UNREAD,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
}
_POSTGRESQL_TROUBLES: Mapping[str, Text] = {
    "55P03": BUSY,
    "40001": BUSY,
    "40P01": BUSY,
    "42501": _NO_RIGHTS,
    "25006": _READ_ONLY,
    "53100": _FULL,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """An opened database."""

    engine: Engine
    shown: str
    """What people may see of where it is: no password."""
    file: Path | None = None
    """The file, where it is one."""
    writable: bool = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the ledger, whatever others write meanwhile."""
        calm = {} if self.file else {"isolation_level": "REPEATABLE READ"}
        try:
            with self.told(), self.engine.connect().execution_options(**calm) as connection:
                yield connection
        except UnicodeDecodeError as error:  # SQLite wants to name what it stumbled over, and that is no text
            raise DamagedError(trouble(self.shown, DAMAGED, str(error))) from None

    @contextmanager
    def writing(self, lock: str = "") -> Iterator[Connection]:
        """A transaction, committed at the end and rolled back by an exception; ``lock`` names the table to lock.

        Nobody else writes meanwhile. Raises CrmxlError where others do not let go of it.
        """
        if not self.writable:
            raise CrmxlError(trouble(self.shown, _READ_ONLY))
        opened = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        with self.told(), opened.begin() as connection:
            if lock and not self.file:
                connection.exec_driver_sql(f"LOCK TABLE {lock} IN EXCLUSIVE MODE")
            yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise the database's troubles as CrmxlError; what its tables refuse is a mistake of ours and stays."""
        try:
            yield
        except DBAPIError as error:
            said = _said(error)
            if said is None:
                raise
            kind = DamagedError if said is DAMAGED else CrmxlError
            raise kind(trouble(self.shown, said, detail_of(error))) from None


def trouble(shown: str, said: Text, detail: str = "") -> str:
    """A message about the ledger at ``shown``, in both languages."""
    return f"{shown}: {said.zh} · {said.en}" + (f" ({detail})" if detail else "")


def detail_of(error: DBAPIError | UnicodeDecodeError) -> str:
    """The first line of what the database itself said."""
    return str(error.orig if isinstance(error, DBAPIError) else error).strip().partition("\n")[0]


def _said(error: DBAPIError) -> Text | None:
    """What a database's trouble means; None for a mistake of ours."""
    found = error.orig
    if isinstance(error, IntegrityError) or found is None:
        return None
    if isinstance(found, sqlite3.Error):
        code = getattr(found, "sqlite_errorcode", None)
        if code is None:  # the module's own trouble: text in the file that is no UTF-8
            return DAMAGED if "decode" in str(found) else None
        return _SQLITE_TROUBLES.get(code & 0xFF)
    state = getattr(found, "sqlstate", None) or ""
    if state.startswith("42") and state != "42501":  # no such table, no such column
        return DAMAGED
    return _POSTGRESQL_TROUBLES.get(state) or (_NO_SERVER if isinstance(error, OperationalError) else None)


def open_place(place: Path | str, *, new: bool = False) -> Place:
    """The database at ``place``, a SQLite file or the URL of a PostgreSQL database; a ``new`` file may be made.

    Raises CrmxlError where there is none, where it cannot be opened, or where a setting did not take.
    """
    opened = _database(place) if isinstance(place, str) else _file(place, new)
    try:
        with opened.reading():
            pass
    except BaseException:
        opened.engine.dispose()
        raise
    return opened


# ---- a file ------------------------------------------------------------------------------------------------------


def _file(path: Path, new: bool) -> Place:
    if sqlite3.sqlite_version_info < SQLITE:
        said = Text(
            "这里的 SQLite 太旧，请用较新的 Python", "SQLite is too old here (3.37 is needed); use a newer Python"
        )
        raise CrmxlError(trouble(str(path), said, sqlite3.sqlite_version))
    if not new and not path.is_file():
        said = Text(
            "没有台账文件：请用备份恢复到这里（crmxl ledger backup 存下的文件）",
            "there is no ledger: restore the backup that crmxl ledger backup made to this place",
        )
        raise CrmxlError(trouble(str(path), said))
    writable = new or os.access(path, os.W_OK)
    mode = "rwc" if new else "rw" if writable else "ro"
    whole = path.absolute().as_posix()
    address = f"file://{'' if whole.startswith('/') else '/'}{quote(os.fsencode(whole), safe='/:')}?mode={mode}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            _set(connection, str(path), writable)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return Place(engine, str(path), path, writable)


def _set(connection: sqlite3.Connection, shown: str, writable: bool) -> None:
    """Make the settings that nothing is lost by, and see that they took."""
    wal = sqlite3.sqlite_version_info >= SAFE_WAL
    settings: dict[str, object] = {
        "busy_timeout": PATIENCE * 1000,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "fullfsync": 1,  # macOS: to the disk, not to its cache
    }
    if writable:
        settings |= {"journal_mode": "wal" if wal else "delete", "synchronous": 2 if wal else 3}
    for name, value in settings.items():
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != value:
            said = Text("SQLite 的设置没有生效，不能放心写入", "a setting of SQLite did not take: it is not safe")
            raise CrmxlError(trouble(shown, said, f"{name} = {found}, {value}"))


# ---- a server ----------------------------------------------------------------------------------------------------


def _database(address: str) -> Place:
    try:
        url = make_url(address)
        known = url.drivername in ("postgresql", "postgresql+psycopg")
    except (ArgumentError, ValueError):
        known = False
    if not known:  # what it is may hold a password: it is not shown
        raise CrmxlError(
            "ledger: 请写 postgresql+psycopg://用户:密码@服务器/数据库，或省略（台账为轮次文件夹中的 ledger.db） · "
            "write postgresql+psycopg://user:password@server/database, or leave it out for a file in the round's folder"
        )
    if "@" in address.partition("@")[2]:  # a password's own @ would be taken for the end of it, and the rest be shown
        raise CrmxlError(
            "ledger: 地址中有多个 @：用户名、密码里的 @ 请写成 %40 · the address has several @: write %40 for one that "
            "belongs to the user's name or password"
        )
    shown = shown_url(url)
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": CONNECTING, "application_name": "crmxl", "client_encoding": "utf8"},
            isolation_level="READ COMMITTED",
            hide_parameters=True,
        )
    except ImportError:
        said = Text("请先安装：pip install 'crmxl[postgresql]'", "first: pip install 'crmxl[postgresql]'")
        raise CrmxlError(trouble(shown, said)) from None

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = '{PATIENCE}s'")
        (commits,) = connection.execute("SHOW synchronous_commit").fetchone()
        if commits == "off":
            connection.execute("SET synchronous_commit = on")
        (signs,) = connection.execute("SHOW server_encoding").fetchone()
        connection.autocommit = False
        if signs != "UTF8":
            said = Text("数据库的编码必须是 UTF8", "the database's encoding must be UTF8")
            raise CrmxlError(trouble(shown, said, signs))

    return Place(engine, shown)


def has_password(address: str) -> bool:
    """Whether the URL of a database holds a password, as far as can be told: in its query there may be one too."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return True
    return url.password is not None or bool(url.query)


def shown_url(url: URL) -> str:
    """A URL as it may be printed: passwords hide in the query too."""
    return url.set(query={}).render_as_string(hide_password=True)
