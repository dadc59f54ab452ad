"""A round in three levels whose budgets have months, blank lines and a split, acted on by its own commands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from crmxl.check.batch import judge
from crmxl.check.standard import Standard
from crmxl.commands.collecting import record_nil
from crmxl.commands.reviewing import approve_units, return_units
from crmxl.define.round import Round, load_round, policies_beside, round_library
from crmxl.expression import Value
from crmxl.files import write_atomically
from crmxl.group.intake import Arrival, Receipt, take_in
from crmxl.group.ledger import Ledger
from crmxl.group.register import Register
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Key

PLAN = """
id = "plan"
version = 1
title = { zh = "客户关系费用", en = "Customer relations" }
total = "used@value"

[[sheet]]
id = "lines"
title = { zh = "费用", en = "Lines" }
kind = "grid"
[[sheet.columns]]
id = "amount"
title = { zh = "本年预算", en = "Budget" }
type = "money"
total = true
months = true
[[sheet.columns]]
id = "basis"
title = { zh = "测算依据", en = "Basis" }
type = "text"
[[sheet.section]]
code = "1"
title = { zh = "自有费用", en = "Own" }
[[sheet.section.group]]
code = "1.1"
title = { zh = "活动", en = "Events" }
open = 2
lines = [
  { code = "1.1.1", title = { zh = "节日关怀", en = "Greetings" } },
  { code = "1.1.2", title = { zh = "业主活动", en = "Owners" } },
]
[[sheet.section]]
code = "2"
title = { zh = "不计入", en = "Outside" }
lines = [ { code = "2.1", title = { zh = "客户赔偿", en = "Compensation" } } ]

[[sheet]]
id = "split"
title = { zh = "分摊", en = "Split" }
kind = "grid"
[[sheet.columns]]
id = "whole"
title = { zh = "共用费用", en = "Shared" }
type = "money"
consolidate = "none"
[[sheet.columns]]
id = "share"
title = { zh = "比例", en = "Share" }
type = "percent"
issued = true
[[sheet.columns]]
id = "mine"
title = { zh = "分得", en = "Mine" }
type = "money"
expression = "ROUND(whole * share, 2)"
[[sheet.section]]
code = "S"
title = { zh = "共用", en = "Shared" }
[[sheet.section.lines]]
code = "S.1"
title = { zh = "会员维系", en = "Club" }
values = { share = "33.3%" }

[[sheet]]
id = "whole"
title = { zh = "合计", en = "Whole" }
kind = "form"
[[sheet.fields]]
id = "used"
title = { zh = "计入总额", en = "Counted" }
type = "money"
expression = "1@amount + SUM(S.*@mine)"
[[sheet.fields]]
id = "filer"
title = { zh = "填报人", en = "Filed by" }
type = "text"
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
params = { cap = "100000" }
assert = "used <= cap"
title = { zh = "不得超过限额", en = "Not above the cap" }
message = { zh = "合计 {left} 元，超过 {right} 元。", en = "{left} yuan is above {right} yuan." }
fix = { zh = "请调减 {excess} 元。", en = "Cut {excess} yuan." }
"""
WAIVERS = """
[[waiver]]
rule = "P901"
unit = "N2"
approver = "张总"
reason = "新开业"
until = "2099-12-31"
"""
ROUND = """
name = "{name}"
year = 2026
stage = "{stage}"
deadline = "2025-11-30"
templates = ["plan"]
policies = ["cap"]
key_file = "key"
parent_amount = "{amount}"

[[review]]
roles = ["finance"]
"""
UNITS = (
    "code,name,parent,type,recipient\n"
    "G,集团总部,,group,g\nN,华南区域,G,region,n\nN1,广州项目,N,city,n1\nN2,深圳项目,N,city,n2\nE,华东区域,G,region,e\n"
    "E1,上海项目,E,city,e1\nE2,杭州项目,E,city,e2\n"
)
ALL = ("G", "N", "N1", "N2", "E", "E1", "E2")
TIME = "2025-11-03T09:00:00+08:00"


def lay(folder: Path, name: str = "2026一上", stage: str = "一上", amount: str = "own") -> Path:
    """The round's files with an empty ledger."""
    write_atomically(folder / "templates" / "plan.toml", PLAN.encode())
    write_atomically(folder / "policies" / "cap.toml", CAP.encode())
    write_atomically(folder / "round.toml", ROUND.format(name=name, stage=stage, amount=amount).encode())
    write_atomically(folder / "units.csv", UNITS.encode())
    write_atomically(folder / "waivers.toml", WAIVERS.encode())
    write_atomically(folder / "key", b"0123456789abcdef0123456789abcdef")
    Ledger.create(folder / "ledger.db", name).close()
    return folder


def filled(folder: Path, unit: str, entries: Mapping[Key, Value]) -> bytes:
    """The unit's workbook with these entries."""
    round, library, policies = load_round(folder), round_library(folder), policies_beside(folder)
    rules = tuple(round.policy_for(unit, policies.load(name)) for name in round.policies)
    layout = lay_out(library.load("plan"), round.year, (), 1, "zh", rules)
    return write(layout, round.assignment(unit, library.load("plan")), entries, secret=round.key)


def entries(**yuan: int | str) -> dict[Key, Value]:
    """Entries by short names: ``a`` 1.1.1, ``b`` 1.1.2 (with March), ``c`` 2.1, ``s`` S.1, ``own`` a blank line."""
    keys = {"a": "1.1.1@amount", "b": "1.1.2@amount", "c": "2.1@amount", "s": "S.1@whole", "own": "1.1.n01@amount"}
    found: dict[Key, Value] = {keys[name]: Fraction(value) for name, value in yuan.items()}
    if "b" in yuan:
        found["1.1.2@amount.03"] = Fraction(yuan["b"])
    if "own" in yuan:
        found["1.1.n01@title"] = "开盘活动"
    return found


@contextmanager
def opened(folder: Path) -> Any:
    """The round and its register."""
    round = load_round(folder)
    with Register(Ledger.open(folder / "ledger.db", round.name), clock=lambda: TIME) as register:
        yield round, register


def send(folder: Path, unit: str, *sent: Mapping[Key, Value]) -> list[Receipt]:
    """Take in workbooks of the unit with these entries, at once."""
    paths = []
    for number, one in enumerate(sent):
        paths.append(folder / "in" / f"{unit}-{number}-{abs(hash(tuple(sorted(map(str, one.items()))))) % 10**8}.xlsx")
        write_atomically(paths[-1], filled(folder, unit, one))
    round: Round
    with opened(folder) as (round, register):
        standard = Standard(round, policies_beside(folder), None, "2025-11-01")
        reports = [judge(path, round_library(folder), standard) for path in paths]
        arrivals = [Arrival(report, path.read_bytes) for report, path in zip(reports, paths, strict=True)]
        return take_in(register, round, arrivals, "收件人")


def approve(folder: Path, *units: str, changes: str = "", role: str = "") -> None:
    """Approve units, with adjustments as the lines of a table (key, change, reason)."""
    adjust = None
    if changes:
        adjust = folder / "changes.csv"
        write_atomically(adjust, ("键,调整,理由\n" + changes).encode())
    said = {"role": role, "comment": "", "template": "", "by": "李会计", "round": folder}
    assert approve_units(units, "zh", adjust=adjust, **said) == 0  # type: ignore[arg-type]


def give_back(folder: Path, unit: str, *comments: str) -> None:
    """Return a unit's submission."""
    said = {"role": "finance", "annotate": None, "template": "", "by": "李会计", "round": folder}
    assert return_units([unit], "zh", comments=comments, **said) == 0  # type: ignore[arg-type]


def nothing(folder: Path, unit: str) -> None:
    """Record a nil return."""
    assert record_nil(unit, "zh", reason="本年无活动", template="", by="收件人", round=folder) == 0


def mixed(folder: Path, name: str = "2026二上", stage: str = "二上") -> Path:
    """A round with everything in it: approved with and without adjustments, waived, nil, under review, returned by
    check and reviewer, late; E2 is missing.
    """
    lay(folder, name, stage)
    send(folder, "G", entries(a=1000, s="100.01"))
    send(folder, "N", entries(a=200, b="300.33", c=50))
    send(folder, "N1", entries(own="77.07", s=300))
    send(folder, "N2", entries(a=150000))
    send(folder, "E1", entries(a=5000))
    nothing(folder, "E")
    approve(folder, "G", "N2", "E")
    approve(folder, "N1", changes="S.1@whole,-100,按标准\n")
    approve(folder, "N", changes="1.1.1@amount,-50.5,压缩\n1.1.2@amount.03,10,补差\n")
    send(folder, "G", entries(a=999))
    return folder
