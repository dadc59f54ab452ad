"""Every unit gets its own workbook, once: the same again, a new number for what has changed, whole when killed."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.cli import main
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.files import write_atomically
from crmxl.group.acts import Issued, Received
from crmxl.group.ledger import Ledger
from crmxl.group.register import Register
from crmxl.receive.reading import read

ROOT = Path(__file__).parent.parent.parent
NAME = "2026年度预算"
ROUND = f"""
name = "{NAME}"
year = 2026
stage = "一上"
policies = ["group-customer-relations"]
deadline = "2025-11-30"
contact = "集团客户关系部 王主任"
key_file = "key"

[[issue]]
template = "customer-relations"
unit_types = ["区域", "城市"]
name = "客户关系"

[limits.P301."城市"]
rate = "0.4‰"
"""
UNITS = """code,name,parent,type,recipient,sales_target,last_year_actual,scope_note
JT,集团,,集团,,,,
HN,华南区域,JT,区域,王敏,200000000,90000,仅本级
SZ,深圳公司,HN,城市,sz@example.com,200000000,90000,仅本级
HD,华东区域,JT,区域,=cmd|'/c calc'!A1,300000000.50,100000,
"""
HN = "2026预算_客户关系_华南区域_V1.xlsx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "轮次")


def made(folder: Path, units: str = UNITS, round: str = ROUND) -> Path:
    folder.mkdir(parents=True)
    (folder / "round.toml").write_text(round, encoding="utf-8")
    (folder / "units.csv").write_text(units, encoding="utf-8")
    (folder / "key").write_bytes(b"0123456789abcdef0123456789abcdef")
    Ledger.create(folder / "ledger.db", NAME).close()
    return folder


def run(folder: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["distribute", "--round", str(folder), "--by", "王主任", *arguments])
    assert result.exit_code == code, result.output
    return result


def rows(folder: Path, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(folder, "--json", *arguments, code=code).stdout)
    return found


def acts(folder: Path) -> list[Issued]:
    with Ledger.open(folder / "ledger.db", NAME) as ledger:
        return [event.act for event in ledger.events() if isinstance(event.act, Issued)]


def files(folder: Path) -> dict[str, bytes]:
    issued = folder / "issued"
    return {str(one.relative_to(issued)): one.read_bytes() for one in sorted(issued.rglob("*")) if one.is_file()}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "issued" / name).read_text(encoding="utf-8-sig"), newline="")))


def test_every_unit_gets_what_the_round_asks_of_its_type(folder: Path) -> None:
    found = rows(folder)
    assert [(one["unit"], one["number"], one["new"], one["changed"]) for one in found] == [
        ("HN", 1, True, []),
        ("SZ", 1, True, []),
        ("HD", 1, True, []),
    ]
    assert found[0]["file"] == HN
    ledger = acts(folder)
    assert [(act.unit, act.file, act.sha256) for act in ledger] == [
        (one["unit"], one["file"], one["sha256"]) for one in found
    ]
    stamp = json.loads(openpyxl.load_workbook(folder / "issued" / HN)["_crmxl"]["A1"].value)
    assert stamp["signature"] == ledger[0].signature and stamp["parameters"]["sales_target"] == "200000000"
    assert ledger[1].assignment["limits"] == {"P301": {"rate": "0.4‰"}}


def test_it_is_the_workbook_that_generate_makes(folder: Path) -> None:
    run(folder)
    for unit, file in (("HN", HN), ("SZ", "2026预算_客户关系_深圳公司_V1.xlsx")):
        alone = folder.parent / f"{unit}.xlsx"
        arguments = ["generate", "customer-relations", "--round", str(folder), "--unit", unit, "-o", str(alone)]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        assert alone.read_bytes() == (folder / "issued" / file).read_bytes()
    refused = CliRunner().invoke(main, ["generate", "customer-relations", "--round", str(folder), "--unit", "JT"])
    assert refused.exit_code == 2 and "JT" in refused.output


def test_last_year_by_line_stands_in_the_workbook_and_a_change_of_it_is_a_new_number(folder: Path) -> None:
    (folder / "figures.csv").write_text("unit,key,value\nHN,1.1.1@last_year,19400\n", encoding="utf-8")
    run(folder)
    sheet = openpyxl.load_workbook(folder / "issued" / HN)["费用预算"]
    assert 19400 in [cell.value for row in sheet.iter_rows() for cell in row]
    (folder / "figures.csv").write_text("unit,key,value\nHN,1.1.1@last_year,19500\n", encoding="utf-8")
    assert [(one["unit"], one["changed"]) for one in rows(folder, "--changed")] == [
        ("HN", ["prefilled.1.1.1@last_year"])
    ]


def test_again_it_is_the_same_to_the_byte_and_no_act(folder: Path) -> None:
    run(folder, "--zip")
    before = files(folder)
    run(folder, "--zip")
    assert files(folder) == before and len(acts(folder)) == 3
    for file in before:
        (folder / "issued" / file).unlink()
    assert not rows(folder, "--changed")
    assert [(one["number"], one["new"]) for one in rows(folder, "--zip")] == [(1, False)] * 3
    assert files(folder) == before and len(acts(folder)) == 3


def test_a_filled_workbook_in_the_way_is_kept_aside(folder: Path) -> None:
    run(folder)
    before = files(folder)
    (folder / "issued" / HN).write_bytes(b"somebody's work")
    assert "已恢复" in run(folder).stderr
    after = files(folder)
    (kept,) = set(after) - set(before)
    assert after.pop(kept) == b"somebody's work" and HN in kept and after == before


def test_only_what_has_changed_gets_a_new_number(folder: Path) -> None:
    run(folder)
    old = files(folder)
    edit(folder / "units.csv", "王敏,200000000", "王敏,210000000")
    found = rows(folder, "--changed")
    assert [(one["unit"], one["number"], one["changed"]) for one in found] == [("HN", 2, ["parameters.sales_target"])]
    assert found[0]["file"] == HN.replace("V1", "V2") and files(folder)[HN] == old[HN]
    assert not rows(folder, "--changed") and len(acts(folder)) == 4
    listed = [line["文件"] for line in table(folder, "manifest.csv")]
    assert HN not in listed and HN.replace("V1", "V2") in listed and len(listed) == 3
    edit(folder / "round.toml", "2025-11-30", "2025-12-15")
    assert [one["changed"] for one in rows(folder)] == [["deadline"]] * 3


def test_the_limits_of_a_type_change_the_workbooks_of_that_type_alone(folder: Path) -> None:
    run(folder)
    edit(folder / "round.toml", "0.4‰", "0.3‰")
    assert [(one["unit"], one["changed"]) for one in rows(folder, "--changed")] == [("SZ", ["limits.P301.rate"])]
    (folder / "key").write_bytes(b"fedcba9876543210fedcba9876543210")
    assert [one["changed"] for one in rows(folder)] == [["signature"]] * 3


def received(unit: str, file: str, record: str) -> Received:
    return Received(unit, "customer-relations@1", 1, f"{unit}.xlsx", file, record, "ok", 0, 0, 0, "")


def test_who_is_affected_is_told_with_both_values_and_whether_they_have_submitted(folder: Path) -> None:
    run(folder)
    with Register(Ledger.open(folder / "ledger.db", NAME)) as register:
        register.record("王", lambda _, keep: [received("SZ", keep(b"file"), keep(b"record"))])
    edit(folder / "round.toml", "2025-11-30", "2025-12-15")
    lines = run(folder).stdout.splitlines()
    said = {unit: next(line for line in lines if line.startswith(f"{unit} ")) for unit in ("HN", "SZ")}
    assert all("V1 → V2" in line for line in said.values()) and "未交" in said["HN"] and "已交" in said["SZ"]
    assert "2025-11-30" in "".join(lines) and "2025-12-15" in "".join(lines) and "须通知" in "".join(lines)


def test_some_units_with_those_below_them(folder: Path) -> None:
    assert [one["unit"] for one in rows(folder, "--only", "HN")] == ["HN", "SZ"]
    assert [line["预算单位"] for line in table(folder, "manifest.csv")] == ["HN", "SZ"]
    assert [one["new"] for one in rows(folder)] == [False, False, True]
    assert [line["预算单位"] for line in table(folder, "manifest.csv")] == ["HN", "SZ", "HD"]
    assert "`XX`" in run(folder, "--only", "XX", code=2).output


def test_a_zip_has_the_unit_and_all_below(folder: Path) -> None:
    run(folder, "--zip")
    zips = folder / "issued" / "zip"
    assert sorted(one.name for one in zips.iterdir()) == ["2026预算_华南区域.zip", "2026预算_集团.zip"]
    with zipfile.ZipFile(zips / "2026预算_华南区域.zip") as archive:
        assert [name for name in archive.namelist() if name.endswith(".xlsx")] == [
            HN,
            "2026预算_客户关系_深圳公司_V1.xlsx",
        ]
        assert archive.read(HN) == (folder / "issued" / HN).read_bytes()
        assert "华南区域" in archive.read(HN.replace("xlsx", "txt")).decode("utf-8-sig")


def test_a_zip_that_would_lack_a_workbook_says_so(folder: Path) -> None:
    run(folder)
    (folder / "issued" / HN).unlink()
    assert HN in run(folder, "--changed", "--zip", code=1).stderr
    run(folder, "--zip")


def test_lists_run_nothing_and_leave_no_label_blank(folder: Path) -> None:
    run(folder)
    mail = {line["单位名称"]: line for line in table(folder, "mail.csv")}
    assert mail["华东区域"]["收件人"] == "'=cmd|'/c calc'!A1"
    assert "王敏，您好" in mail["华南区域"]["正文"] and "集团客户关系部 王主任" in mail["华南区域"]["正文"]
    assert mail["华南区域"]["提交截止"] == "2025-11-30" and "2025-11-30" in mail["华南区域"]["主题"]
    text = (folder / "issued" / "texts" / HN.replace("xlsx", "txt")).read_text(encoding="utf-8-sig")
    assert mail["华南区域"]["正文"].strip() in text and HN in text and "零申报" in text
    for unknown in ('deadline = "2025-11-30"\n', 'contact = "集团客户关系部 王主任"\n'):
        edit(folder / "round.toml", unknown, "")
    run(folder)
    body = {line["单位名称"]: line for line in table(folder, "mail.csv")}["深圳公司"]["正文"]
    assert "交回" not in body.split("怎么填")[0] and "联系人：\n" not in body and not body.endswith("：")
    assert "@example.com" not in body and "联系人：集团客户关系部 王主任 → （无）" in body


def test_one_that_cannot_be_written_is_told_and_the_others_go_on(folder: Path) -> None:
    edit(
        folder / "units.csv", "仅本级\nSZ", f"{'长' * 32_700}\nSZ"
    )  # fits its cell; the stamp, which has it too, does not
    result = run(folder, code=1)
    assert "HN 华南区域" in result.stderr and [act.unit for act in acts(folder)] == ["SZ", "HD"]
    edit(folder / "units.csv", "长" * 32_700, "短")
    assert [one["new"] for one in rows(folder)] == [True, False, False]


def test_units_of_one_name_have_files_of_their_own_also_when_renamed_later(folder: Path) -> None:
    run(folder)
    before = files(folder)
    edit(folder / "units.csv", "HD,华东区域", "HD,华南区域")
    edit(folder / "units.csv", "HN,华南区域", "HN,华中区域")
    found = {one["unit"]: one["file"] for one in rows(folder)}
    assert found["HD"] == "2026预算_客户关系_华南区域-HD_V2.xlsx" and files(folder)[HN] == before[HN]


def test_a_filled_workbook_of_the_round_is_known_and_verified(folder: Path) -> None:
    run(folder)
    path = folder.parent / "returned.xlsx"
    book = openpyxl.load_workbook(folder / "issued" / HN)
    layout = read(folder / "issued" / HN, round_library(folder)).layout
    assert layout is not None
    entries: dict[str, Any] = {"filer@value": "陈洁", "1.1.1@amount": 100000, "1.1.1@amount.03": 100000}
    for key, value in entries.items():
        cell = layout.cells[key]
        book[layout.by_id[cell.sheet].name].cell(cell.row, cell.column, value)
    book.save(path)
    policies = policies_beside(folder)
    report = check(read(path, round_library(folder), policies), Standard(load_round(folder), policies))
    assert [finding.code for finding in report.findings if finding.code.startswith("I")] == []
    assert report.submission.stamp is not None and report.submission.stamp.signature == acts(folder)[0].signature
    assert report.total == 100000


# ---- many, and killed ----------------------------------------------------------------------------------------------

MANY = "code,name,type\n" + "".join(f"U{n},公司{n},公司\n" for n in range(24))
PLAIN = f'name = "{NAME}"\nyear = 2026\ntemplates = ["cosmetics-plan"]\nkey_file = "key"\n'
"""A template that takes a fifth of the time."""
PROGRAM = """
import os, signal, sys
from crmxl.cli import main
from crmxl.commands import distributing
from crmxl.group.register import Register

record, calls = Register.record, []

def killed(register, by, decide):
    calls.append(by)
    if len(calls) == {calls}:
        {before}
        os.kill(os.getpid(), signal.SIGKILL)
    return record(register, by, decide)

if __name__ == "__main__":
    Register.record, distributing.CHUNK = killed, 10
    main(["distribute", "--round", sys.argv[1], "--by", "王"])
"""


def test_many_are_the_same_made_by_one_process_or_several(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(tmp_path / "one", MANY, PLAIN)
    monkeypatch.setattr("crmxl.issue.press.WORTH", 1000)
    run(one)
    workbooks = [{name: text for name, text in files(round).items() if name != "mail.csv"} for round in (whole, one)]
    assert workbooks[0] == workbooks[1] and len(acts(whole)) == 24


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round that nobody disturbed."""
    folder = made(tmp_path_factory.mktemp("many") / "whole", MANY, PLAIN)
    run(folder)
    return folder


def die(*_: Any) -> None:
    os._exit(1)


def test_where_processes_die_the_rest_is_made_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path / "round", MANY, PLAIN)
    monkeypatch.setattr("crmxl.issue.press._start", die)
    assert len(rows(folder)) == 24 and len(acts(folder)) == 24


def test_one_of_many_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    units = UNITS.replace("仅本级\nSZ", f"{'长' * 32_700}\nSZ") + "".join(
        f"U{n},公司{n},HD,城市,,1,1,\n" for n in range(13)
    )
    folder = made(tmp_path / "round", units)
    assert "HN 华南区域" in run(folder, code=1).stderr and len(acts(folder)) == 15


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize(
    ("calls", "before", "known"),
    [(1, "pass", 0), (2, "pass", 10), (2, "record(register, by, decide)", 20)],
    ids=["after the first files", "after the second files", "after the second acts"],
)
def test_killed_between_files_and_acts_a_rerun_completes(
    tmp_path: Path, whole: Path, calls: int, before: str, known: int
) -> None:
    folder = made(tmp_path / "killed", MANY, PLAIN)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(calls=calls, before=before), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, program, folder], env=environment, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(acts(folder)) == known
    for act in acts(folder):
        assert (folder / "issued" / act.file).is_file()
    run(folder)
    assert [(act.unit, act.number, act.sha256) for act in acts(folder)] == [
        (act.unit, act.number, act.sha256) for act in acts(whole)
    ]
    assert {name for name in files(folder)} == set(files(whole))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs kill -9 and process groups")
def test_its_processes_end_with_it_when_it_is_killed(tmp_path: Path) -> None:
    folder = made(tmp_path / "round", MANY, PLAIN)
    command = [sys.executable, str(ROOT / "cli.py"), "distribute", "--round", str(folder), "--by", "王"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        wait(lambda: (folder / "issued").is_dir())
        one.kill()
    wait(lambda: not alive(one.pid))


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait(until: Any) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_two_runs_at_once_issue_everything_once(tmp_path: Path) -> None:
    folder = made(tmp_path / "round", MANY, PLAIN)
    command = [sys.executable, str(ROOT / "cli.py"), "distribute", "--round", str(folder), "--by", "王"]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    assert sorted(act.unit for act in acts(folder)) == sorted({act.unit for act in acts(folder)})
    assert len(acts(folder)) == 24 and not rows(folder, "--changed")


def test_an_act_is_never_of_a_file_that_could_not_be_written(folder: Path) -> None:
    (folder / "issued" / HN).mkdir(parents=True)
    assert HN in run(folder, code=2).output
    assert acts(folder) == []
    (folder / "issued" / HN).rmdir()
    write_atomically(folder / "issued" / HN, b"a stranger's")
    run(folder)
    assert len(acts(folder)) == 3
