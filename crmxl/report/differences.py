"""What changed between budgets, for people and programs: text, JSON and CSV. The workbook is
``differences_workbook``'s.

In text the largest change stands first, elsewhere the template's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from crmxl.group.differences import Bridge, CellChange, Difference, Kind, Step
from crmxl.model import Lang, Text, say
from crmxl.money import from_fen, plain, show_fen, show_ratio
from crmxl.report.harmless import csv_bytes, json_text
from crmxl.report.tables import indented, print_table

if TYPE_CHECKING:
    from rich.console import Console

KINDS: Mapping[Kind, Text] = {
    Kind.SAME: Text("", ""),
    Kind.NUMBER: Text("改数", "number"),
    Kind.TEXT: Text("改文字", "text"),
    Kind.TITLE: Text("改名称", "title"),
    Kind.FILLED: Text("新填", "filled"),
    Kind.CLEARED: Text("清空", "cleared"),
    Kind.ADDED: Text("新增", "added"),
    Kind.GONE: Text("没有了", "gone"),
}
"""How people call a change."""
TITLE = Text("差异", "Differences")
LINES, UNITS = Text("按项目", "By line"), Text("按单位", "By unit")
CELLS, AMOUNTS = Text("变动的单元格", "Changed cells"), Text("变动的金额", "Changed amounts")
STEP_COLUMNS = (Text("键", "Key"), Text("项目", "Item"))
UNIT_COLUMNS = (Text("编码", "Code"), Text("预算单位", "Unit"))
CHANGE, SHARE = Text("增减", "Change"), Text("占变动", "Share")
TOTAL = Text("总额", "Total")
REST = Text("未变动的 {count} 项", "Unchanged: {count}")
UNIT, KEY, ITEM, WHAT = (
    Text("预算单位", "Unit"),
    Text("键", "Key"),
    Text("项目", "Item"),
    Text("变动", "Change"),
)
PLACE = Text("单元格", "Cell")
NOTHING = Text("没有差异。", "Nothing differs.")
NO_BRIDGE = Text("没有变动桥：有一方的总额算不出来。", "No bridge: one of the totals cannot be computed.")
_IN = Text("（{0}）", " ({0})")
_CSV = (
    *(Text("模板", "Template"), Text("表", "Table"), Text("由", "From"), Text("到", "To"), UNIT, KEY, ITEM),
    *(Text("由·单元格", "From, cell"), Text("到·单元格", "To, cell"), Text("由·值", "From, value")),
    *(Text("到·值", "To, value"), CHANGE, SHARE, Text("变动类型", "Kind")),
)


class Walk(NamedTuple):
    """A bridge with what it is called and what it leads from and to."""

    name: Text
    columns: tuple[Text, Text]
    before: str
    after: str
    bridge: Bridge | None


def walks(difference: Difference) -> Iterator[Walk]:
    """All bridges of a difference, from state to state: by unit first, where there are units."""
    for at in range(len(difference.labels) - 1):
        before, after = difference.labels[at : at + 2]
        if difference.by_unit:
            yield Walk(UNITS, UNIT_COLUMNS, before, after, difference.by_unit[at])
        yield Walk(LINES, STEP_COLUMNS, before, after, difference.by_line[at])


def heading(difference: Difference, lang: Lang) -> str:
    """What is compared."""
    mark = "：" if lang == "zh" else ": "
    return f"{TITLE.say(lang)}{mark}{' → '.join(difference.labels)}{_IN.say(lang).format(difference.template)}"


def signed(fen: int) -> str:
    """A change for people, with its sign."""
    return f"+{show_fen(fen)}" if fen > 0 else show_fen(fen)


def kinds(change: CellChange, lang: Lang) -> str:
    """How a cell changed, step by step."""
    said = [KINDS[kind].say(lang) or "—" for kind in change.kinds]
    return said[0] if len(said) == 1 else " → ".join(said)


def step_title(step: Step, lang: Lang) -> str:
    """A step for people, with a word where it came or went."""
    said = say(step.title, lang)
    return f"{said}{_IN.say(lang).format(KINDS[step.kind].say(lang))}" if step.kind is not Kind.NUMBER else said


# -- text --------------------------------------------------------------------------------------------------------


def print_differences(to: Console, differences: Sequence[Difference], lang: Lang) -> None:
    """For each template what a reader has to know, the bridges, and every change."""
    for at, difference in enumerate(differences):
        if at:
            to.print()
        to.print(heading(difference, lang), style="bold", soft_wrap=True)
        for note in difference.notes:
            to.print(indented(note.say(lang), "  ", to.width), soft_wrap=True)
        to.print()
        for walk in walks(difference):
            print_walk(to, walk, lang)
            to.print()
        _print_cells(to, difference, lang)


def print_walk(to: Console, walk: Walk, lang: Lang) -> None:
    """A bridge as a table, the largest change first."""
    title = f"{walk.name.say(lang)}  {walk.before} → {walk.after}"
    bridge = walk.bridge
    if bridge is None:
        to.print(title, style="bold", soft_wrap=True)
        to.print(indented(NO_BRIDGE.say(lang), "  ", to.width), soft_wrap=True)
        return
    rows = [
        (
            *(step.key, step_title(step, lang), show_fen(step.before), show_fen(step.after)),
            *(signed(step.change), _share(bridge.share(step))),
        )
        for step in bridge.by_size
    ]
    if bridge.same:
        rest = show_fen(bridge.unchanged)
        rows.append(("", REST.say(lang).format(count=bridge.same), rest, rest, show_fen(0), ""))
    headers = (*(one.say(lang) for one in walk.columns), walk.before, walk.after, CHANGE.say(lang), SHARE.say(lang))
    total = (TOTAL.say(lang), "", show_fen(bridge.before), show_fen(bridge.after), signed(bridge.change), "")
    print_table(to, headers, rows, right=(2, 3, 4, 5), title=title, total=total)


def _print_cells(to: Console, difference: Difference, lang: Lang) -> None:
    if not difference.cells:
        if not difference.changed:
            to.print(NOTHING.say(lang))
        return
    of_units = bool(difference.by_unit)
    headers = [(UNIT if of_units else PLACE).say(lang), KEY.say(lang), ITEM.say(lang)]
    headers += [*difference.labels, WHAT.say(lang)]
    rows = [
        [
            (change.unit_name or change.unit) if of_units else " / ".join(dict.fromkeys(filter(None, change.places))),
            *(change.key, say(change.title, lang), *change.shown, kinds(change, lang)),
        ]
        for change in difference.cells
    ]
    title = (AMOUNTS if of_units else CELLS).say(lang)
    print_table(to, headers, rows, title=f"{title}  {len(rows)}")


def _share(share: Fraction | None) -> str:
    return "" if share is None else show_ratio(share, places=1)


# -- programs ----------------------------------------------------------------------------------------------------


def differences_json(differences: Sequence[Difference], lang: Lang) -> str:
    """Everything; money as decimal strings of 元, a blank as null, shares as ratios."""
    return json_text({"differences": [_document(difference, lang) for difference in differences]})


def _document(difference: Difference, lang: Lang) -> dict[str, Any]:
    def bridges(some: Iterable[Bridge | None]) -> list[Any]:
        pairs = pairwise(difference.labels)
        return [bridge_document(bridge, *pair, lang) for bridge, pair in zip(some, pairs, strict=True)]

    return {
        "template": difference.template,
        "states": [
            {"name": label, "total": None if total is None else from_fen(total)}
            for label, total in zip(difference.labels, difference.totals, strict=True)
        ],
        "notes": [note.say(lang) for note in difference.notes],
        "cells": [
            {
                **({"unit": change.unit, "unit_name": change.unit_name} if change.unit else {}),
                "key": change.key,
                "title": say(change.title, lang),
                "cells": list(change.places),
                "values": list(change.values),
                "shown": list(change.shown),
                "changes": [kind.value for kind in change.kinds],
            }
            for change in difference.cells
        ],
        "bridges": bridges(difference.by_line),
        **({"unit_bridges": bridges(difference.by_unit)} if difference.by_unit else {}),
    }


def bridge_document(bridge: Bridge | None, before: str, after: str, lang: Lang) -> dict[str, Any] | None:
    """A bridge as JSON; None where there is none."""
    if bridge is None:
        return None
    return {
        "from": before,
        "to": after,
        "before": from_fen(bridge.before),
        "after": from_fen(bridge.after),
        "change": from_fen(bridge.change),
        "steps": [
            {
                "key": step.key,
                "title": say(step.title, lang),
                "before": from_fen(step.before),
                "after": from_fen(step.after),
                "change": from_fen(step.change),
                "share": None if (share := bridge.share(step)) is None else plain(share),
                "kind": step.kind.value,
            }
            for step in bridge.steps
        ],
        "unchanged": bridge.same,
    }


def differences_csv(differences: Sequence[Difference], lang: Lang) -> bytes:
    """A row for each step of a bridge and for each change of a cell from one state to the next; UTF-8 with a mark."""
    rows = (
        (difference.template, *row)
        for difference in differences
        for row in (*_steps(difference, lang), *_cells(difference, lang))
    )
    return csv_bytes([title.say(lang) for title in _CSV], rows)


def _steps(difference: Difference, lang: Lang) -> Iterator[tuple[str, ...]]:
    for walk in walks(difference):
        for step in walk.bridge.steps if walk.bridge is not None else ():
            assert walk.bridge is not None
            share = walk.bridge.share(step)
            unit, key = (step.key, "") if walk.name is UNITS else ("", step.key)
            head = walk.name.say(lang), walk.before, walk.after, unit, key, say(step.title, lang), "", ""
            money = from_fen(step.before), from_fen(step.after), from_fen(step.change)
            yield (*head, *money, "" if share is None else plain(share), KINDS[step.kind].say(lang))


def _cells(difference: Difference, lang: Lang) -> Iterator[tuple[str, ...]]:
    name = (AMOUNTS if difference.by_unit else CELLS).say(lang)
    for change in difference.cells:
        for at, kind in enumerate(change.kinds):
            if kind is not Kind.SAME:
                head = name, *difference.labels[at : at + 2], change.unit, change.key, say(change.title, lang)
                values = (value or "" for value in change.values[at : at + 2])
                yield (*head, *change.places[at : at + 2], *values, "", "", KINDS[kind].say(lang))
