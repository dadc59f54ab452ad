"""Roles → formats: the one table of what a crmxl workbook looks like. Templates never mention colours.

Finance's habits: inputs are blue on pale yellow, issued figures on pale green, calculated ones black on grey; colour
is never alone (inputs have a dotted frame, the legend says so in words).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from crmxl.issue.places import Role, RowKind
from crmxl.model import Type

Looks = Mapping[str, Any]

NAVY, SLATE, LINE = "#1F3A5F", "#3E5C82", "#BCC7D3"
BAND = {
    RowKind.SECTION: "#D5E1EF",
    RowKind.GROUP: "#EDF2F8",
    RowKind.SUBTOTAL: "#EDF2F8",
    RowKind.PART_TOTAL: "#D5E1EF",
    RowKind.TOTAL: "#B9CDE4",
}
_BOLD = tuple(BAND)
_INPUT, _ISSUED, _CALCULATED, _CLOSED = "#FFFBE3", "#E4F1E6", "#F5F6F7", "#D9D9D9"
RED, AMBER, GREEN = "#FBD5D5", "#FDE9C4", "#D3EDDA"
RED_TEXT, AMBER_TEXT, GREEN_TEXT = "#9C1C1C", "#8A5A00", "#1B6B3A"

MONEY = '#,##0.00_ ;[Red]-#,##0.00_ ;"-"_ ;@'
NUMBERS = {
    Type.MONEY: MONEY,
    Type.INTEGER: "#,##0_ ;[Red]-#,##0_ ;0_ ;@",
    Type.PERCENT: "0.00%_ ;[Red]-0.00%_ ;0.00%_ ;@",
    Type.QUANTITY: "#,##0.00_ ;[Red]-#,##0.00_ ;0_ ;@",
    Type.TEXT: "@",
    Type.CHOICE: "@",
    Type.DATE: "yyyy-mm-dd",
}
WIDTHS = {
    Type.MONEY: 14,
    Type.INTEGER: 10,
    Type.PERCENT: 10,
    Type.QUANTITY: 12,
    Type.TEXT: 30,
    Type.CHOICE: 14,
    Type.DATE: 13,
}
ROW_HEIGHT = 19
"""Points of an ordinary row; wrapped texts get a multiple."""
LINE_HEIGHT = 15
"""Points of one more line of wrapped text."""


def _looks(**properties: Any) -> Looks:
    return MappingProxyType(properties)


PLAIN = _looks(locked=1)
TITLE = _looks(locked=1, bold=True, font_size=16, font_color=NAVY)
INFO = _looks(locked=1, font_color="#44546A")
NOTE = _looks(locked=1, font_color="#5F6B7A", italic=True, font_size=9)
WRAPPED = _looks(locked=1, text_wrap=True, valign="top")
LABEL = _looks(locked=1, bold=True, font_color=NAVY)
ASIDE = _looks(locked=1, bold=True, font_color=NAVY, valign="top")
ASIDE_RIGHT = _looks(locked=1, bold=True, font_color=NAVY, align="right", font_size=9)
HEADLINE_NUMBER = _looks(locked=1, bold=True, num_format="#,##0.00_ ;-#,##0.00_ ;0.00_ ", border=1, border_color=SLATE)
INDENTED = _looks(locked=1, indent=1)
HEADER = _looks(
    locked=1,
    bold=True,
    font_color="#FFFFFF",
    bg_color=SLATE,
    align="center",
    text_wrap=True,
    border=1,
    border_color=LINE,
)
FLAG = _looks(locked=1, bold=True, align="center", border=1, border_color=SLATE)
HIDDEN = _looks(locked=1, font_color="#8A94A0", num_format="@")
FREE = _looks(locked=0, text_wrap=True, border=1, border_color=LINE, num_format="@")
SIGNATURE = _looks(locked=0, num_format="@")
LINK = _looks(locked=1, font_color="#0B5CAD", underline=1)
HEADLINE = _looks(locked=1, bold=True, font_size=24, font_color=NAVY, num_format="#,##0.00;-#,##0.00", align="left")
MARKED = _looks(bg_color=RED, font_color=RED_TEXT, border=2, border_color=RED_TEXT)


def cell(role: Role, type: Type, row: RowKind, *, unlocked: bool = False) -> Looks:
    """The format of a value cell; ``unlocked`` for whole rows of lists, which may be sorted."""
    looks: dict[str, Any] = {"border": 1, "border_color": LINE, "num_format": NUMBERS[type], "locked": 1}
    if type in (Type.TEXT, Type.CHOICE):
        looks |= {"text_wrap": True, "align": "left"}
    elif type is Type.DATE:
        looks |= {"align": "center"}
    else:
        looks |= {"shrink": True}  # a number that is longer than its column is small rather than ####
    match role:
        case Role.INPUT:
            looks |= {"bg_color": _INPUT, "font_color": "#1246A0", "border": 4, "border_color": "#8FA3BA", "locked": 0}
        case Role.ISSUED:
            looks |= {"bg_color": _ISSUED, "bold": True}
        case Role.CLOSED:
            looks |= {"bg_color": _CLOSED, "pattern": 1}
        case Role.CALCULATED:
            looks |= {"bg_color": BAND.get(row, _CALCULATED), "bold": row in _BOLD}
        case Role.LABEL:
            looks |= {"bg_color": BAND.get(row, "#FFFFFF"), "bold": row in _BOLD, "num_format": "@"}
    if row is RowKind.TOTAL:
        looks |= {"bottom": 6, "top": 1, "bottom_color": NAVY, "top_color": NAVY}
    if unlocked:
        looks["locked"] = 0
    return looks


def heading(row: RowKind) -> Looks:
    """The format of a heading row of a section or group."""
    return _looks(
        locked=1, bold=True, font_color=NAVY, bg_color=BAND[row], bottom=1, top=1, bottom_color=LINE, top_color=LINE
    )


def code(row: RowKind, *, unlocked: bool = False, shown: bool = True) -> Looks:
    """The format of a code; one that is an anchor only, not for people, is not shown."""
    return {
        "locked": 0 if unlocked else 1,
        "num_format": "@" if shown else ";;;",
        "font_color": "#7A8694",
        "font_size": 9,
        "border": 1,
        "border_color": LINE,
        "bg_color": BAND.get(row, "#FFFFFF"),
    }


def width(text: str) -> int:
    """Display width in characters; a Chinese character is two."""
    return max(
        (sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line) for line in text.split("\n")),
        default=0,
    )


def lines(text: str, columns: float) -> int:
    """How many lines ``text`` takes when wrapped at ``columns`` characters."""
    return max(1, sum(max(1, -(-width(line) // max(1, int(columns)))) for line in text.split("\n")))
