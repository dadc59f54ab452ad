"""What migrating a workbook gave, for people and programs: what was lost, what needs a look, how the total changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crmxl.group.carrying import Carried, Lost
from crmxl.group.differences import Difference
from crmxl.model import Lang, Text
from crmxl.money import show_fen
from crmxl.report.differences import NO_BRIDGE, bridge_document, print_walk, walks
from crmxl.report.harmless import json_text
from crmxl.report.tables import indented, print_table

if TYPE_CHECKING:
    from rich.console import Console

_DONE = Text(
    "{before} → {after}：带过来 {count} 项，带不过来 {lost} 项",
    "{before} → {after}: carried {count}, not carried {lost}",
)
_LOST = Text("带不过来的内容（请在新工作簿里处理）", "Not carried (see to it in the new workbook)")
_NOTES = Text("带过来了、请核对的内容", "Carried, please look at it")
_SAME = Text("总额没有变化：{total} 元", "The total is the same: {total} yuan")
_ASIDE = Text(
    "工作底稿和变更记录只带数值，不带公式和格式；签章、批注请在新工作簿里重做。",
    "Of scratch and change log the values are carried, no formulas and formats; signatures and comments are not.",
)
_COLUMNS = (
    Text("原单元格", "Old cell"),
    Text("键", "Key"),
    Text("项目", "Item"),
    Text("内容", "Value"),
    Text("原因", "Why"),
)


def print_migration(to: Console, carried: Carried, change: Difference, lang: Lang) -> None:
    """Everything that somebody has to know of the new workbook."""
    before, after = change.labels
    count, lost = len(carried.entries), len(carried.lost)
    said = _DONE.say(lang).format(before=before, after=after, count=count, lost=lost)
    to.print(said, style="bold", soft_wrap=True)
    for words, some in ((_LOST, carried.lost), (_NOTES, carried.notes)):
        if some:
            to.print()
            rows = [(one.place, one.key, one.title, one.text, one.why.say(lang)) for one in some]
            print_table(to, [title.say(lang) for title in _COLUMNS], rows, title=f"{words.say(lang)}  {len(some)}")
    to.print()
    (walk,) = walks(change)
    if walk.bridge is None:
        to.print(indented(NO_BRIDGE.say(lang), "", to.width), soft_wrap=True)
    elif walk.bridge.steps:
        print_walk(to, walk, lang)
    else:
        to.print(_SAME.say(lang).format(total=show_fen(walk.bridge.after)))
    to.print(indented(_ASIDE.say(lang), "", to.width), soft_wrap=True)


def migration_json(file: str, output: str, carried: Carried, change: Difference, lang: Lang) -> str:
    """The same as JSON; money as decimal strings of 元."""
    before, after = change.labels
    return json_text(
        {
            "file": file,
            "output": output,
            "from": before,
            "to": after,
            "carried": len(carried.entries),
            "lost": _listed(carried.lost, lang),
            "notes": _listed(carried.notes, lang),
            "bridge": bridge_document(change.by_line[0], before, after, lang),
        }
    )


def _listed(some: Sequence[Lost], lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            **{"key": one.key, "cell": one.place, "title": one.title, "text": one.text, "why": one.why.say(lang)},
            **({"now": one.now} if one.now else {}),
        }
        for one in some
    ]
