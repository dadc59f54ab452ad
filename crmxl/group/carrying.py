"""Entries of one version of a template into another: what fits is carried, and nothing is lost in silence.

Pure. By key: the code, or the code that the new line says it ``was``, and the column likewise. Every entry that is
not blank is carried, or listed as lost, or carried and told of where it needs a look. Knows of no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from crmxl.check.evidence import as_computed, written
from crmxl.check.verdict import Report
from crmxl.define.rows import rows
from crmxl.errors import CrmxlError
from crmxl.expression import Fault, Value
from crmxl.group.facts import clean
from crmxl.group.fitting import fit
from crmxl.group.states import shown
from crmxl.issue.addresses import a1
from crmxl.issue.places import Cell, Layout, Role, RowKind
from crmxl.issue.remarks import Aside
from crmxl.issue.remarks import Carried as Asides
from crmxl.model import Key, Text, say, split_key
from crmxl.receive.submission import Content, ContentType

_NO_LINE = Text("新版没有这一行", "there is no such line any more")
_OTHER_LINE = Text("新版里这个编码给了另一行", "that code is another line's now")
_NO_PART = Text("新版没有下发这一部分", "that part was not issued")
_NO_BLANK = Text("新版的空白行没有这么多", "there are fewer blank lines now")
_NO_COLUMN = Text("新版没有这一列", "there is no such column any more")
_CALCULATED = Text("新版由公式计算", "it is calculated now")
_ISSUED = Text("新版由集团下达，下达的是“{given}”", "the group gives it now, and gives “{given}”")
_CLOSED = Text("新版这个月不开放", "that month is closed now")
_FIXED = Text("新版的名称是固定的：“{given}”", "the title is fixed now: “{given}”")
_NOWHERE = Text("不在表格的单元格里，没有编码或列", "it stands in no cell of the form")
_OWN = Text("单位在表格以外自己加的内容", "the unit's own, beside the form")
_MORE = Text("表格以外另有 {count} 处", "{count} more beside the form")
_FORMULA = Text("原是公式 {formula}，只带数值", "was the formula {formula}; only its value is carried")
_READ = Text("原写法“{typed}”，按读出的值带过来", "was written “{typed}”; it is carried as read")
_RETITLED = Text("这一行新版叫“{given}”", "that line is called “{given}” now")
_OPENED = Text("原由集团下达，新版由单位填", "was given by the group; the unit fills it now")
_COMPUTED = Text("原由公式计算，新版由单位填", "was calculated; the unit fills it now")
_TYPED_OVER = Text("原是公式，被改成了数值", "a formula stood there and was typed over")
_BLANK = Content()


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry of the old workbook of which somebody has to be told."""

    key: Key
    """In the old template; empty for what stood in no cell of it."""
    place: str
    """``费用预算!C9``, as it stood in the old workbook."""
    title: str
    text: str
    """What stood there, for people."""
    why: Text
    now: Key = ""
    """Its key in the new workbook; empty where it was not carried."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What migrating gave."""

    entries: Mapping[Key, Value]
    """Inputs of the new workbook."""
    lost: tuple[Lost, ...]
    """What could not be carried, in the old workbook's order."""
    notes: tuple[Lost, ...]
    """What was carried and needs a look, and what the group gave and gives otherwise, in the same order."""


def successors(old: Layout, new: Layout) -> dict[str, str]:
    """What has become of the codes of ``old`` that are not the same line in ``new``: the new code, or nothing where
    ``new`` gives the code to a line that was another one.
    """
    if old.template.name == new.template.name:
        return {}
    was = {row.code: row.line.was for row in rows(new.template) if row.line is not None and row.line.was in old.kinds}
    lost = {code: "" for code in was if code in old.kinds}
    return lost | {before: code for code, before in was.items()}


class _Renaming:
    """What the keys of one version are in another."""

    def __init__(self, old: Layout, new: Layout) -> None:
        self.cells, self.codes = new.cells, successors(old, new)
        there = {(sheet.id, column.id) for sheet in old.template.sheets for column in sheet.columns}
        was = {
            sheet.id: {one.was: one.id for one in sheet.columns if one.was and (sheet.id, one.id) not in there}
            for sheet in new.template.sheets
        }
        self.columns = {row.code: was[plan.id] for plan in new.sheets if was.get(plan.id) for row in plan.rows}

    def key(self, code: str, column: str) -> Key:
        """The key where ``code``, and perhaps the column, are called otherwise now."""
        code = self.codes.get(code, code)
        id, dot, month = column.partition(".")
        renamed = f"{code}@{self.columns.get(code, {}).get(id, id)}{dot}{month}"
        return renamed if renamed in self.cells else f"{code}@{column}"


def carry(report: Report, to: Layout, given: Mapping[Key, Value] | None = None) -> Carried:
    """What a workbook's entries are in the layout ``to``; ``given`` are the values that the group gives there.

    Raises CrmxlError where the workbook was not read or is of another template.
    """
    old = report.submission.layout
    if old is None or old.template.id != to.template.id:
        name = old.template.name if old else "?"
        raise CrmxlError(
            f"{report.submission.file}（{name}）：不是模板 {to.template.id} 的工作簿 · "
            f"is no workbook of the template {to.template.id}"
        )
    move = _Move(report, old, to, {**to.preset_values, **(given or {})})
    for cell in old.cells.values():
        move.take(cell)
    move.strays()
    move.beside()
    return Carried(move.entries, tuple(move.lost), tuple(move.notes))


class _Move:
    """A workbook on its way into another layout."""

    def __init__(self, report: Report, old: Layout, to: Layout, given: Mapping[Key, Value]) -> None:
        self.report, self.old, self.to, self.given = report, old, to, given
        self.moved = _Renaming(old, to)
        self.entries: dict[Key, Value] = {}
        self.lost: list[Lost] = []
        self.notes: list[Lost] = []
        self.retitled: set[str] = set()

    def take(self, cell: Cell) -> None:
        """Carry the entry of one cell, if there is one, or say why not."""
        if cell.role is Role.LABEL:
            return
        content = self.report.submission.contents.get(cell.key, _BLANK)
        value = self._value(cell, content)
        if value is None and (cell.role is Role.ISSUED or content.invisible):
            return
        key = self.moved.key(*split_key(cell.key))
        code, now = split_key(key)[0], self.to.cells.get(key)
        if cell.role is Role.CALCULATED and not self._entered(cell, content, value, now):
            return
        if now is None:
            self._lose(cell, value, content, self._missing(cell, code))
        elif now.role is not Role.INPUT:
            if (why := self._taken(now, value)) is not None:
                self._lose(cell, value, content, why)
        else:
            found = fit(value, written(content), cell, now)
            if found.value is None:
                self._lose(cell, value, content, found.told[0])
                return
            self.entries[now.key] = found.value
            for why in (*found.told, *self._looks(cell, now, value, content)):
                self.notes.append(self._told(cell, value, content, why, now.key))

    def strays(self) -> None:
        """Say what stood beside the cells."""
        for (sheet, row, column), content in self.report.submission.strays.items():
            if not content.invisible:
                text = clean(content.text or content.formula)
                self.lost.append(Lost("", f"{sheet}!{a1(row, column)}", "", text, _NOWHERE))

    def beside(self) -> None:
        """Say what else the unit put into its file that no workbook of ours holds."""
        beside = self.report.submission.beside
        listed = {one.place for one in self.lost}
        for one in beside.uncarried:
            if one.where not in listed:
                self.lost.append(Lost("", clean(one.where), "", clean(say(one.what, self.old.lang)), _OWN))
        if more := beside.uncarried_count - len(beside.uncarried):
            self.lost.append(Lost("", "", "", "…", _MORE.filled(count=str(more))))

    def _value(self, cell: Cell, content: Content) -> Value:
        """The entry as it counts; None for a blank, for what was refused, and for what is no entry."""
        match cell.role:
            case Role.INPUT:
                return self.report.values.get(cell.key)
            case Role.ISSUED if cell.key not in self.old.presets:
                return self.report.values.get(cell.key)
            case Role.CLOSED:
                return as_computed(content)
            case Role.CALCULATED:
                return as_computed(content) if _typed_over(content) else self.report.values.get(cell.key)
        return None

    def _entered(self, cell: Cell, content: Content, value: Value, now: Cell | None) -> bool:
        """Whether a calculated cell has to be carried: somebody typed another value over its formula, or the unit
        fills it from now on. What adds up other lines is not carried, or it would count twice.
        """
        kind = self.old.kinds.get(split_key(cell.key)[0], RowKind.CHECK)
        if kind is RowKind.CHECK or "@_" in cell.key:  # what only judges the entries
            return False
        if _typed_over(content) and not content.invisible:
            return value != self.report.values.get(cell.key) or (now is not None and now.role is Role.INPUT)
        return now is not None and now.role is Role.INPUT and kind.filled and bool(value)

    def _missing(self, cell: Cell, code: str) -> Text:
        """Why the new layout has no cell for it."""
        if not code:
            return _OTHER_LINE
        if code in self.to.kinds:
            return _NO_COLUMN
        there = {row.code for row in rows(self.to.template)}
        if code in there:
            return _NO_PART
        kind = self.old.kinds[split_key(cell.key)[0]]
        owner = code.rpartition(".")[0]
        owned = owner in there or owner in self.to.by_id
        return _NO_BLANK if kind in (RowKind.OPEN, RowKind.RECORD) and owned else _NO_LINE

    def _taken(self, now: Cell, value: Value) -> Text | None:
        """Why nobody can fill the cell; None where it holds just what was carried."""
        match now.role:
            case Role.ISSUED:
                given = self.given.get(now.key)
                return None if given == value else _ISSUED.filled(given=shown(given, now.type))
            case Role.LABEL:
                return None if now.text == value else _FIXED.filled(given=now.text)
            case Role.CLOSED:
                return _CLOSED
        return _CALCULATED

    def _looks(self, cell: Cell, now: Cell, value: Value, content: Content) -> Iterator[Text]:
        """What somebody should look at though it was carried."""
        code, new = split_key(cell.key)[0], split_key(now.key)[0]
        title = self.to.titles.get(new, "")
        same_words = self.old.lang != self.to.lang or title == self.old.titles.get(code, "")
        if code == new and not same_words and new not in self.retitled:
            self.retitled.add(new)
            yield _RETITLED.filled(given=title)
        if cell.role is Role.ISSUED:
            yield _OPENED
        elif cell.role is Role.CALCULATED:
            yield _TYPED_OVER if _typed_over(content) else _COMPUTED
        elif content.formula:
            yield _FORMULA.filled(formula=clean(content.formula))
        elif content.type is ContentType.TEXT and isinstance(value, Fraction):
            yield _READ.filled(typed=clean(content.text))

    def _lose(self, cell: Cell, value: Value, content: Content, why: Text) -> None:
        """List an entry; what the group gave is not the unit's, and only told."""
        listed = self.notes if cell.role is Role.ISSUED else self.lost
        listed.append(self._told(cell, value, content, why))

    def _told(self, cell: Cell, value: Value, content: Content, why: Text, now: Key = "") -> Lost:
        submission = self.report.submission
        place = submission.place(cell.key)
        refused = value is None or isinstance(value, Fault)
        text = content.text or content.formula if refused else shown(value, cell.type)
        where = f"{place.sheet}!{place.cell}" if place.cell else ""
        return Lost(cell.key, where, clean(place.title), clean(text), why, now)


def _typed_over(content: Content) -> bool:
    """Whether a value stands where a formula was issued."""
    return not content.blank and not content.formula


def asides(report: Report) -> Asides:
    """工作底稿 and 变更记录 of a workbook as they go into the new one: values, no formulas."""

    def shown_in(contents: Mapping[tuple[int, int], Content]) -> dict[tuple[int, int], Aside]:
        found = {}
        for place, content in contents.items():
            value = as_computed(content)
            if isinstance(value, Fraction):
                found[place] = Aside(value, content.type is ContentType.DATE)
            else:
                found[place] = Aside(content.text)
        return found

    beside = report.submission.beside
    return Asides(scratch=shown_in(beside.scratch), log=shown_in(beside.log))


def parameters(given: Mapping[str, str], old: Layout, to: Layout) -> dict[str, str]:
    """Issued parameters, by field id or key, as the layout ``to`` calls them."""
    moved = _Renaming(old, to)
    found = {}
    for name, text in given.items():
        now = moved.key(*split_key(name)) if "@" in name else moved.codes.get(name, name)
        if now and not now.startswith("@"):
            found[now] = text
    return found
