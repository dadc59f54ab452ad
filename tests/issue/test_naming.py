"""Names of issued files: readable, unique, good on every system, whatever units are called."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.files import slug
from crmxl.issue.naming import LONGEST, Owner, alike, file_name, stem_of, stems

UNITS = st.dictionaries(
    st.tuples(st.text(min_size=1, max_size=80), st.sampled_from(["a", "b"])),
    st.tuples(
        st.sampled_from(["客户关系", "客户" * 60, "a/b"]), st.text(max_size=120) | st.sampled_from(["华南", "con"])
    ),
    max_size=8,
)


def names(units: Mapping[str, str], **more: Mapping[str, Owner]) -> list[str]:
    made = stems({(code, "t"): ("客户关系", name) for code, name in units.items()}, 2026, "zh", **more)
    return [file_name(stem, 1) for stem in made.values()]


def test_a_name_says_year_what_whose_and_which_number() -> None:
    assert names({"HN": "华南区域"}) == ["2026预算_客户关系_华南区域_V1.xlsx"]
    made = stems({("HN", "t"): ("Customers", "South")}, 2026, "en")
    assert file_name(made["HN", "t"], 12) == "2026-budget_Customers_South_V12.xlsx"
    assert stems({("HN", ""): ("", "华南区域")}, 2026, "zh") == {("HN", ""): "2026预算_华南区域"}


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("con", "2026预算_客户关系__con_V1.xlsx"),
        ("a/b", "2026预算_客户关系_a_b_V1.xlsx"),
        ("..", "2026预算_客户关系___V1.xlsx"),
        ("=cmd|'/c calc'!A1", "2026预算_客户关系_=cmd_'_c calc'!A1_V1.xlsx"),
    ],
)
def test_a_nasty_name_becomes_a_plain_one(unit: str, name: str) -> None:
    assert names({"HN": unit}) == [name]


def test_a_name_of_sixty_characters_is_cut_and_its_file_says_so_by_code_where_two_are_cut_alike() -> None:
    first, second = "华" * 60 + "甲", "华" * 60 + "乙"
    (alone,) = names({"A": first})
    assert (
        alone.startswith("2026预算_客户关系_华华") and alone.endswith("华_V1.xlsx") and len(alone.encode()) <= LONGEST
    )
    a, b = names({"A": first, "B": second})
    assert a.endswith("华-A_V1.xlsx") and b.endswith("华-B_V1.xlsx") and len(a.encode()) <= LONGEST


def test_units_with_one_name_get_their_codes() -> None:
    assert names({"HN": "公司", "HD": "公司", "HB": "其他"}) == [
        "2026预算_客户关系_公司-HN_V1.xlsx",
        "2026预算_客户关系_公司-HD_V1.xlsx",
        "2026预算_客户关系_其他_V1.xlsx",
    ]
    assert names({"HN": "Ab", "HD": "aB"}) == ["2026预算_客户关系_Ab-HN_V1.xlsx", "2026预算_客户关系_aB-HD_V1.xlsx"]


def test_a_name_that_was_anothers_gets_the_code() -> None:
    taken = {alike(stem_of("2026预算_客户关系_华南_V1.xlsx")): ("OLD", "t")}
    assert names({"HN": "华南"}, taken=taken) == ["2026预算_客户关系_华南-HN_V1.xlsx"]
    assert names({"OLD": "华南"}, taken=taken) == ["2026预算_客户关系_华南_V1.xlsx"]


@given(UNITS)
def test_any_units_get_different_names_that_every_system_takes(units: dict[Owner, tuple[str, str]]) -> None:
    made = stems(units, 2026, "zh")
    files = {owner: file_name(stem, 9999) for owner, stem in made.items()}
    assert len({alike(file) for file in files.values()}) == len(units)
    for owner, file in files.items():
        assert len(file.encode()) <= LONGEST and slug(file) == file and stem_of(file) == made[owner]
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', file)
    assert stems(dict(reversed(units.items())), 2026, "zh") == made


@given(UNITS, st.data())
def test_a_file_that_went_out_is_never_anothers_name(units: dict[Owner, tuple[str, str]], data: st.DataObject) -> None:
    before = stems(units, 2026, "zh")
    renamed = {owner: data.draw(st.sampled_from(list(units.values()))) for owner in units}
    taken = {alike(stem): owner for owner, stem in before.items()}
    for owner, stem in stems(renamed, 2026, "zh", taken).items():
        assert taken.get(alike(stem), owner) == owner
