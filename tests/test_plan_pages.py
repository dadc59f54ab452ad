"""docs/plans: each template has a page and a fresh picture; links lead somewhere, commands and figures hold."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from crmxl.cli import main
from crmxl.define.library import Library
from crmxl.issue.layout import lay_out
from crmxl.model import Lang
from tests import make_pictures, plan_index
from tests.gallery.issued import SAMPLES, shipped_library
from tests.plan_pages import page, said
from tests.plans import PLANS, Plan, Sample, plan

NAMES = shipped_library().names()
LANGUAGES: tuple[Lang, ...] = ("zh", "en")
MOST = 200_000
"""Bytes of a picture."""
LARGE = """\
id = "large"
version = 1
title = { zh = "大表", en = "Large" }
purpose = { zh = "{year-1}年之后", en = "After {year-1}" }
total = "total@amount"

[[sheet]]
id = "plan"
title = { zh = "预算", en = "Plan" }
kind = "grid"
one_of = [["share_in", "amount_in"]]

[[sheet.columns]]
id = "share_in"
title = { zh = "比例", en = "Share in" }
type = "percent"
consolidate = "weighted"
weight = "amount"

[[sheet.columns]]
id = "amount_in"
title = { zh = "录入", en = "Amount in" }
type = "money"
consolidate = "none"

[[sheet.columns]]
id = "amount"
type = "money"
total = true
expression = "IF(amount_in = 0, ROUND(share_in * 100, 2), amount_in)"

[[sheet.columns]]
id = "ceiling"
title = { zh = "限额", en = "Ceiling" }
type = "money"
issued = true
consolidate = "none"

[[sheet.section]]
code = "1"
title = { zh = "部分", en = "Part" }
open = 3
lines = [
LINES
]

[[sheet]]
id = "customers"
title = { zh = "客户", en = "Customers" }
kind = "list"
rows = 900
columns = [
    { id = "visits", title = { zh = "次数", en = "Visits" }, type = "integer", consolidate = "sum" },
    { id = "class", title = { zh = "类|别", en = "Cl|ass" }, type = "choice", choices = ["甲 A", "乙 B"] },
]
"""
"""Has what the first templates lack."""
_LINK = re.compile(r"""(?:\]\(|(?:href|src)=")([^)"#:]*)(?:#([^)"]*))?[)"]""")


def written(name: str) -> str:
    return (PLANS / f"{name}.md").read_text(encoding="utf-8")


def halves(text: str) -> dict[Lang, str]:
    zh, mark, en = text.partition('<a id="english"></a>')
    assert mark
    return {"zh": zh, "en": en}


def rows(text: str) -> list[list[str]]:
    """The rows of every table, headers too."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def commands(text: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("crmxl ")]


def called(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, (arguments, result.output)
    return result.stdout


def made_up(tmp_path: Path, lines: int) -> Plan:
    path = tmp_path / "large.toml"
    special = ", values = { ceiling = 12500 }, formulas = { amount = 'amount_in * 2' }"
    made = [
        f'    {{ code = "1.{n}", title = {{ zh = "行{n}", en = "Line {n}" }}{special if n == 1 else ""} }},'
        for n in range(1, lines + 1)
    ]
    path.write_text(LARGE.replace("LINES", "\n".join(made)), encoding="utf-8")
    template = Library(tmp_path).load("large")
    return Plan({lang: lay_out(template, 2026, lang=lang) for lang in LANGUAGES}, (), (), ())


# -- what ships ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_template_has_a_page_in_both_languages_that_says_what_it_is_for_and_how_to_fill_it(name: str) -> None:
    template = plan(name).template
    for lang, half in halves(written(name)).items():
        assert f"`{template.name}`" in half and f"]({name}.png)" in half
        for text in (template.title, template.purpose, *template.steps, *(sheet.title for sheet in template.sheets)):
            assert text.say(lang) and said(text, lang) in half


@pytest.mark.parametrize("name", NAMES)
def test_each_column_field_and_rule_is_on_the_page_of_its_template(name: str) -> None:
    one = plan(name)
    cells = [column for sheet in one.template.sheets for column in sheet.columns]
    cells += [field.column for sheet in one.template.sheets for field in sheet.fields]
    codes = {rule.code for policy in one.policies for rule in policy.rules}
    for lang, half in halves(written(name)).items():
        first = {row[0] for row in rows(half)}
        assert {said(cell.title, lang) for cell in cells} <= first
        assert {f"[{code}](../rules.md#{code.lower()})" for code in codes} <= first


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_of_each_template_shows_its_sample_as_it_is_now(name: str) -> None:
    assert name not in make_pictures.stale(), "run make pictures"
    drawn = make_pictures.picture_of(name).read_bytes()
    assert drawn.startswith(b"\x89PNG") and len(drawn) < MOST


def test_nothing_is_left_of_templates_that_do_not_ship() -> None:
    assert plan_index.left_over() == [] and make_pictures.left_over() == []


@pytest.mark.parametrize("name", ["README", *NAMES])
def test_every_link_leads_to_a_file_and_to_a_place_in_it(name: str) -> None:
    found = _LINK.findall(written(name))
    assert len(found) > len(NAMES)
    for target, place in found:
        path = PLANS / target if target else PLANS / f"{name}.md"
        assert path.exists(), target
        if place:
            text = path.read_text(encoding="utf-8")
            headings = {heading.lower() for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
            assert place in headings or f'id="{place}"' in text, (target, place)


def test_the_index_shows_each_plan_in_both_languages() -> None:
    for lang, half in halves(written("README")).items():
        for name in NAMES:
            template = plan(name).template
            (shown,) = (row for row in rows(half) if f'src="{name}.png"' in row[0])
            assert f"**[{said(template.title, lang)}]({name}.md)** `{template.name}`" in shown[1]
            assert said(template.purpose, lang) in shown[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_the_samples_are_what_the_program_says(name: str) -> None:
    one = plan(name)
    files = [str(sample.path) for sample in (*one.samples, *one.broken)]
    document = json.loads(called("validate", *files, "--json", "--fail-on", "never"))
    filled, broken = document["files"][: len(one.samples)], document["files"][len(one.samples) :]
    totals = json.loads(called("consolidate", *files[: len(filled)], "--format", "json"))
    for half in halves(written(name)).values():
        told = {row[1].partition("]")[0].removeprefix("["): row for row in rows(half) if len(row) == 4}
        for file in filled:
            row = told[Path(file["file"]).name]
            codes = dict.fromkeys(found["code"] for found in file["findings"])
            assert row[0].startswith(file["unit_name"]) and row[2].replace(",", "") == file["total"]
            assert re.findall(r"\[(\w+)\]", row[3]) == list(codes)
        for file in broken:
            section = half.partition(f"**[{Path(file['file']).name}]")[2].partition("\n\n")[0]
            assert set(re.findall(r"^- \[(\w+)\]", section, re.MULTILINE)) == {one["code"] for one in file["findings"]}
        summed = re.findall(
            r"(?:汇总计入 [0-9]+ 家，合计|Consolidated, [0-9]+ units count and come to) ([0-9,.]+[0-9])", half
        )
        assert [text.replace(",", "") for text in summed] == [totals["total"]] and len(totals["units"]) == len(filled)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_command_works_as_it_is_shown(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = plan(name)
    shutil.copytree(SAMPLES / name, tmp_path / "samples" / name)
    monkeypatch.chdir(tmp_path)
    wrong = {f"samples/{sample.name}" for sample in one.broken}
    for half in halves(written(name)).values():
        shown = commands(half)
        assert [words[0] for words in shown if words[0] != "validate"] == ["generate", "generate", "consolidate"]
        for words in shown:
            called(*words, code=int(words[0] == "validate" and words[1] in wrong))
            if "-o" in words:
                assert (tmp_path / words[words.index("-o") + 1]).exists()


# -- any template --------------------------------------------------------------------------------------------------


def test_a_template_without_samples_and_with_long_lists_has_a_short_page(tmp_path: Path) -> None:
    text = page(made_up(tmp_path, lines=100))
    assert len(text) < 10_000 and "行99" not in text and "customers.899" not in text
    half = halves(text)
    assert "共 900 行，编码 `customers.001` 至 `customers.900`" in half["zh"] and "| 1 | 部分 | 100 |" in half["zh"]
    assert "2025年之后" in half["zh"] and "After 2025" in half["en"]
    assert "同一行只填一项：比例、录入。" in half["zh"] and "按“金额”加权平均" in half["zh"]
    assert "mean weighted by Amount" in half["en"] and "None ship with it" in half["en"]
    assert "| Visits | whole number | the unit | added up |" in half["en"]
    assert [row[1] for row in rows(half["zh"]) if row[0] == r"类\|别"] == ["选项：甲 A / 乙 B"]
    assert [words[0] for words in commands(half["en"])] == ["generate"]


def test_a_grid_of_few_lines_is_shown_with_what_the_group_presets_and_with_formulas_of_single_lines(
    tmp_path: Path,
) -> None:
    half = halves(page(made_up(tmp_path, lines=3)))["en"]
    assert [row for row in rows(half) if row[0].startswith("1.")] == [
        ["1.1", "Line 1", "12,500"],
        ["1.2", "Line 2", ""],
        ["1.3", "Line 3", ""],
    ]
    assert "| *3 that the unit names* |" in half and "- 1.1 Amount: `amount_in * 2`" in half


def test_a_sample_that_is_wrong_on_purpose_is_shown_with_what_it_is_told() -> None:
    wrong = replace(plan("cosmetics-plan"), broken=(Sample("gallery/three-mistakes.xlsx"),))
    zh, en = halves(page(wrong)).values()
    for half, verdict in ((zh, "不通过"), (en, "Failed")):
        told = half.partition("**[three-mistakes.xlsx](../../samples/gallery/three-mistakes.xlsx)** · ")[2]
        assert told.startswith(verdict)
        assert re.findall(r"^- \[(\w+)\]", told, re.MULTILINE) == ["S110", "E101", "E103"]
        assert ["validate", "samples/gallery/three-mistakes.xlsx"] in [words[:2] for words in commands(half)]


# -- pictures ------------------------------------------------------------------------------------------------------

COLOURS = st.sampled_from([bytes(colour) for colour in ((0, 0, 0), (255, 255, 255), (255, 249, 229), (255, 0, 0))])
PICTURES = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(COLOURS, min_size=width, max_size=width).map(b"".join), min_size=1, max_size=6)
)


def drawn_in(picture: bytes) -> list[bytes]:
    """The rows of an indexed PNG without filters, by its own chunks."""
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        name, content = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        assert struct.unpack(">I", picture[at + 8 + size : at + 12 + size]) == (zlib.crc32(name + content),)
        chunks[name] = content
        at += size + 12
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    lines, palette = zlib.decompress(chunks[b"IDAT"]), chunks[b"PLTE"]
    assert len(lines) == height * (width + 1) and set(lines[:: width + 1]) == {0}
    colours = [palette[number * 3 : number * 3 + 3] for number in lines]
    return [b"".join(colours[row * (width + 1) + 1 : (row + 1) * (width + 1)]) for row in range(height)]


@given(PICTURES)
def test_a_picture_of_few_colours_keeps_every_pixel(picture: list[bytes]) -> None:
    assert drawn_in(make_pictures.png(picture)) == picture


@given(PICTURES)
def test_trimming_takes_white_only(picture: list[bytes]) -> None:
    white = b"\xff" * 3

    def coloured(rows: list[bytes]) -> list[bytes]:
        return [row[at : at + 3] for row in rows for at in range(0, len(row), 3) if row[at : at + 3] != white]

    if coloured(picture):
        trimmed = make_pictures.trimmed(picture)
        assert coloured(trimmed) == coloured(picture)
        assert len({len(row) for row in trimmed}) == 1
