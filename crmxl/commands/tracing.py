"""Looking back and across: what changed between budgets, and a filled workbook into another version of its template."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from crmxl.commands.operands import Desk, parse
from crmxl.commands.output import form_of, put, say
from crmxl.commands.receiving import Bench, bench, read_all
from crmxl.commands.rounds_folder import keep_records, round_folder
from crmxl.define.policies import assigned, live
from crmxl.define.round import Round
from crmxl.define.sizes import kept
from crmxl.errors import CrmxlError
from crmxl.files import slug, write_atomically
from crmxl.group.carrying import asides, carry, parameters
from crmxl.group.differences import Difference, compare
from crmxl.group.differences_of_totals import compare_totals
from crmxl.group.states import State, made
from crmxl.issue.assigning import Asked, Assigner, asked
from crmxl.issue.layout import lay_out_for
from crmxl.issue.places import Layout
from crmxl.issue.workbook import issued_values, write
from crmxl.model import Assignment, Lang, Severity, Text
from crmxl.report.differences import differences_csv, differences_json, print_differences
from crmxl.report.findings import clean
from crmxl.report.migration import migration_json, print_migration
from crmxl.report.tables import console

_WRITTEN = Text("已写入 {path}", "Written: {path}")
_UNSIGNED = Text(
    "没有按轮次记录办理，新工作簿没有签名；要收进轮次，请加 --round。",
    "Made without the round's records and not signed; to collect it into the round, use --round.",
)
_WIDTH = 120
"""Columns of a text report in a file."""
_BOTH = "预算和汇总不能互相比较 · budgets and consolidations cannot be compared with each other"
_ERRORS = Text(
    "{file} 校验有 {count} 个错误；没有读到的单元格带不过去，请看 crmxl validate。",
    "{file} has {count} errors; cells that could not be found cannot be carried: see crmxl validate.",
)


def diff_budgets(
    operands: tuple[str, ...],
    lang: Lang,
    *,
    round: Path | None,
    template: str,
    form: str | None,
    output: Path | None,
) -> int:
    """Print or save how the operands differ, each from the one before; 0 whether or not they do.

    Raises CrmxlError where an operand cannot be used or they cannot be compared.
    """
    form = form_of(form, output, ("text", "csv", "xlsx", "json"), "text")
    keep_records(_here(round), output)
    named = [parse(text) for text in operands]
    if len(named) < 2:
        raise CrmxlError("请给出两个或更多要比较的 · name two or more to compare")
    kinds = {operand.totals for operand in named}
    if len(kinds) > 1:
        raise CrmxlError(f"{'、'.join(operands)}: {_BOTH}")
    with ExitStack() as stack:
        desk = Desk(round, lang, stack, template)
        if kinds == {True}:
            found: Sequence[Difference] = compare_totals(desk.sums(named))
        else:
            found = (compare(desk.states(named)),)
    if form == "text" and output is None:
        print_differences(console(), found, lang)
    else:
        put(_rendered(found, form, lang), output, lang)
    return 0


def _rendered(found: Sequence[Difference], form: str, lang: Lang) -> bytes:
    if form == "json":
        return differences_json(found, lang).encode()
    if form == "csv":
        return differences_csv(found, lang)
    if form == "xlsx":
        from crmxl.report.differences_workbook import differences_workbook

        return differences_workbook(found, lang)
    text = io.StringIO()
    print_differences(console(text, _WIDTH), found, lang)
    return clean(text.getvalue()).encode()


# -- migrate -----------------------------------------------------------------------------------------------------


def migrate_workbook(
    file: Path, lang: Lang, *, to: str, output: Path | None, own: Path | None, round: Path | None, as_json: bool
) -> int:
    """Write a filled workbook as a prefilled one of another version of its template, and list what could not be
    carried; 1 where there is any.

    Inside a round its records say what the unit is asked and its key signs; else what the workbook says of itself.
    """
    if not file.is_file():
        raise CrmxlError(f"{file}: 找不到文件 · no such file")
    keep_records(_here(round), output)
    at = bench(own, _here(round))
    (report,) = read_all([file], lang, at)
    old, stamp = report.submission.layout, report.submission.stamp
    if old is None or stamp is None:
        raise CrmxlError(f"{file}: 不是可识别的预算工作簿，见 crmxl validate · cannot be told; see crmxl validate")
    records = at.standard.round
    if records is not None and stamp.assignment.round != records.name:
        if round is not None:
            raise CrmxlError(
                f"{file}: 是轮次“{stamp.assignment.round}”的，不是“{records.name}”的 · belongs to another round"
            )
        records = None
    new = _of_records(to, old, stamp.assignment, at, records) if records else _of_stamp(to, old, stamp.assignment, at)
    carried = carry(report, new.layout, issued_values(new.layout, new.assignment))
    target = output or _free(Path(f"{slug(file.stem)}_{slug(new.layout.template.name)}.xlsx"))
    if target.resolve() == file.resolve():
        raise CrmxlError(
            f"-o {target}: 不能覆盖原文件，请换一个名字 · would overwrite the original; choose another name"
        )
    secret = records.key if records is not None else b""
    write_atomically(target, write(new.layout, new.assignment, carried.entries, carried=asides(report), secret=secret))
    after = made(new.layout.template.name, new.layout, new.assignment, carried.entries)
    change = compare([State(old.template.name, report), after])
    if as_json:
        put(migration_json(str(file), str(target), carried, change, lang).encode(), None, lang)
    else:
        print_migration(console(), carried, change, lang)
    say(_WRITTEN.say(lang).format(path=target))
    if stamp.assignment.round and not secret:
        say(_UNSIGNED.say(lang))
    if report.blocked:
        errors = sum(1 for one in report.findings if one.severity is Severity.ERROR)
        say(_ERRORS.say(lang).format(file=file.name, count=errors))
    return int(bool(carried.lost))


def _here(round: Path | None) -> Path | None:
    """The round named, else the one that one stands in; None where there is none."""
    try:
        return round_folder(round)
    except CrmxlError:
        if round is not None:
            raise
        return None


def _of_records(to: str, old: Layout, given: Assignment, at: Bench, records: Round) -> Asked:
    """What the round asks the unit to fill, in its own version of the template."""
    own = [name for name in records.templates if name.partition("@")[0] == old.template.id]
    wanted = at.library.load(_named(to, old)).name if to else "".join(own[-1:])
    if wanted not in own:
        there = "、".join(records.templates)
        raise CrmxlError(
            f"{to or old.template.id}: 本轮次的模板是 {there}，请先改 round.toml · "
            f"this round's templates are {there}; change round.toml first"
        )
    new = Assigner(records, at.library, at.standard.policies).ask(given.unit, wanted)
    return _another(new, old, given)


def _of_stamp(to: str, old: Layout, given: Assignment, at: Bench) -> Asked:
    """What the workbook says that its unit was asked to fill, in the other version."""
    template = at.library.load(_named(to, old) if to else old.template.id)
    if template.id != old.template.id:
        raise CrmxlError(f"{template.name}: 不是 {old.template.id} 的另一版 · is no version of {old.template.id}")
    there = {section.part for sheet in template.sheets for section in sheet.sections}
    rules = live(template, at.standard.policies)
    parts = tuple(part for part in given.parts if part in there)
    shape = replace(given, parts=parts, rows=kept(old.template, template))
    bare = lay_out_for(template, shape)
    codes = {rule.code for policy in rules for rule in policy.rules}
    mine = replace(
        shape,
        parts=bare.parts,
        parameters=parameters(given.parameters, old, bare),
        policies=tuple(policy.name for policy in rules),
        limits={rule: own for rule, own in given.limits.items() if rule in codes},
    )
    layout = lay_out_for(template, mine, assigned(at.standard.policies, mine))
    return _another(asked(layout, mine, b""), old, given)


def _named(to: str, old: Layout) -> str:
    """The template meant: a version's number alone is one of the workbook's own template."""
    return f"{old.template.id}@{to}" if to.isdecimal() else to


def _another(new: Asked, old: Layout, given: Assignment) -> Asked:
    """``new``; raises CrmxlError where the workbook is just that already."""
    same = new.layout.fingerprint == old.fingerprint
    if same and dict(new.assignment.parameters) == dict(given.parameters):
        raise CrmxlError(f"已经是 {old.template.name}，没有可转的 · it is {old.template.name} already")
    return new


def _free(path: Path) -> Path:
    """``path``, where no file is in the way."""
    if path.exists():
        raise CrmxlError(f"{path}: 已存在，请用 -o 指定文件名 · exists already; name the file with -o")
    return path
