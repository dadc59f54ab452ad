"""What is not as it was written: every row of a ledger looked at, every fault named in words for people.

Reads whatever can still be read: one fault does not hide the next. A file that is so damaged that SQLite gives up says
where it did.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crmxl.errors import CrmxlError
from crmxl.group.ledger import Fault
from crmxl.group.ledger_chain import Row, beginning, contradictions, digest_of, hash_of, plain
from crmxl.group.ledger_place import Place, detail_of
from crmxl.group.ledger_schema import APPLICATION, CONTENTS, DIGESTS, EVENTS, META, STEPS, VERSION, indexes, triggers
from crmxl.model import Text

MOST = 100
"""Faults of the file itself that are named; a torn one has thousands."""
_RECEIPT = re.compile(r"R0*([1-9][0-9]*)-([0-9a-f]{12})\Z", re.IGNORECASE)


def faults(place: Place, name: str, receipts: Iterable[str] = ()) -> Iterator[Fault]:
    """Every fault of the ledger at ``place`` of the round called ``name``: the file's, the tables', then row by row."""
    with place.reading() as connection:
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            yield from _tried(connection, "file", _file_faults(connection))
            # Signs that are no text must not stop the reading of the row that they are in.
            driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        try:
            yield from _tried(connection, "tables", _table_faults(connection))
            yield from _tried(connection, "meta", _meta_faults(connection, name))
            chain = _Chain(name)
            yield from _tried(connection, "events", chain.faults(connection))
            yield from _tried(connection, "contents", _content_faults(connection, chain))
            if chain.complete:
                yield from chain.unknown(receipts)
        finally:
            if isinstance(driver, sqlite3.Connection):
                driver.text_factory = str


def only_renamed(place: Place, name: str) -> bool:
    """Whether its tables are of this program's version, and its first event is that of the round called ``name``: then
    whatever else it says of itself was changed.
    """
    try:
        with place.reading() as connection:
            if place.file is not None:
                if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION:
                    return False
            elif not {index["name"] for index in inspect(connection).get_indexes("event")} >= indexes():
                return False
            if any(_table_faults(connection)):
                return False
            first = connection.execute(EVENTS.limit(1), {"start": 1}).first()
            return first is not None and first.previous == beginning(name)
    except (CrmxlError, SQLAlchemyError):  # opening tells what is wrong
        return False


def _tried(connection: Connection, where: str, found: Iterator[Fault]) -> Iterator[Fault]:
    """What is found, and as the last fault that the database could not read on."""
    try:
        # PostgreSQL answers nothing more in a transaction that failed, unless it goes back to before.
        with nullcontext() if connection.dialect.name == "sqlite" else connection.begin_nested():
            yield from found
    except (DBAPIError, UnicodeDecodeError) as error:
        detail = detail_of(error)
        yield Fault(where, Text(f"读不下去了：{detail}", f"cannot be read on: {detail}"))


def _file_faults(connection: Connection) -> Iterator[Fault]:
    """What SQLite says of its own file: pages, order, indexes, checks."""
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})"):
        if said != "ok":
            yield Fault("file", Text(f"文件结构：{said}", f"file: {said}"))


def _table_faults(connection: Connection) -> Iterator[Fault]:
    """Tables, indexes and triggers that are not as the ledger was made with."""
    if connection.dialect.name == "sqlite":
        says = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite|_%' ESCAPE '|'"
        there = {what: sql for what, sql in connection.exec_driver_sql(says)}
        model = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (statement for step in STEPS for statement in step.sqlite):
            model.execute(statement)
        should = dict(model.execute(says).fetchall())
        model.close()
        for what in sorted(there.keys() | should.keys()):
            if there.get(what) != should.get(what):
                zh = "缺失" if what not in there else "不属于台账" if what not in should else "被改动过"
                en = (
                    "is missing"
                    if what not in there
                    else "is not the ledger's"
                    if what not in should
                    else "was changed"
                )
                yield Fault(what, Text(f"{what} {zh}", f"{what} {en}"))
        return
    watch = connection.exec_driver_sql(
        "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
        "AND c.relnamespace = current_schema()::regnamespace AND c.relname IN ('meta', 'content', 'event')"
    )
    statements = [statement for step in STEPS for statement in step.postgresql]
    whole = {trigger for trigger, source in watch if any(source in statement for statement in statements)}
    for trigger in sorted(triggers() - whole):
        yield Fault(
            f"trigger {trigger}", Text(f"触发器 {trigger} 缺失或被改动过", f"trigger {trigger} is gone or changed")
        )


def _meta_faults(connection: Connection, name: str) -> Iterator[Fault]:
    """What the ledger says of itself that it should not."""
    should = {"schema": str(VERSION), "round": plain(name)}
    there = {row.name: row.value for row in connection.execute(select(META))}
    for what in sorted(there.keys() | should.keys(), key=str):
        found, right = there.get(what), should.get(what)
        if found == right:
            continue
        if right is None:
            said = Text(f"meta {what} 不属于台账，是后加的", f"meta {what} is not the ledger's: it was added")
        elif found is None:
            said = Text(f"meta {what} 缺失", f"meta {what} is missing")
        else:
            said = Text(
                f"meta {what} 被改动过：是“{found}”，应为“{right}”", f"meta {what} was changed: {found}, not {right}"
            )
        yield Fault(f"meta {what}", said)


class _Chain:
    """The events as they are read: what they need, and where each stands."""

    def __init__(self, name: str) -> None:
        self.hashes: dict[int, str] = {}
        self.needed: dict[str, int] = {}
        """Digest of a content → position of the first event that keeps it."""
        self.complete = False
        self._beginning = beginning(name)

    def faults(self, connection: Connection) -> Iterator[Fault]:
        """Whatever is wrong with an event by itself, and with how it follows the one before."""
        last, previous = 0, self._beginning
        for found in connection.execute(EVENTS, {"start": -(2**63)}):
            row = Row._make(found)
            if row.position != last + 1:
                yield _gap(last, row.position)
            elif row.previous != previous:
                yield _fault(
                    row.position,
                    f"与前一条（{last}）接不上：其中一条被改动过，或中间的记录被换过"
                    if last
                    else "不是本轮次的第一条记录",
                    f"does not follow event {last}: one of the two was changed, or what stood between replaced"
                    if last
                    else "is not the first of this round",
                )
            yield from _row_faults(row)
            for digest in row.kept:
                self.needed.setdefault(digest, row.position)
            self.hashes[row.position] = row.hash
            last, previous = row.position, row.hash
        self.complete = True

    def unknown(self, receipts: Iterable[str]) -> Iterator[Fault]:
        """Receipts that the ledger does not know."""
        for receipt in receipts:
            found = _RECEIPT.match(receipt.strip())
            if found is None:
                yield Fault(
                    f"receipt {receipt}",
                    Text(f"{receipt} 不是回执号（如 R000012-ab12cd34ef56）", f"{receipt} is no receipt number"),
                )
            elif not str(self.hashes.get(int(found[1]), "")).startswith(found[2].lower()):
                yield Fault(
                    f"receipt {receipt}",
                    Text(
                        f"台账里没有回执 {receipt}：末尾的记录被删除，或台账被换过",
                        f"the ledger has no receipt {receipt}: events were cut off its end, or it was replaced",
                    ),
                )


def _fault(position: int, zh: str, en: str) -> Fault:
    return Fault(f"event {position}", Text(f"事件 {position} {zh}", f"event {position} {en}"))


def _gap(last: int, position: int) -> Fault:
    if position <= last + 1:
        return _fault(position, "的位置不对", "is out of order")
    if position == last + 2:
        return _fault(last + 1, "缺失", "is missing")
    said = Text(f"事件 {last + 1} 至 {position - 1} 缺失", f"events {last + 1} to {position - 1} are missing")
    return Fault(f"events {last + 1}-{position - 1}", said)


def _row_faults(row: Row) -> Iterator[Fault]:
    try:
        differing = contradictions(row)
        fits = row.hash == hash_of(row)
    except (TypeError, ValueError):
        yield _fault(row.position, "的内容读不懂了，被改动过", "was changed: what it says cannot be read any more")
        return
    for name, says, should in differing:
        yield _fault(
            row.position,
            f"的 {name} 列是 {says}，与内容（{should}）不符",
            f"has {name} {says} beside it, but says {should} itself",
        )
    if not fits and not differing:
        yield _fault(
            row.position,
            "被改动过：时间、经办人、种类、内容或校验值已不是当初写入的",
            "was changed: time, name, kind, what it says or the hash is not what was written",
        )


def _content_faults(connection: Connection, chain: _Chain) -> Iterator[Fault]:
    there = set()
    for digest, size in connection.execute(DIGESTS).all():
        there.add(digest)
        said = None
        with suppress(UnicodeError):
            found = connection.execute(CONTENTS, {"digests": [digest]}).first()
            if found is None or not isinstance(found.bytes, bytes) or digest_of(found.bytes) != digest:
                said = Text("的内容被改动过", "was changed: its bytes are others")
            elif len(found.bytes) != size:
                said = Text(f"的大小记为 {size}，实为 {len(found.bytes)}", f"is {len(found.bytes)} bytes, not {size}")
            elif chain.complete and digest not in chain.needed:
                said = Text("没有任何事件用到，是后加的", "belongs to no event: it was added")
        if said is not None:
            used = chain.needed.get(digest)
            zh, en = (f"（事件 {used}）", f" (event {used})") if used else ("", "")
            yield Fault(f"content {digest}", Text(f"存档 {digest}{zh}{said.zh}", f"content {digest}{en} {said.en}"))
    for digest, position in chain.needed.items():
        if digest not in there:
            said = Text(f"事件 {position} 的存档 {digest} 缺失", f"content {digest} of event {position} is missing")
            yield Fault(f"content {digest}", said)
