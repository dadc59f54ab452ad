"""Commands that look back: where a figure comes from, what changed, what the ledger holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmxl.cli.program import SAVE, as_json_option, command, group, of_round, of_template, own_templates

if TYPE_CHECKING:
    from crmxl.model import Lang


@command(
    "trace",
    "一个数从哪里来 · where a figure comes from",
    "把集团合计里的一个数展开到单位、文件、工作表、单元格。KEY 如 total@amount、1.1@amount、1.1.1@amount.03。",
    "Open a group figure down to unit, file, sheet and cell. KEY such as total@amount, 1.1@amount, 1.1.1@amount.03.",
    "trace total@amount",
    "trace 1.1@amount --unit HN",
)
@click.argument("key", metavar="KEY")
@click.option("--unit", default="", metavar="U", help="只看这个单位（含下级）。This unit and those below.")
@click.option(
    "--include",
    type=click.Choice(["approved", "received"]),
    default="approved",
    show_default=True,
    help="纳入哪些。What counts.",
)
@of_template
@of_round
@as_json_option
def trace(key: str, lang: Lang, **options: Any) -> None:
    """Open a figure."""
    from crmxl.commands.trail import trace_figure

    sys.exit(trace_figure(key, lang, **options))


@command(
    "diff",
    "两份预算差在哪里 · what changed",
    "比较两份（或几份）预算：工作簿文件、单位的版本（HN:1）、上年（HN:last-year）、汇总 JSON 或台账位置（@120）。",
    "Compare budgets: workbook files, versions of a unit (HN:1), last year (HN:last-year), totals as JSON or a ledger "
    "position (@120).",
    "diff 一上.xlsx 二上.xlsx",
    "diff HN:1 HN:2",
    "diff HN:2 HN:1 HN:last-year",
    "diff @120 @180",
)
@click.argument("operands", metavar="A B", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "xlsx", "json"]),
    help="输出格式；缺省看 -o 的扩展名，再缺省 text。Form; by the suffix of -o, else text.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@click.option("-o", "--output", type=SAVE, help="保存为文件。Save to a file.")
@of_template
@of_round
def diff(operands: tuple[str, ...], lang: Lang, **options: Any) -> None:
    """Compare budgets."""
    from crmxl.commands.tracing import diff_budgets

    sys.exit(diff_budgets(operands, lang, **options))


@command(
    "migrate",
    "把填好的旧版工作簿转成新版 · carry a filled workbook to a newer version",
    "把按旧版模板填好的工作簿转成预填的新版，列出带不过去的内容。",
    "Turn a workbook filled in an older version of its template into a prefilled newer one; lists what cannot be "
    "carried.",
    "migrate 华南.xlsx -o 华南-新版.xlsx",
    "migrate 华南.xlsx --to customer-relations@2",
)
@click.argument("file", metavar="FILE", type=SAVE)
@click.option("--to", default="", metavar="T", help="转成哪一版；缺省最新。The version; the newest by default.")
@click.option("-o", "--output", type=SAVE, help="保存为。Where to save it.")
@own_templates
@of_round
@as_json_option
def migrate(file: Path, lang: Lang, **options: Any) -> None:
    """Carry a workbook over."""
    from crmxl.commands.tracing import migrate_workbook

    sys.exit(migrate_workbook(file, lang, **options))


ledger = group(
    "ledger",
    "台账：核对、备份、流水 · verify, back up, list",
    "轮次的台账：只增不改，逐条相连。",
    "The round's ledger: append-only, every entry chained to the one before.",
    "ledger verify",
    "ledger backup 备份/2026一上.db",
)


@command(
    "verify",
    "核对台账 · check the ledger",
    "核对台账和存档文件有没有被改过；哪一条变了，就指出哪一条。",
    "Check that nothing in the ledger or among the stored files was changed; names what was.",
    "ledger verify",
    "ledger verify --receipt R000012-ab12cd34ef56",
    of=ledger,
)
@click.option("--receipt", "receipts", multiple=True, metavar="R", help="应在台账中的回执号。A receipt to be found.")
@of_round
@as_json_option
def verify(lang: Lang, **options: Any) -> None:
    """Check the ledger."""
    from crmxl.commands.keeping import verify_ledger

    sys.exit(verify_ledger(lang, **options))


@command(
    "backup",
    "备份台账 · back the ledger up",
    "把台账完整备份为一个文件；其他人正在写也可以。",
    "Write a complete copy of the ledger into one file, even while others write.",
    "ledger backup 备份/2026一上.db",
    of=ledger,
)
@click.argument("to", metavar="FILE", type=SAVE)
@of_round
def backup(to: Path, lang: Lang, **options: Any) -> None:
    """Back the ledger up."""
    from crmxl.commands.keeping import backup_ledger

    sys.exit(backup_ledger(lang, to=to, **options))


@command(
    "log",
    "台账流水 · what happened",
    "列出台账里发生过的每件事：何时、谁、什么、回执号。",
    "Everything that happened: when, who, what, receipt.",
    "ledger log",
    "ledger log --unit HN",
    of=ledger,
)
@click.option("--unit", default="", metavar="U", help="只看这个单位。This unit alone.")
@of_round
@as_json_option
def log(lang: Lang, **options: Any) -> None:
    """List the events."""
    from crmxl.commands.keeping import show_log

    sys.exit(show_log(lang, **options))
