"""Whose workbook it is comes from its stamp, which stands twice; each way of losing it has its own finding."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

from crmxl.catalogue import word
from crmxl.define.names import LANGS
from crmxl.issue.stamp import Stamp, properties, stamp_text
from crmxl.model import Assignment, say
from crmxl.receive.identity import FIELDS
from crmxl.receive.submission import Submission
from tests.receive.returned import ASSIGNMENT, INPUTS, SHELF, Edit, edited, findings, issued, layout, reading, values

STAMP = Stamp("small", 1, layout().fingerprint, ASSIGNMENT)


def stamped(sheet: str | None = None, document: str | None = None) -> Edit:
    """Another text on the hidden sheet, in the document properties, or both; empty: gone."""

    def edit(book: Any) -> None:
        if sheet is not None:
            book["_crmxl"]["A1"] = sheet or None
        if document is not None:
            for name in book.custom_doc_props.names:
                del book.custom_doc_props[name]
            for name, value in properties(document).items():
                book.custom_doc_props.append(StringProperty(name=name, value=value))

    return edit


def told(submission: Submission) -> list[tuple[str, str, str]]:
    return [(found.code, say(found.found, "zh"), say(found.expected, "zh")) for found in findings(submission)]


def test_the_stamp_is_read(tmp_path: Path) -> None:
    submission = reading(tmp_path, issued())
    assert submission.stamp == STAMP
    assert submission.layout is layout()
    assert len(submission.digest) == 64
    assert submission.file == str(tmp_path / "returned.xlsx")


def test_a_workbook_of_someone_else_is_not_ours(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    submission = reading(tmp_path, buffer.getvalue())
    assert told(submission) == [("I101", "", "")]
    assert submission.stamp is None and submission.layout is None
    assert submission.sheet_names == ("Sheet",)


@pytest.mark.parametrize(
    ("edit", "missing"),
    [
        (stamped(sheet=""), "隐藏页 “_crmxl”"),
        (lambda book: book.remove(book["_crmxl"]), "隐藏页 “_crmxl”"),
        (stamped(document=""), "文档属性"),
    ],
)
def test_one_copy_of_the_stamp_is_enough(edit: Edit, missing: str, tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(edit))
    assert told(submission) == [("I106", missing, "")]
    assert values(submission) == INPUTS


def test_copies_that_differ_are_told_with_what_differs(tmp_path: Path) -> None:
    other = stamp_text(replace(STAMP, assignment=replace(ASSIGNMENT, unit="R02")))
    submission = reading(tmp_path, edited(stamped(sheet=other)))
    assert told(submission) == [("I105", "R02", "R01")]
    said = [word(found, lang).message for found in findings(submission) for lang in LANGS]
    assert said == [
        "工作簿标识的两份记录不一致：隐藏页写的预算单位是“R02”，文档属性写的是“R01”。",
        "The workbook's two records of its stamp disagree: the unit is “R02” on the hidden sheet but “R01” in the "
        "document properties.",
    ]
    assert submission.stamp is not None and submission.stamp.assignment.unit == "R02"


def test_every_field_of_a_stamp_has_a_name_for_people(tmp_path: Path) -> None:
    named = {item.name for item in (*fields(Stamp), *fields(Assignment))} - {"assignment"}
    assert set(FIELDS) == named
    other = replace(ASSIGNMENT, parameters={"target": "3000000"})
    submission = reading(tmp_path, edited(stamped(sheet=stamp_text(replace(STAMP, assignment=other)))))
    assert told(submission) == [("I105", "target = 3000000", "target = 2000000")]


def test_a_garbled_copy_is_told_and_the_other_read(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(stamped(sheet="garbled\nx")))
    assert told(submission) == [("I105", "garbled?x", "JSON")]
    assert values(submission) == INPUTS


def test_two_garbled_copies_leave_no_layout(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(stamped(sheet="[]", document="[]")))
    assert told(submission) == [("I105", "[]", "JSON")]
    assert submission.stamp is None and submission.layout is None


def both(stamp: Stamp) -> Edit:
    return stamped(sheet=stamp_text(stamp), document=stamp_text(stamp))


def assigned(**changes: object) -> Edit:
    return both(replace(STAMP, assignment=replace(ASSIGNMENT, **changes)))  # type: ignore[arg-type]


def test_a_template_that_is_not_in_the_library_is_named(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(both(replace(STAMP, version=2))))
    assert told(submission) == [("I102", "small@2", "small")]
    assert submission.stamp is not None and submission.layout is None


@pytest.mark.parametrize(
    ("edit", "found", "expected"),
    [
        (assigned(parts=("9",)), "9", "1, 2"),
        (assigned(first_month=13), "13", "1 … 12"),
        (assigned(rows={"acts": 50}), "acts = 50", "—"),
        (assigned(year=-1), "-1", "0 … 9999"),
    ],
)
def test_what_no_issued_workbook_says_is_told(edit: Edit, found: str, expected: str, tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(edit))
    assert told(submission) == [("I105", found, expected)]
    assert submission.layout is None


def test_another_fingerprint_is_a_warning_and_cells_are_still_found(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(both(replace(STAMP, fingerprint="0" * 16))))
    assert told(submission) == [("I103", "0" * 16, layout().fingerprint)]
    assert values(submission) == INPUTS


def test_a_workbook_without_a_unit_is_told(tmp_path: Path) -> None:
    submission = reading(tmp_path, issued(replace(ASSIGNMENT, unit="", unit_name="")))
    assert [found.code for found in findings(submission)] == ["I104"]


@pytest.mark.parametrize("name", ["../small", "small.toml", "/etc/passwd", "small@1"])
def test_a_stamp_cannot_name_a_path(name: str, tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(both(replace(STAMP, template=name))))
    assert [found.code for found in findings(submission)] == ["I102"]
    assert SHELF.names() == ("small",)
