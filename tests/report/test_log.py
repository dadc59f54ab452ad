"""The log of a round: every act has its words, in both languages, and its fields for programs."""

from __future__ import annotations

import io

import pytest

from crmxl.group.acts import (
    KINDS,
    Act,
    Approved,
    Change,
    Chosen,
    Consolidated,
    Event,
    Issued,
    Nil,
    Received,
    Rechecked,
    Refused,
    Reopened,
    Returned,
)
from crmxl.model import Lang
from crmxl.report.log import ACTS, event_record, print_log
from crmxl.report.tables import console

D = "ab" * 32
TOLD: list[tuple[Act, str, str]] = [
    (Issued("HN", "t@1", 2, "华南_V2.xlsx", D, D, {"year": 2026}), "下发 HN t@1 V2，华南_V2.xlsx", "V2, 华南_V2.xlsx"),
    (
        Received("HN", "t@1", 3, "收件/a.xlsx", D, D, "warnings", 0, 2, 13_300_050, D),
        "收到 HN t@1 第 3 版，有警告，133,000.50 元，收件/a.xlsx",
        "version 3, Warnings, 133,000.50 yuan, 收件/a.xlsx",
    ),
    (Refused("b.xlsx", D, "foreign"), "未收 不是本系统的工作簿，b.xlsx", "Not a workbook of ours, b.xlsx"),
    (Refused("b.xlsx", D, "no such"), "未收 no such，b.xlsx", "no such, b.xlsx"),
    (Nil("HN", "t@1", 1, "无业务"), "零申报 HN t@1 第 1 版，无业务", "version 1, 无业务"),
    (Chosen("HN", "t@1", 2, "以此为准"), "选定版本 HN t@1 第 2 版，以此为准", "version 2, 以此为准"),
    (
        Rechecked("HN", "t@1", 2, D, "errors", 1, 0, None, D),
        "重新校验 HN t@1 第 2 版，不通过",
        "version 2, Failed",
    ),
    (
        Approved("HN", "t@1", 2, "finance", True, "同意", (Change("1.1@amount", -5, "x"),), -500, D),
        "通过 HN t@1 第 2 版，finance，末审，调整 1 处，-5.00 元，同意",
        "version 2, finance, final, 1 adjustments, -5.00 yuan, 同意",
    ),
    (
        Returned("HN", "t@1", 2, "cost", "请改", {"1.1@amount": "太高"}),
        "退回 HN t@1 第 2 版，cost，意见 1 条，请改",
        "version 2, cost, 1 remarks, 请改",
    ),
    (Reopened("HN", "t@1", 2, "补报"), "重新打开 HN t@1 第 2 版，补报", "version 2, 补报"),
    (
        Consolidated(12, "approved", "approved", D, "xlsx", D),
        "汇总 按第 12 条记录，xlsx",
        "as of event 12, xlsx",
    ),
]


def event(act: Act) -> Event:
    return Event(7, "2025-11-03T09:12:30+08:00", "张三", act, D, D)


def printed(act: Act, lang: Lang) -> str:
    to = io.StringIO()
    print_log(console(to, width=240), [event(act)], lang)
    return " ".join(to.getvalue().split())


def test_every_act_has_a_name_and_a_case_here() -> None:
    assert set(ACTS) == set(KINDS) == {act.kind for act, _, _ in TOLD}


@pytest.mark.parametrize(("act", "zh", "en"), TOLD, ids=lambda value: getattr(value, "kind", None))
def test_an_act_is_told_with_receipt_time_and_who(act: Act, zh: str, en: str) -> None:
    assert printed(act, "zh") == f"R000007-{D[:12]} 2025-11-03 09:12:30+08:00 张三 {zh}"
    assert printed(act, "en").endswith(en)


def test_programs_get_every_field_and_money_as_decimals() -> None:
    record = event_record(event(TOLD[7][0]))
    assert record["total"] == "-5.00" and record["changes"] == [{"key": "1.1@amount", "change": "-0.05", "reason": "x"}]
    assert (record["receipt"], record["kind"], record["unit"]) == (f"R000007-{D[:12]}", "approved", "HN")
    assert event_record(event(TOLD[6][0]))["total"] is None
