"""Two rounds side by side in words: what explains a change, and the tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crmxl.group.origin import Origin
from crmxl.group.stages import Move, Stages
from crmxl.model import Lang, Text
from crmxl.money import show_fen, show_ratio
from crmxl.report.tables import print_table

if TYPE_CHECKING:
    from rich.console import Console

_OTHERS = Text("另有 {count} 项 {change}", "{count} more {change}")
_TITLE = Text("{template}：{earlier} → {now}", "{template}: {earlier} → {now}")
_UNIT, _LINE = Text("预算单位", "Unit"), Text("项目", "Item")
_CHANGE, _RATE, _WHY = Text("变动", "Change"), Text("变动率", "%"), Text("主要变动", "What changed most")
_TOTAL = Text("总计", "Total")
_MOST_LINES = 15
"""Lines shown on a terminal, those that changed most; the workbook and JSON have all."""


def stage_name(origin: Origin, lang: Lang) -> str:
    """What a round is called, with its stage."""
    if not origin.stage or origin.round.endswith(origin.stage):
        return origin.round
    return f"{origin.round}（{origin.stage}）" if lang == "zh" else f"{origin.round} ({origin.stage})"


def causes(move: Move, lang: Lang, reasons: bool = True) -> str:
    """The largest parts of a change and the others, then what reviewers said; empty where nothing changed."""
    said = [f"{one.title.say(lang)} {signed(one.change)}" for one in move.causes]
    if move.others:
        said.append(_OTHERS.say(lang).format(count=move.others, change=signed(move.rest)))
    lines = ["；".join(said) if lang == "zh" else "; ".join(said)] if said else []
    lines += [reason.say(lang) for reason in move.reasons] if reasons else []
    return "\n".join(lines)


def signed(fen: int) -> str:
    """An amount with its sign, for people."""
    return f"{'+' if fen > 0 else ''}{show_fen(fen)}"


def print_stages(to: Console, stages: Stages, now: Origin, lang: Lang) -> None:
    """A table by unit for each template, then the lines that changed most."""
    for pair in stages.pairs:
        title = _TITLE.say(lang).format(
            template=pair.template.name, earlier=stage_name(stages.origin, lang), now=stage_name(now, lang)
        )
        heads = (stages.origin.stage or stages.origin.round, now.stage or now.round, _CHANGE.say(lang), _RATE.say(lang))
        total = (_TOTAL.say(lang), *_figures(pair.whole), "")
        for head, moves in ((_UNIT, pair.units), (_LINE, _most(pair.lines))):
            rows = [
                ("　" * (move.depth - 1) + move.title.say(lang), *_figures(move), _line(causes(move, lang), lang))
                for move in moves
            ]
            if not rows and head is _LINE:
                continue
            headers = (head.say(lang), *heads, _WHY.say(lang))
            print_table(to, headers, rows, right=(1, 2, 3, 4), title=title, total=total if head is _UNIT else ())
            title = ""
            to.print()


def _line(causes: str, lang: Lang) -> str:
    """Causes in a cell of a terminal, which has one line."""
    return ("；" if lang == "zh" else "; ").join(causes.splitlines())


def _most(lines: Sequence[Move]) -> list[Move]:
    changed = sorted((move for move in lines if move.change), key=lambda move: -abs(move.change))
    return changed[:_MOST_LINES]


def _figures(move: Move) -> tuple[str, str, str, str]:
    rate = "" if move.rate is None else show_ratio(move.rate)
    shown = ("" if fen is None else show_fen(fen) for fen in (move.earlier, move.now))
    return (*shown, signed(move.change), rate)  # type: ignore[return-value]
