"""What stands under what in an account list, and the sections, groups and lines that come of it.

A parent is what the list says; where it says none, codes do, by their dots (1.1.2) or by their length (660101 under
6601). Codes of a template are nested by dots, so others are changed: 6601 › 6601.01 › 6601.01.02; the list's own code
then stands beside, in the column ``account``. Must not know files, headings, nor the text of a definition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crmxl.define.account_cells import LONGEST_CODE, code_of, key_of
from crmxl.define.accounts import Account, AccountList
from crmxl.define.policy import near
from crmxl.define.units_table import both
from crmxl.errors import Problem
from crmxl.model import Group, Line, Section, Text
from crmxl.money import plain

_TOTAL = "total"
"""Code of the grid's grand total."""
OWN_CODE, LOW, HIGH = "account", "low", "high"
"""Ids of the issued columns: the list's own code, the bounds."""
_STEP = 2
"""Signs by which a code without dots is longer than the one above: 10 may be the tenth account or one under 1."""
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
    problems = tuple(_repeated(found))
    if any(account.parent for account in found.accounts):
        parents, unknown = _said(found)
        problems += (*unknown, *_circles(found, parents))
    elif not problems and all(account.code for account in found.accounts):  # else codes missing would be told twice
        parents, problems = _by_dots(found) if any("." in one.key for one in found.accounts) else _by_length(found)
    if problems or not found.accounts or not all(account.code for account in found.accounts):
        return Outline(problems=problems)
    return _Growing(found, parents, whole).outline()


def _repeated(found: AccountList) -> Iterator[Problem]:
    """Codes that stand twice."""
    first: dict[str, Account] = {}
    for account in found.accounts:
        before = first.setdefault(account.key.casefold(), account) if account.code else account
        if before is account:
            continue
        zh, en = "", ""
        if {account.row, before.row} & found.fractions:
            zh = "；编码存成数字时 1.10 会变成 1.1，请把这一列设为文本后重新输入"
            en = "; a number 1.10 becomes 1.1: format the column as text and type it again"
        said = both(
            f"编码“{account.code}”第 {before.row} 行已有{zh}",
            f"`{account.code}` stands already in row {before.row}{en}",
        )
        yield Problem(found.place(account), said)


_Parents = Mapping[str, Account]
"""The account above, by key; top accounts are not there."""


def _said(found: AccountList) -> tuple[_Parents, tuple[Problem, ...]]:
    """Parents as the list says, by code or by title."""
    by_key = {account.key.casefold(): account for account in found.accounts}
    titles = Counter(account.title.zh for account in found.accounts)
    by_title = {account.title.zh: account for account in found.accounts}
    parents: dict[str, Account] = {}
    problems = []
    for account in found.accounts:
        if not account.parent:
            continue
        code = code_of(account.parent)
        above = by_key.get(key_of(code).casefold())
        if above is None and titles[account.parent] == 1:
            above = by_title[account.parent]
        if above is not None:
            parents[account.key] = above
            continue
        zh, en = f"没有科目“{account.parent}”", f"there is no account `{account.parent}`{near(code, by_key)}"
        if titles[account.parent] > 1:
            zh, en = (
                f"有几个科目叫“{account.parent}”，请写编码",
                f"several accounts are `{account.parent}`; write a code",
            )
        problems.append(Problem(found.place(account, "parent"), both(zh, en)))
    return parents, tuple(problems)


def _by_dots(found: AccountList) -> tuple[_Parents, tuple[Problem, ...]]:
    """The account above 1.1.2 is 1.1."""
    by_key = {account.key: account for account in found.accounts}
    parents: dict[str, Account] = {}
    problems = []
    for account in found.accounts:
        above, dot, _ = account.key.rpartition(".")
        if above in by_key:
            parents[account.key] = by_key[above]
        elif dot:
            problems.append(_absent(found, account, above))
        else:
            ends = range(1, len(account.key) - _STEP + 1)
            begins = [account.key[:end] for end in ends if account.key[:end] in by_key]
            problems += [_unclear(found, account, begins[-1])] if begins else []
    return parents, tuple(problems)


def _by_length(found: AccountList) -> tuple[_Parents, tuple[Problem, ...]]:
    """The account above 660101 is 6601: the longest code that begins it, one step shorter."""
    by_key = {account.key: account for account in found.accounts}
    parents: dict[str, Account] = {}
    problems = []
    for account in found.accounts:
        begins = [account.key[:end] for end in range(len(account.key) - 1, 0, -1) if account.key[:end] in by_key]
        if begins and len(account.key) - len(begins[0]) < _STEP:
            problems.append(_unclear(found, account, begins[0]))
        elif begins:
            parents[account.key] = by_key[begins[0]]
    steps: dict[str, int] = {}
    for key, above in parents.items():
        steps[above.key] = min(steps.get(above.key, len(key)), len(key) - len(above.key))
    tops = [len(key) for key in by_key if key not in parents and key.isdigit()]
    for account in found.accounts if parents else ():
        above_it = parents.get(account.key)
        end = len(above_it.key) + steps[above_it.key] if above_it else min(tops, default=len(account.key))
        if len(account.key) > end and account.key.isdigit():
            problems.append(_absent(found, account, account.key[:end]))
    return parents, tuple(problems)


def _absent(found: AccountList, account: Account, above: str) -> Problem:
    zh = f"“{account.code}”的上级“{above}”不在表里：请补上这一行，或加“上级”一列"
    en = f"`{above}`, which would be above `{account.code}`, is not in the list: add its row, or a column parent"
    return Problem(found.place(account), both(zh, en))


def _unclear(found: AccountList, account: Account, above: str) -> Problem:
    zh = f"看不出“{account.code}”是不是“{above}”的下级：请加“上级”一列，或用点分级（如 {above}.1）"
    en = f"no telling whether `{account.code}` is under `{above}`: add a column parent, or write dots ({above}.1)"
    return Problem(found.place(account), both(zh, en))


def _circles(found: AccountList, parents: _Parents) -> Iterator[Problem]:
    """Accounts that are above themselves, each circle once."""
    done: set[str] = set()
    for account in found.accounts:
        chain = [account]
        while chain[-1].key not in done and (above := parents.get(chain[-1].key)) and above not in chain:
            chain.append(above)
        above = parents.get(chain[-1].key)
        if chain[-1].key not in done and above in chain:
            codes = [one.code for one in (*chain[chain.index(above) :], above)]
            zh, en = f"上级成了一圈：{' → '.join(codes)}", f"accounts above themselves: {' under '.join(codes)}"
            yield Problem(found.place(account, "parent"), both(zh, en))
        done.update(one.key for one in chain)


class _Growing:
    """An outline being made."""

    def __init__(self, found: AccountList, parents: _Parents, whole: Text) -> None:
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
            rest = one.key.removeprefix(account.key)
            if rest == one.key or len(rest) < _STEP:
                rest = one.key
            self._name(one, f"{code}.{rest.removeprefix('.')}")

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
