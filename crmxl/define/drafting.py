"""The text of a template, and of the policy that holds its bounds, drafted from an account list: for a person to go on
from, in the order and the looks of the templates that crmxl ships.

Owns TOML. Must not know files, nor how a list is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crmxl.define.account_tree import HIGH, LOW, OWN_CODE, Outline
from crmxl.model import Group, Line, Section, Text
from crmxl.money import plain
from crmxl.signs import visible

_COUNTED = Text(
    "{sections} 个部分、{groups} 个小类、{lines} 个项目", "sections: {sections}, groups: {groups}, lines: {lines}"
)
_PURPOSE = Text(
    "用于编制{title}：逐项填报金额，由集团汇总。",
    "Plans {title}: each line gets an amount; the group adds them up.",
)
_AMOUNT = Text(
    "逐项填写“金额”（单位：元，最多两位小数）；没有该项费用时留空或填 0。",
    "Enter the amount of each line in yuan, with at most two decimals; leave it blank or enter 0 where there is none.",
)
_MONTHS = Text(
    "先填全年金额，再分解到各月；十二个月之和应等于全年，“未分解”应为 0。",
    "Enter the year first, then its months; the twelve months add up to the year and nothing is left unsplit.",
)
_BASIS = Text(
    "金额不为 0 的项目行写明“测算依据”：数量、单价和来源。",
    "Every line with an amount needs a basis: quantity, unit price and source.",
)
_BOUNDS = Text(
    "有“下限”“上限”的项目，金额应在两者之间；界限由集团下达，不能修改。",
    "Where a line has a lower or an upper limit, its amount keeps to it; limits come from the group and are locked.",
)
_NOTE = Text("单位：元。没有的费用留空。", "In yuan. Leave blank what there is none of.")
_OPEN = Text(
    "清单以外的费用填在空白行：先写名称，再填金额。",
    "Costs that the list does not name go into blank lines: first the name, then the amount.",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is drafted."""

    id: str
    """Of the template, and of its policy."""
    title: Text
    source: str
    """The list's file name."""
    outline: Outline
    months: bool = False
    """Whether amounts are split into months."""
    basis: bool = True
    """Whether each amount needs a basis."""

    def bounded(self, bound: str) -> tuple[str, ...]:
        """Codes of the lines that have ``low`` or ``high``."""
        return tuple(line.code for line in self.outline.lines if bound in line.values)

    @property
    def ruled(self) -> bool:
        """Whether there are bounds, and so a policy."""
        return bool(self.bounded(LOW) or self.bounded(HIGH) or self.outline.limits)

    def counted(self) -> Text:
        """How many sections, groups and lines there are."""
        there = self.outline
        return _COUNTED.filled(sections=len(there.sections), groups=len(there.groups), lines=len(there.lines))


def template_text(draft: Draft) -> str:
    """The template as TOML: one grid, and what its lines need of columns."""
    steps = [_AMOUNT, *([_MONTHS] if draft.months else []), *([_BASIS] if draft.basis else [])]
    owners: list[Section | Group] = [*draft.outline.sections, *draft.outline.groups]
    steps += [_BOUNDS] if draft.bounded(LOW) or draft.bounded(HIGH) else []
    steps += [_OPEN] if any(owner.open for owner in owners) else []
    title = draft.title
    sheets = [
        *_block("[purpose]", Text(_PURPOSE.zh.replace("{title}", title.zh), _purpose_en(title))),
        *(line for step in steps for line in _block("[[steps]]", step)),
        "[[sheet]]",
        'id = "plan"',
        f"title = {_text(Text('费用预算', 'Budget'))}",
        'kind = "grid"',
        f"note = {_text(_NOTE)}",
        "",
        *_columns(draft),
    ]
    body = [line for section in draft.outline.sections for line in _section(section, draft.outline.notes)]
    return "\n".join([*_head(draft), *sheets, *body])


def _purpose_en(title: Text) -> str:
    return _PURPOSE.en.replace("{title}", f"“{title.en}”" if title.en else "the budget")


def _head(draft: Draft) -> Iterator[str]:
    counted = draft.counted()
    yield _comment(
        f"{draft.title.zh}: 由科目表 {draft.source} 生成，{counted.zh}；可以接着改，改后用 crmxl check-template 检查。"
    )
    yield _comment(f"Drafted from the account list {draft.source}: {counted.en}; go on from here, then check-template.")
    if draft.outline.renamed:
        yield "# 编码改成了逐级的写法（6601 > 6601.01），科目表自己的编码在 account 列，单位看得到，不能改。"
        yield "# Codes are nested by dots; the list's own codes stand in the column account, locked."
    if draft.ruled:
        yield f"# 界限由制度 policies/{draft.id}.toml 检查。The bounds are held by that policy."
    yield f'id = "{draft.id}"'
    yield "version = 1"
    yield f"title = {_text(draft.title)}"
    yield 'total = "total@amount"'
    yield ""


def _block(head: str, text: Text) -> tuple[str, ...]:
    return head, f"zh = {_string(text.zh)}", f"en = {_string(text.en)}", ""


def _columns(draft: Draft) -> Iterator[str]:
    if draft.outline.renamed:
        yield from _column(OWN_CODE, Text("科目编码", "Account"), "text", "issued = true", "width = 12")
    help = Text(
        "预算金额，单位：元，最多两位小数；没有则留空。", "Budget in yuan, at most two decimals; leave blank if none."
    )
    months = ("months = true",) if draft.months else ()
    yield from _column("amount", Text("金额", "Amount"), "money", *months, "total = true", f"help = {_text(help)}")
    for bound, title in ((LOW, Text("下限", "Lower limit")), (HIGH, Text("上限", "Upper limit"))):
        if draft.bounded(bound):
            yield from _column(bound, title, "money", "issued = true", 'consolidate = "none"')
    if draft.basis:
        help = Text("写明数量、单价和来源。", "Quantity, unit price and source.")
        settings = ('required_if = "amount <> 0"', "width = 40", f"help = {_text(help)}")
        yield from _column("basis", Text("测算依据", "Basis"), "text", *settings)


def _column(id: str, title: Text, type: str, *settings: str) -> tuple[str, ...]:
    return "[[sheet.columns]]", f'id = "{id}"', f"title = {_text(title)}", f'type = "{type}"', *settings, ""


def _section(section: Section, notes: Mapping[str, str]) -> Iterator[str]:
    yield from _owner("[[sheet.section]]", section, notes)
    for group in section.groups:
        yield from _owner("[[sheet.section.group]]", group, notes)


def _owner(head: str, owner: Section | Group, notes: Mapping[str, str]) -> Iterator[str]:
    """A section or group with its own lines."""
    if owner.code in notes:
        yield _comment(notes[owner.code])
    yield head
    yield f'code = "{owner.code}"'
    yield f"title = {_text(owner.title)}"
    if owner.open:
        yield f"open = {owner.open}"
    if owner.lines:
        yield "lines = ["
        yield from (f"    {_line(line)},{_remark(notes.get(line.code, ''))}" for line in owner.lines)
        yield "]"
    yield ""


def _line(line: Line) -> str:
    parts = [f'code = "{line.code}"', f"title = {_text(line.title)}"]
    if line.tags:
        parts.append(f"tags = [{', '.join(map(_string, line.tags))}]")
    if line.values:
        values = (f"{id} = {_string(value) if id == OWN_CODE else value}" for id, value in line.values.items())
        parts.append(f"values = {{ {', '.join(values)} }}")
    return f"{{ {', '.join(parts)} }}"


def _remark(note: str) -> str:
    return f"  {_comment(note)}" if note else ""


def _comment(text: str) -> str:
    """``text`` as a comment of one line, whatever is in it."""
    return f"# {visible(text)}"


def _text(text: Text) -> str:
    """A text as an inline table, without English where there is none."""
    en = f", en = {_string(text.en)}" if text.en else ""
    return f"{{ zh = {_string(text.zh)}{en} }}"


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes, and DEL, which JSON leaves alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# -- the policy --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of the policy."""

    name: str
    asked: str
    """``each`` or ``params``, as a line of TOML."""
    assertion: str
    title: Text
    message: Text
    fix: Text


def policy_text(draft: Draft, taken: Iterable[str] = ()) -> str:
    """The policy as TOML; its rules have the first codes from P901 on that are not ``taken``."""
    rules = [*_line_rules(draft), *_heading_rules(draft)]
    used = set(taken)
    free = (code for number in range(901, 100_000) if (code := f"P{number}") not in used)
    sets = []
    for bound, title in (
        (LOW, Text("有下限的项目", "Lines with a minimum")),
        (HIGH, Text("有上限的项目", "Lines with a maximum")),
    ):
        if codes := draft.bounded(bound):
            sets += [f"[sets.{_SETS[bound]}]", f"title = {_text(title)}", f"codes = {_list(codes)}", ""]
    title = Text(f"{draft.title.zh}：金额界限", f"{draft.title.en or draft.id}: bounds")
    return "\n".join(
        [
            _comment(f"{draft.title.zh}: 科目表 {draft.source} 里的下限和上限；报了数才检查。"),
            _comment(f"The bounds of the account list {draft.source}, asked once anything is planned."),
            "# 编码不能和同一轮次的其他制度重复。Codes differ from those of the round's other policies.",
            f'id = "{draft.id}"',
            "version = 1",
            f"title = {_text(title)}",
            "",
            *sets,
            *(line for code, rule in zip(free, rules, strict=False) for line in _rule(code, rule, draft.id)),
        ]
    )


_SETS = {LOW: "with_minimum", HIGH: "with_maximum"}
_LOW_FIX = Text("请调增至少 {excess} 元，或申请特批。", "Raise it by at least {excess} yuan, or ask for a waiver.")
_HIGH_FIX = Text("请调减至少 {excess} 元，或申请特批。", "Reduce it by at least {excess} yuan, or ask for a waiver.")
_UNDER = Text("低于下限 {right} 元，差 {excess} 元。", "is under the minimum of {right} yuan by {excess} yuan.")
_OVER = Text("超过上限 {right} 元，超出 {excess} 元。", "is over the maximum of {right} yuan by {excess} yuan.")


def _line_rules(draft: Draft) -> Iterator[_Rule]:
    if draft.bounded(LOW):
        yield _Rule(
            "line-under-minimum",
            f'each = "{_SETS[LOW]}"',
            "amount >= low",
            Text("单项费用不低于下限", "No line is under its minimum"),
            Text(f"{{line}}：{{left}} 元，{_UNDER.zh}", f"{{line}}: {{left}} yuan {_UNDER.en}"),
            _LOW_FIX,
        )
    if draft.bounded(HIGH):
        yield _Rule(
            "line-over-maximum",
            f'each = "{_SETS[HIGH]}"',
            "amount <= high",
            Text("单项费用不超过上限", "No line is over its maximum"),
            Text(f"{{line}}：{{left}} 元，{_OVER.zh}", f"{{line}}: {{left}} yuan {_OVER.en}"),
            _HIGH_FIX,
        )


def _heading_rules(draft: Draft) -> Iterator[_Rule]:
    """A rule for each bound of a heading; its limit stands in the rule."""
    for number, (code, account) in enumerate(draft.outline.limits.items(), 1):
        zh, en = f"{code} {account.title.zh}", f"{code} {account.title.say('en')}"
        sides: tuple[tuple[str, str, Fraction | None, Text, Text, Text], ...] = (
            ("under-minimum", ">= low", account.low, Text("不低于下限", "is not under its minimum"), _UNDER, _LOW_FIX),
            ("over-maximum", "<= high", account.high, Text("不超过上限", "is not over its maximum"), _OVER, _HIGH_FIX),
        )
        for side, compared, bound, what, said, fix in sides:
            if bound is not None:
                yield _Rule(
                    f"heading-{number}-{side}",
                    f'params = {{ {compared.split()[1]} = "{plain(bound)}" }}',
                    f"SUM({code}.*@amount) {compared}",
                    Text(f"{zh} {what.zh}", f"{en} {what.en}"),
                    Text(f"{_braced(zh)}合计 {{left}} 元，{said.zh}", f"{_braced(en)}: {{left}} yuan {said.en}"),
                    fix,
                )


def _braced(text: str) -> str:
    """``text`` in a message, where braces are placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


def _rule(code: str, rule: _Rule, template: str) -> tuple[str, ...]:
    words = ((name, getattr(rule, name)) for name in ("title", "message", "fix"))
    return (
        "[[rule]]",
        f'code = "{code}"',
        f'name = "{rule.name}"',
        'severity = "error"',
        f'applies_to = ["{template}"]',
        rule.asked,
        'when = "total@amount > 0"',
        f"assert = {_string(rule.assertion)}",
        *(line for name, text in words for line in _block(f"[rule.{name}]", text)[:-1]),
        "",
    )


def _list(codes: Sequence[str]) -> str:
    return f"[{', '.join(map(_string, codes))}]"
