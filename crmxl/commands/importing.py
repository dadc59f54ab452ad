"""An account list becomes a template, and a policy where the list has bounds: read, drafted, tried, then written.

What was drafted is loaded and laid out like any definition before anything is written: no list makes an unsound one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from crmxl.commands.account_lists import listings
from crmxl.commands.output import say
from crmxl.commands.rounds_folder import keep_records
from crmxl.define.account_cells import title_fault, words
from crmxl.define.account_tree import Outline, outline
from crmxl.define.accounts import read_accounts
from crmxl.define.drafting import Draft, policy_text, template_text
from crmxl.define.library import SUFFIX, Library
from crmxl.define.policies import policy_faults
from crmxl.define.policy import load_policy, problem_at
from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.files import passing_folder, write_atomically
from crmxl.issue.layout import lay_out
from crmxl.model import Lang, Text
from crmxl.policy import Policy
from crmxl.report.tables import console, print_table
from crmxl.signs import visible

_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}\Z")
_UNFIT = re.compile(r"[^a-z0-9]+")
_LIST = re.compile("(?:预算)?科目(?:表|清单)?$")
"""How the titles of lists end where those of budgets would not."""
_UNNAMED = "accounts"
"""Id where neither a name given nor the list's own has Latin letters."""
_RULE = re.compile(r'^code = "(P[0-9]+)"', re.MULTILINE)
_MOST = 12
"""Changed codes that are shown."""
_MADE = Text("已生成模板 {id}：{counted}", "Template {id}: {counted}")
_RULED = Text(
    "界限写成了制度 {policy}；新建轮次时一并指定：crmxl init … --template {template} --policy {policy}；"
    "单独校验：crmxl validate … --templates {folder}",
    "The bounds are held by the policy {policy}; name it with the round: crmxl init … --template {template} "
    "--policy {policy}; for files alone: crmxl validate … --templates {folder}",
)
_CHANGED = Text(
    "编码改为逐级写法；原编码在工作簿的“科目编码”列", "Codes were nested; the list's own stand in the column Account"
)
_HEADERS = (Text("科目表编码", "In the list"), Text("模板编码", "In the template"), Text("名称", "Title"))
_MORE = Text("……共 {count} 个", "… {count} in all")
_LEFT = Text(
    "科目表没有界限，{policy} 还是以前的，请检查或删除",
    "The list has no bounds; {policy} is from before: look at it, or delete it",
)
_NEXT = Text("检查：crmxl check-template {template}", "Check it: crmxl check-template {template}")


def import_accounts(
    file: Path,
    lang: Lang,
    *,
    id: str,
    title: str,
    title_en: str,
    sheet: str,
    output: Path | None,
    months: bool,
    basis: bool,
    force: bool,
) -> None:
    """Write the template, and ``policies/<id>.toml`` beside it where there are bounds; their paths go to stdout.

    Raises DefinitionError with every problem of the list, CrmxlError for a name that is taken or cannot be used.
    """
    found = read_accounts(listings(file, sheet))
    heading = Text(words(title) or _LIST.sub("预算", found.title or words(file.stem)) or _UNNAMED, words(title_en))
    grown = outline(found, heading) if found.accounts else Outline()
    unfit = title_fault(heading.zh) if not words(title) else ""
    unnamed = [Problem(found.listing.whole, f"{visible(heading.zh)}: {unfit} (--title)")] if unfit else []
    if problems := tuple(dict.fromkeys((*unnamed, *found.problems, *grown.problems))):
        raise DefinitionError(problems)
    draft = Draft(_named(id, output, file), heading, file.name, grown, months, basis)
    target = output or Path(f"{draft.id}{SUFFIX}")
    beside = target.parent / "policies" / f"{draft.id}{SUFFIX}"
    _keep(target, *([beside] if draft.ruled else []), force=force)
    template = template_text(draft).encode()
    policy = policy_text(draft, _taken(beside)).encode() if draft.ruled else b""
    _try(draft.id, template, policy)
    for warning in (*found.warnings, *grown.warnings):
        say(str(warning))
    if policy:
        write_atomically(beside, policy)
    write_atomically(target, template)
    print(visible(str(target)))
    if policy:
        print(visible(str(beside)))
    _tell(draft, target, beside, lang)


def _named(id: str, output: Path | None, file: Path) -> str:
    """The id given, else what the output's or the list's file name has of one; refused where it is shipped or unfit."""
    slugs = (_UNFIT.sub("-", path.stem.lower()).strip("-").lstrip("-0123456789") for path in (output, file) if path)
    name = id or next((slug[:60] for slug in slugs if _ID.match(slug[:60])), _UNNAMED)
    if not _ID.match(name):
        raise CrmxlError(
            f"--id {visible(name)}: 用小写字母、数字、-、_，以字母开头，最多 60 个字符 · "
            "small letters, digits, - and _, beginning with a letter, at most 60"
        )
    if output and output.name != f"{name}{SUFFIX}":
        raise CrmxlError(
            f"{output}: 文件名要与模板名相同：{name}{SUFFIX}，或用 --id 另取 · "
            f"the file is called as the template: {name}{SUFFIX}, or give another --id"
        )
    if name in Library().names():
        raise CrmxlError(
            f"{name}: 自带的模板已用这个名称，请用 --id 另取 · a shipped template has this name; give another with --id"
        )
    return name


def _keep(*targets: Path, force: bool) -> None:
    """Refuse to write over files that are there, and into a round."""
    keep_records(None, *targets)
    there = [target for target in targets if target.exists() and not force]
    if there:
        raise CrmxlError(
            "\n".join(
                f"{target}: 已存在，可能改过；请换名称，或用 --force 覆盖 · "
                "exists already and may have been worked on; choose another name, or --force"
                for target in there
            )
        )


def _taken(beside: Path) -> Iterable[str]:
    """Codes of the rules in the other policies of the folder."""
    others = (path for path in sorted(beside.parent.glob(f"*{SUFFIX}")) if path.name != beside.name)
    return [code for path in others for code in _RULE.findall(path.read_text(encoding="utf-8", errors="replace"))]


def _try(id: str, template: bytes, policy: bytes) -> None:
    """Load and lay out what was drafted; raises DefinitionError where it is not sound."""
    with passing_folder() as folder:
        write_atomically(folder / f"{id}{SUFFIX}", template)
        loaded = load_template(folder / f"{id}{SUFFIX}")
        judging: tuple[Policy, ...] = ()
        if policy:
            write_atomically(folder / "policies" / f"{id}{SUFFIX}", policy)
            rules = load_policy(folder / "policies" / f"{id}{SUFFIX}")
            if faults := tuple(policy_faults(rules, loaded)):
                raise DefinitionError(tuple(problem_at(f"policies/{id}{SUFFIX}", fault) for fault in faults))
            judging = (rules,)
    for lang in ("zh", "en"):
        said: Lang = "en" if lang == "en" else "zh"
        lay_out(loaded, 2026, (), 1, said, judging)


def _tell(draft: Draft, target: Path, beside: Path, lang: Lang) -> None:
    """What was made, and which codes it changed, on stderr."""
    say(_MADE.filled(id=draft.id, counted=draft.counted()).say(lang))
    renamed = draft.outline.renamed
    if renamed:
        to = console(sys.stderr)
        rows = [(own, code, title) for own, code, title in renamed[:_MOST]]
        print_table(to, [header.say(lang) for header in _HEADERS], rows, title=_CHANGED.say(lang))
        if len(renamed) > _MOST:
            say(_MORE.filled(count=len(renamed)).say(lang))
    if draft.ruled:
        say(_RULED.filled(template=target, policy=beside, folder=target.parent).say(lang))
    elif beside.exists():
        say(_LEFT.filled(policy=beside).say(lang))
    say(_NEXT.filled(template=target).say(lang))
