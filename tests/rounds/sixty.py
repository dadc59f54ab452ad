"""``python -m tests.rounds.sixty [DIR]``: a budget round of sixty units in three levels, end to end through the CLI.

Workbooks go out, several hands fill them and make the mistakes that people make, reviewers send back, adjust and
approve, and the group adds up. What everything must come to is known beforehand from ``figures`` and added up here in
plain integers; expected and actual are printed side by side. Exit code 1 where anything differs by a fen.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from openpyxl import Workbook, load_workbook

from crmxl.cli import main as crmxl
from tests.office.driver import Office
from tests.rounds import figures
from tests.rounds.expected import APPROVED, BLOCKED, MISSING, RECEIVED, RETURNED, Expected, Slot, id_of
from tests.rounds.figures import CITY, PLAN, REGION, REGIONAL, SAMPLES, YEAR, Budget, fen, yuan
from tests.rounds.hands import (
    another_unit,
    by_office,
    by_openpyxl,
    cut_off,
    entries,
    foreign,
    gbk_zip,
    text_at,
)
from tests.rounds.story import Story

ROUND, DEADLINE = "2026一上", "2025-11-30"
ROLES = {REGION: ("customer-relations", "finance", "cost"), CITY: ("customer-relations",)}
_ASKING = f"""
[[issue]]
template = "{REGIONAL}"
unit_types = ["{REGION}"]
name = "客户关系"

[[issue]]
template = "{PLAN}"
unit_types = ["{REGION}", "{CITY}"]
name = "营销策划"

[[review]]
roles = ["customer-relations", "finance", "cost"]
unit_types = ["{REGION}"]

[[review]]
roles = ["customer-relations"]
unit_types = ["{CITY}"]
"""
_WAIVER = """
[[waiver]]
rule = "P301"
unit = "HB"
approver = "集团客户关系部 王主任"
reason = "交付高峰，集团办公会同意"
until = 2099-12-31
"""
_BY_HAND = {("HN", REGIONAL), ("HD", REGIONAL), ("HN01", PLAN), ("XN01", PLAN), ("XB01", PLAN)}
"""Filled in LibreOffice, besides some with mistakes."""


class Sixty:
    """The round and what is known of it: whose budget stands where, and what counts."""

    def __init__(self, folder: Path, office: Office, tell: Any = print) -> None:
        self.home, self.round = folder, folder / ROUND
        self.office = office
        self.story = Story(folder, tell)
        self.must = Expected(self.story, self.round)
        self.units, self.meant = self.must.units, self.must.meant
        self.late: set[Slot] = set()
        self.before: dict[str, Budget] = {}
        """What regions sent whose figures a reviewer changed."""
        self.provisional: tuple[Path, Mapping[str, Any]] = (folder, {})
        self.made = 0

    # -- where everything is -----------------------------------------------------------------------------------------

    def issued(self, slot: Slot, number: int = 1) -> Path:
        """The workbook that went out."""
        name = {REGIONAL: "客户关系", PLAN: "营销策划"}[slot[1]]
        return self.round / "issued" / f"{YEAR}预算_{name}_{self.units[slot[0]].name}_V{number}.xlsx"

    def inbox(self, name: str) -> Path:
        """A folder of files that came in."""
        folder = self.home / "收件" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def fill(self, slot: Slot, to: Path, budget: Budget | None = None, number: int = 1) -> Path:
        """A workbook well filled, by one hand or another."""
        budget = budget or self.meant[slot]
        self.made += 1
        if slot in _BY_HAND:
            return by_office(self.office, self.issued(slot, number), budget, to)
        if self.made % 3 == 0:
            return by_openpyxl(self.issued(slot, number), budget, to)
        return self.by_crmxl(slot, to, budget)

    def by_crmxl(self, slot: Slot, to: Path, budget: Budget) -> Path:
        """Filled by our own writer."""
        given = entries(budget, self.home / "填报" / f"{slot[0]}-{slot[1]}.json")
        to.parent.mkdir(parents=True, exist_ok=True)
        words = ("generate", slot[1], "--round", self.round, "--unit", slot[0], "--data", given, "-o", to)
        made = CliRunner().invoke(crmxl, [str(word) for word in words])
        if made.exit_code:
            raise RuntimeError(f"{slot}: {made.output}")
        return to

    def collect(self, *arguments: object, expected: Mapping[str, str], code: int = 1) -> Any:
        """Take in files, and hold the answers by file name against ``expected``."""
        document = self.story.json("collect", *arguments, "--round", self.round, "--by", "收件员", code=code)
        found = {Path(one["file"]).name: one["answer"] for one in document.get("receipts", ())}
        self.story.check("各文件的答复", found, dict(expected))
        return document

    # -- the story ---------------------------------------------------------------------------------------------------

    def tell(self) -> int:
        """All chapters; the exit code."""
        self.begin()
        self.distribute()
        self.first_wave()
        self.second_wave()
        self.review()
        self.after_approval()
        self.add_up()
        self.look_back()
        return self.story.end()

    def begin(self) -> None:
        """A new round from an .xlsx list of units."""
        self.story.chapter("一、新建轮次：60 个单位，三级；单位表是 .xlsx")
        rows = figures.units_rows(list(self.units.values()))
        settings: tuple[object, ...] = (
            "--figures",
            SAMPLES / "sixty" / "figures.csv",
            "--year",
            YEAR,
            "--stage",
            "一上",
        )
        settings += ("--template", REGIONAL, "--template", PLAN, "--deadline", DEADLINE)
        twice = _list(self.home / "单位-重复.xlsx", [*rows, rows[7]])
        refused = self.story.run("init", "废弃", "--units", twice, *settings, code=2)
        self.story.says("编码重复：指出单元格", refused, "A62", rows[7][0])
        self.story.check("有错时什么也没有写", (self.home / "废弃").exists(), False)
        wan = [(*row[:5], str(int(row[5]) / 10_000), *row[6:]) if row[0] == "HD" else row for row in rows]
        odd = self.story.run("init", "万元", "--units", _list(self.home / "单位-万元.xlsx", wan), *settings)
        self.story.says("与上年差一万倍：提醒并指出单元格", odd, "F9")
        self.story.run("init", ROUND, "--units", _list(self.home / "单位.xlsx", rows), *settings)
        there = {path.name for path in self.round.iterdir()}
        self.story.check("轮次文件夹", there, {"round.toml", "units.csv", "figures.csv", "key", "ledger.db"})
        self.story.check("密钥只有本人可读", oct((self.round / "key").stat().st_mode & 0o777), "0o600")
        text = (self.round / "round.toml").read_text(encoding="utf-8")
        text = re.sub(r"(?m)^templates = .*\n", "", text)
        (self.round / "round.toml").write_text(text + _ASKING, encoding="utf-8")

    def distribute(self) -> None:
        """Everybody gets their own workbook."""
        self.story.chapter("二、下发：每个单位、每个模板一份")
        made = self.story.json("distribute", "--round", self.round, "--zip", "--by", "王主任")
        self.story.check(
            "下发的单位和模板", {(one["unit"], id_of(one["template"])) for one in made}, set(self.must.state)
        )
        with (self.round / "issued" / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            listed = {row["文件"]: row["SHA-256"] for row in csv.DictReader(file)}
        files = {path.name: _digest(path) for path in (self.round / "issued").glob("*.xlsx")}
        self.story.check("清单与文件一致", listed, files)
        stamps = {slot: _stamp(self.issued(slot)) for slot in self.must.state}
        self.story.check(
            "每份的标识", {slot: (one["unit"], one["template"]) for slot, one in stamps.items()}, {s: s for s in stamps}
        )
        signed = {one["signature"] for one in stamps.values()}
        self.story.check("各有自己的签名", (len(signed), "" in signed), (len(stamps), False))
        packed = zipfile.ZipFile(self.round / "issued" / "zip" / f"{YEAR}预算_华南区域.zip").namelist()
        self.story.check("华南的压缩包：区域 2 份、城市 5 份", sum(name.endswith(".xlsx") for name in packed), 7)
        again = self.story.json("distribute", "--round", self.round, "--by", "王主任")
        self.story.check("再运行一次：没有新的", [one["unit"] for one in again if one["new"]], [])
        now = {path.name: _digest(path) for path in (self.round / "issued").glob("*.xlsx")}
        self.story.check("再运行一次：逐字节相同", now, files)
        self.must.status("下发后")

    def first_wave(self) -> None:
        """What comes in first, with mistakes of every kind."""
        self.story.chapter("三、第一次收件：LibreOffice、openpyxl、本程序填的都有，各种错误都有")
        box, answers = self.inbox("1"), dict[str, str]()
        not_sent = {
            ("XB", REGIONAL),
            ("YG", PLAN),
            *((code, PLAN) for code in ("DB05", "XN04", "XN05", "XB05")),
        }
        wrong = self._mistakes(box)
        packed: dict[str, Path] = {}
        for slot in self.must.state:
            if slot in not_sent or slot in wrong:
                continue
            name = f"{self.units[slot[0]].name}-{slot[1]}.xlsx"
            if slot[0] in ("HD04", "HD05", "HB01", "HB02", "HB03"):
                packed[f"华东华北/{name}"] = self.fill(slot, self.home / "填报" / name)
            else:
                self.fill(slot, box / name)
            answers[name] = "accepted"
            self.must.stand(RECEIVED, slot)
        gbk_zip(packed, box / "华东华北.zip")
        shutil.copy(box / f"南京公司-{PLAN}.xlsx", box / f"南京公司-{PLAN} (1).xlsx")
        answers |= {f"南京公司-{PLAN} (1).xlsx": "accepted", f"南京公司-{PLAN}.xlsx": "same"}  # in order of their names
        for slot, (found, names) in wrong.items():
            answers |= dict.fromkeys(names, found)
            state = {"accepted": RECEIVED, "returned": RETURNED, "blocked": BLOCKED}.get(found, MISSING)
            if state != MISSING:
                self.must.stand(state, slot)
        document = self.collect(box, "--annotate", self.home / "退回" / "1", expected=answers)
        twice = {one["receipt"] for one in document["receipts"] if "南京公司" in one["file"]}
        self.story.check("一次交来两份相同的：一个版次、一个回执", len(twice), 1)
        self._check_codes(document)
        for code in ("XN04", "XN05", "XB05", "YG"):
            words = ("--template", PLAN) if code == "YG" else ()
            self.story.run("nil", code, "--reason", "本年无此项预算", *words, "--round", self.round, "--by", "收件员")
            self.must.counts[code, PLAN] = None
            self.must.stand(RECEIVED, (code, PLAN))
        again = self.story.json("collect", box / f"广州公司-{PLAN}.xlsx", "--round", self.round)["receipts"][0]
        first = next(one for one in document["receipts"] if Path(one["file"]).name == f"广州公司-{PLAN}.xlsx")
        self.story.check("同一份再收一次：回执不变", (again["answer"], again["receipt"]), ("same", first["receipt"]))
        self.must.status("第一次收件后")
        provisional = self.story.json("consolidate", "--include", "received", "--round", self.round, code=1)
        self.story.check("暂计", provisional.get("provisional"), True)
        self.must.totals("暂计", provisional, RECEIVED)

    def _mistakes(self, box: Path) -> dict[Slot, tuple[str, tuple[str, ...]]]:
        """Make the files with mistakes: their answers and names by slot."""
        found: dict[Slot, tuple[str, tuple[str, ...]]] = {}

        def typed(code: str, answer: str, also: Mapping[str, Any], change: Budget | None = None) -> None:
            slot = code, PLAN
            name = f"{self.units[code].name}-{PLAN}.xlsx"
            by_openpyxl(self.issued(slot), change or self.meant[slot], box / name, also)
            found[slot] = answer, (name,)

        line = f"{figures.PLAN_LINES[1]}@amount"
        of = {code: self.meant[code, PLAN] for code in self.units if (code, PLAN) in self.meant}
        text = of["HN02"].having(L1_1_2=1_234_560)
        self.must.counts["HN02", PLAN] = text
        typed("HN02", "accepted", {line: "12,345.60元", "1.1.2@basis": "8 人"}, text)
        typed("HN03", "returned", {line: "1.5万", "1.1.2@basis": "8 人"})
        typed("HN04", "returned", {"1.1@amount": 26000})
        typed("HN05", "returned", {line: 800, "1.1.2@basis": None})
        typed("DB02", "returned", {line: "约300", "1.1.2@basis": "8 人"})
        typed("JJ05", "returned", {line: -500, "1.1.2@basis": "冲减"})
        slot, name = ("HD01", PLAN), f"上海公司-{PLAN}.xlsx"
        by_office(self.office, self.issued(slot), of["HD01"], box / name, without="1.2.2")
        found[slot] = "returned", (name,)
        two = f"杭州公司-{PLAN}.xlsx", f"杭州公司-{PLAN} 改.xlsx"
        by_openpyxl(self.issued(("HD02", PLAN)), of["HD02"].having(L1_1_1=100), box / two[0], {"1.1.1@basis": "1 份"})
        by_openpyxl(self.issued(("HD02", PLAN)), of["HD02"], box / two[1])
        found["HD02", PLAN] = "blocked", two
        slot, name = ("HZ01", PLAN), f"武汉公司-{PLAN}.xlsx"
        filled = self.by_crmxl(slot, self.home / "填报" / name, of["HZ01"])
        another_unit(filled, "HZ03", box / name)
        found[slot] = "altered", (name,)
        found["HZ02", PLAN] = "", ()
        found["HZ04", PLAN] = "other-round", (self._other_round(box).name,)
        found["HZ05", PLAN] = "foreign", (foreign(box / "合肥公司自制.xlsx", of["HZ05"].lines).name,)
        filled = by_openpyxl(self.issued(("XN02", PLAN)), of["XN02"], self.home / "填报" / "成都公司.xlsx")
        locked = by_office(self.office, self.issued(("XN03", PLAN)), of["XN03"], box / "绵阳公司.xlsx", password="123")
        found["XN02", PLAN] = "unreadable", (cut_off(filled, box / "成都公司.xlsx").name,)
        found["XN03", PLAN] = "unreadable", (locked.name,)
        shutil.copy(self.issued(("YG04", PLAN)), box / "遵义公司-原样.xlsx")
        found["YG04", PLAN] = "returned", ("遵义公司-原样.xlsx",)
        name = f"华北区域-{REGIONAL}.xlsx"
        self.fill(("HB", REGIONAL), box / name)
        found["HB", REGIONAL] = "returned", (name,)
        return found

    def _other_round(self, box: Path) -> Path:
        """A workbook of last year's round, filled."""
        listed = _list(
            self.home / "去年单位.xlsx", figures.units_rows([self.units[code] for code in ("G", "HZ", "HZ04")])
        )
        given = ("--template", PLAN, "--template", REGIONAL, "--year", YEAR - 1, "--name", "去年预算")
        self.story.run("init", "去年", "--units", listed, *given)
        self.story.run("distribute", "--round", "去年", "--only", "HZ04")
        (there,) = (self.home / "去年" / "issued").glob("*营销策划*_V1.xlsx")
        return by_openpyxl(there, self.meant["HZ04", PLAN], box / "南昌公司-去年的.xlsx")

    def _check_codes(self, document: Mapping[str, Any]) -> None:
        """Each mistake is found for what it is, in the cell where it is."""
        must = {
            ("HN02", PLAN): {"E101"},
            ("HN03", PLAN): {"E102"},
            ("HN04", PLAN): {"S110"},
            ("HN05", PLAN): {"E103"},
            ("HD01", PLAN): {"S105"},
            ("DB02", PLAN): {"E102"},
            ("JJ05", PLAN): {"E104"},
            ("YG04", PLAN): {"E115"},
            ("HB", REGIONAL): {"P301"},
        }
        found = {}
        for one in document.get("receipts", ()):
            slot = one["unit"], id_of(one["template"])
            if slot in must and one["answer"] in ("accepted", "returned"):
                loud = {each["code"] for each in one["findings"] if each["severity"] != "info"}
                found[slot] = (
                    loud
                    if must[slot] == {"E101"}
                    else {each["code"] for each in one["findings"] if each["severity"] == "error"}
                )
        self.story.check("每个错误各有其名", found, must)
        marked = sorted(path.name for path in (self.home / "退回" / "1").glob("*.xlsx"))
        faulty = sum(1 for one in document.get("receipts", ()) if one["answer"] == "returned")
        self.story.check("退回的标注副本不少于退回的份数", len(marked) >= faulty, True)

    def second_wave(self) -> None:
        """Corrections, a waiver, new targets, and further mistakes."""
        self.story.chapter("四、改正、特批、改目标、第二次收件")
        here = ("--round", self.round, "--by", "王主任")
        self.story.run("choose", "HD02", f"杭州公司-{PLAN} 改.xlsx", "--reason", "电话确认", *here)
        self.must.stand(RECEIVED, ("HD02", PLAN))
        (self.round / "waivers.toml").write_text(_WAIVER, encoding="utf-8")
        judged = self.story.json("recheck", *here)["rechecked"]
        self.story.check(
            "特批后只重新校验华北", [(one["unit"], one["before"]) for one in judged][:1], [("HB", "errors")]
        )
        self.story.check(
            "特批后没有错误",
            {one["unit"]: one["now"] == "errors" for one in judged if one["unit"] == "HB"},
            {"HB": False},
        )
        self.must.stand(RECEIVED, ("HB", REGIONAL))
        old = self.fill(("XB", REGIONAL), self.inbox("2") / "西北区域-旧版.xlsx")
        self._retarget(XB=95, DB=110)
        made = self.story.json("distribute", "--changed", *here)
        found = {(one["unit"], id_of(one["template"])): (one["number"], one["changed"]) for one in made}
        must = (2, ["parameters.sales_target"])
        self.story.check("只有目标变了的两个区域出 V2", found, {("XB", REGIONAL): must, ("DB", REGIONAL): must})
        board = self.story.json("status", "--round", self.round, "--only", "DB")
        stale = {one["unit"] for one in board["units"] if one["records_changed"]}
        self.story.check("已交的东北：记录已变，须重新校验", "DB" in stale, True)
        judged = self.story.json("recheck", *here)["rechecked"]
        self.story.check("重新校验后东北仍无错误", {one["now"] != "errors" for one in judged}, {True})
        box, answers = self.inbox("2"), {old.name: "old-version"}
        own = ("HN03", "HN04", "HN05", "HD01", "HZ01", "HZ02", "HZ04", "HZ05", "XN02", "XN03", "XB05", "DB02")
        for slot in ((code, PLAN) for code in own):
            name = f"{self.units[slot[0]].name}-{slot[1]}.xlsx"
            self.must.counts[slot] = self.meant[slot]
            self.fill(slot, box / name)
            answers[name] = "accepted"
            self.must.stand(RECEIVED, slot)
        for slot in (("XB", REGIONAL), ("DB", REGIONAL)):
            name = f"{self.units[slot[0]].name}-{slot[1]}-V2.xlsx"
            by_openpyxl(self.issued(slot, 2), self.meant[slot], box / name)
            answers[name] = "accepted"
            self.must.stand(RECEIVED, slot)
        copies = list((self.home / "退回" / "1").glob("*大连公司*"))
        if copies:
            by_openpyxl(copies[0], self.meant["DB02", PLAN], box / "大连公司-退回件.xlsx")
            answers["大连公司-退回件.xlsx"] = "copy"
        self.story.check("大连有标注副本", len(copies), 1)
        self.collect(box, expected=answers)
        wrong = by_openpyxl(self.issued(("HZ03", PLAN)), self.meant["HZ02", PLAN], self.inbox("2b") / "长沙交来的.xlsx")
        self.collect(wrong, "--from", "HZ02", expected={wrong.name: "other-unit"})
        board = self.must.status("第二次收件后")
        number = {(one["unit"], id_of(one["template"])): one["version"] for one in board.get("units", ())}
        versions = {("HN03", PLAN): 2, ("DB", REGIONAL): 2, ("XB", REGIONAL): 1, ("XB05", PLAN): 2}
        self.story.check("版次", {slot: number.get(slot) for slot in versions}, versions)
        provisional = self.story.json("consolidate", "--include", "received", "--round", self.round, code=1)
        self.must.totals("第二次收件后暂计", provisional, RECEIVED)
        self.provisional = _kept(provisional, self.home / "暂计.json")

    def _retarget(self, **percent: int) -> None:
        """The group changes sales targets in units.csv."""
        path = self.round / "units.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        at = rows[0].index("销售考核任务(万元)")
        for row in rows:
            if row[0] in percent:
                row[at] = str(int(row[at]) * percent[row[0]] // 100)
        path.write_bytes(figures.csv_text(rows))

    def review(self) -> None:
        """Role by role, with returns, comments and adjustments."""
        self.story.chapter("五、审核：退回、按键批注、调整、按角色通过")
        here = ("--round", self.round)
        refused = self.story.run("review", "approve", "HN", "--template", REGIONAL, "--role", "finance", *here, code=1)
        self.story.says("没轮到的角色：拒绝并说明", refused, "customer-relations")
        self.story.run("review", "approve", "DB05", *here, code=1)
        self.story.run("review", "approve", "JJ05", *here, code=1)
        words = ("--comment", "请核对口径", "--comment", "1.1.1@amount=单价高于框架合同")
        self.story.run(
            "review", "return", "DB01", *words, "--annotate", self.home / "退回" / "审核", *here, "--by", "张工"
        )
        self.must.stand(RETURNED, ("DB01", PLAN))
        copies = list((self.home / "退回" / "审核").glob("*.xlsx"))
        self.story.check("带批注的副本里有审核意见", [_has(path, "单价高于框架合同") for path in copies], [True])
        regions = [code for code, unit in self.units.items() if unit.type == REGION]
        kept_back = {"DB01", "DB05", "JJ05", "MG05", "YG04"}
        cities = [code for code, unit in self.units.items() if unit.type == CITY and code not in kept_back]
        self.story.run("review", "approve", *cities, *here, "--by", "李经理")
        self.must.stand(APPROVED, *((code, PLAN) for code in cities))
        for role in ROLES[REGION]:
            self.story.run("review", "approve", *regions, "--template", PLAN, "--role", role, *here, "--by", role)
        self.must.stand(APPROVED, *((code, PLAN) for code in regions))
        first, second, third = ROLES[REGION]
        self.story.run("review", "approve", *regions, "--template", REGIONAL, "--role", first, *here, "--by", first)
        comment = "2.1.1@amount=与上年合同不符"
        self.story.run("review", "return", "MG", "--template", REGIONAL, "--role", second, "--comment", comment, *here)
        self.must.stand(RETURNED, ("MG", REGIONAL))
        on = [code for code in regions if code not in ("MG", "JJ")]
        self.story.run("review", "approve", *on, "--template", REGIONAL, "--role", second, *here, "--by", second)
        self._adjust(third)
        plain = [code for code in on if code not in ("HN", "YG")]
        self.story.run("review", "approve", *plain, "--template", REGIONAL, "--role", third, *here, "--by", third)
        self.must.stand(APPROVED, *((code, REGIONAL) for code in plain))
        self.must.status("第一轮审核后")
        box = self.inbox("3")
        self.must.counts["DB01", PLAN] = self.meant["DB01", PLAN].having(L1_1_1=88_888, L2_1_1=1_000_001)
        texts = {"1.1.1@basis": "按框架合同", "2.1.1@basis": "3 家比价"}
        by_openpyxl(self.issued(("DB01", PLAN)), self.must.budget("DB01", PLAN), box / "沈阳公司.xlsx", texts)
        self.must.counts["MG", REGIONAL] = self.meant["MG", REGIONAL].having(L2_1_1=1_234_567)
        by_openpyxl(self.issued(("MG", REGIONAL)), self.must.budget("MG", REGIONAL), box / "闽赣区域.xlsx")
        self.collect(box, expected={"沈阳公司.xlsx": "accepted", "闽赣区域.xlsx": "accepted"}, code=0)
        self.story.run("review", "approve", "DB01", *here)
        for role in ROLES[REGION]:
            self.story.run("review", "approve", "MG", "--template", REGIONAL, "--role", role, *here)
        self.must.stand(APPROVED, ("DB01", PLAN), ("MG", REGIONAL))

    def _adjust(self, role: str) -> None:
        """核定: a reviewer changes amounts of two regions, and tries what no rule allows."""
        here = ("--template", REGIONAL, "--role", role, "--round", self.round, "--by", role)
        much = self.home / "调整-过大.csv"
        much.write_bytes(figures.csv_text([("键", "调整", "理由"), ("1.1.2@amount", "900000000", "试试")]))
        refused = self.story.run("review", "approve", "HN", "--adjust", much, *here, code=2)
        self.story.says("调整后超上限：拒绝", refused, "P301")
        rows = [("预算单位", "键", "调整(元)", "理由")]
        rows += [("HN", "1.1.2@amount.06", "-1000.01", "场次核减"), ("HN", "2.1.2@amount.09", "300.03", "口径并入")]
        rows += [("YG", "1.2.1@amount.03", "-500.00", "样本量核减")]
        table = self.home / "调整.csv"
        table.write_bytes(figures.csv_text(rows))
        self.story.run("review", "approve", "HN", "YG", "--adjust", table, *here)
        self.before = {code: self.must.budget(code, REGIONAL) for code in ("HN", "YG")}
        self.must.counts["HN", REGIONAL] = _plus(self.before["HN"], {"1.1.2": -100_001, "2.1.2": 30_003})
        self.must.counts["YG", REGIONAL] = _plus(self.before["YG"], {"1.2.1": -50_000})
        self.must.stand(APPROVED, ("HN", REGIONAL), ("YG", REGIONAL))

    def after_approval(self) -> None:
        """Files that come in too late, and units that are opened again."""
        self.story.chapter("六、通过以后：迟到的文件、重新打开")
        here = ("--round", self.round)
        box = self.inbox("4")
        newer = self.meant["JJ01", PLAN].having(L1_1_1=77_777)
        by_openpyxl(self.issued(("JJ01", PLAN)), newer, box / "北京公司-补.xlsx", {"1.1.1@basis": "补充"})
        other = self.meant["JJ02", PLAN].having(L1_1_1=99_999)
        by_openpyxl(self.issued(("JJ02", PLAN)), other, box / "天津公司-补.xlsx", {"1.1.1@basis": "补充"})
        self.collect(box, expected={"北京公司-补.xlsx": "late", "天津公司-补.xlsx": "late"})
        self.late = {("JJ02", PLAN)}
        self.must.status("迟到的文件没有替换什么")
        self.story.run("review", "reopen", "JJ01", "--reason", "集团同意补报", *here)
        self.story.run("choose", "JJ01", "2", "--reason", "集团同意补报", *here)
        self.story.run("review", "approve", "JJ01", *here)
        self.must.counts["JJ01", PLAN] = newer
        self.story.run("review", "reopen", "YG", "--template", REGIONAL, "--reason", "核减有误", *here)
        for role in ROLES[REGION]:
            self.story.run("review", "approve", "YG", "--template", REGIONAL, "--role", role, *here)
        self.must.counts["YG", REGIONAL] = self.before["YG"]
        board = self.must.status("结束时")
        lates = {(one["unit"], id_of(one["template"])) for one in board.get("units", ()) if one["late"]}
        self.story.check("留存未用的", lates, self.late)

    def add_up(self) -> None:
        """The group's totals, to the fen."""
        self.story.chapter("七、汇总：只计已通过的，与原始数独立相加的结果核对到分")
        here = ("--round", self.round)
        totals = self.story.json("consolidate", *here, "--by", "赵总", code=1)
        self.must.totals("汇总", totals, APPROVED)
        self._check_bridge(totals)
        out = {(one["unit"], id_of(one["template"])) for one in totals.get("left_out", ())}
        must = {slot for slot, state in self.must.state.items() if state != APPROVED} | self.late
        expected = {("DB05", PLAN), ("YG04", PLAN), ("JJ05", PLAN), ("MG05", PLAN), ("JJ", REGIONAL), ("JJ02", PLAN)}
        self.story.check("未纳入的单位", out, must)
        self.story.check("未纳入的正是这些", must, expected)
        nil = {one["unit"] for one in totals.get("nil", ())}
        self.story.check("零申报", nil, {"XN04", "XN05", "YG"})
        self.story.check("特批", {(one["unit"], one["code"]) for one in totals.get("waived", ())}, {("HB", "P301")})
        changes = {(one["unit"], one["key"], fen(one["change"])) for one in totals.get("adjustments", ())}
        kept = {
            *(("HN", f"1.1.2@amount{month}", -100_001) for month in ("", ".06")),  # a month's change is its year's too
            *(("HN", f"2.1.2@amount{month}", 30_003) for month in ("", ".09")),
        }
        self.story.check("调整", changes, kept)
        submitted = self.story.json("consolidate", "--figures", "submitted", *here, code=1)
        kept_now = dict(self.must.counts)
        self.must.counts["HN", REGIONAL] = self.before["HN"]
        self.must.totals("上报数", submitted, APPROVED)
        self.must.counts = kept_now
        for name in ("集团汇总.xlsx", "集团汇总-再.xlsx"):
            self.story.run("consolidate", "-o", self.home / name, *here, "--by", "赵总", code=1)
        one, other = (self.home / name for name in ("集团汇总.xlsx", "集团汇总-再.xlsx"))
        self.story.check("再汇总一次：逐字节相同", _digest(one), _digest(other))
        self._check_workbook(one)

    def _check_bridge(self, totals: Mapping[str, Any]) -> None:
        """From the provisional totals to the last ones, unit by unit."""
        before, after = (
            {one["template"]: fen(one["total"]) for one in found["totals"]} for found in (self.provisional[1], totals)
        )
        last = _kept(totals, self.home / "汇总.json")
        for each in self.story.json("diff", self.provisional[0], last[0])["differences"]:
            (bridge,) = each["unit_bridges"]
            due = after[each["template"]] - before[each["template"]]
            steps = sum(fen(step["change"]) for step in bridge["steps"])
            self.story.check(
                f"从暂计到汇总，{each['template']} 各单位变化之和", (steps, fen(bridge["change"])), (due, due)
            )

    def _check_workbook(self, path: Path) -> None:
        """What stands in the group's workbook, and what LibreOffice makes of its formulas."""
        trees = (self.must.subtrees(self.must.adding((APPROVED,), template), template) for template in (REGIONAL, PLAN))
        wanted = {sum for tree in trees for sum in tree.values()}
        with self.office.open(path) as book:
            book.recalc()
            shown, faults = set(), []
            for sheet in book.sheets():
                for cell in book.get(sheet.name).values():
                    if cell.error:
                        faults.append(f"{sheet.name}!{cell.address}")
                    elif isinstance(cell.value, float | int):
                        shown.add(round(cell.value * 100))
        self.story.check("LibreOffice 重算后没有错误值", faults, [])
        self.story.check("重算后集团和各级小计都在", wanted - shown, set())

    def look_back(self) -> None:
        """Trace, diff, ledger, chase list."""
        self.story.chapter("八、追溯、比较、台账、催报")
        here = ("--round", self.round)
        self._trace()
        differs = self.story.json("diff", "DB01:1", "DB01:2", *here)["differences"][0]
        first, last = self.meant["DB01", PLAN], self.must.budget("DB01", PLAN)
        changed = {f"{code}@amount" for code in {*first.lines, *last.lines} if first.line(code) != last.line(code)}
        found = {one["key"] for one in differs["cells"] if one["key"].endswith("@amount")}
        self.story.check("沈阳两版之间变了的金额", {key for key in found if key.count(".") == 2}, changed)
        bridge = differs["bridges"][0]
        steps = sum(fen(step["change"]) for step in bridge["steps"])
        change = sum(last.lines.values()) - sum(first.lines.values())
        self.story.check("逐项之和等于总变化", (steps, fen(bridge["change"])), (change, change))
        verified = self.story.run("ledger", "verify", *here)
        self.story.tell("  " + verified.out.strip().replace("\n", "\n  "))
        self.story.run("ledger", "backup", self.home / "备份" / "台账.db", *here)
        spare = self.home / "恢复"
        shutil.copytree(self.round, spare, ignore=shutil.ignore_patterns("ledger.db*", "issued"))
        shutil.copy(self.home / "备份" / "台账.db", spare / "ledger.db")
        self.story.run("ledger", "verify", "--round", spare)
        boards = [self.story.json("status", "--round", place) for place in (self.round, spare)]
        self.story.check("从备份恢复的与原来一样", boards[0]["units"] == boards[1]["units"], True)
        self.story.run("status", "--chase", self.home / "催报.csv", *here)
        with (self.home / "催报.csv").open(encoding="utf-8-sig", newline="") as file:
            chased = {row["编码"]: row["收件人"] for row in csv.DictReader(file)}
        self.story.check("催报", chased, {code: self.units[code].recipient for code in ("DB05", "YG04", "JJ05")})
        self.story.run("status", "-o", self.home / "进展.xlsx", *here)
        self.story.check("进展表是一份工作簿", len(load_workbook(self.home / "进展.xlsx").sheetnames) > 0, True)

    def _trace(self) -> None:
        """Group figures down to the cells of files, which do hold what it says."""
        here = ("--round", self.round)
        found = self.story.json("trace", "1.1.1@amount", "--template", PLAN, *here)["figures"][0]
        counted = {code: self.must.counts[code, PLAN] for code in self.must.adding((APPROVED,), PLAN)}
        amounts = {code: budget.line("1.1.1") if budget else 0 for code, budget in counted.items()}
        self.story.check("1.1.1 的合计展开到单位", {one["unit"]: fen(one["total"]) for one in found["units"]}, amounts)
        self.story.check("展开的各项之和等于合计（元）", found["total"], yuan(sum(amounts.values())))
        cells = [
            (one["file"], each["sheet"], each["cell"], each["amount"])
            for one in found["units"]
            for each in one["entries"]
            if Path(one["file"]).is_file() and each["amount"] != "0.00"
        ]
        wrong = [cell for cell in cells if text_at(Path(cell[0]), cell[1], cell[2]) != cell[3]]
        self.story.check(f"{len(cells)} 个来源单元格里确是那个数", wrong, [])
        (found,) = self.story.json("trace", "used@value", "--unit", "HN", *here)["figures"]
        parts = sum(fen(each["amount"]) for one in found["units"] for each in one["entries"])
        due = self.must.amount(("HN", REGIONAL))
        self.story.check("华南的总额由各单元格和调整加成", (parts, fen(found["total"])), (due, due))


def _plus(budget: Budget, changes: Mapping[str, int]) -> Budget:
    """With changes of lines for the year, in fen."""
    return budget.having(**{f"L{code.replace('.', '_')}": budget.line(code) + fen for code, fen in changes.items()})


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stamp(workbook: Path) -> dict[str, Any]:
    """What the hidden sheet says."""
    with zipfile.ZipFile(workbook) as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
    text = re.search(r'\{"[^<]*"crmxl":[^<]*\}', strings.replace("&quot;", '"'))
    found: dict[str, Any] = json.loads(text[0]) if text else {"unit": "", "template": "", "signature": ""}
    return found


def _kept(document: Mapping[str, Any], path: Path) -> tuple[Path, Mapping[str, Any]]:
    """A JSON document in a file."""
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path, document


def _has(workbook: Path, words: str) -> bool:
    return any(
        words in str(cell.value or "") or words in str(cell.comment.text if cell.comment else "")
        for sheet in load_workbook(workbook)
        for row in sheet.iter_rows()
        for cell in row
    )


def _list(path: Path, rows: Iterable[tuple[str, ...]]) -> Path:
    """A units file as people make it in a spreadsheet: numbers are numbers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(figures.HEADINGS)
    for row in rows:
        sheet.append([float(text) if at in (5, 6, 7) and text else text for at, text in enumerate(row)])
    book.save(path)
    return path


def main() -> int:
    """Tell the story in the folder given, or in one that is gone afterwards."""
    with Office() as office, tempfile.TemporaryDirectory() as spare:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        return Sixty(folder.resolve(), office).tell()


if __name__ == "__main__":
    sys.exit(main())
