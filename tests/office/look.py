"""``python -m tests.office.look FILE.xlsx OUTDIR`` prints every visible sheet's pages to pictures, to look at.

Writes ``<number>-<sheet>.pdf`` and ``<number>-<sheet>-<page>.png`` through LibreOffice and pdftoppm, and names each.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from tests.office.driver import Office


def look(office: Office, file: Path, folder: Path, dpi: int = 70) -> list[Path]:
    """The pictures of ``file``'s visible sheets as they print, in order; a sheet without content gives none."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: list[Path] = []
    with office.open(file) as book:
        for number, sheet in enumerate(book.sheets(), start=1):
            if not sheet.visible:
                continue
            stem = f"{number:02d}-{sheet.name}"
            for old in folder.glob(f"{number:02d}-*.p[dn][fg]"):
                old.unlink()
            printed = folder / f"{stem}.pdf"
            book.pdf(printed, sheet.name)
            subprocess.run(
                ["pdftoppm", "-png", "-r", str(dpi), str(printed), str(folder / stem)], check=True, timeout=120
            )
            pictures.extend(sorted(folder.glob(f"{number:02d}-*.png")))
    return pictures


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.office.look", description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("file", type=Path)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--dpi", type=int, default=70)
    given = arguments.parse_args()
    with Office() as office:
        for picture in look(office, given.file, given.folder, given.dpi):
            print(picture)


if __name__ == "__main__":
    main()
