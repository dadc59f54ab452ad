"""What there is: templates, schemas, rules of crmxl and of policies, and whether a definition is sound."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from crmxl.catalogue import FAMILIES, Entry, catalogue
from crmxl.commands.output import put_json
from crmxl.define.document import label, read_toml
from crmxl.define.issued import check_issued
from crmxl.define.issued_policies import check_issued as check_issued_policy
from crmxl.define.library import SUFFIX, Library
from crmxl.define.policies import Policies, applies, check_policy
from crmxl.define.policy import load_policy
from crmxl.define.rows import has_total_row
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.model import Kind, Lang, Template, Text, split_key
from crmxl.policy import Policy, Rule, Status
from crmxl.report.findings import SEVERITIES
from crmxl.report.policy_rules import Fact, limits, rule_facts, rule_record, standing
from crmxl.report.tables import console, indented, print_table
from crmxl.resources import folder

_SOME_ROWS = 100
"""Rows of a list that are tried in every way."""
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
_POLICY_RULES = (
    Text("代码", "Code"),
    Text("级别", "Severity"),
    Text("规则", "Rule"),
    Text("条款", "Clause"),
    Text("界限", "Limits"),
)
_EXPLAINED = (("message", Text("提示语", "Message")), ("fix", Text("改法", "Fix")), ("why", Text("为什么", "Why")))
_BLANK = re.compile(r"\{[a-z][a-z0-9_]*\}")
"""Where a message names what was found."""
_SOUND = Text("{name} 定义无误", "{name} is sound")
_NOWHERE = "its names mean something in no template; name the templates in applies_to to see which do not"
_LAID_OUT = ("layouts", Text("试排的版式", "Layouts tried"))
_LONGEST = ("longest_formula", Text("最长公式（字符，上限 8,192）", "Longest formula (characters, at most 8,192)"))
_POLICY_MEASURES = (
    ("rules", Text("规则", "Rules")),
    ("trial", Text("其中试行", "Of these on trial")),
    ("sets", Text("集合", "Sets")),
    ("templates", Text("适用的模板", "Templates it is for")),
    _LAID_OUT,
    _LONGEST,
)
_MEASURES = (
    _LAID_OUT,
    ("sheets", Text("数据表", "Data sheets")),
    ("lines", Text("可填的行", "Rows to fill")),
    ("inputs", Text("填报单元格", "Input cells")),
    ("formulas", Text("公式", "Formulas")),
    _LONGEST,
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


def list_rules(as_json: bool, lang: Lang, policy: Path | None = None) -> None:
    """The catalogue by family, and the rules of the shipped policies, or of the file ``policy`` instead."""
    policies = _policies(policy)
    if as_json:
        own = [(one.code[0], _rule(one)) for one in catalogue().values()]
        own += [(rule.code[0], rule_record(rule, owner)) for owner in policies for rule in owner.rules]
        put_json({"rules": [record for letter in FAMILIES for family, record in own if family == letter]})
        return
    family = {letter: f"{letter} {words.say(lang)}" for letter, words in FAMILIES.items()}
    rows = [
        (family[one.code[0]], one.code, SEVERITIES[one.severity].say(lang), one.title.say(lang), one.name)
        for one in sorted(catalogue().values(), key=lambda one: list(FAMILIES).index(one.code[0]))
    ]
    to = console()
    print_table(to, [header.say(lang) for header in _RULES], rows, sections=True)
    for owner in policies:
        to.print()
        lines = [
            (rule.code, standing(rule).say(lang), rule.title.say(lang), rule.clause, limits(rule).say(lang))
            for rule in owner.rules
        ]
        title = f"{family['P']} · {owner.title.say(lang)} · {owner.name}"
        print_table(to, [header.say(lang) for header in _POLICY_RULES], lines, title=title)


def explain_rule(code: str, as_json: bool, lang: Lang, policy: Path | None = None) -> None:
    """One entry of the catalogue, or one rule of the shipped policies or of the file ``policy``, in full.

    Raises CrmxlError with the codes near it where there is none of this code.
    """
    code = code.upper()
    ruled = {rule.code: (rule, owner) for owner in reversed(_policies(policy)) for rule in owner.rules}
    if code in ruled:
        _explainrule_record(*ruled[code], as_json, lang)
        return
    if code not in catalogue():
        close = difflib.get_close_matches(code, [*catalogue(), *ruled], 3)
        near = f"; near it: {', '.join(close)}" if close else ""
        raise CrmxlError(f"no rule has the code `{code}`{near} (crmxl rules lists them all)")
    one = catalogue()[code]
    if as_json:
        put_json(_rule(one))
        return
    facts = [Fact(label, getattr(one, part)) for part, label in _EXPLAINED]
    _print_rule(one.code, one.title, SEVERITIES[one.severity], one.name, facts, lang)


def _explainrule_record(rule: Rule, policy: Policy, as_json: bool, lang: Lang) -> None:
    if as_json:
        put_json(rule_record(rule, policy))
    else:
        _print_rule(rule.code, rule.title, standing(rule), rule.name, rule_facts(rule, policy, Library()), lang)


def _print_rule(code: str, title: Text, severity: Text, name: str, facts: Iterable[Fact], lang: Lang) -> None:
    to = console()
    to.print(f"{code}  {title.say(lang)}  [{severity.say(lang)}]  {name}", style="bold")
    for fact in facts:
        words = fact.words.say(lang)
        shown = words if fact.exact else _BLANK.sub("…", words)
        to.print(indented(shown, f"{fact.label.say(lang)}{'：' if lang == 'zh' else ': '}", to.width), soft_wrap=True)


def _policies(file: Path | None) -> tuple[Policy, ...]:
    return (load_policy(file),) if file is not None else Policies().all()


# -- whether a definition is sound -------------------------------------------------------------------------------


def check_definition(file: str, as_json: bool, lang: Lang, own: Path | None = None) -> None:
    """Whether a template or policy is sound: by itself, beside what was issued, and in every way to lay it out.

    Templates are found in ``own`` before the shipped ones. Raises DefinitionError with every problem.
    """
    library = Library(own, folder("templates")) if own is not None else Library()
    policy = _as_policy(file, library)
    if policy is None:
        _check_template(library.load(file), as_json, lang)
    else:
        _check_policy(policy, library, _file_of(file, policy), as_json, lang)


def _check_template(template: Template, as_json: bool, lang: Lang) -> None:
    problems = [problem for problem in (check_issued(template),) if problem]
    layouts = _every_layout(template, problems)
    if problems:
        raise DefinitionError(tuple(dict.fromkeys(problems)))
    _print_sound("template", template.name, _measures(layouts), _MEASURES, as_json, lang)


def _check_policy(policy: Policy, library: Library, name: str, as_json: bool, lang: Lang) -> None:
    issued = check_issued_policy(policy)
    problems = [Problem(f"{name}: version", issued.message)] if issued else []
    problems += check_policy(policy, library, name)
    templates = [template for id in library.names() for template in library.versions(id)]
    for at, rule in enumerate(policy.rules):
        if not rule.applies_to and not any(applies(rule, policy, template) for template in templates):
            problems.append(Problem(f"{name}: rule[{at}]", _NOWHERE))
    ruled = [one for one in templates if any(applies(rule, policy, one) for rule in policy.rules)]
    always = replace(policy, rules=tuple(replace(rule, valid_from="", valid_to="") for rule in policy.rules))
    layouts: list[Layout] = []
    for template in () if problems else ruled:
        layouts += _every_layout(template, problems, (always,))
    if problems:
        raise DefinitionError(tuple(dict.fromkeys(problems)))
    measures = {
        "rules": len(policy.rules),
        "trial": sum(rule.status is Status.TRIAL for rule in policy.rules),
        "sets": len(policy.sets),
        "templates": len(ruled),
        "layouts": len(layouts),
        "longest_formula": _longest(layouts),
    }
    _print_sound("policy", policy.name, measures, _POLICY_MEASURES, as_json, lang)


def _print_sound(
    kind: str, name: str, measures: Mapping[str, int], shown: Iterable[tuple[str, Text]], as_json: bool, lang: Lang
) -> None:
    if as_json:
        put_json({kind: name, "sound": True, **measures})
        return
    print(_SOUND.say(lang).format(name=name))
    for id, words in shown:
        print(f"  {words.say(lang)}{'：' if lang == 'zh' else ': '}{measures[id]:,}")


def _as_policy(file: str, library: Library) -> Policy | None:
    """The policy that ``file`` is: a file with rules and no sheets, or a policy's name that no template has."""
    if file.endswith(SUFFIX):
        document = read_toml(Path(file))
        return load_policy(Path(file)) if "rule" in document and "sheet" not in document else None
    id = file.partition("@")[0]
    return Policies().load(file) if id not in library.names() and id in Policies().names() else None


def _file_of(file: str, policy: Policy) -> str:
    return label(Path(file)) if file.endswith(SUFFIX) else f"templates/policies/{policy.id}{SUFFIX}"


def _every_layout(template: Template, problems: list[Problem], policies: tuple[Policy, ...] = ()) -> list[Layout]:
    """All parts and each alone that has the total, in both languages, for whole and part years; what fails is added to
    ``problems``. Long lists are whole in the first alone: their rows are alike, and thousands take seconds.
    """
    parts = _parts(template)
    choices = [parts, *((part,) for part in _alone(template) if len(parts) > 1)]
    layouts: list[Layout] = []
    languages: tuple[Lang, Lang] = ("zh", "en")
    for chosen, lang, first_month in product(choices, languages, (1, 7)):
        tried = _shortened(template) if layouts else template
        try:
            layouts.append(lay_out(tried, 2026, chosen, first_month, lang, policies))
        except DefinitionError as error:
            problems.extend(error.problems)
    return layouts


def _alone(template: Template) -> tuple[str, ...]:
    """The parts with which alone a workbook has the template's total."""
    code = split_key(template.total)[0]
    for sheet in template.sheets:
        own = [one for one in sheet.sections if code == one.code or code.startswith(f"{one.code}.")]
        if own or (sheet.sections and has_total_row(sheet) and code == sheet.total_row):
            return tuple(dict.fromkeys(section.part for section in own or sheet.sections))
    return _parts(template)


def _shortened(template: Template) -> Template:
    """``template`` with lists of some rows; itself where it has no long ones."""
    if all(sheet.rows <= _SOME_ROWS for sheet in template.sheets):
        return template
    return replace(
        template, sheets=tuple(replace(sheet, rows=min(sheet.rows, _SOME_ROWS)) for sheet in template.sheets)
    )


def _measures(layouts: list[Layout]) -> dict[str, int]:
    """How large the first layout is, and the longest formula of all."""
    first = layouts[0]
    return {
        "layouts": len(layouts),
        "sheets": len(first.sheets) - 1,
        "lines": _rows(first),
        "inputs": len(first.inputs),
        "formulas": len(first.order),
        "longest_formula": _longest(layouts),
    }


def _longest(layouts: list[Layout]) -> int:
    """Characters of the longest formula."""
    return max((len(layout.formula(key)) for layout in layouts for key in layout.order), default=0)


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
