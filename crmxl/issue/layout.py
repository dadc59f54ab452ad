"""Template → Layout: every line and column gets one cell, every calculated cell its bound expression.

Pure. Knows nothing of files or looks; what a cell looks like is ``looks.py``'s, what 校验 asks is ``checklist.py``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from crmxl.define.sizes import sized
from crmxl.errors import DefinitionError, Problem
from crmxl.expression import Call, Node, Number, as_result, bind, moved, parse
from crmxl.issue import checklist, ruling
from crmxl.issue.calculate import calculation_order, hold_limits
from crmxl.issue.dating import dated
from crmxl.issue.names import Names
from crmxl.issue.places import FIRST_ROW, Cell, Layout, Role, Row, RowKind, SheetPlan, Span
from crmxl.model import (
    MONTHS,
    Assignment,
    Column,
    Field,
    Group,
    Key,
    Kind,
    Lang,
    Level,
    Line,
    Section,
    Sheet,
    Template,
    Text,
    Type,
    split_key,
)
from crmxl.policy import Policy

_SUBTOTAL = Text("小计", "Subtotal")
_PART_TOTAL = Text("合计", "Total of part")
_TOTAL = Text("总计", "Grand total")
_ITEM = Text("项目", "Item")
_FIELD = Text("填报项", "Field")
_VALUE = Text("内容", "Value")
_REST = Text("未分解", "Not split")
_RULE = "_P"
"""Begins the ids of the helper columns of rules that are asked line by line."""
_LEVELS = {RowKind.SUBTOTAL: Level.GROUP, RowKind.PART_TOTAL: Level.SECTION, RowKind.TOTAL: Level.TOTAL}


def lay_out(
    template: Template,
    year: int,
    parts: tuple[str, ...] = (),
    first_month: int = 1,
    lang: Lang = "zh",
    policies: tuple[Policy, ...] = (),
) -> Layout:
    """The layout of ``template`` for the chosen ``parts`` (none chosen: the template's own choice, else all), with the
    live rows of those rules of ``policies`` that apply to it.

    Raises DefinitionError where a part does not exist, a reference means nothing, formulas run in a circle, or
    Excel's limits on formulas are passed.
    """
    return _lay_out(dated(template, year), year, parts or template.parts, first_month, lang, policies)


def lay_out_for(template: Template, given: Assignment, policies: tuple[Policy, ...] = ()) -> Layout:
    """The layout in which ``template`` is issued to the unit of ``given``.

    Raises DefinitionError as ``lay_out`` does, CrmxlError where a list does not offer so many rows.
    """
    return lay_out(sized(template, given.rows), given.year, given.parts, given.first_month, given.lang, policies)


@lru_cache(maxsize=512)
def _lay_out(
    template: Template, year: int, parts: tuple[str, ...], first_month: int, lang: Lang, policies: tuple[Policy, ...]
) -> Layout:
    known = {section.part for sheet in template.sheets for section in sheet.sections}
    unknown = [part for part in parts if part not in known]
    if unknown:
        raise DefinitionError(
            (Problem(template.name, f"no part named {', '.join(unknown)}; there are {', '.join(sorted(known))}"),)
        )
    draft = _Draft(template, year, parts, first_month, lang)
    draft.ruled = ruling.rules_for(template, policies, year)
    for number, sheet in enumerate(template.sheets):
        draft.place(sheet, number)
    if template.total not in draft.cells:
        chosen = f"the parts {', '.join(parts)} leave out the total {template.total}; choose a part that has it, too"
        raise DefinitionError((Problem(template.name, chosen),))
    draft.bind()
    rules = ruling.place(template, draft.ruled, draft.names)
    draft.ask(rules)
    plan, cells = checklist.plan(
        draft.cells, draft.helpers, lang, has_months=draft.has_months, has_either=draft.has_either, rules=rules
    )
    draft.cells.update(cells)
    layout = Layout(
        template=template,
        parts=parts,
        first_month=first_month,
        year=year,
        lang=lang,
        sheets=(*draft.sheets, plan),
        cells=draft.cells,
        order=calculation_order(template, draft.cells),
        policies=policies,
        rules=rules,
        presets=draft.presets,
    )
    hold_limits(layout)
    return layout


@dataclass(frozen=True, slots=True)
class _Pending:
    """A cell whose formula or condition is still source text."""

    key: Key
    source: str
    sheet: Sheet
    required: bool = False
    path: str = ""


class _Draft:
    """A layout in the making."""

    def __init__(self, template: Template, year: int, parts: tuple[str, ...], first_month: int, lang: Lang) -> None:
        self.template, self.year, self.parts, self.first_month, self.lang = template, year, parts, first_month, lang
        self.names = Names(year, first_month, parts)
        self.cells = self.names.cells
        self.sheets: list[SheetPlan] = []
        self.pending: list[_Pending] = []
        self.helpers: list[str] = []
        """Codes of rows that units fill, which carry the helper columns."""
        self.has_months = self.has_either = False
        self.ruled: list[ruling.Ruled] = []
        self.lines: dict[str, Line] = {}
        self.presets: dict[Key, str] = {}
        """Values of issued cells that the template itself gives."""

    # -- rows and columns ----------------------------------------------------------------------------------------

    def place(self, sheet: Sheet, number: int) -> None:
        """Give every cell of ``sheet``, the template's ``number``-th, its place."""
        rows = tuple(self._rows(sheet))
        if not rows:
            return
        spans = self.names.spans[sheet.id] = tuple(self._spans(sheet, number))
        self.sheets.append(
            SheetPlan(
                id=sheet.id,
                name=sheet.title.say(self.lang),
                kind=sheet.kind,
                spans=spans,
                rows=rows,
                note=sheet.note.say(self.lang) if sheet.note else "",
            )
        )
        fields = {field.id: field for field in sheet.fields}
        for section in sheet.sections:
            owners: tuple[Section | Group, ...] = (section, *section.groups)
            self.lines.update({line.code: line for owner in owners for line in owner.lines})
        for row in rows:
            if not row.code:
                continue
            if row.kind in (RowKind.LINE, RowKind.OPEN):
                self.names.leaves.append(row.code)
            elif row.kind is RowKind.RECORD:
                self.names.records.setdefault(sheet.id, []).append(row.code)
            for span in spans:
                self._cell(sheet, row, span, fields.get(row.code))
            if row.kind.filled:
                self.helpers.append(row.code)

    def _rows(self, sheet: Sheet) -> Iterator[Row]:
        number = FIRST_ROW

        def row(kind: RowKind, code: str = "", title: str = "") -> Row:
            nonlocal number
            number += 1
            return Row(number - 1, kind, code, title)

        def lines(owner: str, lines: Sequence[Line], open: int) -> Iterator[Row]:
            for line in lines:
                yield row(RowKind.LINE, line.code, line.title.say(self.lang))
            for n in range(1, open + 1):
                yield row(RowKind.OPEN, f"{owner}.n{n:02d}")

        match sheet.kind:
            case Kind.FORM:
                for field in sheet.fields:
                    yield row(RowKind.FIELD, field.id, field.column.title.say(self.lang))
            case Kind.LIST:
                for n in range(1, sheet.rows + 1):
                    yield row(RowKind.RECORD, f"{sheet.id}.{n:03d}")
                if any(column.total for column in sheet.columns):
                    yield row(RowKind.TOTAL, sheet.total_row, _TOTAL.say(self.lang))
            case Kind.GRID:
                totals = any(column.total for column in sheet.columns)
                for section in self.names.chosen(sheet):
                    yield row(RowKind.SECTION, title=self._headed(section))
                    yield from lines(section.code, section.lines, section.open)
                    for group in section.groups:
                        yield row(RowKind.GROUP, title=self._headed(group))
                        yield from lines(group.code, group.lines, group.open)
                        if totals:
                            yield row(RowKind.SUBTOTAL, group.code, _SUBTOTAL.say(self.lang))
                    if totals:
                        yield row(RowKind.PART_TOTAL, section.code, _PART_TOTAL.say(self.lang))
                if totals and number > FIRST_ROW:
                    yield row(RowKind.TOTAL, sheet.total_row, _TOTAL.say(self.lang))

    def _headed(self, owner: Section | Group) -> str:
        return f"{owner.code}　{owner.title.say(self.lang)}"

    def _spans(self, sheet: Sheet, index: int) -> Iterator[Span]:
        number = 1

        def span(id: str, title: str, type: Type, column: Column | None = None, hidden: bool = False) -> Span:
            nonlocal number
            number += 1
            return Span(id, number, title, type, column, hidden)

        if sheet.kind is not Kind.LIST:
            title = _FIELD if sheet.kind is Kind.FORM else _ITEM
            yield span("title", title.say(self.lang), Type.TEXT)
        if sheet.kind is Kind.FORM:
            yield span("value", _VALUE.say(self.lang), Type.TEXT)
        months = False
        self.has_either = self.has_either or bool(sheet.one_of)
        for column in sheet.columns:
            yield span(column.id, column.title.say(self.lang), column.type, column)
            if column.months:
                months = self.has_months = True
                for month in MONTHS:
                    name = f"{int(month)}月" if self.lang == "zh" else f"M{int(month)}"
                    yield span(f"{column.id}.{month}", name, column.type, column)
                yield span(f"{column.id}.rest", _REST.say(self.lang), column.type, column)
        for helper in checklist.helpers(months, bool(sheet.one_of)):
            yield span(helper.id, helper.title.say(self.lang), helper.type, hidden=helper.hidden)
        for one in ruling.each_on(index, self.ruled):
            yield span(f"_{one.rule.code}", one.rule.title.say(self.lang), Type.INTEGER, hidden=True)

    # -- cells ---------------------------------------------------------------------------------------------------

    def _cell(self, sheet: Sheet, row: Row, span: Span, field: Field | None) -> None:
        column = field.column if field and span.id == "value" else span.column
        key = f"{row.code}@{span.id}"
        if column is not None and column.id in self._without(row):
            return
        if span.id == "title":
            if row.kind is RowKind.OPEN:
                self._put(sheet, row, span, Role.INPUT, Type.TEXT)
                self.pending.append(_Pending(key, checklist.OPEN_TITLE_REQUIRED, sheet, required=True))
            else:
                self._put(sheet, row, span, Role.LABEL, Type.TEXT, text=row.title)
        elif column is None and span.id.startswith(_RULE):
            if any(row.code in one.lines and span.id == f"_{one.rule.code}" for one in self.ruled):
                self._put(sheet, row, span, Role.CALCULATED, span.type)
        elif column is None:
            if row.kind.filled:
                told = [(f"_{one.rule.code}", one.rule.title) for one in self.ruled if row.code in one.lines]
                without = self._without(row)
                source = checklist.helper_source(span.id, sheet, row, field, self.lang, told, without)
                self._put(sheet, row, span, Role.CALCULATED, span.type)
                self.pending.append(_Pending(key, source, sheet))
        elif column.calculated:
            level = _LEVELS.get(row.kind, Level.LINE)
            if level in column.levels:
                self._put(sheet, row, span, Role.CALCULATED, column.type)
                assert column.expression is not None
                own = self.lines[row.code].formulas.get(column.id) if row.code in self.lines else None
                path = f"{sheet.id}.{column.id}.expression"
                self.pending.append(_Pending(key, own or column.expression, sheet, path=path))
            elif column.total and not row.kind.filled:
                self._subtotal(sheet, row, span)
        elif not row.kind.filled:
            if column.total:
                self._subtotal(sheet, row, span)
        elif span.id.endswith(".rest") and column.months:
            self._put(sheet, row, span, Role.CALCULATED, column.type)
            self.pending.append(_Pending(key, f"{column.id} - SUM(_months_{column.id})", sheet))
        elif column.months and span.id[-2:] in MONTHS and int(span.id[-2:]) < self.first_month:
            self._put(sheet, row, span, Role.CLOSED, column.type)
        else:
            role = Role.ISSUED if column.issued or (field and field.issued) else Role.INPUT
            if role is Role.ISSUED and row.code in self.lines and column.id in self.lines[row.code].values:
                self.presets[key] = self.lines[row.code].values[column.id]
            self._put(sheet, row, span, role, column.type, column)
            condition = (
                checklist.required_source(column, row.kind)
                if span.id == (column.id if not field else "value")
                else None
            )
            if condition and role is Role.INPUT:
                self.pending.append(
                    _Pending(key, condition, sheet, required=True, path=f"{sheet.id}.{column.id}.required_if")
                )

    def _without(self, row: Row) -> tuple[str, ...]:
        """Columns that have no cell in ``row``."""
        return self.lines[row.code].without if row.code in self.lines else ()

    def _put(
        self, sheet: Sheet, row: Row, span: Span, role: Role, type: Type, column: Column | None = None, text: str = ""
    ) -> None:
        key = f"{row.code}@{span.id}"
        self.cells[key] = Cell(
            key=key,
            sheet=sheet.id,
            row=row.number,
            column=span.number,
            role=role,
            type=type,
            minimum=column.minimum if column else None,
            maximum=column.maximum if column else None,
            choices=column.choices if column else (),
            text=text,
        )

    def _subtotal(self, sheet: Sheet, row: Row, span: Span) -> None:
        self._put(sheet, row, span, Role.CALCULATED, span.type)
        self.pending.append(_Pending(f"{row.code}@{span.id}", f"SUM(_below_{span.id.replace('.', '__')})", sheet))

    def ask(self, rules: Sequence[ruling.PlacedRule]) -> None:
        """Let the helper cells of ``rules`` say 1 on each line that breaks one."""
        for placed in rules:
            for asked in placed.asked:
                if asked.code:
                    key = f"{asked.code}@{placed.column}"
                    formula = Call("IF", (asked.holds, Number(Fraction(0)), Number(Fraction(1))))
                    self.cells[key] = replace(self.cells[key], formula=formula)

    # -- binding -------------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Turn every source text into a bound expression; the rows of a list have it from the first row that does, if
        the second shows that what is bound there is the first's moved: neither is named outright.
        """
        problems = []
        first: dict[tuple[str, str, str], tuple[str, Node]] = {}
        shared: dict[tuple[str, str, str], bool] = {}
        for item in self.pending:
            code, column = split_key(item.key)
            alike = item.sheet.id, column, item.source
            if shared.get(alike):
                row, node = first[alike]
                self._bound(item, moved(node, f"{row}@", f"{code}@"))
                continue
            try:
                node = bind(parse(item.source), self.names.resolver(code, item.sheet))
            except ValueError as error:
                problems.append(Problem(f"{self.template.name}: {item.path or item.key}", f"{error} (at {item.key})"))
                continue
            self._bound(item, node)
            if item.sheet.kind is Kind.LIST and code != item.sheet.total_row:
                row, before = first.setdefault(alike, (code, node))
                if row != code and alike not in shared:
                    shared[alike] = node == moved(before, f"{row}@", f"{code}@")
        if problems:
            raise DefinitionError(tuple(problems))

    def _bound(self, item: _Pending, node: Node) -> None:
        cell = self.cells[item.key]
        if not item.required:
            node = as_result(node, cell.type is Type.DATE)
        self.cells[item.key] = replace(cell, required=node) if item.required else replace(cell, formula=node)
