"""crmxl: budget workbooks out to the units, exact group totals back."""

__version__ = "0.1.0"
