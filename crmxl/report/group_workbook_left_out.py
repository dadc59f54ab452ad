"""未纳入与提示: what does not count and why, what counts with a caution, and what was found across submissions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmxl.catalogue import word
from crmxl.group.origin import Origin, Source
from crmxl.group.totals import LeftOut, Totals
from crmxl.issue import looks
from crmxl.issue.book import Page
from crmxl.issue.places import RowKind
from crmxl.model import Lang, Text
from crmxl.report.group_workbook_page import Desk, close, height, label
from crmxl.report.group_workbook_plan import LEFT_OUT

_OUT_COLUMNS = (
    (Text("文件", "File"), 36),
    (Text("预算单位", "Unit"), 20),
    (Text("模板", "Template"), 22),
    (Text("原因", "Why"), 66),
    (Text("怎么办", "What to do"), 50),
)
_NONE = Text("（无）", "(none)")
_OUT_NOTE = Text(
    "第一部分的文件没有计入任何合计；“已纳入但有提示”的单位已计入。",
    "The files of the first part are in no total; units that have warnings count.",
)
_OUT_HEAD = Text("未纳入汇总的文件", "Files that do not count")
_MISSING_HEAD = Text("未交的单位", "Units that have not submitted")
_COPIES_HEAD = Text("内容相同、只计一次的文件", "Identical files, counted once")
_WARNED_HEAD = Text("已纳入但有提示的单位", "Units that count and have warnings")
_COMPARED_HEAD = Text("只与下级核对、不计入的上级文件", "Parents' files, only compared with the units below")
_FURTHER_HEAD = Text("汇总发现的问题", "Found across submissions")
_PROVISIONAL_HEAD = Text("暂计：已计入但尚未审核通过的", "Provisional: counted, not approved yet")
_NIL_HEAD = Text("零申报的单位（按 0 计入）", "Nil returns (they count as 0)")
_WAIVED_HEAD = Text("特批披露", "Waivers disclosed")
_STALE_HEAD = Text("校验后轮次记录已变的", "Judged by records that have changed since")
_NUMERALS = "一二三四五六七八九十"
_WAITS = Text(
    "第 {version} 版，回执 {receipt}，等待审核。", "Version {version}, receipt {receipt}, waits for approval."
)
_APPROVE = Text("审核通过后重新汇总。", "Consolidate again once it is approved.")
_DECLARED = Text("第 {version} 版，回执 {receipt}：{reason}", "Version {version}, receipt {receipt}: {reason}")
_NOTHING = Text("无需处理。", "Nothing to do.")
_CHANGED = Text(
    "第 {version} 版是按以前的单位表、限额或特批校验的。",
    "Version {version} was judged by earlier records: units, limits or waivers.",
)
_RECHECK = Text(
    "由集团管理轮次的人重新校验（crmxl recheck）；单位不用处理。",
    "Those who run the round judge them again (crmxl recheck); nothing for the unit to do.",
)
_NOT_VERIFIED = "I108"
_VERIFY = Text(
    "由集团汇总人与下达记录核对；不影响本次合计，单位不用处理。",
    "The group compares them with its own records; no total here is affected, and the unit has nothing to do.",
)


def write_left_out(desk: Desk, totals: Totals) -> None:
    """The sheet 未纳入与提示: files left out, copies, warnings of what counts; in a round, missing units, findings."""
    lang = desk.lang
    name = LEFT_OUT.say(lang)
    page = desk.book.sheet(name)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    page.text(1, 1, name, looks.TITLE)
    page.text(2, 1, _OUT_NOTE.say(lang), looks.NOTE)
    widths = [float(width) for _, width in _OUT_COLUMNS]
    for column, (title, width) in enumerate(_OUT_COLUMNS, 1):
        page.call("set_column", column - 1, column - 1, width)
        page.text(3, column, title.say(lang), looks.HEADER)
    row = 4
    warned = [
        LeftOut(unit.file, unit.unit, unit.name, block.template.name, unit.warnings)
        for block in totals.blocks
        for unit in block.disclosed
    ]
    further = [LeftOut(one.file, one.unit, one.unit_name, one.template, (one.finding,)) for one in totals.further]
    parts = [(_OUT_HEAD, totals.files_left_out), (_COPIES_HEAD, totals.duplicates), (_WARNED_HEAD, tuple(warned))]
    parts[1:1] = [(_MISSING_HEAD, totals.missing)] if totals.missing else []
    parts += [(_COMPARED_HEAD, totals.compared)] if totals.compared else []
    parts += [(_FURTHER_HEAD, tuple(further))] if further else []
    parts += [part for part in _from_ledger(totals.origin) if part[1]] if totals.origin else []
    for n, (head, files) in enumerate(parts, 1):
        heading = f"{_NUMERALS[n - 1]}、{head.zh}" if lang == "zh" else f"{n}. {head.en}"
        for column in range(1, len(widths) + 1):
            page.text(row, column, heading if column == 1 else "", looks.heading(RowKind.SECTION))
        row += 1
        for one in files:
            row = _file(page, row, one, lang, widths)
        if not files:
            page.text(row, 1, _NONE.say(lang), looks.NOTE)
            row += 1
    close(desk, page, name, widths, row - 1, fixed=1, header=3)


def _from_ledger(origin: Origin) -> Iterator[tuple[Text, tuple[LeftOut, ...]]]:
    """What a ledger tells of what counts, each part with its heading; parts may be empty."""
    yield _PROVISIONAL_HEAD, tuple(_told(one, _WAITS, _APPROVE) for one in origin.not_approved)
    yield _NIL_HEAD, tuple(_told(one, _DECLARED, _NOTHING) for one in origin.nil)
    waived = (LeftOut(one.file, one.unit, one.unit_name, one.template, (one.finding,)) for one in origin.waived)
    yield _WAIVED_HEAD, tuple(waived)
    yield _STALE_HEAD, tuple(_told(one, _CHANGED, _RECHECK) for one in origin.stale)


def _told(one: Source, said: Text, remedy: Text) -> LeftOut:
    words = {"version": one.version, "receipt": one.receipt, "reason": one.reason}
    reason = Text(said.zh.format(**words), said.say("en").format(**words))
    return LeftOut(one.file, one.unit, one.unit_name, one.template, reason=reason, remedy=remedy)


def _fix(one: LeftOut, lang: Lang) -> str:
    """What to do, for those who read figures and run no commands."""
    said = one.fix(lang)
    for finding in one.findings:
        if finding.code == _NOT_VERIFIED:
            said = said.replace(word(finding, lang, one.file).fix, _VERIFY.say(lang))
    return said


def _file(page: Page, row: int, one: LeftOut, lang: Lang, widths: Sequence[float]) -> int:
    texts = (one.file, one.shown(lang), one.template, one.why(lang), _fix(one, lang))
    style = {**label(), "valign": "top"}
    for column, text in enumerate(texts, 1):
        page.text(row, column, text, style)
    height(page, row, list(zip(texts, widths, strict=True)))
    return row + 1
