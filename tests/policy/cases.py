"""The cases of every shipped rule, as data: read, written by the real writer, read back and checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.phase import phase_even
from crmxl.issue.places import Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.receive.reading import read
from tests.policy.fillings import LIBRARY, POLICIES, YEAR

FOLDER = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """One record of a case file; the words are told in cases/group-customer-relations.toml."""

    template: str
    policy: str
    always: tuple[str, ...]
    rule: str
    title: str
    expect: Literal["kept", "broken"]
    entries: dict[Key, Value]
    parameters: dict[str, str]
    first_month: int = 1
    at: Key = ""
    found: str = ""
    expected: str = ""
    excess: str = ""
    says: str = ""
    also: tuple[tuple[str, Key], ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        """Where everything stands, with the policy's rules live."""
        return _layout(self.template, self.policy, self.first_month, self.parts)

    @property
    def assignment(self) -> Assignment:
        """As it was issued."""
        return Assignment(
            unit="HN",
            unit_name="华南区域",
            year=YEAR,
            parts=self.layout.parts,
            first_month=self.first_month,
            parameters=self.parameters,
            policies=(POLICIES.load(self.policy).name,),
        )

    @property
    def inputs(self) -> dict[Key, Value]:
        """What is typed, months filled evenly where the case gives none."""
        return phase_even(self.layout, self.entries)

    def workbook(self, cache: bool = True) -> bytes:
        """The filled workbook; without ``cache`` every formula is still to be computed."""
        return write(self.layout, self.assignment, self.inputs, cache=cache)

    def report(self, folder: Path) -> Report:
        """What checking the workbook gives."""
        path = folder / "returned.xlsx"
        path.write_bytes(self.workbook())
        return check(read(path, LIBRARY, POLICIES))

    def __str__(self) -> str:
        return f"{self.rule} {self.expect}: {self.title}"


@cache
def _layout(template: str, policy: str, first_month: int, parts: tuple[str, ...]) -> Layout:
    return lay_out(LIBRARY.load(template), YEAR, parts, first_month, policies=(POLICIES.load(policy),))


@cache
def cases() -> tuple[Case, ...]:
    """All cases, file by file."""
    return tuple(case for path in sorted(FOLDER.glob("*.toml")) for case in _file(path))


def _file(path: Path) -> list[Case]:
    document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    base: dict[str, dict[str, Any]] = {"entries": {}, "parameters": {}, **document.get("base", {})}
    found = []
    for record in document["case"]:
        gone = set(record.pop("blank", ()))
        assert gone <= {*base["entries"], *base["parameters"]}, f"{path.name}: {record['title']}: not in the base"
        entries = {**base["entries"], **record.pop("entries", {})}
        parameters = {**base["parameters"], **record.pop("parameters", {})}
        also = tuple((code, key) for code, key in record.pop("also", ()))
        found.append(
            Case(
                template=document["template"],
                policy=document["policy"],
                always=tuple(record.pop("always", document.get("always", ()))),
                entries={key: _value(one) for key, one in entries.items() if key not in gone},
                parameters={name: one for name, one in parameters.items() if name not in gone},
                also=also,
                parts=tuple(record.pop("parts", document.get("parts", ()))),
                **record,
            )
        )
    return found


def _value(entry: Decimal | int | str) -> Value:
    return entry if isinstance(entry, str) else Fraction(entry)
