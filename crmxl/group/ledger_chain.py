"""Events as rows of a ledger, each chained by its hash to the one before. Pure.

Owns what a row says of an act, and what the hash is taken of: ``sha256(previous + JSON of the other columns)``, so that
whoever changes, removes or slips in a row breaks the chain behind it. Knows nothing of databases.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from crmxl.errors import CrmxlError
from crmxl.group.acts import Act, Event, Received, canonical, from_json, to_json

MOST = 10**18
"""Fen that a column of totals can hold; a sum of nine such still fits into 64 bits."""
_HALF = re.compile("[\ud800-\udfff]")


class DamagedError(CrmxlError):
    """A ledger that cannot be believed: somebody changed it, or the disk did. Says where."""


class Row(NamedTuple):
    """An event as the ledger keeps it. All but ``body`` can be read without knowing acts."""

    position: int
    at: str
    by: str
    kind: str
    unit: str
    template: str
    body: str
    """The act in full, as canonical JSON; the six columns around it repeat what queries need."""
    file: str | None
    """Digest of the file that the act keeps."""
    record: str | None
    """Digest of the record that the act keeps."""
    total: int | None
    """Fen; None where the act has none, or one that is beyond ``MOST`` and stands in the body alone."""
    previous: str
    hash: str

    @property
    def kept(self) -> tuple[str, ...]:
        """Digests of what the ledger keeps with it."""
        return tuple(dict.fromkeys(digest for digest in (self.file, self.record) if digest))


def digest_of(content: bytes) -> str:
    """The SHA-256 by which the ledger knows ``content``, 64 hex digits."""
    return sha256(content).hexdigest()


def beginning(name: str) -> str:
    """What the first event of the round called ``name`` is chained to."""
    return digest_of(plain(name).encode())


def plain(text: str) -> str:
    """``text`` as every database takes it: halves of surrogate pairs and NUL, which are no text, become ``?``."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def hash_of(row: Row) -> str:
    """The hash that a row with these columns must have; its own is not looked at.

    Raises TypeError or ValueError for columns that are no text or number: only a damaged ledger has such.
    """
    *told, previous, _ = row
    return digest_of((previous + canonical(told)).encode())


def row_of(position: int, at: str, by: str, act: Act, previous: str) -> Row:
    """The row that keeps ``act``, chained to the hash ``previous``."""
    # A file's name may be no text; JSON can spell out what UTF-8 cannot write.
    body = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", to_json(act))
    row = Row(position, plain(at), plain(by), act.kind, *_told(act, body), previous, "")
    return row._replace(hash=hash_of(row))


def _told(act: Act, body: str) -> tuple[str, str, str, str | None, str | None, int | None]:
    """The columns from ``unit`` to ``total``."""
    total = getattr(act, "total", None)
    return (
        plain(getattr(act, "unit", "")),
        plain(getattr(act, "template", "")),
        body,
        act.file if isinstance(act, Received) else None,
        getattr(act, "record", "") or None,
        total if total is not None and abs(total) <= MOST else None,
    )


def event_of(row: Row) -> Event:
    """The event that a row keeps; raises ValueError or TypeError for a body that is no act."""
    act = from_json(row.kind, row.body)
    return Event(row.position, row.at, row.by, act, row.previous, row.hash)


def contradictions(row: Row) -> list[tuple[str, object, object]]:
    """Columns that say something else than the act in the body: name, what it says, what the act says.

    Raises ValueError or TypeError for a body that is no act.
    """
    act = from_json(row.kind, row.body)
    names = ("unit", "template", "body", "file", "record", "total")
    told = zip(names, row[4:10], _told(act, row.body), strict=True)
    return [(name, says, should) for name, says, should in told if says != should]
