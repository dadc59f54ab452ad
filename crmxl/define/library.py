"""The templates there are, by name: shipped ones and a round's own, loaded when asked for and once.

``<id>.toml`` is the newest version of a template, ``<id>@<version>.toml`` an older one that is still in use.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from crmxl.define.document import label
from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.model import Template
from crmxl.resources import folder

SUFFIX = ".toml"


class Library:
    """Templates by id, by ``id@version`` or by path."""

    def __init__(self, *folders: Path) -> None:
        """A library over ``folders``, the first that has a name wins; the shipped templates where none is given."""
        self._folders = folders
        self._loaded: dict[Path, Template] = {}

    def names(self) -> tuple[str, ...]:
        """Ids of the templates that there are, sorted, older versions aside."""
        return tuple(sorted({path.stem for path in self._files() if "@" not in path.stem}))

    def load(self, name: str | Path) -> Template:
        """The template called ``name``: an id (newest version), ``id@version``, or the path of a ``.toml`` file.

        Raises CrmxlError for a name that nothing answers to, with the names near it; DefinitionError for an unsound
        file.
        """
        if isinstance(name, Path) or name.endswith(SUFFIX):
            return self._read(Path(name))
        template_id, at, version = name.partition("@")
        for path in self._files():
            if path.stem == name:
                return self._own(path)
        for path in self._files():
            if at and path.stem == template_id and (template := self._own(path)).name == name:
                return template
        raise CrmxlError(self._unknown(template_id, version))

    def versions(self, template_id: str) -> tuple[Template, ...]:
        """Every version of a template that there is, oldest first; none where nothing has the id.

        Raises DefinitionError for an unsound file.
        """
        found: dict[str, Template] = {}
        for path in self._files():
            if path.stem.partition("@")[0] == template_id:
                template = self._own(path)
                found.setdefault(template.name, template)
        return tuple(sorted(found.values(), key=lambda template: template.version))

    def _files(self) -> tuple[Path, ...]:
        """Definition files, folder by folder."""
        places = self._folders or (folder("templates"),)
        return tuple(path for place in places for path in sorted(place.glob(f"*{SUFFIX}")))

    def _own(self, path: Path) -> Template:
        """The template of a library file, whose name must be what it says of itself."""
        template = self._read(path)
        if path.stem not in (template.id, template.name):
            message = f"found `{template.id}`; in a library the file's name says `{path.stem}`"
            raise DefinitionError((Problem(f"{label(path)}: id", message),))
        return template

    def _read(self, path: Path) -> Template:
        if path not in self._loaded:
            self._loaded[path] = load_template(path)
        return self._loaded[path]

    def _unknown(self, template_id: str, version: str) -> str:
        """What to say of a name that is not there."""
        names = self.names()
        if version and template_id in names:
            older = (path.stem for path in self._files() if path.stem.startswith(f"{template_id}@"))
            there = ", ".join((*older, self.load(template_id).name))
            return f"the template `{template_id}` has no version `{version}`; there is {there}"
        close = difflib.get_close_matches(template_id, names, 3, 0.4)
        if close:
            return f"there is no template `{template_id}`; near it: {', '.join(close)}"
        return f"there is no template `{template_id}`; there are: {', '.join(names) or 'none'}"
