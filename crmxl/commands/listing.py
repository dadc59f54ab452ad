"""What there is: templates, schemas, rules, and whether a definition is sound."""

from __future__ import annotations

import re
from typing import Any

from crmxl.catalogue import FAMILIES, Entry, catalogue, entry
from crmxl.commands.output import put_json
from crmxl.define.issued import check_issued
from crmxl.define.library import Library
from crmxl.errors import DefinitionError, Problem
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.model import Kind, Lang, Template, Text
from crmxl.report.findings import SEVERITIES
from crmxl.report.tables import console, indented, print_table

_TEMPLATES = (
    Text("模板", "Template"),
    Text("名称", "Title"),
    Text("可填行数", "Rows"),
    Text("可选部分", "Parts"),
)
_RULES = (
    Text("类别", "Family"),
    Text("代码", "Code"),
    Text("级别", "Severity"),
    Text("规则", "Rule"),
    Text("名称", "Name"),
)
_EXPLAINED = (("message", Text("提示语", "Message")), ("fix", Text("改法", "Fix")), ("why", Text("为什么", "Why")))
_BLANK = re.compile(r"\{[a-z_]+\}")
"""Where a message names what was found."""
_SOUND = Text("{name} 定义无误", "{name} is sound")
_MEASURES = (
    ("layouts", Text("试排的版式", "Layouts tried")),
    ("sheets", Text("数据表", "Data sheets")),
    ("lines", Text("可填的行", "Rows to fill")),
    ("inputs", Text("填报单元格", "Input cells")),
    ("formulas", Text("公式", "Formulas")),
    ("longest_formula", Text("最长公式（字符，上限 8,192）", "Longest formula (characters, at most 8,192)")),
)


def list_templates(as_json: bool, lang: Lang) -> None:
    """The templates with their parts."""
    library = Library()
    found = [library.load(name) for name in library.names()]
    if as_json:
        put_json({"templates": [_template(template) for template in found]})
        return
    rows = [
        (
            template.name,
            template.title.say(lang),
            str(_measures([_layout(template)])["lines"]),
            ", ".join(_parts(template)),
        )
        for template in found
    ]
    print_table(console(), [header.say(lang) for header in _TEMPLATES], rows, right=(2,))


def print_schema(name: str) -> None:
    """The JSON Schema of a template's submissions."""
    from crmxl.check.schema import template_schema

    put_json(template_schema(Library().load(name)))


def list_rules(as_json: bool, lang: Lang) -> None:
    """The catalogue by family."""
    if as_json:
        put_json({"rules": [_rule(one) for one in catalogue().values()]})
        return
    family = {letter: f"{letter} {words.say(lang)}" for letter, words in FAMILIES.items()}
    rows = [
        (family[one.code[0]], one.code, SEVERITIES[one.severity].say(lang), one.title.say(lang), one.name)
        for one in sorted(catalogue().values(), key=lambda one: list(FAMILIES).index(one.code[0]))
    ]
    print_table(console(), [header.say(lang) for header in _RULES], rows, sections=True)


def explain_rule(code: str, as_json: bool, lang: Lang) -> None:
    """One entry of the catalogue in full."""
    one = entry(code)
    if as_json:
        put_json(_rule(one))
        return
    to = console()
    to.print(f"{one.code}  {one.title.say(lang)}  [{SEVERITIES[one.severity].say(lang)}]  {one.name}", style="bold")
    for part, label in _EXPLAINED:
        mark = "：" if lang == "zh" else ": "
        words = _BLANK.sub("…", getattr(one, part).say(lang))
        to.print(indented(words, f"{label.say(lang)}{mark}", to.width), soft_wrap=True)


def check_definition(file: str, as_json: bool, lang: Lang) -> None:
    """Whether a template is sound: as a definition, beside what was issued, and in every way to lay it out.

    Raises DefinitionError with every problem.
    """
    template = Library().load(file)
    problems = [problem for problem in (check_issued(template),) if problem]
    layouts = _every_layout(template, problems)
    if problems:
        raise DefinitionError(tuple(dict.fromkeys(problems)))
    measures = _measures(layouts)
    if as_json:
        put_json({"template": template.name, "sound": True, **measures})
        return
    print(_SOUND.say(lang).format(name=template.name))
    for name, label in _MEASURES:
        print(f"  {label.say(lang)}{'：' if lang == 'zh' else ': '}{measures[name]:,}")


def _every_layout(template: Template, problems: list[Problem]) -> list[Layout]:
    """All parts and each alone, in both languages, for whole and part years; what fails is added to ``problems``."""
    parts = _parts(template)
    choices = [parts, *((part,) for part in parts if len(parts) > 1)]
    layouts = []
    for chosen in choices:
        for lang in ("zh", "en"):
            for first_month in (1, 7):
                try:
                    layouts.append(lay_out(template, 2026, chosen, first_month, "en" if lang == "en" else "zh"))
                except DefinitionError as error:
                    problems.extend(error.problems)
    return layouts


def _measures(layouts: list[Layout]) -> dict[str, int]:
    """How large the first layout is, and the longest formula of all."""
    first = layouts[0]
    return {
        "layouts": len(layouts),
        "sheets": len(first.sheets) - 1,
        "lines": _rows(first),
        "inputs": len(first.inputs),
        "formulas": len(first.order),
        "longest_formula": max(len(layout.formula(key)) for layout in layouts for key in layout.order),
    }


def _rows(layout: Layout) -> int:
    """How many rows a unit can fill."""
    return sum(row.kind.filled for sheet in layout.sheets for row in sheet.rows)


def _layout(template: Template) -> Layout:
    return lay_out(template, 2026, _parts(template))


def _parts(template: Template) -> tuple[str, ...]:
    """Every part, in the order of the sheets."""
    return tuple(dict.fromkeys(section.part for sheet in template.sheets for section in sheet.sections))


def _template(template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "version": template.version,
        "name": template.name,
        "title": _both(template.title),
        "total": template.total,
        "parts": list(_parts(template)),
        "sheets": [
            {"id": sheet.id, "title": _both(sheet.title), "kind": Kind(sheet.kind).value} for sheet in template.sheets
        ],
    }


def _rule(one: Entry) -> dict[str, Any]:
    words = {part: _both(getattr(one, part)) for part in ("title", "message", "fix", "why")}
    return {"code": one.code, "name": one.name, "severity": one.severity.value, **words}


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
