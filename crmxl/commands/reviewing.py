"""Review: approving role by role, adjusting, sending back with comments, opening again. Never edits a submission."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crmxl.check.verdict import Report
from crmxl.commands.collecting import the_standing
from crmxl.commands.output import say
from crmxl.commands.receiving import bench_of
from crmxl.commands.rounds_folder import keep_records, open_register, who, why
from crmxl.define.policy import near
from crmxl.define.round import Round
from crmxl.errors import CrmxlError
from crmxl.files import slug, write_atomically
from crmxl.group.acts import Act, Approved, Event, Reopened, Returned
from crmxl.group.adjusting import adjusted, read_changes
from crmxl.group.intake import kind_of
from crmxl.group.record import Definitions, from_record, to_record
from crmxl.group.register import Register
from crmxl.group.rejudging import basis
from crmxl.group.standing import Board, NotAllowedError, Standing, State, due_role, next_role, refusal
from crmxl.model import Key, Lang, Text
from crmxl.money import round_fen, show_fen

_FINAL = Text("{unit}：{role}通过，已审核通过并锁定", "{unit}: approved by {role}; approved in full and locked")
_NEXT = Text("{unit}：{role}通过，下一步：{next}", "{unit}: approved by {role}; next: {next}")
_FIGURES = Text(
    "，上报数 {submitted}，调整 {change}，核定数 {approved} 元",
    ", submitted {submitted}, change {change}, approved {approved} yuan",
)
_TOTAL = Text("，{total} 元", ", {total} yuan")
_RECEIPT = Text("，回执 {receipt}", ", receipt {receipt}")
_RETURNED = Text("{unit}：第 {version} 版已退回", "{unit}: version {version} was sent back")
_REOPENED = Text("{unit}：已重新打开，第 {version} 版待审", "{unit}: open again, version {version} is to be reviewed")
_LATE = Text(
    "，锁定期间另有 {count} 份文件留存，可用 crmxl choose 选定",
    "; {count} files came in while it was locked, crmxl choose makes one count",
)
_COPY = Text("带意见的副本：{path}", "Copy with the comments: {path}")
_STALE = Text(
    "{0}: 轮次记录（指标、限额、特批）在校验之后改过，请先 crmxl recheck {0}",
    "the round's records (figures, limits, waivers) have changed since it was checked; run crmxl recheck {0} first",
)
_NEWER = Text(
    "{0}: 刚有新的上报进来，请先看新版再退回",
    "something new has just come in from {0}; look at it before you send it back",
)
_SENT_BACK = Text("退回", "returned")
_CANNOT_COPY = Text(
    "{unit}：工作簿无法重新写出，没有带意见的副本，请把意见另行告知",
    "{unit}: the workbook cannot be written again, so there is no copy with the comments; tell them otherwise",
)
_NO_COPY = Text("{unit}：零申报没有可退回的工作簿", "{unit}: a nil return has no workbook to be sent back")


class _Named(NamedTuple):
    """A unit as named on the command line."""

    unit: str
    version: int
    """The version that the reviewer looked at; 0 where it was not said."""


def approve_units(
    units: Sequence[str],
    lang: Lang,
    *,
    role: str,
    comment: str,
    adjust: Path | None,
    template: str,
    by: str,
    round: Path | None,
) -> int:
    """Approve each unit in a role, with its adjustments; 1 where one was refused, which stops no other."""
    comment = why(comment, "--comment") if comment else ""
    by, named = who(by), [_named(unit) for unit in units]
    records, register = open_register(round)
    changes = read_changes(adjust, [one.unit for one in named]) if adjust is not None else {}
    at = bench_of(records)
    definitions = Definitions(at.library, at.standard.policies)

    def approve(one: _Named) -> str:
        def decide(board: Board, store: Callable[[bytes], str]) -> Iterator[Act]:
            standing = _current(board, records, one, template, "approve")
            roles = records.roles_for(records.unit(one.unit))
            acting = _role(records, standing, roles, role)
            version = standing.versions[standing.current - 1]
            if not version.nil and version.basis != basis(records, one.unit, register.clock()[:10]):
                raise NotAllowedError(_STALE.zh.format(one.unit) + " · " + _STALE.en.format(one.unit))
            mine = changes.get(one.unit, ())
            # What is approved must be readable by the definitions of today, with adjustments or without.
            report = _report(register, standing, definitions) if mine or not version.nil else None
            total, record = None, ""
            if mine and report is not None:
                report = adjusted(report, mine, at.standard)
                total = None if report.total is None else round_fen(report.total)
                record = store(to_record(report))
            final = not next_role(standing, [name for name in roles if name != acting])
            yield Approved(
                *(one.unit, version.template, version.number, acting, final),
                comment=comment,
                changes=mine,
                total=total,
                record=record,
            )

        event = register.record(by, decide)[0]
        assert isinstance(event.act, Approved)
        return _approved(records, register.board.at(one.unit, event.act.template), event, event.act, lang)

    with register:
        return _each(named, approve)


def return_units(
    units: Sequence[str],
    lang: Lang,
    *,
    role: str,
    comments: Sequence[str],
    annotate: Path | None,
    template: str,
    by: str,
    round: Path | None,
) -> int:
    """Send each unit's submission back; 1 where one was refused, which stops no other."""
    by, named = who(by), [_named(unit) for unit in units]
    keep_records(None, annotate)
    records, register = open_register(round)
    at = bench_of(records)
    definitions = Definitions(at.library, at.standard.policies)

    def send_back(one: _Named) -> str:
        standing = _current(register.refresh(), records, one, template, "return")
        number = one.version or standing.current or standing.candidates[-1]
        nil = standing.versions[number - 1].nil
        report = None if nil else _report(register, standing, definitions, number)
        whole, remarks = _comments(comments, report, one.unit)

        def decide(board: Board, _store: Callable[[bytes], str]) -> Iterator[Act]:
            now = _current(board, records, one, template, "return")
            if (now.current, now.candidates) != (standing.current, standing.candidates):
                raise NotAllowedError(_NEWER.zh.format(one.unit) + " · " + _NEWER.en.format(one.unit))
            roles = records.roles_for(records.unit(one.unit))
            acting = _known_role(records, now, role) if role else due_role(now, roles)
            name = now.versions[number - 1].template
            yield Returned(one.unit, name, number, acting, comment=whole, remarks=remarks)

        event = register.record(by, decide)[0]
        assert isinstance(event.act, Returned)
        said = _RETURNED.say(lang).format(unit=records.unit(one.unit).name, version=event.act.version)
        said += _RECEIPT.say(lang).format(receipt=event.receipt)
        if annotate is not None:
            said += "\n" + _copy(records, event.act, report, annotate, lang)
        return said

    with register:
        return _each(named, send_back)


def reopen_units(units: Sequence[str], lang: Lang, *, reason: str, template: str, by: str, round: Path | None) -> int:
    """Open approved units again; 1 where one was refused, which stops no other."""
    by, reason, named = who(by), why(reason, "--reason"), [_named(unit) for unit in units]
    records, register = open_register(round)

    def reopen(one: _Named) -> str:
        def decide(board: Board, _store: Callable[[bytes], str]) -> Iterator[Act]:
            standing = _current(board, records, one, template, "reopen")
            version = standing.versions[standing.current - 1]
            yield Reopened(one.unit, version.template, version.number, reason)

        event = register.record(by, decide)[0]
        assert isinstance(event.act, Reopened)
        standing = register.board.at(one.unit, event.act.template)
        said = _REOPENED.say(lang).format(unit=records.unit(one.unit).name, version=event.act.version)
        if standing.late:
            said += _LATE.say(lang).format(count=len(standing.late))
        return said + _RECEIPT.say(lang).format(receipt=event.receipt)

    with register:
        return _each(named, reopen)


def _each(named: Sequence[_Named], act: Callable[[_Named], str]) -> int:
    """Do it for each unit, say what came of it; 1 where one was refused."""
    refused = 0
    for one in named:
        try:
            say(act(one))
        except CrmxlError as error:
            if len(named) == 1 and not isinstance(error, NotAllowedError):
                raise
            refused += 1
            say(str(error))
    return int(refused > 0)


_WITHIN: Mapping[str, tuple[State, ...]] = {
    "approve": (State.RECEIVED,),
    "return": (State.RECEIVED, State.RETURNED, State.BLOCKED),
    "reopen": (State.APPROVED,),
}


def _named(unit: str) -> _Named:
    """A unit, or a unit and the version that was looked at, ``HN:2``."""
    code, colon, number = unit.rpartition(":")
    if colon and number.isascii() and number.isdigit():
        return _Named(code, int(number))
    return _Named(unit, 0)


def _current(board: Board, round: Round, one: _Named, template: str, act: str) -> Standing:
    """Where the unit stands; raises NotAllowedError where ``act`` does not fit, or another version is current."""
    standing = the_standing(board, round, one.unit, template)
    if standing.state not in _WITHIN[act]:
        raise NotAllowedError(refusal(standing, act))
    if one.version and one.version not in (standing.current, *(standing.candidates if act == "return" else ())):
        raise NotAllowedError(
            f"{one.unit}: 现在有效的是第 {standing.current} 版，不是第 {one.version} 版，请先看新版 · "
            f"version {standing.current} counts now, not {one.version}; look at that one first"
        )
    return standing


def _role(round: Round, standing: Standing, roles: Sequence[str], role: str) -> str:
    """The role that acts, whose turn it must be; raises CrmxlError where it has to be named or is not known."""
    due = due_role(standing, roles)
    if not role:
        left = [name for name in roles if name not in standing.roles]
        if len(left) <= 1:
            return due
        there = "、".join(f"{name}（{round.role_title(name).say('zh')}）" for name in left)
        raise CrmxlError(f"--role: 请写明以哪个角色审核，尚缺：{there} · name the role; left are: {', '.join(left)}")
    _known_role(round, standing, role)
    if role != due:
        done = role in standing.roles
        zh, due_zh, en, due_en = (round.role_title(one).say(lang) for lang in ("zh", "en") for one in (role, due))
        said = f"{zh}已经通过" if done else f"还没轮到{zh}"
        told = f"{en} has approved already" if done else f"it is not the turn of {en}"
        raise NotAllowedError(f"{standing.unit}: {said}；现在轮到{due_zh}（{due}） · {told}; next is {due_en} ({due})")
    return role


def _known_role(round: Round, standing: Standing, role: str) -> str:
    roles = round.roles_for(round.unit(standing.unit))
    if role not in roles:
        there = "、".join(roles)
        raise CrmxlError(
            f"--role {role}: 这个单位的审核角色是 {there}{near(role, roles)} · this unit's roles are {', '.join(roles)}"
        )
    return role


def _report(register: Register, standing: Standing, definitions: Definitions, number: int = 0) -> Report:
    """What the unit submitted, in the version ``number`` or the current one with the adjustments made so far; raises
    CrmxlError for a nil return.
    """
    version = standing.versions[(number or standing.current) - 1]
    record = standing.record if version.number == standing.current else version.record
    if not record:
        raise CrmxlError(f"{standing.unit}: 零申报没有可调整的金额 · a nil return has no amounts to adjust")
    return from_record(register.ledger.content(record), version.name, definitions)


def _approved(round: Round, standing: Standing, event: Event, act: Approved, lang: Lang) -> str:
    unit = round.unit(act.unit)
    words = {"unit": unit.name, "role": round.role_title(act.role).say(lang)}
    if act.final:
        said = _FINAL.say(lang).format(**words)
    else:
        due = due_role(standing, round.roles_for(unit))
        said = _NEXT.say(lang).format(**words, next=round.role_title(due).say(lang))
    total, version = standing.total, standing.version
    if standing.changes and total is not None and version is not None and version.total is not None:
        figures = {"submitted": version.total, "change": total - version.total, "approved": total}
        said += _FIGURES.say(lang).format(**{name: show_fen(fen) for name, fen in figures.items()})
    elif total is not None:
        said += _TOTAL.say(lang).format(total=show_fen(total))
    return said + _RECEIPT.say(lang).format(receipt=event.receipt)


def _comments(comments: Sequence[str], report: Report | None, unit: str) -> tuple[str, dict[Key, str]]:
    """The comment on the whole, and those by key; raises CrmxlError for a key that the workbook does not have."""
    whole, remarks = [], dict[Key, str]()
    cells = report.submission.layout.cells if report and report.submission.layout else {}
    for comment in comments:
        key, equals, text = comment.partition("=")
        key, text = key.strip(), text.strip()
        if not equals or "@" not in key:
            whole.append(why(comment, "--comment"))
        elif key not in cells:
            raise CrmxlError(f"{unit}: --comment {key}: 没有这个键 · there is no such key{near(key, cells)}")
        else:
            text = why(text, f"--comment {key}")
            remarks[key] = why(f"{remarks[key]}；{text}" if key in remarks else text, f"--comment {key}")
    return "\n".join(whole), remarks


def _copy(round: Round, act: Returned, report: Report | None, folder: Path, lang: Lang) -> str:
    """Write the copy that goes back with the reviewer's remarks; where it is."""
    from crmxl.report.findings_copy import annotated, remarks

    name = round.unit(act.unit).name
    role = round.role_title(act.role).say(round.lang) if act.role else ""
    said = remarks(report, act, round.lang, role) if report is not None else []
    copy = annotated(report, said) if report is not None else None
    if copy is None:
        return (_NO_COPY if report is None else _CANNOT_COPY).say(lang).format(unit=name)
    stem = (
        f"{round.year}_{kind_of(round, act.unit, act.template) or act.template.partition('@')[0]}_{name}_V{act.version}"
    )
    path = folder / f"{slug(stem)}-{_SENT_BACK.say(round.lang)}.xlsx"
    write_atomically(path, copy)
    return _COPY.say(lang).format(path=path)
