"""The catalogue of findings: one record a code in ``catalogue.toml``, in Chinese and English.

What a finding means is said here and nowhere else; ``crmxl rules``, ``crmxl explain``, reports and docs/rules.md are
all read from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from crmxl.errors import CrmxlError
from crmxl.model import Finding, Lang, Severity, Text, say

FAMILIES: Mapping[str, Text] = {
    "F": Text("文件", "File"),
    "I": Text("身份", "Identity"),
    "S": Text("结构", "Structure"),
    "E": Text("填报", "Entry"),
    "P": Text("制度", "Policy"),
    "G": Text("汇总", "Group"),
}
"""Families in the order in which they are checked."""

_LONGEST = 300
"""Characters of a text from a file that a message repeats."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a finding is called, says and advises."""

    title: Text
    message: Text
    fix: Text


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to say of one code."""

    code: str
    name: str
    """Short English name for programs, such as ``formula-changed``."""
    severity: Severity
    title: Text
    message: Text
    fix: Text
    why: Text
    variants: Mapping[str, Words] = field(default_factory=dict, hash=False)
    """Other wordings by name, where one cannot fit every case; what one leaves out is said as in the main wording."""

    def words(self, variant: str = "") -> Words:
        """The main wording, or a variant; raises KeyError where there is none of this name."""
        return self.variants[variant] if variant else Words(self.title, self.message, self.fix)


@dataclass(frozen=True, slots=True)
class Worded:
    """A finding in one language."""

    title: str
    message: str
    fix: str
    found: str
    expected: str


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Entry]:
    """All entries by code, in the order of the file."""
    records = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        code: Entry(
            code=code,
            name=record["name"],
            severity=Severity(record["severity"]),
            **{part: Text(**record[part]) for part in ("title", "message", "fix", "why")},
            variants={
                name: Words(**{part: Text(**{**record, **own}[part]) for part in ("title", "message", "fix")})
                for name, own in record.get("variants", {}).items()
            },
        )
        for code, record in records.items()
    }


def entry(code: str) -> Entry:
    """The entry for ``code``; raises CrmxlError where there is none."""
    found = catalogue().get(code.upper())
    if found is None:
        raise CrmxlError(f"no finding has the code {code}; crmxl rules lists them")
    return found


def finding(code: str, **parts: object) -> Finding:
    """A finding of this code with its catalogue severity; ``parts`` are fields of Finding, others go to ``values``.

    Raises KeyError for a code or a variant that the catalogue does not have.
    """
    fields = {name: parts.pop(name) for name in ("place", "key", "found", "expected", "variant") if name in parts}
    catalogue()[code].words(str(fields.get("variant", "")))
    values = {name: value if isinstance(value, Text) else str(value) for name, value in parts.items()}
    return Finding(code, catalogue()[code].severity, values=values, **fields)  # type: ignore[arg-type]


def shortened(text: str) -> str:
    """``text`` as a message repeats it: whole, unless somebody has typed a book."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def word(finding: Finding, lang: Lang, file: str = "") -> Worded:
    """The finding's title, message and remedy in ``lang``."""
    if finding.spoken is not None:
        spoken = finding.spoken
        found, expected = shortened(say(finding.found, lang)), shortened(say(finding.expected, lang))
        return Worded(spoken.title.say(lang), spoken.message.say(lang), spoken.fix.say(lang), found, expected)
    record = catalogue()[finding.code].words(finding.variant)
    words = {name: say(value, lang) for name, value in finding.values.items()}
    words |= {
        "file": file,
        "sheet": finding.place.sheet,
        "cell": finding.place.cell,
        "title": finding.place.title,
        "found": say(finding.found, lang),
        "expected": say(finding.expected, lang),
    }
    words = {name: shortened(text) for name, text in words.items()}
    return Worded(
        title=record.title.say(lang),
        message=record.message.say(lang).format(**words),
        fix=record.fix.say(lang).format(**words),
        found=words["found"],
        expected=words["expected"],
    )


def name_of(finding: Finding) -> str:
    """The finding's short English name."""
    return finding.spoken.name if finding.spoken is not None else catalogue()[finding.code].name
