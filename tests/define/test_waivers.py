"""Waivers are read exactly, and refused at the place where something is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.define.waivers import Waiver, load_waivers
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.policy import Limit

SOUND = """
[[waiver]]
rule = "P301"
unit = "HN"
up_to = "120000.00"
approver = "甲"
reason = "新进入两个城市"
until = 2026-12-31

[[waiver]]
rule = "P307"
unit = "HD"
approver = "乙"
reason = "依据随后补充"
until = "2026-03-31"
"""

BROKEN = {
    # what is wrong: (text in SOUND, its replacement, place, words of the message)
    "an unknown setting": ("up_to", "upto", "waiver[0].upto", "`up_to` meant?"),
    "no approver": ('approver = "甲"\n', "", "waiver[0].approver", "is missing"),
    "no reason": ('"新进入两个城市"', '" "', "waiver[0].reason", "visible sign"),
    "a code of another family": ('"P307"', '"E103"', "waiver[1].rule", "P and three digits"),
    "an amount with separators": ('"120000.00"', '"120,000.00"', "waiver[0].up_to", "without separators"),
    "an amount in words": ('"120000.00"', '"12万"', "waiver[0].up_to", "120000.00 or 35%"),
    "a day that is none": ('"2026-03-31"', '"2026-02-29"', "waiver[1].until", "no day of the calendar"),
    "a time": ("2026-12-31", "2026-12-31T08:00:00", "waiver[0].until", "a text in quotes"),
    "one rule and unit twice": (
        'rule = "P307"\nunit = "HD"', 'rule = "P301"\nunit = "HN"', "waiver[1]", "waiver[0] is for P301 and unit `HN`",
    ),
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    file = folder / "round" / "waivers.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_waivers_are_read_exactly(tmp_path: Path) -> None:
    first, second = load_waivers(write(tmp_path, SOUND))
    assert first == Waiver(
        rule="P301",
        unit="HN",
        approver="甲",
        reason="新进入两个城市",
        until="2026-12-31",
        up_to=Limit(Fraction(120000), "120000.00"),
    )
    assert second.up_to is None and second.until == "2026-03-31"


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unsound_waiver_is_refused_at_the_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert SOUND.count(old) == 1, f"{old} must stand once in SOUND"
    with pytest.raises(DefinitionError) as caught:
        load_waivers(write(tmp_path, SOUND.replace(old, new)))
    (problem,) = caught.value.problems
    assert problem.place == f"round/waivers.toml: {place}"
    assert words in problem.message


def test_an_amount_may_be_a_number_or_a_share(tmp_path: Path) -> None:
    for written, value in (
        ("120000.5", Fraction(240001, 2)),
        ('"35%"', Fraction(7, 20)),
        ('"0.6‰"', Fraction(3, 5000)),
    ):
        limit = load_waivers(write(tmp_path, SOUND.replace('"120000.00"', written)))[0].up_to
        assert limit == Limit(value, written.strip('"'))


def test_an_empty_list_is_no_waiver_and_a_missing_file_is_told(tmp_path: Path) -> None:
    assert load_waivers(write(tmp_path, "waiver = []")) == ()
    with pytest.raises(CrmxlError, match="cannot be read"):
        load_waivers(tmp_path / "none.toml")
