"""What Excel itself says while somebody types: data validation on inputs, conditional formats on trouble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from crmxl.expression import Measure
from crmxl.issue import looks
from crmxl.issue.addresses import a1, boxes, letters
from crmxl.issue.book import Page
from crmxl.issue.checklist import FAIL, HINT, INCOMPLETE, PASS
from crmxl.issue.places import CHECKS, FIRST_ROW, NOTE_ROW, Cell, Layout, Role, SheetPlan
from crmxl.issue.ruling import PlacedRule
from crmxl.model import Kind, Severity, Text, Type
from crmxl.money import LIMIT_INPUT, plain, show

_AMOUNT = Text("金额（元）", "Amount (yuan)")
_NUMBER = Text("数字", "Number")
_DATE = Text("日期", "Date")
_CHOICE = Text("请选择", "Choose one")
_MONEY_PROMPT = Text(
    "请填数字，单位元，最多两位小数；不要带“元”“万”或其他文字。无预算填 0 或留空。",
    "A number in yuan, at most two decimals; no words or units. Nil: 0 or blank.",
)
_MONEY_ERROR = Text(
    "这里只能填数字（元，最多两位小数），{bounds}。例如 12,000.50。",
    "Only a number in yuan with at most two decimals, {bounds}. For example 12,000.50.",
)
_NUMBER_ERROR = Text("这里只能填数字，{bounds}。", "Only a number, {bounds}.")
_DATE_ERROR = Text("这里只能填日期，例如 2026-06-30。", "Only a date, such as 2026-06-30.")
_CHOICE_ERROR = Text("请从下拉列表中选择。", "Please choose from the list.")
_BAD = Text("填写有误", "Not accepted")


def data_validations(page: Page, layout: Layout, plan: SheetPlan) -> None:
    """One validation per column and kind of input, over as few ranges as possible."""
    lang = layout.lang
    for cells in _alike(layout, plan):
        first = cells[0]
        span = next(span for span in plan.spans if span.number == first.column)
        hint = span.column.help.say(lang) if span.column and span.column.help else ""
        options: dict[str, Any] = {"error_title": _BAD.say(lang), "ignore_blank": True}
        ranges = boxes((c.sheet, c.row, c.column) for c in cells)
        at = ranges[0].first
        if first.type.numeric:
            low, high = first.minimum, first.maximum
            terms = [f"ISNUMBER({at})", f"{at}>={plain(low) if low is not None else -LIMIT_INPUT}"]
            terms.append(f"{at}<={plain(high)}" if high is not None else f"{at}<{LIMIT_INPUT}")
            money = first.measure is Measure.MONEY
            if money:
                terms.append(f"ROUND({at},2)={at}")
            elif first.type is Type.INTEGER:
                terms.append(f"ROUND({at},0)={at}")
            options |= {"validate": "custom", "value": f"=AND({','.join(terms)})"}
            options["input_title"] = (_AMOUNT if money else _NUMBER).say(lang)
            options["input_message"] = hint or (_MONEY_PROMPT.say(lang) if money else "")
            words = (_MONEY_ERROR if money else _NUMBER_ERROR).say(lang)
            options["error_message"] = words.format(bounds=_bounds(low, high, lang == "zh"))
        elif first.type is Type.DATE:
            options |= {"validate": "custom", "value": f"=AND(ISNUMBER({at}),{at}>=36526,{at}<73051)"}
            options |= {"input_title": _DATE.say(lang), "input_message": hint, "error_message": _DATE_ERROR.say(lang)}
        elif first.type is Type.CHOICE:
            options |= {"validate": "list", "source": list(first.choices), "input_title": _CHOICE.say(lang)}
            options |= {"input_message": hint, "error_message": _CHOICE_ERROR.say(lang)}
        elif hint:
            options |= {"validate": "any", "input_title": span.title[:32], "input_message": hint}
        else:
            continue
        if not options["input_message"]:
            del options["input_message"], options["input_title"]
        else:
            options["input_message"] = options["input_message"][:255]
        if len(ranges) > 1:
            options["other_cells"] = [[b.top - 1, b.left - 1, b.bottom - 1, b.right - 1] for b in ranges[1:]]
        page.call("data_validation", str(ranges[0]), options)


def _alike(layout: Layout, plan: SheetPlan) -> Iterator[list[Cell]]:
    groups: dict[tuple[Any, ...], list[Cell]] = {}
    for cell in layout.inputs:
        if cell.sheet == plan.id:
            help_of = cell.key.partition("@")[0] if plan.kind is Kind.FORM else ""
            same = cell.type, cell.minimum, cell.maximum, cell.choices, _family(cell), help_of
            groups.setdefault(same, []).append(cell)
    yield from groups.values()


def _family(cell: Cell) -> str:
    """Months validate together with their year."""
    return cell.key.rpartition("@")[2].partition(".")[0]


def _bounds(low: Fraction | None, high: Fraction | None, zh: bool) -> str:
    if low == 0 and high is None:
        return "不得为负" if zh else "not negative"
    parts = []
    if low is not None:
        parts.append(f"不小于 {show(low)}" if zh else f"at least {show(low)}")
    if high is not None:
        parts.append(f"不大于 {show(high)}" if zh else f"at most {show(high)}")
    return ("、" if zh else ", ").join(parts) or ("不含文字" if zh else "no words")


def conditional_formats(page: Page, layout: Layout, plan: SheetPlan) -> None:
    """Texts and negatives in number cells, a split that does not add up, the colours of results."""
    red = page.book.format({"bg_color": looks.RED, "font_color": looks.RED_TEXT})
    numeric = [cell for cell in layout.inputs if cell.sheet == plan.id and cell.type.numeric]
    if numeric:
        ranges = boxes((c.sheet, c.row, c.column) for c in numeric)
        at = ranges[0].first
        low = min((c.minimum for c in numeric if c.minimum is not None), default=None)
        outside = f",AND(ISNUMBER({at}),{at}<{plain(low)})" if low is not None else ""
        _conditional(page, ranges, f"=OR(ISTEXT({at}),ISERROR({at}){outside})", red)
    rest = [
        cell
        for cell in layout.cells.values()
        if cell.sheet == plan.id and cell.role is Role.CALCULATED and cell.key.endswith(".rest")
    ]
    if rest:
        ranges = boxes((c.sheet, c.row, c.column) for c in rest)
        amber = page.book.format({"bg_color": looks.AMBER, "font_color": looks.AMBER_TEXT})
        _conditional(page, ranges, f"=ROUND({ranges[0].first},2)<>0", amber)
    for placed in layout.rules:
        _broken_lines(page, layout, plan, placed)
    result_colours(page, a1(NOTE_ROW, 2), layout)
    if plan.id == CHECKS:
        column = plan.span("result").number
        result_colours(page, f"{a1(FIRST_ROW, column)}:{a1(plan.last_row, column)}", layout)


def _broken_lines(page: Page, layout: Layout, plan: SheetPlan, placed: PlacedRule) -> None:
    """The cells that a rule, asked line by line, is about: red or amber where it is broken."""
    lines = [asked for asked in placed.asked if asked.code and layout.cells[asked.at].sheet == plan.id]
    if not lines:
        return
    red = placed.rule.effective is Severity.ERROR
    back, text = (looks.RED, looks.RED_TEXT) if red else (looks.AMBER, looks.AMBER_TEXT)
    cells = [layout.cells[asked.at] for asked in lines]
    ranges = boxes((cell.sheet, cell.row, cell.column) for cell in cells)
    helper = letters(layout.cells[f"{lines[0].code}@{placed.column}"].column)
    style = page.book.format({"bg_color": back, "font_color": text})
    _conditional(page, ranges, f"=${helper}{ranges[0].top}>0", style)


def below_zero(page: Page, address: str) -> None:
    """Red where the number in ``address`` is negative, green where not."""
    red = page.book.format({"bg_color": looks.RED, "font_color": looks.RED_TEXT})
    green = page.book.format({"bg_color": looks.GREEN, "font_color": looks.GREEN_TEXT})
    _conditional(page, [address], f"=ROUND({address},2)<0", red)
    _conditional(page, [address], f"=ROUND({address},2)>=0", green)


def result_colours(page: Page, box: str, layout: Layout) -> None:
    """通过 green, 不通过 red, 提示 and 未完成 amber; the word itself says the same."""
    at = box.split(":")[0]
    for word, back, text in (
        (PASS, looks.GREEN, looks.GREEN_TEXT),
        (FAIL, looks.RED, looks.RED_TEXT),
        (HINT, looks.AMBER, looks.AMBER_TEXT),
        (INCOMPLETE, looks.AMBER, looks.AMBER_TEXT),
    ):
        said = word.say(layout.lang)
        style = page.book.format({"bg_color": back, "font_color": text})
        _conditional(page, [box], f'=LEFT({at},{len(said)})="{said}"', style)


def _conditional(page: Page, ranges: Sequence[object], formula: str, style: Any) -> None:
    options = {"type": "formula", "criteria": formula, "format": style}
    if len(ranges) > 1:
        options["multi_range"] = " ".join(map(str, ranges))
    page.call("conditional_format", str(ranges[0]), options)
