"""The ledger 台账 of a round: every act that was ever recorded, and the bytes of every file that counts, for good.

Owns that nothing acknowledged is lost, that events follow each other without gaps, each chained to the one before by
its hash, and that whatever is read is what was written. Knows what an act keeps, not what it means: ``standing`` does.
``ledger_place`` opens databases, ``ledger_versions`` makes and migrates ledgers in the tables of ``ledger_schema``, and
``ledger_check`` looks for damage. SQLAlchemy is imported when a ledger is opened, not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from crmxl.errors import CrmxlError
from crmxl.files import write_atomically
from crmxl.group.acts import Act, Event
from crmxl.group.ledger_chain import DamagedError, Row, beginning, digest_of, event_of, hash_of, row_of
from crmxl.model import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from crmxl.group.ledger_place import Place

__all__ = ["DamagedError", "Fault", "Ledger", "Writing"]

BATCH = 16
"""Contents read at a time: a file has at most 10 MB."""
_CHANGED = Text(
    "被改动过或缺失，请运行 crmxl ledger verify 查明，用备份恢复",
    "was changed or is missing: see what crmxl ledger verify names, and restore a backup",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a ledger that is not as it was written."""

    where: str
    """``event 12``, ``content ab12…``, ``file`` …: for programs."""
    said: Text
    """What is wrong with it, where included."""


class Ledger:
    """An open ledger. A context manager: leaving it closes the ledger.

    Every method raises CrmxlError when the database cannot be reached, is held too long by others, or is damaged.
    """

    def __init__(self, place: Place, name: str) -> None:
        """The ledger at ``place`` of the round called ``name``; use ``create`` or ``open``."""
        self._place = place
        self._name = name

    @classmethod
    def create(cls, place: Path | str, name: str) -> Ledger:
        """A new, empty ledger for the round called ``name``, in a file or in the database of a URL.

        Raises CrmxlError where there is one already, or anything else.
        """
        from crmxl.group.ledger_place import open_place
        from crmxl.group.ledger_versions import make

        opened = open_place(place, new=True)
        with _closed_on_failure(opened):
            make(opened, name)
        return cls(opened, name)

    @classmethod
    def open(cls, place: Path | str, name: str) -> Ledger:
        """The ledger of the round called ``name``, brought up to date where an earlier crmxl made it.

        Raises CrmxlError where there is none, or it is another round's or a newer crmxl's, DamagedError where it
        cannot be read.
        """
        from crmxl.group.ledger_place import open_place
        from crmxl.group.ledger_versions import bring_up_to_date

        opened = open_place(place)
        with _closed_on_failure(opened):
            bring_up_to_date(opened, name)
        return cls(opened, name)

    @classmethod
    def unused(cls, place: Path | str, name: str) -> bool:
        """Whether there is a ledger of the round called ``name`` in which nothing has happened yet."""
        try:
            with cls.open(place, name) as found:
                return found.count() == (0, 0)
        except CrmxlError:
            return False

    @classmethod
    def examine(cls, place: Path | str, name: str) -> Ledger:
        """As ``open``; but where only what the ledger says of itself was changed, ``verify`` is to name it."""
        from crmxl.group.ledger_check import only_renamed
        from crmxl.group.ledger_place import open_place
        from crmxl.group.ledger_versions import bring_up_to_date

        opened = open_place(place)
        with _closed_on_failure(opened):
            if not only_renamed(opened, name):
                bring_up_to_date(opened, name)
        return cls(opened, name)

    def events(self, after: int = 0) -> list[Event]:
        """The committed events behind position ``after``, in order.

        Raises DamagedError where one is not what was written, or does not follow the one before.
        """
        with self._place.reading() as connection:
            return _events(connection, after, self._name, self._place.shown)

    def content(self, digest: str) -> bytes:
        """The bytes with this SHA-256; raises DamagedError where they are not there, or are others."""
        return next(self.contents([digest]))[1]

    def contents(self, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Digest and bytes of each, in the order asked for, read in batches; raises as ``content`` does."""
        from crmxl.group.ledger_schema import CONTENTS

        wanted = list(digests)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            with self._place.reading() as connection:
                found = {row.digest: row.bytes for row in connection.execute(CONTENTS, {"digests": batch})}
            for digest in batch:
                if digest not in found or digest_of(found[digest]) != digest:
                    raise DamagedError(_damage(self._place.shown, f"存档 content {digest}"))
                yield digest, found[digest]

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """The one transaction that may write now: committed at the end, undone by an exception.

        What it appended is acknowledged once the block is left without one.
        """
        from crmxl.group.ledger_versions import refuse_another_version

        with self._place.writing("event") as connection:
            refuse_another_version(self._place, connection)
            yield Writing(connection, self._name, self._place.shown)

    def verify(self, receipts: Iterable[str] = ()) -> list[Fault]:
        """Everything in the ledger that is not as it was written, and the receipts given that it does not know.

        Events removed from the end leave no trace in what remains: only a receipt tells of them.
        """
        from crmxl.group.ledger_check import faults

        return list(faults(self._place, self._name, receipts))

    def count(self) -> tuple[int, int]:
        """How many events, and how many stored contents."""
        from crmxl.group.ledger_schema import COUNTS

        with self._place.reading() as connection:
            events, contents = connection.execute(COUNTS).one()
        return int(events), int(contents)

    def backup(self, to: Path) -> None:
        """Write one state of the ledger to the new file ``to``, a SQLite ledger, while others go on writing.

        Raises CrmxlError where there is a file already: it might be a ledger.
        """
        from crmxl.group.ledger_versions import file_of

        if to.exists():
            raise CrmxlError(f"{to}: 已存在，备份请用新的文件名 · exists already; choose a new name for a backup")
        write_atomically(to, file_of(self._place))

    def close(self) -> None:
        """Let go of the database."""
        self._place.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Writing:
    """A transaction on a ledger, while which nobody else writes."""

    def __init__(self, connection: Connection, name: str, shown: str) -> None:
        """Over a connection that holds the lock; ``Ledger.writing`` makes it."""
        from crmxl.group.ledger_schema import LAST

        self._connection = connection
        self._name = name
        self._shown = shown
        last = connection.execute(LAST).first()
        self._position: int = last.position if last else 0
        self._hash: str = last.hash if last else beginning(name)
        self._pending: dict[str, bytes] = {}

    def events(self, after: int) -> list[Event]:
        """The events behind position ``after``, those of this transaction included; raises DamagedError."""
        return _events(self._connection, after, self._name, self._shown)

    def store(self, content: bytes) -> str:
        """The digest of ``content``, which the ledger keeps together with the next act that names it."""
        digest = digest_of(content)
        self._pending[digest] = content
        return digest

    def append(self, at: str, by: str, act: Act) -> Event:
        """The act as the next event; ``at`` is an ISO time with offset.

        Raises ValueError for an act that names a file or record which was not stored.
        """
        from crmxl.group.ledger_schema import EVENT

        row = row_of(self._position + 1, at, by, act, self._hash)
        for digest in row.kept:
            self._keep(digest)
        self._connection.execute(EVENT.insert(), row._asdict())
        self._position, self._hash = row.position, row.hash
        return event_of(row)

    def _keep(self, digest: str) -> None:
        from crmxl.group.ledger_schema import CONTENT, HAS

        content = self._pending.pop(digest, None)
        if self._connection.execute(HAS, {"digest": digest}).first() is not None:
            return
        if content is None:
            raise ValueError(f"not stored: {digest}")
        self._connection.execute(CONTENT.insert(), {"digest": digest, "size": len(content), "bytes": content})


def _events(connection: Connection, after: int, name: str, shown: str) -> list[Event]:
    """The events behind position ``after``, each checked against its hash and the one before."""
    from crmxl.group.ledger_schema import EVENTS

    rows = (Row._make(row) for row in connection.execute(EVENTS, {"start": after}))
    position, previous = after, beginning(name)
    if after:
        anchor = next(rows, None)
        if anchor is None or anchor.position != after:
            raise DamagedError(_damage(shown, f"事件 event {after}"))
        previous = anchor.hash
    events = []
    for row in rows:
        position += 1
        try:
            whole = (row.position, row.previous, row.hash) == (position, previous, hash_of(row))
            event = event_of(row)
        except (TypeError, ValueError):
            whole = False
        if not whole:
            raise DamagedError(_damage(shown, f"事件 event {position}"))
        events.append(event)
        previous = row.hash
    return events


def _damage(shown: str, what: str) -> str:
    return f"{shown}: {what} {_CHANGED.zh} · {_CHANGED.en}"


@contextmanager
def _closed_on_failure(place: Place) -> Iterator[None]:
    try:
        yield
    except BaseException:
        place.engine.dispose()
        raise
