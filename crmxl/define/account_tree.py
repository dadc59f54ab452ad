"""The sections, groups and lines that come of an account list, once it is known what stands under what.

Codes of a template are nested by dots, so others are changed: 6601 › 6601.01 › 6601.01.02; the list's own code
then stands beside, in the column ``account``. Must not know files, headings, nor the text of a definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from crmxl.define.account_cells import LONGEST_CODE, like_total, of_which
from crmxl.define.account_parents import STEP, Parents, related, told
from crmxl.define.accounts import Account, AccountList
from crmxl.define.units_table import both
from crmxl.errors import Problem
from crmxl.model import Group, Line, Section, Text
from crmxl.money import plain

_TOTAL = "total"
"""Code of the grid's grand total."""
OWN_CODE, LOW, HIGH = "account", "low", "high"
"""Ids of the issued columns: the list's own code, the bounds."""
_LEVELS = 3
"""Section, group, line; what is deeper becomes lines of the third level."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A list as a grid."""

    sections: tuple[Section, ...] = ()
    """Lines have as values what issued columns hold."""
    renamed: tuple[tuple[str, str, str], ...] = ()
    """Code in the list, code in the template and title of each line, group and section whose code had to change."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What the list remarks, by code in the template."""
    limits: Mapping[str, Account] = field(default_factory=dict)
    """Headings with bounds, by code in the template."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups in order."""
        return tuple(group for section in self.sections for group in section.groups)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines in order."""
        return tuple(
            line
            for section in self.sections
            for lines in (section.lines, *(group.lines for group in section.groups))
            for line in lines
        )


def outline(found: AccountList, whole: Text) -> Outline:
    """The list as sections; a list without any level becomes one section with the title ``whole``.

    Nothing is raised: an outline with problems has no sections, and is to be refused by whoever asked for it.
    """
    found, parents, problems, warnings = related(found)
    if problems or not found.accounts or not all(account.code for account in found.accounts):
        return Outline(problems=problems, warnings=warnings)
    doubled = [account for account in found.accounts if of_which(account.title.zh)]
    zh = "这些行的名称像是“其中”，金额会和它所属的那一行重复相加；只是说明的请删去"
    en = "rows that by their titles are parts of others count beside those; delete what is a remark only"
    warnings += told(found, zh, en, doubled)
    grown = _Growing(found, parents, whole).outline()
    return replace(grown, warnings=(*warnings, *grown.warnings))


def _own_part(key: str, above: str) -> str:
    """What a code adds to the one above: 01 of 660101 under 6601, 2 of 1.2 under 1; all of 1.100 under 1.1."""
    rest = key.removeprefix(above)
    if rest.startswith("."):
        return rest[1:]
    return key if rest == key or "." in key or len(rest) < STEP else rest


class _Growing:
    """An outline being made."""

    def __init__(self, found: AccountList, parents: Parents, whole: Text) -> None:
        self.found, self.parents, self.whole = found, parents, whole
        self.below: dict[str, list[Account]] = {}
        for account in found.accounts:
            above = parents.get(account.key)
            self.below.setdefault(above.key if above else "", []).append(account)
        self.tops = self.below[""]
        self.flat = len(self.tops) > 1 and not any(map(self._is_heading, self.tops))
        self.codes: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.notes: dict[str, str] = {}
        self.limits: dict[str, Account] = {}

    def outline(self) -> Outline:
        """Sections from the top accounts."""
        dotted = any("." in account.key for account in self.found.accounts)
        for account in self.tops:
            alone = "" if self._is_heading(account) or self.flat else ".1" if dotted else ".01"
            self._name(account, f"1.{account.key}" if self.flat else account.key + alone)
        self._judge()
        if self.problems:
            return Outline(problems=tuple(self.problems), warnings=tuple(self.warnings))
        renamed = tuple(
            (account.code, self.codes[account.key], account.title.zh)
            for account in self.found.accounts
            if account.code != self.codes[account.key]
        )
        self.shows_own = bool(renamed)
        if self.flat:
            lines = tuple(self._line(account, (), ()) for account in self.tops)
            sections: tuple[Section, ...] = (Section("1", self.whole, "1", lines=lines),)
        else:
            sections = tuple(map(self._section, self.tops))
        return Outline(sections, renamed, self.notes, self.limits, (), tuple(self.warnings))

    def _is_heading(self, account: Account) -> bool:
        return bool(self.below.get(account.key) or account.open)

    def _name(self, account: Account, code: str) -> None:
        """Give the account and those below it their codes; one that is too long ends it."""
        self.codes[account.key] = code
        if len(code) > LONGEST_CODE:
            said = both(
                f"分级编码“{code}”超过 {LONGEST_CODE} 个字符：请缩短编码或减少级次",
                f"its nested code `{code}` is over {LONGEST_CODE} signs: shorten codes or drop levels",
            )
            self.problems.append(Problem(self.found.place(account), said))
            return
        for one in self.below.get(account.key, ()):
            self._name(one, f"{code}.{_own_part(one.key, account.key)}")

    def _judge(self) -> None:
        """What cannot be a row of a template."""
        taken: dict[str, Account] = {}
        for account in self.found.accounts:
            code = self.codes.get(account.key)
            if code is None:  # below a code that is too long
                continue
            before = taken.setdefault(code.casefold(), account)
            above = self.parents.get(account.key)
            blank = {f"{self.codes[above.key]}.n{number:02d}" for number in range(1, above.open + 1)} if above else {}
            if before is not account or code.casefold() == _TOTAL or code in blank:
                other = before.code if before is not account else code
                said = both(
                    f"分级后的编码“{code}”和“{other}”重复，请改其中一个编码",
                    f"its nested code `{code}` is that of `{other}` too; change one of the codes",
                )
                self.problems.append(Problem(self.found.place(account), said))
            self._judge_kind(account)

    def _judge_kind(self, account: Account) -> None:
        """Headings without lines, lines with lines, blank lines too deep."""
        children = self.below.get(account.key, ())
        if account.heading and not (children or account.open):
            zh, en = (
                "标为汇总，但没有下级：请补下级，或改为金额",
                "is a heading with nothing below it: add lines, or say money",
            )
            self.problems.append(Problem(self.found.place(account, "type"), both(zh, en)))
        elif account.heading is None and like_total(account.title.zh) and not (children or account.open):
            zh = f"“{account.title.zh}”像是小计、合计行，会重复相加：请删去这一行；确是明细的，加“类型”一列并写金额"
            en = "looks like a row of totals, which would count twice; delete it, or say money in a column type"
            self.problems.append(Problem(self.found.place(account, "title"), both(zh, en)))
        if account.heading is False and children:
            zh, en = (
                "有下级，按汇总处理，金额填在下级",
                "has accounts below it, so it is a heading; amounts go to those",
            )
            self.warnings.append(Problem(self.found.place(account, "type"), both(zh, en)))
        if account.open and (self._depth(account) >= _LEVELS or (account.heading is False and not children)):
            zh, en = "空白行只能放在第一、二级的汇总科目下", "blank lines stand under headings of the first two levels"
            self.problems.append(Problem(self.found.place(account, "open"), both(zh, en)))
        kinds = [self._is_heading(one) for one in children]
        if self._depth(account) == 1 and kinds != sorted(kinds):
            zh, en = "下级中没有再分级的科目排到了前面", "of those below it, the ones without further levels come first"
            self.warnings.append(Problem(self.found.place(account), both(zh, en)))

    def _depth(self, account: Account) -> int:
        depth, above = 1, self.parents.get(account.key)
        while above:
            depth, above = depth + 1, self.parents.get(above.key)
        return depth

    def _section(self, account: Account) -> Section:
        code = self._kept(account)
        if not self._is_heading(account):
            code = account.key
            return Section(code, account.title, code, lines=(self._line(account, (), ()),))
        children = self.below.get(account.key, ())
        return Section(
            code,
            account.title,
            code,
            groups=tuple(self._group(one, account.tags) for one in children if self._is_heading(one)),
            lines=tuple(self._line(one, (), account.tags) for one in children if not self._is_heading(one)),
            open=account.open,
        )

    def _group(self, account: Account, tags: tuple[str, ...]) -> Group:
        code = self._kept(account)
        return Group(code, account.title, tuple(self._leaves(account, (), (*tags, *account.tags))), account.open)

    def _leaves(self, account: Account, over: tuple[Text, ...], tags: tuple[str, ...]) -> Iterator[Line]:
        """The lines below the account, however deep; ``over`` are the titles between its own and theirs."""
        for one in self.below.get(account.key, ()):
            if self._is_heading(one):
                self._kept(one)
                yield from self._leaves(one, (*over, one.title), (*tags, *one.tags))
            else:
                yield self._line(one, over, tags)

    def _kept(self, account: Account) -> str:
        """The account's code; what only headings have is kept by it."""
        code = self.codes[account.key]
        if self._is_heading(account):
            self._note(account, code)
            if account.low is not None or account.high is not None:
                self.limits[code] = account
        return code

    def _note(self, account: Account, code: str) -> None:
        if account.note:
            self.notes[code] = account.note

    def _line(self, account: Account, over: tuple[Text, ...], tags: tuple[str, ...]) -> Line:
        code = self.codes[account.key]
        self._note(account, code)
        titles = (*over, account.title)
        en = " – ".join(title.en for title in titles) if all(title.en for title in titles) else ""
        values = {OWN_CODE: account.code} if self.shows_own else {}
        bounds = {LOW: account.low, HIGH: account.high}
        values |= {name: plain(bound) for name, bound in bounds.items() if bound is not None}
        title = Text("—".join(title.zh for title in titles), en)
        return Line(code, title, tuple(dict.fromkeys((*tags, *account.tags))), values)
