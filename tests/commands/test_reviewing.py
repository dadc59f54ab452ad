"""Review: role by role, with adjustments that keep what was submitted, returns with comments, and locks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from crmxl.expression import Value
from crmxl.group.standing import State
from tests.commands.test_collecting import came, collect, run, standing
from tests.group.small_round import BASIS, ROUND, filled, open_round


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "round"
    open_round(folder)
    entries: dict[str, Value] = {"1.1@amount": Fraction(1000), **BASIS, "1.2@basis": "按人数"}
    collect(folder, came(folder, "甲.xlsx", filled(folder, "A", others=entries)))
    return folder


def table(folder: Path, *rows: str) -> Path:
    path = folder.parent / "调整.csv"
    path.write_text("\n".join(("键,调整,理由", *rows)) + "\n", encoding="utf-8")
    return path


def test_a_unit_is_approved_when_all_roles_have_approved_in_order(folder: Path) -> None:
    said = run(folder, "review", "approve", "A", "--role", "finance", code=1).output
    assert "crd" in said
    said = run(folder, "review", "approve", "A", "--role", "crd", "--by", "王敏", "--comment", "同意").output
    assert "客户关系部" in said
    assert standing(folder, "A").state is State.RECEIVED
    run(folder, "review", "approve", "A", "--role", "finance")
    now = standing(folder, "A")
    assert (now.state, now.roles) == (State.APPROVED, ("crd", "finance"))
    assert now.approvals[0].by == "王敏"


def test_the_role_has_to_be_named_while_several_are_left(folder: Path) -> None:
    assert "crd" in run(folder, "review", "approve", "A", code=2).output
    run(folder, "review", "approve", "A", "--role", "crd")
    run(folder, "review", "approve", "A")
    assert standing(folder, "A").state is State.APPROVED


def test_who_is_not_in_the_round_or_has_no_such_role_is_told(folder: Path) -> None:
    assert "`A2`" in run(folder, "review", "approve", "A2", code=2).output
    assert "crd" in run(folder, "review", "approve", "A", "--role", "cr", code=2).output


def test_an_approval_of_what_is_no_longer_current_is_refused(folder: Path) -> None:
    collect(folder, came(folder, "2.xlsx", filled(folder, "A", 2000)))
    assert "2" in run(folder, "review", "approve", "A:1", "--role", "crd", code=1).output
    run(folder, "review", "approve", "A:2", "--role", "crd")


def test_what_was_checked_by_other_records_is_not_approved(folder: Path) -> None:
    limits = '[limits.P901.region]\ncap = "900"\n'
    (folder / "round.toml").write_text(ROUND + limits, encoding="utf-8")
    said = run(folder, "review", "approve", "A", "--role", "crd", code=1).output
    assert "recheck A" in said
    run(folder, "recheck", code=1)
    assert standing(folder, "A").state is State.RETURNED
    (folder / "round.toml").write_text(ROUND, encoding="utf-8")
    run(folder, "recheck")
    run(folder, "review", "approve", "A", "--role", "crd")


def test_one_refusal_does_not_stop_the_others(folder: Path) -> None:
    collect(folder, came(folder, "甲一.xlsx", filled(folder, "A1", 5)))
    said = run(folder, "review", "approve", "B1", "A1", "--role", "group", code=1).output
    assert "B1" in said
    assert standing(folder, "A1").state is State.APPROVED


def test_an_adjustment_keeps_submitted_change_and_approved_side_by_side(folder: Path) -> None:
    path = table(folder, "1.1@amount,-200,压减", '1.2@amount,"1,050.50",划入')
    said = run(folder, "review", "approve", "A", "--role", "crd", "--adjust", path).output
    assert all(figure in said for figure in ("1,000.00", "850.50", "1,850.50"))
    now = standing(folder, "A")
    assert now.version is not None
    assert (now.version.total, now.total) == (100_000, 185_050)
    run(folder, "review", "approve", "A", "--adjust", table(folder, "1.1@amount,-100,再压减"))
    now = standing(folder, "A")
    assert [(one.key, one.change) for one in now.changes] == [
        ("1.1@amount", -20_000),
        ("1.2@amount", 105_050),
        ("1.1@amount", -10_000),
    ]
    assert now.total == 175_050
    run(folder, "review", "reopen", "A", "--reason", "重来")
    assert standing(folder, "A").total == 100_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1.1@amount,-1000.01,过头", "低于"),
        ("1.1@amount,499000.01,超限", "P901"),
        ("total@amount,5,合计", "计算"),
        ("9.9@amount,5,没有", "没有这个键"),
        ("1.1@basis,5,文字", "只能调整"),
        ("1.1@amount,约5,含糊", "调整额"),
        ("1.1@amount,0,无", "调整额"),
        ("1.1@amount,5,", "理由"),
        (",5,无键", "键"),
        ("1.1@amount,5.001,太细", "调整额"),
    ],
)
def test_an_adjustment_that_cannot_stand_is_refused(folder: Path, row: str, said: str) -> None:
    result = run(folder, "review", "approve", "A", "--role", "crd", "--adjust", table(folder, row), code=2)
    assert said in result.output
    assert not standing(folder, "A").approvals


def test_adjustments_of_several_units_name_the_unit(folder: Path) -> None:
    collect(folder, came(folder, "甲一.xlsx", filled(folder, "A1", 5)))
    collect(folder, came(folder, "乙一.xlsx", filled(folder, "B1", 5)))
    path = folder.parent / "调整.csv"
    path.write_text("预算单位,键,调整(元),理由\nA1,1.1@amount,-1,x\nB1,1.1@amount,+2,y\n", encoding="gb18030")
    run(folder, "review", "approve", "A1", "B1", "--adjust", path)
    assert (standing(folder, "A1").total, standing(folder, "B1").total) == (400, 700)
    said = run(folder, "review", "approve", "A1", "B1", "--adjust", table(folder, "1.1@amount,-1,x"), code=2).output
    assert "unit" in said


def test_a_nil_return_has_nothing_to_adjust(folder: Path) -> None:
    run(folder, "nil", "B1", "--reason", "无")
    assert (
        "零申报" in run(folder, "review", "approve", "B1", "--adjust", table(folder, "1.1@amount,1,x"), code=2).output
    )


def test_a_return_says_what_is_to_be_changed_at_its_cell(folder: Path) -> None:
    back = folder.parent / "back"
    comments = ("--comment", "请补充测算依据", "--comment", "1.1@amount=场次与上年不符")
    run(folder, "review", "return", "A", *comments, "--annotate", back, "--by", "李")
    now = standing(folder, "A")
    assert now.state is State.RETURNED
    (copy,) = back.iterdir()
    words = [str(cell.value) for sheet in openpyxl.load_workbook(copy) for row in sheet.iter_rows() for cell in row]
    assert any("请补充测算依据" in word for word in words)
    assert any("场次与上年不符" in word for word in words)
    assert "等待重新提交" in run(folder, "review", "approve", "A", "--role", "crd", code=1).output
    collect(folder, came(folder, "2.xlsx", filled(folder, "A", 900)))
    assert standing(folder, "A").state is State.RECEIVED


def test_a_comment_on_a_key_that_there_is_not_is_refused(folder: Path) -> None:
    assert "1.1@amount" in run(folder, "review", "return", "A", "--comment", "1.1@amont=x", code=2).output
    assert standing(folder, "A").state is State.RECEIVED


def test_what_is_not_allowed_is_refused_with_what_is(folder: Path) -> None:
    assert "reopen" not in run(folder, "review", "reopen", "A", "--reason", "x", code=1).output.partition("Allowed")[2]
    run(folder, "review", "approve", "A", "--role", "crd")
    run(folder, "review", "approve", "A", "--role", "finance")
    for act in (("approve", "A", "--role", "finance"), ("return", "A", "--comment", "x")):
        assert "reopen" in run(folder, "review", *act, code=1).output
    assert "--reason" in run(folder, "review", "reopen", "A", "--reason", " ", code=2).output
