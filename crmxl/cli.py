"""The command line: every command with its options. What a command does is in ``commands/``, imported when it runs.

Nothing heavy may be imported here: ``crmxl --version`` stays within 0.15 s of bare Python, and a test holds that.
Exit codes: 0 clean, 1 findings or something left out, 2 wrong usage or the operator's own files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crmxl import __version__
from crmxl.errors import CrmxlError
from crmxl.signs import visible_lines

if TYPE_CHECKING:
    from crmxl.model import Lang

Function = TypeVar("Function", bound=Callable[..., Any])

_LANG = click.Choice(["zh", "en"])
_PATH = click.Path(path_type=Path)
_SAVE = click.Path(path_type=Path, dir_okay=False)


class Crmxl(click.Group):
    """The program: what the operator must put right is one message on stderr and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the work."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a console that lacks a character shows ? instead of stopping
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except CrmxlError as error:
            message = str(error)
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
        except (KeyboardInterrupt, click.Abort):
            message = "已中断 · interrupted"
        click.echo(visible_lines(message), err=True)
        ctx.exit(2)


def _language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """The command's own ``--lang``, else the program's."""
    return value or ctx.find_root().params.get("lang") or "zh"


def _json(command: Function) -> Function:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。Print JSON.")(command)


def _own_templates(command: Function) -> Function:
    """Give a command ``--templates``."""
    return click.option(
        "--templates",
        "own",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="自己的模板（.toml）所在的文件夹。Folder with your own templates, beside the shipped ones.",
    )(command)


def _in_round(command: Function) -> Function:
    """Give a command ``--round``."""
    return click.option(
        "--round",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="轮次文件夹（round.toml、units.csv）：按集团的记录办理。Folder of a round: the group's records count.",
    )(command)


def _instead(command: Function) -> Function:
    """Give a listing command ``--policy``."""
    help = "看这份制度文件，不看自带的制度。This policy file instead of the shipped policies."
    return click.option("--policy", type=_SAVE, metavar="FILE", help=help)(command)


def _help(zh: str, en: str, examples: tuple[str, ...]) -> str:
    """The help of a command: Chinese, English, examples line by line."""
    return "\n".join((f"{zh}\n\n{en}\n\n\b\n示例 Example:", *(f"  crmxl {example}" for example in examples)))


def _command(name: str, short: str, zh: str, en: str, *examples: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a command with ``--lang``; ``short`` is its line in the list of commands."""

    def declare(function: Callable[..., Any]) -> click.Command:
        help = "语言，工作簿也用它。Language, of workbooks too."
        option = click.option("--lang", type=_LANG, callback=_language, help=help)
        return main.command(name, short_help=short, help=_help(zh, en, examples))(option(function))

    return declare


@click.group(
    cls=Crmxl,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=_help(
        "预算工作簿下发、收回校验、集团汇总。",
        "Budget workbooks out to the units, exact group totals back.",
        (
            "demo",
            "generate cosmetics-plan --unit 华南区域 --year 2026 -o 华南区域.xlsx",
            "validate 上报/",
            "consolidate 上报/ -o 集团汇总.xlsx",
        ),
    ),
)
@click.version_option(__version__, message="crmxl %(version)s")
@click.option("--lang", type=_LANG, help="语言，默认 zh。Language, zh by default.")
def main(lang: str | None) -> None:
    """Budget workbooks out to the units, exact group totals back."""


@_command(
    "demo",
    "用样例跑完整流程 · the whole loop on the samples",
    "用样例跑一遍完整流程：下发、填报、校验、汇总；文件放在 DIR（缺省 crmxl-demo）。",
    "The whole loop on the samples: generate, fill, validate, consolidate; files go to DIR, crmxl-demo by default.",
    "demo",
    "demo 演示",
)
@click.argument("folder", metavar="[DIR]", type=_PATH, default="crmxl-demo")
def demo(folder: Path, lang: Lang) -> None:
    """Run the loop."""
    from crmxl.commands.loop import show_demo

    show_demo(folder, lang)


@_command(
    "templates",
    "有哪些模板 · the templates there are",
    "列出模板、版本和可选的部分。",
    "List the templates with version and parts.",
    "templates",
    "templates --json",
)
@_json
def templates(as_json: bool, lang: Lang) -> None:
    """List templates."""
    from crmxl.commands.listing import list_templates

    list_templates(as_json, lang)


@_command(
    "schema",
    "模板的 JSON Schema · the JSON Schema of a template's data",
    "输出某个模板上报数据的 JSON Schema（2020-12 版）。",
    "Print the JSON Schema (2020-12) of a template's submissions; it is always JSON.",
    "schema cosmetics-plan > cosmetics-plan.schema.json",
)
@click.argument("template", metavar="TEMPLATE")
@_json
def schema(template: str, as_json: bool, lang: Lang) -> None:
    """Print a schema."""
    from crmxl.commands.listing import print_schema

    print_schema(template)


@_command(
    "rules",
    "全部校验规则 · every rule that is checked",
    "列出全部校验规则，按类别排列；制度规则列出条款和界限。",
    "List every rule by family; policy rules with clause and limits.",
    "rules",
    "rules --policy 新制度.toml",
    "rules --json",
)
@_json
@_instead
def rules(as_json: bool, lang: Lang, policy: Path | None) -> None:
    """List the catalogue and the policies."""
    from crmxl.commands.listing import list_rules

    list_rules(as_json, lang, policy)


@_command(
    "explain",
    "解释一条规则 · what a rule means and what to do",
    "解释一条规则：提示什么、怎么改、为什么；制度规则还有条款、式子、界限和有效期。",
    "What a rule says, how to put it right, and why; of a policy's rule also clause, expression, limits and validity.",
    "explain S110",
    "explain P301",
    "explain P301 --policy 新制度.toml",
)
@click.argument("code", metavar="CODE")
@_json
@_instead
def explain(code: str, as_json: bool, lang: Lang, policy: Path | None) -> None:
    """Explain a rule."""
    from crmxl.commands.listing import explain_rule

    explain_rule(code, as_json, lang, policy)


@_command(
    "check-template",
    "检查模板或制度定义 · is a definition sound?",
    "检查模板或制度文件（有 [[rule]] 的是制度），逐项指出错误在文件中的位置；有错时退出码为 2。",
    "Check a template or a policy (a file with [[rule]]); every mistake with its path in the file. "
    "Exit code 2 if it is unsound.",
    "check-template templates/cosmetics-plan.toml",
    "check-template 新制度.toml",
)
@click.argument("file", metavar="FILE")
@_own_templates
@_json
def check_template(file: str, as_json: bool, lang: Lang, own: Path | None) -> None:
    """Check a definition."""
    from crmxl.commands.listing import check_definition

    check_definition(file, as_json, lang, own)


@_command(
    "generate",
    "生成一份工作簿 · make one workbook",
    "生成一份下发工作簿：空白，或按 --data 预填。TEMPLATE 是模板名或 .toml 文件。",
    "Make a workbook to send out, blank or prefilled from --data. TEMPLATE is a name or a .toml file.",
    "generate cosmetics-plan --unit 华南区域 --year 2026 -o 华南区域.xlsx",
    "generate annual-departments --unit 人力资源部 --parts hr --year 2026",
    "generate annual-departments --unit 西南子公司 --first-month 7 --data 数据.json --phase even",
    "generate customer-relations --round 2026年度/ --unit HN",
)
@click.argument("template", metavar="TEMPLATE")
@click.option("-o", "--output", type=_SAVE, help="保存为。Where to save it.  [TEMPLATE-UNIT-YEAR.xlsx]")
@click.option("--unit", default="", help="预算单位（编码或名称）。The unit's code or name.")
@click.option("--unit-name", default="", help="--unit 是编码时的单位名称。The unit's name where --unit is a code.")
@click.option(
    "--year",
    type=click.IntRange(2000, 2099),
    help="预算年度；缺省：上半年为本年，7 月起为次年。Budget year; by default this year, from July the next.",
)
@click.option("--data", type=_PATH, help="预填数据 {键: 值}。JSON {key: value} to prefill.")
@click.option("--deadline", default="", help="提交截止。When it is due.")
@click.option("--contact", default="", help="联系人。Whom to ask.")
@click.option("--parts", default="", help="只含这些部分，逗号分隔。Only these parts, separated by commas.")
@click.option("--first-month", type=click.IntRange(1, 12), default=1, help="从几月起，之前锁定。First open month.")
@click.option("--phase", type=click.Choice(["even"]), help="把全年平均分解到月。Split years evenly into months.")
@_in_round
def generate(template: str, output: Path | None, lang: Lang, **options: Any) -> None:
    """Make a workbook."""
    from crmxl.commands.issuing import make_workbook

    make_workbook(template, output, lang, **options)


@_command(
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
@click.argument("paths", metavar="PATH...", type=_PATH, nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "xlsx"]),
    help="输出格式；缺省看 -o 的扩展名，再缺省 text。Form; by the suffix of -o, else text.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@click.option("-o", "--output", type=_SAVE, help="保存为文件。Save to a file.")
@click.option("--annotate", type=_PATH, metavar="DIR", help="把标出问题的副本放到 DIR。Write marked copies to DIR.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="达到此级别时退出码为 1。Severity from which the exit code is 1.",
)
@_own_templates
@_in_round
@click.option("--policy", type=_SAVE, metavar="FILE", help="改用这份制度文件判断。Judge by this policy file instead.")
@click.option("--compare", is_flag=True, help="与 --policy 一起：结论会怎么变。With --policy: what would change.")
def validate(paths: tuple[Path, ...], lang: Lang, **options: Any) -> None:
    """Check workbooks."""
    from crmxl.commands.receiving import validate_files

    sys.exit(validate_files(paths, lang, **options))


@_command(
    "consolidate",
    "汇总为集团合计 · group totals from returned workbooks",
    "把通过校验的工作簿汇总为集团合计；有文件未纳入时退出码为 1。PATH 是文件或文件夹。",
    "Add up the workbooks that pass; exit code 1 if any file was left out. PATH is a file or a folder.",
    "consolidate 上报/ -o 集团汇总.xlsx",
    "consolidate 上报/ --format json > 汇总.json",
)
@click.argument("paths", metavar="PATH...", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_SAVE, help="保存为文件。Save to a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["xlsx", "csv", "json", "parquet"]),
    help="输出格式；缺省看 -o 的扩展名。Form; by the suffix of -o.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@_own_templates
@_in_round
def consolidate(paths: tuple[Path, ...], lang: Lang, **options: Any) -> None:
    """Add workbooks up."""
    from crmxl.commands.receiving import consolidate_files

    sys.exit(consolidate_files(paths, lang, **options))
