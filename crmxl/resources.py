"""Where the packaged folders are: templates, schemas, samples. Knows paths only, never what stands in the files."""

from __future__ import annotations

from pathlib import Path

from crmxl.errors import CrmxlError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``name``: inside the package (installed from a wheel), else beside it (a checkout).

    Raises CrmxlError when neither is there: the installation is incomplete.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise CrmxlError(f"the folder `{name}` that belongs to crmxl is missing; install crmxl again")
