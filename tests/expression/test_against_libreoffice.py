"""crmxl's exact values are LibreOffice's: generated expressions over generated cells, many in one process."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.expression import Cells, Fault, Measure, Node, Reference, Value, bind, evaluate, excel, parse
from crmxl.issue.book import Book, Page
from tests.office.driver import Office

pytestmark = [pytest.mark.office, pytest.mark.slow]
ROWS = 60
CELLS = 8
SHEETS = 8
NAMES = [f"x{n}" for n in range(CELLS)]


def generated(random: random.Random, depth: int = 0) -> str:
    """A source text; sizes stay below 10¹¹, where a ROUND of ties is the same in both worlds."""
    leaf = depth > 3 or random.random() < 0.25
    if leaf:
        return random.choice(
            [
                *NAMES,
                *NAMES,
                f"{random.randint(0, 9999)}",
                f"{random.randint(1, 9999)}.{random.randint(0, 99):02d}",
                "10%",
                "0.5‰",
            ]
        )

    def inner() -> str:
        return generated(random, depth + 1)

    match random.randrange(15):
        case 0 | 1:
            return f"({inner()} + {inner()})"
        case 2:
            return f"({inner()} - {inner()})"
        case 3:
            return f"({inner()} * {random.choice(['0.5', '10%', '0.5‰', '3'])})"
        case 4:
            return f"({inner()} / {inner()})"
        case 5:
            return f"SUM(all, {inner()})"
        case 6:
            return f"{random.choice(['MIN', 'MAX'])}(all, {inner()})"
        case 7:
            return f"ROUND({inner()}, {random.choice([0, 2])})"
        case 8:
            condition = f"{inner()} {random.choice(['=', '<>', '<', '<=', '>', '>='])} {inner()}"
            return f"IF({condition}, {inner()}, {inner()})"
        case 9:
            return f"IF(AND({inner()} > 0, NOT({inner()} = 0)), {inner()}, -{inner()})"
        case 10:
            return f"ABS({inner()})"
        case 11:
            return f"RANK(ROUND({inner()}, 2), all)"
        case 12:
            return f"SUMABOVE(all, ROUND({inner()}, 2))"
        case 13:
            return random.choice(
                [
                    f"ROUNDUP({inner()}, {random.choice([0, 1, -2])})",
                    f"POWER(1 + x0 / 100000000, {random.randint(-9, 9)})",
                    f"{random.choice(['SUM', 'MIN', 'MAX', 'COUNT'])}(all, {inner()}, all)",
                ]
            )
        case _:
            return random.choice(
                ["COUNT(all)", "TEXTS(all)", "FAULTS(all)", "BELOW(all, 0)", "ABOVE(all, 100)", "FILLED(all)"]
            )


def content(random: random.Random) -> Value:
    return random.choice(
        [
            None,
            Fraction(0),
            "1,000元",
            "文字",
            Fraction(random.randint(-(10**6), 10**7), 100),
            Fraction(random.randint(0, 10**9), 100),
            Fraction(random.randint(0, 1000)),
        ]
    )


def close(exact: Value, cell: object) -> bool:
    if isinstance(exact, bool):
        exact = Fraction(int(exact))
    if isinstance(exact, Fraction) and isinstance(cell, float | int):
        return abs(float(exact) - cell) <= max(1e-9 * abs(float(exact)), 1e-7)
    return (exact or "") == (cell or "")


@pytest.mark.parametrize("seed", range(4))
def test_generated_expressions_have_the_value_that_libreoffice_computes(
    office: Office, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    book, plain = Book(), {"locked": 0}
    expected: dict[tuple[str, str], tuple[str, Value]] = {}
    for number in range(SHEETS):
        page: Page = book.sheet(f"表{number}")
        values = {name: content(chance) for name in NAMES}
        for row, held in enumerate(values.values(), 1):
            if isinstance(held, Fraction):
                page.number(row, 1, held, plain)
            elif isinstance(held, str):
                page.text(row, 1, held, plain)

        def resolve(reference: Reference) -> Node:
            if reference.text == "all":
                return Cells(tuple(NAMES), Measure.MONEY, several=True)
            return Cells((reference.text,), Measure.MONEY)

        def address(keys: tuple[str, ...]) -> list[str]:
            return [f"A1:A{CELLS}"] if len(keys) > 1 else [f"A{NAMES.index(keys[0]) + 1}"]

        for row in range(1, ROWS + 1):
            source = generated(chance)
            node = bind(parse(source), resolve)
            exact = evaluate(node, values.get)
            if isinstance(exact, Fraction) and abs(exact) > 10**11:
                continue
            page.formula(row, 3, excel(node, address), "", plain)
            expected[page.raw.get_name(), f"C{row}"] = (source, exact)
    path = tmp_path / "generated.xlsx"
    path.write_bytes(book.close())
    with office.open(path) as opened:
        for number in range(SHEETS):
            cells = opened.get(f"表{number}")
            for (sheet, place), (source, exact) in expected.items():
                if sheet != f"表{number}":
                    continue
                cell = cells[place]
                if isinstance(exact, Fault):
                    assert cell.error, (source, exact, cell)
                else:
                    shown = cell.string if isinstance(exact, str) else cell.value
                    assert not cell.error and close(exact, shown), (source, exact, cell)
    assert len(expected) > SHEETS * ROWS // 2


TEXTS = [
    '"" & ROUND(1 / 4, 2)',
    '"" & ROUND(2 / 3, 4)',
    '"" & ROUND(1000000000 / 3, 4)',
    '"" & 0.0001',
    '"" & ROUNDUP(1 / 30000, 4) & ROUND(149, -2)',
    '"a" = "A"',
    'blank = ""',
    '"" <> blank',
    'number = "2026"',
    'zero = ""',
    'zero <> ""',
    'typed = "2026"',
    "BLANK(blank)",
    "BLANK(zero)",
    "BLANK(spaces)",
    "BLANK(wide)",
    'blank & number & typed & "项"',
]
HELD: dict[str, Value] = {
    "number": Fraction(2026),
    "zero": Fraction(0),
    "typed": "2026",
    "blank": None,
    "spaces": "  ",
    "wide": "　",
}


def test_texts_are_joined_and_compared_as_libreoffice_does(office: Office, tmp_path: Path) -> None:
    book, plain = Book(), {"locked": 0}
    page: Page = book.sheet("表")
    for row, held in enumerate(HELD.values(), 1):
        if isinstance(held, Fraction):
            page.number(row, 1, held, plain)
        elif isinstance(held, str):
            page.text(row, 1, held, plain)
    places = {name: f"A{row}" for row, name in enumerate(HELD, 1)}
    expected: dict[str, Value] = {}
    for row, source in enumerate(TEXTS, 1):
        node = bind(parse(source), lambda reference: Cells((reference.text,), Measure.TEXT))
        page.formula(row, 3, excel(node, lambda keys: [places[key] for key in keys]), "", plain)
        expected[source] = evaluate(node, HELD.get)
    path = tmp_path / "texts.xlsx"
    path.write_bytes(book.close())
    with office.open(path) as opened:
        cells = opened.get("表")
        shown = {source: cells[f"C{row}"] for row, source in enumerate(TEXTS, 1)}
    for source, exact in expected.items():
        cell = shown[source]
        assert not cell.error and close(exact, cell.string if isinstance(exact, str) else cell.value), (exact, cell)


WORDS: tuple[Value, ...] = (
    *("华东", "华东", "a", "A", "1.1", "1.10", "1", "*", "?", "~", "<>", ">5", "", " 华东", "001"),
    *(None, Fraction(1), Fraction(0), "=A1", "华*", "ß", "ss"),
)
"""What stands in a column of texts: to Excel's criteria half of it is something else."""


def test_equal_texts_are_counted_and_added_up_as_libreoffice_does(office: Office, tmp_path: Path) -> None:
    book, plain = Book(), {"locked": 0}
    page: Page = book.sheet("表")
    chance = random.Random(5)
    held: dict[str, Value] = {}
    for row, word in enumerate(WORDS, 1):
        held[f"w{row}"], held[f"n{row}"] = word, content(chance)
        for column, value in ((1, word), (2, held[f"n{row}"])):
            if isinstance(value, Fraction):
                page.number(row, column, value, plain)
            elif isinstance(value, str) and value:
                page.text(row, column, value, plain)
    columns = {name: tuple(f"{name}{row}" for row in range(1, len(WORDS) + 1)) for name in "wn"}

    def resolve(reference: Reference) -> Node:
        kind = Measure.TEXT if reference.text[0] == "w" else Measure.MONEY
        if reference.text in columns:
            return Cells(tuple(f"{key[1:]}@{key[0]}" for key in columns[reference.text]), kind, several=True)
        return Cells((f"{reference.text[1:]}@{reference.text[0]}",), kind)

    def address(keys: tuple[str, ...]) -> list[str]:
        letter = {"w": "A", "n": "B"}[keys[0][-1]]
        return [f"{letter}1:{letter}{len(WORDS)}"] if len(keys) > 1 else [f"{letter}{keys[0].split('@')[0]}"]

    values = {f"{name[1:]}@{name[0]}": value for name, value in held.items()}
    sources = [
        f"{start}, w{row}{end})"
        for row in range(1, len(WORDS) + 1)
        for start, end in (("COUNTIF(w", ""), ("SUMIF(w", ", n"))
    ]
    sources += ['COUNTIF(w, "")', 'COUNTIF(w, "1" & "")', 'SUMIF(w, "华东", n)']
    expected: dict[str, Value] = {}
    for row, source in enumerate(sources, 1):
        node = bind(parse(source), resolve)
        page.formula(row, 4, excel(node, address), "", plain)
        expected[source] = evaluate(node, values.get)
    path = tmp_path / "words.xlsx"
    path.write_bytes(book.close())
    with office.open(path) as opened:
        cells = opened.get("表")
        shown = {source: cells[f"D{row}"] for row, source in enumerate(sources, 1)}
    for source, exact in expected.items():
        assert not shown[source].error and close(exact, shown[source].value), (source, exact, shown[source])
