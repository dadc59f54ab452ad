"""Units as people list them: headings in Chinese or English, amounts in 元 or 万元, last year beside, figures."""

from __future__ import annotations

import csv
import io
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from crmxl.define.library import Library
from crmxl.define.round import Round, load_round, round_library
from crmxl.define.units import Unit
from crmxl.errors import DefinitionError
from crmxl.money import plain

SETTINGS = 'name = "试编"\nyear = 2026\ntemplates = ["customer-relations"]\n'
HEADER = "编码,名称,上级,类型,收件人,部分,起始月份,销售考核任务(元),上年实际(元),编报范围"
LINES = """
JT,集团,,集团,,,,,,
HN,华南区域,JT,区域,hn@example.com,,,200000000,90000.5,含全部
SZ,深圳,HN,城市,,,7,,,
"""


def make(folder: Path, header: str = HEADER, lines: str = LINES, figures: str = "", settings: str = SETTINGS) -> Path:
    here = folder / "round"
    here.mkdir(parents=True, exist_ok=True)
    (here / "round.toml").write_text(settings, encoding="utf-8")
    (here / "units.csv").write_text(f"{header}\n{lines.strip()}\n", encoding="utf-8")
    if figures:
        (here / "figures.csv").write_text(figures, encoding="utf-8")
    return here


def problems(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionError) as caught:
        load_round(folder)
    return [(problem.place.removeprefix("round/"), problem.message) for problem in caught.value.problems]


def issued(folder: Path, unit: str = "HN") -> dict[str, str]:
    return dict(load_round(folder).unit(unit).parameters)


def heading(folder: Path, text: str, amount: str = "20000") -> dict[str, str]:
    """What HN is issued under one heading."""
    lines = f"JT,集团,,,\nHN,华南,{amount},,\n"
    return issued(make(folder, f"code,name,{text},last_year_actual,scope_note", lines))


# -- headings ------------------------------------------------------------------------------------------------------


def test_headings_may_be_chinese(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    assert found.unit("HN") == Unit(
        "HN",
        "华南区域",
        "JT",
        "区域",
        "hn@example.com",
        {"sales_target": "200000000", "last_year_actual": "90000.5", "scope_note": "含全部"},
    )
    assert found.unit("SZ").first_month == 7 and found.warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "sales_target",
        "sales_target@value",
        "sales_target(元)",
        "销售考核任务(元)",
        "销售考核任务（元）",
        "销售考核任务 ( 元 )",
        "Sales assessment target (yuan)",
        "SALES ASSESSMENT TARGET(元)",
    ],
)
def test_an_amount_goes_by_its_id_or_its_title_with_the_unit(tmp_path: Path, text: str) -> None:
    assert heading(tmp_path, text)["sales_target"] == "20000"


@pytest.mark.parametrize(
    "text", ["sales_target(万元)", "销售考核任务（万元）", '"Sales assessment target (10,000 yuan)"']
)
def test_an_amount_in_ten_thousands_is_multiplied_exactly(tmp_path: Path, text: str) -> None:
    assert heading(tmp_path, text, "20000.000001")["sales_target"] == "200000000.01"


def test_cells_of_lines_go_by_key_or_by_both_titles(tmp_path: Path) -> None:
    header = "code,name,sales_target,last_year_actual,scope_note,S.1@crd,客户沟通渠道费用·客户关系部"
    assert issued(make(tmp_path, header, "HN,华南,,,,0.5,0.45\n")) == {"S.1@crd": "0.5", "S.2@crd": "0.45"}


HEADINGS = {
    # what is wrong: (heading in place of sales_target's, words of the message)
    "an amount without its unit": ("销售考核任务", "must say its unit"),
    "an unknown unit": ("销售考核任务(千元)", "元 or 万元 alone"),
    "an unknown unit of an id": ("sales_target(亿元)", "元 or 万元 alone"),
    "a unit of what is no amount": ("编报范围(元)", "is no amount"),
    "a unit of a share": ("S.1@crd(%)", "is no amount"),
    "a word": ("销售任务(元)", "is no parameter"),
    "last year of a text": ("上年编报范围", "is no number"),
    "last year without its unit": ("上年销售考核任务", "must say its unit"),
    "last year of nothing": ("上年销售任务(元)", "is no parameter"),
}


@pytest.mark.parametrize(("text", "words"), HEADINGS.values(), ids=HEADINGS.keys())
def test_a_heading_that_says_nothing_is_told(tmp_path: Path, text: str, words: str) -> None:
    found = problems(make(tmp_path, f"code,name,{text},last_year_actual,scope_note", "HN,华南,,,\n"))
    assert [place for place, said in found if words in said] == ["units.csv: header"]


def test_two_columns_that_mean_the_same_are_told(tmp_path: Path) -> None:
    header = "code,编码,name,sales_target,销售考核任务(万元),last_year_actual,scope_note"
    found = problems(make(tmp_path, header, "HN,HN,华南,1,1,,\n"))
    assert [place for place, said in found if "mean the same" in said] == ["units.csv: header"] * 2


def test_every_mistake_is_told_in_one_pass_heading_and_lines(tmp_path: Path) -> None:
    header = "编码,名称,上级,类别,销售考核任务(万元),上年实际(元),编报范围"
    lines = "JT,集团,,,1,,\nH N,华南,JX,区域,2万,1.234,\nH N,,JT,,123456789.0123,,\n"
    assert [place for place, _ in problems(make(tmp_path, header, lines))] == [
        "units.csv: header",
        "units.csv: line 3, column 编码",
        "units.csv: line 3, column 销售考核任务(万元)",
        "units.csv: line 3, column 上年实际(元)",
        "units.csv: line 3, column 上级",
        "units.csv: line 4, column 名称",
        "units.csv: line 4, column 编码",
        "units.csv: line 4, column 销售考核任务(万元)",
        "units.csv: line 4, column 编码",
    ]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.0000001", "more than 2 decimals (found 0.0000001 in 万元)"),
        ("100000000", "must be below 1,000,000,000,000 (found 100000000 in 万元)"),
        ("1e3", "is not a number"),
        ('"20,000"', "must be written 20000"),
        ("0" * 401 + "1", "is not a number"),
        ("20000元", "must be written 20000"),
    ],
)
def test_an_amount_in_ten_thousands_that_is_none_is_told(tmp_path: Path, amount: str, words: str) -> None:
    header = "code,name,sales_target(万元),last_year_actual,scope_note"
    ((place, said),) = problems(make(tmp_path, header, f"HN,华南,{amount},,\n"))
    assert place == "units.csv: line 2, column sales_target(万元)" and words in said


# -- last year -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "上年销售考核任务(元)",
        "上年·销售考核任务(元)",
        "销售考核任务·上年(元)",
        "last:sales_target",
        "last:销售考核任务（元）",
    ],
)
@pytest.mark.parametrize(
    ("now", "last", "warned"),
    [
        ("200000000", "20000", True),
        ("20000", "200000000", True),
        ("20000", "-200000000", True),
        ("300000000", "10000", True),
        ("300000001", "10000", False),
        ("100000000", "30000", True),
        ("99999999", "30000", False),
        ("200000000", "190000000", False),
        ("200000000", "0", False),
        ("", "20000", False),
        ("200000000", "", False),
    ],
)
def test_a_figure_about_ten_thousand_times_off_last_years_warns_and_counts(
    tmp_path: Path, text: str, now: str, last: str, warned: bool
) -> None:
    header = f"code,name,sales_target,{text},last_year_actual,scope_note"
    found = load_round(make(tmp_path, header, f"JT,集团,,,,\nHN,华南,{now},{last},,\n"))
    assert found.unit("HN").parameters == ({"sales_target": now} if now else {})
    places = ["round/units.csv: line 3, column sales_target"] if warned else []
    assert [warning.place for warning in found.warnings] == places


def test_a_warning_shows_both_figures_in_yuan(tmp_path: Path) -> None:
    header = "code,name,销售考核任务(元),上年销售考核任务(万元),last_year_actual,scope_note"
    (warning,) = load_round(make(tmp_path, header, "HN,华南,20000,19000,,\n")).warnings
    assert "本年 20,000 元，上年 190,000,000 元，相差约 9,500 倍" in warning.message


# -- figures by key ------------------------------------------------------------------------------------------------

FIELDS = "code,name,sales_target,last_year_actual,scope_note"


@pytest.mark.parametrize("names", ["unit,key,value", "预算单位,键,值", "值,预算单位,键"])
def test_figures_are_issued_cells_by_unit_and_key(tmp_path: Path, names: str) -> None:
    rows = [("HN", "S.1@crd", "0.5"), ("HN", "last_year_actual@value", "70"), ("HD", "S.1@crd", "0.25")]
    order = [{"unit": 0, "预算单位": 0, "key": 1, "键": 1, "value": 2, "值": 2}[name] for name in names.split(",")]
    text = "\n".join((names, *(",".join(row[at] for at in order) for row in rows)))
    folder = make(tmp_path, FIELDS, "HN,华南,5,,\nHD,华东,6,,\n", text)
    assert issued(folder) == {"sales_target": "5", "S.1@crd": "0.5", "last_year_actual": "70"}
    assert issued(folder, "HD") == {"sales_target": "6", "S.1@crd": "0.25"}


def test_figures_are_entries_to_start_from_where_the_group_issues_no_such_cell(tmp_path: Path) -> None:
    rows = "HN,1.1.1@last_year,19400\nHN,1.1.1@amount.03,5.50\nHN,1.1.1@basis,上年合同\nHD,1.1.2@last_year,0"
    round = load_round(make(tmp_path, FIELDS, "HN,华南,5,,\nHD,华东,6,,\n", f"unit,key,value\n{rows}\n"))
    prefilled = {"1.1.1@last_year": 19400, "1.1.1@amount.03": Fraction("5.5"), "1.1.1@basis": "上年合同"}
    assert round.unit("HN").prefilled == prefilled
    assert round.unit("HD").prefilled == {"1.1.2@last_year": 0}
    assert not {"1.1.1@last_year", "1.1.1@basis"} & set(round.unit("HN").parameters)


def test_a_key_of_several_templates_says_which_is_meant(tmp_path: Path) -> None:
    settings = SETTINGS.replace('["customer-relations"]', '["customer-relations", "cosmetics-plan"]')
    rows = "HN,cosmetics-plan/1.1.1@amount,7\nHN,1.1.1@last_year,8"
    round = load_round(make(tmp_path, FIELDS, "HN,华南,5,,\n", f"unit,key,value\n{rows}\n", settings))
    assert round.unit("HN").prefilled_in("cosmetics-plan") == {"1.1.1@amount": 7, "1.1.1@last_year": 8}
    assert round.unit("HN").prefilled_in("customer-relations") == {"1.1.1@last_year": 8}
    with pytest.raises(DefinitionError) as raised:
        load_round(make(tmp_path / "b", FIELDS, "HN,华南,5,,\n", "unit,key,value\nHN,1.1.1@amount,7\n", settings))
    (problem,) = raised.value.problems
    assert "cosmetics-plan/1.1.1@amount" in problem.message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("HN,1.1.1@last_yaer,5", "1.1.1@last_year"),
        ("HN,1.1.1@amount.rest,5", "不是下发的格"),
        ("HN,total@amount,5", "不是下发的格"),
        ("HN,1.1.1@last_year,1万", "1万"),
        ("HN,1.1.1@last_year,5.001", "5.001"),
    ],
)
def test_an_entry_that_no_workbook_takes_is_told_at_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        load_round(make(tmp_path, FIELDS, "HN,华南,5,,\n", f"unit,key,value\n{row}\n"))
    (problem,) = raised.value.problems
    assert problem.place.startswith("round/figures.csv: line 2") and said in problem.message


def test_a_parameter_that_figures_give_needs_no_column(tmp_path: Path) -> None:
    figures = "unit,key,value\nHN,sales_target,5\nHN,scope_note,全部\n"
    folder = make(tmp_path, "code,name,last_year_actual", "HN,华南,1\n", figures)
    assert issued(folder) == {"last_year_actual": "1", "sales_target": "5", "scope_note": "全部"}


FIGURES = {
    # what is wrong: (lines of figures.csv, place, words of the message)
    "a unit that is not there": ("HM,S.1@crd,0.5", "line 2, column unit", "there is no unit `HM`"),
    "a key that is calculated": ("HN,1@amount,5", "line 2, column key", "has the issued cell or entry `1@amount`"),
    "a blank value": ("HN,S.1@crd,", "line 2, column value", "is blank"),
    "a value that is none": ("HN,sales_target,5万", "line 2, column value", "is not a number"),
    "a figure twice": ("HN,S.1@crd,0.5\n\nHN,S.1@crd,0.5", "line 4, column key", "line 2 gives this figure"),
    "a contradiction": ("HN,sales_target,6", "line 2, column value", "is 6 here and 5 in the units file"),
    "a cell too many": ("HN,sales_target,5,6", "line 2", "has 4 cells, the header 3"),
}


@pytest.mark.parametrize(("lines", "place", "words"), FIGURES.values(), ids=FIGURES.keys())
def test_an_unsound_figure_is_told_at_its_line_and_column(tmp_path: Path, lines: str, place: str, words: str) -> None:
    folder = make(tmp_path, FIELDS, "HN,华南,5,,\n", f"unit,key,value\n{lines}\n")
    ((found, said),) = problems(folder)
    assert found == f"figures.csv: {place}" and words in said


def test_a_figure_that_says_the_same_is_no_contradiction(tmp_path: Path) -> None:
    assert issued(make(tmp_path, FIELDS, "HN,华南,5.10,,\n", "unit,key,value\nHN,sales_target,5.1\n")) == {
        "sales_target": "5.1"
    }


def test_figures_under_other_headings_are_told(tmp_path: Path) -> None:
    found = problems(make(tmp_path, FIELDS, "HN,华南,5,,\n", "unit,cell,value\nHN,sales_target,5\n"))
    assert found[0][0] == "figures.csv: header" and "unit, key, value" in found[0][1]


# -- properties ----------------------------------------------------------------------------------------------------

AMOUNTS = some.none() | some.integers(-(10**14) + 1, 10**14 - 1).map(lambda fen: Fraction(fen, 100))
WORDS = some.text("华南区域深圳 ,\"'；Aa1-", max_size=8).map(str.strip)


@some.composite
def unit_lists(draw: some.DrawFn) -> list[tuple[Unit, Fraction | None]]:
    """Units that form a tree, each with a target in yuan."""
    codes = draw(some.lists(some.text("AB12-.华南", min_size=1, max_size=5), unique_by=str.casefold, min_size=1))
    found = []
    for at, code in enumerate(codes):
        parent = draw(some.sampled_from(["", *codes[:at]]))
        name = draw(WORDS.filter(bool))
        found.append((Unit(code, name, parent, draw(WORDS), draw(WORDS)), draw(AMOUNTS)))
    return found


def as_csv(units: list[tuple[Unit, Fraction | None]], wan: bool) -> str:
    file = io.StringIO()
    scale = 10_000 if wan else 1
    header = ("编码", "名称", "上级", "类型", "收件人", f"销售考核任务({'万元' if wan else '元'})")
    lines = (
        (one.code, one.name, one.parent, one.type, one.recipient, "" if target is None else plain(target / scale))
        for one, target in units
    )
    csv.writer(file).writerows([header, *lines])
    return file.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(units=unit_lists())
def test_a_list_in_yuan_and_one_in_ten_thousands_give_the_same_units_exactly(
    tmp_path: Path, units: list[tuple[Unit, Fraction | None]]
) -> None:
    seen = []
    for wan in (False, True):
        folder = make(tmp_path, settings=SETTINGS.replace('"customer-relations"', '"targets"'))
        (folder / "templates").mkdir(exist_ok=True)
        (folder / "templates" / "targets.toml").write_text(TARGETS, encoding="utf-8")
        (folder / "units.csv").write_text(as_csv(units, wan), encoding="utf-8", newline="")
        seen.append(load_round(folder).units)
    assert seen[0] == seen[1]
    assert [(one.code, one.name, one.parent, one.type, one.recipient) for one in seen[0]] == [
        (one.code, one.name, one.parent, one.type, one.recipient) for one, _ in units
    ]
    given = [one.parameters.get("sales_target") for one in seen[0]]
    assert [None if text is None else Fraction(text) for text in given] == [target for _, target in units]


TARGETS = """
id = "targets"
version = 1
title = { zh = "指标", en = "Targets" }
total = "used@value"
[[sheet]]
id = "head"
kind = "form"
title = { zh = "指标", en = "Targets" }
fields = [
    { id = "sales_target", type = "money", minimum = -1000000000000, title = { zh = "销售考核任务" }, issued = true },
    { id = "used", type = "money", title = { zh = "本年预算", en = "Budget" } },
]
"""


def test_titles_that_two_parameters_share_must_give_way_to_ids(tmp_path: Path) -> None:
    folder = make(
        tmp_path, "code,name,任务(元)", "A,甲,1\n", settings=SETTINGS.replace("customer-relations", "targets")
    )
    (folder / "templates").mkdir()
    two = TARGETS.replace('"销售考核任务"', '"任务"').replace(
        "fields = [", 'fields = [{ id = "other", type = "money", title = { zh = "任务" }, issued = true },'
    )
    (folder / "templates" / "targets.toml").write_text(two, encoding="utf-8")
    found = problems(folder)
    assert "stands for other、sales_target; write the id" in found[0][1]


# -- speed ---------------------------------------------------------------------------------------------------------


def thousand(folder: Path) -> Round:
    lines = ["G,集团,,集团,,,,,,"]
    lines += (f"U{at},单位{at},{'G' if at < 30 else f'U{at % 30}'},城市,,,,{at}000.25,{at},全部" for at in range(999))
    return load_round(make(folder, HEADER, "\n".join(lines)))


def test_a_thousand_units_and_their_assignments_take_less_than_a_template_takes_to_load_ten_times(
    tmp_path: Path,
) -> None:
    start = time.perf_counter()
    template = Library().load("customer-relations")
    loading = time.perf_counter() - start
    start = time.perf_counter()
    found = thousand(tmp_path)
    template = round_library(found.folder).load("customer-relations")
    given = [found.assignment(unit.code, template) for unit in found.units]
    assert time.perf_counter() - start < 10 * loading + 0.2
    assert given[-1].parameters == {"sales_target": "998000.25", "last_year_actual": "998", "scope_note": "全部"}
    assert len(found.descendants("G")) == 999


# -- bounds and hints ----------------------------------------------------------------------------------------------

PORTFOLIO = 'name = "试编"\nyear = 2026\ntemplates = ["customer-portfolio"]\n'


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("K.A@up_to", "75", "填的是 7500%，应在 0% 至 100% 之间 · found 7500%; must be 0% to 100%"),
        ("K.A@up_to", "-0.1", "found -10%; must be 0% to 100%"),
        ("K.A@credit", "-5", "填的是 -5，应不小于 0 · found -5; must be at least 0"),
    ],
)
def test_an_issued_figure_outside_the_cells_bounds_is_refused_where_it_is_read(
    column: str, text: str, said: str, tmp_path: Path
) -> None:
    folder = make(tmp_path, f"code,name,{column}", f"HN,华南,{text}\n", settings=PORTFOLIO)
    ((place, message),) = problems(folder)
    assert place == f"units.csv: line 2, column {column}" and said in message
    figures = f"unit,key,value\nHN,{column},{text}\n"
    ((place, message),) = problems(make(tmp_path, "code,name", "HN,华南\n", figures, PORTFOLIO))
    assert place == "figures.csv: line 2, column value" and said in message


def test_a_prefilled_figure_outside_the_cells_bounds_is_refused_where_it_is_read(tmp_path: Path) -> None:
    figures = "unit,key,value\nHN,customers.001@sales,-5\nHN,customers.002@sales,5\n"
    ((place, message),) = problems(make(tmp_path, "code,name", "HN,华南\n", figures, PORTFOLIO))
    assert (place, "must be at least 0" in message) == ("figures.csv: line 2, column value", True)


@pytest.mark.parametrize("text", ["80%", "80 %", "80％", "800‰", "0.8"])
def test_a_share_may_be_written_with_its_sign(text: str, tmp_path: Path) -> None:
    folder = make(tmp_path, "code,name,K.A@up_to", f"HN,华南,{text}\n", settings=PORTFOLIO)
    assert issued(folder) == {"K.A@up_to": "0.8"}


def test_thousands_of_misspelt_keys_take_no_minutes(tmp_path: Path) -> None:
    lines = "".join(f"HN,customers.{number:03d}@nam,甲\n" for number in range(1, 1001))
    lines += "".join(f"HM{number},customers.001@name,甲\n" for number in range(1000))
    started = time.process_time()
    found = problems(make(tmp_path, "code,name", "HN,华南\n", f"unit,key,value\n{lines}", PORTFOLIO))
    assert len(found) == 2000 and time.process_time() - started < 20
    assert "is `customers.001@name` meant?" in found[0][1]
    assert "meant?" not in found[999][1]
