"""Shapes are told with the place and in words, and the template's schema describes everything it allows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crmxl.define.document import Fault, dotted
from crmxl.define.shape import schema_document, shape_problems

ENTRIES = {
    "type": "object",
    "properties": {"entries": {"type": "object", "patternProperties": {r"@amount\Z": {"type": "string"}}}},
    "additionalProperties": False,
}


def objects(schema: Any, trail: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema with properties, and where it stands."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema.get("type"), str):
            yield trail, schema
        for name, inner in schema.items():
            yield from objects(inner, f"{trail}/{name}")


def test_the_template_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema_document("template"))


def test_every_property_is_described_and_nothing_else_is_allowed() -> None:
    found = list(objects(schema_document("template")))
    assert len(found) == 9
    for trail, schema in found:
        assert schema["additionalProperties"] is False, trail
        assert all(inner.get("description") for inner in schema["properties"].values()), trail


def test_patterns_take_no_full_width_digits_and_no_trailing_newline() -> None:
    patterns = [line for line in str(schema_document("template")).split("'") if line.startswith("^")]
    assert patterns
    assert all(pattern.endswith("\\\\Z") and "\\d" not in pattern for pattern in patterns)


def test_a_place_with_other_signs_is_quoted() -> None:
    (fault,) = shape_problems({"entries": {"1.1@amount": 5}}, ENTRIES)
    assert fault == Fault(("entries", "1.1@amount"), "found 5; must be a text in quotes")
    assert dotted(fault.trail) == 'entries."1.1@amount"'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_a_number_that_is_not_finite_passes_no_bound(value: float | Decimal) -> None:
    (fault,) = shape_problems({"a": [1, value]}, {"properties": {"a": {"items": {"maximum": 5}}}})
    assert fault.trail == ("a", 1)


def test_true_is_no_number() -> None:
    assert shape_problems(True, {"type": "integer"})[0].message == "found true; must be a whole number"


def test_jsonschema_is_not_imported_before_it_is_needed() -> None:
    program = "import sys, crmxl.define.library; print('jsonschema' in sys.modules, 'lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
