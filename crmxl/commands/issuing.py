"""Making one workbook from a template, an assignment and what the operator prefills."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from crmxl.commands.output import say
from crmxl.commands.rounds_folder import keep_records
from crmxl.define.entries import load_entries
from crmxl.define.library import SUFFIX, Library
from crmxl.define.policies import Policies, live
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.define.sizes import differing, read_rows, wrong_rows
from crmxl.errors import CrmxlError
from crmxl.files import slug, write_atomically
from crmxl.issue.assigning import Asked, Assigner
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out_for
from crmxl.issue.phase import phase_even
from crmxl.issue.places import FLAG
from crmxl.issue.workbook import issued_values, write
from crmxl.model import Assignment, Lang, Template, Text
from crmxl.money import show
from crmxl.signs import visible

MOST_NAME = 60
"""Characters of a unit's code or name; more fit neither a footer nor a file name."""
_MADE = Text("已生成 {facts}", "Made: {facts}")
_FACTS = Text("{template}，{year} 年度", "{template}, {year}")
_UNIT = Text("，预算单位 {unit}", ", unit {unit}")
_TOTAL = Text("，总额 {total} 元，校验状态：{flag}", ", total {total} yuan, check: {flag}")


def make_workbook(
    name: str,
    output: Path | None,
    lang: Lang,
    *,
    unit: str,
    unit_name: str,
    year: int | None,
    data: Path | None,
    deadline: str,
    contact: str,
    parts: str,
    first_month: int,
    rows: str,
    phase: str | None,
    round: Path | None,
) -> None:
    """Write the workbook; its path goes to stdout, what it is to stderr."""
    unit, unit_name = _named(unit, "--unit"), _named(unit_name, "--unit-name")
    chosen = tuple(part.strip() for part in parts.replace("，", ",").split(",") if part.strip())
    if round is not None:
        asked, secret = _of_round(round, name, unit)
        layout, given, prefilled = asked.layout, asked.assignment, asked.prefilled
        lang = layout.lang
    else:
        template, secret, prefilled = Library().load(name), b"", {}
        rules = live(template, policies_beside(Path(name).parent) if name.endswith(SUFFIX) else Policies())
        given = Assignment(
            unit=unit or unit_name,
            unit_name=unit_name,
            year=year or budget_year(date.today()),
            deadline=deadline,
            contact=contact,
            parts=chosen,
            first_month=first_month,
            rows=_rows(template, rows),
            lang=lang,
            policies=tuple(rule.name for rule in rules),
        )
        layout = lay_out_for(template, given, rules)
    inputs, parameters = load_entries(data, layout) if data else ({}, {})
    inputs = {**prefilled, **inputs}
    if phase == "even":
        inputs = phase_even(layout, inputs)
    assignment = replace(given, parts=layout.parts, parameters={**parameters, **given.parameters})
    template = layout.template
    path = output or _free(
        Path(f"{'-'.join(filter(None, (template.id, slug(unit) if unit else '', str(layout.year))))}.xlsx")
    )
    keep_records(None, path)
    write_atomically(path, write(layout, assignment, inputs, secret=secret))
    print(visible(str(path)))
    facts = _FACTS.say(lang).format(template=template.name, year=layout.year)
    if given.unit:
        facts += _UNIT.say(lang).format(unit=given.unit_name or given.unit)
    if inputs:
        values = calculate(layout, {**issued_values(layout, assignment), **inputs})
        total = values.get(template.total)
        shown = show(total) if isinstance(total, Fraction) else str(total)
        facts += _TOTAL.say(lang).format(total=shown, flag=values[FLAG])
    say(_MADE.say(lang).format(facts=facts))


def _of_round(folder: Path, name: str, unit: str) -> tuple[Asked, bytes]:
    """What is asked in one unit's workbook, and the key: all by the round's records, as when it is distributed."""
    records = load_round(folder)
    if not unit:
        raise CrmxlError("--round 要与 --unit 编码 一起用 · --round goes with --unit CODE")
    there = {one.template for one in records.issues_for(records.unit(unit))}
    found = next((one for one in there if name in (one, one.partition("@")[0])), None)
    if found is None:
        raise CrmxlError(
            f"{name}: 本轮次给 {unit} 的模板是 {'、'.join(sorted(there)) or '（无）'} · "
            f"this round's templates for {unit} are {', '.join(sorted(there)) or '(none)'}"
        )
    return Assigner(records, round_library(folder), policies_beside(folder)).ask(unit, found), records.key


def _rows(template: Template, text: str) -> dict[str, int]:
    """The choice of ``--rows`` as it is offered."""
    try:
        asked = read_rows(text)
        wrong = wrong_rows([template], asked)
    except ValueError as error:
        asked, wrong = {}, f"“{error}”应写成 customers=300 这样 · found `{error}`; write customers=300"
    if wrong:
        raise CrmxlError(f"--rows: {wrong}")
    return differing(template, asked)


def _named(name: str, option: str) -> str:
    """A unit's code or name without blanks around it; refused where it has signs that nobody sees, or is too long."""
    name = name.strip()
    if not name.isprintable() or len(name) > MOST_NAME:
        raise CrmxlError(
            f"{option}: 单位名称最多 {MOST_NAME} 个字，不能含看不见的字符 · at most {MOST_NAME} visible characters"
        )
    return name


def budget_year(today: date) -> int:
    """The year that is being budgeted: this one until June, the next from July, when budgeting for it begins."""
    return today.year + (today.month >= 7)


def _free(path: Path) -> Path:
    """``path``, where no file is in the way: a name that nobody chose must not replace a filled workbook."""
    if path.exists():
        raise CrmxlError(f"{path}: 已存在，请用 -o 指定文件名 · exists already; name the file with -o")
    return path
