"""The board of a round, and the list of who still owes something."""

from __future__ import annotations

import io
from datetime import date
from functools import partial
from pathlib import Path

from crmxl.commands.output import form_of, put, say
from crmxl.commands.rounds_folder import keep_records, open_register, round_folder
from crmxl.errors import CrmxlError
from crmxl.group.progress import Progress, progress
from crmxl.group.rejudging import basis
from crmxl.model import Lang, Text
from crmxl.report.board import to_csv, to_json
from crmxl.report.board_text import print_board
from crmxl.report.board_words import summary
from crmxl.report.tables import console

_WIDTH = 150
"""Columns of a board in a file."""
_CHASED = Text("需要催报 {count} 份", "Owed: {count}")


def show_status(
    lang: Lang,
    *,
    only: tuple[str, ...],
    form: str | None,
    output: Path | None,
    chase: Path | None,
    round: Path | None,
) -> int:
    """Print or save where every unit stands, and write the chase list where one is asked for; 0 always.

    Raises CrmxlError where the forms asked for cannot be, a unit in ``only`` is none, or there is no round.
    """
    form = form_of(form, output, ("text", "csv", "xlsx", "json"), "text")
    listed = _chase_form(chase)
    if chase is not None and output is not None and chase.resolve() == output.resolve():
        raise CrmxlError(f"{chase}: --chase 和 -o 请用不同的文件 · --chase and -o need two files")
    keep_records(round_folder(round), output, chase)
    records, register = open_register(round)
    today = date.today()
    with register:
        standing = progress(records, register.board, today, partial(basis, today=today.isoformat()), only)
    if form == "text" and output is None:
        print_board(console(), standing, lang)
    else:
        put(_rendered(standing, form, lang), output, lang)
        if output is not None:
            say(summary(standing.whole, lang))
    if chase is not None:
        from crmxl.report import chase as chasing

        write = chasing.to_workbook if listed == "xlsx" else chasing.to_csv
        put(write(standing, lang), chase, lang)
        say(_CHASED.say(lang).format(count=len(chasing.owed(standing, lang))))
    return 0


def _rendered(standing: Progress, form: str, lang: Lang) -> bytes:
    if form == "json":
        return to_json(standing)
    if form == "csv":
        return to_csv(standing, lang)
    if form == "xlsx":
        from crmxl.report.board_workbook import to_workbook

        return to_workbook(standing, lang)
    text = io.StringIO()
    print_board(console(text, _WIDTH), standing, lang)
    return text.getvalue().encode("utf-8", "replace")


def _chase_form(chase: Path | None) -> str:
    form = "" if chase is None else chase.suffix.lower().removeprefix(".")
    if chase is not None and form not in ("csv", "xlsx"):
        raise CrmxlError(f"{chase}: 催报表请用 .csv 或 .xlsx · name the chase list .csv or .xlsx")
    return form
