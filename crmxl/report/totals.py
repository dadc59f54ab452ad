"""Totals for programs and for people's own tables: JSON, CSV and Parquet. Returns text or bytes; prints nothing.

The JSON is described by ``schemas/totals.schema.json``; CSV and Parquet hold the facts, one row for each unit and
line, money alone: measures are in JSON and workbook. The workbook is ``group_workbook.py``'s.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmxl.catalogue import name_of, word
from crmxl.errors import CrmxlError
from crmxl.group.facts import DIFFERENCE, MONEY_COLUMNS, MONTH_COLUMNS
from crmxl.group.outline import Leaf, leaves
from crmxl.group.totals import DIFFERENCE_TITLE, NO_UNIT, Block, GroupFinding, LeftOut, LineTotal, Totals, UnitTotal
from crmxl.model import Lang, Text
from crmxl.money import from_fen
from crmxl.report.harmless import inert, json_text
from crmxl.report.measures import measures_json
from crmxl.report.origin import of_round, source_of

if TYPE_CHECKING:
    import pandas as pd

_AMOUNTS: tuple[tuple[str, Text], ...] = (
    ("amount", Text("全年（元）", "Year (yuan)")),
    *((name, Text(f"{number}月", f"M{number}")) for number, name in enumerate(MONTH_COLUMNS, 1)),
    ("rest", Text("未分解", "Not split")),
)
CSV_COLUMNS: tuple[tuple[str, Text], ...] = (
    ("template", Text("模板", "Template")),
    ("year", Text("年度", "Year")),
    ("unit", Text("预算单位", "Unit")),
    ("unit_name", Text("单位名称", "Unit name")),
    ("part", Text("部分编码", "Part code")),
    ("part_title", Text("部分", "Part")),
    ("group", Text("小类编码", "Group code")),
    ("group_title", Text("小类", "Group")),
    ("code", Text("编码", "Code")),
    ("title", Text("项目", "Item")),
    ("key", Text("键", "Key")),
    ("counted", Text("计入合计", "Counted")),
    *_AMOUNTS,
    ("basis", Text("测算依据", "Basis")),
    ("file", Text("来源文件", "File")),
    ("sheet", Text("工作表", "Sheet")),
    ("cell", Text("单元格", "Cell")),
)
"""Columns of the CSV, with their headings."""
_YES, _NO = Text("是", "yes"), Text("否", "no")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in the reader's language."""

    template: str
    year: int
    unit: str
    """Code or name; the words for no unit where there is none."""
    unit_name: str
    part: str
    part_title: str
    group: str
    group_title: str
    code: str
    title: str
    column: str
    counted: bool
    money: tuple[int, ...]
    """Fen: the year, twelve months, what no month has."""
    monthly: bool
    """Whether its template has months at all."""
    basis: str
    file: str
    sheet: str
    cell: str

    @property
    def key(self) -> str:
        """The key of the amount."""
        return f"{self.code}@{self.column}"


def facts_of(totals: Totals, lang: Lang) -> Iterator[Fact]:
    """Every fact, by block, unit and place in the template."""
    for block in totals.blocks:
        yield from facts_of_block(totals, block, lang)


def facts_of_block(totals: Totals, block: Block, lang: Lang) -> Iterator[Fact]:
    """The facts of one block."""
    known = {leaf.code: leaf for leaf in leaves(block.template)}
    for row in _rows(totals.facts, block):
        yield _fact(row, known.get(row.code), block, lang)


def _rows(facts: pd.DataFrame, block: Block) -> Iterator[Any]:
    mine = facts[(facts["template"] == block.template.name) & (facts["year"] == block.year)]
    return iter(mine.itertuples(index=False))


def _fact(row: Any, leaf: Leaf | None, block: Block, lang: Lang) -> Fact:
    if leaf is None:
        part, group, title = DIFFERENCE_TITLE.say(lang), "", DIFFERENCE_TITLE.say(lang)
    else:
        part, group = leaf.part_title.say(lang), leaf.group_title.say(lang)
        title = row.title if leaf.own else leaf.title.say(lang)
    return Fact(
        template=row.template,
        year=int(row.year),
        unit=row.unit or NO_UNIT.say(lang),
        unit_name=row.unit_name,
        part=row.part,
        part_title=part,
        group=row.group,
        group_title=group,
        code=row.code,
        title=title,
        column=row.column,
        counted=bool(row.counted),
        money=tuple(int(getattr(row, name)) for name in MONEY_COLUMNS),
        monthly=block.monthly,
        basis=row.basis,
        file=row.file,
        sheet=row.sheet,
        cell=row.cell,
    )


def totals_json(totals: Totals, lang: Lang = "zh") -> str:
    """The totals as JSON, described by ``schemas/totals.schema.json``; money as decimal strings of 元.

    ``total`` is null where there are several blocks: nothing is added up across templates, versions or years.
    """
    document = {
        "total": None if totals.total is None else from_fen(totals.total),
        "totals": [{**_of(block), "total": from_fen(block.total)} for block in totals.blocks],
        "units": [
            {**_unit(block, unit, lang), **source_of(totals.origin, unit.unit, block.template.name)}
            for block in totals.blocks
            for unit in block.units
        ],
        "lines": [_line(block, line, lang) for block in totals.blocks for line in block.lines],
        "beside": [_line(block, line, lang) for block in totals.blocks for line in block.beside],
        "parts": [
            {**_of(block), "code": part.code, "title": part.title.say(lang), "total": from_fen(part.total)}
            for block in totals.blocks
            for part in block.parts
        ],
        "groups": [
            {
                **_of(block),
                "code": group.code,
                "title": group.title.say(lang),
                "part": group.part,
                "total": from_fen(group.total),
            }
            for block in totals.blocks
            for group in block.groups
        ],
        "months": [
            {**_of(block), "months": _fens(block.months), "not_split": from_fen(block.rest)}
            for block in totals.blocks
            if block.monthly
        ],
        "measures": [one for block in totals.blocks for one in measures_json(block, lang)],
        "left_out": [
            {**_file(one, lang), "template": one.template, "codes": list(one.codes), "fix": one.fix(lang)}
            for one in totals.left_out
        ],
        "duplicates": [_file(one, lang) for one in totals.duplicates],
        "compared": [_file(one, lang) for one in totals.compared],
        "findings": [_finding(one, lang) for one in totals.findings],
        "warnings": [
            {
                "file": unit.file,
                "unit": unit.label(lang),
                "code": one.code,
                "sheet": one.place.sheet,
                "cell": one.place.cell,
                "message": word(one, lang, unit.file).message,
            }
            for block in totals.blocks
            for unit in block.disclosed
            for one in unit.warnings
        ],
        "notes": [{**_of(block), "note": note.say(lang)} for block in totals.blocks for note in block.notes],
        **of_round(totals, lang),
    }
    return json_text(document)


def totals_csv(totals: Totals, lang: Lang = "zh") -> bytes:
    """The facts as CSV: UTF-8 with a byte order mark, amounts in 元, no text that a spreadsheet takes for a formula.

    Amounts are written by crmxl itself and stay numbers: a negative one is ``-5.00``. Every text goes through
    ``inert``.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([title.say(lang) for _, title in CSV_COLUMNS])
    for fact in facts_of(totals, lang):
        shown = [from_fen(fen) if fact.monthly or not n else "" for n, fen in enumerate(fact.money)]
        money = dict(zip(MONEY_COLUMNS, shown, strict=True))
        counted = (_YES if fact.counted else _NO).say(lang)
        others = {"counted": counted, "year": str(fact.year), **money}
        writer.writerow([others[name] if name in others else inert(getattr(fact, name)) for name, _ in CSV_COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def totals_parquet(totals: Totals, lang: Lang = "zh") -> bytes:
    """The facts as Parquet: money in whole fen (64-bit integers), columns as in ``group.facts``.

    Raises CrmxlError where pyarrow is not installed.
    """
    try:
        import pyarrow as arrow  # type: ignore[import-untyped]
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]
    except ImportError:
        raise CrmxlError(
            "写 Parquet 需要 pyarrow，请先安装：pip install 'crmxl[parquet]' · "
            "Parquet needs pyarrow; install it with: pip install 'crmxl[parquet]'"
        ) from None
    facts = _in_language(totals, lang)
    kinds = {"year": arrow.int32(), "counted": arrow.bool_()}
    kinds |= {f"{name}_fen": arrow.int64() for name in MONEY_COLUMNS}
    columns = {
        str(name): arrow.array(list(facts[name]), kinds.get(str(name), arrow.string())) for name in facts.columns
    }
    sink = io.BytesIO()
    parquet.write_table(arrow.table(columns), sink)
    return sink.getvalue()


def _in_language(totals: Totals, lang: Lang) -> pd.DataFrame:
    """The facts with titles in ``lang`` and money columns named ``…_fen``."""
    facts = totals.facts.drop(columns=["rank"])
    said = list(facts_of(totals, lang))
    for name in ("unit", "part_title", "group_title", "title"):
        facts[name] = [getattr(fact, name) for fact in said]
    return facts.rename(columns={name: f"{name}_fen" for name in MONEY_COLUMNS})


def _of(block: Block) -> dict[str, Any]:
    return {"template": block.template.name, "year": block.year}


def _fens(months: Sequence[int]) -> list[str]:
    return [from_fen(fen) for fen in months]


def _unit(block: Block, unit: UnitTotal, lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_of(block),
        "unit": unit.label(lang),
        "unit_name": unit.name,
        "total": from_fen(unit.total),
        "parts": {part: from_fen(fen) for part, fen in unit.parts.items()},
        "file": unit.file,
    }
    if block.monthly:
        found |= {"months": _fens(unit.months), "not_split": from_fen(unit.rest)}
    return found


def _line(block: Block, line: LineTotal, lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = {
        **_of(block),
        "code": line.code,
        "column": line.column,
        "title": line.title.say(lang),
        "part": line.part if line.part != DIFFERENCE else "",
        "group": line.group,
        "total": from_fen(line.total),
        "by_unit": {unit or NO_UNIT.say(lang): from_fen(fen) for unit, fen in line.by_unit.items()},
    }
    if line.own:
        found["titles"] = {unit or NO_UNIT.say(lang): title for unit, title in line.own.items()}
    if block.monthly:
        found |= {"months": _fens(line.months), "not_split": from_fen(line.rest)}
    return found


def _file(one: LeftOut, lang: Lang) -> dict[str, Any]:
    return {"file": one.file, "unit": one.unit, "unit_name": one.unit_name, "why": one.why(lang)}


def _finding(one: GroupFinding, lang: Lang) -> dict[str, Any]:
    said = word(one.finding, lang, one.file)
    return {
        "code": one.finding.code,
        "name": name_of(one.finding),
        "severity": one.finding.severity.value,
        "unit": one.unit,
        "unit_name": one.unit_name,
        "template": one.template,
        "file": one.file,
        "message": said.message,
        "fix": said.fix,
        "found": said.found,
        "expected": said.expected,
    }
