"""``python -m tests.make_docs [--check]`` writes docs/rules.md, docs/reference.md, the pages of docs/plans, what
docs/rounds.md shows of its commands, and the generated blocks of README.md and docs/safety.md.

A block of README.md is what stands between ``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``; the names are
those of ``BLOCKS``.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import click
from click.testing import CliRunner

from crmxl.catalogue import FAMILIES, Entry, catalogue
from crmxl.check import batch
from crmxl.cli import main as program
from crmxl.define.policies import Policies
from crmxl.files import write_atomically
from crmxl.model import Text
from crmxl.policy import Policy, Rule
from crmxl.receive.limits import LIMITS
from crmxl.report.findings import SEVERITIES
from crmxl.report.policy_rules import limits, rule_facts, set_words, standing
from tests.gallery.issued import shipped_library
from tests.make_samples import names_of
from tests.plan_index import left_over, pages
from tests.plan_pages import NOTE
from tests.rounds import tutorial

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100

_BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)
_BYTES = ("file", "part", "total")
_LIMIT_WORDS = {
    "file": Text("文件大小", "size of the file"),
    "entries": Text("压缩包内的部件数", "parts of the package"),
    "part": Text("单个部件解压后", "one part, inflated"),
    "total": Text("全部部件解压后", "all parts, inflated"),
    "ratio": Text("压缩倍数（较大的部件）", "times a large part may be compressed"),
    "ratio_from": Text("“较大”从多少字节算起", "bytes from which a part is large"),
    "depth": Text("正在解析的路径上的 XML 层数", "levels of XML on the path being read"),
    "elements": Text("一个列表的 XML 元素", "XML elements of one list"),
    "sheets": Text("工作表", "sheets"),
    "cells": Text("单元格（全部工作表）", "cells, all sheets"),
    "rows": Text("单张表写出的行", "rows of one sheet that are written out"),
    "merges": Text("单张表的合并区域", "merged areas of one sheet"),
    "arrays": Text("单张表的多格数组公式", "array formulas over several cells of one sheet"),
    "styles": Text("单元格格式", "cell formats"),
    "format": Text("数字格式的字符", "characters of a number format"),
    "strings": Text("不同的文本", "different texts"),
    "formula": Text("单个公式的字符", "characters of a formula"),
    "formulas": Text("全部公式的字符", "characters of all formulas"),
    "properties": Text("自定义文档属性", "custom document properties"),
}
_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")
_RULES = f"""\
{NOTE}
# 规则目录 · Rule catalogue

crmxl 能报告的全部问题，按检查的先后分类；在命令行里用 `crmxl explain 编码` 查看。每条附有样例：真实的文件和原话。
错误：不计入汇总，须改正；警告：可上报，但应有人看；提示：告知即可。编码不会改变含义，也不会重新使用。
P 类是制度规则，由制度文件给出（[制度编写指南](policies.md)）；自己的制度用 `crmxl rules --policy 文件` 列出。

Everything that crmxl can report, by family in the order of checking; `crmxl explain CODE` says the same. Each rule
links to an example: a real file with the words that it gets. Errors keep a file out of the totals, warnings let it in
and should be looked at, notes are for information. A code never changes its meaning and is never used again.
Family P comes from policy files ([how to write one](policies.md)); `crmxl rules --policy FILE` lists those of your own.
"""
_REFERENCE = f"""\
{NOTE}
# 命令参考 · Command reference

每个命令的 `--help` 原文。退出码：0 正常 · 1 有问题或有文件未纳入 · 2 用法或自己的文件有误。

What `--help` says of every command. Exit codes: 0 clean · 1 findings, or something left out · 2 wrong usage or the
operator's own files.
"""


def rules() -> str:
    """docs/rules.md: the catalogue and the shipped policies, with a link from each code to its example."""
    lines = [_RULES]
    for letter, family in FAMILIES.items():
        if letter == "P":
            lines += [line for policy in Policies().all() for line in _policy(policy)]
        entries = [entry for code, entry in catalogue().items() if code.startswith(letter)]
        if entries:
            lines.append(f"\n## {letter} · {family.zh} · {family.en}\n")
            lines.append("| 编码 Code | 级别 Severity | 规则 Rule | 名称 Name |\n|---|---|---|---|")
            lines += [_row(one) for one in entries]
            lines += [_rule(one) for one in entries]
    return "\n".join(lines)


def reference() -> str:
    """docs/reference.md: the help of the program and of each command."""
    sections = [_REFERENCE, f"\n## crmxl\n\n```text\n{_help()}\n```\n"]
    sections += [f"\n## crmxl {' '.join(words)}\n\n```text\n{_help(*words)}\n```\n" for words in commands()]
    return "".join(sections)


def commands(within: click.Group = program, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command in order, ``("review",)`` before ``("review", "approve")``."""
    for name, command in within.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


def command_table() -> str:
    """The commands with what each is for."""
    rows = [f"| `crmxl {name}` | {command.short_help} |" for name, command in program.commands.items()]
    return "\n".join(["| 命令 Command | 用途 Purpose |", "|---|---|", *rows]) + "\n"


def template_table() -> str:
    """The templates that ship, each with a link to its page."""
    library = shipped_library()
    found = [library.load(name) for name in library.names()]
    rows = [f"| [`{one.name}`](docs/plans/{one.id}.md) | {one.title.zh} · {one.title.en} |" for one in found]
    return "\n".join(["| 模板 Template | 名称 Title |", "|---|---|", *rows]) + "\n"


def limit_table() -> str:
    """docs/safety.md's table: every limit of a returned file, and of the process that reads it."""
    lines = ["| 限制 Limit | 最多 Most |\n|---|---|"]
    for one in fields(LIMITS):
        value = getattr(LIMITS, one.name)
        shown = f"{value >> 20} MB" if one.name in _BYTES else f"{value:,}"
        lines.append(f"| {_LIMIT_WORDS[one.name].zh} · {_LIMIT_WORDS[one.name].en} | {shown} |")
    lines.append(f"| 单个文件的读取时间（秒） · seconds of reading one file | {batch.LIMITS.seconds:g} |")
    lines.append(f"| 处理器时间（秒） · seconds of processor time | {batch.LIMITS.processor} |")
    lines.append(f"| 读取进程的地址空间 · address space of a reading process | {batch.LIMITS.memory >> 20:,} MB |")
    return "\n".join(lines) + "\n"


BLOCKS: Mapping[str, Callable[[], str]] = {
    "commands": command_table,
    "templates": template_table,
    "limits": limit_table,
}
"""Generated blocks of README.md and docs/safety.md by name."""


TUTORIAL = ROOT / "docs" / "rounds.md"
FIRST_TEMPLATE = ROOT / "docs" / "first-template.md"


def documents(told: bool = True) -> Iterator[tuple[Path, str]]:
    """Every generated document with its current text; the tutorials, all commands of which run, only where ``told``."""
    yield ROOT / "docs" / "rules.md", rules()
    yield ROOT / "docs" / "reference.md", reference()
    yield from pages()
    for path in (ROOT / "README.md", ROOT / "docs" / "safety.md"):
        if path.exists():
            yield path, with_blocks(path.read_text(encoding="utf-8"))
    if told:
        for path in (FIRST_TEMPLATE, TUTORIAL):
            with tempfile.TemporaryDirectory() as folder:
                yield path, tutorial.carried_out(path.read_text(encoding="utf-8"), Path(folder))


def with_blocks(text: str) -> str:
    """``text`` with its generated blocks renewed; raises KeyError for a name that is not in ``BLOCKS``."""
    return _BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block['name']]()}{block[3]}", text)


def stale(told: bool = True) -> dict[Path, str]:
    """The documents that are not what would be generated now, with what that is."""
    return {
        path: text for path, text in documents(told) if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def _row(one: Entry) -> str:
    title = f"{one.title.zh} · {one.title.en}"
    return f"| [{one.code}](#{one.code.lower()}) | {_severity(one)} | {title} | `{one.name}` |"


def _rule(one: Entry) -> str:
    return (
        f"\n### {one.code}\n\n"
        f"**{one.title.zh} · {one.title.en}** · {_severity(one)} · `{one.name}`{_examples(one.code)}\n\n"
        f"- 提示语：{_blanked(one.message.zh)}\n- 怎么改：{_blanked(one.fix.zh)}\n- 为什么：{_blanked(one.why.zh)}\n\n"
        f"- Message: {_blanked(one.message.en)}\n- What to do: {_blanked(one.fix.en)}\n- Why: {_blanked(one.why.en)}"
    )


def _policy(policy: Policy) -> Iterator[str]:
    """A section for each policy: its rules, its sets, then each rule in full."""
    family = FAMILIES["P"]
    yield f"\n## P · {family.zh} · {family.en} · {policy.name}\n"
    yield f"{_said(policy.title)}\n"
    yield "| 编码 Code | 级别 Severity | 规则 Rule | 条款 Clause | 界限 Limits |\n|---|---|---|---|---|"
    for rule in policy.rules:
        words = (_said(standing(rule), " "), _said(rule.title), rule.clause, _said(limits(rule)))
        yield f"| [{rule.code}](#{rule.code.lower()}) | {' | '.join(words)} |"
    if policy.sets:
        yield "\n| 集合 Set | 包含的项目 Lines |\n|---|---|"
        yield from (f"| `{id}` | {_said(set_words(one))} |" for id, one in policy.sets.items())
    yield from (_policy_rule(rule, policy) for rule in policy.rules)


def _policy_rule(rule: Rule, policy: Policy) -> str:
    facts = rule_facts(rule, policy, shipped_library())
    both = [fact for fact in facts if fact.exact]
    zh = [f"- {fact.label.zh}：{_blanked(fact.words.zh)}" for fact in facts if not fact.exact]
    en = [f"- {fact.label.say('en')}: {_blanked(fact.words.say('en'))}" for fact in facts if not fact.exact]
    exact = [f"- {_said(fact.label, ' ')}: `{fact.words.zh}`" for fact in both]
    title = f"**{_said(rule.title)}** · {_said(standing(rule), ' ')} · `{rule.name}`{_examples(rule.code)}"
    return "\n".join((f"\n### {rule.code}\n\n{title}\n", *exact, "", *zh, "", *en))


def _said(text: Text, between: str = " · ") -> str:
    """Both languages, once where they are the same."""
    words = dict.fromkeys(filter(None, (text.zh, text.en)))
    return between.join(words).replace("*", r"\*")


def _examples(code: str) -> str:
    found = " · ".join(f"[{name}](../samples/gallery/README.md#{name})" for name in names_of(code))
    return f" · 样例 Examples: {found}" if found else ""


def _severity(one: Entry) -> str:
    words = SEVERITIES[one.severity]
    return f"{words.zh} {words.en}"


def _blanked(text: str) -> str:
    """A message with … for what a finding fills in."""
    return _PLACEHOLDER.sub("…", text).replace("*", r"\*").replace("_", r"\_")


def _help(*names: str) -> str:
    context = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    result = CliRunner().invoke(program, [*names, "--help"], prog_name="crmxl", **context)  # type: ignore[arg-type]
    if result.exit_code:
        raise click.ClickException(result.output)
    return "\n".join(line.rstrip() for line in result.output.splitlines()).strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.make_docs", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; print what is stale and exit with 1")
    given = parser.parse_args()
    found = stale()
    for path, text in found.items():
        name = path.relative_to(ROOT).as_posix()
        print(f"stale: {name}" if given.check else name)
        if not given.check:
            write_atomically(path, text.encode())
    unwanted = left_over()
    for path in unwanted:
        print(f"left over: {path.relative_to(ROOT).as_posix()}")
        if not given.check:
            path.unlink()
    return int(given.check and bool(found or unwanted))


if __name__ == "__main__":
    sys.exit(main())
