"""What a unit types is text in everything that crmxl writes: never a formula, never a link, never a command.

The texts take the real way: typed into a workbook, read, checked, written in every form, and opened again.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyarrow.parquet as parquet  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given, settings
from hypothesis import strategies as some

from crmxl.cli import main
from crmxl.define.library import Library
from crmxl.errors import WriteError
from crmxl.issue.addresses import a1
from crmxl.issue.book import Book, footer
from crmxl.issue.layout import lay_out
from crmxl.model import Type
from crmxl.report.harmless import inert, json_text, visible, visible_lines
from crmxl.resources import folder
from tests.office.driver import Office

SAMPLE = folder("samples") / "cosmetics-plan" / "group-sample.json"
DATA: dict[str, str] = json.loads(SAMPLE.read_text(encoding="utf-8"))
LAYOUT = lay_out(Library().load("cosmetics-plan"), 2026)
SHEET = LAYOUT.sheets[0].name
AMOUNTS = [key for key in DATA if LAYOUT.cells[key].type is Type.MONEY]
BASES = [key for key in DATA if key.endswith("@basis")]
TITLES = [key for key in LAYOUT.cells if key.endswith("@title") and LAYOUT.cells[key].role == "input"]

STARTS = (
    *("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹣", "﹢", "|", "%"),
    *(" =", "\u3000=", "\u00a0+", "\u200b=", "\ufeff@", "\u2060-", "\u202e=", '"=', "'=", "“=", "\u200b \"'="),
    *("=1+1", '=HYPERLINK("http://x.example","y")', "=cmd|'/C calc'!A0", "@SUM(1+1)*cmd|'/C calc'!A0", "-2+3+cmd|'!A0"),
    *("=WEBSERVICE(1)", "{=1+1}", "=DDE(1;2)", ";=1+1", ",=1+1", '",=1+1', "a;=1", "\n=1+1", "1\n=1+1"),
    *(
        "http://x.example/",
        "https://x.example",
        "ftp://x",
        "mailto:a@b.cn",
        "internal:Sheet1!A1",
        "external:c:\\x.xlsx",
    ),
    *(
        "file://x/y",
        "file:///c:/x",
        "\\\\server\\share\\x.xlsx",
        "www.x.example",
        "#Sheet1!A1",
        "<f>1+1</f>",
        "]]>",
        "&amp;",
    ),
    *(
        "\x1b[2J",
        "\x1b]8;;http://x.example\x07",
        "\x9b31m",
        "\x7f",
        "\x00",
        "_x0041_",
        "_x005F_",
        "_x000D_",
        "&P&D",
        "{0}",
        "%s",
    ),
    *("\u202eabc", "\u2028x", "\u2066x", "\U000e0041", "[red]x[/red]", ":smile:", "<U+202E>", "😀", "nan", "1e5"),
)
"""What attacks begin with; any text follows."""
BODY = some.text(
    some.characters(blacklist_categories=["Cs"], blacklist_characters="\ufffe\uffff\u0600\u3164")
    | some.sampled_from("=+-@\t\n\u200b\u202e\x1b"),
    max_size=12,
)
HOSTILE = some.tuples(some.sampled_from(STARTS), BODY).map("".join) | BODY
MARK = re.compile("~([0-9]+)~")
"""Stands at the end of each text, so that it is found wherever it goes."""
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What the check finds and does not let count."""


def run(*arguments: object, code: Sequence[int] = (0, 1)) -> Result:
    result = CliRunner().invoke(main, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in code, result.output
    return result


def marked(texts: Sequence[str]) -> list[str]:
    return [f"{text}~{number}~" for number, text in enumerate(texts)]


def spelled(text: str) -> str:
    """As Excel stores it: control characters, and what looks like their spelling, are spelled ``_x001B_``."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", text)


def meant(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def returned(path: Path, typed: dict[str, str], unit: str) -> Path:
    """The sample as ``unit`` returns it with the texts ``typed`` in, by key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run("generate", "cosmetics-plan", "--unit", unit, "--year", 2026, "--data", SAMPLE, "-o", path)
    book = openpyxl.load_workbook(path)
    for key, text in typed.items():
        place = LAYOUT.cells[key]
        cell = book[SHEET][a1(place.row, place.column)]
        cell.value = spelled(text)
        cell.data_type = "s"  # typed after an apostrophe, or pasted: openpyxl would take = for a formula
        if key in TITLES:
            amount = LAYOUT.cells[key.replace("@title", "@amount")]
            book[SHEET][a1(amount.row, amount.column)] = 1
    book.save(path)
    return path


# ---- what is looked for in what was written ----------------------------------------------------------------------


def texts_of_workbook(data: bytes) -> dict[str, str]:
    """The cells with a marked text, by mark; fails for any that is run, or leads anywhere."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                tree = ElementTree.fromstring(archive.read(name))
                for node in tree.iter():
                    tag = node.tag.rpartition("}")[2]
                    assert tag not in ("ddeLink", "oleLink", "externalReference", "externalBook"), name
                    assert node.attrib.get("TargetMode") != "External", name
                    if tag in ("f", "definedName", "formula", "formula1", "formula2"):
                        assert not MARK.search(node.text or ""), (name, node.text)
                    if tag in ("hyperlink", "Relationship"):
                        assert not MARK.search("".join(node.attrib.values())), (name, node.attrib)
                    if tag in ("si", "is"):
                        text = "".join(one.text or "" for one in node.iter() if one.tag.endswith("}t"))
                        if mark := MARK.search(text):
                            found.setdefault(mark[1], meant(text))
    for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
        assert not MARK.search(sheet.title)
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, str) and MARK.search(cell.value):
                assert cell.data_type == "s" and cell.hyperlink is None, cell.value
    return found


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def check_csv(data: bytes) -> dict[str, str]:
    """The fields with a marked text, by mark; fails for any that starts like a formula once blanks are gone."""
    found: dict[str, str] = {}
    for row in table(data):
        for field in row:
            bare = "".join(sign for sign in field if unicodedata.category(sign) not in ("Cf", "Cc", "Zs", "Zl", "Zp"))
            first = unicodedata.normalize("NFKC", bare.lstrip('"“”‘’'))[:1]
            plain_number = re.fullmatch(r"-?[0-9,]+(\.[0-9]+)?%?", field)
            assert field[:1] not in ("\t", "\r", "\n") and (first not in tuple("=+-@|%") or plain_number), field
            assert visible_lines(field) == field
            if mark := MARK.search(field):
                found.setdefault(mark[1], field)
    return found


def strings(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for one in document:
            yield from strings(one)
    elif isinstance(document, str):
        yield document


def harmless_on_a_terminal(shown: str) -> None:
    assert visible_lines(shown) == shown


# ---- the properties ----------------------------------------------------------------------------------------------


@settings(max_examples=3)
@example([*STARTS])
@given(some.lists(HOSTILE, min_size=10, max_size=30))
def test_texts_of_a_workbook_that_counts_stay_text_in_every_form_of_the_totals(texts: list[str]) -> None:
    keys = [*TITLES, *BASES]
    wanted: dict[str, str] = {}
    with TemporaryDirectory() as name:
        inbox, out = Path(name, "in"), Path(name, "out")
        for start in range(0, len(texts), len(keys)):
            some_texts = [
                f"{_REFUSED.sub('', text)}~{number}~"
                for number, text in enumerate(texts[start : start + len(keys)], start)
            ]
            wanted |= {str(number): text for number, text in enumerate(some_texts, start)}
            returned(inbox / f"{start}.xlsx", dict(zip(keys, some_texts, strict=False)), f"单位{start}")
        shown = run("consolidate", inbox, "-o", out / "a.xlsx", code=(0,))
        harmless_on_a_terminal(shown.output)
        for suffix in ("csv", "json", "parquet"):
            run("consolidate", inbox, "-o", out / f"a.{suffix}", code=(0,))
        wanted = {number: text.replace("\r\n", "\n").replace("\r", "\n") for number, text in wanted.items()}

        def as_read(found: dict[str, str]) -> dict[str, str]:
            return {number: text.replace("\r\n", "\n").replace("\r", "\n") for number, text in found.items()}

        assert as_read(texts_of_workbook((out / "a.xlsx").read_bytes())) == wanted
        assert as_read(check_csv((out / "a.csv").read_bytes())) == {n: inert(text) for n, text in wanted.items()}
        facts = parquet.read_table(out / "a.parquet").to_pydict()
        stored = {mark[1]: text for name in ("title", "basis") for text in facts[name] if (mark := MARK.search(text))}
        assert as_read(stored) == wanted
        written = (out / "a.json").read_text(encoding="utf-8")
        harmless_on_a_terminal(written)
        told = {
            mark[1]: text
            for text in strings(json.loads(written))
            if (mark := MARK.search(text))
            and "<U+" not in text  # E118 repeats a text with its unseen signs spelled out
        }
        assert as_read(told).items() <= wanted.items()


@settings(max_examples=3)
@example([*STARTS])
@given(some.lists(HOSTILE, min_size=1, max_size=30))
def test_texts_of_a_workbook_with_findings_stay_text_in_every_form_of_the_findings(texts: list[str]) -> None:
    keys = [*AMOUNTS, *BASES, *TITLES]
    with TemporaryDirectory() as name:
        inbox, out = Path(name, "in"), Path(name, "out")
        typed = dict(zip(keys, marked(texts), strict=False))
        returned(inbox / "a.xlsx", typed, "=1+1@单位")
        for lang in ("zh", "en"):
            harmless_on_a_terminal(run("--lang", lang, "validate", inbox, "--annotate", out, code=(0, 1)).output)
        for form in ("csv", "json", "xlsx", "txt"):
            run("validate", inbox, "-o", out / f"a.{form}", "--fail-on", "never")
        check_csv((out / "a.csv").read_bytes())
        texts_of_workbook((out / "a.xlsx").read_bytes())
        harmless_on_a_terminal((out / "a.json").read_text(encoding="utf-8"))
        harmless_on_a_terminal((out / "a.txt").read_text(encoding="utf-8"))
        json.loads((out / "a.json").read_text(encoding="utf-8"))
        left = out / "left.xlsx"
        harmless_on_a_terminal(run("consolidate", inbox, "-o", left).output)
        texts_of_workbook(left.read_bytes())
        copies = list(out.glob("a-*.xlsx"))
        for copy in copies:  # the unit's own entries, to the letter
            found = texts_of_workbook(copy.read_bytes())
            assert found.keys() == {str(number) for number in range(len(typed))}


@settings(max_examples=300)
@given(HOSTILE | some.text(some.characters()))
def test_the_apostrophe_comes_off_again(text: str) -> None:
    written = inert(text)
    taken = written[1:] if written.startswith("'") and inert(written[1:]) == written else written
    assert taken == visible_lines(text)


@given(some.text(some.characters()))
def test_json_is_exact_and_shows_everything(text: str) -> None:
    written = json_text({"text": text})
    assert json.loads(written)["text"] == text.encode("utf-8", "replace").decode()
    harmless_on_a_terminal(written)


def test_every_sign_that_nobody_sees_is_spelled_out() -> None:
    for number in range(0x110000):
        if unicodedata.category(chr(number)) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert visible(chr(number)) in (f"<U+{number:04X}>", "?"), hex(number)
    for text in ("华南区域 2026（一）", "é😀𠮷", "a\u3000b", "‘x’"):
        assert visible(text) == text


# ---- names that go into a workbook's own parts -------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit", ["=1+1", "@SUM(A1)", "&P&D&[File]", "http://x.example", "<b>&", "'x'!A1", "-1", "名" * 60]
)
def test_a_name_stays_a_name_in_cells_footers_and_properties(unit: str, tmp_path: Path) -> None:
    path = returned(tmp_path / "in" / "a.xlsx", {BASES[0]: "~0~"}, unit)
    run("consolidate", path, "-o", tmp_path / "g.xlsx")
    run("validate", path, "-o", tmp_path / "f.xlsx", "--fail-on", "never", "--annotate", tmp_path)
    for made in (path, *tmp_path.glob("*.xlsx")):
        data = made.read_bytes()
        book = openpyxl.load_workbook(io.BytesIO(data))
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert not any(cell.data_type == "f" and cell.value == unit for cell in cells)
        assert not any(cell.hyperlink and cell.hyperlink.target for cell in cells)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
            feet = [
                node.text or ""
                for name in names
                for node in ElementTree.fromstring(archive.read(name)).iter()
                if "Footer" in node.tag
            ]
        for foot in feet:
            commands = re.findall(r"&(?!&)(.)", foot.replace("&&", ""))
            assert set(commands) <= set("LCRPN8"), foot


@pytest.mark.parametrize(
    "text", ["&" * 200, "名" * 400, "😀" * 200, "a" * 119 + "&&", "plain & simple", "\ud800", "\uffff"]
)
def test_a_footer_is_plain_text_that_excel_takes(text: str) -> None:
    shown = footer(text)
    assert len(shown.encode("utf-16-le")) // 2 <= 120 and not re.search("[\ud800-\udfff\uffff]", shown)
    assert re.sub("&&", "", shown).count("&") == 0


def test_a_text_too_long_for_a_cell_is_cut_where_it_is_told_and_refused_where_it_counts() -> None:
    for text in ("x" * 40_000, "😀" * 20_000):
        cut = Book(cut=True).fitting(text)
        assert cut.endswith("…") and len(cut.encode("utf-16-le")) // 2 <= 32_767 and text.startswith(cut[:-1])
        with pytest.raises(WriteError, match="32,767"):
            Book().fitting(text)
    assert Book().fitting("😀" * 16_000) == "😀" * 16_000


@pytest.mark.parametrize(
    "stamp",
    [
        {"deadline": "\ud800", "contact": "\udfff", "round": "r\ud800"},
        {"deadline": "x" * 40_000},
        {"unit_name": "x" * 40_000},
        {"unit_name": "名" * 300},
        {"deadline": "\uffff\ufffe"},
        {"deadline": "行\n" * 3000},
    ],
    ids=["half signs", "long deadline", "longest name", "long name", "no signs", "many lines"],
)
def test_a_stamp_that_fits_no_workbook_stops_no_batch(stamp: dict[str, str], tmp_path: Path) -> None:
    good = returned(tmp_path / "in" / "1.xlsx", {AMOUNTS[0]: "x"}, "甲")
    bad = returned(tmp_path / "in" / "2.xlsx", {AMOUNTS[0]: "x"}, "乙")
    book = openpyxl.load_workbook(bad)
    cell = book["_crmxl"]["A1"]
    cell.value = json.dumps({**json.loads(str(cell.value)), **stamp}, sort_keys=True, separators=(",", ":"))
    book.save(bad)
    run("validate", tmp_path / "in", "--annotate", tmp_path / "copies", "-o", tmp_path / "f.xlsx", code=(1,))
    run("consolidate", tmp_path / "in", "-o", tmp_path / "g.xlsx", code=(1,))
    assert (tmp_path / "copies" / f"{good.stem}-问题.xlsx").exists()
    for made in tmp_path.rglob("*.xlsx"):
        openpyxl.load_workbook(made)


# ---- LibreOffice, for a second opinion ---------------------------------------------------------------------------


def test_libreoffice_finds_no_formula_among_the_texts(office: Office, tmp_path: Path) -> None:
    texts = [
        f"{text}~{n}~" for n, text in enumerate(t for t in STARTS if t.isprintable() or t[0] in "\u3000\u200b\ufeff")
    ]
    keys = [*TITLES, *BASES]
    for start in range(0, len(texts), len(keys)):
        returned(tmp_path / "in" / f"{start}.xlsx", dict(zip(keys, texts[start:], strict=False)), f"=单位{start}")
    for suffix in ("xlsx", "csv"):
        run("consolidate", tmp_path / "in", "-o", tmp_path / f"g.{suffix}", code=(0,))
        run("validate", tmp_path / "in", "-o", tmp_path / f"f.{suffix}", "--fail-on", "never")
    for made in ("g.csv", "f.csv", "g.xlsx", "f.xlsx"):
        seen, formulas = set[str](), 0
        with office.open(tmp_path / made) as book:
            for sheet in book.sheets():
                for cell in book.get(sheet.name).values():
                    seen |= set(MARK.findall(cell.string))
                    formulas += cell.type == "formula"
                    assert cell.type != "formula" or not MARK.search(cell.formula + cell.string), cell
        assert not formulas or made == "g.xlsx"
        assert made[0] == "f" or seen == {str(n) for n in range(len(texts))}
