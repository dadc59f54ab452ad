"""The board for people at a terminal: where the round stands in a few lines, every unit in tree order, what is below
each, and files that were no submissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from crmxl.group.progress import Asked, Branch, Progress
from crmxl.group.standing import STATES, State
from crmxl.model import Lang, Text
from crmxl.money import show_fen
from crmxl.report.board import (
    ALL,
    ASKED,
    BESIDE,
    BESIDE_COLUMNS,
    REFUSED,
    REFUSED_COLUMNS,
    UNIT,
    beside_cells,
    refused_cells,
)
from crmxl.report.board_words import (
    APPROVED_SUM,
    ORDER,
    OVERDUE,
    PROVISIONAL_SUM,
    STOP,
    headline,
    named,
    remarks,
    short_name,
    state_words,
    sum_words,
    summary,
    turn_words,
)
from crmxl.report.tables import indented, print_long, print_table
from crmxl.signs import visible

if TYPE_CHECKING:
    from rich.console import Console

COLOURS: Mapping[State, str] = {
    State.APPROVED: "bold green",
    State.RECEIVED: "cyan",
    State.BLOCKED: "bold yellow",
    State.RETURNED: "bold red",
    State.MISSING: "yellow",
}
"""Beside the word, never instead of it."""
_LATE = "bold red"
_HEADERS = (
    Text("预算单位", "Unit"),
    Text("模板", "Template"),
    Text("状态", "State"),
    Text("轮到", "Whose turn"),
    Text("总额（元）", "Total (yuan)"),
    Text("版本", "Version"),
    Text("错误/警告", "Errors/warnings"),
    Text("收到", "Received"),
    Text("备注", "Remarks"),
)
_TEMPLATE, _STATE = 1, 2
_RIGHT = (4, 5, 6)
_WHOLE = (_STATE, *_RIGHT, 7)
"""Columns that are never broken."""
_SPARED = (6, 7, 8)
"""Columns for which a terminal with less than ``_WIDE`` columns has no room; remarks then stand under the table."""
_WIDE = 120
_BELOW = Text("逐级汇总（含本级）", "With all units below")


def print_board(to: Console, progress: Progress, lang: Lang) -> None:
    """The whole board: headline, counts, totals, every unit, what is below each, refused files."""
    from rich.text import Text as Line

    to.print(Line(visible(headline(progress, lang)), style="bold"), soft_wrap=True)
    to.print(visible(summary(progress.whole, lang)), soft_wrap=True)
    for sum in progress.whole.sums:
        to.print(visible(sum_words(sum, progress, lang)), soft_wrap=True)
    to.print()
    _print_units(to, progress, lang)
    if len(progress.branches) > 1:
        to.print()
        _print_branches(to, progress, lang)
    for title, columns, rows in (
        (REFUSED, REFUSED_COLUMNS, [refused_cells(event, lang) for event in progress.refused]),
        (BESIDE, BESIDE_COLUMNS, [beside_cells(one, lang) for one in progress.beside]),
    ):
        if rows:
            to.print()
            print_table(
                to, [column.say(lang) for column, _ in columns], rows, title=title.say(lang).format(count=len(rows))
            )


def _print_units(to: Console, progress: Progress, lang: Lang) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text as Line

    several = len(progress.whole.sums) > 1
    narrow = to.width < _WIDE
    spared = (*(() if several else (_TEMPLATE,)), *(_SPARED if narrow else ()))
    columns = [at for at in range(len(_HEADERS)) if at not in spared]
    headers = [_HEADERS[at].say(lang) for at in columns]
    rows, colours = _rows(progress, columns, lang)
    right = [n for n, at in enumerate(columns) if at in _RIGHT]
    if not print_long(to, headers, rows, right=right, coloured=colours):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for header, at in zip(headers, columns, strict=True):
            side: Literal["left", "right"] = "right" if at in _RIGHT else "left"
            table.add_column(header, justify=side, no_wrap=at in _WHOLE, overflow="fold")
        for row, (at, colour) in zip(rows, colours, strict=True):
            cells = [Line(visible(cell)) for cell in row]
            cells[at].stylize(colour)
            table.add_row(*cells)
        to.print(table)
    told = [(one, words) for one in progress.asked if narrow and (words := remarks(one, progress, lang))]
    if told:
        to.print(f"\n{_HEADERS[-1].say(lang)}")
    for one, words in told:
        first = f"  {visible(' · '.join((named(one.unit), *([one.issue.name] if several else ()))))}  "
        to.print(indented(STOP.say(lang).join(words), first, to.width), soft_wrap=True)


def _rows(progress: Progress, columns: Sequence[int], lang: Lang) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """The units' rows, and of each where its state stands and in what colour."""
    top = min((one.level for one in progress.asked), default=1)
    rows, colours = [], []
    before = ""
    for one in progress.asked:
        name = "" if one.unit.code == before else "  " * (one.level - top) + named(one.unit)
        before = one.unit.code
        cells = name, *_cells(one, progress, lang)
        rows.append([cells[at] for at in columns])
        colours.append((columns.index(_STATE), _LATE if one.overdue else COLOURS[one.state]))
    return rows, colours


def _cells(one: Asked, progress: Progress, lang: Lang) -> tuple[str, ...]:
    """What stands beside the unit's name, by ``_HEADERS``."""
    version, total = one.standing.version, one.standing.total
    found = (version.errors, version.warnings) if version else (0, 0)
    return (
        one.issue.name or one.issue.template,
        state_words(one, lang),
        turn_words(one, progress, lang),
        "" if total is None else show_fen(total),
        str(version.number) if version else "",
        "/".join(map(str, found)) if any(found) else "",
        version.event.at[:10] if version else "",
        STOP.say(lang).join(remarks(one, progress, lang)),
    )


def _print_branches(to: Console, progress: Progress, lang: Lang) -> None:
    """Counts of every unit with units below; its totals too where there is one template, else a table of their own."""
    one_template = len(progress.whole.sums) == 1
    used = [state for state in ORDER if progress.whole.states[state]]
    headers = [UNIT, ASKED, *(STATES[state] for state in used), OVERDUE]
    if one_template:
        headers += [APPROVED_SUM, PROVISIONAL_SUM]
    below = [_branch(branch, used, one_template, lang) for branch in progress.branches[1:]]
    right = range(1, len(headers))
    total = _branch(progress.branches[0], used, one_template, lang)
    titles = [header.say(lang) for header in headers]
    print_table(to, titles, below, right=right, title=_BELOW.say(lang), total=total)
    if len(progress.whole.sums) < 2:
        return
    rows = [
        (_name(branch, lang), short_name(progress, sum.template), show_fen(sum.approved), show_fen(sum.provisional))
        for branch in (*progress.branches[1:], progress.branches[0])
        for sum in branch.tally.sums
    ]
    to.print()
    headers = [UNIT, _HEADERS[_TEMPLATE], APPROVED_SUM, PROVISIONAL_SUM]
    print_table(to, [header.say(lang) for header in headers], rows, right=(2, 3), sections=True)


def _branch(branch: Branch, used: Sequence[State], with_sums: bool, lang: Lang) -> tuple[str, ...]:
    tally = branch.tally
    numbers = (tally.asked, *(tally.states[state] for state in used), sum(tally.overdue.values()))
    sums = tally.sums[0] if with_sums and tally.sums else None
    amounts = (show_fen(sums.approved), show_fen(sums.provisional)) if sums else ("",) * (2 * with_sums)
    return _name(branch, lang), *(str(number or "") for number in numbers), *amounts


def _name(branch: Branch, lang: Lang) -> str:
    return "  " * (branch.level - 1) + named(branch.unit) if branch.unit else ALL.say(lang)
