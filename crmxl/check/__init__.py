"""Submission → findings. Rules are functions or records; words are the catalogue's."""
