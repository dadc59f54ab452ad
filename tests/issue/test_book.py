"""The door to XlsxWriter gives what XlsxWriter gives."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from crmxl.issue.book import Book, binary, yuan

FORMULAS = (
    "A1+B1",
    "SUM(A1:B2)",
    "'SORT(1)'!A1",
    "IF(SUMIFS('明细'!$A$1:$A$9,'明细'!$B$1:$B$9,$C1)=0,\"FILTER(x)\",1)",
    "SUM(UNIQUE(A1:A3))",
    "XLOOKUP(A1,B1:B3,C1:C3)",
    "SWITCH(A1,1,2)+XSORT(1)",
    "_xlfn.IFS(A1,1)",
    "IFS(A1,1)",
    "SINGLE(A1)",
    "{1,2}",
)


def formulas(file: bytes) -> list[str]:
    with ZipFile(io.BytesIO(file)) as parts:
        return re.findall(r"<f[^>]*>[^<]*</f>", parts.read("xl/worksheets/sheet1.xml").decode())


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_stands_in_the_file_as_xlsxwriter_writes_it(formula: str) -> None:
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as workbook:
        workbook.add_worksheet("x").write_formula(0, 0, f"={formula}", None, 1)
    book = Book()
    book.sheet("x").formula(1, 1, formula, Fraction(1), {})
    found = formulas(book.close())
    assert found == formulas(plain.getvalue())
    assert len(found) == 1


@given(st.integers(-(10**15), 10**15))
def test_fen_stand_in_a_cell_as_their_yuan(fen: int) -> None:
    assert (yuan(fen), type(yuan(fen))) == (binary(Fraction(fen, 100)), type(binary(Fraction(fen, 100))))


def test_every_row_is_seen_as_it_is_saved() -> None:
    seen: list[int] = []

    def watched(rows: range) -> object:
        for row in rows:
            seen.append(row)
            yield row

    book = Book()
    for name in ("x", "y"):
        page = book.sheet(name)
        for row in (1, 5, 9):
            page.text(row, 1, "text", {})
    book.close(watched)  # type: ignore[arg-type]
    assert seen == list(range(6))
