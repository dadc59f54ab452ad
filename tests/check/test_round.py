"""In a round the group's records count: issued figures, unit, signature, waivers; outside one nobody vouches."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report, Verdict
from crmxl.cli import main
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.model import Severity
from crmxl.receive.reading import read

ROUND = """
name = "2026年度预算"
year = 2026
stage = "一上"
templates = ["customer-relations"]
policies = ["group-customer-relations"]
key_file = "round.key"

[limits.P301."城市"]
rate = "0.4‰"
"""
UNITS = """code,name,parent,type,recipient,sales_target,last_year_actual,scope_note
HN,华南区域,,区域,王敏,200000000,90000,含所辖全部城市和项目
SZ,深圳公司,HN,城市,李强,200000000,90000,仅本级
"""
DATA = {
    "filer@value": "陈洁",
    "1.1.1@amount": "100000.00",
    "1.1.1@amount.03": "100000.00",
    "1.1.1@last_year": "95000.00",
    "1.1.1@basis": "节日关怀 500 户 × 200 元",
}
TODAY = "2026-01-15"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "round"
    folder.mkdir()
    (folder / "round.toml").write_text(ROUND, encoding="utf-8")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    (folder / "round.key").write_bytes(b"0123456789abcdef0123456789abcdef")
    return folder


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def issued(folder: Path, unit: str = "HN", **changes: str) -> Path:
    path = folder.parent / f"{unit}.xlsx"
    data = folder.parent / "data.json"
    data.write_text(json.dumps({**DATA, **changes}), encoding="utf-8")
    run("generate", "customer-relations", "--round", folder, "--unit", unit, "--data", data, "-o", path)
    return path


def judged(path: Path, folder: Path | None) -> Report:
    if folder is None:
        return check(read(path, round_library(path.parent)))
    policies = policies_beside(folder)
    submission = read(path, round_library(folder), policies)
    return check(submission, Standard(load_round(folder), policies, today=TODAY))


def edited(path: Path, sheet: str, cell: str, value: Any) -> Path:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    book[sheet][cell] = value
    book.save(path)
    return path


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.code not in ("F110", "P306")]


def test_at_the_cap_passes_and_a_fen_over_fails_by_a_fen(folder: Path) -> None:
    assert codes(judged(issued(folder), folder)) == []
    over = judged(issued(folder, **{"1.1.1@amount": "100000.01", "1.1.1@amount.03": "100000.01"}), folder)
    (finding,) = (f for f in over.findings if f.code == "P301")
    assert (finding.found, finding.expected) == ("100,000.01", "100,000.00")
    assert finding.spoken is not None
    assert "超出 0.01 元" in finding.spoken.message.zh
    assert over.blocked


def test_a_target_of_hundreds_of_billions_is_read_as_issued(folder: Path) -> None:
    table = (folder / "units.csv").read_text(encoding="utf-8")
    (folder / "units.csv").write_text(table.replace("200000000", "900000000000.00"), encoding="utf-8")
    report = judged(issued(folder), folder)
    assert codes(report) == []
    assert report.values["sales_target@value"] == 900_000_000_000


def test_compensation_is_outside_the_cap(folder: Path) -> None:
    more = {
        "3.3.1@amount": "5000000",
        "3.3.1@amount.06": "5000000",
        "3.3.1@basis": "协议",
        "3.3.1@last_year": "4500000",
    }
    report = judged(issued(folder, **more), folder)
    assert "P301" not in codes(report)
    assert report.total == Fraction(100_000)


def test_a_unit_that_raises_its_own_target_is_judged_by_the_issued_one_and_told(folder: Path) -> None:
    path = issued(folder, **{"1.1.1@amount": "120000.00", "1.1.1@amount.03": "120000.00", "1.1.1@last_year": "110000"})
    report = judged(edited(path, "下达指标", "C7", 300_000_000), folder)
    assert {"I109", "P301"} <= set(codes(report))


def test_limits_differ_by_the_type_of_the_unit(folder: Path) -> None:
    report = judged(issued(folder, "SZ"), folder)
    (finding,) = (f for f in report.findings if f.code == "P301")
    assert finding.expected == "80,000.00"


def test_outside_a_round_nothing_is_better_than_a_warning(folder: Path) -> None:
    report = judged(issued(folder), None)
    assert "I108" in codes(report)
    assert report.verdict is Verdict.WARNINGS
    (folder / "round.key").unlink()
    (folder / "round.toml").write_text(ROUND.replace('key_file = "round.key"\n', ""), encoding="utf-8")
    assert "I108" in codes(judged(folder.parent / "HN.xlsx", folder))


def test_another_rounds_workbook_and_an_unknown_unit_are_refused(folder: Path) -> None:
    path = issued(folder)
    (folder / "round.toml").write_text(ROUND.replace("一上", "二上"), encoding="utf-8")
    assert "I111" in codes(judged(path, folder))
    (folder / "round.toml").write_text(ROUND, encoding="utf-8")
    (folder / "units.csv").write_text(UNITS.replace("HN", "HX"), encoding="utf-8")
    assert "I111" in codes(judged(path, folder))


def test_a_stamp_that_another_key_signed_is_refused(folder: Path) -> None:
    path = issued(folder)
    (folder / "round.key").write_bytes(b"another key, another key, another")
    assert codes(judged(path, folder)) == ["I112"]


def waive(folder: Path, until: str, up_to: str = "120000.00", rule: str = "P301") -> None:
    text = (
        f'[[waiver]]\nrule = "{rule}"\nunit = "HN"\napprover = "集团总裁"\nreason = "新盘集中交付"\nuntil = {until}\n'
    )
    (folder / "waivers.toml").write_text(text + (f'up_to = "{up_to}"\n' if up_to else ""), encoding="utf-8")


OVER = {"1.1.1@amount": "110000.00", "1.1.1@amount.03": "110000.00"}


def test_a_waived_finding_is_disclosed_and_does_not_block(folder: Path) -> None:
    path = issued(folder, **OVER)
    waive(folder, "2026-12-31")
    report = judged(path, folder)
    (finding,) = (f for f in report.findings if f.code == "P301")
    assert finding.severity is Severity.WARNING
    assert finding.spoken is not None
    assert "已特批（集团总裁，新盘集中交付" in finding.spoken.message.zh
    assert not report.blocked


def test_a_waiver_goes_only_as_far_as_it_says(folder: Path) -> None:
    path = issued(folder, **OVER)
    waive(folder, "2026-12-31", up_to="105000.00")
    assert judged(path, folder).blocked


def test_an_expired_or_unused_waiver_is_told(folder: Path) -> None:
    path = issued(folder, **OVER)
    waive(folder, "2026-01-14")
    assert {"P301", "I113"} <= set(codes(judged(path, folder)))
    waive(folder, "2026-12-31", up_to="", rule="P305")
    assert "I114" in codes(judged(path, folder))


def test_a_what_if_says_who_would_newly_fail(folder: Path, tmp_path: Path) -> None:
    path = issued(folder)
    source = next((Path(__file__).parents[2] / "templates" / "policies").glob("group-customer-relations.toml"))
    stricter = tmp_path / "group-customer-relations.toml"
    stricter.write_text(source.read_text(encoding="utf-8").replace('rate = "0.5‰"', 'rate = "0.3‰"'), encoding="utf-8")
    result = run("validate", path, "--round", folder, "--policy", stricter, "--compare", "--format", "json", code=1)
    (change,) = (c for c in json.loads(result.stdout)["changes"] if c["rule"] == "P301")
    assert (change["newly"], change["actual"], change["bound"]) == ("fails", "100,000.00", "60,000.00")
    assert "P301" in run("validate", path, "--round", folder, "--policy", stricter, "--compare", code=1).output
