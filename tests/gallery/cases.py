"""The gallery's cases: ``cases.toml`` as types, the workbooks of each, and what crmxl says of them.

A case is what somebody did to a workbook, and exactly the findings that must follow: one root cause, one finding.
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.commands.receiving import print_totals
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import LeftOut
from crmxl.model import Finding, Lang, Text
from crmxl.receive.reading import read
from crmxl.report.findings import place
from crmxl.report.findings_text import print_findings
from crmxl.report.tables import console
from tests.gallery import package
from tests.gallery.edits import Edit, carry_out, repeatable
from tests.gallery.issued import GALLERY, SAMPLES, Request, request_for, workbook
from tests.office.driver import Office

FOLDER = SAMPLES / "gallery"
SHOWN = "samples/gallery"
"""How messages name the folder, wherever it is."""
WIDTH = 100
"""Columns of the messages, as in ``crmxl validate -o FILE.txt``."""

Expected = tuple[str, str]
"""A code, and its key; where there is none ``工作表!A1`` or the sheet; for a file's own findings nothing."""


@dataclass(frozen=True, slots=True)
class File:
    """One workbook of a case."""

    name: str
    """File name."""
    request: Request
    """What it was issued as."""
    edits: tuple[Edit, ...]
    """What was done to it."""

    @property
    def repeatable(self) -> bool:
        """Whether making it again gives the same parts."""
        return repeatable(self.edits)

    def made(self, office: Callable[[], Office]) -> bytes:
        """The workbook after its edits."""
        return carry_out(self.edits, workbook(self.request), self.request.layout, office)

    def recipe(self) -> str:
        """A digest of all that it is made from: the issued parts and the edits."""
        digest = hashlib.sha256(json.dumps(self.edits, ensure_ascii=False, sort_keys=True).encode())
        for name, content in package.taken_apart(workbook(self.request)).items():
            digest.update(name.encode() + content)
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody did, and what crmxl must say."""

    name: str
    """Slug; the file is ``<name>.xlsx``."""
    title: Text
    """What somebody did."""
    expect: tuple[Expected, ...]
    """Every finding, in order of code and place."""
    files: tuple[File, ...]
    """One workbook, or several that are consolidated."""
    total: str = ""
    """The template's total as recomputed, where the case says it."""

    @property
    def together(self) -> bool:
        """Whether it is about consolidating."""
        return len(self.files) > 1


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    document = tomllib.loads((GALLERY / "cases.toml").read_text(encoding="utf-8"))
    return tuple(_case(record) for record in document["case"])


def _case(record: dict[str, Any]) -> Case:
    name = record.pop("name")
    title, expect, total = Text(**record.pop("title")), record.pop("expect"), record.pop("total", "")
    records = record.pop("files", None)
    shared = record
    files = (
        [_file(f"{name}-{number}.xlsx", {**shared, **one}) for number, one in enumerate(records, start=1)]
        if records
        else [_file(f"{name}.xlsx", shared)]
    )
    return Case(name, title, tuple(sorted((code, at) for code, at in expect)), tuple(files), total)


def _file(name: str, record: dict[str, Any]) -> File:
    words = dict(record)
    edits = tuple(words.pop("edits", ()))
    request = request_for(words.pop("template"), words.pop("data", ""), **words)
    return File(name, request, edits)


def reports(case: Case, folder: Path = FOLDER) -> list[Report]:
    """What reading and checking gives for the case's files in ``folder``."""
    found = []
    for file in case.files:
        submission = read(folder / file.name, file.request.library)
        found.append(check(replace(submission, file=f"{SHOWN}/{file.name}")))
    return found


def got(case: Case, found: Sequence[Report]) -> tuple[Expected, ...]:
    """Every finding as ``expect`` has it; of several files also those of consolidating them, by file."""
    said = [(one.code, _at(one)) for report in found for one in report.findings]
    if case.together:
        totals = consolidate(found)
        said += [(one.code, at) for left in (*totals.left_out, *totals.duplicates) for one, at in _left_out(left)]
    return tuple(sorted(said))


def _at(finding: Finding) -> str:
    return finding.key or place(finding)


def _left_out(left: LeftOut) -> Iterator[tuple[Finding, str]]:
    for one in left.findings:
        if one.code.startswith("G"):
            yield one, Path(left.file).name


def messages(case: Case, found: Sequence[Report], lang: Lang) -> str:
    """What ``crmxl validate`` prints for the file, or ``crmxl consolidate`` for several, word for word."""
    text = io.StringIO()
    to = console(text, WIDTH)
    if case.together:
        print_totals(to, consolidate(found), lang)
    else:
        print_findings(to, found, lang)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")
