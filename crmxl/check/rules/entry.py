"""Family E: what a unit typed. One function a question; each yields findings with cell, found, allowed, remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from urllib.parse import unquote

from crmxl.catalogue import finding
from crmxl.check.evidence import DECIMALS, Evidence, read_day
from crmxl.check.rules.structure import shown_value
from crmxl.expression import Value, evaluate, keys
from crmxl.issue.places import Cell, Layout, Role, RowKind
from crmxl.model import MONTHS, Finding, Key, Place, Text, Type, split_key
from crmxl.money import LIMIT_INPUT, LIMIT_ISSUED, Problem, show, show_ratio
from crmxl.money import plain as plain_number
from crmxl.receive.submission import Content, ContentType
from crmxl.signs import visible_lines

_REASONS = {
    Problem.NOT_A_NUMBER: Text("不是数字", "not a number"),
    Problem.MAGNITUDE_WORD: Text("含“万”“千”等单位或中文数字", "has a magnitude word such as 万"),
    Problem.SEPARATORS: Text("千位分隔符的位置不对", "thousands separators are misplaced"),
    Problem.SCIENTIFIC: Text("是科学计数法", "is in scientific notation"),
    Problem.UNDERSCORE: Text("含下划线", "has an underscore"),
    Problem.FOREIGN_DIGITS: Text("含其他文字的数字", "has digits of another script"),
    Problem.NOT_FINITE: Text("不是有限的数", "is not finite"),
}
_KINDS = {ContentType.DATE: Text("日期", "date"), ContentType.BOOLEAN: Text("逻辑值", "truth value")}
_WHOLE = re.compile("[0-9]{1,5}")
_JOINER = "\u200d"
"""Joins emoji; it changes what is seen."""
_SPACES = Text("（空格）", "(spaces)")
_BLANK = Text("空白", "blank")
_LIMIT = Text("绝对值须小于 {0}", "below {0}, whatever its sign")
_SOME = Text("至少 1 个", "at least 1")
_ONE = Text("只填一格", "one of them")
_DIGITS = re.compile(r"[-+]?[0-9][0-9,]*(?:\.[0-9]+)?")
_DRIVE = re.compile(r"[A-Za-z]:")
_LITERAL = re.compile(r'"[^"]*"')
_EXTERNAL = re.compile(r"'[^'\[]*\[(?P<quoted>[^\[\]]+)\](?:[^']|'')*'!|(?<![\w\]])\[(?P<plain>[^\[\]@#]+)\][\w.]*!")
"""A reference to another workbook, `[1]表1!B5` or `'C:\\预算\\[去年.xlsx]表1'!B5`; a table's `表1[金额]` is none."""


def amounts(evidence: Evidence) -> Iterator[Finding]:
    """E101, E102, E104, E105, E106, E112: how each number entry reads, and whether it keeps its bounds."""
    for cell in evidence.entries:
        content = evidence.content(cell.key)
        if not content.blank:
            yield from _number(evidence, cell, content)


def _number(evidence: Evidence, cell: Cell, content: Content) -> Iterator[Finding]:
    if content.type is ContentType.ERROR:
        if not _link(content.formula):  # E108 tells of the link, whatever it gives
            yield _at(evidence, cell, "E106", variant="" if cell.type.numeric else "text", found=content.text)
    elif cell.type.numeric:
        if content.type in _KINDS:
            yield _at(evidence, cell, "E112", found=_said(content), kind=_KINDS[content.type])
        else:
            yield from _amount(evidence, cell, content)


def _limit(cell: Cell) -> Text:
    """How large the amount may be at most."""
    most = show(LIMIT_ISSUED if cell.role is Role.ISSUED else LIMIT_INPUT)
    return Text(_LIMIT.zh.format(most), _LIMIT.en.format(most))


def _amount(evidence: Evidence, cell: Cell, content: Content) -> Iterator[Finding]:
    amount = evidence.amounts.get(cell.key)
    if amount is None:
        return
    found = _SPACES if content.invisible else _spelled(content)
    kind = "" if cell.type is Type.MONEY else cell.type.value
    if amount.problem is Problem.TOO_PRECISE:
        variant = kind if cell.type is Type.INTEGER else ""
        yield _at(evidence, cell, "E105", variant=variant, found=found, expected=str(DECIMALS[cell.type]))
    elif amount.problem is Problem.OUT_OF_BOUNDS:
        yield _at(evidence, cell, "E104", found=found, expected=_limit(cell))
    elif amount.problem is not None:
        yield _at(evidence, cell, "E102", variant=kind, found=found, reason=_REASONS[amount.problem])
    else:
        value = amount.value
        if value is not None and not _within(cell, value):
            less = cell.type is Type.MONEY and cell.minimum == 0 and value < 0
            variant = "reduction" if less else ""
            yield _at(evidence, cell, "E104", variant=variant, found=shown_value(value, cell), expected=_range(cell))
        elif amount.converted:
            read = _BLANK if value is None else _plainly(value, cell)
            variant = "nothing" if not any(map(str.isdigit, content.text)) else "text" if _digits(content) else ""
            said = _visible(content.text) if variant == "text" else found
            yield _at(evidence, cell, "E101", variant=variant, found=said, expected=read)


def _spelled(content: Content) -> str:
    """What stands there, as people write it: 0.00001, not 1e-05."""
    if content.type is ContentType.NUMBER and "e" in content.text:
        return format(Decimal(content.text), "f")
    return content.text


def _visible(text: str) -> str:
    """``text`` without white space and characters of no width."""
    return "".join(char for char in text if char.isprintable() and not char.isspace())


def _digits(content: Content) -> bool:
    """Whether nothing but digits and their marks can be seen: people see no text there."""
    return _DIGITS.fullmatch(_visible(content.text)) is not None


def _plainly(value: Fraction, cell: Cell) -> str:
    if cell.type is Type.PERCENT:
        return show_ratio(value)
    return show(value) if cell.type is Type.MONEY else plain_number(value)


def _within(cell: Cell, value: Fraction) -> bool:
    return (cell.minimum is None or value >= cell.minimum) and (cell.maximum is None or value <= cell.maximum)


def _range(cell: Cell) -> Text:
    if cell.minimum is not None and cell.maximum is not None:
        low, high = _plainly(cell.minimum, cell), _plainly(cell.maximum, cell)
        return Text(f"允许 {low} 至 {high}", f"between {low} and {high}")
    if cell.minimum is not None:
        return Text(f"不得小于 {_plainly(cell.minimum, cell)}", f"at least {_plainly(cell.minimum, cell)}")
    assert cell.maximum is not None, cell.key
    return Text(f"不得大于 {_plainly(cell.maximum, cell)}", f"at most {_plainly(cell.maximum, cell)}")


def formulas_in_inputs(evidence: Evidence) -> Iterator[Finding]:
    """E107, E108, E109. What: an input holds a formula. Why: its result moves with other cells, or cannot be checked.
    Fix: paste it as a value.
    """
    for cell in evidence.entries:
        content = evidence.content(cell.key)
        if not content.formula:
            continue
        if link := _link(content.formula):
            yield _at(evidence, cell, "E108", found=content.formula, expected=_target(evidence, link))
        elif not content.calculated:
            yield _at(evidence, cell, "E109", found=content.formula)
        elif not any(True for _ in (*_number(evidence, cell, content), *_other(evidence, cell, content))):
            amount = evidence.amounts.get(cell.key)
            value = amount.value if amount is not None else None
            result = _said(content) or _BLANK if value is None else shown_value(value, cell)
            yield _at(evidence, cell, "E107", found=content.formula, expected=result)


def _link(formula: str) -> str:
    """The workbook that a formula links to, by name or number; empty where it links to none."""
    found = _EXTERNAL.search(_LITERAL.sub("", formula))
    return (found["quoted"] or found["plain"]) if found else ""


def _target(evidence: Evidence, name: str) -> str:
    links = evidence.submission.links
    return _path(links[int(name) - 1]) if _WHOLE.fullmatch(name) and 0 < int(name) <= len(links) else name


def _path(target: str) -> str:
    """A link's target as people write it: a path where it is an address of a file."""
    text = "".join(char if char.isprintable() or char == "\u3000" else "?" for char in unquote(target))
    if not text.lower().startswith("file:"):
        return text
    host, _, path = text[len("file:") :].removeprefix("//").partition("/")
    if host:  # file://server/share/a.xlsx
        path = f"//{host}/{path}"
    elif not _DRIVE.match(path):  # file:///home/a.xlsx, and file:////server/share/a.xlsx
        return f"/{path}" if not path.startswith("/") else f"/{path}".replace("/", "\\")
    return path.replace("/", "\\")


def dates_and_choices(evidence: Evidence) -> Iterator[Finding]:
    """E101, E110, E111: a date that is none, or was converted; a text that is not among the choices."""
    for cell in evidence.entries:
        content = evidence.content(cell.key)
        yield from _other(evidence, cell, content)


def _other(evidence: Evidence, cell: Cell, content: Content) -> Iterator[Finding]:
    if content.blank or content.type is ContentType.ERROR or (content.formula and not content.calculated):
        return
    if cell.type is Type.DATE and content.text.strip():
        day = read_day(content)
        if day is None:
            yield _at(evidence, cell, "E111", found=_said(content))
        elif content.type is ContentType.TEXT:
            yield _at(evidence, cell, "E101", variant="date", found=content.text, expected=day.isoformat())
    elif cell.type is Type.CHOICE and not content.invisible and content.text not in cell.choices:
        choices = Text("、".join(cell.choices), ", ".join(cell.choices))
        yield _at(evidence, cell, "E110", found=content.text, expected=choices)


def required(evidence: Evidence) -> Iterator[Finding]:
    """E103. What: a required entry is blank. Why: reviewers need it. Fix: fill it in."""
    values = {**evidence.converted, **evidence.recomputed}
    if all(evidence.content(cell.key).blank for cell in evidence.entries if cell.role is Role.INPUT):
        return  # nothing is filled in at all, and E115 says so
    for cell in evidence.entries:
        if cell.required is None or (not evidence.content(cell.key).blank and evidence.converted[cell.key] is not None):
            continue
        if (
            evidence.converted[cell.key] is None
            and evaluate(cell.required, values.get) is True
            and _empty(evidence, cell)
        ):
            variant, column = _needed(evidence.layout, cell)
            yield _at(evidence, cell, "E103", variant=variant, found=_BLANK, expected=column, column=column)


def _needed(layout: Layout, cell: Cell) -> tuple[str, str]:
    """How E103 says it, and what people call the entry."""
    code, column = split_key(cell.key)
    if layout.kinds.get(code) is RowKind.FIELD:
        return "field", layout.titles[code]
    return "name" if column == "title" else "", layout.heading(cell.key)


def _empty(evidence: Evidence, cell: Cell) -> bool:
    """Whether nothing readable stands there; what is unreadable has its own finding."""
    return evidence.content(cell.key).invisible


def one_only(evidence: Evidence) -> Iterator[Finding]:
    """E119. What: a row has more than one entry where one is allowed, a share and an amount. Why: they need not agree,
    and nobody said which counts. Fix: clear all but one.
    """
    sheets = {sheet.id: sheet.one_of for sheet in evidence.layout.template.sheets if sheet.one_of}
    for plan in evidence.layout.sheets:
        for row in plan.rows if plan.id in sheets else ():
            for names in sheets[plan.id]:
                cells = [evidence.layout.cells.get(f"{row.code}@{name}") for name in names]
                filled = [cell for cell in cells if cell and not _empty(evidence, cell)]
                if row.kind.filled and len(filled) > 1:
                    found = "; ".join(_entered(evidence, cell) for cell in filled)
                    titles = [evidence.layout.heading(f"{row.code}@{name}") for name in names]
                    yield _at(evidence, filled[-1], "E119", found=found, expected=_ONE, columns=" / ".join(titles))


def _entered(evidence: Evidence, cell: Cell) -> str:
    """An entry as its cell shows it; as it was typed where it cannot be read."""
    value = evidence.converted.get(cell.key)
    return _plainly(value, cell) if isinstance(value, Fraction) else evidence.content(cell.key).text


def unseen_signs(evidence: Evidence) -> Iterator[Finding]:
    """E118. What: a text holds signs that nobody sees. Why: two names that look alike are two to every program, and a
    sign for the direction of writing shows a text in another order. Fix: type it again.
    """
    for cell in evidence.entries:
        content = evidence.content(cell.key)
        text = content.text.replace(_JOINER, "")
        if content.type is ContentType.TEXT and not cell.type.numeric and not content.invisible:
            shown = visible_lines(text)
            if shown != text:
                yield _at(evidence, cell, "E118", found=shown)


def months(evidence: Evidence) -> Iterator[Finding]:
    """E113, E114. What: a line's months do not add up to its year, or are not there. Why: spending is controlled by
    month. Fix: adjust until 未分解 is 0.
    """
    values = evidence.recomputed
    for key, cell in evidence.layout.cells.items():
        if not key.endswith(".rest") or cell.role is not Role.CALCULATED:
            continue
        code, _, column = key.rpartition("@")
        year_key = f"{code}@{column.removesuffix('.rest')}"
        year_cell = evidence.layout.cells.get(year_key)
        if year_cell is None or year_cell.role is not Role.INPUT or year_key not in evidence.submission.spots:
            continue
        rest = values[key]
        if any(f"{year_key}.{month}" not in evidence.submission.spots for month in MONTHS):
            continue  # S103 told of the missing month
        if not isinstance(rest, Fraction) or rest == 0 or _refused(evidence, code):
            continue
        year = evidence.converted.get(year_key)
        total = year if isinstance(year, Fraction) else Fraction(0)
        place = {"place": evidence.submission.place(year_key), "key": year_key, "expected": show(total)}
        if values.get(f"{code}@_uneven"):
            yield finding("E113", **place, found=show(total - rest), difference=show(rest))
        else:
            yield finding("E114", **place, found=show(Fraction(0)))


def _refused(evidence: Evidence, code: str) -> bool:
    """Whether an amount of the line was refused; its months are then not judged."""
    prefix = f"{code}@"
    return any(key.startswith(prefix) and amount.problem is not None for key, amount in evidence.amounts.items())


def nothing_filled(evidence: Evidence, prefilled: Mapping[Key, Value]) -> Iterator[Finding]:
    """E115. What: no number was entered beyond what the group prefilled, none of which counts in the total. Why: a
    blank form is not a nil return; one in which the group has proposed amounts is complete as it stands. Fix: fill it
    in, or enter 0.
    """
    numeric = [cell for cell in evidence.entries if cell.type.numeric and cell.role is Role.INPUT]
    chosen = numeric or [cell for cell in evidence.entries if cell.role is Role.INPUT]

    counted = _counted(evidence.layout) if prefilled else frozenset[Key]()

    def untouched(key: Key) -> bool:
        as_prefilled = key in prefilled and evidence.converted.get(key) == prefilled[key]
        return evidence.content(key).blank or (as_prefilled and key not in counted)

    if chosen and all(untouched(cell.key) for cell in chosen):
        sheet = evidence.submission.spots[chosen[0].key].sheet
        yield finding("E115", place=Place(sheet), found="0", expected=_SOME)


def _counted(layout: Layout) -> frozenset[Key]:
    """What the template's total is calculated from, directly or not."""
    found, new = set[Key](), [layout.template.total]
    while new:
        key = new.pop()
        if key in found or key not in layout.cells:
            continue
        found.add(key)
        formula = layout.cells[key].formula
        new += keys(formula) if formula is not None else ()
    return frozenset(found)


def _said(content: Content) -> str:
    if content.type is ContentType.DATE:
        day = read_day(content)
        return day.isoformat() if day else content.text
    return content.text


def _at(evidence: Evidence, cell: Cell, code: str, **parts: object) -> Finding:
    return finding(code, place=evidence.submission.place(cell.key), key=cell.key, **parts)
