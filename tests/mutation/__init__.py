"""The mutation test: people's edits of returned workbooks, and whether crmxl counts any of them wrongly in silence.

``python -m tests.mutation --kind K --seed N`` redoes one case, ``--count N`` runs many and prints a table.
"""
