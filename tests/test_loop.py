"""The whole loop as people run it: generate, fill in real programs, validate, consolidate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.cli import main
from crmxl.define.library import Library
from crmxl.issue.addresses import a1
from crmxl.issue.layout import lay_out
from crmxl.model import Type
from crmxl.resources import folder
from tests.office.driver import Office

SAMPLE = folder("samples") / "cosmetics-plan" / "group-sample.json"
DATA: dict[str, str] = json.loads(SAMPLE.read_text(encoding="utf-8"))
LAYOUT = lay_out(Library().load("cosmetics-plan"), 2026)


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def issued(path: Path, unit: str, *more: object) -> Path:
    run("generate", "cosmetics-plan", "--unit", unit, "--year", 2026, "-o", path, *more)
    return path


def place(key: str) -> tuple[str, str]:
    cell = LAYOUT.cells[key]
    return LAYOUT.by_id[cell.sheet].name, a1(cell.row, cell.column)


def validated(*paths: Path, code: int = 0) -> list[dict[str, Any]]:
    result = run("validate", *paths, "--format", "json", code=code)
    files: list[dict[str, Any]] = json.loads(result.stdout)["files"]
    return files


def by_openpyxl(blank: Path, filled: Path) -> Path:
    book = openpyxl.load_workbook(blank)
    for key, value in DATA.items():
        sheet, cell = place(key)
        book[sheet][cell] = float(value) if LAYOUT.cells[key].type is Type.MONEY else value
    book.save(filled)
    return filled


def by_libreoffice(office: Office, blank: Path, filled: Path) -> Path:
    with office.open(blank) as book:
        with book.batch() as edits:
            for key, value in DATA.items():
                sheet, cell = place(key)
                edits.type_in(sheet, cell, value)
        book.save(filled)
    return filled


def test_generate_and_validate_are_clean_with_the_total_of_the_source(tmp_path: Path) -> None:
    (file,) = validated(issued(tmp_path / "a.xlsx", "华南区域", "--data", SAMPLE))
    assert file["verdict"] == "ok"
    assert file["total"] == "133000.00"
    assert (file["template"], file["unit"], file["findings"]) == ("cosmetics-plan@1", "华南区域", [])


def test_typing_in_libreoffice_and_filling_by_openpyxl_give_the_same_totals(office: Office, tmp_path: Path) -> None:
    blank = issued(tmp_path / "blank.xlsx", "华南区域")
    (typed,) = validated(by_libreoffice(office, blank, tmp_path / "typed.xlsx"))
    (filled,) = validated(by_openpyxl(blank, tmp_path / "filled.xlsx"))
    assert typed["total"] == filled["total"] == "133000.00"
    assert typed["findings"] == []
    assert [finding["code"] for finding in filled["findings"]] == ["F110"]


def test_the_sources_own_mistaken_totals_are_found_and_never_counted(office: Office, tmp_path: Path) -> None:
    good = issued(tmp_path / "good.xlsx", "华东区域", "--data", SAMPLE)
    wrong = tmp_path / "wrong.xlsx"
    with office.open(issued(tmp_path / "issued.xlsx", "华南区域", "--data", SAMPLE)) as book:
        book.unprotect_all()
        for key, stated in (("4@amount", "26000"), ("total@amount", "134000")):
            book.type_in(*place(key), stated)
        book.save(wrong)
    (file,) = validated(wrong, code=1)
    told = {(f["cell"], f["found"], f["expected"]): f["message"] for f in file["findings"]}
    assert set(told) == {
        (place("4@amount")[1], "26,000.00", "25,000.00"),
        (place("total@amount")[1], "134,000.00", "133,000.00"),
    }
    assert all("1,000.00" in message for message in told.values())
    result = run("consolidate", good, wrong, "--format", "json", code=1)
    totals = json.loads(result.stdout)
    assert totals["total"] == "133000.00"
    assert [unit["unit"] for unit in totals["units"]] == ["华东区域"]
    assert [Path(left["file"]).name for left in totals["left_out"]] == ["wrong.xlsx"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_blank_form_is_sent_back(tmp_path: Path, language: str) -> None:
    blank = issued(tmp_path / "blank.xlsx", "华南区域", "--lang", language)
    (file,) = validated(blank, code=1)
    assert [finding["code"] for finding in file["findings"]] == ["E115"]


def test_one_broken_file_never_stops_a_batch(tmp_path: Path) -> None:
    issued(tmp_path / "1.xlsx", "华南区域", "--data", SAMPLE)
    (tmp_path / "2.xlsx").write_bytes(b"")
    (tmp_path / "3.xlsx").write_bytes((tmp_path / "1.xlsx").read_bytes()[:5000])
    issued(tmp_path / "4.xlsx", "华东区域", "--data", SAMPLE)
    files = validated(tmp_path, code=1)
    assert [file["verdict"] for file in files] == ["ok", "unreadable", "unreadable", "ok"]
    totals = json.loads(run("consolidate", tmp_path, "--format", "json", code=1).stdout)
    assert totals["total"] == "266000.00"
    assert len(totals["left_out"]) == 2
