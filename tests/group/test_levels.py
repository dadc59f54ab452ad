"""The tree with subtotals per level: nothing is counted twice, nothing is lost, whatever the tree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.standard import Standard
from crmxl.define.round import Round
from crmxl.define.units import Unit
from crmxl.group.consolidate import consolidate
from crmxl.group.levels import Level, levels
from tests.group.returned import COSMETICS, report


def tree(parents: list[int], amount: str = "own") -> Round:
    """A round whose unit n stands under ``parents[n]``, or at the top where that is no earlier unit."""
    units = tuple(
        Unit(f"U{n}", f"单位{n}", f"U{parent}" if 0 <= parent < n else "") for n, parent in enumerate(parents)
    )
    return Round("一上", 2026, "", (COSMETICS.name,), (), "", "", units, {}, b"", Path(), parent_amount=amount)  # type: ignore[arg-type]


def rows(round: Round, amounts: dict[int, int]) -> tuple[tuple[Level, ...], int, bool]:
    """The levels of a consolidation, its total, and whether every parent filed agrees with those below."""
    reports = [report(COSMETICS, f"U{n}", {"1.1.1@amount": str(yuan)}) for n, yuan in amounts.items()]
    totals = consolidate(reports, Standard(round))
    if not totals.blocks:
        return (), 0, True
    return totals.blocks[0].levels, totals.blocks[0].total, not any(x.finding.code == "G104" for x in totals.findings)


TREES = st.lists(st.integers(-1, 12), min_size=1, max_size=13)
AMOUNTS = st.dictionaries(st.integers(0, 12), st.integers(0, 10**6), min_size=1)


@given(TREES, AMOUNTS)
def test_every_subtotal_is_the_sum_of_what_counts_in_its_subtree(parents: list[int], given: dict[int, int]) -> None:
    round = tree(parents)
    amounts = {n: yuan for n, yuan in given.items() if n < len(parents)}
    found, total, _ = rows(round, amounts)
    by_unit = {level.unit: level for level in found}
    for level in found:
        inside = (level.unit, *(unit.code for unit in round.descendants(level.unit)))
        assert level.total == sum(100 * amounts.get(int(code[1:]), 0) for code in inside)
        assert level.below == sum(by_unit[one.code].total for one in round.children(level.unit))
    assert sum(level.total for level in found if not level.parent) == total == 100 * sum(amounts.values())


@given(TREES, AMOUNTS)
def test_a_parent_that_files_the_sum_is_shown_and_never_added(parents: list[int], given: dict[int, int]) -> None:
    round = tree(parents, "sum")
    amounts = {n: yuan for n, yuan in given.items() if n < len(parents)}
    found, total, _ = rows(round, amounts)
    for level in found:
        number = int(level.unit[1:])
        if round.children(level.unit):
            assert level.own is None
            assert level.compared == (100 * amounts[number] if number in amounts else None)
        else:
            assert level.own == (100 * amounts[number] if number in amounts else None)
            assert level.compared is None
    assert sum(level.total for level in found if not level.parent) == total
    assert total == sum(100 * yuan for n, yuan in amounts.items() if not round.children(f"U{n}"))


@given(TREES)
def test_units_stand_before_those_below_them_and_each_once(parents: list[int]) -> None:
    round = tree(parents)
    found, *_ = rows(round, {0: 1})
    assert sorted(level.unit for level in found) == sorted(round.by_code)
    depths: dict[str, int] = {"": 0}
    for level in found:
        assert level.depth == depths[level.parent] + 1
        depths[level.unit] = level.depth


def test_a_file_of_no_unit_of_the_round_stands_at_the_top_and_is_not_lost() -> None:
    totals = consolidate([report(COSMETICS, "别处", {"1.1.1@amount": "7"}, name="别处公司")])
    found = levels(tree([-1, 0]), totals.blocks[0])
    assert [(level.unit, level.depth, level.total) for level in found] == [("U0", 1, 0), ("U1", 2, 0), ("别处", 1, 700)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_unit_is_called_by_name_and_code(lang: str) -> None:
    level = Level("HN", "华南区域", "", 1, 0, 0)
    assert level.shown(lang) == {"zh": "华南区域（HN）", "en": "华南区域 (HN)"}[lang]  # type: ignore[arg-type]
    assert replace(level, name="HN").shown(lang) == "HN"  # type: ignore[arg-type]
