"""Commands that move a round along. What a command does is in ``commands/``, imported when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmxl.cli.program import PATH, SAVE, acting, as_json_option, command, group, of_round, of_template

if TYPE_CHECKING:
    from crmxl.model import Lang


@command(
    "init",
    "新建一个编制轮次 · a new round",
    "新建轮次文件夹：round.toml、units.csv、签名密钥、台账；先全部检查，有错就什么也不写。",
    "Make the folder of a round: round.toml, units.csv, signing key, ledger. All is checked first; "
    "with a mistake nothing is written.",
    "init 2026一上 --template customer-relations --units 单位.xlsx --year 2026 --stage 一上 --deadline 2025-11-30",
    "init 2026 --template cosmetics-plan --units units.csv --year 2026 --role finance --role cost",
    "init 2026二上 --template customer-relations --units 单位.xlsx --year 2026 --stage 二上 --start-from 2026一上",
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--template", "templates", multiple=True, required=True, metavar="T", help="模板，可多次。A template.")
@click.option("--units", type=SAVE, required=True, help="单位表（.csv 或 .xlsx）。The units file.")
@click.option("--figures", type=SAVE, help="按单位和键下发的数（.csv）。Issued figures by unit and key.")
@click.option(
    "--start-from",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="以上一轮次（如 一上）各单位的数为起点预填。Prefill what units entered in an earlier round.",
)
@click.option("--year", type=click.IntRange(2000, 2099), required=True, help="预算年度。Budget year.")
@click.option("--policy", "policies", multiple=True, metavar="P", help="制度；缺省为模板的制度。A policy.")
@click.option("--stage", default="", help="阶段，如 一上、二上。Stage.")
@click.option("--name", default="", help="轮次名称。Name of the round.")
@click.option("--deadline", default="", help="提交截止，如 2025-11-30。When workbooks are due.")
@click.option("--contact", default="", help="联系人。Whom to ask.")
@click.option("--role", "roles", multiple=True, help="审核角色，按先后。Reviewing roles in order.  [group]")
@click.option(
    "--parent-amount",
    type=click.Choice(["own", "sum"]),
    default="own",
    show_default=True,
    help="上级单位的数：own 另加，sum 只核对。A parent's figures: added, or compared with the sum below.",
)
@click.option("--ledger", default="", metavar="URL", help="台账放在数据库。Ledger in a database.  [ledger.db]")
def init(folder: Path, lang: Lang, **options: Any) -> None:
    """Make a round."""
    from crmxl.commands.rounds import init_round

    init_round(folder, lang, **options)


@command(
    "distribute",
    "给每个单位生成工作簿 · a workbook for every unit",
    "按轮次记录为每个单位生成签名的工作簿，放在 issued/，附清单、邮件合并表和通知；内容变了的另出新版（V2）。",
    "A signed workbook for every unit by the round's records, in issued/, with manifest, mail merge table and texts; "
    "what has changed gets a new number (V2).",
    "distribute",
    "distribute --only HN --only HD",
    "distribute --changed --zip",
)
@click.option("--only", multiple=True, metavar="UNIT", help="只给这些单位（含下级）。These units and those below.")
@click.option("--changed", is_flag=True, help="只做有变化的。Only what has changed.")
@click.option("--zip", "zipped", is_flag=True, help="每个上级单位一个压缩包。A zip for each unit with units below.")
@acting
@of_round
@as_json_option
def distribute(lang: Lang, **options: Any) -> None:
    """Issue workbooks."""
    from crmxl.commands.distributing import distribute_workbooks

    sys.exit(distribute_workbooks(lang, **options))


@command(
    "collect",
    "收回、校验、入账 · take in what came back",
    "收回工作簿（文件、文件夹、zip）：按标识识别、按轮次记录校验、原件存入台账，逐份给出回执。",
    "Take in workbooks (files, folders, zips): told by stamp, judged by the round's records, kept in the ledger; "
    "a receipt line for each.",
    "collect 收件/",
    "collect 收件/ --annotate 退回/",
    "collect 华南.xlsx --from HN",
)
@click.argument("paths", metavar="PATH...", type=PATH, nargs=-1, required=True)
@click.option("--annotate", type=PATH, metavar="DIR", help="把标出问题的副本放到 DIR。Write marked copies to DIR.")
@click.option("--from", "sender", default="", metavar="UNIT", help="是谁交来的。Who sent them.")
@acting
@of_round
@as_json_option
def collect(paths: tuple[Path, ...], lang: Lang, **options: Any) -> None:
    """Take in workbooks."""
    from crmxl.commands.collecting import collect_files

    sys.exit(collect_files(paths, lang, **options))


@command(
    "nil",
    "登记零申报 · record a nil return",
    "登记单位的零申报：明确没有预算，不用交工作簿。",
    "Record that a unit has nothing to budget; it then sends no workbook.",
    "nil XB --reason 本年无客户关系活动",
)
@click.argument("unit", metavar="UNIT")
@click.option("--reason", required=True, help="依据。On what ground.")
@of_template
@acting
@of_round
def nil(unit: str, lang: Lang, **options: Any) -> None:
    """Record a nil return."""
    from crmxl.commands.collecting import record_nil

    sys.exit(record_nil(unit, lang, **options))


@command(
    "choose",
    "选定单位的一个版本 · choose one version",
    "选定单位的哪个版本有效：版本号（2）、回执号或文件名。",
    "Choose which of a unit's versions counts: by number (2), receipt or file name.",
    "choose HN 2 --reason 电话确认",
)
@click.argument("unit", metavar="UNIT")
@click.argument("version", metavar="VERSION")
@click.option("--reason", required=True, help="理由。Why.")
@of_template
@acting
@of_round
def choose(unit: str, version: str, lang: Lang, **options: Any) -> None:
    """Choose a version."""
    from crmxl.commands.collecting import choose_version

    sys.exit(choose_version(unit, version, lang, **options))


@command(
    "recheck",
    "按现在的记录重新校验 · judge again by the records of today",
    "轮次记录（单位表、限额、特批）变了以后，把已收到的原件重新校验一遍。",
    "After the round's records have changed (units, limits, waivers), judge again what was received.",
    "recheck",
    "recheck HN",
)
@click.argument("units", metavar="[UNIT]...", nargs=-1)
@acting
@of_round
@as_json_option
def recheck(units: tuple[str, ...], lang: Lang, **options: Any) -> None:
    """Judge again."""
    from crmxl.commands.collecting import recheck_units

    sys.exit(recheck_units(units, lang, **options))


@command(
    "status",
    "各单位进展 · where every unit stands",
    "各单位的进展：未交、已交待审、退回、通过、逾期、零申报，按层级汇总。",
    "Where every unit stands: not submitted, under review, returned, approved, overdue, nil; rolled up the tree.",
    "status",
    "status -o 进展.xlsx",
    "status --chase 催报.csv",
    "status --only HN --json",
)
@click.option("--only", multiple=True, metavar="UNIT", help="只看这些单位（含下级）。These units and those below.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "xlsx", "json"]),
    help="输出格式；缺省看 -o 的扩展名，再缺省 text。Form; by the suffix of -o, else text.",
)
@click.option("--json", "form", flag_value="json", help="同 --format json。Same as --format json.")
@click.option("-o", "--output", type=SAVE, help="保存为文件。Save to a file.")
@click.option("--chase", type=SAVE, metavar="FILE", help="写催报表（.csv 或 .xlsx）。Write the chase list.")
@of_round
def status(lang: Lang, **options: Any) -> None:
    """Show the board."""
    from crmxl.commands.standing import show_status

    sys.exit(show_status(lang, **options))


review = group(
    "review",
    "审核：通过、退回、重新打开 · approve, return, reopen",
    "审核单位的上报：审核人只写意见、做调整，不改单位的工作簿。",
    "Review submissions: reviewers comment and adjust; they never edit a unit's workbook.",
    "review approve HN --role finance",
    "review return HN --comment 请补充依据",
)


@command(
    "approve",
    "审核通过 · approve",
    "以一个角色审核通过；最后一个角色通过后单位锁定。--adjust 按 CSV（键、调整、理由）调整，上报数保留。",
    "Approve in a role; with the last one the unit is locked. --adjust takes a CSV (key, change, reason) and "
    "keeps what the unit submitted.",
    "review approve HN --role finance --by 李会计",
    "review approve HN HD --role group --comment 同意",
    "review approve HN --role cost --adjust 调整.csv",
    of=review,
)
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@click.option("--role", default="", help="角色；只剩一个时可省。The role; not needed if one is left.")
@click.option("--comment", default="", help="意见。A comment.")
@click.option("--adjust", type=SAVE, metavar="FILE", help="调整表：键、调整、理由。Adjustments: key, change, reason.")
@of_template
@acting
@of_round
def approve(units: tuple[str, ...], lang: Lang, **options: Any) -> None:
    """Approve units."""
    from crmxl.commands.reviewing import approve_units

    sys.exit(approve_units(units, lang, **options))


@command(
    "return",
    "退回 · send back",
    "退回单位的上报，写明意见：整体的，或按键（键=意见）。",
    "Send a submission back with comments: on the whole, or by key (KEY=COMMENT).",
    "review return HN --comment 请补充依据",
    "review return HN --comment S.1@amount=活动场次与上年不符 --annotate 退回/",
    of=review,
)
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@click.option("--role", default="", help="角色。The role.")
@click.option("--comment", "comments", multiple=True, required=True, help="意见，或 键=意见。Comment or KEY=COMMENT.")
@click.option("--annotate", type=PATH, metavar="DIR", help="把带意见的副本放到 DIR。Write copies with comments to DIR.")
@of_template
@acting
@of_round
def send_back(units: tuple[str, ...], lang: Lang, **options: Any) -> None:
    """Send units back."""
    from crmxl.commands.reviewing import return_units

    sys.exit(return_units(units, lang, **options))


@command(
    "reopen",
    "重新打开已通过的单位 · open an approved unit again",
    "重新打开已审核通过的单位，写明理由；之后可以重新提交或选定其他版本。",
    "Open an approved unit again, with a reason; it can then submit anew or have another version chosen.",
    "review reopen HN --reason 集团调整目标",
    of=review,
)
@click.argument("units", metavar="UNIT...", nargs=-1, required=True)
@click.option("--reason", required=True, help="理由。Why.")
@of_template
@acting
@of_round
def reopen(units: tuple[str, ...], lang: Lang, **options: Any) -> None:
    """Reopen units."""
    from crmxl.commands.reviewing import reopen_units

    sys.exit(reopen_units(units, lang, **options))
