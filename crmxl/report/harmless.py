r"""Text that others wrote, so that it does no harm where it is shown: names of files and units, titles, remarks.

==========  ==============================================================================================
workbooks   the exact text; a cell of type string is never run (``issue/book.py`` writes no other)
JSON        the exact text; what nobody sees is written ``\u202e``, which every parser reads back
Parquet     the exact text
CSV         what nobody sees is spelled out, then an apostrophe stands before what could be run
terminal    what nobody sees is spelled out: an escape sequence would clear the screen or change what stands there
==========  ==============================================================================================

Half of a surrogate pair, which is no text, becomes ``?`` everywhere.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from crmxl.signs import SIGN_IN_LINES, UNSEEN, visible, visible_lines

__all__ = ["clean", "csv_bytes", "inert", "json_text", "visible", "visible_lines"]

_LEAD = re.compile(rf"[\s{UNSEEN}\"'＂＇“”‘’«»‹›「」『』`´]*")
"""What a spreadsheet, or the program before it, may drop from the start of a cell."""
_RUN = frozenset("=+-@|%")
"""Starts of a formula, and of the commands that old importers run."""
_AMOUNT = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?%?\Z")


def inert(text: str) -> str:
    """``text`` as a cell of a CSV that no spreadsheet runs: an apostrophe before what starts like a formula.

    Such a start is ``= + - @ | %``, wide or narrow, also behind blanks, quotes and signs that nobody sees; or a tab or
    line break. A plain number such as ``-5.00`` runs nothing and stays a number, whoever wrote it. Without the
    apostrophe the text is what it was: one that starts with apostrophe and ``=`` gets a second.
    """
    text = visible_lines(text)
    start = unicodedata.normalize("NFKC", text[_lead(text) :][:1])[:1]
    risky = text[:1] in ("\t", "\r", "\n") or start in _RUN
    return f"'{text}" if risky and not _AMOUNT.match(text) else text


def clean(text: str) -> str:
    """``text`` without lone surrogates, which file names and workbooks can hold and nothing can be written with."""
    return text.encode("utf-8", "replace").decode("utf-8")


def json_text(document: Any) -> str:
    """``document`` as JSON on several lines: exact, and harmless on a terminal."""
    written = clean(json.dumps(document, ensure_ascii=False, indent=2))
    return SIGN_IN_LINES.sub(_escaped, written) + "\n"


def _lead(text: str) -> int:
    found = _LEAD.match(text)
    return found.end() if found else 0


def _escaped(found: re.Match[str]) -> str:
    """A sign within a JSON string in its other spelling, by UTF-16 units."""
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of texts as UTF-8 with a mark, every cell inert."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")
