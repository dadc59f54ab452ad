"""Marketing mix: six samples, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from tests.catalogue.samples import Samples, fen

GENERAL = ("appliances", "foods", "home-textiles", "maternal-baby")
SOFTWARE = ("software", "cloud-service")
UNITS = (*GENERAL, *SOFTWARE)
OWN = Samples("marketing-mix", UNITS)
raw, report, block = OWN.raw, OWN.report, OWN.block
BANDS = {"1": (10, 15), "2": (20, 30), "3": (10, 15), "4": (15, 20), "5": (5, 10), "6": (5, 10)}
FIXED = {"A": 30, "B": 20}
"""Mission T6, in percent of the whole."""


def whole(entries: Mapping[str, str]) -> int:
    """Fen of the whole budget."""
    return fen(entries["budget_in@value"])


def allocated(entries: Mapping[str, str]) -> dict[str, int]:
    """Fen of every line. Shares are taken together down to each line, so that none of the whole is lost to rounding."""
    found, shares, done = {}, 0, 0
    for key, text in entries.items():
        code, _, column = key.partition("@")
        if column == "share_in":
            shares += int(Fraction(text) * 1_000_000)
            so_far = (2 * whole(entries) * shares + 1_000_000) // 2_000_000  # halves up
            found[code], done = so_far - done, so_far
        elif column == "amount_in":
            found[code] = fen(text)
    return found


def part(entries: Mapping[str, str], code: str) -> int:
    """Fen of a part."""
    return sum(amount for line, amount in allocated(entries).items() if line.startswith(f"{code}."))


def rest(entries: Mapping[str, str]) -> int:
    """Fen that nobody has allocated."""
    return whole(entries) - sum(allocated(entries).values())


@pytest.mark.parametrize("unit", UNITS)
def test_a_line_is_its_share_of_the_whole_or_its_amount_and_the_rest_is_unallocated(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    for code, amount in allocated(entries).items():
        assert values[f"{code}@amount"] == Fraction(amount, 100), code
        assert values[f"{code}@share"] == Fraction(amount, whole(entries)), code
    last = "7.1" if unit in GENERAL else "D.1"
    assert values[f"{last}@amount"] == Fraction(rest(entries), 100) == values["rest@value"]
    assert report(unit).total == Fraction(whole(entries), 100)


@pytest.mark.parametrize("unit", GENERAL)
def test_every_part_is_within_its_band(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    for code, (low, high) in BANDS.items():
        amount = part(entries, code)
        assert low <= round(Fraction(100 * amount, whole(entries)), 2) <= high, code
        assert values[f"M.{code}@planned"] == Fraction(amount, 100), code
    assert values["low_sum@value"] == Fraction(65, 100) and values["high_sum@value"] == Fraction(135, 100)


@pytest.mark.parametrize("unit", SOFTWARE)
def test_a_software_product_has_its_fixed_shares(unit: str) -> None:
    entries = raw(unit)
    assert {code: round(Fraction(100 * part(entries, code), whole(entries)), 2) for code in FIXED} == FIXED


def test_shares_that_add_up_to_the_whole_leave_no_fen_over() -> None:
    entries = raw("home-textiles")
    shares = [Fraction(text) for key, text in entries.items() if key.endswith("@share_in")]
    assert sum(shares) == 1 and rest(entries) == 0
    alone = [round(whole(entries) * share) for share in shares]
    assert sum(alone) != whole(entries)  # each rounded by itself, they would miss it
    assert all(abs(mine - one) <= 1 for mine, one in zip(allocated(entries).values(), alone, strict=True))


def test_the_group_s_total_is_the_sum_of_the_wholes_with_what_is_unallocated() -> None:
    found = block()
    assert found.total == sum(whole(raw(unit)) for unit in UNITS) == 388_333_388
    lines = {line.code: line.total for line in found.lines}
    amounts = [allocated(raw(unit)) for unit in UNITS]
    wanted = {code: sum(one.get(code, 0) for one in amounts) for code in dict.fromkeys(c for a in amounts for c in a)}
    wanted["7.1"] = sum(rest(raw(unit)) for unit in GENERAL)
    wanted["D.1"] = sum(rest(raw(unit)) for unit in SOFTWARE)
    assert {code: amount for code, amount in lines.items() if amount} == {c: a for c, a in wanted.items() if a}
    assert found.beside == ()


def test_the_group_s_shares_are_of_all_whole_budgets() -> None:
    found = {one.code: one.total for one in block().measures}
    for rows, prefix, units in ((BANDS, "M", GENERAL), (FIXED, "N", SOFTWARE)):
        wholes = sum(whole(raw(unit)) for unit in units)
        for number, code in enumerate(rows, 1):
            assert found[f"{prefix}.{number}"] == Fraction(sum(part(raw(unit), code) for unit in units), wholes), code
    assert found["M.7"] == Fraction(sum(rest(raw(unit)) for unit in GENERAL), sum(whole(raw(u)) for u in GENERAL))
