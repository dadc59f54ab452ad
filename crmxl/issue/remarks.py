"""What an annotated copy has beyond a prefilled workbook: the unit's own sheets as values, and a note on each cell that
somebody has something to say of. Knows nothing of findings and reviewers: whoever asks for a copy brings the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from crmxl.issue import looks
from crmxl.issue.book import Page
from crmxl.model import Lang, Text
from crmxl.money import show_plain

if TYPE_CHECKING:
    from crmxl.issue.workbook import Note

_MOST = 5
"""Remarks that the note on one cell repeats; 问题清单 has all."""
_LONGEST = 600
"""Characters of one remark in a note, whose box cannot be scrolled."""
_WIDTH, _LINE = 380, 17
"""Pixels of a note's box, and of a line in it at nine points."""
_COLUMNS = 52
"""Characters on such a line, a Chinese one being two: fewer than fit, for no two programs set them alike."""
_TALLEST = 640
_FIX = Text("怎么改：", "What to do: ")
_FURTHER = Text("另有 {count} 条，见“问题清单”。", "{count} more: see the sheet Findings.")


@dataclass(frozen=True, slots=True)
class Aside:
    """What stands in a cell of a sheet of the unit's own."""

    value: Fraction | str
    dated: bool = False
    """Whether the number is a date's serial number."""

    @property
    def number_format(self) -> str:
        """How the number is shown."""
        if not self.dated:
            return "General"
        assert isinstance(self.value, Fraction)
        return "yyyy-mm-dd" if self.value.denominator == 1 else "yyyy-mm-dd hh:mm"

    @property
    def shown(self) -> str:
        """About what can be seen of it, to tell how much room it takes."""
        if isinstance(self.value, str):
            return self.value
        return "yyyy-mm-dd hh:mm" if self.dated else show_plain(self.value)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a copy carries beside the entries, and what it has to say that it does not."""

    scratch: Mapping[tuple[int, int], Aside] = field(default_factory=dict)
    """工作底稿 by row and column."""
    log: Mapping[tuple[int, int], Aside] = field(default_factory=dict)
    """变更记录, likewise."""
    uncarried: Sequence[tuple[str, str]] = ()
    """Where something stands that is not carried (empty: somewhere in the file), and what it is."""
    uncarried_count: int = 0
    """How much there is of that, beyond what is named too."""


def put(page: Page, row: int, column: int, notes: Sequence[Note], lang: Lang) -> None:
    """One note on the cell for all ``notes`` about it."""
    told = [_told(note, lang) for note in notes[:_MOST]]
    if len(notes) > _MOST:
        told.append(_FURTHER.say(lang).format(count=len(notes) - _MOST))
    text = "\n\n".join(told)
    height = min(_TALLEST, (looks.lines(text, _COLUMNS) + 1) * _LINE)
    page.comment(row, column, text, _WIDTH, height)


def _told(note: Note, lang: Lang) -> str:
    head = f"【{note.severity}】{note.title}" if lang == "zh" else f"[{note.severity}] {note.title}"
    fix = f"{_FIX.say(lang)}{_cut(note.fix)}" if note.fix else ""
    return "\n".join(filter(None, (head.strip(), _cut(note.message), fix)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
