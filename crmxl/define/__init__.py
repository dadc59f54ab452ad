"""Operators' files into types: shape first, then names, references and cycles. Knows nothing of workbooks."""
