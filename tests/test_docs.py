"""Generated documents are what would be generated now; every command and every rule is in them."""

from __future__ import annotations

import re

import pytest

from crmxl.catalogue import catalogue
from crmxl.define.policies import Policies
from crmxl.policy import Policy, Rule
from tests import make_docs

RULED = [(policy, rule) for policy in Policies().all() for rule in policy.rules]


def test_generated_documents_are_fresh() -> None:
    assert [path.name for path in make_docs.stale(told=False)] == [], "run make docs"


@pytest.mark.parametrize("name", [" ".join(words) for words in make_docs.commands()])
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


@pytest.mark.parametrize(("policy", "rule"), RULED, ids=[rule.code for _, rule in RULED])
def test_each_policy_rule_is_in_the_catalogue_with_all_that_it_says(policy: Policy, rule: Rule) -> None:
    text = make_docs.rules()
    section = text.partition(f"\n### {rule.code}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
    for words in (
        rule.title.zh,
        rule.title.en,
        rule.assertion,
        rule.when,
        rule.name,
        f"第 {rule.clause} 条",
        policy.name,
    ):
        assert words in section
    for name, limit in rule.limits.items():
        assert f"{name} = {limit.text}" in section
    listed = text.partition(f"· {policy.name}\n")[2].partition("\n### ")[0]
    assert f"[{rule.code}](#{rule.code.lower()})" in listed
    assert all(f"`{id}`" in listed for id in policy.sets)


def test_a_code_belongs_to_one_policy() -> None:
    codes = [rule.code for _, rule in RULED]
    assert len(codes) == len(set(codes)) and not set(codes) & set(catalogue())


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/guide.md",
        "docs/rounds.md",
        "docs/templates.md",
        "docs/policies.md",
        "docs/safety.md",
        "docs/rules.md",
    ],
)
def test_links_between_files_lead_to_files(name: str) -> None:
    path = make_docs.ROOT / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


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
