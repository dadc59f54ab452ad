"""Distributing a round: a workbook for every unit and template, each once, and what goes out with them.

Files come first, then the ledger says so: whenever the command is killed, a workbook that the ledger knows is there,
and what it does not know yet is made again, the same to the byte, by the next run.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmxl.commands.output import put_json, say
from crmxl.commands.rounds_folder import ISSUED, open_register, who
from crmxl.define.round import Round, policies_beside, round_library
from crmxl.errors import WriteError
from crmxl.files import write_atomically
from crmxl.group.acts import Act
from crmxl.group.dispatch import Dispatch, dispatches, last_differences, newest
from crmxl.group.register import Decide
from crmxl.group.standing import STATES, Board, Keys
from crmxl.issue.assigning import Assigner
from crmxl.issue.naming import stems
from crmxl.issue.press import printed
from crmxl.model import Lang, Text
from crmxl.report.posting import Letter, bundle, mail_csv, manifest_csv, text_file, told
from crmxl.report.tables import console, print_table, progress

if TYPE_CHECKING:
    from rich.console import Console

TEXTS, ZIPS, REPLACED = "texts", "zip", "replaced"
"""Folders beside the workbooks."""
MANIFEST, MAIL = "manifest.csv", "mail.csv"
CHUNK = 50
"""Workbooks that the ledger takes in together: what a killed run makes again at most."""
_WRITING, _POSTING = Text("生成工作簿", "Writing workbooks"), Text("写通知", "Writing texts")
_UNIT, _TEMPLATE, _TYPE = Text("预算单位", "Unit"), Text("模板", "Template"), Text("类型", "Type")
_UNITS, _NEW = Text("单位数", "Units"), Text("新下发", "New")
_AGAIN, _SAME, _TOTAL = Text("换新版", "New number"), Text("未变", "As before"), Text("合计", "Total")
_NUMBER, _WHY, _STATE = Text("版次", "Number"), Text("变化", "What changed"), Text("进展", "Standing")
_NOTHING = Text("没有要下发的", "Nothing to issue")
_AFFECTED = Text("换了新版的单位", "Units with a new number")
_TELL = Text("{state}，须通知重新提交", "{state}; must be told to send it again")
_REPLACED = Text(
    "{file}：与下发时不同，已恢复；原来的内容在 {kept}", "{file}: was not as issued, restored; what it was: {kept}"
)
_FAILED = Text("{unit} {template}：无法下发：{why}", "{unit} {template}: cannot be issued: {why}")
_OVERTAKEN = Text("同时有另一次下发，请再运行一次", "another run was issuing at the same time; run it again")
_ABSENT = Text(
    "压缩包缺 {file}：请不带 --changed 再运行一次", "{file} is missing from the zip: run again without --changed"
)
_WHERE = Text(
    "工作簿 {count} 份、清单 {manifest}、邮件合并表 {mail}、通知 {texts}/ 在 {folder}",
    "Workbooks ({count}), manifest {manifest}, mail merge {mail} and {texts}/ are in {folder}",
)
_ZIPPED = Text("压缩包 {count} 个在 {folder}", "Zips ({count}) are in {folder}")


def distribute_workbooks(
    lang: Lang, *, only: tuple[str, ...], changed: bool, zipped: bool, by: str, round: Path | None, as_json: bool
) -> int:
    """Issue what the round asks for and was not issued, and write the lists; the exit code, 1 where something of it
    could not be done.
    """
    name = who(by)
    records, register = open_register(round)
    with register:
        for warning in records.warnings:
            say(str(warning))
        scope = _in_scope(records, only)
        assigner = Assigner(records, round_library(records.folder), policies_beside(records.folder))
        plan = dispatches(assigner, register.board)
        chosen = [one for one in plan if one.unit.code in scope and (one.new or not changed)]
        outbox = _Outbox(records.folder / ISSUED, lang)
        outbox.issue(chosen, assigner, lambda decide: register.record(name, decide))
        letters = _letters(plan, register.board, outbox)
        outbox.post(letters, records.lang)
        if zipped:
            outbox.zip(records, letters, scope)
    done = [one for one in chosen if one.keys in outbox.digests]
    if as_json:
        put_json([_row(one, outbox.digests[one.keys]) for one in done])
    _print_done(console(sys.stderr if as_json else sys.stdout), done, lang)
    outbox.tell(len(letters))
    return int(outbox.incomplete)


def _in_scope(records: Round, only: Sequence[str]) -> frozenset[str]:
    """The codes of the units named and of those below them; of all where none is named."""
    if not only:
        return frozenset(records.by_code)
    return frozenset(unit.code for code in only for unit in (records.unit(code), *records.descendants(code)))


def _letters(plan: Sequence[Dispatch], board: Board, outbox: _Outbox) -> list[Letter]:
    """The newest number of every unit and template, of this run or an earlier one."""
    letters = []
    for one in plan:
        standing = board.at(*one.keys)
        if act := newest(standing):
            digest = outbox.digests.get(one.keys, act.sha256)
            at, what = standing.issues[-1].at, last_differences(standing)
            letters.append(Letter(one.unit, act, at, digest, one.asked.layout, what))
    return letters


class _Outbox:
    """The folder of what goes out: puts files there, and knows what came of it."""

    def __init__(self, folder: Path, lang: Lang) -> None:
        self.folder, self.lang = folder, lang
        self.digests: dict[Keys, str] = {}
        """SHA-256 of each workbook that is as it should be."""
        self.incomplete = False
        self._said: list[str] = []

    def issue(self, chosen: Sequence[Dispatch], assigner: Assigner, record: Callable[[Decide], object]) -> None:
        """Put every workbook there that is not, then tell ``record`` of the new ones, chunk by chunk."""
        work = [one for one in chosen if one.new or not self._as_issued(one)]
        pending: list[Dispatch] = []
        with closing(printed(assigner, [(one.unit.code, one.template) for one in work])) as workbooks:
            for one, workbook in zip(progress(work, _WRITING.say(self.lang)), workbooks, strict=True):
                if isinstance(workbook, WriteError):
                    self._failed(one, str(workbook))
                    continue
                self._put(one.file, workbook)
                self.digests[one.keys] = hashlib.sha256(workbook).hexdigest()
                pending += [one] if one.new else []
                if len(pending) == CHUNK:
                    self._record(pending, record)
                    pending = []
        self._record(pending, record)

    def _as_issued(self, one: Dispatch) -> bool:
        """Whether the file is there with the bytes that the ledger knows; then it need not be made."""
        content = _content(self.folder / one.file)
        digest = "" if content is None else hashlib.sha256(content).hexdigest()
        if one.before is None or digest != one.before.sha256:
            return False
        self.digests[one.keys] = digest
        return True

    def _put(self, file: str, workbook: bytes) -> None:
        """Write a workbook; other content under its name, which somebody may have filled in, is kept aside."""
        before = _content(self.folder / file)
        if before == workbook:
            return
        if before is not None:
            kept = self.folder / REPLACED / f"{hashlib.sha256(before).hexdigest()[:8]}-{file}"
            write_atomically(kept, before)
            self._said.append(_REPLACED.say(self.lang).format(file=file, kept=kept))
        write_atomically(self.folder / file, workbook)

    def _record(self, pending: Sequence[Dispatch], record: Callable[[Decide], object]) -> None:
        overtaken: list[Dispatch] = []

        def decide(board: Board, _keep: Callable[[bytes], str]) -> Iterator[Act]:
            for one in pending:
                standing = board.at(*one.keys)
                if len(standing.issues) + 1 == one.number:
                    yield one.act(self.digests[one.keys])
                elif not one.done(standing):
                    overtaken.append(one)

        if pending:
            record(decide)
        for one in overtaken:
            del self.digests[one.keys]
            self._failed(one, _OVERTAKEN.say(self.lang))

    def _failed(self, one: Dispatch, why: str) -> None:
        said = _FAILED.say(self.lang).format(unit=f"{one.unit.code} {one.unit.name}", template=one.kind, why=why)
        self._said.append(said)
        self.incomplete = True

    def post(self, letters: Sequence[Letter], lang: Lang) -> None:
        """Write the lists and the texts, in the language of the workbooks."""
        for letter in progress(letters, _POSTING.say(self.lang)):
            _write(self.folder / TEXTS / _text_name(letter), text_file(letter))
        _write(self.folder / MANIFEST, manifest_csv(letters, lang))
        _write(self.folder / MAIL, mail_csv(letters, lang))

    def zip(self, records: Round, letters: Sequence[Letter], scope: frozenset[str]) -> None:
        """Write a zip for each unit in ``scope`` that has units below: workbooks and texts of itself and of those."""
        heads = [unit for unit in records.units if unit.code in scope and records.children(unit.code)]
        names = stems({(unit.code, ""): ("", unit.name) for unit in heads}, records.year, records.lang)
        for unit in heads:
            below = {unit.code, *(one.code for one in records.descendants(unit.code))}
            files: dict[str, bytes] = {}
            for letter in letters:
                if letter.unit.code in below:
                    content = _content(self.folder / letter.act.file)
                    if content is None:
                        self._said.append(_ABSENT.say(self.lang).format(file=letter.act.file))
                        self.incomplete = True
                        continue
                    files |= {letter.act.file: content, _text_name(letter): text_file(letter)}
            _write(self.folder / ZIPS / f"{names[unit.code, '']}.zip", bundle(files))
        self._said.append(_ZIPPED.say(self.lang).format(count=len(heads), folder=self.folder / ZIPS))

    def tell(self, count: int) -> None:
        """Say what somebody should know, and where everything is."""
        where = _WHERE.say(self.lang)
        self._said.append(where.format(count=count, folder=self.folder, manifest=MANIFEST, mail=MAIL, texts=TEXTS))
        for line in dict.fromkeys(self._said):
            say(line)


def _content(path: Path) -> bytes | None:
    """What stands in the file; None where there is none to read, and writing it will say why."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Write what is not there yet: a file that somebody has open need not be closed for nothing."""
    if _content(path) != content:
        write_atomically(path, content)


def _text_name(letter: Letter) -> str:
    return f"{Path(letter.act.file).stem}.txt"


def _row(one: Dispatch, digest: str) -> dict[str, Any]:
    return {
        "unit": one.unit.code,
        "template": one.template,
        "number": one.number,
        "file": one.file,
        "sha256": digest,
        "changed": [difference.name for difference in one.differences],
        "new": one.new,
    }


def _print_done(to: Console, done: Sequence[Dispatch], lang: Lang) -> None:
    """How many by template and type; then who is affected by a new number, and must be told."""
    if not done:
        to.print(_NOTHING.say(lang))
        return
    every = (_NEW, _AGAIN, _SAME)
    counts = Counter((one.kind, one.unit.type, _news(one)) for one in done)
    rows = [
        (kind, type, *_numbers([counts[kind, type, news] for news in every]))
        for kind, type in dict.fromkeys((one.kind, one.unit.type) for one in done)
    ]
    headers = [word.say(lang) for word in (_TEMPLATE, _TYPE, _UNITS, *every)]
    sums = Counter(map(_news, done))
    total = (_TOTAL.say(lang), "", *_numbers([sums[news] for news in every]))
    print_table(to, headers, rows, right=(2, 3, 4, 5), total=total)
    affected = [one for one in done if _news(one) is _AGAIN]
    if affected:
        to.print()
        headers = [word.say(lang) for word in (_UNIT, _TEMPLATE, _NUMBER, _WHY, _STATE)]
        print_table(to, headers, [_affected(one, lang) for one in affected], title=_AFFECTED.say(lang))


def _numbers(counts: Sequence[int]) -> tuple[str, ...]:
    """The sum, then each."""
    return tuple(f"{count:,}" for count in (sum(counts), *counts))


def _news(one: Dispatch) -> Text:
    if not one.new:
        return _SAME
    return _NEW if one.before is None else _AGAIN


def _affected(one: Dispatch, lang: Lang) -> tuple[str, ...]:
    state = STATES[one.standing.state].say(lang)
    why = ("；" if lang == "zh" else "; ").join(told(what, one.asked.layout, lang) for what in one.differences)
    number = f"V{one.number - 1} → V{one.number}"
    stands = _TELL.say(lang).format(state=state) if one.standing.versions else state
    return f"{one.unit.code} {one.unit.name}", one.kind, number, why, stands
