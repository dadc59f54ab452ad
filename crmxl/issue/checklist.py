"""What every workbook checks while it is filled: helper columns on each row, and the generated rows of 校验.

All of it is expressions, so that the group evaluates the very checks that the unit sees. Each row's helper columns
count what is wrong in that row; 校验 adds them up; the master flag says the worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crmxl.expression import Call, Cells, Measure, Node, Number, Reference, bind, parse
from crmxl.issue.places import CHECKS, FIRST_ROW, FLAG, Cell, Role, Row, RowKind, SheetPlan, Span
from crmxl.issue.ruling import PlacedRule, shown_as
from crmxl.model import Column, Field, Key, Kind, Lang, Severity, Sheet, Text, Type

PASS = Text("通过", "Pass")
FAIL = Text("不通过", "Fail")
HINT = Text("提示", "Note")
INCOMPLETE = Text("未完成", "Incomplete")
SHEET_TITLE = Text("校验", "Checks")
ALWAYS = "AND(1)"
USED = "FILLED(_inputs) > 0"
OPEN_TITLE_REQUIRED = "FILLED(_content) > 0"
"""A blank line's name is required once anything else stands in the line."""


@dataclass(frozen=True, slots=True)
class Helper:
    """A generated column of a data sheet."""

    id: str
    title: Text
    type: Type
    hidden: bool


_STATUS = Helper("_status", Text("本行检查", "Row check"), Type.TEXT, hidden=False)
_COUNTS = (
    Helper("_fault", Text("错误值", "Error values"), Type.INTEGER, hidden=True),
    Helper("_text", Text("文本", "Texts"), Type.INTEGER, hidden=True),
    Helper("_outside", Text("超范围", "Out of range"), Type.INTEGER, hidden=True),
    Helper("_missing", Text("缺填", "Missing"), Type.INTEGER, hidden=True),
)
_MONTH_COUNTS = (
    Helper("_uneven", Text("月≠年", "Months differ"), Type.INTEGER, hidden=True),
    Helper("_unsplit", Text("未分解", "Not split"), Type.INTEGER, hidden=True),
)
_EITHER = Helper("_both", Text("重复填写", "Filled twice"), Type.INTEGER, hidden=True)
_STATUS_WORDS = (
    ("_fault", Text("有错误值", "Error value")),
    ("_text", Text("数字格须填数字", "Number expected")),
    ("_outside", Text("超出允许范围", "Out of range")),
    ("_missing", Text("缺必填项", "Required entry missing")),
    ("_both", Text("只能填其中一格", "Fill one cell only")),
    ("_uneven", Text("各月之和≠全年", "Months ≠ year")),
    ("_unsplit", Text("尚未分解到月", "Not split into months")),
)


def helpers(months: bool, either: bool) -> tuple[Helper, ...]:
    """The generated columns of a sheet, with those about months, and about inputs of which one is filled, where it has
    any.
    """
    return (_STATUS, *_COUNTS, *((_EITHER,) if either else ()), *(_MONTH_COUNTS if months else ()))


def required_source(column: Column, kind: RowKind) -> str | None:
    """The condition under which a blank in ``column`` is a finding, as source text; None: never."""
    if column.required:
        return USED if kind in (RowKind.OPEN, RowKind.RECORD) else ALWAYS
    return column.required_if


def helper_source(
    id: str,
    sheet: Sheet,
    row: Row,
    field: Field | None,
    lang: Lang,
    told: Sequence[tuple[str, Text]] = (),
    without: Sequence[str] = (),
) -> str:
    """The expression of the generated column ``id`` in ``row``, as source text; ``told`` are the helper columns of
    rules that are asked of this row, with their titles, ``without`` the columns that it has no cell in.
    """
    inputs = (column for column in sheet.columns if not (column.calculated or column.id in without))
    columns = [field.column] if field else list(inputs)
    split = [column for column in columns if column.months]
    match id:
        case "_fault":
            return "FAULTS(_inputs)"
        case "_text":
            return "TEXTS(_numbers)"
        case "_outside":
            return " + ".join(_bounds(columns)) or "0"
        case "_missing":
            terms = list(_blanks(columns, field, row))
            return f"IF(_fault > 0, 0, {' + '.join(terms)})" if terms else "0"
        case "_both":
            there = ([name for name in names if name not in without] for names in sheet.one_of)
            terms = [_twice(names) for names in there if len(names) > 1]
            return f"IF(_fault > 0, 0, {' + '.join(terms)})" if terms else "0"
        case "_uneven" | "_unsplit":
            none, value = ("0", "1") if id == "_uneven" else ("1", "0")
            terms = [f"IF(_rest_{c.id} = 0, 0, IF(COUNT(_months_{c.id}) = 0, {none}, {value}))" for c in split]
            return f"IF(_fault > 0, 0, {' + '.join(terms)})"
        case _:
            text = '""'
            for count, words in reversed((*_STATUS_WORDS, *told[:MOST_TOLD])):
                if (split or count not in ("_uneven", "_unsplit")) and (sheet.one_of or count != "_both"):
                    text = f'IF({count} > 0, "{words.say(lang)}", {text})'
            return text


def _bounds(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        if column.type.numeric:
            if column.minimum is not None:
                yield f"BELOW(_all_{column.id}, {_number(column.minimum)})"
            if column.maximum is not None:
                yield f"ABOVE(_all_{column.id}, {_number(column.maximum)})"


def _number(value: object) -> str:
    from crmxl.money import plain

    return plain(value)  # type: ignore[arg-type]


def _twice(names: Sequence[str]) -> str:
    filled = " + ".join(f"IF(BLANK({name}), 0, 1)" for name in names)
    return f"IF({filled} > 1, 1, 0)"


def _blanks(columns: Sequence[Column], field: Field | None, row: Row) -> Iterator[str]:
    if row.kind is RowKind.OPEN:
        yield f"IF(AND({OPEN_TITLE_REQUIRED}, BLANK(title)), 1, 0)"
    for column in columns:
        condition = None if field and field.issued else required_source(column, row.kind)
        if condition:
            name = "value" if field else column.id
            yield f"IF(AND({condition}, BLANK({name})), 1, 0)"


# ---- 校验 ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """A generated row of 校验: ``actual`` is compared with ``expected``."""

    code: str
    title: Text
    actual: str
    outcome: Text
    """Result where they differ."""
    at_least: bool = False
    """Whether ``expected`` (1) is a minimum; else it is 0 and exact."""
    months: bool = False
    """Whether only templates with months have it."""
    either: bool = False
    """Whether only templates with inputs of which one is filled have it."""


MOST_TOLD = 12
"""Rules whose titles a row's status can show; Excel nests IF 64 deep, older programs less."""
GENERATED = (
    Check(
        "C01",
        Text("已填报的数字项（至少 1 项；确无预算请填 0）", "Amounts filled in (at least 1; enter 0 for nil)"),
        "FILLED(_entered)",
        INCOMPLETE,
        at_least=True,
    ),
    Check("C02", Text("必填未填的项数", "Required entries still blank"), "SUM(_missing)", INCOMPLETE),
    Check(
        "C03",
        Text("数字格中的文本（文本型金额不计入合计）", "Texts in number cells (they are not added up)"),
        "SUM(_text)",
        FAIL,
    ),
    Check("C04", Text("错误值（如 #REF!）", "Error values (such as #REF!)"), "SUM(_fault)", FAIL),
    Check("C05", Text("负数或超出允许范围的数", "Negative or out-of-range numbers"), "SUM(_outside)", FAIL),
    Check(
        "C06",
        Text("各月之和不等于全年的行数", "Lines whose months differ from the year"),
        "SUM(_uneven)",
        FAIL,
        months=True,
    ),
    Check("C07", Text("尚未分解到月的行数", "Lines not yet split into months"), "SUM(_unsplit)", HINT, months=True),
    Check(
        "C08",
        Text("几格只能填其一、却填了不止一格的行数", "Lines with more than one filled where one is allowed"),
        "SUM(_both)",
        FAIL,
        either=True,
    ),
)
_COLUMNS = (
    ("title", Text("校验项目", "Check"), Type.TEXT),
    ("clause", Text("条款", "Clause"), Type.TEXT),
    ("expected", Text("应为或限额", "Expected or limit"), Type.INTEGER),
    ("actual", Text("实际", "Actual"), Type.INTEGER),
    ("difference", Text("超出或相差", "Off by"), Type.INTEGER),
    ("result", Text("结果", "Result"), Type.TEXT),
    ("kept", Text("符合", "Kept"), Type.INTEGER),
)
_OF_RULES = ("clause", "kept")
"""Columns that only a policy's rules have; ``kept`` is hidden, 1 where the rule is kept."""
_FLAG_TITLE = Text("总体结论", "Overall")


def plan(
    cells: Mapping[Key, Cell],
    codes: Sequence[str],
    lang: Lang,
    *,
    has_months: bool,
    has_either: bool = False,
    rules: Sequence[PlacedRule] = (),
) -> tuple[SheetPlan, dict[Key, Cell]]:
    """The sheet 校验 and its cells: generated checks, then the policy's ``rules``, over data ``cells`` whose rows
    ``codes`` carry the helper columns.
    """
    checks = [one for one in GENERATED if (has_months or not one.months) and (has_either or not one.either)]
    columns = [column for column in _COLUMNS if rules or column[0] not in _OF_RULES]
    spans = tuple(
        Span(id, n, title.say(lang), type, hidden=id == "kept") for n, (id, title, type) in enumerate(columns, 2)
    )
    by_id = {span.id: span for span in spans}
    placed: dict[Key, Cell] = {}
    rows = [Row(FIRST_ROW, RowKind.CHECK, "flag", _FLAG_TITLE.say(lang))]

    def resolve(reference: Reference) -> Node:
        name = reference.text
        if name in placed:
            return Cells((name,), placed[name].measure, typed=False)
        if name == "_entered":
            inputs = [cell for cell in cells.values() if cell.role is Role.INPUT]
            chosen = [cell.key for cell in inputs if cell.type.numeric] or [cell.key for cell in inputs]
        else:
            chosen = [f"{code}@{name}" for code in codes if f"{code}@{name}" in cells]
        return Cells(tuple(chosen), Measure.COUNT, typed=False, several=True)

    def put(row: Row, id: str, formula: str | Node = "", text: str = "", type: Type | None = None) -> None:
        node = bind(parse(formula), resolve) if isinstance(formula, str) and formula else formula or None
        key = f"{row.code}@{id}"
        role = Role.CALCULATED if node else Role.LABEL
        span = by_id[id]
        placed[key] = Cell(
            key,
            CHECKS,
            row.number,
            span.number,
            role,
            type or span.type,
            formula=node,
            text=text or ("" if node else row.title),
        )

    def add(code: str, title: str) -> Row:
        rows.append(Row(FIRST_ROW + len(rows), RowKind.CHECK, code, title))
        put(rows[-1], "title")
        return rows[-1]

    outcomes: list[tuple[str, Text]] = []
    for check in checks:
        row, at = add(check.code, check.title.say(lang)), check.code
        put(row, "expected", "1" if check.at_least else "0")
        put(row, "actual", check.actual)
        difference = f"{at}@actual - {at}@expected"
        put(row, "difference", f"MIN(0, {difference})" if check.at_least else difference)
        put(row, "result", f'IF({at}@difference = 0, "{PASS.say(lang)}", "{check.outcome.say(lang)}")')
        outcomes.append((f"ABS({at}@difference)", check.outcome))
    for rule in rules:
        row, at = add(rule.rule.code, rule.rule.title.say(lang)), rule.rule.code
        outcome = FAIL if rule.rule.effective is Severity.ERROR else HINT
        if rule.rule.clause:
            put(row, "clause", text=rule.rule.clause)
        if rule.rule.each:
            put(row, "expected", "0")
            put(row, "actual", f"SUM({rule.column})")
            put(row, "difference", f"{at}@actual - {at}@expected")
            broken = f"IF({at}@difference = 0, 0, 1)"
        else:
            (asked,) = rule.asked
            type = shown_as(asked.left, cells)
            put(row, "expected", asked.right, type=type)
            put(row, "actual", asked.left, type=type)
            put(row, "difference", asked.excess, type=type)
            put(row, "kept", Call("IF", (asked.holds, Number(Fraction(1)), Number(Fraction(0)))))
            broken = f"1 - {at}@kept"
        put(row, "result", f'IF({broken} = 0, "{PASS.say(lang)}", "{outcome.say(lang)}")')
        if rule.rule.effective is not Severity.INFO:
            outcomes.append((broken, outcome))
    put(rows[0], "title")
    put(rows[0], "result", _flag_source(outcomes, lang))
    assert FLAG in placed
    return SheetPlan(CHECKS, SHEET_TITLE.say(lang), Kind.GRID, spans, tuple(rows)), placed


def _flag_source(outcomes: Sequence[tuple[str, Text]], lang: Lang) -> str:
    def added(outcome: Text) -> str:
        return " + ".join(source for source, worst in outcomes if worst is outcome) or "0"

    more = ("(还差 ", " 项)") if lang == "zh" else (" (", " left)")
    incomplete = f'"{INCOMPLETE.say(lang)}{more[0]}" & ({added(INCOMPLETE)}) & "{more[1]}"'
    return (
        f'IF({added(FAIL)} > 0, "{FAIL.say(lang)}", IF({added(INCOMPLETE)} > 0, {incomplete}, '
        f'IF({added(HINT)} > 0, "{HINT.say(lang)}", "{PASS.say(lang)}")))'
    )
