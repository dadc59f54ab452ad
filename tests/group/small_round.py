"""A round as small as one can be: four units in two levels, one template with one line, a policy with one cap."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from crmxl.define.round import Round, load_round, policies_beside, round_library
from crmxl.expression import Value
from crmxl.files import write_atomically
from crmxl.group.ledger import Ledger
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Key

PLAN = """
id = "plan"
version = 1
title = { zh = "费用预算", en = "Plan" }
total = "total@amount"

[[sheet]]
id = "lines"
title = { zh = "费用", en = "Lines" }
kind = "grid"
columns = [
  { id = "amount", title = { zh = "金额", en = "Amount" }, type = "money", total = true },
  { id = "basis", title = { zh = "依据", en = "Basis" }, type = "text", required_if = "amount <> 0" },
]
[[sheet.section]]
code = "1"
title = { zh = "自有", en = "Own" }
lines = [
  { code = "1.1", title = { zh = "活动", en = "Events" } },
  { code = "1.2", title = { zh = "礼品", en = "Gifts" } },
]
"""
CAP = """
id = "cap"
version = 1
title = { zh = "限额", en = "Cap" }

[[rule]]
code = "P901"
name = "over-the-cap"
severity = "error"
scope = "unit"
applies_to = ["plan"]
params = { cap = "500000" }
assert = "total@amount <= cap"
title = { zh = "不得超过限额", en = "Not above the cap" }
message = { zh = "合计 {left} 元，超过 {right} 元。", en = "{left} yuan is above {right} yuan." }
fix = { zh = "请调减 {excess} 元。", en = "Cut {excess} yuan." }
"""
ROUND = """
name = "2026"
year = 2026
stage = "一上"
deadline = "2025-11-30"
templates = ["plan"]
policies = ["cap"]
key_file = "key"

[[review]]
unit_types = ["region"]
roles = ["crd", "finance"]

[roles]
crd = "客户关系部"
"""
UNITS = "code,name,parent,type,recipient\nA,甲,,region,a\nA1,甲一,A,city,a1\nB,乙,,region,b\nB1,乙一,B,city,b1\n"
BASIS = {"1.1@basis": "按上年"}


def lay_round(folder: Path, round: str = ROUND, plan: str = PLAN) -> Round:
    """The round's files in ``folder``, without a ledger."""
    write_atomically(folder / "templates" / "plan.toml", plan.encode())
    write_atomically(folder / "policies" / "cap.toml", CAP.encode())
    write_atomically(folder / "round.toml", round.encode())
    write_atomically(folder / "units.csv", UNITS.encode())
    write_atomically(folder / "key", b"0123456789abcdef0123456789abcdef")
    return load_round(folder)


def open_round(folder: Path, round: str = ROUND) -> Round:
    """The round's files in ``folder``, with an empty ledger."""
    made = lay_round(folder, round)
    Ledger.create(folder / "ledger.db", made.name).close()
    return made


def filled(folder: Path, unit: str, yuan: int | str = 0, others: Mapping[Key, Value] | None = None) -> bytes:
    """The unit's workbook with this amount on its first line and a basis, or with ``others``."""
    round, library, policies = load_round(folder), round_library(folder), policies_beside(folder)
    rules = tuple(round.policy_for(unit, policies.load(name)) for name in round.policies)
    layout = lay_out(library.load("plan"), round.year, (), 1, "zh", rules)
    entries: dict[Key, Value] = {"1.1@amount": Fraction(yuan) if isinstance(yuan, int) else yuan, **BASIS}
    given = round.assignment(unit, library.load("plan"))
    return write(layout, given, entries if others is None else others, secret=round.key)
