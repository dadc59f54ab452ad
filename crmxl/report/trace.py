"""A group figure opened, for people and as JSON: unit by unit down to file, sheet and cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmxl.group.opening import BEYOND, EFFECT, Entry, Figure, Share
from crmxl.group.origin import NIL, PROVISIONAL, Origin
from crmxl.group.totals import LeftOut, named
from crmxl.issue import looks
from crmxl.model import Lang, Text
from crmxl.money import from_fen, show_fen
from crmxl.report.group_workbook_facts import short_names
from crmxl.report.harmless import json_text, visible
from crmxl.report.origin import adjustment, ledger_of
from crmxl.report.stages import signed

if TYPE_CHECKING:
    from rich.console import Console

_TITLE = Text("{key} {title}（{template}，{year} 年度）：{amount}", "{key} {title} ({template}, {year}): {amount}")
_NO_SUM = Text("不相加", "is not added up")
_YUAN = Text("{amount} 元", "{amount} yuan")
_TOTAL = Text("合计", "Total")
_CHANGED = Text("调整", "adjusted")
_WHY = Text("{reason}（{role}，{by}）  {receipt}", "{reason} ({role}, {by})  {receipt}")
_VERSION = Text("第 {version} 版 {receipt}", "V{version} {receipt}")
_ZERO = Text("另有 {count} 个单位此项为 0。", "Units where it is 0: {count} more.")
_OUT = Text("未纳入 {count} 份：{units}", "Not in it: {count}: {units}")
_MOST_UNITS = 10
_WIDEST = 56
"""Columns of a name, beyond which its amount moves to the right."""


def trace_json(
    figures: Sequence[Figure], origin: Origin, left_out: Sequence[LeftOut], unit: str, lang: Lang
) -> dict[str, Any]:
    """The figures as plain values; amounts are decimal strings of 元, null for what does not add up."""
    return {
        **ledger_of(origin),
        "unit": unit,
        "figures": [
            {
                "template": figure.template.name,
                "year": figure.year,
                "key": figure.key,
                "title": figure.title,
                "total": _fen(figure.amount),
                "units": [_share(share, lang) for share in figure.shares],
            }
            for figure in figures
        ],
        "left_out": [
            {"template": one.template, "unit": one.unit, "unit_name": one.unit_name, "why": one.why(lang)}
            for one in left_out
        ],
    }


def trace_text(figures: Sequence[Figure], origin: Origin, left_out: Sequence[LeftOut], unit: str, lang: Lang) -> str:
    """The same as JSON text."""
    return json_text(trace_json(figures, origin, left_out, unit, lang))


def _share(share: Share, lang: Lang) -> dict[str, Any]:
    source = share.source
    return {
        "unit": share.unit,
        "unit_name": share.name,
        "total": _fen(share.amount),
        "file": source.file if source else "",
        "sha256": source.sha256 if source else "",
        "version": source.version if source else None,
        "receipt": source.receipt if source else "",
        "approved": bool(source and source.approved),
        "nil": bool(source and source.nil),
        "entries": [_entry(entry, lang) for entry in share.entries],
    }


def _entry(entry: Entry, lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": entry.kind,
        "key": entry.key,
        "title": _called(entry, lang),
        "sheet": entry.sheet,
        "cell": entry.cell,
        "amount": _fen(entry.amount),
    }
    if entry.amount is None:
        found["shown"] = entry.shown
    if entry.adjustment is not None:
        said = adjustment(entry.adjustment)
        found |= {name: said[name] for name in ("reason", "role", "by", "at", "receipt")}
    return found


def print_trace(
    to: Console, figures: Sequence[Figure], origin: Origin, left_out: Sequence[LeftOut], lang: Lang
) -> None:
    """Each figure with its units, and under each unit its cells; units where it is 0 are counted.

    No table: one with tens of thousands of rows takes far longer to lay out than to read.
    """
    for figure in figures:
        amount = _NO_SUM.say(lang)
        if figure.amount is not None:
            amount = _YUAN.say(lang).format(amount=show_fen(figure.amount))
        title = _TITLE.say(lang).format(
            key=figure.key, title=figure.title, template=figure.template.name, year=figure.year, amount=amount
        )
        to.print(visible(title), style="bold", soft_wrap=True)
        shown = [share for share in figure.shares if share.amount != 0 or _telling(share)]
        files = short_names([share.source.file for share in shown if share.source])
        told = [(_unit(share, files, lang), [_line(entry, lang) for entry in share.entries]) for share in shown]
        rows = [row for unit, lines in told for row in (unit, *lines)]
        wide = min(_WIDEST, max((looks.width(row[0]) for row in rows), default=0))
        right = max((looks.width(row[1]) for row in rows), default=0)
        for unit, lines in told:
            to.print(_laid_out(unit, wide, right), style="bold", soft_wrap=True)
            if lines:
                to.print("\n".join(_laid_out(line, wide, right) for line in lines), soft_wrap=True)
        if figure.amount is not None:
            total = (_TOTAL.say(lang), show_fen(figure.amount), "")
            to.print(_laid_out(total, wide, right), style="bold", soft_wrap=True)
        if zero := len(figure.shares) - len(shown):
            to.print(_ZERO.say(lang).format(count=zero), soft_wrap=True)
        to.print()
    if left_out:
        names = list(dict.fromkeys(named(one.unit, one.unit_name, lang) for one in left_out))
        units = ("、" if lang == "zh" else ", ").join(names[:_MOST_UNITS]) + (" …" if len(names) > _MOST_UNITS else "")
        to.print(visible(_OUT.say(lang).format(count=len(left_out), units=units)), soft_wrap=True)


_Row = tuple[str, str, str]
"""A name, an amount, and where it comes from."""


def _laid_out(row: _Row, wide: int, right: int) -> str:
    name, amount, where = row
    name += " " * (wide - looks.width(name))
    return f"{name}  {' ' * (right - looks.width(amount))}{amount}  {where}".rstrip()


def _unit(share: Share, files: Mapping[str, str], lang: Lang) -> _Row:
    unit, amount = named(share.unit, share.name, lang), "" if share.amount is None else show_fen(share.amount)
    source = share.source
    if source is None:
        return visible(unit), amount, ""
    where = [_VERSION.say(lang).format(version=source.version, receipt=source.receipt)]
    where[:0] = [f"{NIL.say(lang)}：{source.reason}"] if source.nil else [files[source.file]]
    where += [] if source.approved else [PROVISIONAL.say(lang)]
    return visible(unit), amount, visible("  ".join(where))


def _line(entry: Entry, lang: Lang) -> _Row:
    amount = entry.shown if entry.amount is None else show_fen(entry.amount)
    where = f"{entry.sheet}!{entry.cell}" if entry.cell else ""
    if entry.adjustment is not None:
        one, amount = entry.adjustment, signed(entry.adjustment.change)
        where = _WHY.say(lang).format(reason=one.reason, role=one.called.say(lang), by=one.by, receipt=one.receipt)
    return visible(f"  {entry.key} {_called(entry, lang)}"), visible(amount), visible(where)


def _telling(share: Share) -> bool:
    """Whether a unit that brings nothing has something to show: a nil return, or amounts that cancel out."""
    nil = share.source is not None and share.source.nil
    return nil or any(entry.amount for entry in share.entries)


def _called(entry: Entry, lang: Lang) -> str:
    """What an entry is called."""
    if entry.adjustment is not None:
        return f"{entry.title} {_CHANGED.say(lang)}"
    if entry.kind == "effect":
        return f"{entry.title} {EFFECT.say(lang)}"
    return f"{entry.title} {BEYOND.say(lang)}" if entry.kind == "formula" else entry.title


def _fen(fen: int | None) -> str | None:
    return None if fen is None else from_fen(fen)
