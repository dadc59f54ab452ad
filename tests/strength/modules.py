"""Which modules are held to what strength, by which tests: data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SURVIVORS = Path(__file__).with_name("SURVIVORS.md")

_READER = tuple(
    f"tests/receive/test_{name}.py"
    for name in ("gate", "looks", "xml", "sheet", "cells", "values", "formats", "formula", "limits", "two_readings")
)
COVERED: Mapping[str, tuple[str, ...]] = {
    "crmxl/money.py": ("tests/test_money.py",),
    "crmxl/expression": ("tests/expression/test_expression.py",),
    **{
        f"crmxl/receive/{name}.py": _READER
        for name in ("gate", "limits", "looks", "package", "xml", "sheet", "cells", "values", "formats", "formula")
    },
}
"""Modules and folders every branch of which these tests take."""

_EXPRESSION = ("tests/expression/test_expression.py",)
MUTATED: Mapping[str, tuple[str, ...]] = {
    "crmxl/money.py": ("tests/test_money.py", "-k", "not long and not light"),  # a busy machine is no mistake
    **{
        f"crmxl/expression/{name}.py": _EXPRESSION
        for name in ("binding", "exact", "excel", "functions", "nodes", "parsing")
    },
    "crmxl/check/rules/entry.py": (
        "tests/check/test_entry.py",
        "tests/check/test_wording.py::test_a_linked_file_is_named_by_its_path",
    ),
    "crmxl/check/rules/identity.py": ("tests/check/test_records.py",),
    "crmxl/check/rules/policy.py": ("tests/check/test_policy_rule.py",),
    "crmxl/check/rules/structure.py": ("tests/check/test_structure.py",),
    "crmxl/check/evidence.py": ("tests/check/test_evidence.py",),
}
"""Modules whose mutants these tests must kill: tests without files, so that thousands take minutes."""


def explained() -> set[str]:
    """The mutants that SURVIVORS.md tells the reason of: its lines that begin with a module's path."""
    text = SURVIVORS.read_text(encoding="utf-8") if SURVIVORS.exists() else ""
    return {line for line in text.splitlines() if line.partition(": ")[0] in MUTATED}
