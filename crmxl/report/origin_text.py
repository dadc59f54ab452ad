"""Where totals of a round come from, for people at a terminal: what they go by, adjustments, waivers, another round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmxl.catalogue import word
from crmxl.group.origin import FIGURES, INCLUDE, Adjustment, Origin
from crmxl.group.totals import Totals, named
from crmxl.model import Lang, Text
from crmxl.money import show_fen
from crmxl.report.stages import print_stages, signed, stage_name
from crmxl.report.tables import indented, print_table

if TYPE_CHECKING:
    from rich.console import Console

_HEAD = Text(
    "{round}　台账位置 {position}（回执 {receipt}）　{include}，{figures}",
    "{round}  ledger position {position} (receipt {receipt})  {include}, {figures}",
)
_INPUTS = Text("输入摘要 {inputs}", "Digest of inputs {inputs}")
_EMPTY = Text("台账还没有记录", "the ledger is empty")
_PROVISIONAL = Text(
    "暂计：其中 {count} 份尚未审核通过，合计可能还会变。",
    "Provisional: {count} of what counts here is not approved yet; the totals may still change.",
)
_STALE = Text(
    "{count} 份是按以前的轮次记录校验的，请运行 crmxl recheck：{units}",
    "Judged by earlier records of the round: {count}; run crmxl recheck: {units}",
)
_CHANGES = Text("审核调整 {count} 项", "Adjustments: {count}")
_WAIVED = Text("特批 {count} 项", "Waivers: {count}")
_NIL = Text("零申报 {count} 份：{units}", "Nil returns: {count}: {units}")
_COLUMNS = (
    Text("预算单位", "Unit"),
    Text("项目", "Item"),
    Text("上报数", "Submitted"),
    Text("调整", "Change"),
    Text("核定数", "Approved"),
    Text("理由", "Reason"),
)
_MOST_UNITS = 10


def print_head(to: Console, origin: Origin, lang: Lang) -> None:
    """What the totals go by, and that they are provisional where they are."""
    said = _HEAD.say(lang).format(
        round=stage_name(origin, lang),
        position=origin.position,
        receipt=origin.receipt or _EMPTY.say(lang),
        include=INCLUDE[origin.include].say(lang),
        figures=FIGURES[origin.figures].say(lang),
    )
    to.print(indented(said, "", to.width), style="bold", soft_wrap=True)
    to.print(_INPUTS.say(lang).format(inputs=origin.inputs), soft_wrap=True)
    if origin.provisional:
        to.print(_PROVISIONAL.say(lang).format(count=len(origin.not_approved)), style="bold yellow", soft_wrap=True)
    to.print()


def print_origin(to: Console, totals: Totals, lang: Lang) -> None:
    """What reviewers changed, what was waived, nil returns, stale judgements, and the other round."""
    origin = totals.origin
    if origin is None:
        return
    if origin.adjustments:
        title = _CHANGES.say(lang).format(count=origin.changes)
        rows = [_adjustment(one, lang) for one in origin.adjustments]
        print_table(to, tuple(text.say(lang) for text in _COLUMNS), rows, right=(2, 3, 4), title=title)
        to.print()
    if origin.nil:
        units = _listed([named(one.unit, one.unit_name, lang) for one in origin.nil], lang)
        to.print(_NIL.say(lang).format(count=len(origin.nil), units=units), soft_wrap=True)
    if origin.waived:
        to.print(_WAIVED.say(lang).format(count=len(origin.waived)) + ("：" if lang == "zh" else ":"), style="bold")
        for one in origin.waived:
            said = f"{named(one.unit, one.unit_name, lang)} {one.finding.code} {word(one.finding, lang).message}"
            to.print(indented(said, "  ", to.width), soft_wrap=True)
    if origin.stale:
        units = _listed(list(dict.fromkeys(named(one.unit, one.unit_name, lang) for one in origin.stale)), lang)
        to.print(_STALE.say(lang).format(count=len(origin.stale), units=units), soft_wrap=True)
    if totals.against is not None:
        to.print()
        print_stages(to, totals.against, origin, lang)


def _adjustment(one: Adjustment, lang: Lang) -> tuple[str, ...]:
    role = one.called.say(lang)
    who = f"（{role}，{one.by}）" if lang == "zh" else f" ({role}, {one.by})"
    return (
        named(one.unit, one.unit_name, lang),
        f"{one.key} {one.title}",
        show_fen(one.submitted),
        signed(one.change),
        show_fen(one.approved),
        one.reason + who,
    )


def _listed(units: list[str], lang: Lang) -> str:
    mark, more = ("、", f" 等 {len(units)} 个") if lang == "zh" else (", ", f" and {len(units) - _MOST_UNITS} more")
    return mark.join(units[:_MOST_UNITS]) + (more if len(units) > _MOST_UNITS else "")
