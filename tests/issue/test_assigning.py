"""What differs between two assignments is told by field, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.define.library import Library
from crmxl.issue.assigning import Asked, asked, differences
from crmxl.issue.layout import lay_out
from crmxl.model import Assignment

TEMPLATE = Library().load("annual-departments")
GIVEN = Assignment(
    unit="HN",
    unit_name="华南",
    year=2026,
    deadline="2025-11-30",
    parameters={"target": "1", "note": "甲"},
    limits={"P301": {"rate": "0.4‰"}},
)
KEY = b"0123456789abcdef"


def ask(year: int = 2026, key: bytes = KEY, **changes: Any) -> Asked:
    return asked(lay_out(TEMPLATE, year), replace(GIVEN, year=year, **changes), key)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"deadline": ""}, [("deadline", "2025-11-30", "")]),
        ({"year": 2027}, [("year", "2026", "2027")]),
        ({"parameters": {"target": "2", "new": "x"}}, [
            ("parameters.new", "", "x"),
            ("parameters.note", "甲", ""),
            ("parameters.target", "1", "2"),
        ]),
        ({"limits": {}}, [("limits.P301.rate", "0.4‰", "")]),
        ({"policies": ("a@1", "b@2")}, [("policies", "", "a@1、b@2")]),
    ],
)  # fmt: skip
def test_what_differs_is_told_by_field(changes: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = differences(ask().fields, ask(**changes).fields)
    assert [(one.name, one.before, one.after) for one in found] == expected


def test_the_layout_alone_differs_by_its_fingerprint() -> None:
    before = {**ask().fields, "fingerprint": "0" * 16}
    assert [one.name for one in differences(before, ask().fields)] == ["fingerprint"]


def test_another_key_makes_another_signature_of_the_same_fields() -> None:
    other = ask(key=KEY[::-1])
    assert other.fields == ask().fields and other.signature != ask().signature


@given(st.dictionaries(st.text(min_size=1), st.text()), st.dictionaries(st.text(min_size=1), st.text()))
def test_the_same_signature_means_the_same_is_asked(one: dict[str, str], other: dict[str, str]) -> None:
    first, second = ask(parameters=one), ask(parameters=other)
    assert (first.signature == second.signature) == (first.fields == second.fields) == (one == other)
