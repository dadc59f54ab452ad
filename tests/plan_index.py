"""What lies in docs/plans: the pages, and their index by which a group chooses a workbook.

Owns the index: of each plan a picture and what it is for, then what each one has. The pages are ``plan_pages``'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from crmxl.group.measures import measured_columns, measured_fields
from crmxl.model import Kind, Lang, Text
from tests.gallery.issued import shipped_library
from tests.plan_pages import ENGLISH, NOTE, facts, page, pick, said, table
from tests.plans import PLANS, Plan, line_counts, plan

_FEATURES = (
    Text("计划", "Plan"),
    Text("固定项目行", "Fixed lines"),
    Text("自填项目行", "Lines of the unit's own"),
    Text("清单行", "List rows"),
    Text("制度规则", "Policy rules"),
    Text("图表", "Charts"),
    Text("分月", "Months"),
    Text("集团下达数字", "Figures that the group issues"),
    Text("自动计算的列", "Calculated columns"),
    Text("金额以外的汇总", "Other figures than money at the group"),
)
"""Headers of the table that compares the plans; ``_has`` fills it."""


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with its current text, the index first."""
    names = shipped_library().names()
    yield PLANS / "README.md", index(names)
    for name in names:
        yield PLANS / f"{name}.md", page(plan(name))


def left_over() -> list[Path]:
    """Pages of templates that no longer ship."""
    kept = {"README", *shipped_library().names()}
    return sorted(path for path in PLANS.glob("*.md") if path.stem not in kept)


def index(names: Sequence[str]) -> str:
    """docs/plans/README.md: every plan with its picture and what it is for, then what each one has."""
    plans = [plan(name) for name in names]
    blocks = [NOTE, *_choice(plans, "zh"), ENGLISH, *_choice(plans, "en")]
    return "\n\n".join(blocks) + "\n"


def _choice(plans: Sequence[Plan], lang: Lang) -> Iterator[str]:
    yield f"# {pick('选一份合适的计划', 'Choose the plan that fits', lang)}"
    yield pick(
        f"crmxl 自带 {len(plans)} 份计划模板。每份都有说明页、制度规则和填好的样例，用 `crmxl generate 模板` 就能下发；"
        "科目和界限是样例，换成自己的即可（[模板编写指南](../templates.md)、[制度编写指南](../policies.md)）。"
        "[English](#english)",
        f"crmxl ships {len(plans)} plans. Each has a page, policy rules and filled samples, and "
        "`crmxl generate TEMPLATE` issues it; accounts and limits are samples to be replaced by your own "
        "([templates](../templates.md), [policies](../policies.md)).",
        lang,
    )
    yield table((Text("主表", "Main sheet"), Text("计划", "Plan")), (_shown(one, lang) for one in plans), lang)
    yield f"## {pick('各有什么', 'What each one has', lang)}"
    yield table(_FEATURES, [(_link(one, lang), *_has(one)) for one in plans], lang)


def _shown(one: Plan, lang: Lang) -> tuple[str, str]:
    id, purpose = one.template.id, said(one.template.purpose, lang)
    return (
        f'<a href="{id}.md"><img src="{id}.png" width="260" alt="{id}"></a>',
        f"**{_link(one, lang)}** `{one.template.name}`<br>{purpose}<br>{facts(one, lang)}",
    )


def _link(one: Plan, lang: Lang) -> str:
    return f"[{said(one.template.title, lang)}]({one.template.id}.md)"


def _has(one: Plan) -> Iterator[str]:
    template = one.template
    rows = sum(sheet.rows for sheet in template.sheets if sheet.kind is Kind.LIST)
    rules = sum(len(policy.rules) for policy in one.policies)
    for count in (*line_counts(template), rows, rules, len(template.charts)):
        yield f"{count:,}" if count else ""
    cells = [(column, column.issued) for sheet in template.sheets for column in sheet.columns]
    cells += [(field.column, field.issued) for sheet in template.sheets for field in sheet.fields]
    columns = [column for column, _ in cells]
    measured = any(measured_columns(sheet) or measured_fields(sheet, template.total) for sheet in template.sheets)
    true = (
        any(column.months for column in columns),
        any(issued for _, issued in cells),
        any(column.calculated for column in columns),
        measured,
    )
    yield from ("✓" if one else "" for one in true)
