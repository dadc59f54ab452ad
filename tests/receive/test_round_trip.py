"""What is written is read: the same keys, the same values, nothing else and nothing found."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from crmxl.issue.workbook import write
from tests.receive.returned import values
from tests.strategies import Filled, Shelf, filled


@settings(max_examples=60)
@given(filled())
def test_what_is_written_is_read(book: Filled) -> None:
    from crmxl.receive.reading import read

    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.xlsx"
        path.write_bytes(write(book.layout, book.assignment, book.inputs))
        submission = read(path, Shelf(book.template))
    assert submission.findings == ()
    assert submission.layout is book.layout
    assert submission.stamp is not None
    assert submission.stamp.assignment == book.assignment
    assert submission.strays == {}
    assert set(submission.spots) == set(book.layout.cells)
    assert values(submission) == book.inputs
    assert all(content.calculated for content in submission.contents.values())
