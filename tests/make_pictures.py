"""``python -m tests.make_pictures [--check] [TEMPLATE…]`` draws docs/plans/TEMPLATE.png, the main sheet of each plan.

Owns the pictures of docs/plans: a template's first filled sample, the sheet that matters most, page 1 as LibreOffice
prints it, less its margins and in 256 colours. Fonts and versions of LibreOffice draw differently, so a picture is made
anew only when the workbook that it shows has changed (``docs/plans/pictures.json`` keeps digests), or when named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path

from crmxl.errors import CrmxlError
from crmxl.files import write_atomically
from tests.gallery import package
from tests.gallery.issued import shipped_library
from tests.office.driver import Office, OfficeMissing
from tests.plans import PLANS, Plan, plan

RECORD = PLANS / "pictures.json"
_DPI = 120
"""A landscape A4 page without its margins comes to some 1,250 pixels."""
_MARGIN = 12
"""White pixels around the print."""
_GAP = 30
"""Empty pixel rows that are kept of a larger gap: a short sheet and its footer stand a page apart."""
_SECONDS = 300
"""For LibreOffice to open or print one workbook: lists have thousands of rows."""
_WHITE = b"\xff"

Recipe = Mapping[str, str]
"""What a picture was made from, and its own digest."""


def recipe(one: Plan) -> Recipe:
    """What the picture of ``one`` is made from: the sample, the sheet, and a digest of the sample's parts.

    Raises CrmxlError where the sample has not been made.
    """
    if not one.pictured.path.exists():
        raise CrmxlError(f"samples/{one.pictured.name}: 还没有生成，请先运行 make samples · run make samples first")
    digest = hashlib.sha256()
    for name, content in package.taken_apart(one.pictured.path.read_bytes()).items():
        digest.update(name.encode() + content)
    return {"sample": one.pictured.name, "sheet": one.main.id, "parts": digest.hexdigest()[:16]}


def stale() -> list[str]:
    """Ids of the templates whose picture is missing or not of the sample as it is now; LibreOffice is not needed."""
    kept = _kept()
    return [id for id in shipped_library().names() if kept.get(id) != _now(plan(id))]


def left_over() -> list[Path]:
    """Pictures of templates that no longer ship."""
    names = shipped_library().names()
    return sorted(path for path in PLANS.glob("*.png") if path.stem not in names)


def make(names: Iterable[str] = ()) -> list[str]:
    """Draw the pictures of ``names``, or where none is named those that are stale; the ids drawn.

    Raises CrmxlError where a sample is missing or a name is no template's, OfficeMissing, OfficeError.
    """
    wanted = list(names) or stale()
    kept = {id: one for id, one in _kept().items() if id in shipped_library().names()}
    with Office(timeout=_SECONDS) as office:
        for id in wanted:
            one = plan(id)
            write_atomically(picture_of(id), drawn(office, one.pictured.path, one.main.name))
            kept[id] = _now(one)
    for path in left_over():
        path.unlink()
    text = json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=2)
    write_atomically(RECORD, f"{text}\n".encode())
    return wanted


def picture_of(id: str) -> Path:
    """Where the picture of the template ``id`` is."""
    return PLANS / f"{id}.png"


def drawn(office: Office, workbook: Path, sheet: str) -> bytes:
    """Page 1 of ``sheet`` as a PNG."""
    with tempfile.TemporaryDirectory() as folder, office.open(workbook) as book:
        printed, page = Path(folder, "sheet.pdf"), Path(folder, "page")
        book.pdf(printed, sheet)
        command = ["pdftoppm", "-r", str(_DPI), "-f", "1", "-l", "1", "-singlefile", str(printed), str(page)]
        subprocess.run(command, check=True, timeout=_SECONDS)
        return png(trimmed(pixel_rows(page.with_suffix(".ppm").read_bytes())))


def pixel_rows(ppm: bytes) -> list[bytes]:
    """The rows of a binary PPM with a byte for each of red, green and blue."""
    kind, size, depth, pixels = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    assert (kind, depth) == (b"P6", b"255")
    return [pixels[at : at + 3 * width] for at in range(0, 3 * width * height, 3 * width)]


def trimmed(rows: Sequence[bytes]) -> list[bytes]:
    """``rows`` without the white around them and with large white gaps made small."""
    kept: list[bytes] = []
    for white, run in groupby(rows, key=lambda row: not row.strip(_WHITE)):
        kept += islice(run, _GAP if white else None)
    marked = [number for number, row in enumerate(kept) if row.strip(_WHITE)]
    inner = kept[marked[0] : marked[-1] + 1]
    left = min((len(row) - len(row.lstrip(_WHITE))) // 3 for row in inner if row.strip(_WHITE))
    right = max(-(-len(row.rstrip(_WHITE)) // 3) for row in inner)
    side, edge = 3 * _MARGIN * _WHITE, [3 * (right - left + 2 * _MARGIN) * _WHITE] * _MARGIN
    return [*edge, *(side + row[3 * left : 3 * right] + side for row in inner), *edge]


def png(rows: Sequence[bytes]) -> bytes:
    """``rows`` as a PNG in the 256 colours that are most frequent, every other pixel in the nearest of them."""
    pixels = [[row[at : at + 3] for at in range(0, len(row), 3)] for row in rows]
    found = Counter(pixel for row in pixels for pixel in row)
    palette = [colour for colour, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:256]]
    number = {colour: _nearest(colour, palette) for colour in found}
    number |= {colour: at for at, colour in enumerate(palette)}
    lines = b"".join(b"\0" + bytes(number[pixel] for pixel in row) for row in pixels)
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _nearest(colour: bytes, palette: Sequence[bytes]) -> int:
    def distance(at: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[at], strict=True))

    return min(range(len(palette)), key=distance)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _now(one: Plan) -> Recipe:
    """The recipe with the digest of the picture that is there."""
    path = picture_of(one.template.id)
    shown = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""
    return {**recipe(one), "picture": shown}


def _kept() -> Mapping[str, Recipe]:
    kept: dict[str, Recipe] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.make_pictures", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("templates", nargs="*", metavar="TEMPLATE", help="draw these anew; without: what is stale")
    parser.add_argument("--check", action="store_true", help="change nothing; print what is stale and exit with 1")
    given = parser.parse_args()
    try:
        names = stale() if given.check else make(given.templates)
    except (CrmxlError, OfficeMissing) as error:
        print(error, file=sys.stderr)
        return 2
    for name in names:
        shown = picture_of(name).relative_to(PLANS.parent.parent).as_posix()
        print(f"stale: {shown}" if given.check else shown)
    return int(given.check and bool(names))


if __name__ == "__main__":
    sys.exit(main())
