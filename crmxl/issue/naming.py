"""Names of the files that a round issues: by units' names and the round's own words, never by what stands in a file.

A name says year, what it is, whose it is and which number: ``2026预算_客户关系_华南区域_V1.xlsx``. Every system takes
it, and no two workbooks of a round have the same, whatever units are called or came to be called later.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from crmxl.files import slug
from crmxl.model import Lang, Text

LONGEST = 200
"""Bytes of a whole file name; systems take 255, and people put folders and remarks before and behind it."""
Owner = tuple[str, str]
"""Unit code and template id; the id is empty for what is a unit's as a whole."""
_BEGINNING = Text("{year}预算", "{year}-budget")
_NUMBER = re.compile(r"_V[0-9]+\.xlsx\Z")
_ROOM = len("_V9999.xlsx")
_WHAT = 60
"""Bytes for what it is, and for a code; the unit's name has the rest."""
_DIGEST = 2
"""The last resort: 0 is the name alone, 1 the name with the code."""


def stems(
    wanted: Mapping[Owner, tuple[str, str]], year: int, lang: Lang, taken: Mapping[str, Owner] | None = None
) -> dict[Owner, str]:
    """The beginning of each owner's file names, by what the file is and the unit's name; either may be anything.

    ``taken`` are beginnings in use, as ``alike`` has them, which only their owner may go on using. Where names are the
    same on some system, each of them gets its unit's code; where that is not enough, a digest of code and template.
    """
    taken = taken or {}
    level = dict.fromkeys(wanted, 0)
    while True:
        made = {owner: _stem(owner, *wanted[owner], year, lang, level[owner]) for owner in wanted}
        count = Counter(map(alike, made.values()))
        clashing = [
            owner for owner, stem in made.items() if count[alike(stem)] > 1 or taken.get(alike(stem), owner) != owner
        ]
        raised = [owner for owner in clashing if level[owner] < _DIGEST]
        if not raised:
            return made
        for owner in raised:
            level[owner] += 1


def file_name(stem: str, number: int) -> str:
    """The name of a workbook with this number."""
    return f"{stem}_V{number}.xlsx"


def stem_of(file: str) -> str:
    """The beginning of the name that ``file_name`` made."""
    return _NUMBER.sub("", file)


def alike(stem: str) -> str:
    """The same for names that some system takes for one."""
    return unicodedata.normalize("NFKC", slug(stem)).casefold()


def _stem(owner: Owner, what: str, unit: str, year: int, lang: Lang, level: int) -> str:
    code = slug(owner[0])
    mark = hashlib.sha256("\n".join(owner).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    distinct = ("", f"-{_cut(code, _WHAT)}", f"-{mark}")[level]
    begins = "_".join(filter(None, (_BEGINNING.say(lang).format(year=year), _cut(slug(what), _WHAT) if what else "")))
    room = LONGEST - _ROOM - len(f"{begins}_{distinct}".encode())
    return f"{begins}_{_cut(slug(unit), room)}{distinct}"


def _cut(text: str, size: int) -> str:
    """The beginning of ``text`` that fits ``size`` bytes."""
    return text.encode()[:size].decode("utf-8", "ignore").rstrip(". ")
