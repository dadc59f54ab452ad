"""What a reference in an expression means on a row of a layout in the making: one key, a set of them, or a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from crmxl.define.references import ABOVE
from crmxl.expression import Call, Cells, Measure, Node, Number, Reference
from crmxl.issue.places import Cell, Role, Span
from crmxl.model import MONTHS, Group, Key, Kind, Section, Sheet, Type, split_key


@dataclass
class Names:
    """The names of a layout in the making; grows with it."""

    year: int
    first_month: int
    parts: tuple[str, ...]
    cells: dict[Key, Cell] = field(default_factory=dict)
    leaves: list[str] = field(default_factory=list)
    """Codes of grid lines, blank ones too."""
    records: dict[str, list[str]] = field(default_factory=dict)
    """Codes of the rows of each list, by sheet id."""
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    """Columns by sheet id."""
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Line codes by the name of a policy's set."""
    _inputs: dict[str, list[Key]] = field(default_factory=dict)
    _gathered: dict[str, Node] = field(default_factory=dict)
    """Cells of patterns: thousands of rows that ask one column of all share one set."""

    def chosen(self, sheet: Sheet) -> list[Section]:
        """The sections of ``sheet`` that this layout has."""
        return [section for section in sheet.sections if not self.parts or section.part in self.parts]

    def resolver(self, code: str, sheet: Sheet | None) -> Callable[[Reference], Node]:
        """How references are read on the row ``code`` of ``sheet``."""
        return lambda reference: self.resolve(reference, code, sheet)

    def resolve(self, reference: Reference, code: str, sheet: Sheet | None) -> Node:
        """What ``reference`` means there; raises ValueError where it means nothing."""
        text = reference.text
        if "@" not in text:
            if text.startswith("_") and f"{code}@{text}" not in self.cells:
                if sheet is None:
                    raise ValueError(f"nothing is named {text}")
                return self._row_set(text, code, sheet)
            for key in (f"{code}@{text}", f"{text}@value"):
                if key in self.cells:
                    return self._one(key)
            if text == "year":
                return Number(Fraction(self.year))
            if text == "first_month":
                return Number(Fraction(self.first_month))
            raise ValueError(f"nothing is named {text}")
        if "*" in text:
            if text not in self._gathered:
                self._gathered[text] = self._pattern(*split_key(text))
            return self._gathered[text]
        if text in self.cells:
            return self._one(text)
        named, column = split_key(text)
        if named in self.sets:
            return self._several([f"{leaf}@{column}" for leaf in self.sets[named] if f"{leaf}@{column}" in self.cells])
        if named == ABOVE and sheet is not None:
            return self._above(code, column, sheet)
        if self.parts:
            return Number(Fraction(0))  # a line of a part that this unit does not have
        raise ValueError(f"there is no {text}")

    def _pattern(self, pattern: str, column: str) -> Node:
        """The lines under a code, or the rows of a list."""
        prefix = pattern.removesuffix("*")
        codes = self.records.get(prefix[:-1]) or [leaf for leaf in self.leaves if leaf.startswith(prefix)]
        return self._several([key for code in codes if (key := f"{code}@{column}") in self.cells])

    def _above(self, code: str, column: str, sheet: Sheet) -> Node:
        """What the lines of the same grid that stand above the line ``code`` come to. Cell by cell, for a range would
        take in what somebody moves into it.
        """
        keys = (f"{leaf}@{column}" for leaf in self.leaves[: self.leaves.index(code)])
        there = [key for key in keys if key in self.cells and self.cells[key].sheet == sheet.id]
        return Call("SUM", tuple(map(self._one, there))) if there else Number(Fraction(0))

    def _one(self, key: Key) -> Node:
        cell = self.cells[key]
        return Cells((key,), cell.measure, typed=cell.role in (Role.INPUT, Role.ISSUED))

    def _several(self, found: Sequence[Key]) -> Node:
        measures = {self.cells[key].measure for key in found} or {Measure.NUMBER}
        typed = any(self.cells[key].role is Role.INPUT for key in found)
        first = next(one for one in Measure if one in measures)  # money goes before numbers, and texts go last
        return Cells(tuple(found), first, typed, several=True)

    def _row_set(self, name: str, code: str, sheet: Sheet) -> Node:
        """The generated sets of a row: its inputs, a column's months, what a subtotal adds."""
        if name.startswith("_below_"):
            return self._several(self._below(code, name.removeprefix("_below_").replace("__", "."), sheet))
        if name.startswith("_rest_"):
            return self._one(f"{code}@{name.removeprefix('_rest_')}.rest")
        inputs = self.inputs(code, sheet)
        if name == "_inputs":
            chosen = inputs
        elif name == "_content":
            chosen = [key for key in inputs if not key.endswith("@title")]
        elif name == "_numbers":
            chosen = [key for key in inputs if self.cells[key].type.numeric or self.cells[key].type is Type.DATE]
        elif name.startswith("_months_"):
            column = name.removeprefix("_months_")
            chosen = [key for key in inputs if key[:-2] == f"{code}@{column}." and key[-2:] in MONTHS]
        elif name.startswith("_all_"):
            column = name.removeprefix("_all_")
            chosen = [key for key in inputs if key == f"{code}@{column}" or key[:-2] == f"{code}@{column}."]
        else:
            raise ValueError(f"nothing is named {name}")
        return self._several(chosen)

    def inputs(self, code: str, sheet: Sheet) -> list[Key]:
        """The inputs of a row, from left to right."""
        found = self._inputs.get(code)
        if found is None:
            cells = (self.cells.get(f"{code}@{span.id}") for span in self.spans[sheet.id])
            found = self._inputs[code] = [cell.key for cell in cells if cell and cell.role is Role.INPUT]
        return found

    def _below(self, code: str, column: str, sheet: Sheet) -> list[Key]:
        def of(codes: Sequence[str]) -> list[Key]:
            return [f"{child}@{column}" for child in codes if f"{child}@{column}" in self.cells]

        def leaves(owner: Section | Group) -> list[str]:
            return [line.code for line in owner.lines] + [f"{owner.code}.n{n:02d}" for n in range(1, owner.open + 1)]

        if sheet.kind is Kind.LIST:
            return of([f"{sheet.id}.{n:03d}" for n in range(1, sheet.rows + 1)])
        chosen = self.chosen(sheet)
        if code == sheet.total_row:
            return of([section.code for section in chosen])
        for section in chosen:
            if code == section.code:
                return of([*leaves(section), *(group.code for group in section.groups)])
            for group in section.groups:
                if code == group.code:
                    return of(leaves(group))
        raise AssertionError(code)
