"""The group of sixty units and the figures that each of them means to submit: whole fen, made by a fixed rule.

Owns ``samples/rounds``: the units file, issued figures and the true amounts, as files that a person opens; ``make``
writes them and ``stale`` says which are not what they would be. Knows nothing of crmxl but file names: what the round
must come to is added up here from these figures alone, in plain integers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

SAMPLES = Path(__file__).parents[2] / "samples" / "rounds"
YEAR = 2026
REGIONAL, PLAN = "customer-relations", "cosmetics-plan"
"""The two templates: regions fill both, cities the second; the group fills none."""
GROUP, REGION, CITY = "集团", "区域", "城市"

Key = str
Amounts = Mapping[Key, int]
"""Fen by key; what is blank is not there."""

_SEED = 20260
_PLACES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "HN": ("华南", ("广州", "深圳", "佛山", "珠海", "东莞")),
    "HD": ("华东", ("上海", "杭州", "南京", "苏州", "宁波")),
    "HB": ("华北", ("石家庄", "太原", "唐山", "保定", "呼和浩特")),
    "HZ": ("华中", ("武汉", "长沙", "郑州", "南昌", "合肥")),
    "XN": ("西南", ("重庆", "成都", "绵阳", "泸州", "宜宾")),
    "XB": ("西北", ("西安", "兰州", "银川", "西宁", "乌鲁木齐")),
    "DB": ("东北", ("沈阳", "大连", "长春", "哈尔滨", "吉林")),
    "JJ": ("京津", ("北京", "天津", "廊坊", "雄安", "张家口")),
    "MG": ("闽赣", ("福州", "厦门", "泉州", "赣州", "九江")),
    "YG": ("云贵", ("昆明", "大理", "贵阳", "遵义")),
}
_OWN_SPLIT = {"XN": {"S.1@crd": 55, "S.1@sales": 25}, "MG": {"S.2@crd": 45, "S.2@other": 10}}
"""Regions for which the group has other shares than the template's, in percent."""
_SPLIT = {"S.1@crd": 60, "S.2@crd": 50}
"""The template's own shares of the customer-relations department."""
_SHARED = {"S.1@crd": "2.1.", "S.2@crd": "2.2."}
"""Which lines each share is of."""
_REGIONAL_LINES = {
    **{"1.1.1": 12, "1.1.2": 16, "1.1.3": 8, "1.2.1": 9, "1.2.2": 6, "1.3.1": 13, "1.3.2": 7, "1.4.1": 6, "1.5.1": 5},
    **{"2.1.1": 9, "2.1.2": 10, "2.2.1": 6, "2.2.2": 10},
    **{"3.1.1": 40, "3.1.2": 15, "3.2.1": 80, "3.2.2": 30, "3.3.1": 90},
}
"""Lines with their usual share in percent of what the region may spend; section 3 goes to cost and is not counted."""
PLAN_LINES = (
    *("1.1.1", "1.1.2", "1.1.3", "1.2.1", "1.2.2", "1.3.1", "1.3.2", "2.1.1", "2.1.2", "2.2.1", "2.2.2", "2.3.1"),
    *("2.3.2", "3.1.1", "3.1.2", "3.2.1", "3.3.1", "4.1.1", "4.1.2", "4.2.1", "4.2.2", "4.3.1", "4.3.2"),
)
_OWN_LINE = "1.1.n01"
_MONTHS = ("03", "06", "09", "11")
_OVER_CAP = "HB"
"""The region whose budget is above its cap."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the units file has it."""

    code: str
    name: str
    parent: str = ""
    type: str = GROUP
    target: int = 0
    """Sales assessment target in 万元; regions have one."""
    last_target: int = 0
    """Last year's, in 万元."""
    last_actual: int = 0
    """Last year's expense in fen."""
    shares: Mapping[Key, int] = field(default_factory=dict)
    """Shares of shared expenses that the group gives to this region alone, in percent."""

    @property
    def recipient(self) -> str:
        """Who gets the workbooks."""
        return f"{self.code.lower()}@example.com"

    @property
    def templates(self) -> tuple[str, ...]:
        """What it is asked to fill."""
        return {REGION: (REGIONAL, PLAN), CITY: (PLAN,)}.get(self.type, ())


@dataclass(frozen=True, slots=True)
class Budget:
    """What one unit means to submit in one template."""

    unit: str
    template: str
    amounts: Amounts
    """What people type: years and months of lines, last year's figures."""
    texts: Mapping[Key, str]

    def line(self, code: str) -> int:
        """The line's amount for the year."""
        return self.amounts.get(f"{code}@amount", 0)

    @property
    def lines(self) -> dict[str, int]:
        """Amounts for the year by code."""
        return {key[: -len("@amount")]: fen for key, fen in self.amounts.items() if key.endswith("@amount")}

    def having(self, **changes: int) -> Budget:
        """With other amounts of some lines, as ``L1_1_2=500``; months follow where there are any."""
        amounts = dict(self.amounts)
        for name, fen in changes.items():
            code = name[1:].replace("_", ".")
            amounts[f"{code}@amount"] = fen
            if self.template == REGIONAL:
                amounts |= _months(code, fen)
        return replace(self, amounts=amounts)


def total(budget: Budget, unit: Unit) -> int:
    """What the budget comes to, in fen: all lines of a plan; of a region's, section 1 and its own share of section 2,
    each shared group rounded to the fen, halves up.
    """
    if budget.template == PLAN:
        return sum(budget.lines.values())
    used = sum(fen for code, fen in budget.lines.items() if code.startswith("1."))
    for share, begins in _SHARED.items():
        base = sum(fen for code, fen in budget.lines.items() if code.startswith(begins))
        used += (base * unit.shares.get(share, _SPLIT[share]) + 50) // 100
    return used


def units() -> tuple[Unit, ...]:
    """The group, its ten regions, each followed by its cities: sixty in all."""
    random = Random(_SEED)
    found = [Unit("G", "示例集团")]
    for code, (name, cities) in _PLACES.items():
        target = random.randrange(40_000, 90_000)
        last = target * random.randrange(80, 110) // 100
        actual = random.randrange(10_000_000, 30_000_000)
        found.append(Unit(code, f"{name}区域", "G", REGION, target, last, actual, _OWN_SPLIT.get(code, {})))
        found += (Unit(f"{code}{at:02}", f"{city}公司", code, CITY) for at, city in enumerate(cities, 1))
    return tuple(found)


def budgets(of: Iterable[Unit]) -> dict[tuple[str, str], Budget]:
    """What every unit means to submit, by unit and template."""
    made = {}
    for unit in of:
        for template in unit.templates:
            random = Random(f"{_SEED} {unit.code} {template}")
            made[unit.code, template] = (_regional if template == REGIONAL else _plan)(unit, random)
    return made


def _regional(unit: Unit, random: Random) -> Budget:
    cap = unit.target * 10_000 * 100 // 2_000
    budget = cap * (130 if unit.code == _OVER_CAP else random.randrange(60, 85)) // 100
    amounts: dict[Key, int] = {}
    texts = {"filer@value": f"{unit.name}客户关系部 主管"}
    for code, share in _REGIONAL_LINES.items():
        fen = budget * share * random.randrange(900, 1_100) // 100_000
        amounts |= {f"{code}@amount": fen, **_months(code, fen), f"{code}@last_year": fen * 9 // 10}
        texts |= {f"{code}@basis": f"按上年合同价测算，{code}", f"{code}@owner": "客户活动主管"}
    if random.random() < 0.5:
        fen = budget * 2 // 100
        amounts |= {f"{_OWN_LINE}@amount": fen, **_months(_OWN_LINE, fen)}
        texts |= {
            f"{_OWN_LINE}@title": "社区共建活动",
            f"{_OWN_LINE}@basis": "4 场，询价",
            f"{_OWN_LINE}@owner": "主管",
        }
    return Budget(unit.code, REGIONAL, amounts, texts)


def _months(code: str, fen: int) -> dict[Key, int]:
    """The year in four months that add up to it."""
    part = fen // len(_MONTHS)
    found = {f"{code}@amount.{month}": part for month in _MONTHS}
    return {**found, f"{code}@amount.{_MONTHS[0]}": fen - part * (len(_MONTHS) - 1)}


def _plan(unit: Unit, random: Random) -> Budget:
    amounts: dict[Key, int] = {}
    texts: dict[Key, str] = {}
    for code in PLAN_LINES:
        if random.random() < 0.85:
            amounts[f"{code}@amount"] = random.randrange(50_000, 2_000_000)
            texts[f"{code}@basis"] = f"询价 {random.randrange(2, 6)} 家取均价"
    return Budget(unit.code, PLAN, amounts, texts)


def yuan(fen: int) -> str:
    """``1234.05``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def fen(text: str) -> int:
    """The whole fen of ``1234.05``; raises ValueError for anything else."""
    whole, _, rest = text.removeprefix("-").partition(".")
    if len(rest) != 2 or not (whole + rest).isdecimal():
        raise ValueError(f"no amount: {text}")
    return int(whole + rest) * (-1 if text.startswith("-") else 1)


# ---- files -------------------------------------------------------------------------------------------------------

HEADINGS = (
    *("编码", "名称", "上级", "类型", "收件人"),
    *("销售考核任务(万元)", "上年销售考核任务(万元)", "上年实际(元)", "编报范围"),
)


def units_rows(of: Sequence[Unit]) -> list[tuple[str, ...]]:
    """The lines of the units file, as texts."""
    return [
        (
            *(one.code, one.name, one.parent, one.type, one.recipient),
            *(str(one.target or ""), str(one.last_target or ""), yuan(one.last_actual) if one.last_actual else ""),
            "仅本级，城市另报" if one.type == REGION else "",
        )
        for one in of
    ]


def figures_rows(of: Sequence[Unit]) -> list[tuple[str, ...]]:
    """The lines of figures.csv: shares that the group gives to single regions."""
    return [(one.code, key, f"0.{share:02}") for one in of for key, share in one.shares.items()]


def _amounts_rows(of: Sequence[Unit]) -> list[tuple[str, ...]]:
    made = budgets(of)
    return [
        (budget.unit, budget.template, code, yuan(fen))
        for budget in made.values()
        for code, fen in budget.lines.items()
    ]


SMALL: tuple[tuple[str, ...], ...] = (
    ("编码", "名称", "上级", "类型", "收件人", "销售考核任务(元)", "上年销售考核任务(元)", "上年实际(元)", "编报范围"),
    ("G", "示例集团", "", "集团", "group@example.com", "", "", "", ""),
    ("HN", "华南区域", "G", "区域", "huanan@example.com", "200000000", "185000000", "91350.00", "含所辖全部城市和项目"),
    (
        "HD",
        "华东区域",
        "G",
        "区域",
        "huadong@example.com",
        "400000000",
        "380000000",
        "165000.00",
        "含所辖全部城市和项目",
    ),
    ("XN", "西南区域", "G", "区域", "xinan@example.com", "150000000", "160000000", "68200.00", "含所辖全部城市和项目"),
    ("HN01", "广州公司", "HN", "城市", "guangzhou@example.com", "", "", "", ""),
    ("HN02", "深圳公司", "HN", "城市", "shenzhen@example.com", "", "", "", ""),
    ("HD01", "上海公司", "HD", "城市", "shanghai@example.com", "", "", "", ""),
    ("XN01", "成都公司", "XN", "城市", "chengdu@example.com", "", "", "", ""),
)
"""A group of eight units for first steps."""


def csv_text(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV that Excel opens in the right encoding."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def files() -> dict[str, bytes]:
    """The data in ``samples/rounds``, by path below it; its README files are written by hand."""
    every = units()
    return {
        "sixty/units.csv": csv_text([HEADINGS, *units_rows(every)]),
        "sixty/figures.csv": csv_text([("预算单位", "键", "值"), *figures_rows(every)]),
        "sixty/amounts.csv": csv_text([("预算单位", "模板", "编码", "金额(元)"), *_amounts_rows(every)]),
        "small/units.csv": csv_text(SMALL),
    }


def stale() -> list[str]:
    """The files that are not what would be made now."""
    return [
        name
        for name, content in files().items()
        if not (SAMPLES / name).exists() or (SAMPLES / name).read_bytes() != content
    ]


def make() -> list[str]:
    """Write the files that are stale; their names."""
    names = stale()
    for name in names:
        (SAMPLES / name).parent.mkdir(parents=True, exist_ok=True)
        (SAMPLES / name).write_bytes(files()[name])
    return names


if __name__ == "__main__":
    print("\n".join(make()))
