"""The group workbook of a round: every figure of its sheets recalculated by LibreOffice, foldable, harmless."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmxl.commands.totalling import totals_of
from crmxl.group.origin import Figures
from crmxl.group.stages import beside, remarks
from crmxl.group.totals import Totals
from crmxl.model import Lang
from crmxl.report.group_workbook import write_totals
from tests.group.totalled import approve, entries, lay, mixed, opened, send
from tests.office.driver import Office
from tests.report.test_totals_workbook import ALLOWED, formulas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rounds")
    first = lay(folder / "first")
    send(first, "N", entries(a=100, b=200))
    send(first, "E2", entries(a=40, own=2))
    approve(first, "N", "E2")
    mixed(folder / "second")
    return folder


def totals(folder: Path, figures: Figures) -> Totals:
    """Both stages side by side, with what is under review."""
    with opened(folder / "first") as (records, register):
        earlier = totals_of(records, register, "received", figures, "zh")
    with opened(folder / "second") as (records, register):
        now = totals_of(records, register, "received", figures, "zh")
        return replace(now, against=beside(now, earlier, remarks(register.board, figures)))


def opened_book(data: bytes, *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


@pytest.mark.parametrize(("lang", "figures"), [("zh", "approved"), ("en", "submitted")])
def test_libreoffice_computes_every_figure_of_a_rounds_workbook(
    office: Office, folder: Path, tmp_path: Path, lang: Lang, figures: Figures
) -> None:
    found = totals(folder, figures)
    path = tmp_path / "totals.xlsx"
    path.write_bytes(write_totals(found, lang=lang, cache=False))
    written = opened_book(write_totals(found, lang=lang), values=True)
    asked = formulas(opened_book(path.read_bytes()))
    with office.open(path) as book:
        book.recalc()
        computed = {sheet.title: book.get(sheet.title) for sheet in written}
    for (sheet, cell), formula in asked.items():
        value, theirs = written[sheet][cell].value, computed[sheet][cell]
        assert theirs.error == 0, (sheet, cell, formula)
        if isinstance(value, (int, float)):
            assert theirs.value == pytest.approx(value, abs=1e-6), (sheet, cell, formula)
        else:
            assert theirs.value == (value or ""), (sheet, cell, formula)
    assert len(asked) > 150
    checks = {"zh": "校验", "en": "Checks"}[lang]
    assert written[checks]["E7"].value == {"zh": "通过", "en": "Pass"}[lang]


def test_every_formula_uses_functions_that_all_programs_share(folder: Path) -> None:
    used = formulas(opened_book(write_totals(totals(folder, "approved"))))
    assert {name for text in used.values() for name in re.findall(r"([A-Z]+)\(", text)} <= ALLOWED


def test_a_changed_own_amount_moves_every_level_above_it(office: Office, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "totals.xlsx"
    path.write_bytes(write_totals(totals(folder, "approved")))
    names = ("集团总部（G）", "华南区域（N）", "广州项目（N1）", "华东区域（E）")
    with office.open(path) as book:
        book.unprotect_all()
        rows = {book.value("层级汇总", f"A{row}"): row for row in range(7, 14)}
        before = [book.value("层级汇总", f"D{rows[name]}") for name in names]
        book.set("层级汇总", f"B{rows['广州项目（N1）']}", 1000)
        book.recalc()
        after = [book.value("层级汇总", f"D{rows[name]}") for name in names]
        moved = [round(float(new or 0) - float(old or 0), 2) for new, old in zip(after, before, strict=True)]
        assert moved == [856.33, 856.33, 856.33, 0]
        assert book.value("校验", "E7") == "不通过"


def test_the_adjusted_figures_are_those_that_count_after_several_roles_and_months(tmp_path: Path) -> None:
    folder = lay(tmp_path / "round")
    roles = (folder / "round.toml").read_text(encoding="utf-8").replace('["finance"]', '["finance", "cost"]')
    (folder / "round.toml").write_text(roles, encoding="utf-8")
    send(folder, "N", entries(a=1000, b=1000))
    approve(folder, "N", changes="1.1.2@amount.03,-100,甲\n1.1.1@amount,-100,甲\n", role="finance")
    approve(folder, "N", changes="1.1.2@amount.03,20,乙\n1.1.1@amount,-50,乙\n", role="cost")
    with opened(folder) as (records, register):
        found = totals_of(records, register, "approved", "approved", "zh")
    page = opened_book(write_totals(found), values=True)["调整"]
    rows = {row[1]: row for row in page.iter_rows(values_only=True) if row[1] and "@" in str(row[1])}
    assert {key: row[3:6] for key, row in rows.items()} == {
        "1.1.1@amount": (1000, -150, 850),
        "1.1.2@amount": (1000, -80, 920),
        "1.1.2@amount.03": (1000, -80, 920),
    }
    assert "甲" in rows["1.1.2@amount"][6] and "乙" in rows["1.1.2@amount"][6]
    assert found.total == 85000 + 92000


def test_levels_can_be_folded_and_the_other_sheets_are_protected(folder: Path) -> None:
    book = opened_book(write_totals(totals(folder, "approved")))
    page = book["层级汇总"]
    assert [page.row_dimensions[row].outlineLevel for row in range(7, 14)] == [0, 1, 2, 2, 1, 2, 2]
    assert page.sheet_properties.outlinePr.summaryBelow is False
    assert [sheet.title for sheet in book if not sheet.protection.sheet] == ["层级汇总"]


def test_an_english_workbook_has_no_chinese_labels_of_its_own(folder: Path) -> None:
    book = opened_book(write_totals(totals(folder, "approved"), lang="en"))
    heads = [cell.value for name in ("By level", "Adjustments", "Stages") for cell in book[name][6] if cell.value]
    assert all(text.isascii() for text in heads if "上" not in text), heads


def test_a_round_of_one_level_has_no_sheet_for_levels(tmp_path: Path) -> None:
    round = lay(tmp_path / "round")
    flat = "code,name,parent,type,recipient\nG,总部,,group,g\nN,华南,,region,n\n"
    (round / "units.csv").write_text(flat, encoding="utf-8")
    (round / "waivers.toml").unlink()
    send(round, "G", entries(a=1))
    approve(round, "G")
    with opened(round) as (records, register):
        book = opened_book(write_totals(totals_of(records, register, "approved", "approved", "zh")))
    assert "层级汇总" not in book.sheetnames and "调整" not in book.sheetnames and "阶段对比" not in book.sheetnames
