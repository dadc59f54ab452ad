"""The demonstration: the whole loop on the samples, and a small round, as a group would run them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from itertools import count
from pathlib import Path

from crmxl.commands.collecting import collect_files, record_nil
from crmxl.commands.distributing import distribute_workbooks
from crmxl.commands.receiving import bench, print_totals, read_all, render_totals, write_copies
from crmxl.commands.reviewing import approve_units, return_units
from crmxl.commands.rounds import init_round
from crmxl.commands.standing import show_status
from crmxl.commands.totalling import consolidate_round
from crmxl.define.round import ROUND
from crmxl.demo import filled, samples
from crmxl.files import write_atomically
from crmxl.group.consolidate import consolidate
from crmxl.model import Key, Lang, Text
from crmxl.report.findings_text import print_findings, print_verdicts
from crmxl.report.tables import console, progress
from crmxl.resources import folder as shipped

_ISSUED, _RETURNED = Text("1-下发", "1-issued"), Text("2-上报", "2-returned")
_MARKED, _GROUP = Text("3-问题", "3-findings"), Text("4-汇总", "4-group")
_BOOK = Text("集团汇总", "group-totals")
_STEPS = (
    Text(
        "一、下发 {count} 份空白工作簿，收回 {count} 份填好的",
        "1. {count} blank workbooks out, {count} filled ones back",
    ),
    Text("二、校验收回的工作簿", "2. Returned workbooks checked"),
    Text("三、汇总通过校验的工作簿", "3. Workbooks that pass, added up"),
    Text(
        "四、编制轮次：8 个单位三级，区域报客户关系费用、城市报营销策划，各发各的工作簿",
        "4. A round: 8 units in three levels, a workbook for each region and city",
    ),
    Text("五、收件：两份有错误，西南和成都还没交", "5. What comes in: two files have errors, two are missing"),
    Text(
        "六、成都零申报，华东被退回；改好的、补充的、迟到的再收；审核通过",
        "6. A nil return, one sent back; the corrected ones come in; approvals",
    ),
    Text("七、从台账汇总", "7. Totals from the ledger"),
    Text("八、文件在这里", "8. Where the files are"),
)
_STORY = Text(
    "{name} 的合计和总计被直接键入了来源文件写的 26,000 和 134,000，盖住了公式；这样的合计不会进入集团汇总。",
    "In {name} the totals stated by the source document, 26,000 and 134,000, were typed over the formulas; no such "
    "total reaches the group's.",
)
_PLACES = (
    (_ISSUED, Text("发给各单位的空白工作簿", "what goes out")),
    (_RETURNED, Text("各单位填好的工作簿", "what comes back")),
    (_MARKED, Text("退回的副本，标出有问题的单元格", "marked copies that go back")),
    (
        _GROUP,
        Text("集团汇总工作簿，以及同样数字的 JSON 和 CSV", "group workbook, and the same figures as JSON and CSV"),
    ),
)
_ROUND = Text("5-轮次", "5-round")
_ROUND_HOLDS = Text(
    "轮次文件夹：下发、收件、退回、台账、汇总；教程见 docs/rounds.md",
    "the round: what went out, came in and went back, its ledger and totals; the tutorial is docs/rounds.md",
)
_TEMPLATES = ("customer-relations@1", "cosmetics-plan@1")
_ASKING = """
[[issue]]
template = "customer-relations@1"
unit_types = ["区域"]
name = "客户关系"

[[issue]]
template = "cosmetics-plan@1"
unit_types = ["城市"]
name = "营销策划"

[[review]]
roles = ["customer-relations", "finance"]
unit_types = ["区域"]

[[review]]
roles = ["customer-relations"]
unit_types = ["城市"]

[roles]
customer-relations = "集团客户关系部"
finance = "集团财务管理中心"
"""
_OVER_CAP: Mapping[Key, Fraction | str] = {"1.1.1@amount": Fraction(30000), "1.1.1@amount.02": Fraction(23040)}
_UNREAD: Mapping[Key, Fraction | str] = {"1.1.1@amount": "1.5万"}
_CLERK, _FINANCE = "王敏", "李军"
_NAME = Text("2026年度预算一上", "Budget 2026, first stage")
_INBOX, _BACK = Text("收件", "inbox"), Text("退回", "returned")
_STANDING = Text("进展", "status")
_NIL = Text("本年没有营销活动", "no marketing this year")
_COMMENT = Text("场次比上年多，请说明理由", "more events than last year: why?")
_ANSWER = Text("新增苏州两个项目", "two new projects in Suzhou")


def show_demo(folder: Path, lang: Lang) -> None:
    """Run the loop into ``folder`` and show each step."""
    to = console()
    made = list(samples(lang))
    paths = []
    for sample in made:
        write_atomically(folder / _ISSUED.say(lang) / sample.name, sample.issued)
        paths.append(folder / _RETURNED.say(lang) / sample.name)
        write_atomically(paths[-1], sample.returned)

    def step(number: int) -> None:
        to.print()
        to.print(_STEPS[number].say(lang).format(count=len(made)), style="bold")

    step(0)
    for sample in made:
        if sample.faulty:
            to.print(_STORY.say(lang).format(name=sample.name))
    step(1)
    reports = read_all(paths, lang, bench())
    print_verdicts(to, reports, lang)
    to.print()
    for report in reports:
        if report.findings:
            print_findings(to, [report], lang)
    write_copies(reports, folder / _MARKED.say(lang))
    step(2)
    totals = consolidate(reports)
    print_totals(to, totals, lang)
    source = str(folder / _RETURNED.say(lang))
    for form in progress(("xlsx", "json", "csv"), _STEPS[2].say(lang)):
        write_atomically(
            folder / _GROUP.say(lang) / f"{_BOOK.say(lang)}.{form}",
            render_totals(totals, form, lang, source),
        )
    place = _free(folder, _ROUND.say(lang))
    _show_round(place, lang, lambda number: step(3 + number))
    step(7)
    for path, what in (*((folder / name.say(lang), what) for name, what in _PLACES), (place, _ROUND_HOLDS)):
        to.print(f"  {path}  {what.say(lang)}", soft_wrap=True)


def _free(folder: Path, name: str) -> Path:
    """A place for a new round in ``folder``: a ledger is never made anew over an old one."""
    return next(place for number in count(1) if not (place := folder / f"{name}{f'-{number}' * (number > 1)}").exists())


def _show_round(place: Path, lang: Lang, step: Callable[[int], None]) -> None:
    """A round of the sample units in the new folder ``place``: out, in, back, in again, approved, added up."""
    first, second = (place / _INBOX.say(lang) / name for name in "12")
    returned = place / _BACK.say(lang)

    def comes(box: Path, unit: str, sample: str, otherwise: Mapping[Key, Fraction | str] | None = None) -> None:
        write_atomically(box / f"{unit}.xlsx", filled(place, unit, sample, otherwise))

    def collect(box: Path, annotate: Path | None = None) -> None:
        collect_files([box], lang, annotate=annotate, sender="", by=_CLERK, round=place, as_json=False)

    def approve(units: tuple[str, ...], role: str, by: str) -> None:
        approve_units(units, lang, role=role, comment="", adjust=None, template="", by=by, round=place)

    def status(output: Path | None = None) -> None:
        show_status(lang, only=(), form=None, output=output, chase=None, round=place)

    step(0)
    _begin_round(place, lang)
    distribute_workbooks(lang, only=(), changed=False, zipped=False, by=_CLERK, round=place, as_json=False)
    step(1)
    comes(first, "HN", "customer-relations/south-china", _OVER_CAP)
    comes(first, "HD", "customer-relations/east-china")
    comes(first, "HN01", "cosmetics-plan/south-china")
    comes(first, "HN02", "cosmetics-plan/north-china")
    comes(first, "HD01", "cosmetics-plan/east-china", _UNREAD)
    collect(first, returned)
    status()
    step(2)
    record_nil("XN01", lang, reason=_NIL.say(lang), template="", by=_CLERK, round=place)
    comment = f"1.1.2@amount={_COMMENT.say(lang)}"
    return_units(("HD",), lang, role="", comments=(comment,), annotate=returned, template="", by=_CLERK, round=place)
    comes(second, "HN", "customer-relations/south-china")
    comes(second, "HD", "customer-relations/east-china", {"1.1.2@growth_reason": _ANSWER.say(lang)})
    comes(second, "XN", "customer-relations/central-china")
    comes(second, "HD01", "cosmetics-plan/east-china")
    collect(second)
    approve(("HN", "HD", "XN", "HN01", "HN02", "HD01", "XN01"), "customer-relations", _CLERK)
    approve(("HN", "HD", "XN"), "finance", _FINANCE)
    step(3)
    book = place / f"{_BOOK.say(lang)}.xlsx"
    consolidate_round(
        lang, output=book, form=None, round=place, include="approved", figures="approved", against=None, by=_CLERK
    )
    status(place / f"{_STANDING.say(lang)}.xlsx")


def _begin_round(place: Path, lang: Lang) -> None:
    """The round's folder, silently, with its settings changed as an operator would."""
    units = shipped("samples") / "rounds" / "small" / "units.csv"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        init_round(place, lang, templates=_TEMPLATES, units=units, year=2026, name=_NAME.say(lang))
    settings = (place / ROUND).read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in settings if not line.startswith("templates"))
    write_atomically(place / ROUND, (kept + _ASKING).encode())
