"""The text of a new round.toml: what was given, exactly, and in comments what may be added."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence


def round_text(
    settings: Mapping[str, str | int],
    templates: Sequence[str],
    policies: Sequence[str],
    roles: Sequence[str],
    key_file: str,
) -> str:
    """The text of round.toml: what is empty, and what else the operator may want to say, stands there as a comment."""
    given = {name: json.dumps(value, ensure_ascii=False) for name, value in settings.items() if value != ""}
    lines = [
        "# 预算编制轮次。由 crmxl init 生成，可以直接修改；每条命令都会重新检查，有错会指出位置。",
        "# 单位、上级、类型、收件人和下发指标在 units.csv：金额列名写明(元)或(万元)，用编号作列名的是元。",
        "# 特批写在 waivers.toml。",
        "",
        *_setting("name", given, "轮次名称，印在每份工作簿上"),
        *_setting("year", given, "预算年度"),
        *_setting("stage", given, "阶段", "一上"),
        *_setting("lang", given, "工作簿的语言：zh 或 en"),
        *_setting("deadline", given, "提交截止：写成 2025-11-30 这样的日期才会判断逾期", "2025-11-30"),
        *_setting("contact", given, "联系人", "集团客户关系部 王主任 010-12345678"),
        *_setting("parent_amount", given, "上级单位的数：own 加进合计；sum 只与下级合计核对，不再加"),
        f'key_file = "{key_file}"  # 签名密钥：不要外传，和台账一起备份',
        *_setting("ledger", given, "台账：缺省为本文件夹的 ledger.db", "postgresql+psycopg://用户@主机/库"),
        "",
        "# 发给所有单位的模板和校验所用的制度，都写明版本。",
        f"templates = {_list(templates)}",
        f"policies = {_list(policies)}",
        "",
        "# 只发给某些类型的单位：从 templates 中去掉，改写在这里；name 是文件名里的简称。",
        "# [[issue]]",
        f"# template = {json.dumps(templates[0])}",
        '# unit_types = ["区域"]',
        '# name = "客户关系"',
        "",
        "# 审核角色，按先后；不写则由集团（group）一次审核。不同类型的单位可以各写一段 [[review]]。",
        *((("[[review]]"), f"roles = {_list(roles)}") if roles else ("# [[review]]", '# roles = ["finance", "cost"]')),
        '# unit_types = ["区域"]',
        "",
        "# 角色的名称。",
        "# [roles]",
        '# finance = "集团财务管理中心"',
        "",
        "# 某类单位另定的限额。",
        '# [limits.P301."区域"]',
        '# rate = "0.4‰"',
        "",
    ]
    return "\n".join(lines)


def _setting(name: str, given: Mapping[str, str], note: str, example: str = "") -> Iterable[str]:
    if name in given:
        return (f"{name} = {given[name]}  # {note}",)
    return (f'# {name} = "{example}"  # {note}',)


def _list(names: Sequence[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False)
