"""The tutorials in docs/, carried out: their commands run in order, and what they print stands below them.

A ```console block holds commands, ``$ crmxl …`` or ``$ cd …``; whatever else it holds is what they printed. What people
do between the commands stands in comments that nobody sees when reading:

    <!-- day 2025-11-28 -->                     the day of what follows
    <!-- fill UNIT SAMPLE FILE [KEY=VALUE …] --> the workbook that the round asks of the unit today, filled as the
                                                sample TEMPLATE/NAME; some of it otherwise (no value: an empty cell)
    <!-- table FILE -->                         a workbook of somebody's own
    <!-- write FILE -->                         the block that follows is this file
    <!-- append FILE -->                        the block that follows is added to this file
    <!-- replace FILE OLD NEW -->               a change in a file of text
    <!-- copy FROM TO OLD=NEW … -->             a file of text like another one
    <!-- show FILE LINES -->                    the block that follows is the beginning of this file
    <!-- quiet -->                              what the next commands print is not shown

Each of the two languages is a story of its own. Receipts and hashes differ in every run and are shown as x.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Self
from unittest.mock import patch

from click.testing import CliRunner
from openpyxl import Workbook

from crmxl.cli import main as crmxl
from crmxl.commands import receiving, standing
from crmxl.demo import filled
from crmxl.files import write_atomically
from crmxl.group import register
from crmxl.model import Key, Lang

BETWEEN = "\n---\n"
"""Where the second language begins."""
CLERK = "wangmin"
"""Login name of who runs the commands."""
_WIDTH = 118
_CODES = {"zh": "（退出码 {}）", "en": "(exit code {})"}
_COMMENT = re.compile(r"<!-- (day|fill|table|write|append|replace|copy|show|quiet)\b ?(.*?) ?-->")
_SAME = (
    (re.compile(r"\b(R\d{6}-)[0-9a-f]{12}\b"), rf"\1{'x' * 12}"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "x" * 64),
    (re.compile(r"(?<=09:30:00)[+-]\d\d:\d\d"), "+08:00"),
)
"""What differs from run to run and place to place, and what is shown instead."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def carried_out(text: str, folder: Path) -> str:
    """The tutorial's text with what its commands print now; both stories run in folders of their own in ``folder``."""
    languages: tuple[Lang, Lang] = ("zh", "en")
    halves = text.split(BETWEEN, 1)
    return BETWEEN.join(story(half, folder / lang, lang) for lang, half in zip(languages, halves, strict=True))


def story(text: str, folder: Path, lang: Lang) -> str:
    """One language of the tutorial, told in ``folder``; raises RuntimeError for a command that broke off."""
    folder.mkdir(parents=True)
    with contextlib.chdir(folder):
        return "\n".join(_Teller(lang).told(iter(text.split("\n"))))


class _Teller:
    """Reads the lines of a story, and does what they say."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.day = date(2025, 11, 1)
        self.quiet = False
        self.writing: Path | None = None
        self.adding = False
        self.showing: list[str] | None = None

    def told(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            yield line
            if found := _COMMENT.fullmatch(line):
                self.do(found[1], shlex.split(found[2]))
            elif line.startswith("```") and line != "```":
                yield from self.block(line.removeprefix("```"), lines)

    def block(self, kind: str, lines: Iterator[str]) -> Iterator[str]:
        held = []
        for line in lines:
            if line == "```":
                break
            held.append(line)
        if self.writing is not None:
            before = self.writing.read_bytes() if self.adding else b""
            self.writing.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.writing, before + ("\n".join(held) + "\n").encode())
            self.writing, self.adding = None, False
        if self.showing is not None:
            held, self.showing = self.showing, None
        if kind == "console":
            for line in held:
                if line.startswith("$ "):
                    yield line
                    yield from self.run(shlex.split(line.removeprefix("$ ").partition("  # ")[0]))
            self.quiet = False
        else:
            yield from held
        yield "```"

    def run(self, words: list[str]) -> Iterator[str]:
        program, *arguments = words
        if program == "cd":
            contextlib.chdir(arguments[0]).__enter__()  # the story's own folder is left at its end
            return
        if program != "crmxl":
            raise RuntimeError(f"not a command of the tutorial: {program}")
        runner = CliRunner(env={"COLUMNS": str(_WIDTH), "NO_COLOR": "1", "LOGNAME": CLERK})
        with _clock(self.day):
            done = runner.invoke(crmxl, ["--lang", self.lang, *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise RuntimeError(f"{' '.join(words)}: {done.exception!r}\n{done.output}") from done.exception
        if self.quiet:
            if done.exit_code:
                raise RuntimeError(f"{' '.join(words)}: {done.exit_code}\n{done.output}")
            return
        shown = done.output
        for differing, instead in _SAME:
            shown = differing.sub(instead, shown)
        yield from (line.rstrip() for line in shown.rstrip("\n").split("\n"))
        if done.exit_code:
            yield _CODES[self.lang].format(done.exit_code)

    def do(self, what: str, words: list[str]) -> None:
        match what, words:
            case "day", [day]:
                self.day = date.fromisoformat(day)
            case "quiet", []:
                self.quiet = True
            case "write" | "append", [file]:
                self.writing, self.adding = Path(file), what == "append"
            case "replace", [file, old, new]:
                text = Path(file).read_text(encoding="utf-8")
                if text.count(old) != 1:
                    raise RuntimeError(f"{file}: {old} stands there {text.count(old)} times")
                write_atomically(Path(file), text.replace(old, new).encode())
            case "copy", [old, new, *changes]:
                text = Path(old).read_text(encoding="utf-8")
                for change in changes:
                    before, _, after = change.partition("=")
                    text = text.replace(before, after)
                write_atomically(Path(new), text.encode())
            case "show", [file, count]:
                self.showing = Path(file).read_text(encoding="utf-8-sig").splitlines()[: int(count)]
            case "table", [file]:
                book = Workbook()
                book.active.append(["项目", "金额"])  # type: ignore[union-attr]
                book.active.append(["市场调研", 12000])  # type: ignore[union-attr]
                Path(file).parent.mkdir(parents=True, exist_ok=True)
                book.save(file)
            case "fill", [unit, sample, file, *changes]:
                write_atomically(Path(file), filled(Path(), unit, sample, dict(map(_typed, changes))))
            case _:
                raise RuntimeError(f"cannot be carried out: {what} {words}")


def _typed(change: str) -> tuple[Key, Fraction | str | None]:
    """A key with what is typed there: an amount if it is one, else the text; None empties the cell."""
    key, _, text = change.partition("=")
    return key, Fraction(text) if _NUMBER.fullmatch(text) else text or None


class _Day(date):
    """A calendar that stands at the story's day."""

    stands: ClassVar[date]

    @classmethod
    def today(cls) -> Self:
        return cls.fromordinal(cls.stands.toordinal())


class _Hour(datetime):
    """A clock that stands at half past nine."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.combine(_Day.stands, time(9, 30), tz)


@contextlib.contextmanager
def _clock(day: date) -> Iterator[None]:
    """What commands take for now."""
    _Day.stands = day
    with contextlib.ExitStack() as stack:
        for module in (standing, receiving):
            stack.enter_context(patch.object(module, "date", _Day))
        stack.enter_context(patch.object(register, "datetime", _Hour))
        yield
