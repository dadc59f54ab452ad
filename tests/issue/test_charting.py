"""图表 shows what stands in the data sheets, prints whole, and is nobody's business when the workbook comes back."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference

from crmxl.define.names import LANGS
from crmxl.define.template import load_template
from crmxl.expression import Value
from crmxl.issue.charting import NAME, drawn
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.workbook import Note, write
from crmxl.model import Assignment, ChartKind, Key, Lang, Template, say
from crmxl.receive.reading import read
from crmxl.receive.submission import Beside, Submission
from tests.office.driver import Office
from tests.strategies import Shelf

TEXT = """
id = "charted"
version = 1
title = { zh = "图表预算", en = "Charted budget" }
total = "total@amount"

[[sheet]]
id = "facts"
kind = "form"
title = { zh = "基本情况", en = "Facts" }
fields = [
    { id = "target", type = "money", title = { zh = "销售任务", en = "Sales target" }, issued = true },
    { id = "last", type = "money", title = { zh = "上年销售", en = "Sales last year" }, minimum = -1000 },
]

[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "市场'预算", en = "Plan & more" }
columns = [
    { id = "last", type = "money", title = { zh = "{year-1} 年", en = "{year-1}" }, total = true },
    { id = "amount", type = "money", title = { zh = "{year} 年", en = "{year}" }, total = true },
    { id = "growth", type = "percent", title = { zh = "增长", en = "Growth" }, levels = ["line", "section"], \
expression = "amount / last - 1" },
]
[[sheet.section]]
code = "1"
title = { zh = "市场调研", en = "Research" }
open = 1
lines = [{ code = "1.1", title = { zh = "问卷", en = "Surveys" } }]
[[sheet.section.group]]
code = "1.2"
title = { zh = "数据", en = "Data" }
lines = [
    { code = "1.2.1", title = { zh = "问卷", en = "Surveys" } },
    { code = "1.2.2", title = { zh = "报告", en = "Reports" } },
]
[[sheet.section]]
code = "2"
title = { zh = "推广", en = "Promotion" }
lines = [{ code = "2.1", title = { zh = "广告", en = "Advertising in newspapers and on the radio" } }]

[[sheet]]
id = "visits"
kind = "list"
rows = 3
title = { zh = "拜访", en = "Visits" }
columns = [
    { id = "customer", type = "text", title = { zh = "客户", en = "Customer" } },
    { id = "quantity", type = "quantity", total = true },
]

[[chart]]
title = { zh = "各部分 {year} 年预算", en = "Budget {year} by part" }
kind = "column"
rows = ["1", "2", "total"]
columns = ["last", "amount"]
[[chart]]
title = { zh = "构成", en = "Shares" }
kind = "pie"
rows = ["1", "2"]
columns = ["amount"]
[[chart]]
title = { zh = "各项目", en = "Lines" }
kind = "bar"
rows = ["1.1", "1.n01", "1.2", "1.2.1", "1.2.2", "2.1"]
columns = ["amount"]
[[chart]]
title = { zh = "增长", en = "Growth" }
kind = "bar"
rows = ["1.1", "1", "2"]
columns = ["growth"]
[[chart]]
title = { zh = "两年", en = "Two years" }
kind = "stacked"
rows = ["1.1", "1.2.1", "2.1"]
columns = ["last", "amount"]
across = "columns"
[[chart]]
title = { zh = "走势", en = "Trend" }
kind = "line"
rows = ["2.1"]
columns = ["last", "amount"]
across = "columns"
[[chart]]
title = { zh = "任务", en = "Targets" }
kind = "column"
rows = ["target", "last"]
columns = ["value"]
[[chart]]
title = { zh = "拜访", en = "Visits" }
kind = "column"
rows = ["visits.001", "visits.002", "visits.003", "visits"]
columns = ["quantity"]
"""
UNIT = Assignment(unit="HN", unit_name="华南区域", year=2026, parameters={"target": "2000000"})
FULL: Mapping[Key, Value] = {
    "last@value": Fraction(-500),
    "1.1@last": Fraction(10_000),
    "1.1@amount": Fraction(1_234_567, 100),
    "1.n01@title": "访谈",
    "1.n01@amount": Fraction(7),
    "1.2.1@last": Fraction(100),
    "1.2.1@amount": "1,000元",
    "2.1@last": Fraction(50),
    "2.1@amount": Fraction(60),
    "visits.002@customer": "甲公司",
    "visits.002@quantity": Fraction(5, 2),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    file = tmp_path_factory.mktemp("templates") / "charted.toml"
    file.write_text(TEXT, encoding="utf-8")
    return load_template(file)


def laid_out(template: Template, lang: Lang = "zh", parts: tuple[str, ...] = ()) -> Layout:
    return lay_out(template, 2026, parts, lang=lang)


def opened(data: bytes, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def cells(data: bytes, sheet: str, *, values: bool = True) -> dict[str, Any]:
    """What stands on ``sheet``, by address; openpyxl takes an empty text for nothing."""
    rows = opened(data, values=values)[sheet].iter_rows()
    return {cell.coordinate: cell.value for row in rows for cell in row if cell.value not in (None, "")}


def parts(data: bytes, sign: str) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name).decode() for name in sorted(archive.namelist()) if sign in name]


def returned(template: Template, folder: Path, data: bytes) -> Submission:
    file = folder / "returned.xlsx"
    file.write_bytes(data)
    return read(file, Shelf(template))


# ---- what is shown ------------------------------------------------------------------------------------------------


def test_the_charts_stand_between_the_data_and_the_checks(template: Template) -> None:
    names = opened(write(laid_out(template), UNIT, FULL)).sheetnames
    assert names[1:6] == ["基本情况", "市场'预算", "拜访", "图表", "校验"]
    english = opened(write(laid_out(template, "en"), UNIT, FULL)).sheetnames
    assert english[4:6] == ["Charts", "Checks"]


def test_the_guide_lists_the_charts_before_the_checks(template: Template) -> None:
    book = opened(write(laid_out(template), UNIT, FULL))
    listed = [cell.value for cell in book["填报说明"]["B"] if cell.value in book.sheetnames]
    assert listed == book.sheetnames[1 : 1 + len(listed)] and listed[-4:] == [NAME.zh, "校验", "变更记录", "工作底稿"]


def test_every_kind_is_drawn_from_its_table(template: Template) -> None:
    data = write(laid_out(template), UNIT, FULL)
    charts = parts(data, "xl/charts/chart")
    assert len(charts) == len(drawn(laid_out(template))) == 8
    assert {chart.kind for chart in template.charts} == set(ChartKind)
    shown = cells(data, "图表", values=False)
    for chart in charts:
        areas = re.findall(r"<c:f>图表!([^<]+)</c:f>", chart)
        assert len(areas) == len(re.findall("<c:f>", chart)) > 2
        for area in areas:
            first = area.replace("$", "").partition(":")[0]
            assert first in shown


def test_rows_have_the_names_that_people_know_them_by(template: Template) -> None:
    layout = laid_out(template)
    named = [[(head.title, head.named) for head in figures.points] for figures in drawn(layout)]
    assert named[0] == [("市场调研", ""), ("推广", ""), ("总计", "")]
    assert named[2] == [
        ("1.1 问卷", ""),
        ("1.n01", "1.n01@title"),
        ("数据", ""),
        ("1.2.1 问卷", ""),
        ("报告", ""),
        ("广告", ""),
    ]
    assert named[4] == [("2025 年", ""), ("2026 年", "")]
    assert named[6] == [("销售任务", ""), ("上年销售", "")]
    assert named[7][1:] == [
        ("visits.002", "visits.002@customer"),
        ("visits.003", "visits.003@customer"),
        ("总计", ""),
    ]
    shown = set(cells(write(layout, UNIT, FULL), "图表").values())
    assert {"访谈", "甲公司", "图 1　各部分 2026 年预算"} <= shown


@pytest.mark.parametrize("lang", LANGS)
def test_what_the_unit_has_not_named_is_blank_and_never_a_code(template: Template, lang: Lang) -> None:
    layout = laid_out(template, lang)
    codes = {head.title for figures in drawn(layout) for head in (*figures.points, *figures.series) if head.named}
    assert {"1.n01", "visits.002"} <= codes
    for inputs in ({}, FULL):
        data = write(layout, UNIT, inputs)
        assert not codes & set(cells(data, NAME.say(lang)).values())
        formulas = cells(data, NAME.say(lang), values=False).values()
        assert not [one for one in formulas if any(f'"{code}"' in str(one) for code in codes)]


def test_totals_of_several_sheets_have_the_sheets_names(tmp_path: Path) -> None:
    more = """
[[sheet]]
id = "other"
kind = "grid"
total_code = "second"
title = { zh = "另一表", en = "Another" }
columns = [{ id = "amount", type = "money", total = true }]
[[sheet.section]]
code = "7"
title = { zh = "七" }
open = 1
[[chart]]
title = { zh = "合计", en = "Totals" }
kind = "column"
rows = ["total", "second"]
columns = ["amount"]
"""
    file = tmp_path / "charted.toml"
    file.write_text(TEXT + more, encoding="utf-8")
    figures = drawn(laid_out(load_template(file)))[-1]
    assert [head.title for head in figures.points] == ["市场'预算", "另一表"]


def test_a_part_that_is_not_issued_is_not_shown(template: Template) -> None:
    shown = {figures.chart.title.zh: figures for figures in drawn(laid_out(template, parts=("1",)))}
    assert "走势" not in shown  # its only row is in part 2
    assert [head.title for head in shown["构成"].points] == ["市场调研"]
    assert [head.title for head in shown["两年"].series] == ["1.1 问卷", "1.2.1 问卷"]
    data = write(laid_out(template, parts=("1",)), UNIT, FULL)
    assert len(parts(data, "xl/charts/chart")) == 7


def test_without_anything_to_draw_there_is_no_such_sheet(tmp_path: Path) -> None:
    file = tmp_path / "charted.toml"
    begin, first, *_ = TEXT.split("[[chart]]")
    only = first.replace('rows = ["1", "2", "total"]', 'rows = ["2"]')
    for text, chosen in ((begin, ()), (f"{begin}[[chart]]{only}", ("1",))):
        file.write_text(text, encoding="utf-8")
        data = write(laid_out(load_template(file), parts=chosen), UNIT, FULL)
        assert "图表" not in opened(data).sheetnames
        assert not parts(data, "xl/charts/") and not parts(data, "xl/drawings/")


MONEY = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**13).map(lambda fen: Fraction(fen, 100)),
    st.sampled_from(["1,000元", "待定", " "]),
)


@settings(max_examples=30)
@given(st.data())
def test_the_table_shows_what_the_sheets_show(template: Template, data: st.DataObject) -> None:
    layout = laid_out(template)
    money = [cell.key for cell in layout.inputs if cell.type.numeric]
    typed = {key: value for key in money if (value := data.draw(MONEY, label=key)) is not None}
    book = write(layout, UNIT, typed)
    formulas, values = cells(book, "图表", values=False), opened(book)
    fetched = 0
    for place, formula in formulas.items():
        if found := re.fullmatch(r"='((?:[^']|'')+)'!([A-Z]+[0-9]+)", str(formula)):
            there = values[found[1].replace("''", "'")][found[2]].value
            assert values["图表"][place].value == (0 if there is None else there)
            fetched += 1
    assert fetched == sum(len(keys) for figures in drawn(layout) for keys in figures.keys)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("inputs", [FULL, {}], ids=["filled", "blank"])
def test_the_values_are_those_that_libreoffice_computes(
    template: Template, office: Office, tmp_path: Path, lang: Lang, inputs: Mapping[Key, Value]
) -> None:
    layout, file = laid_out(template, lang), tmp_path / "uncalculated.xlsx"
    file.write_bytes(write(layout, UNIT, inputs, cache=False))
    with office.open(file) as book:
        book.recalc()
        computed = book.get(NAME.say(lang))
    shown = cells(write(layout, UNIT, inputs), NAME.say(lang))
    assert len(shown) > 60
    for place, value in shown.items():
        there = computed[place]
        if isinstance(value, (int, float)):
            assert there.value == pytest.approx(value, abs=1e-9), place
        else:
            assert (there.string or there.value) == value, place


# ---- how it looks -------------------------------------------------------------------------------------------------


def test_the_same_charts_are_the_same_bytes(template: Template) -> None:
    assert write(laid_out(template), UNIT, FULL) == write(laid_out(template), UNIT, FULL)


def test_nothing_on_the_sheet_can_be_typed_over(template: Template) -> None:
    sheet = opened(write(laid_out(template), UNIT, FULL))["图表"]
    assert sheet.protection.sheet and sheet.protection.objects
    assert all(cell.protection.locked for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_chinese_words_in_charts_have_the_workbook_s_font(template: Template) -> None:
    for chart in parts(write(laid_out(template), UNIT, FULL), "xl/charts/chart"):
        fonts = re.findall(r'<a:(latin|ea) typeface="([^"]+)"/>', chart)
        assert fonts and {name for _, name in fonts} == {"微软雅黑"}
        assert [tag for tag, _ in fonts] == ["latin", "ea"] * (len(fonts) // 2)


@pytest.mark.parametrize("lang", LANGS)
def test_pages_break_between_charts_alone(template: Template, office: Office, tmp_path: Path, lang: Lang) -> None:
    data = write(laid_out(template, lang), UNIT, FULL)
    sheet = opened(data)[NAME.say(lang)]
    headings = [row for row in range(1, sheet.max_row + 1) if re.match("图 |Chart ", str(sheet.cell(row, 1).value))]
    breaks = [one.id + 1 for one in sheet.row_breaks.brk]
    assert len(headings) == 8 and breaks and set(breaks) <= set(headings)
    runs = [sum(first <= row < last for row in headings) for first, last in pairwise([1, *breaks, 10**6])]
    assert set(runs) <= {1, 2}
    file, printed = tmp_path / "charts.xlsx", tmp_path / "charts.pdf"
    file.write_bytes(data)
    with office.open(file) as book:
        book.pdf(printed, NAME.say(lang))
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == len(runs)


# ---- what comes back ----------------------------------------------------------------------------------------------


def told(submission: Submission) -> list[str]:
    return [say(one.what, "zh") for one in submission.beside.uncarried]


@pytest.mark.parametrize("lang", LANGS)
def test_a_workbook_with_charts_reads_as_it_was_issued(template: Template, tmp_path: Path, lang: Lang) -> None:
    assignment = Assignment(unit="HN", year=2026, lang=lang)
    submission = returned(template, tmp_path, write(laid_out(template, lang), assignment, FULL))
    assert submission.findings == () and submission.beside == Beside() and submission.strays == {}


def test_one_that_libreoffice_saved_does_too(template: Template, office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "saved.xlsx"
    source.write_bytes(write(laid_out(template), UNIT, FULL))
    with office.open(source) as book:
        book.recalc()
        book.save(target)
    assert len(parts(target.read_bytes(), "xl/charts/chart")) == 8
    submission = returned(template, tmp_path, target.read_bytes())
    assert submission.findings == () and submission.beside == Beside()


def test_charts_that_are_deleted_are_nobody_s_loss(template: Template, office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "saved.xlsx"
    source.write_bytes(write(laid_out(template), UNIT, FULL))
    with office.open(source) as book:
        book.unprotect_all()
        book.delete_sheet("图表")
        book.save(target)
    submission = returned(template, tmp_path, target.read_bytes())
    assert submission.findings == () and submission.beside == Beside()


def test_what_excel_adds_to_charts_passes_the_gate(template: Template, tmp_path: Path) -> None:
    data, buffer = write(laid_out(template), UNIT, FULL), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        space = 'xmlns:cs="http://schemas.microsoft.com/office/drawing/2012/chartStyle"'
        new.writestr("xl/charts/style1.xml", f'<?xml version="1.0"?><cs:chartStyle {space} id="201"/>')
        new.writestr("xl/charts/colors1.xml", f'<?xml version="1.0"?><cs:colorStyle {space} meth="cycle" id="10"/>')
        new.writestr("xl/charts/chartEx1.xml", '<?xml version="1.0"?><chartSpace/>')
    submission = returned(template, tmp_path, buffer.getvalue())
    assert submission.findings == ()


def test_a_chart_of_the_unit_s_own_is_named_beside_ours(template: Template, tmp_path: Path) -> None:
    book = opened(write(laid_out(template), UNIT, FULL), values=False)
    for _ in range(9 - len(book["图表"]._charts)):
        chart = BarChart()
        chart.add_data(Reference(book["市场'预算"], min_col=3, min_row=8, max_row=9))
        book["工作底稿"].add_chart(chart)
    buffer = io.BytesIO()
    book.save(buffer)
    assert told(returned(template, tmp_path, buffer.getvalue())) == ["图表"]


def test_a_remark_written_on_the_charts_is_named(template: Template, office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "saved.xlsx"
    source.write_bytes(write(laid_out(template), UNIT, FULL))
    with office.open(source) as book:
        book.unprotect_all()
        book.set("图表", "H3", "见说明")
        book.save(target)
    submission = returned(template, tmp_path, target.read_bytes())
    assert submission.findings == ()
    assert [(one.where, say(one.what, "zh")) for one in submission.beside.uncarried] == [("图表!H3", "见说明")]


def test_a_sheet_of_that_name_that_was_not_issued_is_told(tmp_path: Path) -> None:
    file = tmp_path / "charted.toml"
    file.write_text(TEXT.partition("[[chart]]")[0], encoding="utf-8")
    template = load_template(file)
    book = opened(write(laid_out(template), UNIT, FULL), values=False)
    book.create_sheet("图表")["A1"] = 5
    buffer = io.BytesIO()
    book.save(buffer)
    submission = returned(template, tmp_path, buffer.getvalue())
    assert [found.code for found in submission.findings if found.code != "F110"] == ["S116"]


def test_an_annotated_copy_keeps_the_charts(template: Template) -> None:
    note = Note("1.2.1@amount", "错误", "问卷", "有文字", "改为数字")
    data = write(laid_out(template), UNIT, FULL, notes=[note])
    assert len(parts(data, "xl/charts/chart")) == 8
    assert "图表" in opened(data).sheetnames
