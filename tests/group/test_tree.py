"""In a round: who is missing, parents against the units below, rules over a unit with all below it, waivers shown."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest

from crmxl.check.standard import Standard
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import Totals
from crmxl.model import Severity
from crmxl.report.group_workbook import write_totals
from crmxl.report.totals import totals_json
from crmxl.resources import folder as resource
from tests.check.test_round import run
from tests.group.returned import report

PLAN = """
id = "plan"
version = 1
title = { zh = "费用预算", en = "Plan" }
total = "used@value"

[[sheet]]
id = "issued"
title = { zh = "指标", en = "Targets" }
kind = "form"
[[sheet.fields]]
id = "target"
title = { zh = "考核任务", en = "Target" }
type = "money"
issued = true
[[sheet.fields]]
id = "used"
title = { zh = "计入上限的费用", en = "Counted" }
type = "money"
expression = "1@amount + SUM(S.*@mine)"
[[sheet.fields]]
id = "left"
title = { zh = "余额", en = "Left" }
type = "money"
expression = "ROUND(target * 0.001, 2) - used"

[[sheet]]
id = "lines"
title = { zh = "费用", en = "Lines" }
kind = "grid"
columns = [ { id = "amount", title = { zh = "金额", en = "Amount" }, type = "money", total = true } ]
[[sheet.section]]
code = "1"
title = { zh = "自有", en = "Own" }
open = 2
lines = [ { code = "1.1", title = { zh = "活动", en = "Events" } } ]

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
title = { zh = "共用一", en = "Shared one" }
values = { share = "33.3%" }
"""
POLICY = """
id = "house"
version = 1
title = { zh = "公司制度", en = "House policy" }

[[rule]]
code = "P901"
name = "over-cap-together"
severity = "error"
scope = "subtree"
applies_to = ["plan"]
params = { rate = "1‰" }
when = "target > 0"
assert = "used <= ROUND(target * rate, 2)"
at = "used@value"
[rule.title]
zh = "费用合并不得超过考核任务的 1‰"
en = "Together at most 1‰ of the target"
[rule.message]
zh = "合并费用 {left} 元，超过上限 {right} 元（{target} 元 × {rate}），超出 {excess} 元。"
en = "Together {left} yuan, over the cap of {right} yuan ({target} × {rate}) by {excess} yuan."
[rule.fix]
zh = "请调减至少 {excess} 元。"
en = "Reduce by at least {excess} yuan."

[[rule]]
code = "P902"
name = "reserve-left"
severity = "warning"
scope = "subtree"
applies_to = ["plan"]
when = "target > 0"
assert = "left >= 10"
[rule.title]
zh = "合并余额不得少于 10 元"
en = "Together at least 10 yuan are left"
[rule.message]
zh = "合并余额 {left} 元。"
en = "Together {left} yuan are left."
[rule.fix]
zh = "请调减。"
en = "Reduce."
"""
ROUND = """
name = "2026年度预算"
year = 2026
templates = ["plan"]
policies = ["house"]
"""
UNITS = """code,name,parent,type,target
JT,集团,,,
HN,华南区域,JT,区域,100000
SZ,深圳,HN,城市,
GZ,广州,HN,城市,
HD,华东区域,JT,区域,100000
"""
SCHEMA = json.loads((resource("schemas") / "totals.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "round"
    for name, text in {
        "round.toml": ROUND,
        "units.csv": UNITS,
        "templates/plan.toml": PLAN,
        "policies/house.toml": POLICY,
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    return made


def summed(folder: Path) -> Path:
    (folder / "round.toml").write_text(ROUND + 'parent_amount = "sum"\n', encoding="utf-8")
    return folder


ENOUGH = {"JT": {"1.1@amount": "0"}, "HN": {"1.1@amount": "50"}, "HD": {"1.1@amount": "50"}}


def together(folder: Path, sent: dict[str, dict[str, str]], *, today: str = "2026-01-15") -> Totals:
    """The totals of what these units sent, with what the round asks of all of it."""
    template = round_library(folder).load("plan")
    standard = Standard(load_round(folder), policies_beside(folder), today=today)
    assert standard.round is not None
    reports = [report(template, unit, entries, name=standard.round.unit(unit).name) for unit, entries in sent.items()]
    totals = consolidate(reports, standard)
    for lang in ("zh", "en"):
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(totals_json(totals, lang)))
        write_totals(totals, lang=lang)
    return totals


def found(totals: Totals, code: str) -> dict[str, str]:
    """Messages of a code by unit."""
    listed = json.loads(totals_json(totals))["findings"]
    return {one["unit"]: one["message"] for one in listed if one["code"] == code}


def told(data: bytes, sheet: str) -> str:
    rows = openpyxl.load_workbook(io.BytesIO(data))[sheet].iter_rows(values_only=True)
    return "\n".join(" ".join(str(value) for value in row if value is not None) for row in rows)


# ---- who is missing ------------------------------------------------------------------------------------------------


def test_a_unit_that_sent_nothing_is_listed_and_leaves_the_totals_incomplete(folder: Path) -> None:
    totals = together(folder, ENOUGH)
    assert list(found(totals, "G103")) == ["SZ", "GZ"]
    left_out = json.loads(totals_json(totals))["left_out"]
    assert [(one["file"], one["unit"], one["codes"]) for one in left_out] == [
        ("", "GZ", ["G103"]),
        ("", "SZ", ["G103"]),
    ]
    assert "未交" in left_out[0]["why"] and not totals.complete and totals.total == 10000
    text = told(write_totals(totals), "未纳入与提示")
    assert "二、未交的单位" in text and "广州（GZ） plan@1 G103 未交" in text
    assert "未交 2 未纳入" in told(write_totals(totals), "封面")
    assert "2. Units that have not submitted" in told(write_totals(totals, lang="en"), "Left out and notes")


def test_a_round_with_every_unit_there_is_complete(folder: Path) -> None:
    totals = together(folder, {**ENOUGH, "SZ": {}, "GZ": {}})
    assert totals.complete and totals.sound and not totals.findings
    assert "未交" not in told(write_totals(totals), "未纳入与提示")


def test_only_units_that_were_given_the_template_are_missed(folder: Path) -> None:
    issue = '[[issue]]\ntemplate = "plan"\nunit_types = ["区域"]\n'
    text = ROUND.replace('templates = ["plan"]\n', "") + issue
    (folder / "round.toml").write_text(text, encoding="utf-8")
    assert together(folder, {"HN": ENOUGH["HN"], "HD": ENOUGH["HD"]}).complete
    assert list(found(together(folder, {"HN": ENOUGH["HN"]}), "G103")) == ["HD"]


def test_a_unit_whose_file_was_left_out_is_told_there_and_not_again(folder: Path) -> None:
    template = round_library(folder).load("plan")
    standard = Standard(load_round(folder), policies_beside(folder))
    twice = [report(template, "SZ", {"1.1@amount": text}, file=f"{text}.xlsx") for text in ("1", "2")]
    totals = consolidate(twice, standard)
    assert {one.unit for one in totals.missing} == {"JT", "HN", "GZ", "HD"}
    assert [one.codes for one in totals.files_left_out] == [("G101",), ("G101",)]


def test_without_a_round_nobody_is_missed_and_no_tree_is_known(folder: Path) -> None:
    template = round_library(folder).load("plan")
    totals = consolidate([report(template, "HN", {"1.1@amount": "500"})])
    assert totals.sound and not totals.findings and totals.total == 50000
    assert consolidate([report(template, "HN", {"1.1@amount": "500"})], Standard()) == totals


def test_another_version_than_the_rounds_is_told(folder: Path) -> None:
    older = folder / "templates" / "plan.toml"
    (folder / "templates" / "plan@1.toml").write_text(older.read_text(encoding="utf-8"), encoding="utf-8")
    first = round_library(folder).load("plan@1")
    older.write_text(older.read_text(encoding="utf-8").replace("version = 1", "version = 2"), encoding="utf-8")
    standard = Standard(load_round(folder), policies_beside(folder))
    totals = consolidate([report(first, "HN", {"1.1@amount": "1"})], standard)
    assert found(totals, "G105") == {"HN": "用的是 plan@1，本轮次为 plan@2；不同版本分别汇总，互不相加。"}
    assert "HN" not in found(totals, "G103") and "G105" in told(write_totals(totals), "未纳入与提示")


# ---- parents and the units below -----------------------------------------------------------------------------------

CITIES = {"SZ": {"1.1@amount": "30", "1.n01@amount": "1"}, "GZ": {"1.1@amount": "9.99", "1.n02@amount": "2"}}
HD = {"HD": {"1.1@amount": "10"}}


def test_parents_add_up_with_their_children_where_the_round_says_own(folder: Path) -> None:
    totals = together(folder, {"JT": {"1.1@amount": "1"}, "HN": {"1.1@amount": "2"}, **CITIES, **HD})
    assert totals.total == 5599 and totals.sound and not totals.compared


def test_a_parent_that_is_the_sum_of_its_children_is_compared_and_never_added(folder: Path) -> None:
    own = {"HN": {"1.1@amount": "39.99", "1.n01@amount": "3"}, "JT": {"1.1@amount": "49.99", "1.n02@amount": "3"}}
    totals = together(summed(folder), {**own, **CITIES, **HD})
    assert totals.total == 5299 and totals.sound and not totals.findings
    assert [one.unit for one in totals.compared] == ["HN", "JT"] or [one.unit for one in totals.compared] == [
        "JT",
        "HN",
    ]
    assert all("与下级合计一致" in one.why("zh") for one in totals.compared)
    assert [unit.unit for unit in totals.blocks[0].units] == ["GZ", "HD", "SZ"]
    assert "只与下级核对、不计入的上级文件" in told(write_totals(totals), "未纳入与提示")


def test_a_parent_that_differs_by_a_fen_is_told_with_both_numbers(folder: Path) -> None:
    own = {"HN": {"1.1@amount": "40.00", "1.n01@amount": "3"}, "JT": {"1.1@amount": "52.99"}}
    totals = together(summed(folder), {**own, **CITIES, **HD})
    said = found(totals, "G104")
    assert "总额 43.00 元，下级合计 42.99 元，相差 0.01 元" in said["HN"]
    assert "1.1 活动 本级 40.00、下级 39.99" in said["HN"]
    assert "同为 52.99 元，但有 2 个项目不同" in said["JT"], "the lines differ, though the total does not"
    assert totals.total == 5299 and totals.complete and not totals.sound
    assert "相差 0.01 元" in told(write_totals(totals), "未纳入与提示")


def test_a_parent_whose_children_are_missing_is_compared_with_a_caution(folder: Path) -> None:
    totals = together(summed(folder), {"HN": {"1.1@amount": "40"}, "JT": {}, "SZ": CITIES["SZ"], **HD})
    (told_of,) = (one for one in totals.findings if one.finding.code == "G104" and one.unit == "HN")
    assert told_of.finding.severity is Severity.WARNING
    assert "下级有 1 个单位未纳入（GZ）" in found(totals, "G104")["HN"]
    assert totals.total == 4100


def test_a_missing_parent_is_told_not_to_change_the_total(folder: Path) -> None:
    totals = together(summed(folder), {**CITIES, **HD})
    assert set(found(totals, "G103")) == {"JT", "HN"} and "合计按下级计" in found(totals, "G103")["HN"]
    assert totals.total == 5299


# ---- rules over a subtree ------------------------------------------------------------------------------------------


def test_at_the_cap_a_subtree_passes_and_a_fen_over_it_fails_by_a_fen(folder: Path) -> None:
    at = {"JT": {}, "HN": {"1.1@amount": "40"}, "SZ": {"1.1@amount": "30"}, "GZ": {"1.1@amount": "30"}, **HD}
    assert not found(together(folder, at), "P901")
    over = together(folder, {**at, "GZ": {"1.1@amount": "30.01"}})
    said = "合并费用 100.01 元，超过上限 100.00 元（100,000.00 元 × 1‰），超出 0.01 元。"
    assert found(over, "P901") == {"HN": f"{said}（与下级合并计算，共 3 份。）"}
    assert over.complete and not over.sound and "P901 合并费用 100.01 元" in told(write_totals(over), "未纳入与提示")
    (one,) = (one for one in json.loads(totals_json(over, "en"))["findings"] if one["code"] == "P901")
    assert (one["found"], one["expected"], one["name"]) == ("100.01", "100.00", "over-cap-together")
    assert "by 0.01 yuan. (Together with the units below, workbooks: 3.)" in one["message"]


def test_a_subtree_sums_what_each_unit_rounded_and_computes_the_rest_anew(folder: Path) -> None:
    # a third of 0.05 is 0.02, three times 0.06; of the sum, 0.15, it would be 0.05
    sent = {unit: {"S.1@whole": "0.05", "1.1@amount": "30"} for unit in ("HN", "SZ", "GZ")}
    totals = together(folder, {"JT": {}, **sent, **HD})
    assert found(totals, "P902") == {"HN": "合并余额 9.94 元。（与下级合并计算，共 3 份。）"}


def test_a_subtree_says_who_is_not_in_it(folder: Path) -> None:
    totals = together(folder, {"SZ": {"1.1@amount": "101"}, **HD})
    assert found(totals, "P901")["HN"].endswith("（与下级合并计算，共 1 份；未纳入：HN、GZ。）")


def test_a_subtree_of_compared_parents_counts_the_units_below_once(folder: Path) -> None:
    sent = {"HN": {"1.1@amount": "60"}, "SZ": {"1.1@amount": "30"}, "GZ": {"1.1@amount": "30"}}
    assert not found(together(summed(folder), {**sent, **HD}), "P901")


def test_a_unit_without_units_below_is_asked_too(folder: Path) -> None:
    totals = together(folder, {**ENOUGH, "HD": {"1.1@amount": "100.01"}})
    assert list(found(totals, "P901")) == ["HD"] and "与下级合并" not in found(totals, "P901")["HD"]


def test_limits_of_a_subtree_go_by_the_type_of_the_topmost_unit(folder: Path) -> None:
    (folder / "round.toml").write_text(ROUND + '[limits.P901."区域"]\nrate = "0.4‰"\n', encoding="utf-8")
    assert "超过上限 40.00 元" in found(together(folder, ENOUGH), "P901")["HN"]


def test_a_waiver_for_a_subtree_turns_its_finding_into_a_disclosed_one(folder: Path) -> None:
    waiver = '[[waiver]]\nrule = "P901"\nunit = "HD"\napprover = "总裁"\nreason = "新盘"\nuntil = 2026-12-31\n'
    (folder / "waivers.toml").write_text(waiver, encoding="utf-8")
    sent = {**ENOUGH, "SZ": {}, "GZ": {}, "HD": {"1.1@amount": "100.01"}}
    totals = together(folder, sent)
    (one,) = (one for one in totals.findings if one.finding.code == "P901")
    assert one.finding.severity is Severity.WARNING and totals.sound
    assert "已特批（总裁，新盘" in found(totals, "P901")["HD"]
    assert "I113" in {one.finding.code for one in together(folder, sent, today="2027-01-01").findings}


# ---- on the command line -------------------------------------------------------------------------------------------


@pytest.fixture
def returned(folder: Path, tmp_path: Path) -> Path:
    """Workbooks of three of the five units, one over a rule of its own that was waived."""
    own = POLICY.replace('scope = "subtree"\n', "", 1)
    (folder / "policies" / "house.toml").write_text(own, encoding="utf-8")
    (folder / "round.toml").write_text(ROUND + 'key_file = "key"\n', encoding="utf-8")
    (folder / "key").write_bytes(b"0123456789abcdef0123456789abcdef")
    waiver = '[[waiver]]\nrule = "P901"\nunit = "HD"\napprover = "总裁"\nreason = "新盘"\nuntil = 2099-12-31\n'
    (folder / "waivers.toml").write_text(waiver, encoding="utf-8")
    into = tmp_path / "returned"
    into.mkdir()
    for unit, amount in {"JT": "0", "HN": "50", "HD": "120"}.items():
        data = tmp_path / "data.json"
        data.write_text(json.dumps({"1.1@amount": amount}), encoding="utf-8")
        run("generate", "plan", "--round", folder, "--unit", unit, "--data", data, "-o", into / f"{unit}.xlsx")
    return into


def test_consolidating_in_a_round_tells_who_is_missing(folder: Path, returned: Path) -> None:
    result = run("consolidate", returned, "--round", folder, code=1)
    assert "未交 2 份" in result.output and "深圳（SZ）" in result.output and "G103 未交" in result.output
    document = json.loads(run("consolidate", returned, "--round", folder, "--format", "json", code=1).stdout)
    assert [one["unit"] for one in document["left_out"]] == ["GZ", "SZ"] and document["total"] == "170.00"
    english = run("--lang", "en", "consolidate", returned, "--round", folder, code=1).output
    assert "Not submitted: 2" in english and "G103 Not submitted" in english


def test_a_subtree_rule_is_told_in_the_summary(folder: Path, returned: Path) -> None:
    result = run("consolidate", returned, "--round", folder, code=1)
    assert "汇总发现的问题 1 个" in result.output and "P902 合并余额 -20.00 元" in result.output


def test_a_waived_rule_shows_beside_its_unit_in_the_group_workbook(folder: Path, returned: Path) -> None:
    path = returned.parent / "group.xlsx"
    run("consolidate", returned, "--round", folder, "-o", path, code=1)
    book: Any = openpyxl.load_workbook(path)
    rows = {row[1]: row for row in book["汇总"].iter_rows(min_row=7, max_row=9, values_only=True)}
    header = [cell.value for cell in book["汇总"][6]]
    assert rows["华东区域（HD）"][header.index("提示数")] == 1 and rows["华南区域（HN）"][header.index("提示数")] == 0
    text = told(path.read_bytes(), "未纳入与提示")
    assert text.index("已纳入但有提示的单位") < text.index("P901")
    assert "华东区域（HD） plan@1 P901" in text and "已特批（总裁，新盘" in text
    document = json.loads(run("consolidate", returned, "--round", folder, "--format", "json", code=1).stdout)
    assert [(one["unit"], one["code"]) for one in document["warnings"]] == [("HD", "P901")]
