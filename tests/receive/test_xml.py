"""XML is read as every program reads it, or not at all: no document type, no other encoding, no comments in sheets."""

from __future__ import annotations

import random
import time

import pytest

from crmxl.receive.sheet import Context, Tab, read_sheet
from crmxl.receive.submission import Content, ContentType
from crmxl.receive.xml import MAIN
from tests.receive.packages import (
    BOOK,
    BOOK_RELS,
    ONE_TAB,
    RELS,
    SHEET,
    STRINGS,
    STYLES,
    answer,
    cell,
    cells,
    opened,
    package,
    relations,
    smallest,
    strings,
    styles,
    tab,
)
from tests.receive.packages import sheet as sheet_part

ROW = '<row r="1"><c r="A1"><v>5</v></c></row>'
ASIDE = "an XML comment, instruction or CDATA section"
FIVE = {(1, 1): Content(ContentType.NUMBER, "5")}


def read(*chunks: bytes) -> Tab:
    return read_sheet(chunks, SHEET, "预算", "visible", Context())


def prefixed(prefix: str) -> bytes:
    p = f"{prefix}:"
    row = f'<{p}row r="1"><{p}c r="A1"><{p}v>5</{p}v></{p}c></{p}row>'
    return f'<{p}worksheet xmlns:{prefix}="{MAIN}"><{p}sheetData>{row}</{p}sheetData></{p}worksheet>'.encode()


@pytest.mark.parametrize("prefix", ["x", "main", "表"])
def test_the_namespace_may_have_any_prefix(prefix: str) -> None:
    assert read(prefixed(prefix)).cells == FIVE


def test_the_same_names_in_another_namespace_are_not_cells() -> None:
    other = f'<c xmlns="http://other" r="A1"><v>5</v></c><c xmlns="{MAIN}" r="A1"><v>5</v></c>'
    assert answer(lambda: read(sheet_part(f'<row r="1">{other}</row>')))[0] == "F107"
    assert answer(lambda: read(sheet_part(ROW).replace(MAIN.encode(), b"http://other"))) == ("F102", SHEET, "")
    assert answer(lambda: read(b"<worksheet/>")) == ("F102", SHEET, "")


def test_a_sheet_may_come_in_any_pieces() -> None:
    part = sheet_part(ROW)
    assert read(b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>" + part).cells == FIVE
    assert read(b"\n" + part).cells == read(b"\xef\xbb\xbf" + part).cells == FIVE
    assert read(*(part[at : at + 1] for at in range(len(part)))).cells == FIVE


@pytest.mark.parametrize(
    "inside", ["<v>1<!-- -->00</v>", "<!-- --><v>100</v>", "<v>1<?x y?>00</v>", "<v>1<![CDATA[00]]></v>"]
)
def test_what_splits_a_value_for_some_programs_is_refused_wherever_the_part_is_cut(inside: str) -> None:
    part = sheet_part(f'<row r="1"><c r="A1">{inside}</c></row>')
    assert answer(lambda: read(part)) == ("F107", ASIDE, SHEET)
    for cut in range(1, len(part)):
        assert answer(lambda at=cut: read(part[:at], part[at:])) == ("F107", ASIDE, SHEET)  # type: ignore[misc]


@pytest.mark.parametrize("inside", ["<!-- -->", "<![CDATA[]]>", "<?x y?>"])
def test_so_it_is_in_shared_texts(inside: str) -> None:
    assert answer(lambda: cells(shared(strings(f"<t>1{inside}00</t>")))) == ("F107", ASIDE, STRINGS)


def shared(part: bytes) -> dict[str, bytes]:
    """The smallest workbook's parts with shared texts."""
    own = relations(ONE_TAB, ("rId2", "sharedStrings", "sharedStrings.xml"))
    return {**smallest(), STRINGS: part, BOOK_RELS: own}


@pytest.mark.parametrize("name", [RELS, BOOK, STYLES, BOOK_RELS])
def test_around_the_sheets_comments_and_instructions_do_no_harm(name: str) -> None:
    parts = {
        **smallest(),
        BOOK_RELS: relations(ONE_TAB, ("rId2", "styles", "styles.xml")),
        STYLES: styles(0),
    }
    noted = parts[name].replace(b">", b"><!-- made by --><?made by?>", 1)
    assert cells({**parts, name: noted}).tabs[0].cells == FIVE


def test_a_document_type_or_encoding_that_the_gate_did_not_see_is_refused_while_reading() -> None:
    part = sheet_part(ROW)
    assert answer(lambda: read(b"<!DOCTYPE worksheet>" + part)) == ("F107", "DOCTYPE", SHEET)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (b"", "no element found"),
        (sheet_part(ROW)[:-4], "unclosed token"),
        (sheet_part(ROW) + b"<x/>", "junk after document element"),
        (sheet_part("<row></c>"), "mismatched tag"),
        (sheet_part('<row r="1" r="2"/>'), "duplicate attribute"),
        (sheet_part("&nbsp;"), "undefined entity"),
        (sheet_part("&#0;"), "reference to invalid character number"),
        (sheet_part("\x01"), "not well-formed (invalid token)"),
        (sheet_part("<x:row/>"), "unbound prefix"),
        (sheet_part(ROW).replace(b">5<", b">\xff<"), "not well-formed (invalid token)"),
    ],
)
def test_bad_xml_is_damage_and_says_where(part: bytes, said: str) -> None:
    code, found, _ = answer(lambda: read(part))
    assert code == "F102"
    assert found.startswith(f"{SHEET}: {said}: line 1, column ")


HEX = random.Random(0).randbytes(4 << 20).hex()
"""Eight megabytes that no limit of packing stops."""
LONG = {
    "an attribute": sheet_part(f'<row x="{HEX}"/>'),
    "a name": sheet_part(f"<x{HEX}/>"),
    "a text": sheet_part(f'<row><c t="str"><v>{HEX}</v></c></row>'),
    "a name space": sheet_part().replace(b"<sheetData>", f'<sheetData xmlns:x="{HEX}">'.encode()),
}


@pytest.mark.parametrize("name", LONG)
def test_a_tag_or_text_beyond_any_measure_is_refused_at_once(name: str) -> None:
    began = time.perf_counter()
    assert answer(lambda: opened(package({SHEET: LONG[name]}))) == (
        "F105",
        f"> 131,072 bytes of an XML tag ({SHEET})",
        "131,072",
    )
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("alphabet", ["abcdefgh ", "预算金额编制人", "😀😁😂🤣"])
def test_the_longest_text_of_a_cell_is_not_beyond_measure(alphabet: str) -> None:
    texts = ["".join(random.Random(seed).choices(alphabet, k=32_767)) for seed in range(12)]
    assert cell(f"<is><t>{texts[0]}</t></is>", 't="inlineStr"').text == texts[0]
    assert cells(shared(strings(*(f"<t>{text}</t>" for text in texts)))).tabs[0].cells == FIVE


@pytest.mark.parametrize(
    "rows",
    [
        "<row>" + "<c><v>5</v></c>" * 16_384 + "</row>",
        "<row><c><v>5</v></c></row>" * 20_000,
        '<row><c t="str"><v>' + "&#53;" * 20_000 + "</v></c></row>",
        '<row><c t="inlineStr"><is>' + "<r><t>5</t></r>" * 20_000 + "</is></c></row>",
        "<row " + " ".join(f'a{number}="5"' for number in range(5_000)) + "/>",
        "<row><c><f>" + "(" * 8_192 + "</f></c></row>",
        '<row><c><f t="shared" si="0">'
        + "'" * 8_191
        + "</f></c></row>"
        + '<row><c><f t="shared" si="0"/></c></row>' * 500,
        '<row><c><f t="shared" si="0">'
        + "A1:" * 2_700
        + "A1</f></c></row>"
        + '<row><c><f t="shared" si="0"/></c></row>' * 9,
    ],
)
def test_no_sheet_takes_long_for_its_size(rows: str) -> None:
    """A tenth of a second is what these take; five leave room for a slow machine."""
    began = time.perf_counter()
    assert tab(rows).name
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("depth", [65, 1_000, 100_000])
def test_elements_within_one_another_are_refused_before_they_are_many(depth: int) -> None:
    for after in ("<x>" * depth, "<x>" * (depth - 1) + "</x>" * (depth - 1)):
        code, found, _ = answer(lambda there=after: opened(package({SHEET: sheet_part("", after=there)})))  # type: ignore[misc]
        assert (code, found) == ("F105", f"65 levels of XML ({SHEET})") or code == "F102"
