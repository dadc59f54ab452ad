"""Submissions → group totals that can be traced to the cell."""
