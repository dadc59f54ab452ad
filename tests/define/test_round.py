"""A sound round loads with its units as a tree; every mistake is told at its place, in units.csv by line and column."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from crmxl.define.round import Round, Unit, load_round, policies_beside, round_library
from crmxl.errors import CrmxlError, DefinitionError, Problem
from tests.define import test_policy, unsound
from tests.define.test_waivers import SOUND as WAIVERS

ROUND = """
name = "2026 年度预算"
year = 2026
stage = "一上"
templates = ["small"]
policies = ["house@1"]
deadline = 2025-11-30
contact = "集团客户关系部 王主任"
key_file = "secret.key"
phase = "even"
parent_amount = "sum"

[limits.P101."区域"]
rate = "0.4‰"
"""
UNITS = """code,name,parent,type,recipient,target,parts,first_month
JT,集团,,集团,,0,,
HN,华南区域,JT,区域,hn@example.com,200000000.00,one,
SZ,深圳,HN,城市,,120000000,,7
GZ,广州,HN,城市,,80000000.05,,
HD,"华东, 区域",JT,区域,,,,
"""

BROKEN_ROUND = {
    # what is wrong: (text in ROUND, its replacement, place, words of the message)
    "an unknown setting": ("stage =", "stge =", "stge", "`stage` meant?"),
    "no name": ('name = "2026 年度预算"\n', "", "name", "is missing"),
    "a year in quotes": ("2026\n", '"2026"\n', "year", "a whole number"),
    "a template that is not there": ('["small"]', '["smal"]', "templates[0]", "near it: small"),
    "a policy that is not there": ('["house@1"]', '["hose"]', "policies[0]", "`house` meant?"),
    "a version that is not there": ("house@1", "house@2", "policies[0]", "no version `2`"),
    "a deadline that is no day": ("2025-11-30", '"2025-11-31"', "deadline", "no day of the calendar"),
    "a key that is not there": ('"secret.key"', '"other.key"', "key_file", "cannot be read"),
    "a key that can be guessed": ('"secret.key"', '"short.key"', "key_file", "has 5 bytes"),
    "an unknown phase": ('"even"', '"odd"', "phase", "none, even"),
    "a limit of no rule": ("P101", "P109", "limits.P109", "has the rule `P109`"),
    "a limit of no type": ('区域"]', '大区"]', 'limits.P101."大区"', "no unit has the type"),
    "a limit of no name": ("rate =", "rates =", 'limits.P101."区域".rates', "`rate` meant?"),
    "a limit by line": ('P101."区域"]\nrate', 'P102."区域"]\nlow', 'limits.P102."区域".low', "from line to line"),
    "a limit in words": ('"0.4‰"', '"0.4 per mille"', 'limits.P101."区域".rate', "300, 20% or 0.5‰"),
}  # fmt: skip

BROKEN_UNITS = {
    # what is wrong: (text in UNITS, its replacement, place, words of the message)
    "a column misspelt": (",parent,", ",parnet,", "header", "`parent` meant?"),
    "a column twice": (",recipient,", ",parent,", "header", "`parent` stands twice"),
    "a parameter that no column gives": (",target,", ",first,", "header", "`target` is missing"),
    "no codes": ("code,", "unit,", "header", "`code` is missing"),
    "a column without a name": (",recipient,", ",,", "header", "column 5 has no name"),
    "a cell too few": ("GZ,广州,HN,", "GZ,广州,", "line 5", "has 7 cells, the header 8"),
    "a cell too many": ('"华东, 区域"', "华东, 区域", "line 6", "put quotes around a comma"),
    "an open quote": ('"华东, 区域"', '"华东, 区域', "line 6", "this is not CSV"),
    "a blank code": ("GZ,", ",", "line 5, column code", "is blank"),
    "a blank name": ("广州", " ", "line 5, column name", "is blank"),
    "a code twice": ("GZ,", "SZ,", "line 5, column code", "`SZ` stands already in line 4"),
    "a code in other case": ("GZ,", "sz,", "line 5, column code", "differs only in case from `SZ`"),
    "a code with a slash": ("GZ,", "G/Z,", "line 5, column code", "no spaces and none of"),
    "a code with an invisible sign": ("GZ,", "GZ\u200b,", "line 5, column code", "U+200B"),
    "a parent that is not there": ("广州,HN", "广州,HM", "line 5, column parent", "there is no unit `HM`"),
    "a unit above itself": ("广州,HN", "广州,GZ", "line 5, column parent", "GZ under GZ"),
    "a circle": ("集团,,集团", "集团,SZ,集团", "line 2, column parent", "JT under SZ under HN under JT"),
    "an amount grouped": ("200000000.00", '"200,000,000.00"', "line 3, column target", "must be written 2000"),
    "an amount in 万": ("200000000.00", "20000万", "line 3, column target", "is not a number"),
    "an amount of three decimals": ("80000000.05", "80000000.005", "line 5, column target", "more than 2 decimals"),
    "an amount without end": ("200000000.00", "2000000000000", "line 3, column target", "below 1,000,000,000,000"),
    "a part that is not there": (",one,", ",one;two,", "line 3, column parts", "no section has the part `two`"),
    "a month that is not there": (",,7", ",,13", "line 4, column first_month", "a month from 1 to 12"),
}  # fmt: skip


def make(folder: Path, round: str = ROUND, units: str | bytes = UNITS, waivers: str = "") -> Path:
    """A round with its own template and policy."""
    here = folder / "round"
    for name in ("templates", "policies"):
        (here / name).mkdir(parents=True, exist_ok=True)
    (here / "templates" / "small.toml").write_text(unsound.SOUND, encoding="utf-8")
    policy = test_policy.SOUND.replace('without = ["1.2.1"]', "")
    (here / "policies" / "house.toml").write_text(policy, encoding="utf-8")
    (here / "secret.key").write_bytes(b"0123456789abcdef\n")
    (here / "short.key").write_bytes(b"12345\n")
    (here / "round.toml").write_text(round, encoding="utf-8")
    (here / "units.csv").write_bytes(units.encode() if isinstance(units, str) else units)
    if waivers:
        (here / "waivers.toml").write_text(waivers, encoding="utf-8")
    return here


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        load_round(folder)
    return caught.value.problems


def codes(units: tuple[Unit, ...]) -> list[str]:
    return [unit.code for unit in units]


def test_the_sound_round_loads(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    assert (found.name, found.year, found.stage) == ("2026 年度预算", 2026, "一上")
    assert (found.templates, found.policies) == (("small@1",), ("house@1",))
    assert (found.deadline, found.phase, found.parent_amount, found.lang) == ("2025-11-30", "even", "sum", "zh")
    assert found.unit("HN") == Unit(
        "HN", "华南区域", "JT", "区域", "hn@example.com", {"target": "200000000"}, ("one",), first_month=1
    )
    assert found.unit("GZ").parameters == {"target": "80000000.05"}
    assert found.unit("HD").name == "华东, 区域" and found.unit("HD").parameters == {}


def test_what_need_not_be_said_is_left_out(tmp_path: Path) -> None:
    text = 'name = "试编"\nyear = 2026\ntemplates = ["small"]'
    found = load_round(make(tmp_path, text, "code,name,target\nA,甲,1\n"))
    assert (found.stage, found.deadline, found.key, found.policies, found.phase) == ("", "", b"", (), "none")
    assert found.units == (Unit("A", "甲", parameters={"target": "1"}),)


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN_ROUND.values(), ids=BROKEN_ROUND.keys())
def test_an_unsound_round_is_refused_at_the_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert ROUND.count(old) == 1, f"{old} must stand once in ROUND"
    (problem,) = problems(make(tmp_path, ROUND.replace(old, new)))
    assert problem.place == f"round/round.toml: {place}"
    assert words in problem.message


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN_UNITS.values(), ids=BROKEN_UNITS.keys())
def test_an_unsound_unit_is_refused_at_its_line_and_column(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert UNITS.count(old) == 1, f"{old} must stand once in UNITS"
    found = [one for one in problems(make(tmp_path, units=UNITS.replace(old, new))) if words in one.message]
    assert [problem.place for problem in found] == [f"round/units.csv: {place}"]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    units = UNITS.replace("广州,HN", "广州,HM").replace("80000000.05", "八千万")
    found = problems(make(tmp_path, ROUND.replace("rate =", "rates ="), units, WAIVERS))
    assert [problem.place.partition("/")[2] for problem in found] == [
        'round.toml: limits.P101."区域".rates',
        "units.csv: line 5, column target",
        "units.csv: line 5, column parent",
        "waivers.toml: waiver[0].rule",
        "waivers.toml: waiver[1].rule",
    ]


def test_lines_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    units = UNITS.replace("hn@example.com", '"hn@example.com\nhn2@example.com"').replace("SZ,", "\nSZ,")
    found = problems(make(tmp_path, units=units.replace("广州,HN", "广州,HM")))
    assert [problem.place for problem in found] == [
        "round/units.csv: line 3, column recipient",
        "round/units.csv: line 7, column parent",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_units_file_may_be_utf_8_or_gbk_with_any_line_ends(tmp_path: Path, encoding: str) -> None:
    found = load_round(make(tmp_path, units=UNITS.replace("\n", "\r\n").encode(encoding)))
    assert [unit.name for unit in found.units] == ["集团", "华南区域", "深圳", "广州", "华东, 区域"]


def test_other_encodings_and_empty_files_are_told(tmp_path: Path) -> None:
    for raw, words in (
        (UNITS.encode("utf-16"), "neither UTF-8 nor GBK"),
        (b"code,name\n\xff\xff\xff,x\n", "neither UTF-8 nor GBK"),
        (b"", "is empty"),
        (b"\r\n,,\r\n", "is empty"),
        (UNITS.splitlines()[0].encode(), "there are no units"),
    ):
        (problem,) = problems(make(tmp_path, units=raw))
        assert problem.place == "round/units.csv" and words in problem.message


def test_columns_and_lines_that_excel_leaves_blank_do_no_harm(tmp_path: Path) -> None:
    units = "".join(f"{line},,\n" for line in UNITS.splitlines()) + ",,,,,,,,,\n"
    assert len(load_round(make(tmp_path, units=units)).units) == 5


def test_a_folder_without_units_is_told(tmp_path: Path) -> None:
    (make(tmp_path) / "units.csv").unlink()
    with pytest.raises(CrmxlError, match=r"round/units\.csv: cannot be read"):
        load_round(tmp_path / "round")


def test_units_form_a_tree_in_file_order(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    assert codes(found.children("")) == ["JT"]
    assert codes(found.children("JT")) == ["HN", "HD"]
    assert codes(found.descendants("JT")) == ["HN", "HD", "SZ", "GZ"]
    assert found.descendants("GZ") == ()
    with pytest.raises(CrmxlError, match=r"no unit `HNN`; is `HN` meant\?"):
        found.unit("HNN")


def test_a_parent_may_stand_below_its_children(tmp_path: Path) -> None:
    lines = UNITS.splitlines()
    found = load_round(make(tmp_path, units="\n".join((lines[0], *reversed(lines[1:])))))
    assert codes(found.descendants("JT")) == ["HD", "HN", "GZ", "SZ"]


def test_an_assignment_says_all_that_the_round_knows_of_the_unit(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    small = round_library(found.folder).load("small")
    given = found.assignment("HN", small)
    assert (given.unit, given.unit_name, given.year, given.round) == ("HN", "华南区域", 2026, "2026 年度预算")
    assert (given.stage, given.deadline, given.contact) == ("一上", "2025-11-30", "集团客户关系部 王主任")
    assert (given.parts, given.first_month, given.parameters) == (("one",), 1, {"target": "200000000"})
    assert (given.policies, given.limits) == (("house@1",), {"P101": {"rate": "0.4‰"}})
    city = found.assignment("SZ", small)
    assert (city.first_month, city.limits) == (7, {})
    other = found.assignment("HN", round_library(found.folder).load("cosmetics-plan"))
    assert (other.parts, other.parameters) == ((), {})


def test_issued_cells_of_lines_may_be_given_by_key(tmp_path: Path) -> None:
    folder = make(tmp_path, ROUND.split("[limits")[0], "code,name,target,1.1@share\nA,甲,1,0.6\nB,乙,2,\n")
    text = re.sub(r'\{ id = "share".*\},\n', '{ id = "share", type = "percent", issued = true },\n', unsound.SOUND)
    (folder / "templates" / "small.toml").write_text(text, encoding="utf-8")
    found = load_round(folder)
    assert [unit.parameters for unit in found.units] == [{"target": "1", "1.1@share": "0.6"}, {"target": "2"}]
    given = found.assignment("A", round_library(folder).load("small"))
    assert given.parameters == {"target": "1", "1.1@share": "0.6"}


def test_limits_are_overridden_for_units_of_the_type_alone(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    policy = policies_beside(found.folder).load("house")
    rates = [found.policy_for(code, policy).rules[0].limits["rate"].text for code in ("HN", "SZ")]
    assert rates == ["0.4‰", "0.5‰"]
    assert found.policy_for("HN", policy).rules[0].limits["floor"] == policy.rules[0].limits["floor"]


def test_the_secret_is_read_without_its_line_end_and_never_shown(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    assert found.key == b"0123456789abcdef"
    assert "0123456789abcdef" not in repr(found)


def test_waivers_of_the_round_and_beside_its_policies_are_read(tmp_path: Path) -> None:
    text = WAIVERS.replace("P301", "P101").replace("P307", "P102")
    first, second = text.strip().split("\n\n")
    folder = make(tmp_path, waivers=first)
    (folder / "policies" / "waivers.toml").write_text(second, encoding="utf-8")
    assert [(one.rule, one.unit) for one in load_round(folder).waivers] == [("P101", "HN"), ("P102", "HD")]
    (folder / "policies" / "waivers.toml").write_text(first, encoding="utf-8")
    (problem,) = problems(folder)
    assert problem.place == "policies/waivers.toml: waiver[0]" and "keep one" in problem.message


def test_a_waiver_for_nobody_is_told(tmp_path: Path) -> None:
    text = WAIVERS.replace("P301", "P101").replace("P307", "P102").replace('"HN"', '"HX"')
    (problem,) = problems(make(tmp_path, waivers=text))
    assert problem.place == "round/waivers.toml: waiver[0].unit" and "no unit `HX`" in problem.message


def test_one_code_in_two_policies_is_told(tmp_path: Path) -> None:
    folder = make(tmp_path, ROUND.replace('["house@1"]', '["house", "other"]'))
    text = (folder / "policies" / "house.toml").read_text(encoding="utf-8")
    (folder / "policies" / "other.toml").write_text(text.replace('"house"', '"other"'), encoding="utf-8")
    assert {problem.place for problem in problems(folder)} == {"round/round.toml: policies[1]"}


def test_a_round_goes_to_another_process_and_back(tmp_path: Path) -> None:
    found = load_round(make(tmp_path))
    assert found.descendants("JT")
    again: Round = pickle.loads(pickle.dumps(found))
    assert again == found and again.limits == found.limits
