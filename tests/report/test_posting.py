"""What goes out with a workbook: complete, in the workbook's language, and it runs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from crmxl.define.library import Library
from crmxl.define.units import Unit
from crmxl.group.acts import Issued
from crmxl.issue.assigning import Difference, asked
from crmxl.issue.layout import lay_out
from crmxl.model import Assignment, Lang
from crmxl.report.posting import Letter, body, bundle, mail_csv, manifest_csv, subject, text_file, told

TEMPLATE = Library().load("customer-relations")
CHANGES = (Difference("parameters.sales_target", "200000000", "210000000.5"), Difference("deadline", "", "2025-12-15"))


def letter(lang: Lang = "zh", number: int = 1, recipient: str = "王敏", name: str = "华南区域", **given: Any) -> Letter:
    layout = lay_out(TEMPLATE, 2026, lang=lang)
    fields = asked(layout, Assignment(unit="HN", unit_name=name, year=2026, lang=lang, **given), b"").fields
    act = Issued("HN", TEMPLATE.name, number, f"华南_V{number}.xlsx", "0" * 64, "", fields)
    unit = Unit("HN", name, recipient=recipient)
    return Letter(unit, act, "2025-10-01T09:00:00+08:00", "a" * 64, layout, CHANGES if number > 1 else ())


def test_a_mail_says_what_by_when_to_whom_how_and_the_nil_return() -> None:
    text = body(letter(deadline="2025-11-30", contact="王主任", round="2026年度预算", stage="一上"))
    for words in (
        "王敏，您好",
        "华南_V1.xlsx",
        "2026年度预算 一上",
        "在 2025-11-30 前",
        "交 王主任",
        "浅黄色",
        "不要改动",
    ):
        assert words in text
    assert "零申报" in text and text.endswith("联系人：王主任") and "第 1 版" not in text
    assert subject(letter(deadline="2025-11-30")).endswith("华南区域，请于 2025-11-30 前交回")


def test_a_new_number_says_what_it_replaces_and_what_changed() -> None:
    text = body(letter(number=2))
    assert "替代第 1 版" in text and "重新提交" in text and subject(letter(number=2)).endswith("（V2，替代 V1）")
    assert "- 销售考核任务：200,000,000.00 → 210,000,000.50\n- 提交截止：（无） → 2025-12-15" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_not_known_is_left_out(lang: Lang) -> None:
    text = body(letter(lang, recipient=""))
    assert "None" not in text and "{" not in text and "  " not in text
    assert not [line for line in text.splitlines() if line.endswith((": ", "人：", "截止：", "Contact:"))]
    assert ("联系人" in text, "Contact" in text) == (False, False)


def test_an_english_workbook_has_an_english_mail() -> None:
    text = subject(letter("en", 2, "Ms Wang", "South", deadline="2025-11-30")) + body(
        letter("en", 2, "Ms Wang", "South", deadline="2025-11-30", contact="Mr Li", round="2026", stage="first")
    )
    assert "Dear Ms Wang," in text and "nil return" in text and "replaces number 1" in text and "by 2025-11-30" in text
    assert "Sales assessment target: 200,000,000.00 → 210,000,000.50" in text
    assert all(char < "\u3000" for char in text.replace("华南_V2.xlsx", ""))


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (Difference("fingerprint", "ab", "cd"), "版式"),
        (Difference("signature", "", ""), "签名密钥"),
        (Difference("limits.P301.rate", "0.5‰", "0.4‰"), "限额 P301 rate：0.5‰ → 0.4‰"),
        (Difference("parameters.1.1.1@last_year", "1", "2"), "节日关怀 上年预算：1.00 → 2.00"),
        (Difference("parameters.gone", "a", ""), "gone：a → （无）"),
        (Difference("parameters.scope_note", "1", "2"), "编报范围：1 → 2"),
    ],
)
def test_a_difference_is_told_in_words(difference: Difference, said: str) -> None:
    assert told(difference, letter().layout, "zh") == said


def test_nothing_runs_in_a_table_and_nothing_is_hidden_in_a_text() -> None:
    nasty = letter(recipient="=HYPERLINK(1)", name="@华\u202e南\n\x1b[2J")
    for table in (manifest_csv([nasty], "zh"), mail_csv([nasty], "zh")):
        text = table.decode("utf-8-sig")
        assert table.startswith(b"\xef\xbb\xbf") and "'=HYPERLINK(1)" in text and "'@华" in text
        assert "\x1b" not in text and "\u202e" not in text
    shown = text_file(nasty).decode("utf-8-sig")
    assert "<U+202E>" in shown and "\x1b" not in shown and "\n" not in shown.replace("\r\n", "")


def test_a_zip_of_the_same_files_is_the_same() -> None:
    files = {"2026预算_华南_V1.xlsx": b"one", "2026预算_华南_V1.txt": b"two"}
    assert bundle(files) == bundle(dict(files)) != bundle(dict(reversed(files.items())))
