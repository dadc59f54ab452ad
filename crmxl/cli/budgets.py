"""Commands on templates and workbooks. What a command does is in ``commands/``, imported when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmxl.cli.program import PATH, SAVE, acting, as_json_option, command, in_round, instead, own_templates

if TYPE_CHECKING:
    from crmxl.model import Lang


@command(
    "demo",
    "用样例跑完整流程 · the whole loop on the samples",
    "用样例跑一遍完整流程：下发、填报、校验、汇总；文件放在 DIR（缺省 crmxl-demo）。",
    "The whole loop on the samples: generate, fill, validate, consolidate; files go to DIR, crmxl-demo by default.",
    "demo",
    "demo 演示",
)
@click.argument("folder", metavar="[DIR]", type=PATH, default="crmxl-demo")
def demo(folder: Path, lang: Lang) -> None:
    """Run the loop."""
    from crmxl.commands.loop import show_demo

    show_demo(folder, lang)


@command(
    "templates",
    "有哪些模板 · the templates there are",
    "列出模板、版本和可选的部分。",
    "List the templates with version and parts.",
    "templates",
    "templates --json",
)
@as_json_option
def templates(as_json: bool, lang: Lang) -> None:
    """List templates."""
    from crmxl.commands.listing import list_templates

    list_templates(as_json, lang)


@command(
    "schema",
    "模板的 JSON Schema · the JSON Schema of a template's data",
    "输出某个模板上报数据的 JSON Schema（2020-12 版）。",
    "Print the JSON Schema (2020-12) of a template's submissions; it is always JSON.",
    "schema cosmetics-plan > cosmetics-plan.schema.json",
)
@click.argument("template", metavar="TEMPLATE")
@as_json_option
def schema(template: str, as_json: bool, lang: Lang) -> None:
    """Print a schema."""
    from crmxl.commands.listing import print_schema

    print_schema(template)


@command(
    "rules",
    "全部校验规则 · every rule that is checked",
    "列出全部校验规则，按类别排列；制度规则列出条款和界限。",
    "List every rule by family; policy rules with clause and limits.",
    "rules",
    "rules --policy 新制度.toml",
    "rules --json",
)
@as_json_option
@instead
def rules(as_json: bool, lang: Lang, policy: Path | None) -> None:
    """List the catalogue and the policies."""
    from crmxl.commands.listing import list_rules

    list_rules(as_json, lang, policy)


@command(
    "explain",
    "解释一条规则 · what a rule means and what to do",
    "解释一条规则：提示什么、怎么改、为什么；制度规则还有条款、式子、界限和有效期。",
    "What a rule says, how to put it right, and why; of a policy's rule also clause, expression, limits and validity.",
    "explain S110",
    "explain P301",
    "explain P301 --policy 新制度.toml",
)
@click.argument("code", metavar="CODE")
@as_json_option
@instead
def explain(code: str, as_json: bool, lang: Lang, policy: Path | None) -> None:
    """Explain a rule."""
    from crmxl.commands.listing import explain_rule

    explain_rule(code, as_json, lang, policy)


@command(
    "check-template",
    "检查模板或制度定义 · is a definition sound?",
    "检查模板或制度文件（有 [[rule]] 的是制度），逐项指出错误在文件中的位置；有错时退出码为 2。",
    "Check a template or a policy (a file with [[rule]]); every mistake with its path in the file. "
    "Exit code 2 if it is unsound.",
    "check-template templates/cosmetics-plan.toml",
    "check-template 新制度.toml",
)
@click.argument("file", metavar="FILE")
@own_templates
@as_json_option
def check_template(file: str, as_json: bool, lang: Lang, own: Path | None) -> None:
    """Check a definition."""
    from crmxl.commands.listing import check_definition

    check_definition(file, as_json, lang, own)


@command(
    "generate",
    "生成一份工作簿 · make one workbook",
    "生成一份下发工作簿：空白，或按 --data 预填。TEMPLATE 是模板名或 .toml 文件。",
    "Make a workbook to send out, blank or prefilled from --data. TEMPLATE is a name or a .toml file.",
    "generate cosmetics-plan --unit 华南区域 --year 2026 -o 华南区域.xlsx",
    "generate annual-departments --unit 人力资源部 --parts hr --year 2026",
    "generate customer-portfolio --unit 华东 --rows customers=3000 --year 2026",
    "generate annual-departments --unit 西南子公司 --first-month 7 --data 数据.json --phase even",
    "generate customer-relations --round 2026年度/ --unit HN",
)
@click.argument("template", metavar="TEMPLATE")
@click.option("-o", "--output", type=SAVE, help="保存为。Where to save it.  [TEMPLATE-UNIT-YEAR.xlsx]")
@click.option("--unit", default="", help="预算单位（编码或名称）。The unit's code or name.")
@click.option("--unit-name", default="", help="--unit 是编码时的单位名称。The unit's name where --unit is a code.")
@click.option(
    "--year",
    type=click.IntRange(2000, 2099),
    help="预算年度；缺省：上半年为本年，7 月起为次年。Budget year; by default this year, from July the next.",
)
@click.option("--data", type=PATH, help="预填数据 {键: 值}。JSON {key: value} to prefill.")
@click.option("--deadline", default="", help="提交截止。When it is due.")
@click.option("--contact", default="", help="联系人。Whom to ask.")
@click.option("--parts", default="", help="只含这些部分，逗号分隔。Only these parts, separated by commas.")
@click.option("--first-month", type=click.IntRange(1, 12), default=1, help="从几月起，之前锁定。First open month.")
@click.option("--rows", default="", help="清单的行数：customers=300。Rows of lists, as customers=300.")
@click.option("--phase", type=click.Choice(["even"]), help="把全年平均分解到月。Split years evenly into months.")
@in_round
def generate(template: str, output: Path | None, lang: Lang, **options: Any) -> None:
    """Make a workbook."""
    from crmxl.commands.issuing import make_workbook

    make_workbook(template, output, lang, **options)


@command(
    "validate",
    "校验收回的工作簿 · read and check returned workbooks",
    "读取并校验收回的工作簿，逐格指出问题和改法。PATH 是文件或文件夹。",
    "Read and check returned workbooks; every finding with its cell and what to do. PATH is a file or a folder.",
    "validate 华南区域.xlsx",
    "validate 上报/ --annotate 退回/",
    "validate 上报/ -o 问题.xlsx",
    "validate 上报/ --format json",
    "validate 上报/ --templates 我的模板/",
    "validate 上报/ --round 2026年度/",
    "validate 上报/ --policy 新制度.toml --compare",
)
@click.argument("paths", metavar="PATH...", type=PATH, nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "xlsx"]),
    help="输出格式；缺省看 -o 的扩展名，再缺省 text。Form; by the suffix of -o, else text.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@click.option("-o", "--output", type=SAVE, help="保存为文件。Save to a file.")
@click.option("--annotate", type=PATH, metavar="DIR", help="把标出问题的副本放到 DIR。Write marked copies to DIR.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="达到此级别时退出码为 1。Severity from which the exit code is 1.",
)
@own_templates
@in_round
@click.option("--policy", type=SAVE, metavar="FILE", help="改用这份制度文件判断。Judge by this policy file instead.")
@click.option("--compare", is_flag=True, help="与 --policy 一起：结论会怎么变。With --policy: what would change.")
def validate(paths: tuple[Path, ...], lang: Lang, **options: Any) -> None:
    """Check workbooks."""
    from crmxl.commands.receiving import validate_files

    sys.exit(validate_files(paths, lang, **options))


@command(
    "consolidate",
    "汇总为集团合计 · group totals from returned workbooks",
    "把通过校验的工作簿汇总为集团合计；有文件未纳入时退出码为 1。PATH 是文件或文件夹；"
    "不给 PATH 时从轮次台账汇总，只计已审核通过的。",
    "Add up the workbooks that pass; exit code 1 if any file was left out. PATH is a file or a folder; "
    "without one, from the round's ledger, what was approved.",
    "consolidate 上报/ -o 集团汇总.xlsx",
    "consolidate 上报/ --format json > 汇总.json",
    "consolidate --round 2026一上/ -o 集团汇总.xlsx",
    "consolidate --round 2026二上/ --against 2026一上/ -o 二上.xlsx",
    "consolidate --include received -o 暂计.xlsx",
)
@click.argument("paths", metavar="[PATH]...", type=PATH, nargs=-1)
@click.option("-o", "--output", type=SAVE, help="保存为文件。Save to a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["xlsx", "csv", "json", "parquet"]),
    help="输出格式；缺省看 -o 的扩展名。Form; by the suffix of -o.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@click.option(
    "--include",
    type=click.Choice(["approved", "received"]),
    default="approved",
    show_default=True,
    help="从台账汇总：只计已通过的，还是也计待审的（标为暂计）。From the ledger: what was approved, or provisionally "
    "all that was received.",
)
@click.option(
    "--figures",
    type=click.Choice(["approved", "submitted"]),
    default="approved",
    show_default=True,
    help="从台账汇总：核定数还是上报数。From the ledger: figures as approved or as submitted.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="与另一轮次（如 一上）并列，说明变化。Beside another round, such as the first stage, with the changes.",
)
@acting
@own_templates
@in_round
def consolidate(paths: tuple[Path, ...], lang: Lang, **options: Any) -> None:
    """Add workbooks up."""
    if paths:
        from crmxl.commands.receiving import consolidate_files

        kept = {name: options[name] for name in ("output", "form", "own", "round")}
        sys.exit(consolidate_files(paths, lang, **kept))
    from crmxl.commands.totalling import consolidate_round

    options.pop("own")
    sys.exit(consolidate_round(lang, **options))
