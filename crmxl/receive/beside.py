"""What a unit put into its file beside the form: its scratch sheet and its change log, which a copy of the file carries
as values, and everything else, which a copy does not carry and has to name.

Nothing here is judged or counted; S107, S113 and S116 do that. Bounded, so that a file costs a copy no more than its
form does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from crmxl.issue import appendix, charting, guide
from crmxl.issue.addresses import a1
from crmxl.issue.book import MAX_TEXT
from crmxl.issue.places import SIGNATURES, Layout, Role
from crmxl.issue.stamp import SHEET
from crmxl.issue.workbook import words_around, words_on_charts
from crmxl.model import Text
from crmxl.receive.anchors import Anchors, Located, Standing
from crmxl.receive.cells import Cells, Tab
from crmxl.receive.package import Source
from crmxl.receive.submission import Beside, Content, ContentType, Submission, Uncarried
from crmxl.signs import visible

MOST_LISTED = 50
"""Things not carried that are named; further ones are counted."""
MOST_CELLS, MOST_CHARACTERS = 20_000, 1_000_000
"""Cells of 工作底稿, and characters in them, that are carried; the same of 变更记录."""
_REACH = 10_000, 256
"""Rows and columns within which they are carried: XlsxWriter looks at each cell of the rectangle that it writes."""
_SHOWN = 60
"""Characters of a content that is named."""
_WHOLE = Text("整张表", "the whole sheet")
_CHARTS = Text("图表", "charts")
_OBJECTS = (
    (("/comment", "/threadedcomment"), Text("批注", "notes on cells")),
    (("/media/",), Text("图片", "pictures")),
    (("/charts/chart",), _CHARTS),
    (("/pivottables/",), Text("数据透视表", "pivot tables")),
)
"""What stands over cells, by the names of its parts in small letters."""
_SHAPES = Text("图形", "shapes")
_DRAWING = "/drawings/drawing"

_BLANK = Content()
_Cells = Mapping[tuple[int, int], Content]


def beside(submission: Submission, anchors: Anchors, standing: Standing, cells: Cells, parts: Source) -> Beside:
    """The scratch sheet and the change log of ``submission``, and what else stands in its file."""
    layout, stamp = submission.layout, submission.stamp
    assert layout is not None and stamp is not None
    lang = layout.lang
    tabs = {tab.name: tab for tab in cells.tabs}
    found: list[Uncarried] = []

    def own(name: str, issued: Mapping[tuple[int, int], str]) -> _Cells:
        kept, left = _carried(tabs[name].cells if name in tabs else {}, issued)
        if left:
            found.append(Uncarried(name, Text(f"另有 {left:,} 个单元格", f"cells beyond these: {left:,}")))
        return kept

    scratch = own(appendix.SCRATCH.say(lang), appendix.scratch_words(lang))
    log = own(appendix.CHANGE_LOG.say(lang), appendix.log_words(lang))
    if not stamp.annotated:  # else most of it is what we wrote ourselves
        found += _sheets(layout, anchors, cells)
        charts = tabs.get(charting.NAME.say(lang), Tab("")) if charting.drawn(layout) else Tab("")
        found += _objects(parts, len(charting.drawn(layout)) if charts.cells else 0)
        found += _on_generated(tabs.get(guide.NAME.say(lang), Tab("")), guide.texts(layout, stamp.assignment))
        found += _on_generated(charts, words_on_charts(layout, stamp.assignment))
    count = len(found)
    for sheet in anchors.sheets:
        issued = words_around(layout, sheet.plan, stamp.assignment) if sheet.id_row else ()
        for one in (*_entries(submission, sheet), *_on_form(sheet, standing.places[sheet.tab.name], issued)):
            count += 1
            if len(found) < MOST_LISTED:
                found.append(one)
    return Beside(scratch, log, tuple(found[:MOST_LISTED]), count)


def _carried(cells: _Cells, issued: Mapping[tuple[int, int], str]) -> tuple[dict[tuple[int, int], Content], int]:
    """The cells of a sheet of the unit's own as values, and how many beyond the bounds are left behind.

    What stands as ``issued`` is not the unit's; a formula that was never calculated has no value.
    """
    kept: dict[tuple[int, int], Content] = {}
    left = characters = 0
    for place, content in cells.items():
        if content.invisible or content.text == issued.get(place):
            continue
        if not content.text:
            left += not content.calculated  # a formula without a value
            continue
        size = len(content.text.encode("utf-16-le", "surrogatepass")) // 2
        within = place[0] <= _REACH[0] and place[1] <= _REACH[1] and size <= MAX_TEXT
        if within and len(kept) < MOST_CELLS and characters + size <= MOST_CHARACTERS:
            kept[place] = Content(content.type, content.text)
            characters += size
        else:
            left += 1
    return kept, left


def _sheets(layout: Layout, anchors: Anchors, cells: Cells) -> Iterator[Uncarried]:
    """Sheets of which nothing is carried: added ones, and issued ones that stand twice or have no column ids."""
    own = {one.say(layout.lang) for one in (guide.NAME, appendix.SCRATCH, appendix.CHANGE_LOG)} | {SHEET}
    own |= {sheet.tab.name for sheet in anchors.sheets if sheet.id_row}
    own |= {charting.NAME.say(layout.lang)} if charting.drawn(layout) else set()
    for tab in cells.tabs:
        if tab.name not in own:
            yield Uncarried(visible(tab.name), _WHOLE)


def _objects(parts: Source, charts: int) -> Iterator[Uncarried]:
    """What stands over cells beyond the issued ``charts``, which one drawing holds."""
    names = [name.casefold() for name in parts.names()]
    counts = [(what, sum(any(sign in name for sign in signs) for name in names)) for signs, what in _OBJECTS]
    found = [what for what, count in counts if count > (charts if what is _CHARTS else 0)]
    if not found and sum(_DRAWING in name for name in names) > bool(charts):
        found = [_SHAPES]
    return (Uncarried("", what) for what in found)


def _on_generated(tab: Tab, issued: Collection[str]) -> Iterator[Uncarried]:
    """What was written on 填报说明 or 图表."""
    for row, cells in tab.by_row.items():
        theirs = [
            column
            for column, content in cells.items()
            if not (content.formula or content.invisible or content.text in issued)
        ]
        yield from _runs(tab.name, row, theirs, cells)


def _entries(submission: Submission, sheet: Located) -> Iterator[Uncarried]:
    """What entries have beside a value, and what stands where nothing can be entered."""
    layout = submission.layout
    assert layout is not None
    keys = layout.keys_by_sheet[sheet.plan.id]
    for key in keys[Role.INPUT]:
        content = submission.contents.get(key, _BLANK)
        if content.formula:
            formula = _shown(content.formula)
            what = Text(f"公式 {formula}（副本只有数值）", f"formula {formula} (the copy has its value)")
            yield Uncarried(_at(sheet.tab.name, submission.spots[key].cell), what)
    for key in keys[Role.CLOSED]:
        content = submission.contents.get(key, _BLANK)
        if not content.invisible:
            shown = _shown(content.text or content.formula)
            what = Text(f"{shown}（不在预算期间内的月份）", f"{shown} (a month outside the period)")
            yield Uncarried(_at(sheet.tab.name, submission.spots[key].cell), what)


def _on_form(sheet: Located, keyed: Collection[tuple[int, int]], issued: Collection[str]) -> Iterator[Uncarried]:
    """What stands on an issued sheet outside its keyed cells; nothing where the whole sheet is named."""
    cells = sheet.tab.cells
    first = min(sheet.rows.values(), default=0)
    rows: dict[int, list[int]] = {}
    for row, column in cells.keys() - keyed if sheet.id_row else ():
        if row > sheet.id_row and _theirs(sheet, row, column, cells[row, column], issued, first):
            rows.setdefault(row, []).append(column)
    for row in sorted(rows):
        yield from _runs(sheet.tab.name, row, sorted(rows[row]), sheet.tab.by_row[row])


def _theirs(sheet: Located, row: int, column: int, content: Content, issued: Collection[str], first: int) -> bool:
    """Whether something outside the keyed cells was put there by the unit."""
    if content.invisible:
        return False
    if content.formula:
        return row >= first  # above stand the flag and what is left of bounds
    if content.type is not ContentType.TEXT:
        return True
    if column == sheet.code_column and content.text in sheet.rows:
        return False
    text = content.text
    if text in issued:
        return False
    for one in SIGNATURES:
        text = text.replace(one.zh, "").replace(one.en, "")
    return bool(text.strip())


def _runs(tab: str, row: int, columns: list[int], cells: Mapping[int, Content]) -> Iterator[Uncarried]:
    """Contents of one row, those side by side as one."""
    begin = 0
    for at, column in enumerate(columns):
        if at + 1 < len(columns) and columns[at + 1] == column + 1:
            continue
        first = columns[begin]
        where = a1(row, first) if first == column else f"{a1(row, first)}:{a1(row, column)}"
        content = cells[first]
        yield Uncarried(_at(tab, where), _shown(content.text or content.formula))
        begin = at + 1


def _at(tab: str, cell: str) -> str:
    return f"{visible(tab)}!{cell}"


def _shown(text: str) -> str:
    """The beginning of a content, in one line."""
    return visible(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
