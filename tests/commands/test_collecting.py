"""Taking in what comes back: an answer for every kind of stranger, versions, receipts, and what was sent at once."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.cli import main
from crmxl.define.round import load_round
from crmxl.files import write_atomically
from crmxl.group.acts import Issued
from crmxl.group.ledger import Ledger
from crmxl.group.register import Register
from crmxl.group.standing import Standing
from tests.group.small_round import BASIS, ROUND, filled, lay_round, open_round


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    open_round(tmp_path / "round")
    return tmp_path / "round"


def run(folder: Path, *arguments: object, code: int = 0) -> Result:
    named = [str(argument) for argument in arguments]
    result = CliRunner().invoke(main, [*named, "--round", str(folder)])
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def came(folder: Path, name: str, content: bytes) -> Path:
    path = folder.parent / "in" / name
    write_atomically(path, content)
    return path


def collect(folder: Path, *paths: Path, code: int = 0, sender: str = "") -> list[dict[str, Any]]:
    options = ("--from", sender) if sender else ()
    said = run(folder, "collect", *paths, "--json", *options, code=code).stdout
    found: list[dict[str, Any]] = json.loads(said)["receipts"]
    return found


def standing(folder: Path, unit: str) -> Standing:
    with Register(Ledger.open(folder / "ledger.db", load_round(folder).name)) as register:
        return register.board.at(unit, "plan")


def answers(receipts: list[dict[str, Any]]) -> list[str]:
    return [receipt["answer"] for receipt in receipts]


def test_a_good_file_is_on_record_and_its_bytes_are_kept(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "A", 1000))
    (receipt,) = collect(folder, path)
    assert (receipt["answer"], receipt["unit"], receipt["unit_name"], receipt["total"]) == (
        "accepted",
        "A",
        "甲",
        "1000.00",
    )
    now = standing(folder, "A")
    assert now.state.value == "received"
    assert now.version is not None
    with Ledger.open(folder / "ledger.db", "2026") as ledger:
        assert ledger.content(now.version.file) == path.read_bytes()


def test_the_same_bytes_again_give_the_same_receipt(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "A", 1000))
    again = came(folder, "另存.xlsx", path.read_bytes())
    (first,) = collect(folder, path)
    (second,) = collect(folder, again)
    assert second["receipt"] == first["receipt"]
    assert (second["answer"], second["version"]) == ("same", 1)
    assert len(standing(folder, "A").versions) == 1


def test_a_newer_file_supersedes_and_the_old_one_does_not_come_back(folder: Path) -> None:
    old = came(folder, "1.xlsx", filled(folder, "A", 1000))
    new = came(folder, "2.xlsx", filled(folder, "A", 2000))
    collect(folder, old)
    (receipt,) = collect(folder, new)
    assert (receipt["answer"], receipt["version"]) == ("accepted", 2)
    assert answers(collect(folder, old.parent)) == ["superseded", "same"]
    now = standing(folder, "A")
    assert (now.current, len(now.versions)) == (2, 2)


def test_two_different_files_at_once_block_the_unit_until_one_is_chosen(folder: Path) -> None:
    came(folder, "a.xlsx", filled(folder, "A", 1000))
    came(folder, "b.xlsx", filled(folder, "A", 2000))
    assert answers(collect(folder, folder.parent / "in", code=1)) == ["blocked", "blocked"]
    assert standing(folder, "A").state.value == "blocked"
    said = run(folder, "review", "approve", "A", "--role", "crd", code=1).output
    assert "choose" in said
    run(folder, "choose", "A", "b.xlsx", "--reason", "电话确认", "--by", "王")
    now = standing(folder, "A")
    assert (now.state.value, now.current) == ("received", 2)


def test_of_two_files_at_once_the_one_without_errors_counts(folder: Path) -> None:
    came(folder, "a.xlsx", filled(folder, "A", 1000))
    came(folder, "b.xlsx", filled(folder, "A", others={"1.1@amount": "约300", **BASIS}))
    assert answers(collect(folder, folder.parent / "in", code=1)) == ["accepted", "returned"]
    now = standing(folder, "A")
    assert now.version is not None
    assert (now.state.value, now.version.total) == ("received", 100_000)


def test_a_file_with_errors_is_sent_back_with_a_marked_copy(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "A", others={"1.1@amount": "约300", **BASIS}))
    back = folder.parent / "back"
    said = run(folder, "collect", path, "--annotate", back, code=1).output
    assert "约300" in said
    assert standing(folder, "A").state.value == "returned"
    (copy,) = back.iterdir()
    sheet = openpyxl.load_workbook(copy)["费用"]
    assert "约300" in [cell.value for row in sheet.iter_rows() for cell in row]


def test_strangers_get_answers_of_their_own(folder: Path) -> None:
    other = folder.parent / "other"
    open_round(other, ROUND.replace('name = "2026"', 'name = "2025"'))
    foreign = io.BytesIO()
    openpyxl.Workbook().save(foreign)
    paths = {
        "foreign": came(folder, "foreign.xlsx", foreign.getvalue()),
        "other-round": came(folder, "round.xlsx", filled(other, "A", 1)),
        "other-unit": came(folder, "unit.xlsx", filled(folder, "B", 1)),
        "unreadable": came(folder, "bad.xlsx", b"PK\x03\x04 no"),
    }
    receipts = collect(folder, *paths.values(), sender="A", code=1)
    assert answers(receipts) == list(paths)
    assert len({receipt["why"] for receipt in receipts}) == len(paths)
    assert all(receipt["version"] is None and receipt["receipt"] for receipt in receipts)
    again = collect(folder, *paths.values(), sender="A", code=1)
    assert [one["receipt"] for one in again] == [one["receipt"] for one in receipts]
    assert not standing(folder, "A").versions
    assert not standing(folder, "B").versions


def test_a_unit_that_is_not_in_the_round_is_told_so(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "B1", 1))
    table = (folder / "units.csv").read_text(encoding="utf-8")
    (folder / "units.csv").write_text(table.replace("B1,乙一,B,city,b1\n", ""), encoding="utf-8")
    (receipt,) = collect(folder, path, code=1)
    assert receipt["answer"] == "other-unit"
    (folder / "units.csv").write_text(table, encoding="utf-8")
    assert answers(collect(folder, path)) == ["accepted"]


def test_a_stamp_that_the_round_did_not_sign_is_refused(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "A", 1))
    (folder / "key").write_bytes(b"another key, long enough to be one")
    (receipt,) = collect(folder, path, code=1)
    assert receipt["answer"] == "altered"


def test_a_workbook_in_place_of_which_another_was_issued_is_old(folder: Path) -> None:
    run(folder, "distribute")
    (first,) = (folder / "issued").glob("*_甲_V1.xlsx")
    table = (folder / "units.csv").read_text(encoding="utf-8")
    lines = [f"{line}," for line in table.splitlines()]
    lines[:2] = [f"{lines[0]}first_month", f"{lines[1]}7"]
    (folder / "units.csv").write_text("\n".join(lines), encoding="utf-8")
    run(folder, "distribute", "--changed")
    path = came(folder, "甲.xlsx", first.read_bytes())
    (receipt,) = collect(folder, path, code=1)
    assert receipt["answer"] == "old-version"
    assert "V1" in receipt["why"] or "1 版" in receipt["why"]


def test_only_a_new_deadline_leaves_the_old_workbook_good(folder: Path) -> None:
    run(folder, "distribute")
    (folder / "round.toml").write_text(ROUND.replace("2025-11-30", "2025-12-15"), encoding="utf-8")
    run(folder, "distribute", "--changed")
    now = standing(folder, "A")
    assert [event.act.number for event in now.issues if isinstance(event.act, Issued)] == [1, 2]
    (first,) = (folder / "issued").glob("*_甲_V1.xlsx")
    workbook = openpyxl.load_workbook(first)
    sheet = workbook["费用"]
    rows = {str(row[0].value): row for row in sheet.iter_rows()}
    rows["1.1"][2].value, rows["1.1"][3].value = 500, "按上年"
    made = io.BytesIO()
    workbook.save(made)
    (receipt,) = collect(folder, came(folder, "甲.xlsx", made.getvalue()))
    assert (receipt["answer"], receipt["total"]) == ("accepted", "500.00")


def test_an_annotated_copy_is_no_submission(folder: Path) -> None:
    path = came(folder, "甲.xlsx", filled(folder, "A", others={"1.1@amount": "约300", **BASIS}))
    back = folder.parent / "back"
    run(folder, "collect", path, "--annotate", back, code=1)
    (receipt,) = collect(folder, *back.iterdir(), code=1)
    assert receipt["answer"] == "copy"
    assert len(standing(folder, "A").versions) == 1


class FromWindows(zipfile.ZipInfo):
    """An entry as Windows in China writes it: its name in GBK, and no sign that says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), 0


def test_a_parcel_is_unpacked_whatever_its_names(folder: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parcel:
        for name, unit in (("区域/甲.xlsx", "A"), ("../../乙.xlsx", "B")):
            parcel.writestr(FromWindows(name), filled(folder, unit, 7))
        parcel.writestr("__MACOSX/._甲.xlsx", b"x")
        parcel.writestr("说明.docx", b"x")
        parcel.writestr("内.zip", b"x")
    path = came(folder, "上报.zip", made.getvalue())
    receipts = collect(folder, path, code=1)
    assert sorted(answers(receipts)) == ["accepted", "accepted", "unreadable"]
    assert {one["unit"] for one in receipts} >= {"A", "B"}
    assert any(one["file"].endswith("上报.zip/区域/甲.xlsx") for one in receipts)
    assert not (folder.parent / "乙.xlsx").exists()


def test_a_damaged_parcel_is_told_and_the_others_go_on(folder: Path) -> None:
    good = came(folder, "甲.xlsx", filled(folder, "A", 1))
    bad = came(folder, "坏.zip", b"PK\x03\x04 nothing")
    assert sorted(answers(collect(folder, bad, good, code=1))) == ["accepted", "unreadable"]


def test_a_file_after_approval_is_kept_aside(folder: Path) -> None:
    collect(folder, came(folder, "1.xlsx", filled(folder, "A1", 1000)))
    run(folder, "review", "approve", "A1")
    (receipt,) = collect(folder, came(folder, "2.xlsx", filled(folder, "A1", 2000)), code=1)
    assert receipt["answer"] == "late"
    now = standing(folder, "A1")
    assert (now.state.value, now.current, now.late) == ("approved", 1, (2,))
    assert "reopen" in run(folder, "choose", "A1", "2", "--reason", "x", code=1).output
    run(folder, "review", "reopen", "A1", "--reason", "新版更正")
    run(folder, "choose", "A1", "2", "--reason", "新版更正")
    assert standing(folder, "A1").total == 200_000


def test_a_nil_return_is_explicit_and_can_be_approved(folder: Path) -> None:
    run(folder, "nil", "B1", "--reason", "本年无活动", "--by", "乙一")
    now = standing(folder, "B1")
    assert (now.nil, now.total, now.state.value) == (True, 0, "received")
    run(folder, "review", "approve", "B1")
    assert "通过" in run(folder, "nil", "B1", "--reason", "又", code=1).output


def test_a_waiver_and_a_recheck_let_the_same_file_pass(folder: Path) -> None:
    collect(folder, came(folder, "甲.xlsx", filled(folder, "A", 600_000)), code=1)
    assert standing(folder, "A").state.value == "returned"
    assert json.loads(run(folder, "recheck", "--json").stdout) == {"rechecked": []}
    waiver = '[[waiver]]\nrule = "P901"\nunit = "A"\napprover = "总经理"\nreason = "展会"\nuntil = "2099-12-31"\n'
    (folder / "waivers.toml").write_text(waiver, encoding="utf-8")
    (again,) = json.loads(run(folder, "recheck", "--json").stdout)["rechecked"]
    assert (again["before"], again["now"]) == ("errors", "warnings")
    assert standing(folder, "A").state.value == "received"


def test_taking_in_leaves_no_folder_of_ours(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    collect(folder, came(folder, "甲.xlsx", filled(folder, "A", 1)))
    assert not list(place.iterdir())


def test_a_round_is_found_from_below_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    result = CliRunner().invoke(main, ["status", "--json"])
    assert result.exit_code == 0, result.output
    monkeypatch.chdir(folder.parent)
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 2
    assert "--round" in result.output


def test_a_round_without_a_ledger_says_how_to_get_one(tmp_path: Path) -> None:
    lay_round(tmp_path / "r")
    result = CliRunner().invoke(main, ["status", "--round", str(tmp_path / "r")])
    assert result.exit_code == 2
    assert "ledger backup" in result.output


def test_a_copied_round_goes_on_where_it_was(folder: Path) -> None:
    collect(folder, came(folder, "甲.xlsx", filled(folder, "A", 1000)))
    there = folder.parent / "copy"
    shutil.copytree(folder, there)
    assert standing(there, "A").total == 100_000
