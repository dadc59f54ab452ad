"""Generated documents are what would be generated now; every command and every rule is in them."""

from __future__ import annotations

import re

import pytest

from crmxl.catalogue import catalogue
from crmxl.cli import main as program
from tests import make_docs


def test_generated_documents_are_fresh() -> None:
    assert make_docs.stale() == [], "run make docs"


@pytest.mark.parametrize("name", list(program.commands))
def test_each_command_is_in_the_reference_with_an_example(name: str) -> None:
    section = make_docs.reference().partition(f"\n## crmxl {name}\n")[2].partition("\n## ")[0]
    assert "Usage: crmxl" in section
    assert re.search(rf"Example:\n\s+crmxl {name}", section), section


@pytest.mark.parametrize("code", list(catalogue()))
def test_each_rule_is_in_the_catalogue_in_both_languages(code: str) -> None:
    section = make_docs.rules().partition(f"\n### {code}\n")[2].partition("\n### ")[0]
    entry = catalogue()[code]
    for text in (entry.title, entry.why):
        assert text.zh in section and text.en.replace("_", r"\_") in section


def test_links_between_documents_lead_somewhere() -> None:
    gallery = (make_docs.ROOT / "samples" / "gallery" / "README.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## ([a-z-]+)$", gallery, re.MULTILINE))
    assert set(re.findall(r"gallery/README\.md#([a-z-]+)", make_docs.rules())) <= headings


def test_a_generated_block_is_renewed_and_the_rest_is_kept() -> None:
    text = "before\n<!-- generated: commands -->\nold\n<!-- end: commands -->\nafter\n"
    renewed = make_docs.with_blocks(text)
    assert renewed.startswith("before\n<!-- generated: commands -->\n| ") and renewed.endswith(
        "<!-- end: commands -->\nafter\n"
    )
    assert "`crmxl validate`" in renewed and "old" not in renewed
    assert make_docs.with_blocks(renewed) == renewed
