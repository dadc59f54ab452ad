"""Signs that nobody sees: control characters, escape sequences, bidi and zero-width signs, fillers, surrogate halves.

They clear a terminal, turn a name round, or make two names look alike; here they are found and spelled out.
"""

from __future__ import annotations

import re

UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad"  # control characters: escape sequences, line breaks, soft hyphen
    r"\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0"  # fillers: letters by name, blank on paper
    r"\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero-width, line separators, bidi
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    r"\ud800-\udfff"
)
_SIGN = re.compile(f"[{UNSEEN}]")
SIGN_IN_LINES = re.compile(rf"(?![\t\r\n])[{UNSEEN}]")


def visible(text: str) -> str:
    """``text`` with what nobody sees spelled out, ``<U+202E>``; line breaks too, for a name is one line."""
    return _SIGN.sub(_spelled, text)


def visible_lines(text: str) -> str:
    """``visible``, but tabs and line breaks stay."""
    return SIGN_IN_LINES.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    sign = ord(found[0])
    return "?" if 0xD800 <= sign < 0xE000 else f"<U+{sign:04X}>"
