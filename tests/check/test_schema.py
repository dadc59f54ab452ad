"""The flat document and the schema derived from a template agree with each other and with the general schema."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.check.evidence import Evidence
from crmxl.check.schema import document, template_schema
from crmxl.define.shape import shape_problems
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Type
from crmxl.receive.reading import read
from tests.thin import ThinLibrary

LIBRARY = ThinLibrary()


@pytest.mark.parametrize("name", LIBRARY.names())
def test_every_input_has_its_key_in_the_derived_schema_and_its_document_fits(tmp_path: Path, name: str) -> None:
    template = LIBRARY.load(name)
    parts = tuple(dict.fromkeys(section.part for sheet in template.sheets for section in sheet.sections))
    layout = lay_out(template, 2026, parts)
    inputs: dict[Key, Value] = {
        cell.key: Fraction(46000)
        if cell.type is Type.DATE
        else Fraction(5)
        if cell.type.numeric
        else (*cell.choices, "文字")[0]
        for cell in layout.inputs
    }
    path = tmp_path / "a.xlsx"
    path.write_bytes(write(layout, Assignment(unit="华南", year=2026, parts=parts), inputs))
    submission = read(path, LIBRARY)
    assert submission.layout is not None
    body = document(Evidence(submission, submission.layout))
    schema = template_schema(template)
    entries = schema["properties"]["entries"]
    chosen = [key for key in body["entries"] if key not in entries["properties"]]
    patterns = [re.compile(pattern) for pattern in entries.get("patternProperties", ())]
    assert set(body["entries"]) - set(chosen) == set(entries["properties"])
    assert all(sum(bool(pattern.search(key)) for pattern in patterns) == 1 for key in chosen)
    assert all(any(pattern.search(key) for key in chosen) for pattern in patterns)
    assert shape_problems(body, schema) == ()
    assert shape_problems(body, "submission") == ()


def test_the_document_is_flat_and_exact(tmp_path: Path) -> None:
    layout = lay_out(LIBRARY.load("annual-departments"), 2026, ("hr",), 7)
    inputs: dict[Key, Value] = {"1.1@amount": Fraction(1, 10), "W1.n01@by": Fraction(46203), "1.1@basis": "依据"}
    path = tmp_path / "a.xlsx"
    path.write_bytes(write(layout, Assignment("HR", "人力资源部", 2026, parts=("hr",), first_month=7), inputs))
    submission = read(path, LIBRARY)
    assert submission.layout is not None
    assert document(Evidence(submission, submission.layout)) == {
        "template": "annual-departments",
        "version": 1,
        "unit": "HR",
        "unit_name": "人力资源部",
        "year": 2026,
        "round": "",
        "stage": "",
        "parts": ["hr"],
        "first_month": 7,
        "entries": {"1.1@amount": "0.10", "1.1@basis": "依据", "W1.n01@by": "2026-06-30"},
    }


@pytest.mark.parametrize("wrong", ["５", "5.00\n", "5", "-5.00", "5.001", "NaN", "1e5", "٥.00"])
def test_money_is_a_plain_decimal_string(wrong: str) -> None:
    schema = template_schema(LIBRARY.load("cosmetics-plan"))
    body = {"template": "cosmetics-plan", "version": 1, "unit": "A", "year": 2026, "entries": {"1.1.1@amount": wrong}}
    assert [fault.trail for fault in shape_problems(body, schema)] == [("entries", "1.1.1@amount")]
    body["entries"] = {"1.1.1@amount": "5.00"}
    assert shape_problems(body, schema) == ()
