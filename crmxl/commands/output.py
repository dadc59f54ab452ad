"""Where output goes: data to stdout or a file, everything said beside it to stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crmxl.commands.rounds_folder import keep_records
from crmxl.errors import CrmxlError
from crmxl.files import write_atomically
from crmxl.model import Lang, Text
from crmxl.report.harmless import json_text
from crmxl.signs import visible_lines

_WRITTEN = Text("已写入 {path}", "Written: {path}")
_FORMS = {".xlsx": "xlsx", ".csv": "csv", ".json": "json", ".txt": "text", ".parquet": "parquet"}
BINARY = ("xlsx", "parquet")
"""Forms that are of no use on a terminal."""


def put(data: bytes, output: Path | None, lang: Lang) -> None:
    """``data`` into the file ``output``, which is then named on stderr; to stdout where there is none.

    Raises CrmxlError where the file cannot be written, or is a round's own.
    """
    if output is None:
        click.echo(data, nl=False)
    else:
        keep_records(None, output)
        write_atomically(output, data)
        say(_WRITTEN.say(lang).format(path=output))


def say(message: str) -> None:
    """``message`` on stderr."""
    click.echo(visible_lines(message), err=True)


def put_json(document: Any) -> None:
    """``document`` as JSON on stdout."""
    put(json_text(document).encode(), None, "zh")


def form_of(form: str | None, output: Path | None, forms: tuple[str, ...], default: str) -> str:
    """The form asked for, else the one that the suffix of ``output`` says, else ``default``.

    Raises CrmxlError where the suffix says none of ``forms``, or something that needs a file has none.
    """
    if form is None and output is not None and output.suffix:
        form = _FORMS.get(output.suffix.lower())
        if form not in forms:
            raise CrmxlError(f"{output}: 请用 --format 指定格式 · give the format with --format ({', '.join(forms)})")
    chosen = form or default
    if chosen in BINARY and output is None:
        raise CrmxlError(f"{chosen} 请用 -o 指定文件 · {chosen} needs a file, give it with -o")
    return chosen
