"""What a template calculates is what every program shows: rows named outright, blank results, ranked ratios."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.define.policy import load_policy
from crmxl.define.template import load_template
from crmxl.errors import DefinitionError
from crmxl.expression import Value, evaluate
from crmxl.issue.addresses import a1
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Type
from crmxl.policy import Policy
from tests.office.driver import Office

HEAD = 'id = "few"\nversion = 1\ntitle = { zh = "几行", en = "Few" }\ntotal = "l@amount"\n'
LIST = """
[[sheet]]
id = "l"
title = { zh = "清单", en = "List" }
kind = "list"
rows = 4
columns = [
  { id = "name", title = { zh = "名称", en = "Name" }, type = "text" },
  { id = "amount", title = { zh = "金额", en = "Amount" }, type = "money", total = true },
  { id = "number", title = { zh = "件数", en = "Number" }, type = "integer" },
"""
FORM = """
[[sheet]]
id = "f"
title = { zh = "参数", en = "Form" }
kind = "form"
fields = [
  { id = "word", title = { zh = "文字", en = "Word" }, type = "text" },
  { id = "day", title = { zh = "日期", en = "Day" }, type = "date" },
  { id = "rate", title = { zh = "比例", en = "Rate" }, type = "percent" },
"""


def column(id: str, type: str, expression: str) -> str:
    return (
        f'{{ id = "{id}", title = {{ zh = "{id}", en = "{id}" }}, type = "{type}", expression = \'{expression}\' }},\n'
    )


def laid_out(folder: Path, columns: str = "", fields: str = "", policy: str = "", rows: int = 4) -> Layout:
    path = folder / "few.toml"
    text = f"{HEAD}{LIST}{columns}]\n{FORM}{fields}]\n".replace("rows = 4", f"rows = {rows}")
    path.write_text(text, encoding="utf-8")
    policies: tuple[Policy, ...] = ()
    if policy:
        (folder / "rules.toml").write_text(policy, encoding="utf-8")
        policies = (load_policy(folder / "rules.toml"),)
    return lay_out(load_template(path), 2026, policies=policies)


def policy(assertion: str, more: str = "", sets: str = "") -> str:
    said = "[rule.{0}]\nzh = '不符'\nen = 'not kept'\n"
    return (
        'id = "rules"\nversion = 1\ntitle = { zh = "规则", en = "Rules" }\n'
        f'[sets.rows]\ntitle = {{ zh = "行", en = "Rows" }}\ncodes = ["l"]\n{sets}\n'
        f'[[rule]]\ncode = "P901"\nname = "one"\nseverity = "error"\napplies_to = ["few"]\n{more}\n'
        f"assert = '{assertion}'\n" + "".join(said.format(part) for part in ("title", "message", "fix"))
    )


AMOUNTS: dict[Key, Value] = {f"l.{n:03d}@amount": Fraction(value) for n, value in enumerate((100, 250, 50), 1)}
EACH = 'each = "rows"'


def in_rows(layout: Layout, column: str, entries: dict[Key, Value]) -> list[Value]:
    values = calculate(layout, entries)
    return [value for key, value in values.items() if key.startswith("l.") and key.endswith(f"@{column}")]


# -- rows named outright -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [1, 2, 3, 4])
def test_a_row_of_a_list_that_is_named_outright_stays_where_it_is(tmp_path: Path, named: int) -> None:
    layout = laid_out(tmp_path, column("versus", "money", f"amount - l.00{named}@amount"))
    base = (100, 250, 50, 0)[named - 1]
    assert in_rows(layout, "versus", AMOUNTS) == [100 - base, 250 - base, 50 - base, -base]
    formulas = [layout.formula(f"l.{n:03d}@versus") for n in range(1, 5)]
    assert formulas == [f"N(C{row})-N(C{6 + named})" for row in range(7, 11)]


def test_a_rule_that_names_a_row_outright_asks_every_row_about_that_one(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, policy=policy("amount <= l.001@amount", EACH))
    assert in_rows(layout, "_P901", AMOUNTS) == [0, 1, 0, 0]
    assert layout.formula("l.003@_P901") == "IF(ROUND(N(C9)-N(C7),2)<=0,0,1)"
    (placed,) = layout.rules
    assert [evaluate(one.excess, AMOUNTS.get) for one in placed.asked] == [0, 150, 0, 0]


def test_a_set_of_one_row_stays_where_it_is(tmp_path: Path) -> None:
    first = '[sets.first]\ntitle = { zh = "首行", en = "First" }\ncodes = ["l.001"]'
    layout = laid_out(tmp_path, policy=policy("amount <= SUM(first@amount)", EACH, first))
    assert in_rows(layout, "_P901", AMOUNTS) == [0, 1, 0, 0]


def test_a_list_of_one_row_is_laid_out_like_any_other(tmp_path: Path) -> None:
    double = column("double", "money", "amount + l.001@amount")
    layout = laid_out(tmp_path, double, policy=policy("amount <= l.001@amount", EACH), rows=1)
    assert in_rows(layout, "double", AMOUNTS) == [200]
    assert in_rows(layout, "_P901", AMOUNTS) == [0]
    assert layout.formula("l.001@double") == "N(C7)+N(C7)"


# -- numbers that may be blank, texts that are ---------------------------------------------------------------------


FIELDS = "".join(
    [
        column("ratio", "percent", 'IF(rate = 0, "", rate)'),
        column("more", "quantity", "ratio * 2 + 1"),
        column("large", "quantity", "IF(ratio > 0, 5, 6)"),
        column("same", "percent", "ratio"),
        column("most", "quantity", "MAX(ratio, -3)"),
        column("asked", "quantity", "IF(ratio, 1, 2)"),
        column("counted", "quantity", "COUNT(ratio, rate) + ABS(ratio)"),
        column("shown", "text", 'ROUND(ratio, 4) & " x"'),
        column("again", "text", "word"),
        column("either", "text", 'IF(rate = 0, word, "")'),
        column("date", "date", "day"),
        column("later", "date", "IF(rate = 0, day, day)"),
    ]
)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({}, ["", 1, 6, 0, -3, 2, 0, "0 x", "", "", "", ""]),
        (
            {"rate@value": Fraction(1, 2), "word@value": "文", "day@value": Fraction(45_000)},
            [
                Fraction(1, 2),
                2,
                5,
                Fraction(1, 2),
                Fraction(1, 2),
                1,
                Fraction(5, 2),
                "0.5 x",
                "文",
                "",
                45_000,
                45_000,
            ],
        ),
        ({"rate@value": "一半", "word@value": "  "}, ["", 1, 6, 0, -3, 2, 0, "0 x", "  ", "  ", "", ""]),
    ],
)
@pytest.mark.office
@pytest.mark.slow
def test_blank_ratios_count_nought_and_blank_texts_are_empty_as_libreoffice_has_it(
    office: Office, tmp_path: Path, entries: dict[Key, Value], expected: list[Value]
) -> None:
    layout = laid_out(tmp_path, fields=FIELDS)
    values = calculate(layout, entries)
    fields = [key for key in values if key.endswith("@value")]
    assert [values[key] for key in fields] == expected
    path = tmp_path / "few.xlsx"
    path.write_bytes(write(layout, Assignment(unit="U", year=2026), entries, cache=False))
    with office.open(path) as book:
        there = book.get(layout.by_id["f"].name)
    for key, exact in zip(fields, expected, strict=True):
        cell = there[a1(layout.cells[key].row, layout.cells[key].column)]
        assert not cell.error, (key, cell)
        assert cell.string == exact if isinstance(exact, str) else cell.value == exact, (key, exact, cell)


def test_only_a_number_that_may_be_a_text_is_guarded(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, fields=FIELDS)
    formulas = {key.partition("@")[0]: layout.formula(key) for key in layout.order if key.endswith("@value")}
    assert formulas["more"] == "N(C10)*2+1"
    assert formulas["most"] == "MAX(C10,-3)"
    assert formulas["same"] == "N(C10)"
    assert formulas["again"] == 'C7&""'
    assert formulas["either"] == 'IF(ROUND(N(C9),10)=0,C7&"","")'
    assert formulas["date"] == 'IF(C8="","",C8)'
    whole = laid_out(tmp_path, fields=column("twice", "percent", "rate * 2") + column("more", "percent", "twice + 1"))
    assert whole.formula("more@value") == "C10+1"


def test_a_blank_text_as_a_result_is_written(tmp_path: Path) -> None:
    layout = laid_out(tmp_path, fields=FIELDS, policy=policy('word = "文"'))
    assert write(layout, Assignment(unit="U", year=2026), {})


@pytest.mark.parametrize(("word", "excess"), [(None, 1), ("文", 0)])
def test_a_rule_about_a_text_is_broken_by_one(tmp_path: Path, word: str | None, excess: int) -> None:
    layout = laid_out(tmp_path, policy=policy('word = "文"'))
    (placed,) = layout.rules
    values = calculate(layout, {"word@value": word})
    assert evaluate(placed.asked[0].excess, {"word@value": word}.get) == excess
    assert (values["P901@actual"], values["P901@difference"]) == (word or "", excess)
    assert layout.formula("P901@difference").startswith("IF(")


def test_a_when_that_may_be_a_text_is_refused(tmp_path: Path) -> None:
    mixed = 'when = "IF(rate > 0, word, rate > 1)"'
    with pytest.raises(DefinitionError, match="the rule's `when` may give something else than a condition"):
        laid_out(tmp_path, policy=policy("rate <= 1", mixed))


# -- ranks -----------------------------------------------------------------------------------------------------------

LOOSE = "compares numbers that are typed or rounded; write ROUND"


@pytest.mark.parametrize(
    ("expression", "type"),
    [
        ("IF(number = 0, 0, amount / number)", Type.PERCENT),
        ("amount / 3", Type.MONEY),
        ("number * 10%", Type.PERCENT),
        ("amount + amount", Type.MONEY),
        ("-amount / 3", Type.MONEY),
        ("SUM(amount, 1)", Type.MONEY),
        ("POWER(number, 2)", Type.QUANTITY),
        ("MAX(1, ABS(number / 3))", Type.QUANTITY),
    ],
)
def test_numbers_with_binary_dust_are_not_ranked(tmp_path: Path, expression: str, type: Type) -> None:
    ranked = column("ranked", type, expression)
    with pytest.raises(DefinitionError, match=f"l.001@rank: RANK {LOOSE}") as caught:
        laid_out(tmp_path, ranked + column("rank", "integer", "RANK(ranked, l.*@ranked)"))
    assert len(caught.value.problems) == 1  # not one a row
    with pytest.raises(DefinitionError, match=f"SUMABOVE {LOOSE}"):
        laid_out(tmp_path, ranked + column("above", "money", "RANK(amount, l.*@amount) + SUMABOVE(l.*@ranked, amount)"))


def test_what_is_looked_for_among_ranked_numbers_is_rounded_too(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=LOOSE):
        laid_out(tmp_path, column("rank", "integer", "RANK(amount / 3, l.*@amount)"))
    with pytest.raises(DefinitionError, match=LOOSE):
        laid_out(tmp_path, column("rank", "integer", "RANK(l@amount, l.*@amount)"))
    assert laid_out(tmp_path, column("rank", "integer", "RANK(ROUND(l@amount, 2), l.*@amount) + RANK(0.5, l.*@amount)"))


def test_a_rule_ranks_no_numbers_with_binary_dust_either(tmp_path: Path) -> None:
    loose = column("each", "money", "amount / 3")
    with pytest.raises(DefinitionError, match=f"P901: RANK {LOOSE}|l.001@_P901: RANK {LOOSE}"):
        laid_out(tmp_path, loose, policy=policy("RANK(each, l.*@each) <= 2", EACH))


@pytest.mark.parametrize(
    ("expression", "type"),
    [
        ("ROUND(amount / 3, 2)", Type.MONEY),
        ("ROUNDUP(amount / 3, 2)", Type.MONEY),
        ("amount", Type.MONEY),
        ("-amount", Type.MONEY),
        ('IF(number = 0, "", ROUND(amount / number, 4))', Type.PERCENT),
        ("number * 2 - number + 1", Type.INTEGER),
        ("ROUND(amount / 3, 0) + number", Type.QUANTITY),
        ("MAX(ABS(amount), 0.5)", Type.MONEY),
        ("COUNT(amount, number) + RANK(amount, l.*@amount)", Type.INTEGER),
        ("MIN(l.*@amount)", Type.MONEY),
    ],
)
def test_typed_rounded_and_whole_numbers_are_ranked(tmp_path: Path, expression: str, type: Type) -> None:
    ranked = column("ranked", type, expression)
    layout = laid_out(tmp_path, ranked + column("rank", "integer", "RANK(ranked, l.*@ranked)"))
    assert in_rows(layout, "rank", AMOUNTS)[0] is not None


# -- what programs would not calculate alike -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "type", "words"),
    [
        ('IF(rate > 0, rate, "x")', "text", "gives a text or a number; round the number"),
        ('IF(rate > 0, rate > 1, "x")', "text", "gives a condition, which does not fit the type text"),
        ("IF(rate > 0, rate > 1, rate)", "percent", "gives a condition, which does not fit the type percent"),
        ("word", "percent", "gives a text, which does not fit the type percent"),
        ("COUNT(rate)", "text", "gives a number, which does not fit the type text"),
        ("COUNT(rate > 1, rate)", "quantity", "COUNT takes numbers, not conditions"),
        ('MAX(IF(rate = 0, "", rate), 3)', "quantity", "a text cannot be calculated with by MAX"),
        ("IF(word, 1, 2)", "quantity", "a text is no condition"),
        ('(rate / 3) & " x"', "text", "& joins texts"),
    ],
)
def test_what_programs_would_not_show_alike_is_refused_at_its_place(
    tmp_path: Path, expression: str, type: str, words: str
) -> None:
    with pytest.raises(DefinitionError) as caught:
        laid_out(tmp_path, fields=column("odd", type, expression))
    (problem,) = caught.value.problems
    assert problem.place.endswith("few.toml: sheet[1].fields[3].expression")
    assert problem.message.startswith(words)


def test_a_condition_that_may_be_something_else_is_refused(tmp_path: Path) -> None:
    field = column("why", "text", "IF(rate > 0, rate > 1, 2)").replace("expression", "required_if")
    with pytest.raises(DefinitionError, match="gives a number; must be a condition such as amount <> 0"):
        laid_out(tmp_path, fields=field)
