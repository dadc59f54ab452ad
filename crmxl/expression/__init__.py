"""Expressions: parsed once, used twice, as Excel text in the workbook and as an exact value at the group.

Owns the grammar (``grammar.lark``), exact evaluation and the Excel wording; the functions are rows of
``functions.py``. It knows keys, not cells: whoever binds an expression says which keys a name means, whoever writes
it says where they stand.

Values are ``Fraction`` (never float, and not Decimal: its 1/3*3 is not 1), ``str``, ``bool``, ``None`` for a blank
cell, and ``Fault`` for Excel's error values. A comparison of numbers is ``ROUND(left - right, k) op 0`` in both worlds,
k = 2 where money is compared and 10 elsewhere, so that binary dust turns no check. A number typed as text counts 0,
as in Excel's SUM; single typed cells are therefore written ``N(cell)``.
"""

from crmxl.expression.binding import as_result, bind, joinable, measure, outcomes
from crmxl.expression.exact import Ready, evaluate, holds
from crmxl.expression.excel import MAX_FORMULA, Address, excel
from crmxl.expression.functions import FUNCTIONS, Fault, Measure, Value
from crmxl.expression.nodes import (
    Band,
    Call,
    Cells,
    Comparison,
    Node,
    Number,
    Reference,
    keys,
    moved,
    references,
    rewritten,
    walk,
)
from crmxl.expression.parsing import parse

__all__ = [
    "FUNCTIONS",
    "MAX_FORMULA",
    "Address",
    "Band",
    "Call",
    "Cells",
    "Comparison",
    "Fault",
    "Measure",
    "Node",
    "Number",
    "Ready",
    "Reference",
    "Value",
    "as_result",
    "bind",
    "evaluate",
    "excel",
    "holds",
    "joinable",
    "keys",
    "measure",
    "moved",
    "outcomes",
    "parse",
    "references",
    "rewritten",
    "walk",
]
