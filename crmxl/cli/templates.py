"""Commands that make definitions. What a command does is in ``commands/``, imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmxl.cli.program import SAVE, command, group

if TYPE_CHECKING:
    from crmxl.model import Lang

template = group(
    "template",
    "编写模板 · write templates",
    "编写自己的模板：从财务的科目表生成初稿。",
    "Write templates of your own, beginning with a draft from an account list.",
    "template import 科目表.xlsx --id crm-accounts --title 客户关系费用预算",
)


@command(
    "import",
    "从科目表生成模板 · a template from an account list",
    "把科目表（.xlsx 或 .csv）变成模板初稿。列：编码、名称，可再有上级、类型、下限、上限、英文、标签、备注、空白行。"
    "有上下限的，另在 policies/ 下写出制度。有错时逐格指出，什么也不写。",
    "Turn an account list (.xlsx or .csv; columns code, title, parent, type, min, max, en, tags, note, open, all but "
    "the first two optional) into a template to go on from; its bounds become a policy in policies/. With a mistake, "
    "every cell is named and nothing is written.",
    "template import 科目表.xlsx --id crm-accounts --title 客户关系费用预算",
    "template import accounts.csv -o my-templates/crm-accounts.toml --months",
    of=template,
)
@click.argument("file", metavar="ACCOUNTS", type=SAVE)
@click.option("--id", default="", metavar="ID", help="模板名；缺省取自文件名。The template's id; from the file's name.")
@click.option("--title", default="", help="标题；缺省为表头上方的标题。Title; by default what stands above the header.")
@click.option("--title-en", default="", help="英文标题。English title.")
@click.option("--sheet", default="", metavar="NAME", help="读哪张工作表；缺省是第一张有列名的。The sheet to read.")
@click.option("-o", "--output", type=SAVE, help="保存为。Where to save it.  [ID.toml]")
@click.option("--months", is_flag=True, help="金额分解到月。Split amounts into months.")
@click.option("--basis/--no-basis", default=True, help="要不要“测算依据”列，缺省要。A column for the basis, or none.")
@click.option("--force", is_flag=True, help="覆盖已有文件。Write over files that are there.")
def import_(file: Path, lang: Lang, **options: Any) -> None:
    """Draft a template."""
    from crmxl.commands.importing import import_accounts

    import_accounts(file, lang, **options)
