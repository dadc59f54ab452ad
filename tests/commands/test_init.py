"""A new round is made whole or not at all, from a CSV file or a workbook, and loads as it was typed."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
import tempfile
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given

from crmxl.commands.rounds import init_round
from crmxl.commands.units_workbook import workbook_table
from crmxl.define.round import Review, Round, load_round
from crmxl.define.template import load_template
from crmxl.define.units import read_units
from crmxl.define.units_table import csv_table
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.group.acts import Returned
from crmxl.group.ledger import Ledger
from crmxl.resources import folder as resource
from tests.define import test_policy, unsound
from tests.define.test_units import TARGETS, unit_lists

HEADER = ("编码", "名称", "上级", "类型", "收件人", "销售考核任务（万元）", "上年实际(元)", "编报范围")
ROWS: list[tuple[Any, ...]] = [
    ("JT", "集团", "", "集团", "", "", "", ""),
    ("HN", "华南区域", "JT", "区域", "hn@example.com", 20000.01, 90000.5, "含全部"),
    (1001, "深圳", "HN", "城市", "", 1.1, "", ""),
]


def write_csv(path: Path, rows: list[tuple[Any, ...]], encoding: str = "utf-8") -> Path:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    path.write_bytes(file.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, rows: list[tuple[Any, ...]], sheet: str = "单位", first: int = 0) -> Path:
    """The rows from line ``first`` on, texts as texts and numbers as numbers."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows, first):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(at, column, cell, day)
                elif isinstance(cell, bool):
                    page.write_boolean(at, column, cell)
                elif isinstance(cell, (int, float)):
                    page.write_number(at, column, cell)
                elif cell:
                    page.write_string(at, column, cell)
    return path


def init(folder: Path, units: Path, **options: Any) -> Round:
    """The round as it loads after init."""
    init_round(folder, "zh", **{"templates": ("customer-relations",), "units": units, "year": 2026, **options})
    return load_round(folder)


def refused(folder: Path, units: Path, **options: Any) -> str:
    """What init says; nothing may be left of it."""
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(CrmxlError) as caught:
        init(folder, units, **options)
    assert sorted(folder.parent.rglob("*")) == before
    return str(caught.value)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "单位.csv", [HEADER, *ROWS])


# -- what is made --------------------------------------------------------------------------------------------------


def test_a_round_is_made_and_loads_as_it_was_typed(
    tmp_path: Path, units: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contact = '王"主任" \\ #1'
    found = init(
        tmp_path / "2026一上",
        units,
        stage="一上",
        deadline="2025-11-30",
        contact=contact,
        parent_amount="sum",
        roles=("finance", "cost"),
    )
    assert (found.name, found.year, found.stage, found.lang) == ("2026年度预算一上", 2026, "一上", "zh")
    assert (found.deadline, found.contact, found.parent_amount) == ("2025-11-30", contact, "sum")
    assert found.templates == ("customer-relations@1",) and found.policies == ("group-customer-relations@1",)
    assert found.reviews == (Review(("finance", "cost")),)
    assert found.unit("HN").parameters == {
        "sales_target": "200000100",
        "last_year_actual": "90000.5",
        "scope_note": "含全部",
    }
    assert found.unit("1001").parameters == {"sales_target": "11000"}
    out, said = capsys.readouterr()
    assert out == f"{tmp_path / '2026一上'}\n"
    assert "单位 3 个：集团 1、区域 1、城市 1；第 1 级 1 个、第 2 级 1 个、第 3 级 1 个" in said
    assert "模板 customer-relations@1：3 份" in said and "crmxl distribute" in said


def test_what_was_not_said_is_a_comment(tmp_path: Path, units: Path) -> None:
    found = init(tmp_path / "r", units, name="试编 🌱")
    assert (found.name, found.stage, found.deadline, found.contact, found.ledger) == ("试编 🌱", "", "", "", "")
    text = (tmp_path / "r" / "round.toml").read_text(encoding="utf-8")
    assert '\n# deadline = "' in text and "\n# [[review]]\n" in text and found.reviews == ()


def test_the_key_is_random_and_nobody_elses_from_its_first_moment(
    tmp_path: Path, units: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    chmod = os.chmod

    def watched(path: str, mode: int) -> None:
        if len(Path(path).read_bytes()) == 65:
            modes.extend((stat.S_IMODE(Path(path).stat().st_mode), mode))
        chmod(path, mode)

    monkeypatch.setattr(os, "chmod", watched)
    keys = [init(tmp_path / name, units).key for name in ("a", "b")]
    assert keys[0] != keys[1] and all(len(bytes.fromhex(key.decode())) == 32 for key in keys)
    assert stat.S_IMODE((tmp_path / "a" / "key").stat().st_mode) == 0o600
    assert set(modes) == {0o600} and len(modes) == 4


def test_the_ledger_is_there_and_empty(tmp_path: Path, units: Path) -> None:
    found = init(tmp_path / "r", units)
    with Ledger.open(tmp_path / "r" / "ledger.db", found.name) as ledger:
        assert ledger.events() == []


def test_units_are_kept_word_for_word_in_a_form_that_excel_opens(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "units.csv", [HEADER, *ROWS], "gbk")
    init(tmp_path / "r", source)
    raw = (tmp_path / "r" / "units.csv").read_bytes()
    assert raw == b"\xef\xbb\xbf" + source.read_bytes().decode("gbk").encode()


def test_a_units_file_that_stands_in_the_folder_already_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    source = write_csv(folder / "units.csv", [HEADER, *ROWS])
    before = source.read_bytes()
    assert len(init(folder, source).units) == 3 and source.read_bytes() == before


def test_own_templates_and_policies_go_into_the_folder(tmp_path: Path) -> None:
    template = unsound.SOUND.replace('title = { zh = "甲" } }', 'title = { zh = "甲" }, tags = ["own"] }')
    (tmp_path / "mine.toml").write_text(template, encoding="utf-8")
    policy = test_policy.SOUND.replace('without = ["1.2.1"]', "")
    (tmp_path / "rules.toml").write_text(policy, encoding="utf-8")
    source = write_csv(tmp_path / "u.csv", [("code", "name", "target"), ("A", "甲", "5")])
    found = init(
        tmp_path / "r",
        source,
        templates=(str(tmp_path / "mine.toml"), "cosmetics-plan@1"),
        policies=(str(tmp_path / "rules.toml"),),
    )
    assert found.templates == ("small@1", "cosmetics-plan@1") and found.policies == ("house@1",)
    assert (tmp_path / "r" / "templates" / "small.toml").read_text(encoding="utf-8") == template
    assert (tmp_path / "r" / "policies" / "house.toml").read_text(encoding="utf-8") == policy


def test_figures_go_with_the_units(tmp_path: Path, units: Path) -> None:
    figures = write_csv(tmp_path / "f.csv", [("预算单位", "键", "值"), ("HN", "S.1@crd", "0.5")])
    found = init(tmp_path / "r", units, figures=figures)
    assert found.unit("HN").parameters["S.1@crd"] == "0.5"
    book = write_xlsx(tmp_path / "f.xlsx", [("预算单位", "键", "值"), ("HN", "S.1@crd", 0.5)])
    assert init(tmp_path / "s", units, figures=book).units == found.units


def test_warnings_are_shown_and_do_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(*HEADER, "上年销售考核任务(元)"), *((*row, 20000 if row[0] == "HN" else "") for row in ROWS)]
    init(tmp_path / "r", write_csv(tmp_path / "u.csv", rows), policies=("hotel-marketing",))
    said = capsys.readouterr().err
    assert "请核对 2 处" in said and "line 3, column 销售考核任务（万元）: 本年 200,000,100 元，上年 20,000 元" in said
    assert "hotel-marketing@" in said and "has no rule for these templates" in said


# -- nothing by halves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"templates": ("customer-relation",)}, "--template: there is no template"),
        ({"templates": ("customer-relations", "customer-relations@1")}, "--template: “customer-relations”写了两次"),
        ({"templates": ("nowhere.toml",)}, "nowhere.toml: cannot be read"),
        ({"policies": ("nobody",)}, "--policy: there is no policy `nobody`"),
        ({"deadline": "2025-02-30"}, "--deadline: found `2025-02-30`"),
        ({"roles": ("Finance",)}, "--role: found `Finance`"),
        ({"roles": ("finance", "finance")}, "--role: `finance` reviews already"),
        ({"parent_amount": "both"}, "--parent-amount: found `both`"),
        ({"year": 1999}, "--year: found 1999"),
        ({"name": " "}, "--name: found ` `"),
        ({"name": "a\u202eb"}, "--name: 含看不见的字符"),
        ({"ledger": "ledger.db"}, "write postgresql+psycopg://"),
        ({"ledger": "nosuch://host/base"}, ""),
        ({"figures": Path("nowhere.csv")}, "nowhere.csv: cannot be read"),
        ({"units": Path("nowhere.csv")}, "nowhere.csv: cannot be read"),
    ],
)
def test_what_is_wrong_is_told_by_its_option_and_nothing_is_made(
    tmp_path: Path, units: Path, options: dict[str, Any], words: str
) -> None:
    assert words in refused(tmp_path / "deep" / "r", **{"units": units, **options})


def test_bad_units_and_options_are_told_together(tmp_path: Path) -> None:
    rows = [HEADER, *ROWS[:2], ("S Z", "深圳", "HX", "", "", "1万", "", "")]
    said = refused(tmp_path / "r", write_csv(tmp_path / "u.csv", rows), deadline="2025-02-30").splitlines()
    name = f"{tmp_path.name}/u.csv"
    assert [line.partition(": ")[0] for line in said] == ["--deadline", name, name, name]
    assert all("line 4, column" in line for line in said[1:])


def test_a_template_that_was_issued_otherwise_is_refused(tmp_path: Path, units: Path) -> None:
    text = (resource("templates") / "customer-relations.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace("节日关怀", "节日问候"), encoding="utf-8")
    assert "was issued and differs" in refused(tmp_path / "r", units, templates=(str(tmp_path / "mine.toml"),))


def test_a_folder_with_a_round_is_left_alone(tmp_path: Path, units: Path) -> None:
    init(tmp_path / "r", units)
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    assert "holds a round already" in refused(tmp_path / "r", units)
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


@pytest.mark.parametrize("name", ["units.csv", "figures.csv", "key", "ledger.db"])
def test_nothing_is_written_over(tmp_path: Path, units: Path, name: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / name).write_bytes(b"precious")
    assert f"{name}: 已存在" in refused(tmp_path / "r", units)
    assert (tmp_path / "r" / name).read_bytes() == b"precious"


def test_another_template_of_the_name_in_the_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "r" / "templates").mkdir(parents=True)
    (tmp_path / "r" / "templates" / "targets.toml").write_text(TARGETS, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(TARGETS.replace("本年预算", "预算"), encoding="utf-8")
    source = write_csv(tmp_path / "u.csv", [("code", "name", "sales_target"), ("A", "甲", "5")])
    assert "targets.toml: 已有" in refused(tmp_path / "r", source, templates=(str(tmp_path / "mine.toml"),))


def test_a_ledger_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, units: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(place: Path, name: str) -> None:
        place.write_bytes(b"half")
        raise CrmxlError("no server")

    monkeypatch.setattr(Ledger, "create", fail)
    assert refused(tmp_path / "deep" / "r", units) == "no server"
    assert not (tmp_path / "deep").exists()


# -- workbooks -----------------------------------------------------------------------------------------------------


def test_a_workbook_gives_the_same_units_as_a_csv_file(tmp_path: Path, units: Path) -> None:
    book = write_xlsx(tmp_path / "单位.xlsx", [HEADER, *ROWS], first=2)
    found, again = init(tmp_path / "a", book), init(tmp_path / "b", units)
    assert found.units == again.units and found.unit("HN").parameters["sales_target"] == "200000100"


def test_a_workbook_is_told_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    book = write_xlsx(tmp_path / "u.xlsx", [HEADER, *ROWS]).rename(tmp_path / "u.csv")
    assert len(init(tmp_path / "r", book).units) == 3
    text = write_csv(tmp_path / "v.xlsx", [HEADER, *ROWS])
    assert "u.csv" not in refused(tmp_path / "s", text)


def test_mistakes_in_a_workbook_are_told_by_cell(tmp_path: Path) -> None:
    rows = [
        (*HEADER[:5], "", *HEADER[5:], "编制人"),
        ("JT", "集团", "", "", "", "", date(2026, 1, 1)),
        ("H N", "", "JX", "", "", "", True),
        ("SZ", "深圳", "SZ", "", "", "", 1.23456789),
    ]
    name = f"{tmp_path.name}/u.xlsx: 2026 单位!"
    said = refused(tmp_path / "r", write_xlsx(tmp_path / "u.xlsx", rows, "2026 单位")).splitlines()
    cells = [line.removeprefix(name).partition(": ")[0] for line in said]
    assert cells == ["G3", "J1", "G2", "B3", "A3", "C3", "G4", "C4"]


def test_merged_cells_errors_and_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "u.xlsx", [HEADER, *ROWS])
    book = openpyxl.load_workbook(tmp_path / "u.xlsx")
    page = book.worksheets[0]
    page.merge_cells("D3:D4")
    page["F2"] = "=1+1"
    page["G3"] = "#REF!"
    book.save(tmp_path / "u.xlsx")
    said = refused(tmp_path / "r", tmp_path / "u.xlsx").splitlines()
    cells = [line.partition("!")[2].partition(": ") for line in said]
    assert [(cell, words.split(" · ")[1][:14]) for cell, _, words in cells] == [
        ("D3:D4", "cells are merg"),
        ("F2", "the formula ha"),
        ("G3", "#REF! is neith"),
    ]


def test_only_the_first_sheet_that_is_seen_counts_and_hidden_rows_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "u.xlsx"
    with xlsxwriter.Workbook(path) as book:
        aside, page, other = (book.add_worksheet(name) for name in ("旧", "单位", "说明"))
        aside.hide()
        page.activate()
        page.set_first_sheet()
        other.write(0, 0, "说明")
        for at, row in enumerate([HEADER, *ROWS]):
            page.write_row(at, 0, row)
        page.set_row(2, None, None, {"hidden": True})
    assert len(init(tmp_path / "r", path).units) == 3
    assert "隐藏的行也算：3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"PK\x03\x04 broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xlsx"),
        (b"", "empty"),
        (b"code,name", "CSV"),
    ],
)
def test_what_is_no_workbook_is_told_with_what_to_do(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "u.xlsx").write_bytes(raw)
    said = refused(tmp_path / "r", tmp_path / "u.xlsx")
    assert said.startswith(f"{tmp_path.name}/u.xlsx: ") and words in said and "{" not in said


@given(units=unit_lists())
def test_units_come_through_a_workbook_as_through_a_csv_file(units: list[Any]) -> None:
    header = ("编码", "名称", "上级", "类型", "收件人", "销售考核任务(元)")
    numbers = [(one.code, one.name, one.parent, one.type, one.recipient, "" if t is None else t) for one, t in units]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "targets.toml").write_text(TARGETS, encoding="utf-8")
        template = load_template(folder / "targets.toml")
        book = write_xlsx(
            folder / "u.xlsx",
            [header, *((*row[:5], float(row[5]) if isinstance(row[5], Fraction) else "") for row in numbers)],
        )
        text = write_csv(folder / "u.csv", [header, *((*row[:5], _decimal(row[5])) for row in numbers)])
        one, other = read_units(workbook_table(book), None, [template]), read_units(csv_table(text), None, [template])
    assert one.problems == other.problems == () and one.units == other.units
    assert [Fraction(unit.parameters.get("sales_target", 0)) for unit in one.units] == [t or 0 for _, t in units]


def test_a_code_that_a_workbook_shows_with_leading_zeros_keeps_them(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "u.xlsx") as book:
        page, zeros = book.add_worksheet("单位"), book.add_format({"num_format": "0000"})
        page.write_row(0, 0, ["编码", "名称", "上级"])
        page.write_number(1, 0, 1, zeros)
        page.write_string(1, 1, "集团")
        page.write_number(2, 0, 101, zeros)
        page.write_string(2, 1, "华南")
        page.write_number(2, 2, 1, zeros)
    table = workbook_table(tmp_path / "u.xlsx")
    assert table.problems == () and [cells for _, cells in table.lines] == [
        ("0001", "集团", ""),
        ("0101", "华南", "0001"),
    ]


def _decimal(target: Fraction | str) -> str:
    return f"{target.numerator * (100 // target.denominator) / 100:.2f}" if isinstance(target, Fraction) else target


def test_all_problems_of_a_list_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        init(tmp_path / "r", write_csv(tmp_path / "u.csv", [HEADER, ("", "", "X", "", "", "y", "z", "")]))
    assert len(caught.value.problems) == 5


# -- stopped in the middle -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(1, 4))
def test_an_init_that_was_killed_leaves_no_round_and_can_be_made_again(
    tmp_path: Path, units: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed while the file with this number was to be written, counted from the last: nothing could be tidied up."""
    script = (
        "import os, sys; from pathlib import Path; from crmxl.commands import rounds\n"
        "real = rounds.write_atomically; left = [int(sys.argv[3])]\n"
        "def written(*given):\n"
        "    left[0] -= 1\n"
        "    os._exit(9) if left[0] == 0 else real(*given)\n"
        "rounds.write_atomically = written\n"
        "folder, units = map(Path, sys.argv[1:3])\n"
        "rounds.init_round(folder, 'zh', templates=('customer-relations',), units=units, year=2026)"
    )
    folder = tmp_path / "r"
    ended = subprocess.run([sys.executable, "-c", script, str(folder), str(units), str(after)], check=False)
    assert ended.returncode == 9 and not (folder / "round.toml").exists() and (folder / "ledger.db").exists()
    if (folder / "key").exists():
        assert "key: 已存在，请先移走" in refused(folder, units)
        (folder / "key").unlink()
    round = init(folder, units)
    with Ledger.open(folder / "ledger.db", round.name) as ledger:
        assert ledger.verify() == []


def test_the_ledger_of_another_round_or_with_events_is_not_taken_over(tmp_path: Path, units: Path) -> None:
    folder = tmp_path / "r"
    name = init(folder, units).name
    for file in ("round.toml", "key", "units.csv"):
        (folder / file).unlink()
    assert "ledger.db: 已存在" in refused(folder, units, name="另一个")
    with Ledger.open(folder / "ledger.db", name) as ledger, ledger.writing() as writing:
        writing.append("2026-01-01T00:00:00+08:00", "王敏", Returned("HN", "plan@1", 1, "", ""))
    assert "ledger.db: 已存在" in refused(folder, units)


@pytest.mark.skipif(os.name == "nt", reason="rights of files are told otherwise")
@pytest.mark.parametrize(("password", "mode"), [(":secret", 0o600), ("", 0o644)])
def test_a_round_that_holds_a_password_is_private(
    tmp_path: Path, units: Path, postgresql: str, password: str, mode: int
) -> None:
    mask = os.umask(0o022)
    try:
        init(tmp_path / "r", units, ledger=postgresql.replace("@", f"{password}@"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "r" / "round.toml").stat().st_mode) == mode


@pytest.mark.parametrize("rest", ["qqq@host/db", "qqq/x@host/db", "x/db?y=qqq@host"])
def test_a_password_with_an_at_is_not_shown(tmp_path: Path, units: Path, rest: str) -> None:
    said = refused(tmp_path / "r", units, ledger=f"postgresql://u:pa@{rest}")
    assert "%40" in said and "qqq" not in said
