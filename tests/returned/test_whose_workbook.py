"""Whose workbook it is: another unit's, another round's, an old version's, or nobody's; a message each."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.cli import main
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.model import Finding, Lang
from crmxl.receive.reading import read
from tests.gallery import package

ROUND = """
name = "2027年度营销预算"
year = 2027
stage = "一上"
templates = ["cosmetics-plan"]
key_file = "round.key"
"""
UNITS = "code,name,parent,type,recipient\nHN,华南区域,,区域,王敏\nHD,华东区域,,区域,李强\n"
DATA = {"1.1.1@amount": "1000.00", "1.1.1@basis": "问卷 500 份 × 2 元"}


@pytest.fixture(scope="module")
def round_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round of two units."""
    folder = tmp_path_factory.mktemp("round")
    (folder / "round.toml").write_text(ROUND, encoding="utf-8")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    (folder / "round.key").write_bytes(b"0123456789abcdef0123456789abcdef")
    return folder


@pytest.fixture(scope="module")
def issued(round_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """华南区域's filled workbook of the round."""
    folder = tmp_path_factory.mktemp("issued")
    (folder / "data.json").write_text(json.dumps(DATA), encoding="utf-8")
    arguments = ["generate", "cosmetics-plan", "--round", str(round_folder), "--unit", "HN"]
    arguments += ["--data", str(folder / "data.json"), "-o", str(folder / "HN.xlsx")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return (folder / "HN.xlsx").read_bytes()


def judged(data: bytes, folder: Path, tmp_path: Path, name: str = "华南.xlsx") -> Report:
    """What the round says of a workbook."""
    (tmp_path / name).write_bytes(data)
    policies = policies_beside(folder)
    submission = read(tmp_path / name, round_library(folder), policies)
    return check(submission, Standard(load_round(folder), policies, today="2026-11-20"))


def with_stamp(data: bytes, **fields: Any) -> bytes:
    parts = package.taken_apart(data)
    package.change_stamp(parts, fields, "both")
    return package.put_together(parts)


def changed(folder: Path, tmp_path: Path, name: str, old: str, new: str) -> Path:
    """Another round: the same files, one of them changed."""
    other = tmp_path / "other-round"
    other.mkdir()
    for one in folder.iterdir():
        (other / one.name).write_bytes(one.read_bytes())
    text = (other / name).read_text(encoding="utf-8")
    assert old in text
    (other / name).write_text(text.replace(old, new), encoding="utf-8")
    return other


def only(report: Report) -> Finding:
    (found,) = report.findings
    assert report.blocked
    return found


def message(report: Report, lang: Lang = "zh") -> str:
    return word(only(report), lang).message


def unmarked() -> bytes:
    saved = io.BytesIO()
    openpyxl.Workbook().save(saved)
    return saved.getvalue()


def test_the_rounds_own_workbook_is_welcome(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    assert judged(issued, round_folder, tmp_path).findings == ()


def test_the_name_of_the_file_says_nothing_of_the_unit(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    report = judged(issued, round_folder, tmp_path, "华东区域.xlsx")
    assert (report.unit, report.findings) == ("HN", ())


def test_a_workbook_that_is_not_crmxls_is_told(round_folder: Path, tmp_path: Path) -> None:
    report = judged(unmarked(), round_folder, tmp_path)
    assert only(report).code == "I101"
    assert message(report) == "工作簿里没有 crmxl 模板的标识，无法确认它是哪份模板。"
    assert message(report, "en") == "The workbook carries no crmxl stamp; it cannot be told which template it is."
    assert word(only(report), "zh").fix == "请在集团下发的模板文件中填写，不要把内容复制到新的工作簿。"


def test_a_version_that_the_group_does_not_have_is_told(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    report = judged(with_stamp(issued, version=9), round_folder, tmp_path)
    assert (only(report).code, only(report).found) == ("I102", "cosmetics-plan@9")
    assert message(report).startswith("工作簿由模板 cosmetics-plan@9 生成，集团现有的模板是：")
    assert "cosmetics-plan" in str(only(report).expected)
    assert "索取当前版本的模板重新填报" in word(only(report), "zh").fix


@pytest.mark.parametrize(
    ("old", "new", "what", "found", "expected"),
    [
        ("2027年度营销预算", "2027年度营销预算（调整）", "轮次", "2027年度营销预算", "2027年度营销预算（调整）"),
        ("一上", "二上", "阶段", "一上", "二上"),
        ("year = 2027", "year = 2028", "预算年度", "2027", "2028"),
    ],
    ids=["round", "stage", "year"],
)
def test_another_rounds_workbook_is_told_with_what_differs(
    old: str, new: str, what: str, found: str, expected: str, issued: bytes, round_folder: Path, tmp_path: Path
) -> None:
    report = judged(issued, changed(round_folder, tmp_path, "round.toml", old, new), tmp_path)
    one = only(report)
    assert (one.code, one.found, one.expected) == ("I111", found, expected)
    assert message(report) == f"工作簿的{what}是“{found}”，本轮次是“{expected}”。"
    migrate = "集团：下发后改过的，可用 crmxl migrate 把已填的数转到新表。"
    assert word(one, "zh").fix == f"请提交本轮次下发给本单位的工作簿。{migrate}"


def test_a_unit_that_the_round_does_not_have_is_told(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    report = judged(issued, changed(round_folder, tmp_path, "units.csv", "HN,", "HX,"), tmp_path)
    assert only(report).code == "I111"
    assert message(report) == "工作簿的预算单位是“HN”，本轮次是“HX、HD”。"


def test_a_stamp_that_names_another_unit_is_not_the_groups(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    report = judged(with_stamp(issued, unit="HD", unit_name="华东区域"), round_folder, tmp_path)
    assert [found.code for found in report.findings] == ["I112"]
    assert message(report) == "标识的签名与集团下发时不符，标识内容可能被改动。"
    assert word(only(report), "zh").fix == "请在集团下发的原文件中重新填报。"


def test_the_unit_changed_on_the_hidden_sheet_alone_is_told_with_both(
    issued: bytes, round_folder: Path, tmp_path: Path
) -> None:
    parts = package.taken_apart(issued)
    package.change_stamp(parts, {"unit": "HD"}, "sheet")
    report = judged(package.put_together(parts), round_folder, tmp_path)
    (found,) = (found for found in report.findings if found.code == "I105")
    message = word(found, "zh").message
    assert message == "工作簿标识的两份记录不一致：隐藏页写的预算单位是“HD”，文档属性写的是“HN”。"
    assert report.blocked


def test_four_kinds_have_four_messages(issued: bytes, round_folder: Path, tmp_path: Path) -> None:
    other_round = changed(round_folder, tmp_path, "round.toml", "一上", "二上")
    reports = [
        judged(unmarked(), round_folder, tmp_path),
        judged(with_stamp(issued, version=9), round_folder, tmp_path),
        judged(issued, other_round, tmp_path),
        judged(with_stamp(issued, unit="HD", unit_name="华东区域"), round_folder, tmp_path),
    ]
    for lang in ("zh", "en"):
        assert len({message(report, lang) for report in reports}) == 4
