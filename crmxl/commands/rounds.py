"""A new round: its folder made from a units file and options, after everything was checked."""

from __future__ import annotations

import csv
import io
import re
import secrets
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from crmxl.commands.earlier import entries_of
from crmxl.commands.output import say
from crmxl.commands.round_text import round_text
from crmxl.commands.rounds_folder import KEY, LEDGER
from crmxl.commands.units_workbook import workbook_table
from crmxl.define.issued import check_issued
from crmxl.define.issued_policies import check_issued as check_issued_policy
from crmxl.define.library import SUFFIX
from crmxl.define.policies import applicable, live, policy_faults
from crmxl.define.policy import problem_at
from crmxl.define.round import ROUND, Round, compose, policies_beside, round_library
from crmxl.define.units import FIGURES, UNITS
from crmxl.define.units_table import Table, both, csv_table, csv_text
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.files import passing_folder, write_atomically
from crmxl.group.ledger import Ledger
from crmxl.model import Lang, Template, Text
from crmxl.policy import Policy
from crmxl.signs import visible

_PRIVATE = 0o600
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin, new ones and old or protected ones; the reader says of the latter how to save them."""
_OPTIONS = {"templates": "template", "policies": "policy", "review": "role"}
"""Options whose names differ from the setting's in round.toml."""
_SETTING = re.compile(r"[a-z_]+")
_NAME = Text("{year}年度预算{stage}", "Budget {year} {stage}")
_MADE = Text("已新建轮次“{name}”", "Made the round {name}")
_UNITS = Text("单位 {count} 个：{types}；{levels}", "Units {count}: {types}; {levels}")
_UNTYPED = Text("未分类型", "no type")
_LEVEL = Text("第 {level} 级 {count} 个", "level {level}: {count}")
_ASKED = Text("模板 {template}：{count} 份", "Template {template}: {count} workbooks")
_JUDGED = Text("制度 {policies}", "Policies {policies}")
_LOOK = Text("请核对 {count} 处：", "Please look at {count}:")
_NEXT = Text(
    "下一步：核对 {folder} 里的 round.toml 和 units.csv，再运行 crmxl distribute --round {folder}。"
    "key 是签名密钥：不要外传，和台账一起备份。",
    "Next: look through round.toml and units.csv in {folder}, then crmxl distribute --round {folder}. "
    "key is the signing key: keep it to yourself, and back it up with the ledger.",
)


def init_round(
    folder: Path,
    lang: Lang,
    *,
    templates: tuple[str, ...],
    units: Path,
    year: int,
    policies: tuple[str, ...] = (),
    deadline: str = "",
    stage: str = "",
    name: str = "",
    contact: str = "",
    parent_amount: str = "own",
    ledger: str = "",
    roles: tuple[str, ...] = (),
    figures: Path | None = None,
    start_from: Path | None = None,
) -> None:
    """Make the round in ``folder``; its path goes to stdout, what it holds to stderr.

    With ``start_from`` the units start from what they entered in that earlier round. Raises CrmxlError or
    DefinitionError with every mistake; then nothing is left behind.
    """
    if figures is not None and start_from is not None:
        raise CrmxlError(f"--start-from: {both('不能与 --figures 同用', 'goes not together with --figures')}")
    name = name or _NAME.say(lang).format(year=year, stage=stage).strip()
    begun = not ledger and not (folder / ROUND).exists() and Ledger.unused(folder / LEDGER, name)
    _refuse_taken(folder, units, figures, ledger, begun)
    settings: dict[str, str | int] = {
        "name": name,
        "year": year,
        "stage": stage,
        "lang": lang,
        "deadline": deadline,
        "contact": contact,
        "parent_amount": parent_amount,
        "ledger": ledger,
    }
    for option, value in settings.items():
        if visible(str(value)) != str(value):
            raise CrmxlError(f"{_option(option)}: {both('含看不见的字符', 'has signs that nobody sees')}")
    named = _definitions(folder, templates, policies)
    text = round_text(settings, tuple(named.templates), tuple(named.policies), roles, KEY)
    secret = secrets.token_hex(32)

    def composed(given: Path | None) -> Round:
        return compose(
            folder,
            tomllib.loads(text),
            partial(_table, units),
            lambda: _table(given) if given else None,
            named.templates.__getitem__,
            named.policies.__getitem__,
            secret.encode(),
        )

    earlier: tuple[Problem, ...] = ()
    try:
        round = composed(figures)
        if start_from is not None:
            started, earlier = entries_of(start_from, tuple(named.templates.values()), set(round.by_code))
            with passing_folder() as place:
                write_atomically(place / FIGURES, started)
                round = composed(place / FIGURES)
    except DefinitionError as error:
        raise DefinitionError(tuple(_as_typed(problem, folder) for problem in error.problems)) from None
    files: dict[str, tuple[bytes, int | None]] = {place: (data, None) for place, data in named.files.items()}
    for source, target in ((units, UNITS), (figures, FIGURES)):
        if source is not None and not _same(source, folder / target):
            files[target] = _as_csv(source), None
    if start_from is not None:
        files[FIGURES] = started, None
    files[KEY] = f"{secret}\n".encode(), _PRIVATE
    files[ROUND] = text.encode(), _PRIVATE if ledger and _has_password(ledger) else None
    _make(folder, files, None if begun else lambda: Ledger.create(ledger or folder / LEDGER, round.name).close())
    print(visible(str(folder)))
    say(_summary(round, (*named.warnings, *earlier, *round.warnings), lang))


def _has_password(address: str) -> bool:
    from crmxl.group.ledger_place import has_password

    return has_password(address)


def _refuse_taken(folder: Path, units: Path, figures: Path | None, ledger: str, begun: bool) -> None:
    """Raise CrmxlError where there is a round already, or what it would write over.

    An init of this round that was stopped has ``begun`` it: its ledger, and files that are what they will be, may stay.
    """
    if folder.exists() and not folder.is_dir():
        raise CrmxlError(f"{folder}: {both('不是文件夹', 'is no folder')}")
    if (folder / ROUND).exists():
        raise CrmxlError(
            f"{folder}: {both('已有轮次，请换一个文件夹', 'holds a round already; choose another folder')}"
        )
    sources = {UNITS: units, FIGURES: figures}
    for name in (UNITS, FIGURES, KEY, *([] if ledger or begun else [LEDGER])):
        there, source = folder / name, sources.get(name)
        if there.exists() and not (
            source and (_same(source, there) or (begun and _as_csv(source) == there.read_bytes()))
        ):
            said = both("已存在，请先移走或换一个文件夹", "is there already; move it away, or choose another folder")
            raise CrmxlError(f"{there}: {said}")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _option(setting: str) -> str:
    return f"--{_OPTIONS.get(setting, setting).replace('_', '-')}"


def _as_typed(problem: Problem, folder: Path) -> Problem:
    """A problem of the round.toml that is not there yet, as one of the option that it came from."""
    file, _, place = problem.place.partition(f"{ROUND}: ")
    setting = _SETTING.match(place)
    return Problem(_option(setting[0]), problem.message) if setting and file.endswith(("", "/")) else problem


# -- definitions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Definitions:
    """The templates and policies of the round, by ``id@version``."""

    templates: Mapping[str, Template]
    policies: Mapping[str, Policy]
    files: Mapping[str, bytes]
    """Those given as files, by where they go in the folder."""
    warnings: tuple[Problem, ...]


def _definitions(folder: Path, templates: Sequence[str], policies: Sequence[str]) -> _Definitions:
    """What was named, in order; the policies that are live for the templates where none is.

    Raises DefinitionError with every name that nothing answers to.
    """
    library, shelf = round_library(folder), policies_beside(folder)
    problems: list[Problem] = []
    found = _named(templates, library.load, "--template", problems)
    if policies:
        judging = _named(policies, shelf.load, "--policy", problems)
    else:
        judging = {one.name: one for template in found.values() for one in live(template, shelf)}
    files: dict[str, bytes] = {}
    own: list[tuple[str, str]] = []
    if not problems:
        own += ((name, f"templates/{library.load(name).id}{SUFFIX}") for name in templates if name.endswith(SUFFIX))
        own += ((name, f"policies/{shelf.load(name).id}{SUFFIX}") for name in policies if name.endswith(SUFFIX))
    for name, target in own:
        data = files[target] = Path(name).read_bytes()
        if (folder / target).exists() and (folder / target).read_bytes() != data:
            said = f"is there already and differs from {name}"
            problems.append(Problem(str(folder / target), both(f"已有，且与 {name} 不同", said)))
    problems += filter(None, map(check_issued, found.values()))
    problems += filter(None, map(check_issued_policy, judging.values()))
    warnings = []
    for policy in judging.values():
        where = f"policies/{policy.id}{SUFFIX}"
        for template in found.values():
            problems += (problem_at(where, fault) for fault in policy_faults(policy, template))
        if not any(applicable(template, (policy,)) for template in found.values()):
            said = both("没有一条规则适用于这些模板", "has no rule for these templates")
            warnings.append(Problem(policy.name, said))
    if problems:
        raise DefinitionError(tuple(dict.fromkeys(problems)))
    return _Definitions(found, judging, files, tuple(warnings))


_Kind = TypeVar("_Kind", Template, Policy)


def _named(
    names: Sequence[str], load: Callable[[str], _Kind], option: str, problems: list[Problem]
) -> dict[str, _Kind]:
    """The definitions by ``id@version``; what is wrong with them goes to ``problems``."""
    found: dict[str, _Kind] = {}
    for name in names:
        try:
            one = load(name)
        except DefinitionError as error:
            problems += error.problems
            continue
        except CrmxlError as error:
            problems.append(Problem(option, str(error)))
            continue
        if any(one.id == other.id for other in found.values()):
            said = f"`{one.id}` is named twice; keep one"
            problems.append(Problem(option, both(f"“{one.id}”写了两次，请留一个", said)))
        found[one.name] = one
    return found


# -- files -------------------------------------------------------------------------------------------------------


def _table(path: Path) -> Table:
    """The table in a CSV file or a workbook."""
    return workbook_table(path) if _is_workbook(path) else csv_table(path)


def _is_workbook(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == ".xlsx" or file.read(4) in _PACKED
    except OSError as error:
        raise CrmxlError(f"{path}: cannot be read ({error.strerror})") from error


def _as_csv(path: Path) -> bytes:
    """The table as CSV that Excel opens in the right encoding; a CSV file word for word."""
    if not _is_workbook(path):
        text = csv_text(path) or ""
    else:
        table = _table(path)
        buffer = io.StringIO()
        csv.writer(buffer).writerows((table.header, *(cells for _, cells in table.lines)))
        text = buffer.getvalue()
    return text.encode("utf-8-sig")


def _make(folder: Path, files: Mapping[str, tuple[bytes, int | None]], ledger: Callable[[], None] | None) -> None:
    """Make the ledger, where there is none yet, then write the files, in order; whatever fails, nothing of it is left.

    The last is the round.toml that makes it a round: who is stopped by force leaves no round without a ledger.
    """
    places = {folder / name: written for name, written in files.items()}
    above = {parent for path in places for parent in path.parents if not parent.exists()}
    made = [path for path in (*places, folder / LEDGER) if not path.exists()]
    try:
        if ledger is not None:
            folder.mkdir(parents=True, exist_ok=True)
            ledger()
        for path, (data, mode) in places.items():
            write_atomically(path, data, mode)
    except BaseException:
        for path in made:
            with suppress(OSError):
                path.unlink()
        for parent in sorted(above, key=lambda one: -len(one.parts)):
            with suppress(OSError):
                parent.rmdir()
        raise


# -- what was made -----------------------------------------------------------------------------------------------


def _summary(round: Round, warnings: Sequence[Problem], lang: Lang) -> str:
    types = Counter(unit.type or _UNTYPED.say(lang) for unit in round.units)
    levels = Counter(_depth(round, unit.code) for unit in round.units)
    stated = [_LEVEL.say(lang).format(level=level, count=count) for level, count in sorted(levels.items())]
    comma = "、" if lang == "zh" else ", "
    lines = [
        _MADE.say(lang).format(name=round.name),
        _UNITS.say(lang).format(
            count=len(round.units),
            types=comma.join(f"{type} {count}" for type, count in types.items()),
            levels=comma.join(stated),
        ),
    ]
    for name in round.templates:
        count = sum(round.asks(unit.code, name) for unit in round.units)
        lines.append(_ASKED.say(lang).format(template=name, count=count))
    if round.policies:
        lines.append(_JUDGED.say(lang).format(policies=comma.join(round.policies)))
    if warnings:
        lines += [_LOOK.say(lang).format(count=len(warnings)), *(f"  {warning}" for warning in warnings)]
    return "\n".join((*lines, _NEXT.say(lang).format(folder=round.folder)))


def _depth(round: Round, code: str) -> int:
    """The unit's level, counted from 1 at the top."""
    depth = 1
    while parent := round.unit(code).parent:
        code, depth = parent, depth + 1
    return depth
