"""The hand of a person: each edit in LibreOffice is made once a run, however many tests ask for its workbook."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache

import pytest

from tests.office.driver import Office, find_installation
from tests.returned.workbooks import ByHand, Hand, sent

CONVERSIONS = {
    ".csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
    ".html": "html:HTML (StarCalc)",
    ".xlsm": "xlsm:Calc MS Excel 2007 VBA XML",
}
"""What LibreOffice is asked for; a CSV is comma-separated UTF-8, one file a sheet."""


@pytest.fixture(scope="session")
def by_hand(office: Office, tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    """A workbook after a person's edit, as LibreOffice saves it."""
    inside = tmp_path_factory.mktemp("by-hand")

    @cache
    def saved(edit: Hand, data: bytes) -> bytes:
        opened, returned = inside / "issued.xlsx", inside / "returned.xlsx"
        opened.write_bytes(data)
        with office.open(opened) as book:
            edit(book)
            book.save(returned)
        return returned.read_bytes()

    def by_hand(edit: Hand, data: bytes | None = None) -> bytes:
        return saved(edit, sent() if data is None else data)

    return by_hand


@pytest.fixture(scope="session")
def saved_as(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The workbook that was sent, saved by LibreOffice in other formats: by suffix, ``password`` for an encrypted one.

    A CSV is the budget's own sheet.
    """
    inside = tmp_path_factory.mktemp("saved-as")
    issued, out = inside / "预算.xlsx", inside / "out"
    issued.write_bytes(sent())
    found: dict[str, bytes] = {}
    with office.open(issued) as book:
        for suffix in (".xls", ".ods"):
            book.save(inside / f"预算{suffix}")
            found[suffix] = (inside / f"预算{suffix}").read_bytes()
        book.save(inside / "加密.xlsx", password="123456")
        found["password"] = (inside / "加密.xlsx").read_bytes()
    program = [find_installation().soffice, f"-env:UserInstallation={(inside / 'profile').as_uri()}", "--headless"]
    for suffix, form in CONVERSIONS.items():
        arguments = ["--convert-to", form, "--outdir", str(out), str(issued)]
        subprocess.run([*program, *arguments], check=True, capture_output=True, timeout=120)
        (made,) = (one for one in out.glob(f"*{suffix}") if suffix != ".csv" or "费用预算" in one.name)
        found[suffix] = made.read_bytes()
    return found
