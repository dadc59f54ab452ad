"""What goes out with a round's workbooks: the manifest, a table for mail merge, a mail for every unit, zips.

Rendered by what was issued, so that the same issue gives the same bytes. The words of units and recipients do no harm
where they are shown. Returns text and bytes; writes nothing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crmxl.define.round import whole_name
from crmxl.define.units import Unit
from crmxl.group.acts import Issued
from crmxl.issue.assigning import Difference
from crmxl.issue.guide import headline
from crmxl.issue.places import Layout
from crmxl.model import Lang, Text, Type
from crmxl.money import LIMIT_ISSUED, read_number, show
from crmxl.report.harmless import csv_bytes, visible, visible_lines

_MARK = b"\xef\xbb\xbf"
"""Before UTF-8 text: without it Excel, and Notepad before 2019, take it for GBK."""
_MANIFEST = (
    Text("预算单位", "Unit"),
    Text("单位名称", "Unit name"),
    Text("类型", "Type"),
    Text("收件人", "Recipient"),
    Text("模板", "Template"),
    Text("版次", "Number"),
    Text("文件", "File"),
    Text("SHA-256", "SHA-256"),
)
_MAIL = (
    Text("收件人", "Recipient"),
    Text("单位名称", "Unit name"),
    Text("文件", "File"),
    Text("主题", "Subject"),
    Text("正文", "Body"),
    Text("提交截止", "Deadline"),
    Text("版次", "Number"),
    Text("下发时间", "Issued at"),
)
_FIELDS: Mapping[str, Text] = {
    "version": Text("模板版本", "Template version"),
    "fingerprint": Text("版式", "Layout"),
    "signature": Text("签名密钥", "Signing key"),
    "unit": Text("预算单位编码", "Unit code"),
    "unit_name": Text("单位名称", "Unit name"),
    "year": Text("预算年度", "Budget year"),
    "round": Text("编制轮次", "Round"),
    "stage": Text("编制阶段", "Stage"),
    "deadline": Text("提交截止", "Deadline"),
    "contact": Text("联系人", "Contact"),
    "parts": Text("部分", "Parts"),
    "first_month": Text("起始月份", "First month"),
    "rows": Text("清单行数", "Rows of lists"),
    "policies": Text("制度", "Policies"),
    "limits": Text("限额", "Limit"),
    "lang": Text("语言", "Language"),
}
"""The stamp's fields as headings, for what people are told has changed."""
_WITHOUT_VALUES = {"fingerprint", "signature"}
"""Digests, which say nothing to people."""
_NOTHING = Text("（无）", "(none)")
_CHANGED = Text("{label}：{before} → {after}", "{label}: {before} → {after}")
_SUBJECT = Text("{title}：{unit}{deadline}{number}", "{title}: {unit}{deadline}{number}")
_SUBJECT_DEADLINE = Text("，请于 {deadline} 前交回", ", due {deadline}")
_SUBJECT_NUMBER = Text("（V{number}，替代 V{old}）", " (V{number}, replaces V{old})")
_GREETING = Text("{recipient}，您好：", "Dear {recipient},")
_GREETING_NOBODY = Text("您好：", "Good day,")
_WHAT = Text(
    "附件是{unit}的《{title}》填报工作簿{round}：{file}。",
    "Attached is the workbook of {unit} for “{title}”{round}: {file}.",
)
_ROUND = Text("（{round}）", " ({round})")
_REPLACES = Text(
    "这是第 {number} 版，替代第 {old} 版，请只用这一版。与上一版不同的是：",
    "This is number {number}; it replaces number {old}, please use this one only. What differs:",
)
_TAKE_OVER = Text(
    "已经在旧版上填写的，请把数字填到这一版；已经交了旧版的，请用这一版重新提交。",
    "If you have filled the old one, enter your figures here; if you have sent it already, send this one again.",
)
_DUE = Text("请在 {deadline} 前填好，", "Please fill it in by {deadline} and ")
_DUE_NEVER = Text("请填好，", "Please fill it in and ")
_SEND = Text("把这个 xlsx 文件作为附件回复本邮件{contact}。", "return this xlsx file in reply to this mail{contact}.")
_TO = Text("，交 {contact}", ", for {contact}")
_SECTIONS: tuple[tuple[Text, tuple[Text, ...]], ...] = (
    (
        Text("怎么填", "How to fill it in"),
        (
            Text("用 Excel 或 WPS 打开，先看“填报说明”。", "Open it in Excel or WPS and read the sheet Guide first."),
            Text(
                "只填浅黄色单元格。金额以元为单位填数字，最多两位小数，不写“元”“万”；确无金额的填 0。",
                "Fill the pale yellow cells only. Amounts are numbers in yuan, at most two decimals, no words; "
                "enter 0 where there is nothing.",
            ),
            Text(
                "各表左上角的校验显示“通过”或“提示”后再交；“未完成”“不通过”的，按“校验”表逐项改正。",
                "Send it once the check at the top left of each sheet says Pass or Notice; until then the sheet Checks "
                "says what to correct.",
            ),
        ),
    ),
    (
        Text("请不要改动", "What must not be changed"),
        (
            Text(
                "锁定的单元格：公式、编码和集团下达的指标。指标有误请告诉我们，不要自行修改。",
                "Locked cells: formulas, codes, and figures issued by the group. If one of these is wrong, tell us.",
            ),
            Text(
                "工作表和行列：不增删、不合并、不调换；项目不够时用空白行，并写明名称。",
                "Sheets, rows and columns: do not add, delete, merge or move any; use the blank lines for items of "
                "your own and name them.",
            ),
            Text(
                "文件本身：只交这一份，不要把内容搬到别的工作簿，不要另存为其他格式，否则无法识别是哪个单位的。",
                "The file itself: send this one, not a copy of its content in another workbook and no other format, "
                "or it cannot be told whose it is.",
            ),
        ),
    ),
    (
        Text("没有预算时（零申报）", "If there is no budget (nil return)"),
        (
            Text(
                "也请明确回复：在任意一个金额单元格填 0 后交回，或回信写明“零申报”和原因，不用交工作簿。"
                "没有回复按未交处理。",
                "Say so: enter 0 in any one amount and return the workbook, or answer “nil return” with the reason "
                "and without the workbook. No answer counts as not submitted.",
            ),
        ),
    ),
)
_CONTACT = Text("联系人：{contact}", "Contact: {contact}")
_ZIPPED = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Letter:
    """An issued workbook on its way to its unit."""

    unit: Unit
    act: Issued
    at: str
    """When it was issued, as the ledger has it."""
    sha256: str
    """Of the file."""
    layout: Layout
    """What the round's template looks like for the unit."""
    differences: tuple[Difference, ...] = ()
    """From the number before."""


def subject(letter: Letter) -> str:
    """The subject of the mail, one line."""
    lang, given, number = letter.layout.lang, letter.act.assignment, letter.act.number
    due, again = "", ""
    if given["deadline"]:
        due = _SUBJECT_DEADLINE.say(lang).format(deadline=given["deadline"])
    if number > 1:
        again = _SUBJECT_NUMBER.say(lang).format(number=number, old=number - 1)
    unit = given["unit_name"] or given["unit"]
    return _SUBJECT.say(lang).format(title=headline(letter.layout), unit=unit, deadline=due, number=again)


def body(letter: Letter) -> str:
    """The mail: what, by when, to whom, how to fill it in, what to leave alone, the nil return, whom to ask.

    What the round does not say (deadline, contact) is left out, never a blank label.
    """
    lang, given, number = letter.layout.lang, letter.act.assignment, letter.act.number
    recipient = letter.unit.recipient
    known = recipient and "@" not in recipient  # an address is no name
    greeting = _GREETING.say(lang).format(recipient=recipient) if known else _GREETING_NOBODY.say(lang)
    round = whole_name(given["round"], given["stage"])
    what = _WHAT.say(lang).format(
        unit=given["unit_name"] or given["unit"],
        title=headline(letter.layout),
        round=_ROUND.say(lang).format(round=round) if round else "",
        file=letter.act.file,
    )
    due = _DUE.say(lang).format(deadline=given["deadline"]) if given["deadline"] else _DUE_NEVER.say(lang)
    contact = _TO.say(lang).format(contact=given["contact"]) if given["contact"] else ""
    blocks = [[greeting, what]]
    if number > 1:
        changed = [f"- {told(one, letter.layout, lang)}" for one in letter.differences]
        head = _REPLACES.say(lang).format(number=number, old=number - 1)
        blocks.append([head, *changed, _TAKE_OVER.say(lang)])
    blocks.append([due + _SEND.say(lang).format(contact=contact)])
    for heading, points in _SECTIONS:
        numbered = [f"{n}. {point.say(lang)}" for n, point in enumerate(points, 1)]
        blocks.append([heading.say(lang), *(numbered if len(points) > 1 else [points[0].say(lang)])])
    if given["contact"]:
        blocks.append([_CONTACT.say(lang).format(contact=given["contact"])])
    return "\n\n".join("\n".join(visible(line) for line in block) for block in blocks)


def text_file(letter: Letter) -> bytes:
    """Subject and mail as a text file for Windows, macOS and Linux."""
    text = visible_lines(f"{visible(subject(letter))}\n\n{body(letter)}\n")
    return _MARK + text.replace("\n", "\r\n").encode()


def told(difference: Difference, layout: Layout, lang: Lang) -> str:
    """A difference in one line, ``销售考核任务：20.00 → 21.00``; only what differs where the values are digests."""
    name, _, inner = difference.name.partition(".")
    label = _FIELDS[name].say(lang) if name in _FIELDS else name
    before, after = difference.before, difference.after
    if name == "parameters":
        label, before, after = _parameter(inner, before, after, layout)
    elif inner:
        label = f"{label} {inner.replace('.', ' ')}"
    if name in _WITHOUT_VALUES:
        return label
    nothing = _NOTHING.say(lang)
    return _CHANGED.say(lang).format(label=label, before=before or nothing, after=after or nothing)


def _parameter(name: str, before: str, after: str, layout: Layout) -> tuple[str, str, str]:
    """An issued parameter's title and its values, amounts with separators."""
    key = name if "@" in name else f"{name}@value"
    cell = layout.cells.get(key)
    if cell is None:
        return name, before, after
    title = layout.titles.get(key.partition("@")[0], name)
    label = f"{title} {layout.heading(key)}" if "@" in name else title
    if cell.type is not Type.MONEY:
        return label, before, after
    return label, _amount(before), _amount(after)


def _amount(text: str) -> str:
    value = read_number(text, None, LIMIT_ISSUED).value
    return text if value is None else show(value)


def manifest_csv(letters: Sequence[Letter], lang: Lang) -> bytes:
    """Which file is whose, with its digest; UTF-8 with a byte order mark, no text that a spreadsheet runs."""
    return _csv(
        _MANIFEST,
        (
            (
                letter.unit.code,
                letter.unit.name,
                letter.unit.type,
                letter.unit.recipient,
                letter.act.template,
                str(letter.act.number),
                letter.act.file,
                letter.sha256,
            )
            for letter in letters
        ),
        lang,
    )


def mail_csv(letters: Sequence[Letter], lang: Lang) -> bytes:
    """A row for each mail, to be merged; number and time tell the newest from those that went out before."""
    return _csv(
        _MAIL,
        (
            (
                letter.unit.recipient,
                letter.unit.name,
                letter.act.file,
                subject(letter),
                body(letter),
                letter.act.assignment["deadline"],
                str(letter.act.number),
                letter.at,
            )
            for letter in letters
        ),
        lang,
    )


def _csv(headings: Iterable[Text], rows: Iterable[tuple[str, ...]], lang: Lang) -> bytes:
    return csv_bytes([heading.say(lang) for heading in headings], rows)


def bundle(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files`` in their order; the same files give the same bytes, whenever and wherever it is made."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, _ZIPPED)
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, content)
    return sink.getvalue()
