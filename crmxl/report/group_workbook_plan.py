"""Where everything of the group workbook stands: pure arithmetic from totals to rows, columns and match keys.

SUMIFS criteria are the match keys made here, letter and colon first: Excel takes ``1.1`` and ``1.10`` as equal, takes
``*`` and ``?`` for wildcards and ignores case. Units therefore go by number (``U:0001``), never by name; codes are
unique whatever their case, and have no such characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crmxl.group.facts import DIFFERENCE
from crmxl.group.origin import Adjustment, Origin
from crmxl.group.outline import leaves
from crmxl.group.stages import Pair
from crmxl.group.totals import OWN, Block, LineTotal, Totals
from crmxl.issue.addresses import a1, letters, quoted
from crmxl.issue.places import RowKind
from crmxl.model import Kind, Lang, Text
from crmxl.report.totals import Fact, facts_of_block

LIVE_UNITS = 1_000
"""Units up to which the totals are live SUMIFS; beyond it Excel would calculate too long."""
FACT_ROWS = 1_000_000
"""Facts that 明细 can hold; Excel has 1,048,576 rows."""
KEY_ROW, HEADER, FIRST = 5, 6, 7
"""Hidden match keys of columns, the headers, and the first row of a table."""

COVER, SUMMARY, LINES = Text("封面", "Cover"), Text("汇总", "Summary"), Text("科目汇总", "By line")
WAN, CHECKS, FACTS = Text("万元表", "Ten thousands"), Text("校验", "Checks"), Text("明细", "Facts")
MEASURES = Text("指标", "Measures")
LEFT_OUT = Text("未纳入与提示", "Left out and notes")
LEVELS, ADJUSTED = Text("层级汇总", "By level"), Text("调整", "Adjustments")
STAGES = Text("阶段对比", "Stages")
OWN_LINES = Text("自填项目（名称见明细）", "Named by units (see Facts)")
LIST_ROWS = Text("{title}（逐条见明细）", "{title} (row by row in Facts)")
BESIDE = Text("不计入总额（仅列示）", "Not in the total (shown only)")
SUBTOTAL, PART_TOTAL, TOTAL = Text("小计", "Subtotal"), Text("合计", "Total of part"), Text("总计", "Grand total")
MONTH_NAMES = tuple(Text(f"{month}月", f"M{month}") for month in range(1, 13))
REST, YEAR = Text("未分解", "Not split"), Text("全年合计", "Year")


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row of 科目汇总."""

    number: int
    kind: RowKind
    code: str = ""
    title: str = ""
    key: str = ""
    """Match key of a line; empty elsewhere."""
    money: tuple[int, ...] = ()
    """Fen: the year, twelve months, what no month has; empty on headings."""
    adds: tuple[int, ...] = ()
    """Rows that a subtotal or total adds."""
    counted: bool = True
    split: bool = True
    """Whether it has months; without them nothing is left to be split."""


@dataclass(frozen=True)
class Plan:
    """One block's sheets."""

    block: Block
    lang: Lang
    number: int
    """From 1 where there are several blocks, else 0."""
    facts: tuple[Fact, ...]
    """Rows of 明细 in order; empty where 明细 is left out."""
    live: bool
    """Whether totals are SUMIFS over 明细."""
    detailed: bool
    """Whether there is a sheet 明细."""
    unit_keys: Mapping[str, str]
    rows: tuple[LineRow, ...]
    fact_columns: Mapping[str, int] = field(default_factory=dict)
    """Columns of 明细 by id."""
    origin: Origin | None = None
    """Where totals of a round's ledger come from."""
    adjusted: tuple[Adjustment, ...] = ()
    """What reviewers changed of the block's units."""
    pair: Pair | None = None
    """The block beside that of another round."""

    @property
    def sheets(self) -> tuple[Text, ...]:
        """The block's sheets in order."""
        found = [SUMMARY]
        found += [LEVELS] if self.block.several_levels else []
        found += [LINES, WAN]
        found += [MEASURES] if self.block.measures else []
        found += [ADJUSTED] if self.adjusted else []
        found += [STAGES] if self.pair else []
        return (*found, CHECKS, FACTS) if self.detailed else (*found, CHECKS)

    @property
    def unit_rows(self) -> Mapping[str, int]:
        """Rows of 汇总 by unit."""
        return {unit.unit: row for row, unit in enumerate(self.block.units, FIRST)}

    def name(self, sheet: Text) -> str:
        """The tab's name of one of the block's sheets."""
        return f"{sheet.say(self.lang)}{self.number or ''}"

    def at(self, sheet: Text, row: int, column: int) -> str:
        """A reference from another sheet to one cell."""
        return f"{quoted(self.name(sheet))}!${letters(column)}${row}"

    def down(self, sheet: Text, column: int, first: int, last: int) -> str:
        """A reference from another sheet to part of a column."""
        return f"{quoted(self.name(sheet))}!${letters(column)}${first}:${letters(column)}${last}"

    def down_right(self, sheet: Text, row: int, first: int, last: int) -> str:
        """A reference from another sheet to part of a row."""
        return f"{quoted(self.name(sheet))}!${letters(first)}${row}:${letters(last)}${row}"

    def fact_range(self, id: str) -> str:
        """The column ``id`` of 明细, for formulas on other sheets."""
        return self.down(FACTS, self.fact_columns[id], FIRST, self.last_fact)

    @property
    def last_fact(self) -> int:
        """Last row of 明细; its first where there are no facts."""
        return FIRST + max(1, len(self.facts)) - 1

    @property
    def first_amount(self) -> int:
        """Column of 汇总 with the first part."""
        return 3

    @property
    def total_column(self) -> int:
        """Column of 汇总 with the units' totals; share, warnings, match key and control total follow."""
        return self.first_amount + len(self.block.parts)

    @property
    def last_unit(self) -> int:
        """Row of 汇总 with the last unit; the total follows."""
        return FIRST + max(1, len(self.block.units)) - 1

    @property
    def total_row(self) -> int:
        """Row of 汇总 with the total."""
        return self.last_unit + 1

    @property
    def total_cell(self) -> str:
        """The group's total, for formulas on other sheets."""
        return self.at(SUMMARY, self.total_row, self.total_column)

    @property
    def year_column(self) -> int:
        """Column of 科目汇总 with the year; months and the rest stand before it."""
        return 16 if self.block.monthly else 3

    @property
    def line_total(self) -> LineRow:
        """The row 总计 of 科目汇总."""
        return next(row for row in self.rows if row.kind is RowKind.TOTAL)


def plan(totals: Totals, block: Block, number: int, lang: Lang) -> Plan:
    """The plan of one block; ``number`` is 0 where there is but one."""
    count = int(
        ((totals.facts["template"] == block.template.name) & (totals.facts["year"] == block.year)).sum()
        if len(totals.facts)
        else 0
    )
    detailed = count <= FACT_ROWS
    facts = tuple(facts_of_block(totals, block, lang)) if detailed and count else ()
    digits = max(4, len(str(len(block.units))))
    return Plan(
        block=block,
        lang=lang,
        number=number,
        facts=facts,
        live=detailed and len(block.units) <= LIVE_UNITS,
        detailed=detailed,
        unit_keys={unit.label(lang): f"U:{n:0{digits}d}" for n, unit in enumerate(block.units, 1)},
        rows=line_rows(block, lang),
        fact_columns={id: n for n, id in enumerate(fact_ids(block, facts), 1)},
        origin=totals.origin,
        adjusted=_adjusted(totals, block),
        pair=totals.against.pair(block) if totals.against else None,
    )


def _adjusted(totals: Totals, block: Block) -> tuple[Adjustment, ...]:
    units = {unit.unit for unit in block.units}
    changes = totals.origin.adjustments if totals.origin else ()
    return tuple(one for one in changes if one.template == block.template.name and one.unit in units)


def fact_ids(block: Block, facts: Sequence[Fact]) -> list[str]:
    """Ids of 明细's columns in order; what no fact has is left out."""
    ids = ["unit", "part"]
    if any(fact.group for fact in facts):
        ids.append("group")
    ids += ["code", "title"]
    if len(block.columns) > 1:
        ids.append("column")
    if any(fact.basis for fact in facts):
        ids.append("basis")
    ids.append("amount")
    if block.monthly:
        ids += [*(f"m{month:02d}" for month in range(1, 13)), "rest"]
    if block.beside:
        ids.append("counted")
    return [*ids, "file", "sheet", "cell", "template", "key_unit", "key_part", "key_line"]


def part_key(part: str) -> str:
    """The match key of a part."""
    return f"P:{part}"


class LineKeys:
    """Match keys of lines. Lines that units name are added up by their owner: each unit means something else."""

    def __init__(self, block: Block) -> None:
        self._owners = {leaf.code: leaf for leaf in leaves(block.template) if leaf.own}
        self._several = len({line.column for line in block.lines if line.code != DIFFERENCE}) > 1

    def of(self, code: str, column: str, *, counted: bool) -> str:
        """The key of an amount."""
        leaf = self._owners.get(code)
        letter, name = ("O", leaf.owner) if leaf else ("L", code)
        if not counted:
            return f"N:{letter}:{name}@{column}"
        return f"{letter}:{name}@{column}" if self._several and code != DIFFERENCE else f"{letter}:{name}"


def line_rows(block: Block, lang: Lang) -> tuple[LineRow, ...]:
    """科目汇总 from top to bottom."""
    made = _Lines(block, lang)
    part_rows = [made.part(part.code, part.title.say(lang)) for part in block.parts]
    made.put(RowKind.TOTAL, title=TOTAL.say(lang), adds=tuple(part_rows), money=_added(block.lines))
    if block.beside:
        made.put(RowKind.SECTION, title=BESIDE.say(lang))
        made.lines(block.beside, counted=False)
    return tuple(made.rows)


class _Lines:
    """科目汇总 in the making."""

    def __init__(self, block: Block, lang: Lang) -> None:
        self.block, self.lang = block, lang
        self.keys = LineKeys(block)
        self.rows: list[LineRow] = []
        self.lists = {sheet.id: sheet.title for sheet in block.template.sheets if sheet.kind is Kind.LIST}
        self.columns = {line.column for line in block.lines if line.code != DIFFERENCE}
        self.sheets = {leaf.code: leaf.sheet for leaf in leaves(block.template)}
        self.monthly = {(one.id, column.id) for one in block.template.sheets for column in one.columns if column.months}

    def put(self, kind: RowKind, **fields: object) -> int:
        number = FIRST + len(self.rows)
        self.rows.append(LineRow(number, kind, **fields))  # type: ignore[arg-type]
        return number

    def part(self, code: str, title: str) -> int:
        """A part with its groups; returns the row of its total."""
        lines = [line for line in self.block.lines if line.part == code]
        self.put(RowKind.SECTION, title=title if code == DIFFERENCE or code in self.lists else f"{code}　{title}")
        adds = self.lines([line for line in lines if not line.group], counted=True)
        for group in (group for group in self.block.groups if group.part == code):
            inner = [line for line in lines if line.group == group.code]
            self.put(RowKind.GROUP, title=f"{group.code}　{group.title.say(self.lang)}")
            rows = tuple(self.lines(inner, counted=True))
            shown = SUBTOTAL.say(self.lang)
            adds.append(self.put(RowKind.SUBTOTAL, code=group.code, title=shown, adds=rows, money=_added(inner)))
        shown = PART_TOTAL.say(self.lang)
        visible = "" if code == DIFFERENCE or code in self.lists else code
        return self.put(RowKind.PART_TOTAL, code=visible, title=shown, adds=tuple(adds), money=_added(lines))

    def lines(self, lines: Sequence[LineTotal], *, counted: bool) -> list[int]:
        """Lines with one key in one row; returns the rows."""
        together: dict[str, list[LineTotal]] = {}
        for line in lines:
            together.setdefault(self.keys.of(line.code, line.column, counted=counted), []).append(line)
        return [
            self.put(
                RowKind.LINE,
                code=self._code(some),
                title=self._title(some, counted=counted),
                key=key,
                money=_added(some),
                counted=counted,
                split=counted or any((self.sheets.get(line.code), line.column) in self.monthly for line in some),
            )
            for key, some in together.items()
        ]

    def _code(self, lines: Sequence[LineTotal]) -> str:
        first = lines[0].code
        if first == DIFFERENCE or lines[0].part in self.lists:
            return ""
        return first if len(lines) == 1 else f"{first.rpartition('.')[0]}.n"

    def _title(self, lines: Sequence[LineTotal], *, counted: bool) -> str:
        first = lines[0]
        if first.part in self.lists:
            shown = LIST_ROWS.say(self.lang).format(title=self.lists[first.part].say(self.lang))
        elif len(lines) > 1 or first.title == OWN:
            shown = OWN_LINES.say(self.lang)
        else:
            shown = first.title.say(self.lang)
        if (
            (len(self.columns) > 1 or not counted)
            and first.column in self.block.columns
            and len(self.block.columns) > 1
        ):
            shown += f"·{self.block.columns[first.column].say(self.lang)}"
        return shown


def _added(lines: Iterable[LineTotal]) -> tuple[int, ...]:
    rows = [(line.total, *line.months, line.rest) for line in lines]
    return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * 14


def sum_of(cells: Sequence[tuple[int, int]]) -> str:
    """``SUM`` over cells (row, column) of one column, runs as ranges; ``0`` for none."""
    runs: list[list[int]] = []
    for row, _ in cells:
        if runs and runs[-1][1] == row - 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    if not runs:
        return "0"
    column = cells[0][1]
    texts = [a1(a, column) if a == b else f"{a1(a, column)}:{a1(b, column)}" for a, b in runs]
    return "+".join(f"SUM({','.join(texts[n : n + 200])})" for n in range(0, len(texts), 200))
