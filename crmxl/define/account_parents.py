"""What stands under what in an account list: by its column of parents, else by the dots or the length of its codes.

A parent is what the list says. Where its column is blank in a row, the code's dots may say it; what neither says is
asked. Rows of totals are no accounts, whether they have a code or not. Must not know headings, nor sections.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from crmxl.define.account_cells import NONE, code_of, key_of, total_title
from crmxl.define.accounts import Account, AccountList
from crmxl.define.units_table import both
from crmxl.errors import Problem

STEP = 2
"""Signs by which a code without dots is longer than the one above: 10 may be the tenth account or one under 1."""
_HINTS = 10
"""Unknown parents for which a likely one is looked up; each takes time over the whole list."""
_MOST = 10
"""Rows that a message lists."""
Parents = Mapping[str, Account]
"""The account above, by key; top accounts are not there."""


class Related(NamedTuple):
    """The accounts of a list and what stands above each."""

    found: AccountList
    """The list without its rows of totals."""
    parents: Parents
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def related(listed: AccountList) -> Related:
    """What stands under what; nothing is raised."""
    found, problems, warnings = _without_totals(listed)
    problems += tuple(_repeated(found))
    parents: Parents = {}
    if any(account.parent for account in found.accounts):
        parents, unknown = _said(found)
        problems += (*unknown, *_circles(found, parents))
        warnings += _alone(found, parents)
    elif not problems and all(account.code for account in found.accounts):  # else codes missing would be told twice
        parents, problems = _by_dots(found) if any("." in one.key for one in found.accounts) else _by_length(found)
    return Related(found, parents, problems, warnings)


def told(found: AccountList, zh: str, en: str, accounts: Sequence[Account]) -> tuple[Problem, ...]:
    """A warning that lists accounts by row, code and title; none where there is no account."""
    if not accounts:
        return ()
    shown = (f"{found.listing.cell(one.row, found.columns['code'])} {one.code} {one.title.zh}" for one in accounts)
    listed = "；".join(list(shown)[:_MOST]) + (" …" if len(accounts) > _MOST else "")
    return (Problem(found.listing.whole, both(f"{zh}：{listed}", f"{en}: {listed}")),)


def _without_totals(found: AccountList) -> tuple[AccountList, tuple[Problem, ...], tuple[Problem, ...]]:
    """The list without rows such as ``1.9 小计``: their amounts would count twice."""
    totals = [account for account in found.accounts if account.code and total_title(account.title.zh)]
    if not totals:
        return found, (), ()
    rows = {account.row for account in totals}
    rest = tuple(account for account in found.accounts if account.row not in rows)
    keys = {account.key.casefold() for account in rest}
    over = _named_above(rest)
    problems = []
    left_out = []
    for account in totals:
        below = over.get(account.key.casefold()) if account.key.casefold() not in keys else None
        if below is not None:
            zh = f"“{account.title.zh}”是合计行，下面却有科目“{below.code}”：请改名称，或改那个科目的上级、编码"
            en = f"is a row of totals by its title, but `{below.code}` stands under it; change one of the two"
        elif account.low is not None or account.high is not None or account.open:
            zh = "合计行不采用，却写着界限或空白行：请写到它所合计的科目那一行"
            en = "is left out as a row of totals, but has bounds or blank lines; give them to the account it totals"
        else:
            left_out.append(account)
            continue
        problems.append(Problem(found.place(account, "title"), both(zh, en)))
    if not rest and not problems:
        said = both("列名下面只有合计行，没有科目", "there are only rows of totals below the header")
        problems.append(Problem(found.place(totals[0], "title"), said))
    zh, en = (
        "合计行有编码，也没有采用（小计、合计由模板自动生成）",
        "rows of totals were left out; a template has its own",
    )
    rows = {account.row for account in left_out}
    kept = tuple(account for account in found.accounts if account.row not in rows)
    return replace(found, accounts=kept), tuple(problems), told(found, zh, en, left_out)


def _named_above(accounts: Sequence[Account]) -> Mapping[str, Account]:
    """The first account that stands under each code, or seems to, by every way of saying it."""
    over: dict[str, Account] = {}
    dotted = any("." in account.key for account in accounts)
    for account in accounts:
        above = [key_of(code_of(account.parent)), *_dotted(account.key)]
        if not (account.parent or dotted):
            above += [account.key[:end] for end in range(1, len(account.key) - STEP + 1)]
        for key in above:
            over.setdefault(key.casefold(), account)
    return over


def _dotted(key: str) -> Iterator[str]:
    """What stands above a code by its dots, the nearest first: 1.1 and 1 above 1.1.1."""
    while "." in key:
        key = key.rpartition(".")[0]
        yield key


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


def _said(found: AccountList) -> tuple[Parents, tuple[Problem, ...]]:
    """Parents as the list says, by code or by title; by the code's dots where a row leaves it open."""
    by_key = {account.key.casefold(): account for account in found.accounts if account.code}
    titles = Counter(account.title.zh for account in found.accounts)
    by_title = {account.title.zh: account for account in found.accounts}
    parents: dict[str, Account] = {}
    problems: list[Problem] = []
    hints = _HINTS
    for account in found.accounts:
        if not account.code and not account.parent:
            continue
        if not account.parent:
            above, said = _open(account, by_key)
        elif account.parent.casefold() in NONE:
            continue
        else:
            code = code_of(account.parent)
            above = by_key.get(key_of(code).casefold())
            if above is None and titles[account.parent] == 1:
                above = by_title[account.parent]
            if above is not None:
                said = _against(found, account, above, by_key)
            elif titles[account.parent] > 1:
                said = both(
                    f"有几个科目叫“{account.parent}”，请写编码",
                    f"several accounts are `{account.parent}`; write a code",
                )
            else:
                said = _unknown(found, account, _near(code, by_key) if hints > 0 else "")
                hints -= 1
        if said:
            problems.append(Problem(found.place(account, "parent"), said))
        elif above is not None:
            parents[account.key] = above
    return parents, tuple(problems)


def _open(account: Account, by_key: Mapping[str, Account]) -> tuple[Account | None, str]:
    """What stands above an account whose parent is blank, and what is wrong with that."""
    above, dot, _ = account.key.casefold().rpartition(".")
    if above in by_key:
        return by_key[above], ""
    key = account.key.casefold()
    if dot:
        zh, en = f"编码的上级“{above}”不在表里", f"`{above}`, above it by its code, is not in the list"
    else:
        begins = [key[:end] for end in range(1, len(key) - STEP + 1) if key[:end] in by_key]
        if not begins:
            return None, ""
        there = by_key[begins[-1]].code
        zh, en = f"编码却像在“{there}”下面", f"its code looks as if it stood under `{there}`"
    return None, both(
        f"“{account.code}”的上级空着，{zh}：请填上级；没有上级的写“无”",
        f"the parent of `{account.code}` is blank, and {en}; write its parent, or 无 where there is none",
    )


def _against(found: AccountList, account: Account, above: Account, by_key: Mapping[str, Account]) -> str:
    """Why a parent that the list says cannot be believed; empty where it can."""
    nearest = next((by_key[key] for key in _dotted(account.key.casefold()) if key in by_key), None)
    if nearest is not None and nearest is not above and above is not account:
        lost = account.row in found.parent_fractions
        zh, en = ("（上级存成了数字，1.10 会变成 1.1）", " (a number 1.10 becomes 1.1)") if lost else ("", "")
        return both(
            f"上级写着“{above.code}”{zh}，按编码却在“{nearest.code}”下面：请改上级或编码，使两者一致",
            f"its parent is `{above.code}`{en}, but by its code it stands under `{nearest.code}`; change one of them",
        )
    longer = by_key.get(f"{above.key.casefold()}0")
    if account.row in found.parent_fractions and nearest is None and longer is not None:
        return both(
            f"上级存成了数字 {above.code}，看不出是“{above.code}”还是“{longer.code}”：请把这一列设为文本后重新输入",
            f"the parent is stored as the number {above.code}, which may be `{above.code}` or `{longer.code}`; format "
            "the column as text and type it again",
        )
    return ""


def _unknown(found: AccountList, account: Account, close: str) -> str:
    zh, en = f"没有科目“{account.parent}”", f"there is no account `{account.parent}`"
    if account.row in found.parent_fractions:
        zh += "；上级存成了数字，1.10 会变成 1.1，请把这一列设为文本后重新输入"
        en += "; a number 1.10 becomes 1.1: format the column as text and type it again"
    if close:
        zh, en = f"{zh}；是不是“{close}”？", f"{en}; is `{close}` meant?"
    return both(zh, en)


def _near(code: str, by_key: Mapping[str, Account]) -> str:
    """The code that was probably meant, as the list writes it; empty where there is none."""
    close = difflib.get_close_matches(key_of(code).casefold(), list(by_key), 1)
    return by_key[close[0]].code if close else ""


def _alone(found: AccountList, parents: Parents) -> tuple[Problem, ...]:
    """Accounts that nothing stands above nor below, where others have parents: perhaps theirs was forgotten."""
    over = {above.key for above in parents.values()}
    alone = [one for one in found.accounts if one.code and one.key not in parents and one.key not in over]
    zh = "没有上级也没有下级的科目，各自成为一个部分；应有上级的请补上"
    en = "accounts without a parent and with nothing below become sections of their own; add a parent that is missing"
    open = [one for one in alone if not one.open and one.parent.casefold() not in NONE]
    return told(found, zh, en, open)


def _by_dots(found: AccountList) -> tuple[Parents, tuple[Problem, ...]]:
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
            ends = range(1, len(account.key) - STEP + 1)
            begins = [account.key[:end] for end in ends if account.key[:end] in by_key]
            problems += [_unclear(found, account, begins[-1])] if begins else []
    return parents, tuple(problems)


def _by_length(found: AccountList) -> tuple[Parents, tuple[Problem, ...]]:
    """The account above 660101 is 6601: the longest code that begins it, one step shorter."""
    by_key = {account.key: account for account in found.accounts}
    parents: dict[str, Account] = {}
    problems = []
    for account in found.accounts:
        begins = [account.key[:end] for end in range(len(account.key) - 1, 0, -1) if account.key[:end] in by_key]
        if begins and len(account.key) - len(begins[0]) < STEP:
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


def _circles(found: AccountList, parents: Parents) -> Iterator[Problem]:
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
