"""Names of a template: ids, codes, parts and tab names must be unique, allowed and nested as they read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from crmxl.define.document import Fault, Trail, dotted
from crmxl.define.rows import Row, rows
from crmxl.model import Group, Lang, Level, Line, Section, Sheet, Template

RESERVED_IDS = frozenset({"title", "code", "value"})
"""Column ids that keys use for themselves."""
MAX_TAB_NAME = 31
"""Characters of a tab name, Excel's limit (UTF-16 units)."""
FORBIDDEN_IN_TAB = "[]:*?/\\"
"""Characters that Excel refuses in a tab name."""
TAKEN_TABS = (
    *("填报说明", "Guide", "校验", "Checks", "变更记录", "Change log", "工作底稿", "Scratch", "问题清单", "Findings"),
    *("图表", "Charts", "History", "历史记录", "_crmxl"),
)
"""Tabs that crmxl makes itself, and the names that Excel keeps for itself."""
LANGS: tuple[Lang, ...] = ("zh", "en")
"""Languages that a workbook can be labelled in."""


def name_faults(template: Template) -> Iterator[Fault]:
    """Every fault in the names of ``template``."""
    sheet_ids = ((("sheet", at, "id"), sheet.id) for at, sheet in enumerate(template.sheets))
    yield from _repeated(sheet_ids, "sheet id")
    for at, sheet in enumerate(template.sheets):
        trail: Trail = ("sheet", at)
        columns = [((*trail, "columns", index, "id"), column.id) for index, column in enumerate(sheet.columns)]
        yield from _repeated(columns, "column id")
        fields = [((*trail, "fields", index, "id"), field.id) for index, field in enumerate(sheet.fields)]
        for where, name in ((*trail, "id"), sheet.id), *columns, *fields:
            if name in RESERVED_IDS:
                yield Fault(where, f"found `{name}`, which crmxl uses itself; choose another id")
        yield from _nesting(sheet, trail)
    yield from _repeated_codes(template)
    yield from _renamed(template)
    yield from _tabs(template)
    yield from _parts(template)


def _repeated(named: Iterable[tuple[Trail, str]], what: str) -> Iterator[Fault]:
    """A fault for each name that stood before; case counts, since ids are small letters."""
    first: dict[str, Trail] = {}
    for trail, name in named:
        if name in first:
            yield Fault(trail, f"the {what} `{name}` stands already at {dotted(first[name])}")
        first.setdefault(name, trail)


def _repeated_codes(template: Template) -> Iterator[Fault]:
    """Codes twice in the template, generated ones too; Excel's lookups take `a1` and `A1` as equal."""
    first: dict[str, Row] = {}
    told: set[Trail] = set()
    for row in sorted(rows(template), key=lambda row: not row.generated):
        before = first.setdefault(row.code.casefold(), row)
        if before is row or row.trail in told:
            continue
        told.add(row.trail)
        where = dotted(before.trail)
        if row.level is before.level is Level.TOTAL:
            yield Fault(row.trail, f"the total row `{row.code}` stands already in {where}; give this grid a total_code")
        elif row.code != before.code:
            yield Fault(row.trail, f"the code `{row.code}` differs only in case from `{before.code}` at {where}")
        elif before.generated:
            yield Fault(row.trail, f"the code `{row.code}` is the one that {where} generates")
        else:
            yield Fault(row.trail, f"the code `{row.code}` stands already at {where}")


def _renamed(template: Template) -> Iterator[Fault]:
    """Old codes that say no single line: two lines claim one, or a row of this version still has it."""
    there = {row.code.casefold(): row for row in rows(template)}
    first: dict[str, Trail] = {}
    for row in rows(template):
        if row.line is None or not row.line.was:
            continue
        trail: Trail = (*row.trail[:-1], "was")
        code = row.line.was.casefold()
        if code in there:
            where = dotted(there[code].trail)
            yield Fault(trail, f"found `{row.line.was}`, a code that {where} still has; name the code of a line gone")
        elif code in first:
            yield Fault(trail, f"the old code `{row.line.was}` stands already at {dotted(first[code])}")
        first.setdefault(code, trail)


def _nesting(sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """Codes that do not begin with the code they stand under."""
    for at, section in enumerate(sheet.sections):
        inner: Trail = (*trail, "section", at)
        yield from _inside(section, section.lines, (*inner, "lines"))
        yield from _inside(section, section.groups, (*inner, "group"))
        for index, group in enumerate(section.groups):
            yield from _inside(group, group.lines, (*inner, "group", index, "lines"))


def _inside(parent: Section | Group, children: Sequence[Line | Group], trail: Trail) -> Iterator[Fault]:
    for index, child in enumerate(children):
        if not child.code.startswith(f"{parent.code}."):
            where: Trail = (*trail, index, "code")
            yield Fault(where, f"found `{child.code}`; must begin with `{parent.code}.`, the code it stands under")


def _tabs(template: Template) -> Iterator[Fault]:
    """Tab names that Excel refuses, that repeat, or that crmxl gives to its own sheets; in each language."""
    taken = {name.casefold() for name in TAKEN_TABS}
    for lang in LANGS:
        seen: dict[str, int] = {}
        for at, sheet in enumerate(template.sheets):
            name = sheet.title.say(lang)
            trail: Trail = ("sheet", at, "title", lang if lang == "zh" or sheet.title.en else "zh")
            units = len(name.encode("utf-16-le")) // 2
            if units > MAX_TAB_NAME:
                yield Fault(trail, f"`{name}` has {units} characters; a tab name has at most {MAX_TAB_NAME}")
            bad = [sign for sign in name if sign in FORBIDDEN_IN_TAB or unicodedata.category(sign) == "Cc"]
            if bad:
                signs = " ".join(dict.fromkeys(bad))
                yield Fault(trail, f"`{name}` has {signs}; a tab name has none of [ ] : * ? / \\")
            if name.startswith("'") or name.endswith("'"):
                yield Fault(trail, f"`{name}` begins or ends with '; a tab name must not")
            if name.casefold() in taken:
                yield Fault(trail, f"`{name}` is the name of a tab that crmxl or Excel makes; choose another")
            before = seen.setdefault(name.casefold(), at)
            if before != at:
                yield Fault(trail, f"the tab name `{name}` stands already at sheet[{before}]")


def _parts(template: Template) -> Iterator[Fault]:
    """Parts chosen that no section has."""
    known = dict.fromkeys(section.part for sheet in template.sheets for section in sheet.sections)
    for at, part in enumerate(template.parts):
        if part not in known:
            there = ", ".join(known) if known else "none"
            yield Fault(("parts", at), f"no section has the part `{part}`; there are {there}")
