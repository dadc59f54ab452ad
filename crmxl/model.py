"""The domain's words as frozen types. No IO, no rules: what a budget is, not what is done with it.

A value is named everywhere by its **key**, ``code@column``: ``1.1.1@amount`` a line's year, ``1.1.1@amount.03`` its
March, ``1.1@amount`` and ``1@amount`` subtotals, ``total@amount`` the sheet's total, ``sales_target@value`` a form
field, ``1.1.n01@title`` a blank line's name, ``activities.001@quantity`` a cell of a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal, TypeAlias

Key: TypeAlias = str
Lang: TypeAlias = Literal["zh", "en"]

MONTHS = tuple(f"{month:02d}" for month in range(1, 13))


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and, where given, in English."""

    zh: str
    """The Chinese text; always there."""
    en: str = ""
    """The English text; empty where the definition gives none."""

    def say(self, lang: Lang) -> str:
        """The text in ``lang``, Chinese where there is no English."""
        return self.en if lang == "en" and self.en else self.zh

    def filled(self, **values: object) -> Text:
        """The text with its placeholders filled in, each language with its own words of a value that is a Text."""
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        en = {name: value.say("en") if isinstance(value, Text) else value for name, value in values.items()}
        return Text(self.zh.format(**zh), self.say("en").format(**en))


class _Nothing(Mapping[str, str]):
    """An empty mapping that can be a field's default: fingerprints leave out what equals it, but not a factory's."""

    def __getitem__(self, name: str) -> str:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0


class Type(StrEnum):
    """What a cell holds."""

    MONEY = "money"
    INTEGER = "integer"
    PERCENT = "percent"
    QUANTITY = "quantity"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"

    @property
    def numeric(self) -> bool:
        """Whether the workbook may add it up."""
        return self not in (Type.TEXT, Type.CHOICE, Type.DATE)


class Kind(StrEnum):
    """What a sheet is."""

    FORM = "form"
    """Labelled fields, one a row; the value column's id is ``value``."""
    GRID = "grid"
    """Fixed lines in sections and groups, with subtotals."""
    LIST = "list"
    """Numbered rows of one record type, codes ``<sheet id>.001`` onwards."""


class Level(StrEnum):
    """Which rows of a grid a calculated column stands on."""

    LINE = "line"
    GROUP = "group"
    SECTION = "section"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a grid or list, or the value of one form field."""

    id: str
    """ASCII identifier, unique in the sheet; the part of a key after ``@``."""
    title: Text
    """The header."""
    type: Type
    """What its cells hold."""
    minimum: Fraction | None = None
    """Smallest allowed value; money and quantity columns that name none get 0."""
    maximum: Fraction | None = None
    """Largest allowed value."""
    months: bool = False
    """Whether the year is followed by twelve months and the part not yet split (未分解)."""
    expression: str | None = None
    """Row-context expression; the column is then calculated, not an input."""
    levels: tuple[Level, ...] = (Level.LINE,)
    """Rows that a calculated column of a grid stands on."""
    required: bool = False
    """Whether a blank is a finding: always in a form, in an open or list row once any of its cells is filled."""
    required_if: str | None = None
    """Row-context condition under which a blank is a finding."""
    total: bool = False
    """Whether groups, sections and the sheet get subtotals of it (grids), or the sheet a total (lists)."""
    choices: tuple[str, ...] = ()
    """The allowed texts of a choice."""
    consolidate: Literal["sum", "weighted", "ratio", "none"] = "none"
    """How the group adds it up (``ratio``: its formula over the group's sums); money columns default to ``sum``."""
    weight: str = ""
    """Of a weighted mean over units: id of the column of the same sheet (of a form: the field) that weighs it."""
    width: int | None = None
    """Width in characters; by type where not given."""
    help: Text | None = None
    """Shown when an input cell is selected."""
    issued: bool = False
    """Whether the group gives a grid column's values (locked cells): ``Line.values``, else parameters by full key."""
    was: str = ""
    """Id of the column whose entries it takes over from the version before: ``migrate`` carries them by it."""

    @property
    def calculated(self) -> bool:
        """Whether the workbook computes it."""
        return self.expression is not None


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled field of a form: key ``<id>@value``."""

    id: str
    """ASCII identifier, unique in the template; expressions use it bare."""
    column: Column
    """The value's type, bounds and title; its id is ``value``."""
    issued: bool = False
    """Whether the group gives the value (a locked parameter) instead of the unit."""


@dataclass(frozen=True, slots=True)
class Line:
    """A budget line of a grid."""

    code: str
    """Visible code, unique in the template; ``1.1`` and ``1.10`` differ."""
    title: Text
    """What the money is for."""
    tags: tuple[str, ...] = ()
    """Names by which policies gather lines."""
    values: Mapping[str, str] = field(default=_Nothing(), hash=False)
    """Presets of issued columns by column id: exact decimal strings (``60%`` is ``0.6``) or text."""
    formulas: Mapping[str, str] = field(default=_Nothing(), hash=False)
    """Expressions by column id that replace a calculated column's own on this line."""
    was: str = ""
    """Code that it had in the version before, where that is another: ``migrate`` carries entries by it."""
    without: tuple[str, ...] = ()
    """Columns without a cell on this line: inputs, where the line itself is calculated."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of lines with a subtotal 小计."""

    code: str
    """Section's code, a dot and more."""
    title: Text
    lines: tuple[Line, ...]
    """Fixed lines; their codes start with the group's."""
    open: int = 0
    """How many blank lines follow, codes ``<group>.n01`` onwards, where a unit names its own."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a grid, with a total 合计. It has groups, or lines of its own, or both (own lines first)."""

    code: str
    """Visible code."""
    title: Text
    """Heading."""
    part: str
    """By which ``parts = […]`` selects sections over all sheets; the section's code where the definition gives none."""
    groups: tuple[Group, ...] = ()
    """Groups in order."""
    lines: tuple[Line, ...] = ()
    """Lines that belong to no group."""
    open: int = 0
    """Blank lines after ``lines``, codes ``<section>.n01`` onwards."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A data sheet of a template."""

    id: str
    """ASCII identifier; the marker in A1 is ``crmxl:<id>``."""
    title: Text
    """Tab name and heading; Excel's limits on tab names hold."""
    kind: Kind
    """Form, grid or list."""
    columns: tuple[Column, ...] = ()
    """Columns of a grid or list, after code and title (a list has no title column)."""
    sections: tuple[Section, ...] = ()
    """Sections of a grid."""
    fields: tuple[Field, ...] = ()
    """Fields of a form."""
    rows: int = 0
    """How many numbered rows a list offers."""
    most: int = 0
    """Up to how many it may offer a unit that needs more or fewer; 0: it always offers ``rows``."""
    usual: int = 0
    """The definition's own number, where ``rows`` is what one unit is given."""
    open_title: Text = field(default=Text("（自填项目名称）", "(name your own)"))
    """Header hint for the names of blank lines."""
    note: Text | None = None
    """A line of guidance under the heading."""
    total_code: str = ""
    """Code of a grid's grand total; empty: ``total``, which one grid of a template may have."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Sets of input columns of which a row fills one at most: a share or an amount."""

    @property
    def total_row(self) -> str:
        """Code of the row that holds the sheet's totals, where it has any."""
        return self.id if self.kind is Kind.LIST else self.total_code or "total"


class ChartKind(StrEnum):
    """How a chart shows its figures; ``STACKED`` columns lie on top of each other, a pie has one series."""

    COLUMN = "column"
    BAR = "bar"
    STACKED = "stacked"
    LINE = "line"
    PIE = "pie"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of some figures, on the generated sheet 图表."""

    title: Text
    """Heading."""
    kind: ChartKind
    rows: tuple[str, ...]
    """Codes of the rows shown, in order."""
    columns: tuple[str, ...]
    """Ids of the columns shown, in order; every row has a cell in each."""
    across: Literal["rows", "columns"] = "rows"
    """What stands along the axis; the other makes the series."""


@dataclass(frozen=True, slots=True)
class Template:
    """What a budget is: a workbook definition whose issued versions never change."""

    id: str
    """Name of its file."""
    version: int
    """Counted from 1."""
    title: Text
    """Heading of the workbook; the year stands before it."""
    total: Key
    """The key that is the workbook's total, always a money cell."""
    sheets: tuple[Sheet, ...]
    """Data sheets in order; 填报说明, 校验, 变更记录 and 工作底稿 are generated around them."""
    purpose: Text = field(default=Text(""))
    """What the workbook is for, on 填报说明."""
    steps: tuple[Text, ...] = ()
    """How to fill it, on 填报说明; general steps are added."""
    parts: tuple[str, ...] = ()
    """Parts issued when nobody chooses; empty means all."""
    charts: tuple[Chart, ...] = ()
    """Pictures on the generated sheet 图表, in order; none: no such sheet."""

    @property
    def name(self) -> str:
        """Id and version, such as ``cosmetics-plan@1``."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one unit is asked to fill: everything about an issued workbook that is not in its template."""

    unit: str = ""
    """Code from the units file, else the name given; empty where nobody said."""
    unit_name: str = ""
    """Name shown in the workbook; the code where no name is known."""
    year: int = 0
    """Budget year."""
    round: str = ""
    """Name of the round, empty outside one."""
    stage: str = ""
    """Stage of the round (一上, 二上 …)."""
    deadline: str = ""
    """ISO date or free text; empty: the line is left out."""
    contact: str = ""
    """Whom to ask; empty: the line is left out."""
    parts: tuple[str, ...] = ()
    """Chosen parts; empty means the template's own choice."""
    first_month: int = 1
    """First month of a part-year; earlier months are locked."""
    rows: Mapping[str, int] = field(default_factory=dict, hash=False)
    """How many rows lists offer, by sheet id, where that is not the template's own number."""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Issued parameters as decimal strings or text, by field id, or by key for issued columns (``S.1@crd``)."""
    lang: Lang = "zh"
    """Language of the labels."""
    policies: tuple[str, ...] = ()
    """Policies whose rules are live in the workbook, ``id@version``."""
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    """Limits that differ from the policies' own, by rule and name, as written."""


Said: TypeAlias = str | Text
"""Words for people: the same in every language (an amount, a cell), or a text in each."""


class Severity(StrEnum):
    """How bad a finding is: with an error 阻断 a submission does not count, with a warning 可上报 it does."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a returned workbook."""

    sheet: str = ""
    """The tab's name as returned; empty where the finding is about the file."""
    cell: str = ""
    """A1 address, or a range; empty where there is none."""
    title: str = ""
    """Title of the line or field, for people."""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a policy's rule says of one case, placeholders filled in."""

    name: str
    """The rule's short English name."""
    title: Text
    message: Text
    fix: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one returned workbook: data, never an exception. Worded by the catalogue of check/."""

    code: str
    """Such as ``E103``; family letter and number. Never reused."""
    severity: Severity
    """Error, warning or info."""
    place: Place = NOWHERE
    """Where it is."""
    key: Key = ""
    """The key of the cell, where it has one."""
    found: Said = ""
    """What stands there, for people (amounts with separators)."""
    expected: Said = ""
    """What is allowed or should be there, for people."""
    values: Mapping[str, Said] = field(default_factory=dict, hash=False)
    """Further words for the message's placeholders."""
    spoken: Spoken | None = None
    """Words of a policy's rule; None where the catalogue has them."""
    variant: str = ""
    """Which of the code's wordings says it; empty: the main one."""


def split_key(key: Key) -> tuple[str, str]:
    """The code and the column id of ``key``; for ``1.1@amount.03`` that is ``("1.1", "amount.03")``."""
    code, _, column = key.rpartition("@")
    return code, column


def say(said: Said, lang: Lang) -> str:
    """Words for people in ``lang``."""
    return said.say(lang) if isinstance(said, Text) else said
