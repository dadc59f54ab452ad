"""Templates are found by id, version or path, and a name that nothing answers to gets the names near it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.define.library import Library
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.resources import folder
from tests.define.unsound import SOUND


def library(folder: Path, **files: str) -> Library:
    """A library over ``folder`` with the files named, `@` written as `_at_`."""
    for name, text in files.items():
        (folder / f"{name.replace('_at_', '@')}.toml").write_text(text, encoding="utf-8")
    return Library(folder)


def test_the_shipped_templates_are_there() -> None:
    assert {"annual-departments", "cosmetics-plan"} <= set(Library().names())


def test_a_template_is_found_by_id_version_and_path() -> None:
    shipped = Library()
    template = shipped.load("cosmetics-plan")
    assert template.name == "cosmetics-plan@1"
    assert shipped.load("cosmetics-plan@1") is template
    assert shipped.load(folder("templates") / "cosmetics-plan.toml") is template
    assert shipped.load(str(folder("templates") / "cosmetics-plan.toml")) is template


def test_nothing_is_loaded_before_it_is_asked_for(tmp_path: Path) -> None:
    own = library(tmp_path, small=SOUND, broken="id =")
    assert own.names() == ("broken", "small")
    assert own.load("small").id == "small"


def test_an_older_version_stays_beside_the_newest(tmp_path: Path) -> None:
    own = library(tmp_path, small=SOUND.replace("version = 1", "version = 2"), small_at_1=SOUND)
    assert own.names() == ("small",)
    assert [own.load(name).version for name in ("small", "small@2", "small@1")] == [2, 2, 1]
    with pytest.raises(CrmxlError, match="`small` has no version `3`; there is small@1, small@2"):
        own.load("small@3")


def test_all_versions_of_a_template_are_given_oldest_first(tmp_path: Path) -> None:
    third = SOUND.replace("version = 1", "version = 10")
    own = library(tmp_path, small=third, small_at_1=SOUND, small_at_2=SOUND.replace("version = 1", "version = 2"))
    assert [one.version for one in own.versions("small")] == [1, 2, 10]
    assert own.versions("smal") == ()


def test_the_first_folder_that_has_a_name_wins(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    library(tmp_path / "own", small=SOUND.replace("version = 1", "version = 7"))
    library(tmp_path, small=SOUND)
    assert Library(tmp_path / "own", tmp_path).load("small").version == 7


def test_an_unknown_name_lists_the_names_near_it() -> None:
    with pytest.raises(CrmxlError, match="no template `cosmetic-plan`; near it: cosmetics-plan"):
        Library().load("cosmetic-plan")


def test_an_unknown_name_near_nothing_lists_all(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match="no template `xyz`; there are: small"):
        library(tmp_path, small=SOUND).load("xyz")


def test_a_library_file_must_be_called_as_its_template(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"other\.toml: id: found `small`"):
        library(tmp_path, other=SOUND).load("other")


def test_a_file_given_by_path_may_be_called_anything(tmp_path: Path) -> None:
    library(tmp_path, other=SOUND)
    assert Library().load(tmp_path / "other.toml").id == "small"


def test_a_folder_that_is_missing_is_told() -> None:
    with pytest.raises(CrmxlError, match="the folder `none`"):
        folder("none")
