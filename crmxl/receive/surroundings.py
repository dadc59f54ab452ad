"""What surrounds the cells of a returned workbook: merges, hidden rows, closed months, added sheets, formulas without
values. Findings F110, S111, S114, S115, S116.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmxl.catalogue import finding
from crmxl.define.names import TAKEN_TABS
from crmxl.issue import charting
from crmxl.issue.addresses import a1, letters
from crmxl.issue.places import CHECKS, Layout, Role
from crmxl.model import Finding, Key, Place, Said, Text
from crmxl.receive.anchors import Anchors, Located
from crmxl.receive.cells import Cells
from crmxl.receive.submission import Submission

_MOST = 20
"""Rows or columns that one finding lists."""
_WHOLE = Text("整张表", "the whole sheet")


def merged_inputs(submission: Submission, sheet: Located) -> Iterator[Finding]:
    """S111: each merge that covers an input and more than one cell."""
    inputs = _keys(submission, sheet, Role.INPUT) if sheet.tab.merges else []
    for top, left, bottom, right in sheet.tab.merges:
        if (top, left) == (bottom, right):
            continue
        for key in inputs:
            spot = submission.spots[key]
            if top <= spot.row <= bottom and left <= spot.column <= right:
                area = f"{a1(top, left)}:{a1(bottom, right)}"
                yield finding("S111", place=sheet.place(area, submission.title(key)), key=key, found=area)
                break


def hidden_amounts(submission: Submission, sheet: Located) -> Iterator[Finding]:
    """S114: one for a sheet where hidden rows or columns, or the sheet itself hidden, hold entries."""
    tab = sheet.tab
    whole = tab.state != "visible"
    hidden = [
        spot
        for key in _keys(submission, sheet, Role.INPUT)
        for spot in (submission.spots[key],)
        if (whole or spot.row in tab.hidden_rows or spot.column in tab.hidden_columns)
        and not submission.contents[key].invisible
    ]
    said: Said = _WHOLE
    if not whole:
        rows = sorted({spot.row for spot in hidden} & tab.hidden_rows)
        columns = sorted({spot.column for spot in hidden} & tab.hidden_columns)
        said = _lines(list(map(str, rows)), list(map(letters, columns)))
    if hidden:
        yield finding("S114", place=sheet.place(hidden[0].cell), found=said)


def closed_months(submission: Submission, sheet: Located) -> Iterator[Finding]:
    """S115: each entry in a month before the first one."""
    for key in _keys(submission, sheet, Role.CLOSED):
        content = submission.contents[key]
        if not content.invisible:
            found = content.text or content.formula
            yield finding("S115", place=submission.place(key), key=key, found=found)


def added_sheets(layout: Layout, anchors: Anchors, cells: Cells) -> Iterator[Finding]:
    """S116: one for all sheets that were not issued; 图表 is issued where the template has charts."""
    known = {*anchors.marked, *TAKEN_TABS}
    if not charting.drawn(layout):
        known -= {charting.NAME.zh, charting.NAME.en}
    added = [tab.name for tab in cells.tabs if tab.name not in known]
    if added:
        yield finding("S116", place=Place(added[0]), found=Text(_listed(added, "、"), _listed(added)))


def never_calculated(submission: Submission) -> Iterator[Finding]:
    """F110: one for all calculated cells whose formula has no value."""
    assert submission.layout is not None
    cells = submission.layout.cells
    count = sum(
        not content.calculated and bool(content.formula) and cells[key].role is Role.CALCULATED
        for key, content in submission.contents.items()
    )
    if count:
        yield finding("F110", found=str(count))


def _keys(submission: Submission, sheet: Located, role: Role) -> list[Key]:
    """Keys of one role that stand on ``sheet``, in its order."""
    assert submission.layout is not None
    if sheet.plan.id == CHECKS:
        return []
    spots = submission.spots
    found = [key for key in submission.layout.keys_by_sheet[sheet.plan.id][role] if key in spots]
    places = [(spots[key].row, spots[key].column) for key in found]
    return [key for _, key in sorted(zip(places, found, strict=True))]


def _lines(rows: Sequence[str], columns: Sequence[str]) -> Text:
    """Rows and columns as people name them: 第 9、10 行，C 列."""
    zh = (f"第 {_listed(rows, '、')} 行" if rows else "", f"{_listed(columns, '、')} 列" if columns else "")
    en = (f"row {_listed(rows)}" if rows else "", f"column {_listed(columns)}" if columns else "")
    return Text("，".join(filter(None, zh)), ", ".join(filter(None, en)))


def _listed(words: Sequence[str], comma: str = ", ") -> str:
    return comma.join(words[:_MOST]) + (" …" if len(words) > _MOST else "")
