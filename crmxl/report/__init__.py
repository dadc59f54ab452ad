"""Findings and totals for people and programs. Pure: data in, text or bytes out."""
