"""Lists as long as each unit needs: from units.csv through a round to its total, one workbook, another version."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.cli import main
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.errors import DefinitionError
from crmxl.files import write_atomically
from crmxl.group.ledger import Ledger
from crmxl.receive.reading import read

VISITS = """
id = "visits"
version = 1
title = { zh = "拜访计划", en = "Visits" }
total = "visits@cost"

[[sheet]]
id = "visits"
title = { zh = "拜访清单", en = "Visits" }
kind = "list"
rows = 60
most = 400
columns = [
  { id = "name", title = { zh = "客户", en = "Customer" }, type = "text" },
  { id = "cost", title = { zh = "费用", en = "Cost" }, type = "money", total = true },
  { id = "times", title = { zh = "次数", en = "Times" }, type = "integer", consolidate = "sum" },
  { id = "rank", title = { zh = "排名" }, type = "integer", expression = "RANK(cost, visits.*@cost)" },
]

[[sheet]]
id = "gifts"
title = { zh = "礼品", en = "Gifts" }
kind = "grid"
columns = [ { id = "amount", title = { zh = "金额", en = "Amount" }, type = "money", total = true } ]
[[sheet.section]]
code = "1"
title = { zh = "礼品", en = "Gifts" }
lines = [ { code = "1.1", title = { zh = "茶叶", en = "Tea" } } ]
"""
ROUND = 'name = "2026"\nyear = 2026\ntemplates = ["visits"]\nkey_file = "key"\n'
UNITS = "code,name,清单行数\nA,甲,visits=120\nB,乙,\nC,丙,visits = 7\n"
ROWS = {"A": 150, "B": 60, "C": 50}
"""What each unit gets: its wish, rounded up to fifties."""


def lay(folder: Path, units: str = UNITS, figures: str = "", visits: str = VISITS) -> Path:
    write_atomically(folder / "templates" / "visits.toml", visits.encode())
    write_atomically(folder / "round.toml", ROUND.encode())
    write_atomically(folder / "units.csv", units.encode())
    write_atomically(folder / "key", b"0123456789abcdef0123456789abcdef")
    if figures:
        write_atomically(folder / "figures.csv", figures.encode())
    return folder


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def entries(rows: int) -> dict[str, str]:
    """Every row filled, the last one with the most."""
    found = {"1.1@amount": "9.00"}
    for n in range(1, rows + 1):
        found |= {
            f"visits.{n:03d}@name": f"客户{n}",
            f"visits.{n:03d}@cost": f"{1000 + n}.01",
            f"visits.{n:03d}@times": "2",
        }
    return found


def filled(folder: Path, unit: str, rows: int) -> Path:
    path = folder / "back" / f"{unit}.xlsx"
    path.parent.mkdir(exist_ok=True)
    data = folder.parent / f"{unit}.json"
    data.write_text(json.dumps(entries(rows), ensure_ascii=False), encoding="utf-8")
    run("generate", "visits", "--round", folder, "--unit", unit, "--data", data, "-o", path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay(tmp_path / "round")


def test_each_unit_gets_the_rows_that_it_was_given_and_all_of_them_count(folder: Path) -> None:
    for unit, rows in ROWS.items():
        path = filled(folder, unit, rows)
        submission = read(path, round_library(folder), policies_beside(folder))
        assert submission.layout is not None and submission.findings == ()
        assert f"visits.{rows:03d}@cost" in submission.layout.cells
        assert f"visits.{rows + 1:03d}@cost" not in submission.layout.cells
    body = json.loads(run("validate", folder / "back", "--round", folder, "--json").stdout)
    assert {finding["code"] for file in body["files"] for finding in file["findings"]} <= {"F110"}
    totals = json.loads(run("consolidate", folder / "back", "--round", folder, "--json").stdout)
    assert Fraction(totals["total"]) == sum(costs(rows) for rows in ROWS.values())
    assert {one["unit"]: Fraction(one["total"]) for one in totals["units"]} == {
        unit: costs(rows) for unit, rows in ROWS.items()
    }
    lines = {line["code"]: line for line in totals["lines"]}
    assert [code for code in lines if code.startswith("visits.")] == [f"visits.{n:03d}" for n in range(1, 151)]
    assert lines["visits.150"]["by_unit"] == {"A": "1150.01"}
    assert lines["visits.060"]["by_unit"] == {"A": "1060.01", "B": "1060.01"}
    (times,) = (one for one in totals["measures"] if one["column"] == "times")
    assert Fraction(times["total"]) == 2 * sum(ROWS.values())
    (tea,) = (line for line in totals["beside"] if line["code"] == "1.1")
    assert tea["total"] == "27.00" and len(tea["by_unit"]) == 3


def test_rows_stay_each_units_own_from_the_first_issue_to_the_total_in_the_ledger(folder: Path) -> None:
    Ledger.create(folder / "ledger.db", "2026").close()
    run("distribute", "--round", folder)
    assert len(list((folder / "issued").rglob("*.xlsx"))) == 3
    for unit, rows in ROWS.items():
        filled(folder, unit, rows)
    receipts = json.loads(run("collect", folder / "back", "--round", folder, "--json").stdout)["receipts"]
    assert [receipt["answer"] for receipt in receipts] == ["accepted"] * 3
    run("review", "approve", *ROWS, "--round", folder)
    totals = json.loads(run("consolidate", "--round", folder, "--json").stdout)
    assert Fraction(totals["total"]) == sum(costs(rows) for rows in ROWS.values())
    seen = json.loads(run("trace", "visits.150@cost", "--round", folder, "--json").stdout)
    assert "1150.01" in json.dumps(seen)
    lay(folder, UNITS.replace("visits=120", "visits=300"))
    said = run("distribute", "--round", folder).output
    assert "visits" in said and "V2" in "".join(path.name for path in (folder / "issued").rglob("*.xlsx"))


def costs(rows: int) -> Fraction:
    """Yuan of a list with every row filled."""
    return sum((Fraction(100 * (1000 + n) + 1, 100) for n in range(1, rows + 1)), Fraction(0))


def test_a_row_beyond_a_units_list_cannot_be_filled(folder: Path) -> None:
    data = folder.parent / "data.json"
    data.write_text('{"visits.051@cost": "1.00"}', encoding="utf-8")
    said = run("generate", "visits", "--round", folder, "--unit", "C", "--data", data, "-o", "x.xlsx", code=2)
    assert "visits.051@cost: 清单 visits 只有 50 行；请加 --rows visits=51" in said.output


def test_a_row_is_told_by_the_name_that_its_unit_gave_it(folder: Path) -> None:
    path = filled(folder, "C", 50)
    book = openpyxl.load_workbook(path)
    (sheet,) = (one for one in book if one["A1"].value == "crmxl:visits")
    (row,) = (cell.row for cell in sheet["A"] if cell.value == "visits.003")
    (column,) = (cell.column for cell in sheet[2] if cell.value == "cost")
    sheet.cell(row, column).value = -5
    book.save(path)
    body = json.loads(run("validate", path, "--round", folder, "--json", code=1).stdout)
    (told,) = (finding for finding in body["files"][0]["findings"] if finding["code"] == "E104")
    assert told["title"] == "客户3·费用"


def test_other_rows_than_the_records_say_are_told(folder: Path) -> None:
    path = filled(folder, "A", 150)
    lay(folder, UNITS.replace("visits=120", "visits=300"))
    body = json.loads(run("validate", path, "--round", folder, "--json", code=1).stdout)
    (told,) = (finding for finding in body["files"][0]["findings"] if finding["code"] == "I111")
    assert (told["found"], told["expected"]) == ("visits=150", "visits=300")


def test_what_is_issued_beyond_a_units_list_is_refused_once_a_list(tmp_path: Path) -> None:
    figures = "unit,key,value\n" + "".join(f"C,visits.{n:03d}@cost,5\n" for n in (1, 50, 51, 52, 400))
    folder = lay(tmp_path / "round", figures=figures)
    with pytest.raises(DefinitionError) as caught:
        load_round(folder)
    (problem,) = caught.value.problems
    assert problem.place.endswith("figures.csv: line 4, column key")
    assert "C 的清单 visits 只有 50 行" in problem.message and "the list visits of C has 50 rows" in problem.message
    found = load_round(lay(folder, UNITS.replace("visits = 7", "visits=400"))).unit("C")
    assert found.prefilled["visits.400@cost"] == 5


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("visits=500", "`visits` has 1 to 400 rows; found 500"),
        ("gifts=5", "no list `gifts` whose rows can be chosen; there are: visits (1 – 400)"),
        ("120", "found `120`; write customers=300, several with ; between them"),
    ],
)
def test_rows_that_no_list_offers_are_refused_where_they_stand(cell: str, said: str, tmp_path: Path) -> None:
    folder = lay(tmp_path / "round", UNITS.replace("visits=120", cell))
    with pytest.raises(DefinitionError) as caught:
        load_round(folder)
    assert [(one.place.partition("/")[2], said in one.message) for one in caught.value.problems] == [
        ("units.csv: line 2, column 清单行数", True)
    ]


def test_one_workbook_may_have_its_own_rows(tmp_path: Path) -> None:
    path, template = tmp_path / "one.xlsx", lay(tmp_path / "round") / "templates" / "visits.toml"
    run("generate", template, "--rows", "visits=90", "--unit", "甲", "--year", "2026", "-o", path)
    submission = read(path, round_library(tmp_path / "round"))
    assert submission.findings == () and submission.stamp is not None and submission.layout is not None
    assert submission.stamp.assignment.rows == {"visits": 100}
    assert "visits.100@cost" in submission.layout.cells and "visits.101@cost" not in submission.layout.cells
    for wrong in ("visits=0", "visits=401", "gifts=5", "visits"):
        said = run("generate", template, "--rows", wrong, "-o", tmp_path / "no.xlsx", code=2)
        assert said.output.startswith("--rows: ")
    assert not (tmp_path / "no.xlsx").exists()


def test_another_version_has_room_for_what_was_filled(tmp_path: Path) -> None:
    folder = lay(tmp_path / "round")
    own, data, path = folder / "templates", tmp_path / "data.json", tmp_path / "old.xlsx"
    data.write_text(json.dumps(entries(250)), encoding="utf-8")
    run("generate", own / "visits.toml", "--rows", "visits=250", "--unit", "甲", "--data", data, "-o", path)
    write_atomically(own / "visits@1.toml", VISITS.encode())
    write_atomically(own / "visits.toml", VISITS.replace("version = 1", "version = 2").replace("60", "20").encode())
    run("migrate", path, "--to", "visits@2", "--templates", own, "-o", tmp_path / "new.xlsx")
    found = read(tmp_path / "new.xlsx", round_library(folder))
    assert found.stamp is not None and (found.stamp.version, found.stamp.assignment.rows) == (2, {"visits": 250})
    assert found.contents["visits.250@cost"].text == "1250.01"
