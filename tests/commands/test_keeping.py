"""``crmxl ledger``: verify, backup and log, on a real round."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmxl.cli import main

UNITS = "code,name,parent,type,recipient\nHN,华南区域,,region,hn@example.com\nHD,华东区域,,region,hd@example.com\n"


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="crmxl")
    assert result.exit_code == code, result.output + repr(result.exception)
    return result


def round_in(folder: Path, *options: object) -> Path:
    """A round with two units, of which one has a nil return and its approval: four events."""
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    made = folder / "round"
    run("init", made, "--template", "cosmetics-plan", "--units", folder / "units.csv", "--year", 2026, *options)
    run("distribute", "--round", made, "--by", "集团")
    run("nil", "HN", "--reason", "本年\x1b[31m无此项活动", "--round", made, "--by", "王会计")
    run("review", "approve", "HN", "--round", made, "--by", "李经理")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return round_in(tmp_path)


def receipts(folder: Path) -> list[str]:
    return [
        event["receipt"] for event in json.loads(run("ledger", "log", "--json", "--round", folder).stdout)["events"]
    ]


def spoil(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in guards:
            connection.execute(sql)


def test_a_sound_ledger_is_said_to_be_sound(folder: Path) -> None:
    assert "台账完好：4 条记录、0 份存档" in run("ledger", "verify", "--round", folder).stdout
    assert "The ledger is sound: 4 events" in run("ledger", "verify", "--lang", "en", "--round", folder).stdout
    given = [word for receipt in receipts(folder) for word in ("--receipt", receipt)]
    found = json.loads(run("ledger", "verify", "--json", "--round", folder, *given).stdout)
    assert found == {"sound": True, "events": 4, "contents": 0, "faults": []}


def test_what_was_changed_is_named_on_stdout_and_counts_as_a_finding(folder: Path) -> None:
    receipt = receipts(folder)[3]
    spoil(folder, "UPDATE event SET \"by\" = '\x1b[2J' WHERE position = 3", "DELETE FROM event WHERE position = 4")
    shown = run("ledger", "verify", "--round", folder, "--receipt", receipt, code=1)
    assert "2 处" in shown.stderr and "\x1b" not in shown.output
    assert "事件 3 被改动过" in shown.stdout and f"没有回执 {receipt}" in shown.stdout
    found = json.loads(run("ledger", "verify", "--json", "--lang", "en", "--round", folder, code=1).stdout)
    assert (found["sound"], [fault["where"] for fault in found["faults"]]) == (False, ["event 3"])
    assert "event 3 was changed" in found["faults"][0]["message"]
    run("status", "--round", folder, code=2)  # nothing is built on it


def test_a_ledger_that_cannot_be_opened_is_a_fault_with_its_reason(folder: Path) -> None:
    ledger = folder / "ledger.db"
    ledger.write_bytes(b"not a database" * 1000)
    assert "已损坏" in run("ledger", "verify", "--round", folder, code=1).stdout
    found = json.loads(run("ledger", "verify", "--json", "--round", folder, code=1).stdout)
    assert [fault["where"] for fault in found["faults"]] == ["ledger"]
    ledger.unlink()
    assert "没有台账" in run("ledger", "verify", "--round", folder, code=2).stderr


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO meta VALUES ('more', 'x')", "meta more 不属于台账"),
        ("UPDATE meta SET value = '别的' WHERE name = 'round'", "meta round 被改动过：是“别的”"),
        ("UPDATE meta SET value = '99' WHERE name = 'schema'", "meta schema 被改动过：是“99”"),
    ],
)
def test_a_changed_name_or_version_is_a_fault_of_the_ledger(folder: Path, statement: str, said: str) -> None:
    spoil(folder, statement)
    assert said in run("ledger", "verify", "--round", folder, code=1).stdout


def test_a_backup_does_not_go_among_the_rounds_own_files(folder: Path) -> None:
    for name in ("issued/b.db", "ledger.db-wal", "waivers.toml"):
        assert "轮次自己的文件" in run("ledger", "backup", folder / name, "--round", folder, code=2).stderr
        assert not (folder / name).exists()


def test_a_backup_can_take_the_ledgers_place(folder: Path, tmp_path: Path) -> None:
    before = receipts(folder)
    shown = run("ledger", "backup", tmp_path / "备份" / "一上.db", "--round", folder)
    assert "已备份" in shown.stderr and "4 条记录" in shown.stderr
    run("nil", "HD", "--reason", "无", "--round", folder)
    assert "已存在" in run("ledger", "backup", tmp_path / "备份" / "一上.db", "--round", folder, code=2).stderr
    (tmp_path / "备份" / "一上.db").replace(folder / "ledger.db")
    assert receipts(folder) == before
    run("ledger", "verify", "--round", folder)


def test_a_backup_of_a_changed_ledger_is_made_and_said_to_be_no_better(folder: Path, tmp_path: Path) -> None:
    spoil(folder, "UPDATE event SET \"by\" = 'x' WHERE position = 3")
    shown = run("ledger", "backup", tmp_path / "b.db", "--round", folder, code=1)
    assert (tmp_path / "b.db").exists() and "备份也一样" in shown.stderr


def test_the_log_says_what_happened_by_whom_and_when(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    shown = run("ledger", "log", "--round", folder).stdout
    lines = [f"R0000{told}" for told in shown.split("R0000")[1:]]
    assert len(lines) == 4 and "\x1b" not in shown
    assert "下发" in lines[0] and "集团" in lines[0] and "V1，" in lines[0]
    assert "零申报" in lines[2] and "王会计" in lines[2] and "<U+001B>" in lines[2]
    assert "通过" in lines[3] and "李经理" in lines[3] and "第 1 版，group，末审" in lines[3]
    of_one = run("ledger", "log", "--round", folder, "--unit", "HD", "--lang", "en").stdout
    assert len([line for line in of_one.splitlines() if line.startswith("R0000")]) == 1 and "Issued" in of_one
    assert "HX" in run("ledger", "log", "--round", folder, "--unit", "HX", code=2).stderr
    events = json.loads(run("ledger", "log", "--json", "--unit", "HN", "--round", folder).stdout)["events"]
    assert [event["kind"] for event in events] == ["issued", "nil", "approved"]
    assert events[1]["receipt"] == receipts(folder)[2] and events[1]["by"] == "王会计"


def test_a_round_whose_ledger_is_in_a_database_is_kept_the_same_way(postgresql: str, tmp_path: Path) -> None:
    made = round_in(tmp_path, "--ledger", postgresql)
    assert not (made / "ledger.db").exists()
    assert "4 条记录" in run("ledger", "verify", "--round", made).stdout
    run("ledger", "backup", tmp_path / "b.db", "--round", made)
    text = (made / "round.toml").read_text(encoding="utf-8")
    (made / "round.toml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("ledger")))
    assert "没有台账" in run("ledger", "log", "--round", made, code=2).stderr
    (tmp_path / "b.db").replace(made / "ledger.db")
    assert len(receipts(made)) == 4
