"""Where pages end: never before a sum, never with a row or two left over, never beyond what a page holds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.issue.layout import lay_out
from crmxl.issue.places import RowKind, SheetPlan
from crmxl.issue.printing import pages_down, shrunk
from tests.thin import ThinLibrary

LIBRARY = ThinLibrary()
SUMS = (RowKind.SUBTOTAL, RowKind.PART_TOTAL, RowKind.TOTAL)
PLANS = [plan for name in LIBRARY.names() for plan in lay_out(LIBRARY.load(name), 2026).sheets if len(plan.rows) > 3]
HEAD, SIGNED = 100, 40


def room(scale: float) -> float:
    """Points of A4 landscape within the margins, less the repeated head, as a ruler has it."""
    return (8.27 - 1.2) * 72 / scale - HEAD


@given(plan=st.sampled_from(PLANS), scale=st.sampled_from([0.65, 0.8, 1.0]), data=st.data())
def test_no_page_begins_with_a_sum_or_holds_more_than_fits(plan: SheetPlan, scale: float, data: st.DataObject) -> None:
    heights = {row.number: data.draw(st.sampled_from([18.75, 18.75, 33.75])) for row in plan.rows}
    breaks = pages_down(plan, heights, scale)
    starts = [plan.rows[0].number, *breaks, plan.rows[-1].number + 1]
    pages = [[row for row in plan.rows if first <= row.number < end] for first, end in pairwise(starts)]
    assert all(pages) and list(breaks) == sorted(set(breaks))
    for page in pages[1:]:
        assert page[0].kind not in SUMS
    assert len(pages) == 1 or len(pages[-1]) >= 3
    for page in pages:
        signed = SIGNED if page is pages[-1] else 0
        assert sum(heights[row.number] for row in page) + signed <= room(scale)


@pytest.mark.parametrize(("rows", "fits"), [(10, 1.0), (19, 1.0), (20, 0.96), (23, 0.88), (25, 1.0)])
def test_a_sheet_that_passes_one_page_by_a_little_is_printed_a_little_smaller(rows: int, fits: float) -> None:
    found = shrunk(dict.fromkeys(range(rows), 18.75), 1.0)
    assert found == pytest.approx(fits, abs=0.03)
    assert found == 1.0 or rows * 18.75 + SIGNED <= room(found)
