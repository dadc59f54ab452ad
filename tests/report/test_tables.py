"""Tables for terminals: long ones are printed line by line and look like short ones."""

from __future__ import annotations

import io
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from crmxl.report.tables import console, print_table

HEADERS = ("预算单位", "Total", "说明")
WIDEST = ("城市0001（C0001）", "1,234,567.89", "未交 not submitted")
ROW = st.tuples(
    st.sampled_from(["北京", "a", "城市2（C2）"]),
    st.sampled_from(["", "0.00", "-5.00"]),
    st.sampled_from(["", "零申报"]),
)
SHORT = 100
"""Rows of the longest table that is laid out."""


def shown(rows: Sequence[Sequence[str]], total: Sequence[str] = (), width: int = 100) -> list[str]:
    text = io.StringIO()
    print_table(console(text, width), HEADERS, rows, right=(1,), total=total)
    return text.getvalue().splitlines()


@given(st.lists(ROW, min_size=SHORT, max_size=SHORT + 3))
def test_a_long_table_looks_like_a_short_one(rows: list[tuple[str, str, str]]) -> None:
    total = ("总计", "9.00", "")
    long, short = shown([WIDEST, *rows], total), shown([WIDEST, *rows[: SHORT - 1]], total)
    assert long[: SHORT + 2] == short[: SHORT + 2]
    assert long[-2:] == short[-2:]
    assert len(long) == len(rows) + 5


def test_a_long_table_breaks_its_texts_where_the_terminal_is_narrow() -> None:
    rows = [("城市" * 20, "1.00", "")] * (SHORT + 1)
    assert max(map(len, shown(rows, width=40))) <= 40


def test_a_long_table_spells_out_what_nobody_sees() -> None:
    text = "\n".join(shown([("\x1b[2J", "1", "")] * (SHORT + 1)))
    assert "\x1b" not in text
    assert "<U+001B>[2J" in text
